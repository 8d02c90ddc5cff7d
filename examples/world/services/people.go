// SPDX-License-Identifier: MIT

package services

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/spec"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/koji/ci/citest"
)

// What the world's policy asks of a build before others are built against it.
const (
	DecisionContext = "side_tag_merge"
	InstallTest     = "dist.install"
	testTime        = 60 * time.Second // in the world
)

// openTests makes the test system's services.
func (w *World) openTests(*memory) error {
	var err error
	w.Tests, err = citest.NewServices(citest.Seed{
		Dir: w.path("ci"),
		Now: func() time.Time { return w.Hub.Now() },
		Policies: []ci.Policy{{
			ID: "side-tags", ProductVersions: []string{"fedora-*"}, DecisionContext: DecisionContext, SubjectType: ci.KojiBuild,
			Rules: []ci.Rule{{Type: "PassingTestCaseRule", Testcase: InstallTest}},
		}},
	})
	return err
}

// people are the test system and the maintainers: whatever happens in the
// world without anybody asking for it. They look at the services as programs
// do and keep nothing in memory, so that a restart changes nothing for them.
type people struct {
	w    *World
	koji *koji.Client
	by   map[string]*koji.Client // of maintainers
}

func (w *World) newPeople() (*people, error) {
	c, err := w.Client("")
	return &people{w: w, koji: c, by: map[string]*koji.Client{}}, err
}

// LookAgain looks each time a while has passed, until ctx ends. What fails, as
// when a service is unplugged, is done at the next look.
func LookAgain(ctx context.Context, while time.Duration, look func(context.Context) error) {
	tick := time.NewTicker(while)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = look(ctx)
		}
	}
}

// look lets everybody react to what is there.
func (p *people) look(ctx context.Context) error {
	now := p.w.Hub.Now()
	builds, err := p.koji.ListBuilds(ctx, koji.BuildQuery{CompletedAfter: koji.At(p.w.began)})
	if err != nil {
		return err
	}
	tested := map[string]ci.Outcome{}
	when := map[string]time.Time{}
	for _, r := range p.w.Tests.Results() {
		tested[r.Item()], when[r.Item()] = r.Outcome, r.SubmitTime
	}
	for _, b := range builds {
		name, nvr := b.Name, b.NVR
		switch {
		case b.State == koji.BuildFailed && slices.Contains(p.w.opts.FailBuild, name) && p.due(now, b.Completed):
			err = errors.Join(err, p.fix(ctx, name, "build", b.TaskID))
		case b.State != koji.BuildComplete:
		case p.w.opts.NoTests:
		case tested[nvr] == "" && now.Sub(b.Completed) >= testTime:
			err = errors.Join(err, p.test(name, nvr))
		case tested[nvr] == ci.Failed && p.due(now, when[nvr]):
			err = errors.Join(err, p.fix(ctx, name, "test", b.TaskID))
		}
	}
	return err
}

func (p *people) due(now, since time.Time) bool {
	return p.w.opts.FixAfter > 0 && now.Sub(since) >= p.w.opts.FixAfter
}

// test stores the result of a build's test.
func (p *people) test(name, nvr string) error {
	r := ci.Result{
		Testcase: ci.Testcase{Name: InstallTest}, Outcome: ci.Passed, RefURL: p.w.CI + "/runs/" + nvr,
		Data: map[string][]string{"item": {nvr}, "type": {ci.KojiBuild}},
	}
	if slices.Contains(p.w.opts.FailTest, name) && !p.fixed(name, "test") {
		r.Outcome, r.Note = ci.Failed, name+": file conflict with "+name+"-doc"
	}
	_, err := p.w.Tests.AddResult(r)
	return err
}

func patch(what string) string { return "fix-" + what + ".patch" }

// fixed reports whether the maintainer has committed the fix.
func (p *people) fixed(name, what string) bool {
	_, err := p.w.Git.File(distgit.Repo{Namespace: "rpms", Name: name}, distro.Branch, patch(what))
	return err == nil
}

// fix is what a maintainer does about a failure: a commit with the fix and the
// next release, and a build of it where the failed one was built. Both are
// looked for before they are done.
func (p *people) fix(ctx context.Context, name, what string, failed int) error {
	pkg, _ := p.w.distro.Package(name)
	repo := distgit.Repo{Namespace: "rpms", Name: name}
	if _, err := p.w.Git.File(repo, distro.Branch, patch(what)); errors.Is(err, fs.ErrNotExist) {
		if err := p.commitFix(repo, pkg, what); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	head, err := p.w.Git.Head(repo, distro.Branch)
	if err != nil {
		return err
	}
	source := p.w.DistGit + "/rpms/" + name + ".git#" + head
	args, err := p.koji.TaskRequest(ctx, failed)
	if err != nil || len(args) < 2 {
		return err
	}
	target, _ := args[1].(string)
	tasks, err := p.koji.ListTasks(ctx, koji.TaskQuery{Method: "build", Decode: true})
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if args, ok := t.Request.([]any); ok && len(args) > 0 && strings.HasSuffix(fmt.Sprint(args[0]), source) {
			return nil // built already
		}
	}
	c := p.by[pkg.Maintainer]
	if c == nil {
		if c, err = p.w.Client(pkg.Maintainer); err != nil {
			return err
		}
		p.by[pkg.Maintainer] = c
	}
	_, err = c.StartBuild(ctx, koji.BuildRequest{Source: "git+" + source, Target: target})
	return err
}

// commitFix writes the fix as the maintainer would: a patch, and the next
// release in the spec file.
func (p *people) commitFix(repo distgit.Repo, pkg distro.Package, what string) error {
	data, err := p.w.Git.File(repo, distro.Branch, repo.Name+".spec")
	if err != nil {
		return err
	}
	who := fmt.Sprintf("%s <%s@example.com>", pkg.Maintainer, pkg.Maintainer)
	message := "Fix the " + what
	bumped, err := spec.Bump(data, spec.BumpOptions{File: repo.Name + ".spec", Author: who, Date: p.w.Hub.Now(), Comment: "- " + message})
	if err != nil {
		return err
	}
	line := fmt.Sprintf("Patch%d:         %s\n", len(what), patch(what))
	text := strings.Replace(string(bumped.Data), "\nBuildRequires:", "\n"+line+"BuildRequires:", 1)
	_, err = p.w.Git.Commit(repo, distgittest.Commit{
		Branch: distro.Branch, Author: who, Message: message,
		Files: map[string]string{repo.Name + ".spec": text, patch(what): "--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n-broken\n+works\n"},
	})
	return err
}
