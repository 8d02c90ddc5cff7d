// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// explained says why the reference's validator may judge differently, by the
// rule that is documented for it; "" when there is no such rule.
func explained(text string, ours error, refSays string) string {
	var f modulemd.Failures
	asFailures(ours, &f)
	for _, e := range f {
		switch {
		case e.Class == modulemd.ClassUnknownKey && !strings.HasPrefix(e.Path, "data."):
			return "root keys behind data are not seen by the reference"
		case strings.HasSuffix(e.Path, "data.module") && strings.Contains(e.Msg, "missing"):
			return "the reference takes defaults without a module"
		case strings.Contains(e.Msg, "alias"), strings.Contains(e.Msg, "unknown anchor"):
			return "the reference loses sections that hold an alias"
		case swallowed.MatchString(e.Path) && strings.Contains(e.Msg, "expected"):
			return "the reference loses sections with a list of the wrong shape"
		case strings.Contains(e.Msg, "is no date"):
			return "the reference crashes on impossible dates"
		case strings.Contains(e.Path, "license.module") && strings.Contains(e.Msg, "missing"):
			return "before 2.15 an empty node was a set of one empty text"
		}
	}
	switch {
	case strings.Contains(refSays, "matching NSVCA"), strings.Contains(refSays, "Multiple"):
		return "the reference's search for duplicates takes what is absent for anything"
	case strings.Contains(refSays, "Artifact ''"):
		return "before 2.15 an empty node was a set of one empty text"
	case emptySection.MatchString(text) && ours == nil:
		return "the reference loses its place behind an empty section"
	case flowColon.MatchString(text):
		return "the YAML libraries differ about a colon at the end of a word in a flow collection"
	}
	return ""
}

var (
	emptySection = regexp.MustCompile(`(?m)^\s*(api|filter|demodularized):([^{\n]*|\s*[^\s{].*)$`)
	swallowed    = regexp.MustCompile(`^data\.(api|filter|demodularized|license\.content)`)
	flowColon    = regexp.MustCompile(`[\[{].*:[\]},]`)
)

// mutations are what people get wrong in documents.
var mutations = []string{"", "''", "~", "true", "TRUE", "1", "-1", "1.0", "18446744073709551616", "[]", "{}", "[a]", "{a: b}", "[[a]]",
	"*x", "!foo bar", "- a", "@", "a: b", "a #b", "2020-01-02", "\"x", "[a", "-", "é", "%x"}

// mutate changes one or two lines of a document.
func mutate(r *rand.Rand, text string) string {
	lines := strings.Split(text, "\n")
	for range 1 + r.IntN(2) {
		i := r.IntN(len(lines))
		line := lines[i]
		key, _, isKey := strings.Cut(line, ":")
		switch r.IntN(8) {
		case 0:
			lines = append(lines[:i:i], lines[i+1:]...)
		case 1:
			lines = append(lines[:i:i], append([]string{line}, lines[i:]...)...)
		case 2:
			lines[i] = "  " + line
		case 3:
			lines[i] = strings.TrimPrefix(line, " ")
		case 4:
			j := r.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
		case 5:
			if isKey {
				lines[i] = strings.Replace(line, strings.TrimSpace(key), "bogus", 1)
			}
		default:
			value := mutations[r.IntN(len(mutations))]
			if isKey {
				lines[i] = key + ": " + value
			} else if dash := strings.Index(line, "- "); dash >= 0 {
				lines[i] = line[:dash+2] + value
			}
		}
		if len(lines) == 0 {
			lines = []string{""}
		}
	}
	return strings.Join(lines, "\n")
}

// TestTheValidatorOfTheReferenceAgrees runs where modulemd-validator is
// installed: mutated documents have to be accepted and refused alike, or
// differ by a documented rule. It takes real documents from the corpus if that
// is there.
func TestTheValidatorOfTheReferenceAgrees(t *testing.T) {
	validator, err := exec.LookPath("modulemd-validator")
	if err != nil {
		t.Skip("modulemd-validator is not installed")
	}
	sample, err := os.ReadFile("testdata/sample.yaml")
	require.NoError(t, err)
	docs := strings.SplitAfter(string(sample), "\n---\n")
	for i := range docs {
		docs[i] = "---\n" + strings.TrimSuffix(docs[i], "---\n")
	}
	docs = docs[1:]
	n, seed := 100, uint64(1)
	if root := os.Getenv("RELKIT_CORPUS"); root != "" {
		n, seed = 600, 2
		real := string(readMaybePacked(t, filepath.Join(root, "modulemd", "real", "f29.yaml")))
		for _, doc := range strings.SplitAfter(real, "\n...\n") {
			if len(doc) > 20 && len(doc) < 10_000 {
				docs = append(docs, doc)
			}
		}
	}
	if testing.Short() {
		n = 20
	}
	r := rand.New(rand.NewPCG(seed, 2))
	path := filepath.Join(t.TempDir(), "modules.yaml")
	agree, differ := 0, map[string]int{}
	for i := range n {
		text := docs[i%len(docs)]
		if i >= len(docs) {
			text = mutate(r, text)
		}
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		out, err := exec.CommandContext(t.Context(), validator, path).CombinedOutput()
		var exit *exec.ExitError
		if err != nil {
			require.ErrorAs(t, err, &exit)
		}
		_, ours := modulemd.LoadFile(t.Context(), path, modulemd.Options{Strict: true, AutoName: true})
		// A packager document is no part of an index; the program reads it.
		if strings.Contains(text, "modulemd-packager") {
			_, ours = modulemd.ParsePackager([]byte(text), modulemd.Options{Strict: true})
		}
		if (ours == nil) == (err == nil) {
			agree++
			continue
		}
		why := explained(text, ours, string(out))
		if why == "" {
			t.Errorf("validator %v, we %v\n%s\n%s", err, ours, out, text)
			why = "unexplained"
		}
		differ[why]++
	}
	t.Logf("%d of %d documents judged alike; otherwise: %s", agree, n, fmt.Sprint(differ))
}
