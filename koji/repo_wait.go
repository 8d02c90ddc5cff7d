// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A RepoWait says what a repo of a tag must have.
type RepoWait struct {
	Tag      Ref
	Builds   []string // name-version-release each; a later tagged build of the same package does as well
	MinEvent int      // not older than this event; 0: any

	// Passive only looks, and leaves it to others to have the repo made. A
	// client without credentials is always passive.
	Passive bool

	Interval    time.Duration // as of a [Watch]
	MaxInterval time.Duration
}

// WaitRepo waits for a ready repo of a tag that has the builds and is not older
// than the event, and returns it. A hub from 1.35 on is asked to make one; with
// others it waits for the hub's own. Builds that are not in the tag yet are
// waited for too. It calls listTagged, repo.request, repo.checkRequest and
// getRepo.
func (c *Client) WaitRepo(ctx context.Context, w RepoWait) (Repo, error) {
	const op = "wait for repo"
	if w.Tag == "" {
		return Repo{}, invalid(op, "no tag given")
	}
	for _, nvr := range w.Builds {
		if _, err := ParseNVR(nvr); err != nil {
			return Repo{}, err
		}
	}
	p := newPoll(w.Interval, w.MaxInterval)
	event, missing := w.MinEvent, w.Builds
	active := !w.Passive && c.sess != nil
	request := 0
	for {
		var err error
		if event, missing, err = c.taggedSince(ctx, w.Tag, missing, event); err != nil {
			return Repo{}, err
		}
		var repo *Repo
		if len(missing) == 0 {
			if repo, err = c.lookForRepo(ctx, w.Tag, event, &active, &request); err != nil {
				return Repo{}, err
			}
		}
		if repo != nil {
			return *repo, nil
		}
		if err := p.wait(ctx, false); err != nil {
			e := &Error{Op: op, Msg: fmt.Sprintf("no repo of %s with event %d or later yet", w.Tag, event), Err: err}
			if len(missing) > 0 {
				e.Msg = fmt.Sprintf("not in %s yet: %s", w.Tag, strings.Join(missing, ", "))
			}
			return Repo{}, e
		}
	}
}

// lookForRepo returns a ready repo that is new enough, or nil.
func (c *Client) lookForRepo(ctx context.Context, tag Ref, event int, active *bool, request *int) (*Repo, error) {
	fits := func(r *Repo) bool { return r != nil && r.State == RepoReady && r.EventID >= event }
	if *active {
		var answer RepoAnswer
		var err error
		if *request == 0 {
			answer, err = c.RequestRepo(ctx, RepoRequest{Tag: tag, MinEvent: event})
		} else {
			answer, err = c.CheckRepoRequest(ctx, *request)
		}
		var e *Error
		switch {
		case errors.As(err, &e) && e.Code == FaultGeneric && strings.Contains(e.Msg, "Invalid method"):
			*active = false // an older hub
		case errors.Is(err, ErrAlreadyApplied):
			return nil, nil // asking again finds the request
		case err != nil:
			return nil, err
		case fits(answer.Repo):
			return answer.Repo, nil
		case answer.Request != nil:
			*request = answer.Request.ID
			if !answer.Request.Active && answer.Request.RepoID == 0 {
				return nil, &Error{Op: "repo.checkRequest", Msg: fmt.Sprintf("the hub gave up on request %d for a repo of %s after %d tries", *request, tag, answer.Request.Tries), Err: ErrUnavailable}
			}
			return nil, nil
		}
	}
	repo, err := c.Repo(ctx, RepoQuery{Tag: tag})
	if errors.Is(err, ErrNotFound) && !strings.Contains(err.Error(), "No such") {
		return nil, nil
	}
	if err != nil || !fits(&repo) {
		return nil, err
	}
	return &repo, nil
}

// taggedSince raises event to that of the last tagging of the builds, and
// returns those that the tag does not have.
func (c *Client) taggedSince(ctx context.Context, tag Ref, builds []string, event int) (int, []string, error) {
	if len(builds) == 0 {
		return event, nil, nil
	}
	b := c.NewBatch()
	futures := make([]*Future[[]TaggedBuild], len(builds))
	for i, nvr := range builds {
		n, err := ParseNVR(nvr)
		if err != nil {
			return event, nil, err
		}
		q := TaggedQuery{Tag: tag, Package: n.Name, Inherit: true}
		futures[i] = Add[[]TaggedBuild](b, "listTagged", q.args()...)
	}
	if err := b.Do(ctx); err != nil {
		return event, nil, err
	}
	var missing []string
	for i, nvr := range builds {
		rows, err := futures[i].Get()
		if err != nil {
			return event, nil, err
		}
		found := false
		for _, row := range rows {
			if row.NVR == nvr {
				found = true
				event = max(event, row.TagTime)
			}
		}
		if !found {
			missing = append(missing, nvr)
		}
	}
	return event, missing, nil
}
