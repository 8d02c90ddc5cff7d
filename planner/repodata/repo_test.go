// SPDX-License-Identifier: MIT

package repodata_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"

	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

const head = `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="%d">
`

func primary(pkgs ...string) string {
	return fmt.Sprintf(head, len(pkgs)) + strings.Join(pkgs, "\n") + "\n</metadata>\n"
}

const appXML = `<package type="rpm">
  <name>app</name><arch>x86_64</arch><version epoch="1" ver="2.0~rc1" rel="3.el9"/>
  <checksum type="sha256" pkgid="YES">aa</checksum>
  <summary>Tom &amp; Jerry &lt;tool&gt;</summary><description><![CDATA[ has </package> in it ]]></description>
  <location href="Packages/a/app.rpm"/>
  <format>
    <rpm:license>MIT</rpm:license><rpm:group>name</rpm:group>
    <rpm:sourcerpm>app-2.0~rc1-3.el9.src.rpm</rpm:sourcerpm>
    <rpm:header-range start="1" end="2"/>
    <rpm:provides><rpm:entry name="app" flags="EQ" epoch="1" ver="2.0~rc1" rel="3.el9"/></rpm:provides>
    <rpm:requires>
      <!-- <rpm:entry name="no"/> -->
      <rpm:entry name="libz.so.1()(64bit)"/>
      <rpm:entry name='(a &gt;= 1 or b)' pre="1"/>
      <rpm:entry name="libfoo" flags="GE" epoch="0" ver="1"/>
    </rpm:requires>
    <rpm:conflicts><rpm:entry name="old"/></rpm:conflicts>
    <rpm:recommends><rpm:entry name="docs"/></rpm:recommends>
    <rpm:obsoletes/>
    <file>/usr/bin/app</file><file type="dir">/etc/app&amp;co</file>
  </format>
</package>`

const srcXML = `<package type="rpm"><name>app</name><arch>src</arch><version epoch="1" ver="2.0~rc1" rel="3.el9"/>
<checksum type="sha256" pkgid="YES">bb</checksum><format><rpm:sourcerpm></rpm:sourcerpm><rpm:requires><rpm:entry name="gcc"/><rpm:entry name="/usr/share/x"/></rpm:requires></format></package>`

func read(text string) (pkgs []rpm.Package, err error) {
	for p, e := range repodata.Packages(strings.NewReader(text), repodata.Options{Name: "primary.xml", Repo: "r", Priority: 7}) {
		if e != nil {
			return pkgs, e
		}
		pkgs = append(pkgs, p)
	}
	return pkgs, nil
}

func wantApp() rpm.Package {
	return rpm.Package{
		NEVRA:  rpm.NEVRA{Name: "app", EVR: rpm.EVR{Epoch: 1, Version: "2.0~rc1", Release: "3.el9"}, Arch: "x86_64"},
		Source: "app-2.0~rc1-3.el9.src.rpm", ID: "aa", Location: "Packages/a/app.rpm",
		Provides: []rpm.Relation{{Name: "app", Sense: rpm.Equal, EVR: rpm.EVR{Epoch: 1, Version: "2.0~rc1", Release: "3.el9"}}},
		Requires: []rpm.Relation{{Name: "libz.so.1()(64bit)"}, {Name: "(a >= 1 or b)"},
			{Name: "libfoo", Sense: rpm.Greater | rpm.Equal, EVR: rpm.EVR{Version: "1"}}},
		Recommends: []rpm.Relation{{Name: "docs"}},
		Files:      []string{"/usr/bin/app", "/etc/app&co"}, Repo: "r", Priority: 7,
	}
}

func TestPackages(t *testing.T) {
	pkgs, err := read(primary(appXML, srcXML))
	require.NoError(t, err)
	require.Len(t, pkgs, 2)
	assert.Equal(t, wantApp(), pkgs[0])
	assert.True(t, pkgs[1].IsSource())
	assert.Equal(t, "gcc", pkgs[1].Requires[0].Name, "the Requires of a source are its BuildRequires")
}

// oneByte hands out a byte at a time.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(b []byte) (int, error) { return o.r.Read(b[:min(1, len(b))]) }

func TestPackagesDoesNotDependOnHowBytesArrive(t *testing.T) {
	var got []rpm.Package
	for p, err := range repodata.Packages(oneByte{strings.NewReader(primary(appXML))}, repodata.Options{Repo: "r", Priority: 7}) {
		require.NoError(t, err)
		got = append(got, p)
	}
	assert.Equal(t, []rpm.Package{wantApp()}, got)
}

func TestPackagesRefuses(t *testing.T) {
	whole := primary(appXML, srcXML)
	entry := `<rpm:entry name="libfoo" flags="GE" epoch="0" ver="1"/>`
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"a file that ends between packages":  {whole[:strings.Index(whole, srcXML)], repodata.ErrTruncated},
		"a file that ends inside of a tag":   {whole[:strings.Index(whole, "libz.so")], repodata.ErrTruncated},
		"an empty file":                      {"", repodata.ErrTruncated},
		"fewer packages than promised":       {strings.Replace(whole, `packages="2"`, `packages="3"`, 1), repodata.ErrCount},
		"more packages than promised":        {strings.Replace(whole, `packages="2"`, `packages="1"`, 1), repodata.ErrCount},
		"a count that is no number":          {strings.Replace(whole, `packages="2"`, `packages="two"`, 1), repodata.ErrInvalid},
		"a package without a name":           {strings.Replace(whole, "<name>app</name>", "", 1), repodata.ErrInvalid},
		"a package without a version":        {strings.Replace(whole, "<version", "<versio", 1), repodata.ErrInvalid},
		"a package without an architecture":  {strings.Replace(whole, "<arch>x86_64</arch>", "<arch/>", 1), repodata.ErrInvalid},
		"an entry without a name":            {strings.Replace(whole, entry, "<rpm:entry/>", 1), repodata.ErrInvalid},
		"an unknown comparison":              {strings.Replace(whole, `"GE"`, `"XX"`, 1), repodata.ErrInvalid},
		"an epoch that is no number":         {strings.Replace(whole, `epoch="1"`, `epoch="-1"`, 1), repodata.ErrInvalid},
		"text that is not UTF-8":             {strings.Replace(whole, "libfoo", "lib\xfffoo", 1), repodata.ErrInvalid},
		"an unknown entity":                  {strings.Replace(whole, "&gt;=", "&ge;", 1), repodata.ErrInvalid},
		"an end tag of something else":       {strings.Replace(whole, "</rpm:requires>", "</rpm:provides>", 1), repodata.ErrInvalid},
		"another document":                   {"<filelists/>", repodata.ErrInvalid},
		"a second document":                  {whole + "<metadata/>", repodata.ErrInvalid},
		"text behind the document":           {whole + "x", repodata.ErrInvalid},
		"a document type":                    {"<!DOCTYPE a>" + whole, repodata.ErrUnsupported},
		"another encoding":                   {strings.Replace(whole, "UTF-8", "ISO-8859-1", 1), repodata.ErrUnsupported},
		"a kind of package that is not rpm":  {strings.Replace(whole, `type="rpm"`, `type="pattern"`, 1), repodata.ErrUnsupported},
		"an attribute that does not end":     {strings.Replace(whole, `rel="3.el9"/>`, `rel="3.el9/>`, 1), repodata.ErrInvalid},
		"elements nested beyond all measure": {primary(strings.Replace(appXML, "<format>", "<format>"+strings.Repeat("<a>", 200), 1)), repodata.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(c.text)
			require.ErrorIs(t, err, c.want)
			var e *repodata.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "primary.xml", e.File)
		})
	}
}

func TestErrorsNamePackageAndOffset(t *testing.T) {
	text := primary(appXML, strings.Replace(srcXML, `"gcc"`, `"g&cc"`, 1))
	_, err := read(text)
	var e *repodata.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "app-1:2.0~rc1-3.el9.src", e.Package)
	at := strings.Index(text, `g&cc`)
	assert.InDelta(t, at, e.Offset, 40)
}

func TestLimits(t *testing.T) {
	big := strings.Replace(appXML, "<file>", "<file>/"+strings.Repeat("x", 5000)+"</file><file>", 1)
	for name, opts := range map[string]repodata.Options{
		"of a package": {MaxPackage: 4000},
		"of the whole": {MaxSize: 3000},
	} {
		t.Run(name, func(t *testing.T) {
			var last error
			for _, err := range repodata.Packages(strings.NewReader(primary(big)), opts) {
				last = err
			}
			require.ErrorIs(t, last, repodata.ErrTooLarge)
		})
	}
}

func gz(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func sum(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

// repo makes a repository of files by type.
func repo(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	var b strings.Builder
	b.WriteString(`<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>42</revision>`)
	for _, kind := range []string{"primary", "filelists", "modules", "group"} {
		text, ok := files[kind]
		if !ok {
			continue
		}
		packed := gz(text)
		m["repodata/"+kind+".gz"] = &fstest.MapFile{Data: packed}
		fmt.Fprintf(&b, `<data type="%s"><checksum type="sha256">%s</checksum><open-checksum type="sha256">%s</open-checksum><location href="repodata/%s.gz"/><timestamp>1700000000.5</timestamp><size>%d</size><open-size>%d</open-size></data>`,
			kind, sum(packed), sum([]byte(text)), kind, len(packed), len(text))
	}
	b.WriteString(`</repomd>`)
	m["repodata/repomd.xml"] = &fstest.MapFile{Data: []byte(b.String())}
	return m
}

const lists = `<filelists packages="2"><package pkgid="aa" name="app" arch="x86_64"><version epoch="1" ver="2.0~rc1" rel="3.el9"/>
<file>/usr/share/x</file><file type="dir">/usr/share/y</file></package><package pkgid="bb" name="app" arch="src"><version epoch="1" ver="2.0~rc1" rel="3.el9"/></package></filelists>`

func full() fstest.MapFS {
	return repo(map[string]string{"primary": primary(appXML, srcXML), "filelists": lists, "modules": "---\n", "group": "<comps/>"})
}

func TestRepo(t *testing.T) {
	r, err := repodata.Open(full(), repodata.Options{Repo: "r", Priority: 7})
	require.NoError(t, err)
	assert.Equal(t, "42", r.Repomd.Revision)
	assert.Equal(t, int64(1700000000), r.Repomd.Data[0].Timestamp.Unix())

	pkgs, err := r.Load()
	require.NoError(t, err)
	want := wantApp()
	want.Files = append(want.Files, "/usr/share/x")
	assert.Equal(t, want, pkgs[0], "only the file that was asked for is taken from the file lists")

	var all []string
	for l, err := range r.FileLists() {
		require.NoError(t, err)
		all = append(all, l.NEVRA.String()+" "+strings.Join(l.Files, ","))
	}
	assert.Equal(t, []string{"app-1:2.0~rc1-3.el9.x86_64 /usr/share/x,/usr/share/y", "app-1:2.0~rc1-3.el9.src "}, all)

	rc, err := r.OpenData("modules")
	require.NoError(t, err)
	defer rc.Close()
	text, err := io.ReadAll(rc)
	require.NoError(t, err)
	assert.Equal(t, "---\n", string(text))

	_, err = r.OpenData("updateinfo")
	require.ErrorIs(t, err, repodata.ErrNotFound)
}

func TestRepoRefuses(t *testing.T) {
	last := func(fsys fs.FS) error {
		r, err := repodata.Open(fsys, repodata.Options{})
		if err != nil {
			return err
		}
		pkgs, err := r.Load()
		if err != nil && pkgs != nil {
			return errors.New("packages beside an error")
		}
		return err
	}
	edit := func(name string, change func([]byte) []byte) fstest.MapFS {
		m := full()
		m[name] = &fstest.MapFile{Data: change(bytes.Clone(m[name].Data))}
		return m
	}
	swap := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	mod := full()
	primarySum := sum(mod["repodata/primary.gz"].Data)
	openSum := sum([]byte(primary(appXML, srcXML)))
	bomb := primary(appXML, srcXML) + strings.Repeat(" ", 50<<20)
	for name, c := range map[string]struct {
		fsys fs.FS
		want error
	}{
		"no repomd.xml":               {fstest.MapFS{}, fs.ErrNotExist},
		"a repomd.xml without data":   {edit("repodata/repomd.xml", func([]byte) []byte { return []byte("<repomd/>") }), repodata.ErrInvalid},
		"a truncated repomd.xml":      {edit("repodata/repomd.xml", func(b []byte) []byte { return b[:len(b)-20] }), repodata.ErrTruncated},
		"data without a location":     {edit("repodata/repomd.xml", swap("<location", "<locatio")), repodata.ErrInvalid},
		"no primary":                  {repo(map[string]string{"group": "<comps/>"}), repodata.ErrNotFound},
		"a place outside":             {edit("repodata/repomd.xml", swap(`"repodata/primary`, `"../primary`)), repodata.ErrUnsupported},
		"a file that is not there":    {edit("repodata/repomd.xml", swap(`repodata/primary.gz`, `repodata/none.gz`)), fs.ErrNotExist},
		"a wrong checksum":            {edit("repodata/repomd.xml", swap(primarySum, strings.Repeat("0", 64))), repodata.ErrChecksum},
		"a wrong open checksum":       {edit("repodata/repomd.xml", swap(openSum, strings.Repeat("0", 64))), repodata.ErrChecksum},
		"an unknown checksum":         {edit("repodata/repomd.xml", swap(`"sha256"`, `"crc32"`)), repodata.ErrUnsupported},
		"a size that is no number":    {edit("repodata/repomd.xml", swap("<size>", "<size>x")), repodata.ErrInvalid},
		"a truncated packed file":     {edit("repodata/primary.gz", func(b []byte) []byte { return b[:len(b)-9] }), repodata.ErrTruncated},
		"a byte too many":             {edit("repodata/primary.gz", func(b []byte) []byte { return append(b, 0) }), repodata.ErrChecksum},
		"a flipped bit":               {edit("repodata/primary.gz", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), nil},
		"text where gzip is promised": {edit("repodata/primary.gz", func([]byte) []byte { return []byte(primary(appXML)) }), repodata.ErrChecksum},
		"a bomb":                      {edit("repodata/primary.gz", func([]byte) []byte { return gz(bomb) }), nil},
		"wrong file lists":            {edit("repodata/filelists.gz", func([]byte) []byte { return gz("<filelists packages='0'/>") }), repodata.ErrChecksum},
	} {
		t.Run(name, func(t *testing.T) {
			err := last(c.fsys)
			require.Error(t, err)
			var e *repodata.Error
			require.ErrorAs(t, err, &e)
			assert.NotEmpty(t, e.File)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

func TestPackings(t *testing.T) {
	text := primary(appXML)
	packed := map[string][]byte{"plain": []byte(text), "gzip": gz(text)}
	var b bytes.Buffer
	zw, err := zstd.NewWriter(&b)
	require.NoError(t, err)
	io.WriteString(zw, text)
	require.NoError(t, zw.Close())
	packed["zstd"] = bytes.Clone(b.Bytes())
	b.Reset()
	xw, err := xz.NewWriter(&b)
	require.NoError(t, err)
	io.WriteString(xw, text)
	require.NoError(t, xw.Close())
	packed["xz"] = b.Bytes()
	for name, data := range packed {
		t.Run(name, func(t *testing.T) {
			n := 0
			for p, err := range repodata.Packages(bytes.NewReader(data), repodata.Options{}) {
				require.NoError(t, err)
				assert.Equal(t, "app", p.Name)
				n++
			}
			assert.Equal(t, 1, n)
		})
	}
}

func TestIterationStopsWhereTheConsumerStops(t *testing.T) {
	n := 0
	for range repodata.Packages(strings.NewReader(primary(appXML, srcXML)), repodata.Options{}) {
		n++
		break
	}
	assert.Equal(t, 1, n)
}

func FuzzPackages(f *testing.F) {
	f.Add([]byte(primary(appXML, srcXML)))
	f.Add([]byte(lists))
	f.Add(gz(primary(appXML)))
	f.Add([]byte("<metadata packages='1'><package/></metadata>"))
	f.Add([]byte("<!-- <a --><metadata><![CDATA[x]]></metadata>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		opts := repodata.Options{MaxSize: 1 << 20}
		errs := 0
		for p, err := range repodata.Packages(bytes.NewReader(data), opts) {
			if err != nil {
				errs++
				var e *repodata.Error
				if !errors.As(err, &e) || e.Offset < 0 || e.Offset > 1<<20 {
					t.Fatalf("not an error with a place: %v", err)
				}
				continue
			}
			if errs > 0 || p.Name == "" || p.Version == "" || p.Arch == "" {
				t.Fatalf("package without identity, or behind an error: %+v", p)
			}
		}
		if errs > 1 {
			t.Fatal("more than one error")
		}
		for range repodata.FileLists(bytes.NewReader(data), opts) {
		}
		repodata.ReadRepomd(bytes.NewReader(data), "x")
	})
}
