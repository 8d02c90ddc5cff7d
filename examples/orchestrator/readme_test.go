// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
)

// The README shows what the program prints. Times and numbers of tasks differ
// from run to run; everything else must be there.
func TestTheREADMEsOutputIsTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole demo")
	}
	data, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(data), "<!-- main job: output -->\n```\n")
	require.True(t, ok)
	want, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)

	code, out, errs := start(t.Context(), nil)
	require.Equal(t, rebuild.ExitDone, code, "%s\n%s", out, errs)
	varies := regexp.MustCompile(`\d\d:\d\d:\d\d|fix \d first`)
	neutral := func(s string) string { return varies.ReplaceAllString(strings.TrimSpace(s), "#") }
	printed := map[string]bool{}
	for line := range strings.Lines(out) {
		printed[neutral(line)] = true
	}
	for line := range strings.Lines(want) {
		if neutral(line) != "..." {
			assert.True(t, printed[neutral(line)], "not printed: %s", line)
		}
	}
}
