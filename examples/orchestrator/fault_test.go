// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// at runs f once, before the given action's call.
func at(key string, f func()) func(drive.Point, planner.Action) error {
	var once sync.Once
	return func(p drive.Point, a planner.Action) error {
		if p == drive.BeforeCall && string(a.Key) == key {
			once.Do(f)
		}
		return nil
	}
}

// Each row breaks something; the story must end as told, and the services must
// have seen everything once.
func TestFaultsAreSurvivedOrToldInWords(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the story for every fault")
	}
	const first, second = "build/rpms/perl-App-FatPacker/1/1", "build/rpms/perl-Module-Pluggable/1/1"
	soon := func(f func()) { time.AfterFunc(300*time.Millisecond, f) }
	type outcome struct {
		code int
		told string // what a person was told, on either stream
	}
	for _, tc := range []struct {
		fault string
		world services.Options
		begin func(w *services.World)
		hook  func(w *services.World) func(drive.Point, planner.Action) error
		more  []string
		want  outcome
	}{
		{fault: "nothing", want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "hub down in the middle", hook: func(w *services.World) func(drive.Point, planner.Action) error {
			return at(second, func() { w.Unplug("koji"); soon(func() { w.Plug("koji") }) })
		}, want: outcome{rebuild.ExitDone, "waiting, next try in"}},
		{fault: "dist-git down in the middle", hook: func(w *services.World) func(drive.Point, planner.Action) error {
			return at(second, func() { w.Unplug("dist-git"); soon(func() { w.Plug("dist-git") }) })
		}, want: outcome{rebuild.ExitDone, "the services answer again"}},
		{fault: "tests down in the middle", hook: func(w *services.World) func(drive.Point, planner.Action) error {
			return at(second, func() { w.Unplug("ci"); soon(func() { w.Plug("ci") }) })
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "PDC down after the plan", hook: func(w *services.World) func(drive.Point, planner.Action) error {
			return at(first, func() { w.Unplug("pdc") })
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "hub down at the start", begin: func(w *services.World) {
			w.Unplug("koji")
			time.AfterFunc(2*time.Second, func() { w.Plug("koji") })
		}, want: outcome{rebuild.ExitDone, "waiting for the hub"}},
		{fault: "dist-git down at the start", begin: func(w *services.World) { w.Unplug("dist-git") }, hook: func(w *services.World) func(drive.Point, planner.Action) error {
			return at(first, func() { soon(func() { w.Plug("dist-git") }) })
		}, want: outcome{rebuild.ExitDone, "waiting, next try in"}},
		{fault: "hub offline for maintenance", hook: func(w *services.World) func(drive.Point, planner.Action) error {
			return at(second, func() { w.Hub.SetOffline("down for maintenance"); soon(func() { w.Hub.SetOffline("") }) })
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "hub answers 502", begin: func(w *services.World) {
			w.Hub.Fail("build", kojitest.HTTP(502), kojitest.Times(2))
			w.Hub.Fail("getTaskInfo", kojitest.HTTP(502), kojitest.Times(3))
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "connection cut before a build is submitted", begin: func(w *services.World) {
			w.Hub.Fail("build", kojitest.CutBefore(), kojitest.Times(3))
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "connection cut after a build is submitted", begin: func(w *services.World) {
			w.Hub.Fail("build", kojitest.CutAfter(), kojitest.Times(3))
		}, want: outcome{rebuild.ExitDone, "found again: build"}},
		{fault: "session expires", begin: func(w *services.World) {
			w.Hub.Fail("build", kojitest.Expire(), kojitest.Times(1), kojitest.After(2))
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "slow hub", begin: func(w *services.World) {
			w.Hub.Fail("build", kojitest.Slow(200*time.Millisecond), kojitest.Times(5))
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "push race lost twice", begin: func(w *services.World) {
			w.Git.Race(distgit.Repo{Namespace: "rpms", Name: "perl-Module-Pluggable"}, "f43", 2)
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "push cut after its effect", begin: func(w *services.World) {
			w.Git.Fail(distgittest.Fault{Op: distgittest.OpPush, Cut: distgittest.CutAfter, Times: 2})
		}, want: outcome{rebuild.ExitDone, "merged 19 builds"}},
		{fault: "push refused by a hook", begin: func(w *services.World) {
			w.Git.SetHook(func(p distgittest.Push) error {
				if p.Repo.Name == "perl-Test2-Suite" {
					return errors.New("frozen for the beta")
				}
				return nil
			})
		}, more: []string{"-patience", "1m"}, want: outcome{rebuild.ExitStuck, "frozen for the beta"}},
		{fault: "repo never made", world: services.Options{RepoTime: 10000 * time.Hour},
			more: []string{"-patience", "1m", "-timeout", "20m"}, want: outcome{rebuild.ExitStuck, "no end after 20m0s"}},
		{fault: "gate never answers", world: services.Options{NoTests: true},
			more: []string{"-patience", "1m", "-timeout", "20m"}, want: outcome{rebuild.ExitStuck, "gate rpms/perl-App-FatPacker: perl-App-FatPacker-4.4-2.fc43: no end after 20m0s"}},
		{fault: "nobody fixes a failed build", world: services.Options{FailBuild: []string{"perl-Test2-Suite"}, FixAfter: -1},
			more: []string{"-patience", "5m"}, want: outcome{rebuild.ExitStuck, "unfixed: rpms/perl-Test2-Suite"}},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			t.Parallel() // most of the time is spent waiting
			w := startWorld(t, tc.world)
			if tc.begin != nil {
				tc.begin(w)
			}
			var hook func(drive.Point, planner.Action) error
			if tc.hook != nil {
				hook = tc.hook(w)
			}
			dir := filepath.Join(t.TempDir(), "run")
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			code, out, errs := orchestrator(t, ctx, hook, arguments(w, append(tc.more, "-state", dir)...)...)
			require.Equal(t, tc.want.code, code, "%s\n%s", out, errs)
			assert.Contains(t, out+errs, tc.want.told)
			if code == rebuild.ExitDone {
				judge(t, w, dir, 20)
			}
			told := ""
			for line := range strings.Lines(out + errs) {
				if strings.Contains(line, tc.want.told) {
					told = strings.TrimSpace(line)
					break
				}
			}
			t.Logf("%-45s exit %d  %s", tc.fault, code, told)
		})
	}
}

func TestWhatCannotBeginIsRefusedAtOnce(t *testing.T) {
	w := startWorld(t, services.Options{})
	dir := t.TempDir()
	for i, tc := range []struct {
		what  string
		begin func()
		end   func()
		args  []string
		code  int
		told  string
	}{
		{"an unknown component", nil, nil, []string{"-changed", "rpms/no-such-package"}, rebuild.ExitFailed, "no-such-package in fedora-43: PDC knows no package of it"},
		{"an unknown component of a file", nil, nil, []string{"-pdc", "", "-graph", "testdata/small.json", "-changed", "rpms/none"}, rebuild.ExitUsage, "the graph does not know rpms/none"},
		{"an unknown release", nil, nil, []string{"-release", "fedora-99"}, rebuild.ExitFailed, "fedora-99"},
		{"a login that is refused", func() { t.Setenv("KOJI_PASSWORD", "wrong") }, nil, nil, rebuild.ExitFailed, "login"},
		{"an unknown target", nil, nil, []string{"-target", "f99"}, rebuild.ExitFailed, "f99"},
		{"PDC that is away", func() { w.Unplug("pdc") }, func() { w.Plug("pdc") }, nil, rebuild.ExitFailed, "asking PDC"},
		{"a plan over its limit", nil, nil, []string{"-limit", "10"}, rebuild.ExitHeld, "20 rebuilds are more than the limit of 10"},
		{"a graph file that is none", nil, nil, []string{"-pdc", "", "-graph", "main.go"}, rebuild.ExitFailed, "main.go"},
		{"a graph file that is not there", nil, nil, []string{"-pdc", "", "-graph", "none.json"}, rebuild.ExitFailed, "none.json"},
	} {
		t.Run(tc.what, func(t *testing.T) {
			state := filepath.Join(dir, fmt.Sprint(i))
			args := arguments(w, append([]string{"-state", state}, tc.args...)...)
			t.Setenv("KOJI_PASSWORD", services.Password)
			if tc.begin != nil {
				tc.begin()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
			defer cancel()
			code, out, errs := start(ctx, args)
			if tc.end != nil {
				tc.end()
			}
			assert.Equal(t, tc.code, code, "%s\n%s", out, errs)
			assert.Contains(t, out+errs, tc.told)
			assert.Empty(t, w.Hub.Submissions(), "nothing is half-done")
			assert.Empty(t, w.Git.Pushes())
		})
	}
}

func TestTheCommandLineIsChecked(t *testing.T) {
	for args, want := range map[string]string{
		"-bad":                                  "flag provided but not defined",
		"extra":                                 `unexpected argument "extra"`,
		"resume":                                "resume needs -state",
		"-pdc http://x -graph y -changed a":     "give -pdc or -graph",
		"-pdc http://x -changed a":              "-release",
		"-koji http://x -profile y -changed a":  "give -koji or -profile",
		"-koji http://x -graph y":               "nothing changed",
		"-graph y -changed a -write -koji x":    "-write needs",
		"-poll 0s":                              "must be positive",
		"-source moon":                          "-source moon is none of pdc, koji, repo, file",
		"-source koji -pdc http://x -changed a": "-source koji and -pdc contradict each other",
		"-source pdc -graph y -changed a":       "-source pdc and -graph contradict each other",
		"-source file -changed a":               "-source file needs -graph",
		"-source repo -changed a":               "-source repo needs -repo",
		"-repo a,,b -changed a":                 "an empty entry",
		"-repo a -graph b -changed a":           "give -graph or -repo, not both",
		"-pdc http://x -tag f43 -changed a":     "go with -source koji, not with pdc",
		"-koji http://x -changed a":             "-koji URL -target NAME (or -tag)",
		"-source koji -ci http://x -changed a":  "-koji URL -target NAME (or -tag)",
		"-changed ,":                            "nothing changed",
	} {
		code, _, errs := start(t.Context(), strings.Fields(args))
		assert.Equal(t, rebuild.ExitUsage, code, args)
		assert.Contains(t, errs, want, args)
	}
}

func TestHelpIsNoMistake(t *testing.T) {
	code, out, errs := start(t.Context(), []string{"-h"})
	assert.Equal(t, rebuild.ExitDone, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "Usage: orchestrator")
	assert.Contains(t, errs, "-source where")
}

func TestAFolderWithoutARunOrWithADamagedOneIsRefused(t *testing.T) {
	dir := t.TempDir()
	code, _, errs := start(t.Context(), []string{"resume", "-state", dir})
	assert.Equal(t, rebuild.ExitState, code)
	assert.Contains(t, errs, "holds no run")
	require.NoError(t, rebuild.WriteFile(filepath.Join(dir, "run.json"), []byte("{")))
	code, _, errs = start(t.Context(), []string{"resume", "-state", dir})
	assert.Equal(t, rebuild.ExitState, code)
	assert.Contains(t, errs, "run.json")
}

func TestProgramsGetOneObjectALine(t *testing.T) {
	code, out, errs := start(t.Context(), []string{"-plan-only", "-graph", "testdata/small.json", "-changed", "rpms/a", "-json"})
	require.Equal(t, rebuild.ExitDone, code, errs)
	plans := 0
	for line := range strings.Lines(out) {
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		if v["plan"] != nil {
			plans++
		}
	}
	assert.Equal(t, 1, plans)
}

func TestAPlanAloneTalksToNobody(t *testing.T) {
	code, out, errs := start(t.Context(), []string{"-plan-only", "-graph", "testdata/small.json", "-changed", "rpms/a"})
	require.Equal(t, rebuild.ExitDone, code, errs)
	assert.Contains(t, out, "3 rebuilds in 3 tiers")
	code, out, errs = start(t.Context(), []string{"-plan-only", "-changed", "rpms/check"})
	require.Equal(t, rebuild.ExitHeld, code, errs)
	assert.Contains(t, out, "2624 of 3057 packages of fedora-43 are affected")
	assert.Contains(t, out, "held: 2627 rebuilds, the limit is 500")
}
