// SPDX-License-Identifier: MIT

package spec_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

type bumpCase struct {
	ID          string
	Args        []string
	RC          int
	Changed     bool
	AfterSHA256 string `json:"after_sha256"`
	Autospec    bool   `json:"with_rpmautospec"`
	Stdout      string
	StderrLast  string `json:"stderr_last"`
	Hunks       []bumpHunk
	Before      []any `json:"evr_before_fc41"`
	After       []any `json:"evr_after_fc41"`
}

type bumpHunk struct {
	Line     int
	Del, Add []string
}

// options translates the arguments of the reference tool.
func (c *bumpCase) options(t *testing.T) spec.BumpOptions {
	opts := spec.BumpOptions{
		File: c.ID + ".spec", Author: "Jane Builder <jane@example.com>", Comment: "Rebuilt for reasons",
		Date: time.Date(2025, 1, 2, 0, 0, 0, 0, time.UTC), Macros: fedora41(), AutoreleaseNumber: 1,
	}
	for i := 0; i < len(c.Args); i++ {
		switch c.Args[i] {
		case "-r":
			opts.Minor = true
		case "-s":
			i++
			opts.Suffix = c.Args[i]
		case "-n":
			i++
			opts.Version, opts.Release, _ = strings.Cut(c.Args[i], "-")
		default:
			t.Fatalf("%s: unknown argument %s", c.ID, c.Args[i])
		}
	}
	return opts
}

func recordedEVR(parts []any) (evr spec.EVR, ok bool) {
	if parts == nil {
		return evr, false
	}
	for i, p := range parts {
		if p != nil {
			*[]*string{&evr.Epoch, &evr.Version, &evr.Release}[i] = fmt.Sprint(p)
		}
	}
	return evr, true
}

func TestCorpusBump(t *testing.T) {
	dir := corpus(t)
	deviations := readDeviations(t)
	var equal, unverified, deviating, differ int
	classes := map[spec.Difference]int{}
	refusals := map[string]int{}
	cases := readCases[bumpCase](t, filepath.Join(dir, "bump.jsonl"))
	for i := range cases {
		c := &cases[i]
		data, err := os.ReadFile(filepath.Join(dir, "specs", c.ID+".spec"))
		require.NoError(t, err)
		id := strings.TrimSpace(c.ID + " " + strings.Join(c.Args, " "))
		fail := func(format string, args ...any) {
			if deviations[id] != "" {
				deviating++
				t.Logf("corpus distgit/spec: deviation: %s: %s", id, deviations[id])
				return
			}
			differ++
			t.Errorf("%s: %s", id, fmt.Sprintf(format, args...))
		}
		opts := c.options(t)
		opts.Mode, opts.NoAutorelease = spec.BumpCompat, !c.Autospec
		r, err := spec.Bump(data, opts)
		if problem := judgeCompat(c, data, r, err); problem != "" {
			fail("compat: %s", problem)
		}

		opts.Mode, opts.NoAutorelease = spec.BumpSmart, false
		r, err = spec.Bump(data, opts)
		switch class, problem := judgeSmart(c, r, err); {
		case problem != "":
			fail("smart: %s", problem)
		case err != nil:
			refusals[class]++
		case class == "":
			equal++
		default:
			for _, d := range r.Differences {
				classes[d]++
			}
			if len(r.Differences) == 0 {
				classes[spec.Difference(class)]++
			}
		}
		if err == nil && !r.Verified {
			unverified++
		}
	}
	t.Logf("corpus distgit/spec: %d bumps, %d differ, %d deviations; smart: %d byte-equal to the tool, %d not verified",
		len(cases), differ, deviating, equal, unverified)
	for _, d := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("corpus distgit/spec: smart differs, %s: %d", d, classes[d])
	}
	for _, d := range slices.Sorted(maps.Keys(refusals)) {
		t.Logf("corpus distgit/spec: smart refuses, %s: %d", d, refusals[d])
	}
}

// readDeviations returns reasons by case.
func readDeviations(t *testing.T) map[string]string {
	data, err := os.ReadFile("testdata/deviations.json")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	var out map[string]string
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

var decodeError = regexp.MustCompile(`can't decode byte 0x([0-9a-f]+) in position (\d+)`)

// judgeCompat holds a result against everything recorded of the tool's run.
func judgeCompat(c *bumpCase, data []byte, r spec.BumpResult, err error) string {
	if c.RC != 0 {
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != c.AfterSHA256 || c.Changed {
			return "the tool fails and leaves another file"
		}
		var e *spec.Error
		if !errors.As(err, &e) {
			return fmt.Sprintf("the tool fails with %d, here: %v", c.RC, err)
		}
		if m := decodeError.FindStringSubmatch(c.StderrLast); m != nil {
			at, _ := strconv.Atoi(m[2])
			if line := 1 + strings.Count(string(data[:at]), "\n"); line != e.Line || fmt.Sprintf("%02x", data[at]) != m[1] {
				return fmt.Sprintf("undecodable byte %s in line %d, here %d", m[1], line, e.Line)
			}
		}
		rc, says := 2, "" // what the option parser exits with
		if errors.Is(err, spec.ErrNoRelease) {
			rc, says = 1, "ERROR: No release value matched: b.spec"
		}
		if c.RC != rc || c.Stdout != says {
			return fmt.Sprintf("the tool exits with %d and says %q, here: %v", c.RC, c.Stdout, err)
		}
		if want, ok := recordedEVR(c.Before); ok {
			if evr := evaluatedEVR(data, c.options(nil)); evr != (spec.EVR{}) && evr != want {
				return fmt.Sprintf("before: rpm %v, here %v", want, evr)
			}
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(r.Data)
	same := hex.EncodeToString(sum[:]) == c.AfterSHA256
	if !same && slices.Contains(r.Differences, spec.DifferentEntry) {
		return judgeEntryUnknown(c, data, r)
	}
	if !same {
		return fmt.Sprintf("bytes differ; entry %q, notes %q", r.Entry, r.Notes)
	}
	if r.Changed != c.Changed {
		return fmt.Sprintf("changed: %v, here %v", c.Changed, r.Changed)
	}
	if len(c.Hunks) > 0 {
		got, want := applyHunks(string(data), c.Hunks), splitLines(string(r.Data))
		for i := range got {
			if i >= len(want) || got[i] != want[i] {
				return fmt.Sprintf("hunks give in line %d %q", i+1, got[i])
			}
		}
		if len(got) != len(want) {
			return fmt.Sprintf("hunks give %d lines, here %d", len(got), len(want))
		}
	}
	if got := stdout(c, r); got != c.Stdout {
		return fmt.Sprintf("said %q, here %q", c.Stdout, got)
	}
	if strings.Contains(c.StderrLast, "query of specfile") && strings.HasSuffix(strings.SplitN(r.Entry, "\n", 2)[0], "> - ") {
		return fmt.Sprintf("rpm could not query, here: %q", r.Entry)
	}
	for _, x := range []struct {
		what string
		want []any
		got  spec.EVR
	}{{"before", c.Before, r.Before}, {"after", c.After, r.After}} {
		if x.what == "after" && !c.Changed {
			continue
		}
		if want, ok := recordedEVR(x.want); x.got != (spec.EVR{}) && (!ok || want != x.got) {
			return fmt.Sprintf("%s: rpm %v (parses: %v), here %v", x.what, want, ok, x.got)
		} else if ok && x.got == (spec.EVR{}) && !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, "not verified") }) {
			return fmt.Sprintf("%s: rpm %v, here none and no word of it", x.what, want)
		}
	}
	return ""
}

func evaluatedEVR(data []byte, opts spec.BumpOptions) spec.EVR {
	s, err := spec.Parse(opts.File, data)
	if err != nil {
		return spec.EVR{}
	}
	ev, err := s.Evaluate(spec.Options{Macros: opts.Macros, Autorelease: opts.AutoreleaseNumber})
	if err != nil {
		return spec.EVR{}
	}
	evr, known := ev.EVR()
	if !known {
		return spec.EVR{}
	}
	return evr
}

// judgeEntryUnknown holds all but the version in the changelog entry against
// the recording.
func judgeEntryUnknown(c *bumpCase, data []byte, r spec.BumpResult) string {
	want := applyHunks(string(data), c.Hunks)
	sum := sha256.Sum256([]byte(strings.Join(want, "\n")))
	if hex.EncodeToString(sum[:]) != c.AfterSHA256 {
		return "hunks don't give the recorded bytes"
	}
	head, _, _ := strings.Cut(r.Entry, "\n")
	for i, line := range want {
		if strings.HasPrefix(line, head+" - ") {
			want[i] = head
		}
	}
	if !slices.Equal(want, splitLines(string(r.Data))) {
		return "differs in more than the version of the changelog entry"
	}
	return ""
}

// stdout is what the tool would have printed.
func stdout(c *bumpCase, r spec.BumpResult) string {
	var out []string
	newVersion := slices.Contains(c.Args, "-n")
	switch {
	case r.Autorelease && newVersion:
		out = append(out, "RPMAutoSpec usage detected, only setting Version.")
	case r.Autorelease && r.Autochangelog:
		return "RPMAutoSpec usage detected, not changing the spec file."
	}
	switch {
	case r.Autochangelog:
		out = append(out, "RPMAutospec %autochangelog is used, no need to add %changelog entry.")
	case r.Entry == "":
		out = append(out, "No %changelog detected, not generating one.")
	}
	return strings.Join(out, "\n")
}

func splitLines(s string) []string { return strings.Split(s, "\n") }

func applyHunks(before string, hunks []bumpHunk) []string {
	lines := splitLines(before)
	var out []string
	at := 0
	for _, h := range hunks {
		from := h.Line - 1
		if from > len(lines) || from < at || from+len(h.Del) > len(lines) || !slices.Equal(lines[from:from+len(h.Del)], h.Del) {
			return append(out, fmt.Sprintf("hunk at line %d does not fit: %q", h.Line, h.Del))
		}
		out = append(out, lines[at:from]...)
		out = append(out, h.Add...)
		at = from + len(h.Del)
	}
	return append(out, lines[at:]...)
}

// judgeSmart returns the class of a result that differs from the tool's, "" for
// one that is equal, and what is wrong with it.
func judgeSmart(c *bumpCase, r spec.BumpResult, err error) (class, problem string) {
	before, knownBefore := recordedEVR(c.Before)
	after, knownAfter := recordedEVR(c.After)
	if err != nil {
		for _, refusal := range []error{spec.ErrNotIncreased, spec.ErrNoRelease, spec.ErrNotBumpable, spec.ErrSyntax, spec.ErrConflict, spec.ErrProcessed} {
			if !errors.Is(err, refusal) {
				continue
			}
			increased := knownBefore && knownAfter && c.RC == 0 && after.Compare(before) > 0
			if increased {
				return refusal.Error(), fmt.Sprintf("the tool goes from %v to %v, here: %v", before, after, err)
			}
			return refusal.Error(), ""
		}
		return "", fmt.Sprintf("no typed error: %v", err)
	}
	if r.Before != (spec.EVR{}) && r.After != (spec.EVR{}) && !r.Autorelease && r.After.Compare(r.Before) <= 0 {
		return "", fmt.Sprintf("not increased: %v to %v", r.Before, r.After)
	}
	if knownBefore && r.Before != (spec.EVR{}) && r.Before != before {
		return "", fmt.Sprintf("before: rpm %v, here %v", before, r.Before)
	}
	sum := sha256.Sum256(r.Data)
	same := c.RC == 0 && hex.EncodeToString(sum[:]) == c.AfterSHA256
	switch {
	case same && len(r.Differences) > 0:
		if len(r.Differences) == 1 && r.Differences[0] == spec.DifferentEntry && !strings.Contains(r.Entry, "> - ") {
			return string(spec.DifferentEntry), "" // neither knows the version
		}
		return "", fmt.Sprintf("byte-equal to the tool, but named %q", r.Differences)
	case same && c.Changed && knownBefore && knownAfter && !r.Autorelease && after.Compare(before) <= 0:
		return "", fmt.Sprintf("follows the tool from %v to %v", before, after)
	case !same && !c.Autospec && (r.Autorelease || r.Autochangelog):
		return "the tool had no rpmautospec", ""
	case !same && len(r.Differences) == 0:
		return "", fmt.Sprintf("differs from the tool without a name; entry %q", r.Entry)
	case same:
		return "", ""
	}
	return string(r.Differences[0]), ""
}
