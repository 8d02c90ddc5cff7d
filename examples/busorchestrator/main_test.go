// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func busorchestrator(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return out.String(), errs.String(), code
}

func TestTheRecordedBus(t *testing.T) {
	out, errs, code := busorchestrator()
	require.Zero(t, code, errs)
	assert.Empty(t, errs)
	golden.Compare(t, "testdata/recorded.golden", []byte(out))
}

func TestFilesInPlaceOfTheRecording(t *testing.T) {
	want, _, _ := busorchestrator()
	got, errs, code := busorchestrator("-replay", "testdata/replay.jsonl", "-graph", "owed/depends.txt")
	require.Zero(t, code, errs)
	assert.Equal(t, want, got)
}

func TestExitStatus(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "graph")
	require.NoError(t, os.WriteFile(bad, []byte("what"), 0o644))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-h"}, 0, "-replay file"},
		{[]string{"-nonsense"}, 2, "-nonsense"},
		{[]string{"file"}, 2, `unexpected argument "file"`},
		{[]string{"-replay", "testdata/none"}, 1, "testdata/none"},
		{[]string{"-graph", bad}, 1, "line 1"},
		{[]string{"-releases", "nobody"}, 1, "bodhi=URL"},
	} {
		_, errs, code := busorchestrator(c.args...)
		assert.Equal(t, c.code, code, c.args)
		assert.Contains(t, errs, c.says, c.args)
	}
}

func TestTheOrchestratorFitsOnAPage(t *testing.T) {
	src, err := os.ReadFile("owed/owed.go")
	require.NoError(t, err)
	assert.LessOrEqual(t, strings.Count(string(src), "\n"), 60)
}
