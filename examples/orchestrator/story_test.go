// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

const testSpeed = 900

var storyPackages = []string{"perl-App-FatPacker", "perl-B-Debug"}

// startWorld starts a world for the story.
func startWorld(t testing.TB, o services.Options) *services.World {
	t.Helper()
	if o.Speed == 0 {
		o.Speed = testSpeed
	}
	if o.Changed == nil {
		o.Changed = storyPackages
	}
	w, err := services.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.Close()) })
	return w
}

// arguments are the flags that lead the orchestrator to a world.
func arguments(w *services.World, more ...string) []string {
	args := []string{
		"-koji", w.Koji, "-pdc", w.PDC, "-distgit", w.DistGit, "-ci", w.CI, "-release", distro.Release, "-branch", distro.Branch,
		"-target", distro.Target, "-user", services.User, "-speed", fmt.Sprint(testSpeed), "-poll", "15s", "-write",
		"-changed", "rpms/" + strings.Join(storyPackages, ",rpms/"),
	}
	return append(args, more...)
}

// orchestrator runs the program in this process and returns its exit code and
// what it printed.
func orchestrator(t testing.TB, ctx context.Context, hook func(drive.Point, planner.Action) error, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	o, err := parse(args, &errs)
	if err != nil {
		return rebuild.ExitUsage, "", errs.String()
	}
	o.hook, o.password = hook, services.Password
	err = orchestrate(ctx, o, newScreen(&out, o))
	if err != nil {
		fmt.Fprintln(&errs, err)
	}
	return rebuild.ExitCode(ctx, err), out.String(), errs.String()
}

// start runs the program as main does.
func start(ctx context.Context, args []string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

// judge looks at what the services saw, not at what the program says: every
// bump, build, tag and message once, and nothing built before what it needs
// had passed.
func judge(t testing.TB, w *services.World, stateDir string, rebuilt int) {
	t.Helper()
	ctx := context.Background()
	d, err := distro.Load()
	require.NoError(t, err)
	c, err := w.Client("")
	require.NoError(t, err)

	// Each commit of ours has a reason, and no reason occurs twice.
	reasons, built := map[string]int{}, map[string]bool{}
	bot := regexp.MustCompile(`(?m)^` + git.ReasonTrailer + `: (\S+)$`)
	for _, r := range repos(t, w) {
		branch := distro.Branch
		if r.Namespace == "modules" {
			branch = "5.26"
		}
		log, err := w.Git.Log(r, branch)
		require.NoError(t, err)
		for _, e := range log {
			if m := bot.FindStringSubmatch(e.Message); m != nil {
				reasons[m[1]]++
				built[e.Hash] = true
			}
		}
	}
	for reason, n := range reasons {
		assert.Equal(t, 1, n, "commits for %s", reason)
	}

	// Each commit was submitted once, and nothing else of ours was.
	me, err := c.User(ctx, services.User)
	require.NoError(t, err)
	tasks, err := c.ListTasks(ctx, koji.TaskQuery{Method: "build", OwnerIDs: []int{me.ID}, Decode: true})
	require.NoError(t, err)
	submitted, started := map[string]int{}, map[string][]time.Time{}
	for _, task := range tasks {
		source := task.Request.([]any)[0].(string)
		path, commit, _ := strings.Cut(source, "#")
		submitted[commit]++
		assert.True(t, built[commit], "built without a commit of ours: %s", source)
		name := strings.TrimSuffix(filepath.Base(path), ".git")
		started[name] = append(started[name], task.Created)
	}
	for commit := range built {
		assert.Equal(t, 1, submitted[commit], "builds of commit %s", commit)
	}

	// What a package needs had passed before it was submitted.
	passed := map[string]time.Time{} // package: when it first passed
	for _, r := range w.Tests.Results() {
		n, err := koji.ParseNVR(r.Item())
		require.NoError(t, err)
		if at, ok := passed[n.Name]; r.Outcome == ci.Passed && (!ok || r.SubmitTime.Before(at)) {
			passed[n.Name] = r.SubmitTime
		}
	}
	for name, needs := range services.Needs(d, storyPackages) {
		for _, need := range needs {
			for _, at := range started[name] {
				when, ok := passed[need]
				assert.True(t, ok && !when.After(at), "%s was submitted at %v, %s passed at %v", name, at, need, when)
			}
		}
	}
	assert.Len(t, started, rebuilt)

	// All of it is where everybody finds it, newest first, and the side tag is
	// gone.
	for name := range started {
		tag := distro.Tag
		if name == "perl" {
			tag = services.ModularTag
		}
		latest, err := c.LatestBuild(ctx, koji.Ref(tag), koji.Ref(name))
		require.NoError(t, err, name)
		assert.NotContains(t, latest.NVR, "-1"+distro.Dist, "%s holds the old build", tag)
	}
	left, err := c.ListSideTags(ctx, koji.SideTagQuery{})
	require.NoError(t, err)
	assert.Empty(t, left, "side tags left")
	once := map[string]int{}
	for _, m := range outboxOf(t, stateDir) {
		once[m.Key]++
		assert.NotEmpty(t, m.To)
	}
	for key, n := range once {
		assert.Equal(t, 1, n, "messages for %s", key)
	}
}

func repos(t testing.TB, w *services.World) []distgit.Repo {
	t.Helper()
	list, err := w.Git.Repos()
	require.NoError(t, err)
	return list
}

func outboxOf(t testing.TB, dir string) []message {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "outbox.jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	defer f.Close()
	var out []message
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var m message
		require.NoError(t, json.Unmarshal(sc.Bytes(), &m))
		out = append(out, m)
	}
	return out
}

func TestTheStoryEndsWell(t *testing.T) {
	w := startWorld(t, services.Options{FailBuild: []string{"perl-DateTime-Locale"}, FailTest: []string{"perl-Perl-Critic"}})
	dir := filepath.Join(t.TempDir(), "run")
	code, out, errs := orchestrator(t, t.Context(), nil, arguments(w, "-state", dir)...)
	require.Equal(t, rebuild.ExitDone, code, "%s\n%s", out, errs)
	judge(t, w, dir, 20)
	assert.Len(t, outboxOf(t, dir), 2, "the build's and the test's maintainers")
	for _, want := range []string{
		"20 rebuilds in 9 tiers", "cycle 1: 3 members", "modules/perl:5.26", "perl-DateTime-Locale blocks 9 rebuilds", "mail to grace:",
		"fix of rpms/perl-DateTime-Locale", "built by grace", "merged 19 builds into f43", "merged 1 builds into f43-modular",
	} {
		assert.Contains(t, out, want)
	}
	code, _, errs = orchestrator(t, t.Context(), nil, arguments(w, "-state", dir)...)
	assert.Equal(t, rebuild.ExitState, code)
	assert.Contains(t, errs, "holds a run already")
	code, _, errs = orchestrator(t, t.Context(), nil, "resume", "-state", dir, "-speed", fmt.Sprint(testSpeed), "-poll", "15s")
	assert.Equal(t, rebuild.ExitDone, code, "resuming a finished run does nothing: %s", errs)
	judge(t, w, dir, 20)
	spoilTheState(t, dir)
}

// spoilTheState damages the folder of a finished run in several ways; each is
// told by an exit code and in words, and none is worked around.
func spoilTheState(t *testing.T, dir string) {
	resume := func(folder string) (int, string) {
		code, _, errs := orchestrator(t, t.Context(), nil, "resume", "-state", folder, "-speed", fmt.Sprint(testSpeed), "-poll", "15s")
		return code, errs
	}
	journal := func(folder string) string {
		found, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
		require.NoError(t, err)
		for _, f := range found {
			if filepath.Base(f) != "outbox.jsonl" {
				return f
			}
		}
		t.Fatal("no journal")
		return ""
	}
	for name, tc := range map[string]struct {
		spoil func(folder string)
		code  int
		told  string
	}{
		"half a line at the end of the journal is dropped": {func(folder string) {
			f, err := os.OpenFile(journal(folder), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString(`{"kind":"bui`)
			require.NoError(t, errors.Join(err, f.Close()))
		}, rebuild.ExitDone, ""},
		"a damaged line is refused": {func(folder string) {
			data, err := os.ReadFile(journal(folder))
			require.NoError(t, err)
			lines := bytes.SplitAfter(data, []byte("\n"))
			lines[len(lines)/2] = []byte("{nonsense}\n")
			require.NoError(t, os.WriteFile(journal(folder), bytes.Join(lines, nil), 0o644))
		}, rebuild.ExitState, "damaged journal"},
		"a journal of another format is refused": {func(folder string) {
			data, err := os.ReadFile(journal(folder))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(journal(folder), bytes.Replace(data, []byte(drive.Format), []byte("relkit-journal/99"), 1), 0o644))
		}, rebuild.ExitState, "format"},
		"a journal of another plan is refused": {func(folder string) {
			data, err := os.ReadFile(filepath.Join(folder, "graph.json"))
			require.NoError(t, err)
			g, err := planner.ParseGraph(data)
			require.NoError(t, err)
			less := g.Filter(func(e planner.Edge) bool { return e.From != "rpms/perl-B-Lint" })
			data, err = less.MarshalJSON()
			require.NoError(t, err)
			require.NoError(t, rebuild.WriteFile(filepath.Join(folder, "graph.json"), data))
		}, rebuild.ExitState, "journal of another run"},
		"a second orchestrator finds the lock": {func(folder string) {
			data, err := os.ReadFile(filepath.Join(folder, "graph.json"))
			require.NoError(t, err)
			g, err := planner.ParseGraph(data)
			require.NoError(t, err)
			p, err := g.Plan(planner.Request{Changed: []planner.ID{"rpms/perl-App-FatPacker", "rpms/perl-B-Debug"}, Limits: planner.Limits{Nodes: 500}})
			require.NoError(t, err)
			d, err := drive.Open(p, folder, nil, drive.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, d.Close()) })
		}, rebuild.ExitState, "in use by process"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "run")
			require.NoError(t, os.CopyFS(folder, os.DirFS(dir)))
			tc.spoil(folder)
			code, errs := resume(folder)
			assert.Equal(t, tc.code, code, errs)
			assert.Contains(t, errs, tc.told)
		})
	}
}

// The program is crashed once at every point of every action's way through the
// journal: before and after the intent, around the request, around the
// outcome. Each time it is started again.
func TestCrashedAtEveryStepItDoesEverythingOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("crashes several hundred times")
	}
	w := startWorld(t, services.Options{FailBuild: []string{"perl-DateTime-Locale"}, FailTest: []string{"perl-Perl-Critic"}})
	dir := filepath.Join(t.TempDir(), "run")
	crash := errors.New("crash")
	var mu sync.Mutex
	crashed := map[string]bool{}
	hook := func(p drive.Point, a planner.Action) error {
		mu.Lock()
		defer mu.Unlock()
		step := p.String() + " " + string(a.Key)
		if crashed[step] {
			return nil
		}
		crashed[step] = true
		return crash
	}
	args := arguments(w, "-state", dir)
	for starts := 1; ; starts++ {
		require.Less(t, starts, 5000)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		code, out, errs := orchestrator(t, ctx, hook, args...)
		cancel()
		args = []string{"resume", "-state", dir, "-speed", fmt.Sprint(testSpeed), "-poll", "15s"}
		if code == rebuild.ExitDone {
			t.Logf("%d steps, %d starts", len(crashed), starts)
			break
		}
		require.Contains(t, errs, "crash", "%d: %s\n%s", code, out, errs)
	}
	assert.Greater(t, len(crashed), 300)
	judge(t, w, dir, 20)
	assert.Len(t, outboxOf(t, dir), 2)
}
