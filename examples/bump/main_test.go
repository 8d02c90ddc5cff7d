// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func bump(stdin string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

// ports are other ones at each run.
var ports = regexp.MustCompile(`127\.0\.0\.1:\d+`)

func answer(t *testing.T, name, got string) {
	t.Helper()
	golden.Compare(t, filepath.Join("testdata", name), []byte(ports.ReplaceAllString(got, "distgit.example.com")))
}

func TestTheDemoShowsAndPushes(t *testing.T) {
	out, errs, code := bump("", "bash", "git")
	require.Equal(t, exitDone, code, errs)
	answer(t, "dry.txt", out)

	out, errs, code = bump("bash\n# a comment\n\ngit\n", "-format", "json", "-message", "Rebuilt for 100% more foo", "-")
	require.Equal(t, exitDone, code, errs)
	answer(t, "dry.json", out)

	dir := t.TempDir()
	args := []string{"-dir", dir, "-write", "-reason", "foo-2", "bash"}
	out, errs, code = bump("", args...)
	require.Equal(t, exitDone, code, errs)
	again, errs, code := bump("", args...)
	require.Equal(t, exitDone, code, errs)
	answer(t, "write.txt", out+again)

	host, err := distgittest.NewHost(distgittest.Options{Dir: filepath.Join(dir, "dist-git")})
	require.NoError(t, err)
	defer host.Close()
	log, err := host.Log(distgit.Repo{Name: "bash"}, "f43")
	require.NoError(t, err)
	assert.Len(t, log, 2, "pushed once")
}

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	for name, args := range map[string][]string{
		"no package":      {},
		"bad package":     {"../x"},
		"bad format":      {"-format", "xml", "bash"},
		"bad author":      {"-author", "jane", "bash"},
		"no branch":       {"-distgit", "https://src.example.org", "-author", "J <j@example.org>", "bash"},
		"no author":       {"-distgit", "https://src.example.org", "-branch", "f43", "bash"},
		"demo and push":   {"-push", "ssh://x", "bash"},
		"world of a real": {"-distgit", "https://src.example.org", "-dir", "x", "bash"},
		"no workers":      {"-workers", "0", "bash"},
		"unknown flag":    {"-x"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := bump("", args...)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, out)
			assert.NotEmpty(t, errs)
		})
	}
	_, errs, code := bump("", "-h")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, errs, "exit codes")
}

func TestRefusalsAreExplainedAndTheRestIsDone(t *testing.T) {
	srv, err := distgittest.NewServer(distgittest.Options{Now: func() time.Time { return demoTime }})
	require.NoError(t, err)
	defer srv.Close()
	spec := "Name: x\nVersion: 1\nRelease: 1%{?dist}\nSummary: x\nLicense: MIT\n%description\n%changelog\n"
	for name, files := range map[string]map[string]string{
		"good": {"good.spec": spec}, "retired": {"dead.package": "gone\n"}, "refused": {"refused.spec": spec},
	} {
		require.NoError(t, srv.Add(distgit.Repo{Name: name}, distgittest.Package(files)))
	}
	srv.SetHook(func(p distgittest.Push) error {
		if p.Repo.Name == "refused" {
			return errors.New("freeze")
		}
		return nil
	})
	out, errs, code := bump("", "-distgit", srv.URL, "-branch", "rawhide", "-author", "Jane <jane@example.org>", "-write", "good", "retired", "refused", "missing")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "rpms/good rawhide: pushed, 1-1 -> 1-2")
	assert.Contains(t, errs, "leave it out")
	assert.Contains(t, errs, "freeze")
	assert.Contains(t, errs, "is the name right")
	assert.Len(t, srv.Pushes(), 2)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var o, e bytes.Buffer
	assert.Equal(t, exitInterrupted, run(ctx, []string{"-distgit", srv.URL, "-branch", "rawhide", "-author", "J <j@example.org>", "good"}, nil, &o, &e))
}
