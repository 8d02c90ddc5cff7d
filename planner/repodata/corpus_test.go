// SPDX-License-Identifier: MIT

package repodata_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// xmlPackage is what encoding/xml makes of a package, the other opinion.
type xmlPackage struct {
	Name    string `xml:"name"`
	Arch    string `xml:"arch"`
	Version struct {
		Epoch string `xml:"epoch,attr"`
		Ver   string `xml:"ver,attr"`
		Rel   string `xml:"rel,attr"`
	} `xml:"version"`
	Checksum string `xml:"checksum"`
	Location struct {
		Href string `xml:"href,attr"`
	} `xml:"location"`
	Format struct {
		Source   string     `xml:"sourcerpm"`
		Provides []xmlEntry `xml:"provides>entry"`
		Requires []xmlEntry `xml:"requires>entry"`
		Files    []string   `xml:"file"`
	} `xml:"format"`
}

type xmlEntry struct {
	Name  string `xml:"name,attr"`
	Flags string `xml:"flags,attr"`
	Epoch string `xml:"epoch,attr"`
	Ver   string `xml:"ver,attr"`
	Rel   string `xml:"rel,attr"`
}

type xmlMetadata struct {
	Count    int          `xml:"packages,attr"`
	Packages []xmlPackage `xml:"package"`
}

func evr(epoch, ver, rel string) string {
	s := ver
	if rel != "" {
		s += "-" + rel
	}
	if epoch != "" && epoch != "0" {
		s = epoch + ":" + s
	}
	return s
}

func (e xmlEntry) text() string {
	if e.Flags == "" {
		return e.Name
	}
	op := map[string]string{"EQ": "=", "LT": "<", "GT": ">", "LE": "<=", "GE": ">="}[e.Flags]
	return e.Name + " " + op + " " + evr(e.Epoch, e.Ver, e.Rel)
}

// same compares a package with the other opinion of it.
func same(p rpm.Package, x xmlPackage) bool {
	entries := func(rs []rpm.Relation, es []xmlEntry) bool {
		return slices.EqualFunc(rs, es, func(r rpm.Relation, e xmlEntry) bool { return r.String() == e.text() })
	}
	return p.Name == x.Name && p.Arch == x.Arch && p.EVR.String() == evr(x.Version.Epoch, x.Version.Ver, x.Version.Rel) &&
		p.ID == x.Checksum && p.Location == x.Location.Href && p.Source == x.Format.Source &&
		entries(p.Provides, x.Format.Provides) && entries(p.Requires, x.Format.Requires) &&
		slices.Equal(p.Files, x.Format.Files)
}

// judgement counts the cases of one question.
type judgement struct {
	t             *testing.T
	name          string
	deviations    map[string]string
	cases, differ int
	known         int
}

func (j *judgement) judge(id string, ok bool, why any) {
	j.cases++
	switch {
	case ok:
	case j.deviations[id] != "":
		j.known++
		j.t.Logf("known deviation %s: %s", id, j.deviations[id])
	default:
		j.differ++
		j.t.Errorf("%s: %v", id, why)
	}
}

func (j *judgement) done() {
	j.t.Logf("corpus ecosystem/repodata-%s: %d cases, %d differ, %d known deviations", j.name, j.cases, j.differ, j.known)
}

func TestCorpusRepodata(t *testing.T) {
	base := golden.Corpus(t)
	base = filepath.Join(base, "ecosystem", "repodata")
	deviations := map[string]string{}
	text, err := os.ReadFile("testdata/deviations.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &deviations))
	sums := judgement{t: t, name: "checksums", deviations: deviations}
	counts := judgement{t: t, name: "counts", deviations: deviations}
	packages := judgement{t: t, name: "packages", deviations: deviations}
	files := judgement{t: t, name: "filelists", deviations: deviations}

	dirs, err := filepath.Glob(filepath.Join(base, "*", "repodata", "repomd.xml"))
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	for _, at := range dirs {
		dir := filepath.Dir(filepath.Dir(at))
		id := filepath.Base(dir)
		r, err := repodata.Open(os.DirFS(dir), repodata.Options{})
		if err != nil {
			sums.judge(id, false, err)
			continue
		}
		for _, d := range r.Repomd.Data {
			if _, err := os.Stat(filepath.Join(dir, d.Location)); errors.Is(err, os.ErrNotExist) {
				continue // not part of the sample
			}
			rc, err := r.OpenData(d.Type)
			if err == nil {
				_, err = io.Copy(io.Discard, rc)
				rc.Close()
			}
			sums.judge(id+"/"+d.Type+"/checksum", err == nil, err)
		}
		judgePrimary(t, dir, id, r, &counts, &packages)
		judgeFiles(t, dir, id, r, &files)
	}
	judgeSnippets(t, base, &packages)
	for _, j := range []*judgement{&sums, &counts, &packages, &files} {
		j.done()
	}
}

// unpacked is the content of a file, by other means than the package's.
func unpacked(t *testing.T, path string) []byte {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	if zr, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		data, err = io.ReadAll(zr)
		require.NoError(t, err)
	}
	return data
}

func judgePrimary(t *testing.T, dir, id string, r *repodata.Repo, counts, packages *judgement) {
	d, err := r.Repomd.Find("primary")
	if err != nil {
		counts.judge(id+"/primary/count", false, err)
		return
	}
	data := unpacked(t, filepath.Join(dir, d.Location))
	var want xmlMetadata
	require.NoError(t, xml.Unmarshal(data, &want))
	var got []rpm.Package
	var last error
	for p, err := range repodata.Packages(bytes.NewReader(data), repodata.Options{Name: d.Location}) {
		if last = err; err == nil {
			got = append(got, p)
		}
	}
	counts.judge(id+"/primary/count", last == nil && len(got) == want.Count, last)
	for i, x := range want.Packages {
		name := id + "/" + x.Name + "." + x.Arch
		packages.judge(name, i < len(got) && same(got[i], x), "read otherwise")
	}
	if len(got) > len(want.Packages) {
		packages.judge(id, false, "more packages than there are")
	}
	if s := sha256.Sum256(data); d.OpenChecksum.Type == "sha256" {
		packages.judge(id+"/primary/open-checksum", hex.EncodeToString(s[:]) == d.OpenChecksum.Value, "open checksum")
	}
}

func judgeFiles(t *testing.T, dir, id string, r *repodata.Repo, files *judgement) {
	d, err := r.Repomd.Find("filelists")
	if err != nil {
		return
	}
	var want struct {
		Packages []struct {
			ID    string   `xml:"pkgid,attr"`
			Name  string   `xml:"name,attr"`
			Files []string `xml:"file"`
		} `xml:"package"`
	}
	require.NoError(t, xml.Unmarshal(unpacked(t, filepath.Join(dir, d.Location)), &want))
	i := 0
	for l, err := range r.FileLists() {
		ok := err == nil && i < len(want.Packages) && l.ID == want.Packages[i].ID &&
			l.Name == want.Packages[i].Name && slices.Equal(l.Files, want.Packages[i].Files)
		files.judge(id+"/filelists/"+l.Name, ok, err)
		i++
	}
	files.judge(id+"/filelists/count", i == len(want.Packages), i)
}

// judgeSnippets reads the fragments inside of a document.
func judgeSnippets(t *testing.T, base string, packages *judgement) {
	names, err := filepath.Glob(filepath.Join(base, "snippets", "primary*.xml"))
	require.NoError(t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		doc := `<metadata xmlns:rpm="http://linux.duke.edu/metadata/rpm">` + string(data) + `</metadata>`
		var want xmlMetadata
		require.NoError(t, xml.Unmarshal([]byte(doc), &want))
		id := "snippets/" + filepath.Base(name)
		i := 0
		for p, err := range repodata.Packages(strings.NewReader(doc), repodata.Options{}) {
			packages.judge(id, err == nil && i < len(want.Packages) && same(p, want.Packages[i]), err)
			i++
		}
		packages.judge(id+"/count", i == len(want.Packages), i)
	}
}
