// SPDX-License-Identifier: MIT

package repodata_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

const demoSpec = `
Name: demo
Epoch: 2
Version: 1.0~rc1
Release: 3
Summary: A demo & more
License: MIT
BuildArch: noarch
BuildRequires: zlib-devel >= 1.2
BuildRequires: (gcc if make else clang)
Requires: other < 3:2.0
Requires: (crate(x) >= 1 with crate(x) < 2~)
Requires: /usr/share/some/file
Recommends: docs
Supplements: (a and b)
Provides: virtual = 5, plain
%description
Text <with> signs & "quotes".
%package sub
Summary: s
Requires: demo = 2:1.0~rc1-3
%description sub
s
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/demo
touch %{buildroot}/usr/bin/demo "%{buildroot}/usr/share/demo/a & b"
%files
/usr/bin/demo
%files sub
%dir /usr/share/demo
"/usr/share/demo/a & b"
`

// TestRealRepositories reads what createrepo_c makes of packages that rpmbuild
// made, in every packing, and compares it with what rpm says, where these
// tools are installed.
func TestRealRepositories(t *testing.T) {
	for _, tool := range []string{"rpmbuild", "rpm", "createrepo_c"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	dir := t.TempDir()
	do := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C")
		out, err := cmd.Output()
		require.NoError(t, err, "%s %v: %s", name, args, out)
		return string(out)
	}
	spec := filepath.Join(dir, "demo.spec")
	require.NoError(t, os.WriteFile(spec, []byte(demoSpec), 0o600))
	do("rpmbuild", "-ba", "--nodeps", "--define", "_topdir "+dir, "--define", "_rpmdir "+dir+"/repo", "--define", "_srcrpmdir "+dir+"/repo", spec)
	for _, packing := range []string{"gz", "bz2", "xz", "zstd"} {
		t.Run(packing, func(t *testing.T) {
			if packing == "zstd" && !strings.Contains(do("createrepo_c", "--help"), "zstd") {
				t.Skip("this createrepo_c knows no zstd")
			}
			at := filepath.Join(dir, "out-"+packing)
			require.NoError(t, os.MkdirAll(at, 0o700))
			do("createrepo_c", "-q", "--general-compress-type", packing, "--compress-type", packing, "-o", at, filepath.Join(dir, "repo"))
			r, err := repodata.Open(os.DirFS(at), repodata.Options{})
			require.NoError(t, err)
			pkgs, err := r.Load()
			require.NoError(t, err)
			require.Len(t, pkgs, 3)
			for _, p := range pkgs {
				file := filepath.Join(dir, "repo", p.Location)
				ask := func(what string) []string {
					lines := strings.Split(strings.TrimSpace(do("rpm", "-qp", what, file)), "\n")
					lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" || strings.HasPrefix(s, "rpmlib(") })
					slices.Sort(lines)
					return slices.Compact(lines)
				}
				texts := func(list []rpm.Relation) []string {
					var out []string
					for _, x := range list {
						if rpm.KindOf(x.Name) != rpm.RPMLib {
							out = append(out, x.String())
						}
					}
					slices.Sort(out)
					return out
				}
				same := func(what string, got []rpm.Relation) {
					assert.ElementsMatch(t, ask(what), texts(got), "%s of %s", what, p.NEVRA)
				}
				name := do("rpm", "-qp", "--qf", "%{NAME}-%{EPOCH}:%{VERSION}-%{RELEASE}", file)
				assert.Equal(t, name+"."+p.Arch, p.NEVRA.String())
				same("--requires", p.Requires)
				same("--recommends", p.Recommends)
				same("--supplements", p.Supplements)
				if !p.IsSource() {
					same("--provides", p.Provides)
					assert.Equal(t, "demo-1.0~rc1-3.src.rpm", p.Source)
				}
			}
			for l, err := range r.FileLists() {
				require.NoError(t, err)
				if l.Arch != "src" {
					i := slices.IndexFunc(pkgs, func(p rpm.Package) bool { return p.ID == l.ID })
					want := strings.Split(strings.TrimSpace(do("rpm", "-qpl", filepath.Join(dir, "repo", pkgs[i].Location))), "\n")
					assert.ElementsMatch(t, want, l.Files)
				}
			}
		})
	}
}
