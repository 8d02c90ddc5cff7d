// SPDX-License-Identifier: MIT

package rebuild

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// Builder builds in a side tag. A build is a commit in dist-git, found again
// by its reason, and a task at the hub, found again by that commit: whatever
// was lost in between, nothing is done twice. Its methods are parts of a
// [drive.Actor]. The exported members are not changed once it is in use; then
// it is safe for concurrent use.
type Builder struct {
	Clients

	Tag     string // the side tag, which is its own target
	Branch  string // of dist-git; modules have one for each stream
	Run     string // the run's id, which goes into the commits
	Message string // of the commits
	Author  git.Signature

	// As, when not nil, says of an action that it needs no commit of ours: a
	// build that is there already, or the commit that it is made from. ok is
	// false for all other actions.
	As func(ctx context.Context, a planner.Action) (commit, nvr string, ok bool, err error)

	mu    sync.Mutex
	owner int // our user id at the hub, 0 until asked
}

// Author is the signature of commits: an address as mail writes it, or the
// user's.
func Author(address, user string) git.Signature {
	if m, err := mail.ParseAddress(address); err == nil {
		return git.Signature{Name: m.Name, Email: m.Address}
	}
	return git.Signature{Name: "Rebuild Bot", Email: user + "@localhost"}
}

// Component returns what dist-git and Koji call a node: "rpms/bash" is the
// package bash, "modules/perl:5.26" the module perl and its stream. In graphs
// of others it is the part after the first colon, or everything.
func Component(id planner.ID) (repo distgit.Repo, stream string) {
	namespace, name, ok := strings.Cut(string(id), "/")
	if !ok {
		_, after, ok := strings.Cut(string(id), ":")
		if !ok {
			after = string(id)
		}
		return distgit.Repo{Namespace: "rpms", Name: after}, ""
	}
	if namespace == "modules" {
		name, stream, _ = strings.Cut(name, ":")
	}
	return distgit.Repo{Namespace: namespace, Name: name}, stream
}

// IsModule reports whether a node is a module.
func IsModule(id planner.ID) bool { return strings.HasPrefix(string(id), "modules/") }

// Start submits a build. Its reference is the task's number, or the name of a
// build that is there already. Other actions need no beginning.
func (b *Builder) Start(ctx context.Context, a planner.Action) (string, error) {
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
	// A module's build is not for the packages' buildroot.
	task, err := b.Koji.StartBuild(ctx, koji.BuildRequest{Source: b.url(a.ID, commit), Target: b.Tag, SkipTag: IsModule(a.ID)})
	switch {
	case errors.Is(err, koji.ErrForbidden), errors.Is(err, koji.ErrInvalid), errors.Is(err, koji.ErrNotFound):
		return "", drive.Failed(planner.FailureBuild, err)
	case err != nil:
		return "", err
	}
	return strconv.Itoa(task), nil
}

// source returns the commit that a build is made from, after making it where
// needed; or the build that is there. With look it makes nothing: then an empty
// commit means that there is none yet.
func (b *Builder) source(ctx context.Context, a planner.Action, look bool) (commit, nvr string, err error) {
	if b.As != nil {
		if commit, nvr, ok, err := b.As(ctx, a); ok || err != nil {
			return commit, nvr, err
		}
	}
	repo, branch := Component(a.ID)
	if branch == "" {
		branch = b.Branch
	}
	bump, err := b.Git.Bump(ctx, git.BumpRequest{
		Repo: repo, Branch: branch, Author: b.Author, Message: b.Message, Reason: b.Run + "/" + string(a.Key), DryRun: look,
	})
	if err != nil || look && bump.Outcome != git.AlreadyDone {
		return "", "", err
	}
	return bump.Hash, "", nil
}

// url is what the hub is asked to build.
func (b *Builder) url(id planner.ID, commit string) string {
	repo, _ := Component(id)
	return "git+" + strings.TrimSuffix(b.Web.URL(), "/") + "/" + repo.Namespace + "/" + repo.Name + ".git#" + commit
}

// Find looks whether a build was started before. Waiting for a repo or a
// decision has been; canceling twice does no harm. Messages are the caller's.
func (b *Builder) Find(ctx context.Context, a planner.Action) (string, bool, error) {
	switch a.Kind {
	case planner.ActionBuild:
	case planner.ActionCancel, planner.ActionNotify:
		return "", false, nil
	default:
		return "", true, nil
	}
	commit, nvr, err := b.source(ctx, a, true)
	if err != nil || nvr != "" || commit == "" {
		return nvr, nvr != "", err
	}
	owner, err := b.user(ctx)
	if err != nil {
		return "", false, err
	}
	source := b.url(a.ID, commit)
	for t, err := range b.Koji.Tasks(ctx, koji.TaskQuery{Method: "build", OwnerIDs: []int{owner}, Decode: true}) {
		if err != nil {
			return "", false, err
		}
		if args, ok := t.Request.([]any); ok && len(args) > 1 && args[0] == source && args[1] == b.Tag {
			return strconv.Itoa(t.ID), true, nil
		}
	}
	return "", false, nil
}

// user returns our id at the hub.
func (b *Builder) user(ctx context.Context) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owner == 0 {
		me, err := b.Koji.Myself(ctx)
		if err != nil {
			return 0, err
		}
		b.owner = me.ID
	}
	return b.owner, nil
}

// Cancel stops a build.
func (b *Builder) Cancel(ctx context.Context, a planner.Action) error {
	task, err := strconv.Atoi(a.Ref)
	if err != nil {
		return nil // it never had a task
	}
	return b.Koji.CancelTask(ctx, task)
}

// Maintainers are the people who look after a node, as dist-git knows them.
func (b *Builder) Maintainers(ctx context.Context, id planner.ID) ([]string, error) {
	repo, _ := Component(id)
	m, err := b.Web.Maintainers(ctx, repo)
	if err != nil && !errors.Is(err, distgit.ErrNotFound) {
		return nil, err
	}
	return m.People(), nil
}

// Poll looks at builds under way, at the repo, and at what others built of what
// has failed. Other actions in w are passed over.
func (b *Builder) Poll(ctx context.Context, w drive.Watch) ([]planner.Event, error) {
	var builds, repos []planner.InFlight
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
func (b *Builder) pollBuilds(ctx context.Context, flight []planner.InFlight) ([]planner.Event, error) {
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
	tasks, err := b.Koji.TasksByID(ctx, ids)
	if err != nil {
		return events, err
	}
	for i, t := range tasks {
		event, err := b.ended(ctx, of[i], t)
		if err != nil {
			return events, err
		}
		if event.Kind != 0 {
			events = append(events, event)
		}
	}
	return events, nil
}

// ended returns the event of a task that came to its end, or an empty one.
func (b *Builder) ended(ctx context.Context, f planner.InFlight, t *koji.Task) (planner.Event, error) {
	e := planner.Event{Kind: planner.EventFailed, Key: f.Key, Failure: planner.FailureInfra}
	switch {
	case t == nil:
		e.Detail = "the hub has no task " + f.Ref
	case t.State == koji.TaskCanceled:
		e.Failure, e.Detail = planner.FailureCanceled, "task "+f.Ref+" was canceled"
	case t.State == koji.TaskFailed:
		err := b.Koji.TaskResult(ctx, t.ID, nil)
		if err == nil || errors.Is(err, koji.ErrUnavailable) {
			return planner.Event{}, err
		}
		if e.Detail = err.Error(); errors.Is(err, koji.FaultBuild) && !errors.Is(err, koji.FaultBuildroot) {
			e.Failure = planner.FailureBuild // the package's fault, not the machinery's
		}
	case t.State == koji.TaskClosed:
		made, err := b.Koji.ListBuilds(ctx, koji.BuildQuery{TaskID: t.ID})
		if err != nil {
			return planner.Event{}, err
		}
		if len(made) != 1 {
			e.Detail = fmt.Sprintf("task %d made %d builds", t.ID, len(made))
			return e, nil
		}
		return planner.Event{Kind: planner.EventBuilt, Key: f.Key, Artifact: made[0].NVR}, nil
	default:
		return planner.Event{}, nil
	}
	return e, nil
}

// pollRepo compares the side tag's newest repo with when the builds were
// tagged, and asks the hub for a newer one where that is needed: hubs of today
// make them on demand. Asking again finds the request. Modules are in no repo
// of packages.
func (b *Builder) pollRepo(ctx context.Context, flight []planner.InFlight, events *[]planner.Event) error {
	if len(flight) == 0 {
		return nil
	}
	repo, err := b.Koji.Repo(ctx, koji.RepoQuery{Tag: koji.Ref(b.Tag)})
	if err != nil && !errors.Is(err, koji.ErrNotFound) { // not made yet
		return err
	}
	tagged, err := b.Koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(b.Tag)})
	if err != nil {
		return err
	}
	since := make(map[string]int, len(tagged)) // event, by build
	for _, t := range tagged {
		since[t.NVR] = t.TagTime
	}
	wanted := 0
	for _, f := range flight {
		event, in := since[f.Artifact]
		switch {
		case IsModule(f.ID), in && repo.EventID >= event:
			*events = append(*events, planner.Event{Kind: planner.EventAvailable, Key: f.Key})
		case in:
			wanted = max(wanted, event)
		}
	}
	if wanted == 0 {
		return nil
	}
	_, err = b.Koji.RequestRepo(ctx, koji.RepoRequest{Tag: koji.Ref(b.Tag), MinEvent: wanted})
	if err != nil && (errors.Is(err, koji.ErrAlreadyApplied) || strings.Contains(err.Error(), "Invalid method")) {
		return nil // it is asked for; or an older hub makes repos by itself
	}
	return err
}

// pollFixes looks in the side tag for builds that somebody else made of what
// has failed.
func (b *Builder) pollFixes(ctx context.Context, failures []planner.Failure, events *[]planner.Event) error {
	if len(failures) == 0 {
		return nil
	}
	owner, err := b.user(ctx)
	if err != nil {
		return err
	}
	tagged, err := b.Koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(b.Tag), Latest: 1})
	for _, f := range failures {
		repo, _ := Component(f.ID)
		for _, t := range tagged {
			if t.Name == repo.Name && t.NVR != f.Artifact && t.OwnerID != owner {
				*events = append(*events, planner.Event{Kind: planner.EventFixArrived, ID: f.ID, Artifact: t.NVR, Detail: "built by " + t.Owner})
			}
		}
	}
	return err
}
