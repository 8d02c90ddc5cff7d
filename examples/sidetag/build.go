// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// builder does what a run wants done. A new version is built as dist-git has
// it, or taken from the side tag; everything else is a commit in dist-git,
// found again by its reason, and a task at the hub, found again by that commit.
type builder struct {
	o     options
	c     *clients
	s     *state
	out   *screen
	mu    sync.Mutex
	owner int // our user id at the hub, 0 until asked
}

var _ drive.Actor = (*builder)(nil)

// Start submits a build. Its reference is the task's number, or the name of a
// build that is there already. Waiting for a repo needs no beginning.
func (b *builder) Start(ctx context.Context, a planner.Action) (string, error) {
	if a.Kind != planner.ActionBuild {
		return "", nil
	}
	commit, nvr, err := b.source(ctx, a, false)
	switch {
	case err == nil:
	case errors.Is(err, git.ErrConflict):
		return "", drive.Failed(planner.FailureFlaky, err) // others were faster every time
	case errors.Is(err, git.ErrRejected), errors.Is(err, git.ErrProtected), errors.Is(err, git.ErrForbidden),
		errors.Is(err, git.ErrNotFound), errors.Is(err, git.ErrRetired), errors.Is(err, git.ErrNoSpec), errors.Is(err, git.ErrInvalid):
		return "", drive.Failed(planner.FailureBuild, err) // asking again changes nothing
	default:
		return "", err
	}
	if nvr != "" {
		return nvr, nil
	}
	task, err := b.c.koji.StartBuild(ctx, koji.BuildRequest{Source: b.url(a.ID, commit), Target: b.s.SideTag})
	switch {
	case errors.Is(err, koji.ErrForbidden), errors.Is(err, koji.ErrInvalid), errors.Is(err, koji.ErrNotFound):
		return "", drive.Failed(planner.FailureBuild, err)
	case err != nil:
		return "", err
	}
	return strconv.Itoa(task), nil
}

// source returns the commit that a build is made from, after making it where
// needed; or the build that the side tag has. With look it makes nothing: then
// an empty commit means that there is none yet.
func (b *builder) source(ctx context.Context, a planner.Action, look bool) (commit, nvr string, err error) {
	if b.s.Breakage.asIs(a.ID) && a.Attempt <= 1 && a.Pass <= 1 {
		if nvr, err = b.c.inSideTag(ctx, b.s.SideTag, a.ID, b.s.Breakage); err != nil || nvr != "" {
			return "", nvr, err
		}
		heads, err := b.c.git.Heads(ctx, repoOf(a.ID))
		if err != nil {
			return "", "", err
		}
		if commit = heads.Branches[b.o.Branch]; commit == "" {
			return "", "", fmt.Errorf("%s has no branch %s: %w", a.ID, b.o.Branch, git.ErrNotFound)
		}
		return commit, "", nil
	}
	author := git.Signature{Name: "Rebuild Bot", Email: b.o.User + "@localhost"}
	if m, err := mail.ParseAddress(b.o.Mail); err == nil {
		author = git.Signature{Name: m.Name, Email: m.Address}
	}
	bump, err := b.c.git.Bump(ctx, git.BumpRequest{
		Repo: repoOf(a.ID), Branch: b.o.Branch, Author: author, Message: b.s.Breakage.reason(),
		Reason: b.s.ID + "/" + string(a.Key), DryRun: look,
	})
	if err != nil || look && bump.Outcome != git.AlreadyDone {
		return "", "", err
	}
	return bump.Hash, "", nil
}

// reason is what commits and the update say.
func (b *breakage) reason() string {
	var what []string
	for _, id := range b.Sources {
		if !slices.Contains(b.Stale, id) || len(b.Stale) == len(b.Sources) {
			what = append(what, packageName(id)+" "+b.Versions[id])
		}
	}
	return "Rebuilt for " + strings.Join(what, ", ")
}

// url is what the hub is asked to build.
func (b *builder) url(id planner.ID, commit string) string {
	repo := repoOf(id)
	return "git+" + strings.TrimSuffix(b.c.web.URL(), "/") + "/" + repo.Namespace + "/" + repo.Name + ".git#" + commit
}

// Find looks whether a build was started before.
func (b *builder) Find(ctx context.Context, a planner.Action) (string, bool, error) {
	switch a.Kind {
	case planner.ActionBuild:
	case planner.ActionAwaitRepo:
		return "", true, nil
	default:
		return "", false, nil // canceling or telling twice does no harm
	}
	commit, nvr, err := b.source(ctx, a, true)
	if err != nil || nvr != "" || commit == "" {
		return nvr, nvr != "", err
	}
	if err := b.identify(ctx); err != nil {
		return "", false, err
	}
	source := b.url(a.ID, commit)
	for t, err := range b.c.koji.Tasks(ctx, koji.TaskQuery{Method: "build", OwnerIDs: []int{b.owner}, Decode: true}) {
		if err != nil {
			return "", false, err
		}
		if args, ok := t.Request.([]any); ok && len(args) > 1 && args[0] == source && args[1] == b.s.SideTag {
			return strconv.Itoa(t.ID), true, nil
		}
	}
	return "", false, nil
}

func (b *builder) identify(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owner != 0 {
		return nil
	}
	me, err := b.c.koji.Myself(ctx)
	b.owner = me.ID
	return err
}

// Cancel stops a build.
func (b *builder) Cancel(ctx context.Context, a planner.Action) error {
	task, err := strconv.Atoi(a.Ref)
	if err != nil {
		return nil // it never had a task
	}
	return b.c.koji.CancelTask(ctx, task)
}

// Notify names the maintainers, as dist-git knows them, of what has failed.
func (b *builder) Notify(ctx context.Context, a planner.Action) error {
	m, err := b.c.web.Maintainers(ctx, repoOf(a.ID))
	if err != nil && !errors.Is(err, distgit.ErrNotFound) {
		return err
	}
	b.out.failure(a, m.People(), b.s.SideTag)
	return nil
}

// Poll looks at everything that is under way.
func (b *builder) Poll(ctx context.Context, w drive.Watch) ([]planner.Event, error) {
	builds, repos := []planner.InFlight{}, []planner.InFlight{}
	for _, f := range w.InFlight {
		switch f.Kind {
		case planner.ActionBuild:
			builds = append(builds, f)
		case planner.ActionAwaitRepo:
			repos = append(repos, f)
		}
	}
	events, err := b.pollBuilds(ctx, builds)
	if err == nil {
		err = b.pollRepo(ctx, repos, &events)
	}
	if err == nil {
		err = b.pollFixes(ctx, w.Failures, &events)
	}
	return events, err
}

// pollBuilds asks for all tasks in one request.
func (b *builder) pollBuilds(ctx context.Context, flight []planner.InFlight) ([]planner.Event, error) {
	var events []planner.Event
	var ids []int
	var of []planner.InFlight
	for _, f := range flight {
		if id, err := strconv.Atoi(f.Ref); err == nil {
			ids, of = append(ids, id), append(of, f)
		} else {
			events = append(events, planner.Event{Kind: planner.EventBuilt, Key: f.Key, Artifact: f.Ref, Detail: "was in the side tag"})
		}
	}
	if len(ids) == 0 {
		return events, nil
	}
	tasks, err := b.c.koji.TasksByID(ctx, ids)
	if err != nil {
		return events, err
	}
	for i, t := range tasks {
		failed := planner.Event{Kind: planner.EventFailed, Key: of[i].Key, Failure: planner.FailureInfra}
		switch {
		case t == nil:
			failed.Detail = "the hub has no task " + of[i].Ref
			events = append(events, failed)
		case t.State == koji.TaskCanceled:
			failed.Failure, failed.Detail = planner.FailureCanceled, "task "+of[i].Ref+" was canceled"
			events = append(events, failed)
		case t.State == koji.TaskFailed:
			err := b.c.koji.TaskResult(ctx, t.ID, nil)
			if err == nil || errors.Is(err, koji.ErrUnavailable) {
				return events, err
			}
			if failed.Detail = err.Error(); errors.Is(err, koji.FaultBuild) && !errors.Is(err, koji.FaultBuildroot) {
				failed.Failure = planner.FailureBuild // the package's fault, not the machinery's
			}
			events = append(events, failed)
		case t.State == koji.TaskClosed:
			made, err := b.c.koji.ListBuilds(ctx, koji.BuildQuery{TaskID: t.ID})
			if err != nil {
				return events, err
			}
			if len(made) != 1 {
				failed.Detail = fmt.Sprintf("task %d made %d builds", t.ID, len(made))
				events = append(events, failed)
				continue
			}
			events = append(events, planner.Event{Kind: planner.EventBuilt, Key: of[i].Key, Artifact: made[0].NVR})
		}
	}
	return events, nil
}

// pollRepo compares the side tag's newest repo with when the builds were
// tagged, and asks the hub for a newer one where that is needed: hubs make
// them on demand. Asking again finds the request.
func (b *builder) pollRepo(ctx context.Context, flight []planner.InFlight, events *[]planner.Event) error {
	if len(flight) == 0 {
		return nil
	}
	repo, err := b.c.koji.Repo(ctx, koji.RepoQuery{Tag: koji.Ref(b.s.SideTag)})
	if err != nil && !errors.Is(err, koji.ErrNotFound) { // not made yet
		return err
	}
	tagged, err := b.c.koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(b.s.SideTag)})
	if err != nil {
		return err
	}
	wanted := 0
	for _, t := range tagged {
		for _, f := range flight {
			switch {
			case f.Artifact != t.NVR:
			case repo.EventID >= t.TagTime:
				*events = append(*events, planner.Event{Kind: planner.EventAvailable, Key: f.Key})
			default:
				wanted = max(wanted, t.TagTime)
			}
		}
	}
	if wanted == 0 {
		return nil
	}
	_, err = b.c.koji.RequestRepo(ctx, koji.RepoRequest{Tag: koji.Ref(b.s.SideTag), MinEvent: wanted})
	if err != nil && (errors.Is(err, koji.ErrAlreadyApplied) || strings.Contains(err.Error(), "Invalid method")) {
		return nil // it is asked for; or an older hub makes repos by itself
	}
	return err
}

// pollFixes looks in the side tag for builds that somebody else made of what
// has failed.
func (b *builder) pollFixes(ctx context.Context, failures []planner.Failure, events *[]planner.Event) error {
	if len(failures) == 0 {
		return nil
	}
	if err := b.identify(ctx); err != nil {
		return err
	}
	tagged, err := b.c.koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(b.s.SideTag), Latest: 1})
	for _, f := range failures {
		for _, t := range tagged {
			if t.Name == packageName(f.ID) && t.NVR != f.Artifact && t.OwnerID != b.owner {
				*events = append(*events, planner.Event{Kind: planner.EventFixArrived, ID: f.ID, Artifact: t.NVR, Detail: "built by " + t.Owner})
			}
		}
	}
	return err
}
