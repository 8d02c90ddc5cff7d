// SPDX-License-Identifier: MIT

package shape

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/seed-f134cc8e/relkit"

// pkg is one folder of Go files, as the parser sees it.
type pkg struct {
	dir    string // slash-separated, relative to the module root
	module bool   // part of the root module (not below another go.mod)
	files  []file
}

type file struct {
	name    string // base name
	path    string
	test    bool
	ast     *ast.File
	imports []string
	lines   int
	head    string // first line
}

func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	_, err = os.Stat(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	return dir
}

// packages returns every Go file below the module root, nested modules
// included, testdata and dotted folders not.
func packages(t testing.TB) []pkg {
	t.Helper()
	parsed, err := tree()
	require.NoError(t, err)
	require.NotEmpty(t, parsed)
	return parsed
}

// tree is parsed once for all tests.
var tree = sync.OnceValues(func() ([]pkg, error) {
	base, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return nil, err
	}
	byDir := map[string]*pkg{}
	nested := []string{}
	fset := token.NewFileSet()
	err = filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Name() == "go.mod" && rel != "go.mod" {
			nested = append(nested, strings.TrimSuffix(rel, "go.mod"))
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(fset, path, data, parser.ParseComments)
		if err != nil {
			return err
		}
		f := file{
			name: d.Name(), path: rel, test: strings.HasSuffix(rel, "_test.go"), ast: parsed,
			lines: strings.Count(string(data), "\n"),
		}
		f.head, _, _ = strings.Cut(string(data), "\n")
		for _, imp := range parsed.Imports {
			f.imports = append(f.imports, strings.Trim(imp.Path.Value, `"`))
		}
		dir := "."
		if i := strings.LastIndexByte(rel, '/'); i >= 0 {
			dir = rel[:i]
		}
		p := byDir[dir]
		if p == nil {
			p = &pkg{dir: dir}
			byDir[dir] = p
		}
		p.files = append(p.files, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []pkg
	for _, p := range byDir {
		p.module = !slices.ContainsFunc(nested, func(n string) bool { return strings.HasPrefix(p.dir+"/", n) })
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b pkg) int { return strings.Compare(a.dir, b.dir) })
	return out, nil
})

func TestTopLevelHoldsNothingElse(t *testing.T) {
	allowed := []string{
		"koji", "pdc", "distgit", "modulemd", "planner", "examples", "internal",
		"go.mod", "go.sum", "LICENSE", "README.md",
	}
	entries, err := os.ReadDir(root(t))
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s stands at the top level; it belongs below one of the packages", e.Name())
		}
	}
}

func TestEveryFileNamesItsLicence(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			if f.head != "// SPDX-License-Identifier: MIT" {
				t.Errorf("%s: first line is %q, not the SPDX line", f.path, f.head)
			}
		}
	}
}

func TestNamesSayWhatThingsAre(t *testing.T) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "manager", "consts", "misc", "types"}
	for _, p := range packages(t) {
		parts := strings.Split(p.dir, "/")
		for _, part := range parts {
			if slices.Contains(banned, part) {
				t.Errorf("folder %s: %q says nothing", p.dir, part)
			}
		}
		for _, f := range p.files {
			stem := strings.TrimSuffix(strings.TrimSuffix(f.name, ".go"), "_test")
			if slices.Contains(banned, stem) {
				t.Errorf("%s: %q says nothing", f.path, stem)
			}
			if stem != strings.ToLower(stem) {
				t.Errorf("%s: file names are snake_case", f.path)
			}
		}
	}
}

func TestFilesStayReadable(t *testing.T) {
	// The house rule is about 400 lines; the slack is for tables and for one
	// algorithm that reads better in one place.
	const limit = 560
	for _, p := range packages(t) {
		for _, f := range p.files {
			if !f.test && f.lines > limit {
				t.Errorf("%s has %d lines; split it by noun (limit %d)", f.path, f.lines, limit)
			}
		}
	}
}
