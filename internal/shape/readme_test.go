// SPDX-License-Identifier: MIT

package shape

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func readme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	require.NoError(t, err)
	return string(data)
}

// block returns the fenced block after a marker.
func block(t *testing.T, text, marker string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "<!-- "+marker)
	require.True(t, ok, "the README has no marker %q", marker)
	_, rest, ok = strings.Cut(rest, "\n```")
	require.True(t, ok)
	_, rest, _ = strings.Cut(rest, "\n")
	body, _, ok := strings.Cut(rest, "```\n")
	require.True(t, ok)
	return body
}

func TestTheREADMEsFirstProgramIsTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	text := readme(t)
	program := block(t, text, "first program: examples/firstplan/main.go")
	source, err := os.ReadFile(filepath.Join(root(t), "examples", "firstplan", "main.go"))
	require.NoError(t, err)
	_, code, _ := strings.Cut(string(source), "package main\n")
	assert.Equal(t, "package main\n"+code, program)
	cmd := exec.Command("go", "run", "./examples/firstplan")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, string(out), block(t, text, "first program: output"))
}

func TestTheREADMENamesEveryPackage(t *testing.T) {
	text := readme(t)
	_, table, ok := strings.Cut(text, "<!-- packages -->")
	require.True(t, ok)
	var named []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\|").FindAllStringSubmatch(table, -1) {
		named = append(named, m[1])
	}
	var there []string
	for _, p := range packages(t) {
		if p.module && hasCode(p) && !strings.HasPrefix(p.dir, "internal") && !strings.HasPrefix(p.dir, "examples") && !strings.Contains(p.dir, "/internal/") {
			there = append(there, p.dir)
		}
	}
	slices.Sort(named)
	assert.Equal(t, there, named)
}

func TestTheREADMEsLinksLeadSomewhere(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		_, err := os.Stat(filepath.Join(root(t), m[1]))
		assert.NoError(t, err)
	}
}
