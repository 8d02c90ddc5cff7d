// SPDX-License-Identifier: MIT

package comps_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/modulemd/comps"
)

func corpus(t *testing.T) string {
	t.Helper()
	return golden.Corpus(t, "ecosystem")
}

// documents calls f for every XML file below a folder, unpacked.
func documents(t *testing.T, dir string, f func(name string, data []byte)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(path, ".gz")
		if name != path {
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return err
			}
			if data, err = io.ReadAll(z); err != nil {
				return err
			}
		}
		if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".xml.in") {
			f(path, data)
		}
		return nil
	}))
}

// firstFault finds, on its own, the first line of a comps file with an element
// or a package type that comps files do not have; 0 when there is none.
func firstFault(t *testing.T, data []byte) int {
	t.Helper()
	elements := strings.Fields("comps group environment category langpacks blacklist whiteout id name description _name _description " +
		"default uservisible biarchonly langonly display_order packagelist packagereq grouplist optionlist groupid match package ignoredep")
	types := strings.Fields("mandatory default optional conditional")
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return 0
		}
		require.NoError(t, err)
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		line, _ := d.InputPos()
		if !slices.Contains(elements, e.Name.Local) {
			return line
		}
		for _, a := range e.Attr {
			if e.Name.Local == "packagereq" && a.Name.Local == "type" && !slices.Contains(types, a.Value) {
				return line
			}
		}
	}
}

// emptyFlag is a flag that says neither true nor false; it is not written.
var emptyFlag = regexp.MustCompile(`<(default|uservisible|biarchonly)>\s*</(default|uservisible|biarchonly)>`)

func TestCorpusComps(t *testing.T) {
	files, bad, differ := 0, 0, 0
	documents(t, filepath.Join(corpus(t), "comps"), func(name string, data []byte) {
		ok := true
		c, err := comps.Read(bytes.NewReader(data))
		if line := firstFault(t, data); line > 0 {
			bad++
			var e *comps.Error
			ok = assert.ErrorAs(t, err, &e, name) && assert.Equal(t, line, e.Line, name)
			c, err = comps.ReadLax(bytes.NewReader(data))
		}
		ok = ok && assert.NoError(t, err, name) && roundTrip(t, name, c)
		if ok {
			text, err := c.Format()
			require.NoError(t, err)
			ok = assert.Equal(t, tokens(t, emptyFlag.ReplaceAll(data, nil)), tokens(t, text), name)
		}
		files++
		if !ok {
			differ++
		}
	})
	t.Logf("corpus ecosystem/comps: %d files, of which %d are invalid, %d differ", files, bad, differ)
	assert.NotZero(t, files)
}

func roundTrip(t *testing.T, name string, c *comps.Comps) bool {
	text, err := c.Format()
	if !assert.NoError(t, err, name) {
		return false
	}
	again, err := comps.ReadLax(bytes.NewReader(text))
	return assert.NoError(t, err, name) && assert.Equal(t, c, again, name)
}

func TestCorpusVariants(t *testing.T) {
	n, differ := 0, 0
	documents(t, filepath.Join(corpus(t), "pungi"), func(name string, data []byte) {
		if !bytes.Contains(data, []byte("<variants")) {
			return
		}
		n++
		v, err := comps.ReadVariants(bytes.NewReader(data))
		ok := assert.NoError(t, err, name)
		if ok {
			text, err := v.Format()
			require.NoError(t, err)
			again, err := comps.ReadVariants(bytes.NewReader(text))
			ok = assert.NoError(t, err, name) && assert.Equal(t, v, again, name) && assert.Equal(t, tokens(t, data), tokens(t, text), name)
		}
		if !ok {
			differ++
		}
	})
	t.Logf("corpus ecosystem/pungi variants: %d files, %d differ", n, differ)
	assert.NotZero(t, n)
}

// tokens returns all elements with their attributes and texts, in an order of
// no importance: nothing of a file may be lost.
func tokens(t *testing.T, data []byte) []string {
	t.Helper()
	var out []string
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out
		}
		require.NoError(t, err)
		switch e := tok.(type) {
		case xml.StartElement:
			words := []string{e.Name.Local}
			for _, a := range e.Attr {
				words = append(words, a.Name.Local+"="+strings.ReplaceAll(a.Value, " ", ","))
			}
			slices.Sort(words[1:])
			out = append(out, strings.Join(words, " "))
		case xml.CharData:
			if s := strings.TrimSpace(string(e)); s != "" {
				out = append(out, s)
			}
		}
	}
}

// The names of the filtered files say what was done to comps.xml.in; for which
// architecture and variants they do not say. One architecture has to explain
// all of them, and one variant each of those that are about a variant.
func TestCorpusFilter(t *testing.T) {
	dir := filepath.Join(corpus(t), "comps", "pungi")
	source := load(t, filepath.Join(dir, "comps.xml.in"))
	var arches, variants []string
	for _, g := range source.Groups {
		arches = append(arches, g.Scope.Arches...)
		variants = append(variants, g.Scope.Variants...)
		for _, p := range g.Packages {
			arches = append(arches, p.Scope.Arches...)
			variants = append(variants, p.Scope.Variants...)
		}
	}
	slices.Sort(arches)
	slices.Sort(variants)
	steps := map[string]func(c, want *comps.Comps, arch, variant string){
		"filtered-packages":     func(c, _ *comps.Comps, arch, variant string) { c.FilterPackages(arch, variant) },
		"filtered-groups":       func(c, _ *comps.Comps, arch, variant string) { c.FilterGroups(arch, variant) },
		"filtered-environments": func(c, _ *comps.Comps, arch, variant string) { c.FilterEnvironments(arch, variant) },
		"removed-environments":  func(c, _ *comps.Comps, _, _ string) { c.Environments = nil },
		"removed-categories":    func(c, _ *comps.Comps, _, _ string) { c.Categories = nil },
		"removed-langpacks":     func(c, _ *comps.Comps, _, _ string) { c.Langpacks = nil },
		"cleanup":               func(c, _ *comps.Comps, _, _ string) { c.Clean() },
		"cleanup-all":           func(c, _ *comps.Comps, arch, variant string) { c.Filter(arch, variant) },
		"cleanup-filter": func(c, _ *comps.Comps, arch, variant string) {
			c.FilterPackages(arch, variant)
			c.Clean()
		},
		"cleanup-keep": func(c, want *comps.Comps, arch, variant string) {
			c.FilterPackages(arch, variant)
			var keep []string // what the file kept though it is empty
			for _, g := range want.Groups {
				if len(g.Packages) == 0 {
					keep = append(keep, g.ID)
				}
			}
			c.Clean(keep...)
		},
	}
	files, err := filepath.Glob(filepath.Join(dir, "comps-*.xml"))
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(path string) bool {
		step := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "comps-"), ".xml")
		return !strings.HasPrefix(step, "filtered-") && !strings.HasPrefix(step, "removed-") && !strings.HasPrefix(step, "cleanup")
	})
	best := len(files) + 1
	var wrong []string
	for _, arch := range slices.Compact(arches) {
		var bad []string
		for _, path := range files {
			step := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "comps-"), ".xml")
			step, some := strings.CutSuffix(step, "-variant")
			tried := []string{""}
			if some {
				tried = slices.Compact(variants)
			}
			want := load(t, path)
			do := steps[step]
			if do == nil || !slices.ContainsFunc(tried, func(variant string) bool {
				c := source.Clone()
				do(c, want, arch, variant)
				return same(t, want, c)
			}) {
				bad = append(bad, filepath.Base(path))
			}
		}
		if len(bad) < best {
			best, wrong = len(bad), bad
		}
	}
	assert.Empty(t, wrong)
	t.Logf("corpus ecosystem/comps filtered: %d files, %d differ", len(files), best)
}

func load(t *testing.T, path string) *comps.Comps {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	c, err := comps.Read(bytes.NewReader(data))
	require.NoError(t, err, path)
	return c
}

// same compares what two files write.
func same(t *testing.T, a, b *comps.Comps) bool {
	t.Helper()
	x, err := a.Format()
	require.NoError(t, err)
	y, err := b.Format()
	require.NoError(t, err)
	return bytes.Equal(x, y)
}

// What a variant selects stands in the file that came of it. Everything else
// has to follow from comps.xml.
func TestCorpusSelect(t *testing.T) {
	dir := filepath.Join(corpus(t), "comps", "pungi")
	n, differ := 0, 0
	for name, selectFrom := range map[string]func(c, want *comps.Comps){
		"comps-group.xml": func(c, want *comps.Comps) {
			var list []comps.VariantGroup
			for _, g := range want.Groups {
				list = append(list, comps.VariantGroup{ID: g.ID, Default: g.Default, UserVisible: g.UserVisible})
			}
			assert.Empty(t, c.SelectGroups(list))
		},
		"comps-env.xml": func(c, want *comps.Comps) {
			var list []comps.VariantEnvironment
			for _, e := range want.Environments {
				list = append(list, comps.VariantEnvironment{ID: e.ID, DisplayOrder: e.DisplayOrder})
			}
			assert.Empty(t, c.SelectEnvironments(list))
			c.SelectGroups([]comps.VariantGroup{{ID: "*", Glob: true}})
		},
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			continue
		}
		c, want := load(t, filepath.Join(dir, "comps.xml")), load(t, filepath.Join(dir, name))
		selectFrom(c, want)
		n++
		if !assert.Equal(t, normal(t, want), normal(t, c), name) {
			differ++
		}
	}
	t.Logf("corpus ecosystem/comps selected: %d files, %d differ", n, differ)
}

// normal sorts by id, and says what is meant by saying nothing: the files were
// written by a library that does both.
func normal(t *testing.T, c *comps.Comps) string {
	t.Helper()
	c = c.Clone()
	slices.SortFunc(c.Groups, func(a, b comps.Group) int { return cmp.Compare(a.ID, b.ID) })
	for i := range c.Groups {
		c.Groups[i].Scope = comps.Scope{}
		for j := range c.Groups[i].Packages {
			p := &c.Groups[i].Packages[j]
			p.Type = cmp.Or(p.Type, comps.Mandatory)
			p.Scope = comps.Scope{}
		}
		slices.SortFunc(c.Groups[i].Packages, func(a, b comps.Package) int { return cmp.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(c.Environments, func(a, b comps.Environment) int { return cmp.Compare(a.ID, b.ID) })
	for i := range c.Environments {
		c.Environments[i].HasOptions = false
		slices.SortFunc(c.Environments[i].Groups, func(a, b comps.GroupRef) int { return cmp.Compare(a.ID, b.ID) })
	}
	slices.SortFunc(c.Langpacks, func(a, b comps.Langpack) int { return cmp.Compare(a.Name, b.Name) })
	b, err := c.Format()
	require.NoError(t, err)
	return string(b)
}
