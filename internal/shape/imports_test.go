// SPDX-License-Identifier: MIT

package shape

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rules says what each folder may import besides the standard library, for
// files that are not tests. Module-internal paths are relative to the root;
// a trailing /... allows everything below. The longest matching folder wins.
var rules = map[string][]string{
	"koji":          {"internal/transport", "internal/xmlrpc", "planner/status"},
	"koji/kojitest": {"koji", "internal/xmlrpc"},
	"koji/kerberos": {"koji", "github.com/jcmturner/gokrb5/v8/...", "github.com/jcmturner/gofork/..."},
	"koji/ci":       {"internal/jsonapi", "internal/transport"},
	"koji/ci/citest": {
		"koji/ci",
	},
	"koji/bodhi": {"internal/jsonapi", "internal/transport"},
	"koji/bodhi/bodhitest": {
		"koji/bodhi",
	},

	"pdc":         {"internal/transport"},
	"pdc/pdctest": {"pdc"},
	"pdc/compose": {"internal/rpmver", "internal/transport"},
	"pdc/odcs":    {"internal/jsonapi", "internal/transport"},
	"pdc/updater": {"pdc", "pdc/compose", "modulemd", "planner/trigger"},

	"distgit":             {"internal/transport"},
	"distgit/git":         {"distgit", "distgit/spec", "github.com/go-git/go-git/v5/...", "github.com/go-git/go-billy/v5/..."},
	"distgit/spec":        {"internal/rpmver"},
	"distgit/distgittest": {"distgit", "github.com/go-git/go-git/v5/...", "github.com/go-git/go-billy/v5/..."},

	"modulemd":       {"gopkg.in/yaml.v3", "internal/decompress"},
	"modulemd/mbs":   {"internal/jsonapi", "internal/transport", "modulemd", "planner/status"},
	"modulemd/comps": {"modulemd"},

	"planner":          {},
	"planner/status":   {},
	"planner/gate":     {},
	"planner/drive":    {"planner"},
	"planner/rpm":      {"planner", "internal/rpmver"},
	"planner/repodata": {"planner/rpm", "internal/decompress"},
	"planner/modular":  {"planner", "modulemd"},
	"planner/trigger":  {"planner"},

	"internal/jsonapi":       {"internal/transport"},
	"internal/transport":     {"github.com/hashicorp/go-retryablehttp"},
	"internal/xmlrpc":        {"github.com/kolo/xmlrpc"},
	"internal/xmlrpc/sample": {"internal/xmlrpc"},
	"internal/decompress":    {"github.com/klauspost/compress/...", "github.com/ulikunitz/xz/..."},
	"internal/rpmver":        {},
	"internal/golden":        {},
	"internal/shape":         {},

	"examples": {"koji/...", "pdc/...", "distgit/...", "modulemd/...", "planner/...", "examples/..."},
}

func ruleFor(dir string) (string, []string) {
	for d := dir; ; {
		if r, ok := rules[d]; ok {
			return d, r
		}
		i := strings.LastIndexByte(d, '/')
		if i < 0 {
			return "", nil
		}
		d = d[:i]
	}
}

func matches(path string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		if base, below := strings.CutSuffix(a, "/..."); below {
			return path == base || strings.HasPrefix(path, base+"/")
		}
		return path == a
	})
}

func TestImportsFollowTheDesign(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		if p.dir == "." {
			t.Errorf("the module root holds no Go files")
			continue
		}
		name, allowed := ruleFor(p.dir)
		if name == "" {
			t.Errorf("%s is no room of the design; add it to the table with what it may import", p.dir)
			continue
		}
		seen[name] = true
		if !p.module {
			continue // a module of its own declares its needs in its go.mod
		}
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, imp := range f.imports {
				first, _, _ := strings.Cut(imp, "/")
				if !strings.Contains(first, ".") {
					continue // standard library
				}
				local := strings.TrimPrefix(imp, modulePath+"/")
				if local == p.dir || strings.HasPrefix(p.dir, "examples") && strings.HasPrefix(local, "examples/") {
					continue
				}
				if !matches(local, allowed) {
					t.Errorf("%s imports %s; %s may import only %v", f.path, imp, name, allowed)
				}
			}
		}
	}
	for name := range rules {
		if !seen[name] && !optional[name] {
			t.Errorf("the table speaks of %s, which is not there", name)
		}
	}
}

// optional names rooms of the design that are still to be built.
var optional = map[string]bool{
	"koji/kerberos": true, "koji/bodhi": true, "pdc/compose": true, "pdc/odcs": true, "pdc/updater": true,
	"modulemd/mbs": true, "modulemd/comps": true, "planner/rpm": true, "planner/repodata": true,
	"planner/modular": true, "planner/trigger": true,
}

func TestTestifyStaysInTests(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, imp := range f.imports {
				if strings.HasPrefix(imp, "github.com/stretchr/testify") || imp == "testing" && p.dir != "internal/golden" {
					t.Errorf("%s imports %s outside a test", f.path, imp)
				}
			}
		}
	}
}

func TestEmbeddersOfThePlannerPullInNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	cmd := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./planner")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, []string{modulePath + "/planner"}, strings.Fields(string(out)))
}

// pure lists what planner code may import: nothing that reads a clock, a
// random source, the environment, files or the network, nothing that runs in
// the background. Package time is there for Duration alone, sync for making
// tables of an immutable value once.
var pure = []string{
	"bufio", "bytes", "cmp", "container/heap", "crypto/sha256", "encoding", "encoding/...", "errors", "fmt", "hash", "hash/...",
	"io", "iter", "maps", "math", "math/bits", "path", "slices", "sort", "strconv", "strings", "sync", "time", "unicode", "unicode/utf8", "unsafe",
}

// timeNames are the names of package time that depend on nothing outside. Time
// is a value, for the gate's results; a planner's run knows durations alone.
var timeNames = []string{
	"Duration", "Time", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour", "ParseDuration",
}
