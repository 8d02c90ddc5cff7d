// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// builder does what a run wants done. A build is a commit in dist-git, found
// again by its reason, and a task at the hub, found again by that commit.
type builder struct {
	o     options
	c     *clients
	s     *state
	tell  notifier
	mu    sync.Mutex
	owner int                       // our user id at the hub, 0 until asked
	since map[planner.Key]time.Time // when Poll first saw an action under way
}

var _ drive.Actor = (*builder)(nil)

// notifier tells people. A message is told once for each key; Told looks
// whether it was.
type notifier interface {
	Tell(ctx context.Context, m message) error
	Told(ctx context.Context, key string) (bool, error)
}

// message is for the people who look after a component.
type message struct {
	Key  string   `json:"key"`
	To   []string `json:"to"`
	Text string   `json:"text"`
}

func newBuilder(o options, c *clients, s *state, out *screen) *builder {
	return &builder{o: o, c: c, s: s, tell: &outbox{path: s.path("outbox.jsonl"), out: out}, since: map[planner.Key]time.Time{}}
}

// reason goes into the commit of a build.
func (b *builder) reason(a planner.Action) string { return b.s.ID + "/" + string(a.Key) }

func repoOf(id planner.ID) (distgit.Repo, string) {
	namespace, name, stream := componentOf(id)
	return distgit.Repo{Namespace: namespace, Name: name}, stream
}

// bump makes the commit of a rebuild, or finds the one that was made before.
// With look it only looks.
func (b *builder) bump(ctx context.Context, a planner.Action, look bool) (git.Bump, error) {
	repo, stream := repoOf(a.ID)
	branch := b.o.Branch
	if stream != "" {
		branch = stream
	}
	author := git.Signature{Name: "Rebuild Bot", Email: b.o.User + "@localhost"}
	if m, err := mail.ParseAddress(b.o.Mail); err == nil {
		author = git.Signature{Name: m.Name, Email: m.Address}
	}
	return b.c.git.Bump(ctx, git.BumpRequest{
		Repo: repo, Branch: branch, Author: author, Message: "Rebuilt for " + b.o.Changed, Reason: b.reason(a), DryRun: look,
	})
}

// source is what the hub is asked to build.
func (b *builder) source(id planner.ID, commit string) string {
	repo, _ := repoOf(id)
	return "git+" + strings.TrimSuffix(b.c.web.URL(), "/") + "/" + repo.Namespace + "/" + repo.Name + ".git#" + commit
}

func isModule(id planner.ID) bool {
	namespace, _, _ := componentOf(id)
	return namespace == "modules"
}

// Start bumps and submits a build. Waiting for a repo and asking for a
// decision need no beginning.
func (b *builder) Start(ctx context.Context, a planner.Action) (string, error) {
	if a.Kind != planner.ActionBuild {
		return "", nil
	}
	commit, err := b.bump(ctx, a, false)
	switch {
	case errors.Is(err, git.ErrRejected), errors.Is(err, git.ErrProtected), errors.Is(err, git.ErrForbidden),
		errors.Is(err, git.ErrNotFound), errors.Is(err, git.ErrRetired), errors.Is(err, git.ErrNoSpec), errors.Is(err, git.ErrInvalid):
		return "", drive.Failed(planner.FailureBuild, err) // asking again changes nothing
	case errors.Is(err, git.ErrConflict):
		return "", drive.Failed(planner.FailureFlaky, err) // others were faster every time
	case err != nil:
		return "", err
	}
	// A module's build is not for the packages' buildroot.
	task, err := b.c.koji.StartBuild(ctx, koji.BuildRequest{
		Source: b.source(a.ID, commit.Hash), Target: b.s.SideTag, SkipTag: isModule(a.ID),
	})
	switch {
	case errors.Is(err, koji.ErrForbidden), errors.Is(err, koji.ErrInvalid), errors.Is(err, koji.ErrNotFound):
		return "", drive.Failed(planner.FailureBuild, err)
	case err != nil:
		return "", err
	}
	return strconv.Itoa(task), nil
}

// Find looks whether an action was done before: the build's commit by its
// reason, its task by the commit, a message by its key.
func (b *builder) Find(ctx context.Context, a planner.Action) (string, bool, error) {
	switch a.Kind {
	case planner.ActionNotify:
		told, err := b.tell.Told(ctx, string(a.Key))
		return "", told, err
	case planner.ActionCancel:
		return "", false, nil // canceling twice does no harm
	case planner.ActionBuild:
	default:
		return "", true, nil
	}
	commit, err := b.bump(ctx, a, true)
	if err != nil || commit.Outcome != git.AlreadyDone {
		return "", false, err
	}
	if err := b.identify(ctx); err != nil {
		return "", false, err
	}
	source := b.source(a.ID, commit.Hash)
	for t, err := range b.c.koji.Tasks(ctx, koji.TaskQuery{Method: "build", OwnerIDs: []int{b.owner}, Decode: true}) {
		if err != nil {
			return "", false, err
		}
		if args, ok := t.Request.([]any); ok && len(args) > 0 && args[0] == source {
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

// Notify tells the maintainers, as dist-git names them.
func (b *builder) Notify(ctx context.Context, a planner.Action) error {
	repo, _ := repoOf(a.ID)
	m, err := b.c.web.Maintainers(ctx, repo)
	if err != nil && !errors.Is(err, distgit.ErrNotFound) {
		return err
	}
	text := firstLine(a.Detail)
	if text == "" {
		text = string(a.ID) + " failed"
	}
	if a.Blocks > 0 {
		text += fmt.Sprintf(". It blocks %d other rebuilds; please fix it first.", a.Blocks)
	}
	return b.tell.Tell(ctx, message{Key: string(a.Key), To: m.People(), Text: text})
}

// Poll looks at everything that is under way.
func (b *builder) Poll(ctx context.Context, w drive.Watch) ([]planner.Event, error) {
	var builds, repos, gates []planner.InFlight
	for _, f := range w.InFlight {
		switch f.Kind {
		case planner.ActionBuild:
			builds = append(builds, f)
		case planner.ActionAwaitRepo:
			repos = append(repos, f)
		case planner.ActionGate:
			gates = append(gates, f)
		}
	}
	var events []planner.Event
	for _, look := range []func() ([]planner.Event, error){
		func() ([]planner.Event, error) { return b.pollBuilds(ctx, builds) },
		func() ([]planner.Event, error) { return b.pollRepo(ctx, repos) },
		func() ([]planner.Event, error) { return b.pollGates(ctx, gates, w.Failures) },
		func() ([]planner.Event, error) { return b.pollFixes(ctx, w.Failures) },
	} {
		more, err := look()
		events = append(events, more...)
		if err != nil {
			return events, err
		}
	}
	return b.pollTimeouts(ctx, w.InFlight, events)
}

// pollTimeouts gives up what takes longer than is allowed. A build is canceled
// first, so that it can't end well later on.
func (b *builder) pollTimeouts(ctx context.Context, flight []planner.InFlight, events []planner.Event) ([]planner.Event, error) {
	ended := map[planner.Key]bool{}
	for _, e := range events {
		ended[e.Key] = true
	}
	now := worldClock{b.o.speed}.Now()
	for _, f := range flight {
		first, ok := b.since[f.Key]
		switch {
		case ended[f.Key]:
			delete(b.since, f.Key)
		case !ok:
			b.since[f.Key] = now
		case now.Sub(first) > b.o.timeout:
			if task, err := strconv.Atoi(f.Ref); err == nil && f.Kind == planner.ActionBuild {
				if err := b.c.koji.CancelTask(ctx, task); err != nil {
					return events, err
				}
			}
			delete(b.since, f.Key)
			events = append(events, planner.Event{
				Kind: planner.EventFailed, Key: f.Key, Failure: planner.FailureTimeout, Detail: fmt.Sprintf("%s: no end after %s", f.Action, b.o.timeout),
			})
		}
	}
	return events, nil
}

// pollBuilds asks for all tasks in one request.
func (b *builder) pollBuilds(ctx context.Context, flight []planner.InFlight) ([]planner.Event, error) {
	if len(flight) == 0 {
		return nil, nil
	}
	ids := make([]int, len(flight))
	for i, f := range flight {
		ids[i], _ = strconv.Atoi(f.Ref)
	}
	tasks, err := b.c.koji.TasksByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var events []planner.Event
	for i, t := range tasks {
		f := flight[i]
		switch {
		case t == nil:
			events = append(events, planner.Event{Kind: planner.EventFailed, Key: f.Key, Failure: planner.FailureInfra, Detail: "the hub has no task " + f.Ref})
		case t.State == koji.TaskCanceled:
			events = append(events, planner.Event{Kind: planner.EventFailed, Key: f.Key, Failure: planner.FailureCanceled, Detail: "task " + f.Ref + " was canceled"})
		case t.State == koji.TaskFailed:
			err := b.c.koji.TaskResult(ctx, t.ID, nil)
			if err == nil || errors.Is(err, koji.ErrUnavailable) {
				return events, err
			}
			events = append(events, planner.Event{Kind: planner.EventFailed, Key: f.Key, Failure: failureKind(err), Detail: err.Error()})
		case t.State == koji.TaskClosed:
			made, err := b.c.koji.ListBuilds(ctx, koji.BuildQuery{TaskID: t.ID})
			if err != nil {
				return events, err
			}
			if len(made) == 1 {
				events = append(events, planner.Event{Kind: planner.EventBuilt, Key: f.Key, Artifact: made[0].NVR})
			} else {
				events = append(events, planner.Event{Kind: planner.EventFailed, Key: f.Key, Failure: planner.FailureInfra, Detail: fmt.Sprintf("task %d made %d builds", t.ID, len(made))})
			}
		}
	}
	return events, nil
}

// failureKind tells the package's fault from the machinery's.
func failureKind(err error) planner.FailureKind {
	if errors.Is(err, koji.FaultBuild) && !errors.Is(err, koji.FaultBuildroot) {
		return planner.FailureBuild
	}
	return planner.FailureInfra
}

// pollRepo asks what the side tag's newest repo was made of.
func (b *builder) pollRepo(ctx context.Context, flight []planner.InFlight) ([]planner.Event, error) {
	if len(flight) == 0 {
		return nil, nil
	}
	in := map[string]bool{}
	repo, err := b.c.koji.Repo(ctx, koji.RepoQuery{Tag: koji.Ref(b.s.SideTag)})
	switch {
	case errors.Is(err, koji.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		tagged, err := b.c.koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(b.s.SideTag), Event: repo.EventID})
		if err != nil {
			return nil, err
		}
		for _, t := range tagged {
			in[t.NVR] = true
		}
	}
	var events []planner.Event
	for _, f := range flight {
		if in[f.Artifact] || isModule(f.ID) {
			events = append(events, planner.Event{Kind: planner.EventAvailable, Key: f.Key})
		}
	}
	return events, nil
}

// pollGates asks for the decisions that are waited for, and for those against
// a result once more: a waiver may have come.
func (b *builder) pollGates(ctx context.Context, flight []planner.InFlight, failures []planner.Failure) ([]planner.Event, error) {
	if b.c.ci == nil {
		return nil, nil
	}
	var events []planner.Event
	decide := func(key planner.Key, nvr string, failed bool) error {
		d, err := b.c.ci.Decide(ctx, ci.DecisionRequest{
			ProductVersion: b.o.Release, DecisionContext: []string{b.o.Context}, SubjectType: ci.KojiBuild, SubjectIdentifier: nvr,
		})
		if err != nil {
			return err
		}
		if d.Satisfied {
			events = append(events, planner.Event{Kind: planner.EventPassed, Key: key, Detail: d.Summary})
			return nil
		}
		for _, r := range d.Unmet {
			if r.Failed() && !failed {
				events = append(events, planner.Event{
					Kind: planner.EventFailed, Key: key, Failure: planner.FailureGate, Detail: nvr + ": " + r.Testcase + ": " + d.Summary,
				})
				break
			}
		}
		return nil
	}
	for _, f := range flight {
		if err := decide(f.Key, f.Artifact, false); err != nil {
			return events, err
		}
	}
	for _, f := range failures {
		if f.Kind == planner.FailureGate && f.Artifact != "" {
			if err := decide(f.Action, f.Artifact, true); err != nil {
				return events, err
			}
		}
	}
	return events, nil
}

// pollFixes looks for builds that somebody else made of what has failed.
func (b *builder) pollFixes(ctx context.Context, failures []planner.Failure) ([]planner.Event, error) {
	if len(failures) == 0 {
		return nil, nil
	}
	if err := b.identify(ctx); err != nil {
		return nil, err
	}
	tagged, err := b.c.koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(b.s.SideTag), Latest: 1})
	if err != nil {
		return nil, err
	}
	var events []planner.Event
	for _, f := range failures {
		_, name, _ := componentOf(f.ID)
		for _, t := range tagged {
			if t.Name == name && t.NVR != f.Artifact && t.OwnerID != b.owner {
				events = append(events, planner.Event{Kind: planner.EventFixArrived, ID: f.ID, Artifact: t.NVR, Detail: "built by " + t.Owner})
			}
		}
	}
	return events, nil
}

// outbox is a notifier that appends messages to a file and prints them. A real
// one would send mail whose Message-ID is made of the key.
type outbox struct {
	mu   sync.Mutex
	path string
	out  *screen
}

// Tell writes the message down, durably, and prints it.
func (b *outbox) Tell(_ context.Context, m message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(b.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		b.out.message(m)
	}
	return err
}

// Told looks for a message in the file; half a line at its end is none.
func (b *outbox) Told(_ context.Context, key string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, err := os.Open(b.path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var m message
		if json.Unmarshal(sc.Bytes(), &m) == nil && m.Key == key {
			return true, nil
		}
	}
	return false, sc.Err()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
