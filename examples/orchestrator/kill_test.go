// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
)

// build compiles a program of this module.
func build(t *testing.T, pkg string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "program")
	out, err := exec.Command("go", "build", "-o", bin, pkg).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return bin
}

// The built programs are killed for good, the orchestrator again and again and
// the world now and then, each in a process of its own. In the end the world's
// state on disk says that everything was done once.
func TestKilledProcessesGoOnWhereTheyWere(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills programs")
	}
	world, program := build(t, "../world"), build(t, ".")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	folder := filepath.Join(t.TempDir(), "world")
	fails := services.Options{Dir: folder, FailBuild: []string{"perl-DateTime-Locale"}, FailTest: []string{"perl-Perl-Critic"}}
	probe := startWorld(t, fails)
	args := arguments(probe)
	require.NoError(t, probe.Close())
	serve := func() *exec.Cmd {
		c := exec.CommandContext(ctx, world, "-dir", folder, "-speed", fmt.Sprint(testSpeed), "-fail", "perl-DateTime-Locale", "-fail-test", "perl-Perl-Critic")
		c.Stderr = os.Stderr
		require.NoError(t, c.Start())
		return c
	}
	running := serve()
	defer func() { _ = running.Process.Kill(); _ = running.Wait() }()
	dir := filepath.Join(t.TempDir(), "run")
	args = append(args, "-state", dir)
	random := rand.New(rand.NewPCG(1, 2)) // the same every time
	var output bytes.Buffer
	kills := 0
	for attempt := 0; ; attempt++ {
		require.Less(t, attempt, 300)
		output.Reset()
		c := exec.CommandContext(ctx, program, args...)
		c.Env = append(os.Environ(), "KOJI_PASSWORD="+services.Password)
		c.Stdout, c.Stderr = &output, &output
		require.NoError(t, c.Start())
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		var err error
		finished := false
		select {
		case err = <-done:
			finished = true
		// It lives longer each time, so that it gets on on a slow machine too.
		case <-time.After(time.Duration(100+random.IntN(900)+40*attempt) * time.Millisecond):
			_ = c.Process.Kill()
			<-done
			kills++
		}
		if _, serr := os.Stat(filepath.Join(dir, "run.json")); serr == nil {
			args = []string{"resume", "-state", dir, "-speed", fmt.Sprint(testSpeed), "-poll", "15s"}
		}
		if finished && err == nil {
			break
		}
		if finished { // it may give up by itself only when the world is away before it began
			require.Equal(t, rebuild.ExitFailed, c.ProcessState.ExitCode(), "%s", output.String())
			require.Contains(t, output.String(), "asking PDC")
		}
		if kills%7 == 3 {
			_ = running.Process.Kill()
			_ = running.Wait()
			running = serve()
		}
	}
	t.Logf("killed %d times", kills)
	assert.Greater(t, kills, 5)
	_ = running.Process.Kill()
	_ = running.Wait()
	judge(t, startWorld(t, fails), dir, 20)
	assert.Len(t, outboxOf(t, dir), 2)
}
