// SPDX-License-Identifier: MIT

package repodata_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// solvScript reads a primary.xml and, for each line of standard input, prints
// which packages libsolv finds for the dependency.
const solvScript = `
import json, sys, solv
pool = solv.Pool()
pool.setdisttype(solv.Pool.DISTTYPE_RPM)
pool.setarch("x86_64")
repo = pool.add_repo("r")
repo.add_rpmmd(solv.xfopen(sys.argv[1]), None)
pool.addfileprovides()
pool.createwhatprovides()
for line in sys.stdin:
    dep = pool.parserpmrichdep(line.strip()) if line.startswith("(") else pool.Dep(line.strip())
    if line.startswith("/"):
        found = pool.select(line.strip(), solv.Selection.SELECTION_FILELIST).solvables()
        print(json.dumps(sorted(s.name for s in found)))
        continue
    if not line.startswith("("):
        f = line.split()
        dep = pool.Dep(f[0])
        if len(f) > 1:
            flags = {"<": solv.REL_LT, ">": solv.REL_GT, "=": solv.REL_EQ}
            v = 0
            for c in f[1]:
                v |= flags[c]
            dep = dep.Rel(v, pool.Dep(f[2]))
    print(json.dumps(sorted(s.name for s in pool.whatprovides(dep))))
`

// TestProvidersAreThoseOfLibsolv asks libsolv the same 10,000 questions about
// generated packages, where its Python binding is installed.
func TestProvidersAreThoseOfLibsolv(t *testing.T) {
	python := ""
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import solv").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		t.Skip("the Python binding of libsolv is not installed")
	}
	r := rand.New(rand.NewPCG(7, 11))
	versions := []string{"1", "1.0", "1.0-1", "1.0-2", "1.0~rc1", "1.0~rc1-1", "1.0^git1-1", "1.1-1", "2", "2-1", "1:1.0-1", "1:0.5", "1.0.1-1.fc43", "1a-1", "01-1"}
	ops := []string{"=", "<", ">", "<=", ">="}
	flags := map[string]string{"=": "EQ", "<": "LT", ">": "GT", "<=": "LE", ">=": "GE"}
	one := func() string {
		name := fmt.Sprintf("cap%d", r.IntN(12))
		if r.IntN(6) == 0 {
			return name
		}
		return name + " " + ops[r.IntN(5)] + " " + versions[r.IntN(len(versions))]
	}
	pkgs := make([]string, 0, 60)
	for i := range 60 {
		var b strings.Builder
		fmt.Fprintf(&b, `<package type="rpm"><name>p%02d</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256" pkgid="YES">%064x</checksum><location href="p%02d.rpm"/><format><rpm:provides>`, i, i, i)
		fmt.Fprintf(&b, `<rpm:entry name="p%02d" flags="EQ" epoch="0" ver="1" rel="1"/>`, i)
		for range 1 + r.IntN(4) {
			f := strings.Fields(one())
			if len(f) == 1 {
				fmt.Fprintf(&b, `<rpm:entry name="%s"/>`, f[0])
				continue
			}
			e, err := rpm.ParseEVR(f[2])
			require.NoError(t, err)
			fmt.Fprintf(&b, `<rpm:entry name="%s" flags="%s" epoch="%d" ver="%s"`, f[0], flags[f[1]], e.Epoch, e.Version)
			if e.Release != "" {
				fmt.Fprintf(&b, ` rel="%s"`, e.Release)
			}
			b.WriteString("/>")
		}
		b.WriteString("</rpm:provides>")
		fmt.Fprintf(&b, `<file>/usr/bin/f%d</file></format></package>`, r.IntN(20))
		pkgs = append(pkgs, html.UnescapeString(b.String()))
	}
	text := primary(pkgs...)
	path := filepath.Join(t.TempDir(), "primary.xml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

	asked := make([]string, 0, 10000)
	for i := range 10000 {
		switch i % 10 {
		case 0:
			asked = append(asked, fmt.Sprintf("/usr/bin/f%d", r.IntN(22)))
		case 1:
			asked = append(asked, "("+one()+" with "+one()+")")
		case 2:
			asked = append(asked, "("+one()+" without "+one()+")")
		case 3:
			asked = append(asked, "("+one()+" with ("+one()+" or "+one()+"))")
		default:
			asked = append(asked, one())
		}
	}
	cmd := exec.Command(python, "-c", solvScript, path)
	cmd.Stdin = strings.NewReader(strings.Join(asked, "\n") + "\n")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, errs.String())
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Len(t, lines, len(asked))

	var all []rpm.Package
	for p, err := range repodata.Packages(strings.NewReader(text), repodata.Options{}) {
		require.NoError(t, err)
		all = append(all, p)
	}
	u, err := rpm.NewUniverse(all, rpm.Policy{})
	require.NoError(t, err)
	differ, hits := 0, 0
	for i, dep := range asked {
		var want []string
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &want))
		rel := rpm.Relation{Name: dep}
		if dep[0] != '(' {
			rel, err = rpm.ParseRelation(dep)
			require.NoError(t, err)
		}
		var got []string
		for _, id := range u.Providers(rel) {
			got = append(got, strings.TrimPrefix(string(id), "binary/"))
		}
		hits += len(got)
		if !slices.Equal(got, want) {
			if differ++; differ <= 10 {
				t.Errorf("%s: libsolv %v, here %v", dep, want, got)
			}
		}
	}
	require.NotZero(t, hits)
	t.Logf("%d questions, %d answers, %d differ", len(asked), hits, differ)
}
