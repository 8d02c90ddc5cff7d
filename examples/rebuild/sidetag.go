// SPDX-License-Identifier: MIT

package rebuild

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
)

// SideTag is a side tag of ours, in the making or made. It is remembered in a
// run's file, so that one whose name was lost on the way is recognised.
type SideTag struct {
	// Before are the side tags that we had before asking for one, nil until
	// then; Name is the one that we got.
	Before []string `json:"before"`
	Name   string   `json:"sideTag,omitempty"`
}

// Make finds the side tag below a target's build tag or asks for one. save is
// called after each change of s.
func (s *SideTag) Make(ctx context.Context, hub *koji.Client, target string, save func() error) error {
	if s.Name != "" {
		return nil
	}
	t, err := hub.Target(ctx, koji.Ref(target))
	if err != nil {
		return err
	}
	me, err := hub.Myself(ctx)
	if err != nil {
		return err
	}
	tags, err := hub.ListSideTags(ctx, koji.SideTagQuery{BaseTag: koji.Ref(t.BuildTag), User: koji.Ref(me.Name)})
	if err != nil {
		return err
	}
	if s.Before == nil {
		s.Before = []string{}
		for _, x := range tags {
			s.Before = append(s.Before, x.Name)
		}
		if err := save(); err != nil {
			return err
		}
	} else {
		for _, x := range tags {
			if !slices.Contains(s.Before, x.Name) {
				s.Name = x.Name
				return save()
			}
		}
	}
	made, err := hub.CreateSideTag(ctx, koji.SideTagRequest{BaseTag: koji.Ref(t.BuildTag)})
	if err != nil {
		return err
	}
	s.Name = made.Name
	return save()
}

// Remove removes the side tag; one that is gone is no error.
func (s *SideTag) Remove(ctx context.Context, hub *koji.Client) error {
	err := hub.RemoveSideTag(ctx, koji.Ref(s.Name))
	if errors.Is(err, koji.ErrNotFound) {
		return nil
	}
	return err
}

// TagAll tags builds into a tag and waits until it holds all of them, looking
// each time wait has passed. Those that are there are left alone, so that it
// may be repeated. An error names what the hub would not tag.
func TagAll(ctx context.Context, hub *koji.Client, tag string, nvrs []string, wait time.Duration) error {
	nvrs = slices.Sorted(slices.Values(nvrs))
	var tasks []int // the hub's own, that tag
	for asked := false; ; asked = true {
		finished, err := ended(ctx, hub, tasks)
		if err != nil {
			return err
		}
		tagged, err := hub.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(tag)})
		if err != nil {
			return err
		}
		have := make(map[string]bool, len(tagged))
		for _, b := range tagged {
			have[b.NVR] = true
		}
		left := slices.DeleteFunc(slices.Clone(nvrs), func(n string) bool { return have[n] })
		switch {
		case len(left) == 0:
			return nil
		case asked && finished:
			return fmt.Errorf("the hub did not tag %s into %s; see its tasks %v", strings.Join(left, ", "), tag, tasks)
		case !asked:
			for _, nvr := range left {
				task, err := hub.TagBuild(ctx, koji.Ref(tag), koji.Ref(nvr), false)
				if err != nil && !errors.Is(err, koji.ErrConflict) {
					return err
				}
				tasks = append(tasks, task)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// ended reports whether tasks have come to their ends.
func ended(ctx context.Context, hub *koji.Client, tasks []int) (bool, error) {
	states, err := hub.TasksByID(ctx, tasks)
	return !slices.ContainsFunc(states, func(t *koji.Task) bool { return t != nil && !t.Finished() }), err
}

// Patiently does what may be done again and again until the services answer,
// waiting in between. It tells once why it waits. Of errors that away does not
// speak of, the first ends it; nil knows those of the hub.
func Patiently(ctx context.Context, wait time.Duration, tell func(error), away func(error) bool, do func() error) error {
	for told := false; ; told = true {
		err := do()
		gone := errors.Is(err, koji.ErrUnavailable) || errors.Is(err, koji.ErrOutcomeUnknown) || errors.Is(err, koji.ErrAlreadyApplied) || away != nil && away(err)
		if !gone || ctx.Err() != nil {
			return err
		}
		if !told {
			tell(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}
