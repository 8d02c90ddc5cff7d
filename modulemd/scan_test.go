// SPDX-License-Identifier: MIT

package modulemd

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
)

// bothWays scans one document and has the library parse it. It returns "" when
// they agree or the scanner declined.
func bothWays(text string) (declined bool, diff string) {
	o := Options{}.withDefaults()
	p := scanner{maxDepth: o.MaxDepth}
	if !p.scan(text) {
		return true, ""
	}
	lib, err := parseWithLibrary(nil, document{text: text, line: 1, index: 1}, &o)
	if err != nil {
		return false, fmt.Sprintf("scanned, but the library says %v", err)
	}
	if len(lib) != len(p.toks) {
		return false, fmt.Sprintf("%d tokens, library %d", len(p.toks), len(lib))
	}
	for i, got := range p.toks {
		want := lib[i]
		if got.kind != want.kind || got.text != want.text || got.end != want.end {
			return false, fmt.Sprintf("token %d is %+v, library %+v", i, got, want)
		}
		if got.line != want.line && got.text != "" {
			return false, fmt.Sprintf("token %d (%q) in line %d, library %d", i, got.text, got.line, want.line)
		}
	}
	return false, ""
}

// scanSeeds are documents in the styles that people and programs write.
var scanSeeds = []string{
	"---\ndocument: modulemd\nversion: 2\ndata:\n  name: foo\n  stream: \"1.10\"\n  summary: An example\n  description: >-\n    A longer\n    text.\n\n    More.\n  license:\n    module:\n    - MIT\n  xmd:\n    a: {}\n    b: []\n    'c d': \"e\\tf\"\n",
	"--- # here\ndocument: modulemd\ndata:\n    stream:\n    name:   foo   # trailing\n    dependencies:\n        - buildrequires:\n              platform: [f28, -f29,\n                'f 30']\n          requires: {}\n        -   requires:\n              platform: []\n",
	"a: plain text\n  over lines\n\n  and more\nb: |2-\n   x\n    y\n\n\nc: >+\n  folded\n  text\n    more\n  end\n\n\nd: e\n",
	"a:\n- b\n- - c\n  - d\n- e: f\n  g:\n  - h\n-\n  i\n- 'it''s'\n- \"x\n  y\\\n  z\"\nj: k:l#m\n",
	"a: \"\\x41\\u00e9\\U0001F600\"\nb: 'x\n\n  y'\nc: é\n'd': \"\"\n\"e\": ''\n",
	"a: - b\n", "a: b: c\n", "a:\n  - b\n c\n", "- a\n", "a: [b\n", "a: &x b\nc: *x\n", "a: !!int 5\n", "? a\n: b\n", "{a: b}\n",
	"a:\tb\n", "a: b\tc\n", "a: |\n\tb\n", "a: \"b\nc: d\n", "%YAML 1.2\n---\na: b\n", "a: @b\n", "a: b #c\n d\n", "a:\n #c\n b\n",
	"a: |\n  b\n #c\nd: e\n", "a: >\n\n  b\n\n c: d\n", "a:\n  b: c\n   d: e\n", "a: [b, c]: d\n", "a: 'b' c\n", "a: [b c, d,]\n", "a: [,]\n",
	"a: -\n", "a: -b\n", "a: ?b\n", "a: :b\n", "a: [-, b]\n", "a: [b:c]\n", "a: [b?c]\n", "a: \"\\ \\t\n  x\"\n", "a: 'b  \n\n  c'\n", "a: \"b\\\n\n  c\"\n",
}

func TestTheScannerAgreesWithTheLibrary(t *testing.T) {
	for _, s := range scanSeeds {
		_, diff := bothWays(s)
		assert.Empty(t, diff, "%q", s)
	}
	for _, s := range scanSeeds[:5] {
		declined, _ := bothWays(s)
		assert.False(t, declined, "%q", s)
	}
}

// TestTheScannerAgreesOnTheCorpus compares on every document of the corpus, and counts how
// many the scanner leaves to the library.
func TestTheScannerAgreesOnTheCorpus(t *testing.T) {
	root := golden.Corpus(t)
	cases, differ, left := 0, 0, 0
	for _, pattern := range []string{"valid/*.yaml", "invalid/*.yaml", "real/*.yaml", "real/*.yaml.gz"} {
		paths, err := filepath.Glob(filepath.Join(root, "modulemd", pattern))
		require.NoError(t, err)
		for _, path := range paths {
			for _, text := range documentsOf(t, path) {
				cases++
				declined, diff := bothWays(text)
				if declined {
					left++
				}
				if diff != "" {
					differ++
					t.Errorf("%s: %s", path, diff)
				}
			}
		}
	}
	t.Logf("%d documents compared, %d differ", cases, differ)
	t.Logf("%d documents are left to the library", left)
}

func FuzzScan(f *testing.F) {
	for _, s := range scanSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "\n---") || strings.Contains(s, "\n...") {
			return // never reaches the scanner
		}
		if _, diff := bothWays(s); diff != "" {
			t.Fatalf("%q: %s", s, diff)
		}
	})
}
