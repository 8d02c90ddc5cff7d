// SPDX-License-Identifier: MIT

// Package golden compares test output with files under testdata and rewrites
// them when a test runs with -update. It also leads tests to the corpus.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files with what the tests produce")

// Update reports whether the tests run with -update.
func Update() bool { return *update }

// Compare fails t when got differs from the file at path. With -update it
// writes got there instead, making folders as needed.
func Compare(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if string(want) == string(got) {
		return
	}
	line, w, g := firstDifference(want, got)
	t.Errorf("%s differs from line %d on:\n want %q\n  got %q\n(run with -update when the new output is right)", path, line, w, g)
}

func firstDifference(want, got []byte) (line int, w, g string) {
	line = 1
	for {
		wl, wrest := cut(want)
		gl, grest := cut(got)
		if wl != gl || (wrest == nil) != (grest == nil) {
			return line, wl, gl
		}
		if wrest == nil {
			return line, wl, gl
		}
		want, got = wrest, grest
		line++
	}
}

func cut(b []byte) (line string, rest []byte) {
	for i, c := range b {
		if c == '\n' {
			return string(b[:i]), b[i+1:]
		}
	}
	return string(b), nil
}

// Corpus returns a place in the corpus of recorded answers, the folder that
// the environment variable RELKIT_CORPUS names. The corpus is not part of the
// module: without the variable the test is skipped, and with it a place that
// is not there fails the test.
func Corpus(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("RELKIT_CORPUS")
	if root == "" {
		t.Skip("RELKIT_CORPUS is not set")
	}
	if !filepath.IsAbs(root) {
		t.Fatalf("RELKIT_CORPUS is %q, not an absolute path", root)
	}
	place := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(place); err != nil {
		t.Fatal(err)
	}
	return place
}
