// SPDX-License-Identifier: MIT

package spec_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
	"github.com/seed-f134cc8e/relkit/internal/golden"
)

// corpus returns the folder with the dist-git cases; the test is skipped when
// none is given.
func corpus(t *testing.T) string {
	t.Helper()
	return golden.Corpus(t, "distgit")
}

func readCases[T any](t *testing.T, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var out []T
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var v T
		require.NoError(t, json.Unmarshal(sc.Bytes(), &v))
		out = append(out, v)
	}
	require.NoError(t, sc.Err())
	require.NotEmpty(t, out)
	return out
}

// fedora41 is the macro set under which the oracle ran.
func fedora41() map[string]string {
	return map[string]string{
		"dist": ".fc41", "fedora": "41", "_isa": "(x86-64)", "_vendor": "redhat",
		"python3_pkgversion": "3", "python3_version": "3.13", "python3_version_nodots": "313", "__python3": "/usr/bin/python3",
		"python3_sitelib": "/usr/lib/python3.13/site-packages", "python3_sitearch": "/usr/lib64/python3.13/site-packages",
		"perl_vendorlib": "/usr/share/perl5/vendor_perl", "perl_vendorarch": "/usr/lib64/perl5/vendor_perl",
		"perl_privlib": "/usr/share/perl5", "perl_archlib": "/usr/lib64/perl5",
		"_unitdir": "/usr/lib/systemd/system", "_tmpfilesdir": "/usr/lib/tmpfiles.d", "_udevrulesdir": "/usr/lib/udev/rules.d",
	}
}

type oracleCase struct {
	ID        string
	Undefined oracleAnswer `json:"dist_undefined"`
	Fedora    oracleAnswer `json:"dist_fc41"`
}

type oracleAnswer struct {
	OK                     bool
	Error                  string
	Name, Version, Release string
	Epoch                  *json.Number
	Summary, License       string
	BuildRequires          []string `json:"build_requires"`
	BuildConflicts         []string `json:"build_conflicts"`
	ExclusiveArch          []string `json:"exclusive_arch"`
	ExcludeArch            []string `json:"exclude_arch"`
	Sources, Patches       []struct {
		Num   int
		Value string
	}
	Packages       []oraclePackage
	ChangelogCount int `json:"changelog_count"`
	ChangelogTop   *struct {
		Time int64
		Name string
		Text string
	} `json:"changelog_top"`
}

type oraclePackage struct {
	Name, Version, Release, Arch                string
	Epoch                                       *json.Number
	Built                                       bool
	Provides, Requires, Obsoletes, Conflicts    []string
	Recommends, Suggests, Supplements, Enhances []string
}

// tally counts answers by field.
type tally struct {
	t       *testing.T
	total   map[string]int
	unknown map[string]int
	differ  int
}

func (c *tally) judge(id, field string, known bool, want, got any) {
	c.t.Helper()
	c.total[field]++
	if v, ok := got.(spec.Value); ok && !known {
		// Text that is unknown only for want of a macro is as rpm leaves it.
		known = !slices.ContainsFunc(v.Unknown, func(r spec.Reason) bool { return r.Kind != spec.ReasonUndefined })
		c.unknown[field]++
	} else if !known {
		c.unknown[field]++
	}
	if !known {
		return
	}
	if w, g := fmt.Sprint(want), fmt.Sprint(got); w != g {
		c.differ++
		c.t.Errorf("%s: %s\nrpm:  %s\nhere: %s", id, field, w, g)
	}
}

// judgeList compares two sets; of one that is not complete, what it holds must
// be right all the same.
func (c *tally) judgeList(id, field string, known bool, want, got []string) {
	c.t.Helper()
	if !known {
		for _, s := range got {
			if strings.Contains(s, "%(") || strings.Contains(s, "%{lua:") || slices.Contains(want, s) {
				continue
			}
			c.differ++
			c.t.Errorf("%s: %s, incomplete\nrpm:  %s\nhere: %s", id, field, want, s)
		}
	}
	c.judge(id, field, known, want, got)
}

func epoch(n *json.Number) string {
	if n == nil {
		return ""
	}
	return n.String()
}

func set[T fmt.Stringer](list []T) []string {
	var out []string
	for _, v := range list {
		if s := v.String(); !strings.HasPrefix(s, "rpmlib(") {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

func TestCorpusSpec(t *testing.T) {
	dir := corpus(t)
	c := &tally{t: t, total: map[string]int{}, unknown: map[string]int{}}
	cases := readCases[oracleCase](t, filepath.Join(dir, "oracle.jsonl"))
	for _, k := range cases {
		data, err := os.ReadFile(filepath.Join(dir, "specs", k.ID+".spec"))
		require.NoError(t, err)
		s, perr := spec.Parse(k.ID+".spec", data)
		if perr == nil && string(s.Bytes()) != string(data) {
			t.Errorf("%s: parsing and rendering changes the file", k.ID)
		}
		evaluate := func(macros map[string]string) (*spec.Evaluation, error) {
			if perr != nil {
				return nil, perr
			}
			return s.Evaluate(spec.Options{Macros: macros, Autorelease: 1,
				Autochangelog: "* Thu Jan 02 2025 John Doe <packager@example.com> - %{?epoch:%{epoch}:}%{version}-%{release}\n- local build"})
		}
		macros := fedora41()
		ev, err := evaluate(macros)
		if judgeParse(c, k.ID, data, k.Fedora, ev, err) {
			judgeAll(c, k.ID, k.Fedora, ev)
		}
		delete(macros, "dist")
		ev, err = evaluate(macros)
		if judgeParse(c, k.ID+" without dist", data, k.Undefined, ev, err) {
			judgeIdentity(c, k.ID+" without dist", "without dist, ", k.Undefined, ev)
		}
	}
	t.Logf("corpus distgit/spec: %d cases, %d answers judged, %d differ", len(cases), sum(c.total), c.differ)
	for _, field := range slices.Sorted(maps.Keys(c.total)) {
		t.Logf("corpus distgit/spec: %s: %d, unknown %d (%.1f%%)", field, c.total[field], c.unknown[field], 100*float64(c.unknown[field])/float64(c.total[field]))
	}
	for field, limit := range map[string]float64{"name": .05, "version": .05, "release": .05, "build requires": .20} {
		if float64(c.unknown[field]) > limit*float64(c.total[field]) {
			t.Errorf("%s: %d of %d unknown", field, c.unknown[field], c.total[field])
		}
	}
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

// judgeParse compares whether the file parses, and reports whether there is
// more to compare.
func judgeParse(c *tally, id string, data []byte, want oracleAnswer, ev *spec.Evaluation, err error) bool {
	c.t.Helper()
	switch {
	case want.OK && err != nil:
		c.judge(id, "parses", true, true, err)
	case want.OK && len(ev.Refused) > 0:
		c.judge(id, "parses", true, true, fmt.Sprint("refused ", ev.Refused))
	case want.OK:
		c.judge(id, "parses", true, true, true)
		return true
	case err == nil:
		// rpm refuses the file: so must we, or say what only rpm can know.
		if len(ev.Refused) > 0 {
			c.judge(id, "refused", true, "", refusal(want.Error, data, "", ev.Refused[0]))
			return false
		}
		c.judge(id, "refused", !anyUnknown(ev), strings.TrimSpace(want.Error), "accepted")
	default:
		e, _ := errors.AsType[*spec.Error](err)
		c.judge(id, "refused", true, "", refusal(want.Error, data, e.Msg, spec.Reason{Line: e.Line}))
	}
	return false
}

var rpmError = regexp.MustCompile(`(?m)^error: (?:line (\d+): )?`)

// mirrored are complaints of rpm that are made in the same words here.
var mirrored = []string{"Unknown tag: ", "Empty tag: ", "Tag takes single token only: ", "Illegal sequence ", "Illegal char ",
	"Dependency tokens must begin with ", "Unable to open ", "Package has no %description: ", " field must be present in package: "}

// refusal holds what rpm printed against what is said here, and returns the
// difference: the words, the line, the name of a missing file.
func refusal(printed string, data []byte, msg string, r spec.Reason) string {
	at := rpmError.FindStringSubmatchIndex(printed)
	if at == nil {
		return "no error in " + printed
	}
	fold := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	text := printed[at[1]:]
	if at[2] >= 0 && printed[at[2]:at[3]] != fmt.Sprint(r.Line) {
		return fmt.Sprintf("%q, here in line %d", printed, r.Line)
	}
	if head, _, ok := strings.Cut(text, "invalid utf-8 encoding in "); ok {
		// The text that follows stands in the file.
		tag, quoted, _ := strings.Cut(strings.TrimPrefix(text, head+"invalid utf-8 encoding in "), ": ")
		quoted = strings.TrimSuffix(quoted, " - Invalid or incomplete multibyte or wide character")
		if !strings.HasPrefix(msg, head+"invalid utf-8 encoding in "+tag+": ") || !strings.Contains(strings.ToValidUTF8(string(data), "\ufffd"), quoted) {
			return fmt.Sprintf("%q, here %q", text, msg)
		}
		return ""
	}
	text = strings.ReplaceAll(text, "\nerror: ", "; ")
	same := func(full, shown string) bool {
		start, cut := strings.CutSuffix(shown, "...")
		return full == shown || cut && strings.HasPrefix(full, start)
	}
	switch {
	case !slices.ContainsFunc(mirrored, func(p string) bool { return strings.Contains(text, p) }):
		// Said in other words here; that it is refused is what counts.
	case msg != "":
		if !same(fold(text), msg) {
			return fmt.Sprintf("%q, here %q", fold(text), msg)
		}
	case r.Kind == spec.ReasonInclude:
		name, ok := strings.CutSuffix(strings.TrimPrefix(text, "Unable to open "), ": No such file or directory")
		if !ok || !strings.HasSuffix(r.Text, "/"+name) && !strings.HasSuffix(r.Text, " "+name) {
			return fmt.Sprintf("%q, here %q", text, r.Text)
		}
	default:
		words, line, _ := strings.Cut(text, ": ")
		if words != "Unknown tag" && words != "Dependency tokens must begin with alpha-numeric, '_' or '/'" || !same(fold(line), r.Text) {
			return fmt.Sprintf("%q, here %q", text, r.Text)
		}
	}
	return ""
}

func anyUnknown(ev *spec.Evaluation) bool {
	return len(ev.Opaque) > 0 || !ev.Name.Known() || !ev.Version.Known() || !ev.Release.Known() || !ev.BuildRequires.Known() ||
		!ev.Packages.Known() || !ev.Changelog.Known() || !ev.Sources.Known() || !ev.Summary.Known()
}

func judgeIdentity(c *tally, id, prefix string, want oracleAnswer, ev *spec.Evaluation) {
	c.t.Helper()
	c.judge(id, prefix+"name", ev.Name.Known(), want.Name, ev.Name)
	c.judge(id, prefix+"epoch", ev.Epoch.Known(), epoch(want.Epoch), ev.Epoch)
	c.judge(id, prefix+"version", ev.Version.Known(), want.Version, ev.Version)
	c.judge(id, prefix+"release", ev.Release.Known(), want.Release, ev.Release)
}

func judgeAll(c *tally, id string, want oracleAnswer, ev *spec.Evaluation) {
	c.t.Helper()
	judgeIdentity(c, id, "", want, ev)
	c.judge(id, "summary", ev.Summary.Known(), want.Summary, ev.Summary)
	c.judge(id, "license", ev.License.Known(), want.License, ev.License)
	c.judgeList(id, "build requires", ev.BuildRequires.Known(), sorted(want.BuildRequires), set(ev.BuildRequires.List))
	c.judgeList(id, "build conflicts", ev.BuildConflicts.Known(), sorted(want.BuildConflicts), set(ev.BuildConflicts.List))
	c.judge(id, "exclusive arch", ev.ExclusiveArch.Known(), want.ExclusiveArch, ev.ExclusiveArch.List)
	c.judge(id, "exclude arch", ev.ExcludeArch.Known(), want.ExcludeArch, ev.ExcludeArch.List)
	files := func(list []spec.SourceFile) []string {
		var out []string
		for _, f := range list {
			out = append(out, fmt.Sprintf("{%d %s}", f.Number, f.Value))
		}
		slices.Sort(out)
		return out
	}
	var sources, patches []spec.SourceFile
	for _, f := range want.Sources {
		sources = append(sources, spec.SourceFile{Number: f.Num, Value: f.Value})
	}
	for _, f := range want.Patches {
		patches = append(patches, spec.SourceFile{Number: f.Num, Value: f.Value})
	}
	c.judgeList(id, "sources", ev.Sources.Known(), files(sources), files(ev.Sources.List))
	c.judgeList(id, "patches", ev.Patches.Known(), files(patches), files(ev.Patches.List))
	judgePackages(c, id, want, ev)
	known := ev.Changelog.Known()
	c.judge(id, "changelog count", known, want.ChangelogCount, len(ev.Changelog.List))
	switch {
	case want.ChangelogTop != nil && len(ev.Changelog.List) > 0:
		top := ev.Changelog.List[0]
		c.judge(id, "changelog time", known, want.ChangelogTop.Time, top.Time.Unix())
		c.judge(id, "changelog name", known, want.ChangelogTop.Name, top.Name)
		c.judge(id, "changelog text", known, want.ChangelogTop.Text, top.Text)
	case want.ChangelogTop != nil:
		c.judge(id, "changelog top", known, "an entry", "none")
	}
}

func judgePackages(c *tally, id string, want oracleAnswer, ev *spec.Evaluation) {
	c.t.Helper()
	byName := map[string]spec.Package{}
	var names, wanted []string
	known := ev.Packages.Known()
	for _, p := range ev.Packages.List {
		byName[p.Name.Text] = p
		names = append(names, p.Name.Text)
		known = known && p.Name.Known()
	}
	for _, w := range want.Packages {
		wanted = append(wanted, w.Name)
	}
	c.judge(id, "packages", known, sorted(wanted), sorted(names))
	for _, w := range want.Packages {
		p, ok := byName[w.Name]
		if !ok {
			continue
		}
		at := id + " " + w.Name
		c.judge(at, "package epoch", p.Epoch.Known(), epoch(w.Epoch), p.Epoch)
		c.judge(at, "package version", p.Version.Known(), w.Version, p.Version)
		c.judge(at, "package release", p.Release.Known(), w.Release, p.Release)
		c.judge(at, "package arch", p.Arch.Known(), w.Arch, p.Arch)
		// The recording calls a package built when its list of files has a line.
		c.judge(at, "package built", p.Files.Known(), w.Built, len(p.Files.List) > 0)
		for _, d := range []struct {
			field string
			want  []string
			got   spec.Dependencies
		}{
			{"provides", w.Provides, p.Provides}, {"requires", w.Requires, p.Requires}, {"obsoletes", w.Obsoletes, p.Obsoletes},
			{"conflicts", w.Conflicts, p.Conflicts}, {"recommends", w.Recommends, p.Recommends}, {"suggests", w.Suggests, p.Suggests},
			{"supplements", w.Supplements, p.Supplements}, {"enhances", w.Enhances, p.Enhances},
		} {
			c.judgeList(at, "package "+d.field, d.got.Known(), sorted(d.want), set(d.got.List))
		}
	}
}
