// SPDX-License-Identifier: MIT

package compose_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
)

const (
	composePart = `"compose":{"id":"Demo-1-20260105.n.0","date":"20260105","type":"nightly","respin":0}`
	entry       = `{"path":"A/x86_64/os/Packages/b/b-1-1.x86_64.rpm","sigkey":null,"category":"binary"}`
	image       = `{"path":"A/x86_64/iso/a.iso","mtime":1,"size":7,"volume_id":null,"type":"dvd","format":"iso","arch":"x86_64","disc_number":1,"disc_count":1,"checksums":{"sha256":"aa"},"implant_md5":null,"bootable":true,"subvariant":"A"}`
)

func doc(kind, version, payload string) string {
	return `{"header":{"version":"` + version + `","type":"productmd.` + kind + `"},"payload":{` + composePart + `,` + payload + `}}`
}

var samples = []struct{ name, text string }{
	{"rpms.json", doc("rpms", "1.2", `"rpms":{"A":{"x86_64":{"b-0:1-1.src":{"b-0:1-1.x86_64":`+entry+`}}},"B":{}}`)},
	{"rpms.json", doc("rpms", "2.0", `"rpms":{"A":{"x86_64":{"b-0:1-1.src":{"b-0:1-1.x86_64":{"location":{"url":"https://example.com/b.rpm","size":1,"checksum":"sha256:aa","local_path":"b.rpm"},"sigkeys":["aa"],"category":"binary","new":{"x":[1]}}}}}}`)},
	{"rpm-manifest.json", `{"header":{"version":"0.3"},"payload":{` + composePart + `,"manifest":{"A":{"src":{"b-0:1-1.src":{"b-0:1-1.src":{"path":"b.src.rpm","sigkey":"aa","type":"source"}}}}}}}`},
	{"images.json", doc("images", "1.2", `"images":{"A":{"x86_64":[`+image+`]}}`)},
	{"images.json", doc("images", "2.7", `"images":{"A":{"x86_64":[{"mtime":1,"volume_id":null,"type":"qcow2","format":"qcow2","arch":"x86_64","bootable":false,"subvariant":"","location":{"url":"oci://example.com/a","size":7,"checksum":"sha256:aa","local_path":"a","contents":[{"file":"k","size":1,"checksum":"sha256:bb","layer_digest":"sha256:cc","later":true}]},"later":"<&>"}]}},"later":1`)},
	{"modules.json", doc("modules", "1.2", `"modules":{"A":{"x86_64":{"m:1:2:c":{"metadata":{"uid":"m:1:2:c","name":"m","stream":"1","version":"2","context":"c","koji_tag":"t"},"modulemd_path":{"binary":"A/modules.yaml.gz"},"rpms":["b-0:1-1.x86_64.rpm"]}}}}`)},
	{"composeinfo.json", doc("composeinfo", "1.2", `"release":{"name":"Demo","short":"Demo","version":"1","type":"ga"},"variants":{"A":{"id":"A","uid":"A","name":"A","type":"variant","arches":["x86_64"],"paths":{"os_tree":{"x86_64":"A/x86_64/os"}}}}`)},
	{"composeinfo.json", `{"header":{"version":"0.3"},"payload":{` + composePart + `,"product":{"name":"Demo","short":"Demo","version":"1"},"variants":{}}}`},
	{"extra_files.json", doc("extra_files", "1.0", `"extra_files":{"A":{"x86_64":[{"file":"GPL","size":3,"checksums":{"md5":"aa"}}]}}`)},
	{"extra_files.json", `{"header":{"version":"1.0"},"data":[{"file":"GPL","size":3,"checksums":{"md5":"aa"}}]}`},
	{"osbs.json", `{"A":{"x86_64":[{"nvr":"c-1-1","koji_task":7,"docker":{"id":"x"},"size":1}],"scratch":[{"compose_id":"Demo","koji_task":8,"repositories":[]}]}}`},
}

func TestWhatIsReadIsWrittenBackEqual(t *testing.T) {
	for _, s := range samples {
		d, err := compose.Parse(s.name, []byte(s.text))
		require.NoError(t, err, s.text)
		assert.NoError(t, d.Validate(), s.text)
		var b bytes.Buffer
		require.NoError(t, compose.Write(&b, d))
		assert.Equal(t, golden.JSON(t, []byte(s.text)), golden.JSON(t, b.Bytes()))
	}
}

func TestMetadataIsRefusedWithItsReason(t *testing.T) {
	for _, c := range []struct {
		rule, name, text string
		want             error
	}{
		{"a newer major version", "rpms.json", doc("rpms", "3.0", `"rpms":{}`), compose.ErrVersion},
		{"a newer major version of images", "images.json", doc("images", "3.0", `"images":{}`), compose.ErrVersion},
		{"a path upwards", "rpms.json", strings.Replace(samples[0].text, "A/x86_64/os", "A/../../etc", 1), compose.ErrPath},
		{"an escaped path upwards", "rpms.json", strings.Replace(samples[0].text, "A/x86_64/os", `A/\u002e./x`, 1), compose.ErrPath},
		{"an absolute path", "images.json", strings.Replace(samples[3].text, "A/x86_64/iso", "/etc", 1), compose.ErrPath},
		{"a local path upwards", "images.json", strings.Replace(samples[4].text, `"local_path":"a"`, `"local_path":"../a"`, 1), compose.ErrPath},
		{"a variant's path upwards", "composeinfo.json", strings.Replace(samples[6].text, "A/x86_64/os", "..", 1), compose.ErrPath},
		{"an rpm's local path upwards", "rpms.json", strings.Replace(samples[1].text, `"local_path":"b.rpm"`, `"local_path":"../b.rpm"`, 1), compose.ErrPath},
		{"a file within an image upwards", "images.json", strings.Replace(samples[4].text, `"file":"k"`, `"file":"a/../../k"`, 1), compose.ErrPath},
		{"a modulemd upwards", "modules.json", strings.Replace(samples[5].text, "A/modules.yaml.gz", "../modules.yaml.gz", 1), compose.ErrPath},
		{"an extra file upwards", "extra_files.json", strings.Replace(samples[8].text, `"GPL"`, `"../GPL"`, 1), compose.ErrPath},
		{"an extra file of a tree, absolute", "extra_files.json", strings.Replace(samples[9].text, `"GPL"`, `"/GPL"`, 1), compose.ErrPath},
		{"a container's file upwards", "osbs.json", strings.Replace(samples[10].text, `"koji_task":7`, `"koji_task":7,"filename":"../c.tar"`, 1), compose.ErrPath},
		{"newer major versions of the others", "composeinfo.json", strings.Replace(samples[6].text, `"1.2"`, `"3.0"`, 1), compose.ErrVersion},
		{"newer modules", "modules.json", strings.Replace(samples[5].text, `"1.2"`, `"4.1"`, 1), compose.ErrVersion},
		{"newer extra files", "extra_files.json", strings.Replace(samples[8].text, `"1.0"`, `"3.0"`, 1), compose.ErrVersion},
		{"a version that is none", "images.json", doc("images", "new", `"images":{}`), compose.ErrInvalid},
		{"another kind", "rpms.json", doc("comps", "1.2", `"rpms":{}`), compose.ErrInvalid},
		{"a wrong type", "images.json", strings.Replace(samples[3].text, `"size":7`, `"size":"7"`, 1), compose.ErrInvalid},
		{"no payload", "images.json", `{"header":{"version":"1.2","type":"productmd.images"}}`, compose.ErrInvalid},
		{"a file cut off", "rpms.json", samples[0].text[:len(samples[0].text)-30], compose.ErrInvalid},
		{"an entry twice", "rpms.json", strings.Replace(samples[0].text, entry, entry+`,"b-0:1-1.x86_64":`+entry, 1), compose.ErrInvalid},
	} {
		t.Run(c.rule, func(t *testing.T) {
			d, err := compose.Parse(c.name, []byte(c.text))
			require.Nil(t, d)
			assert.ErrorIs(t, err, c.want)
			_, ok := errors.AsType[*compose.Error](err)
			assert.True(t, ok)
		})
	}
}

func TestValidateTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ rule, text, want string }{
		{"two different images of one identity", doc("images", "1.2", `"images":{"A":{"x86_64":[`+image+`,`+strings.Replace(image, `"aa"`, `"bb"`, 1)+`]}}`), "another image"},
		{"a format that the type can't have", doc("images", "1.2", `"images":{"A":{"x86_64":[`+strings.Replace(image, `"format":"iso"`, `"format":"qcow2"`, 1)+`]}}`), "not qcow2"},
		{"a NEVRA without epoch", strings.Replace(samples[0].text, "b-0:1-1.src", "b-1-1.src", 1), "NEVRA"},
		{"a category that is not known", strings.Replace(samples[0].text, `"binary"`, `"other"`, 1), "category"},
		{"a date", strings.Replace(samples[0].text, `"date":"20260105"`, `"date":"today"`, 1), "YYYYMMDD"},
		{"no type from 1.1 on", strings.Replace(samples[0].text, `,"type":"productmd.rpms"`, ``, 1), "header.type"},
		{"a module under another key", strings.Replace(samples[5].text, `{"m:1:2:c"`, `{"m:1:2:d"`, 1), "differ"},
		{"a child that is not there", strings.Replace(samples[6].text, `"paths"`, `"variants":["opt"],"paths"`, 1), "opt is not there"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			d, err := compose.Parse("x.json", []byte(c.text))
			require.NoError(t, err)
			err = d.Validate()
			require.ErrorIs(t, err, compose.ErrInvalid)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestTheStreamReaderDoesNotCareHowBytesArrive(t *testing.T) {
	long := strings.Replace(samples[0].text, "b-1-1.x86_64.rpm", strings.Repeat("é", 200_000), 1)
	for _, text := range []string{samples[0].text, samples[1].text, samples[2].text, long} {
		var a, b []compose.RPM
		for p, err := range compose.NewRPMReader(strings.NewReader(text)).All() {
			require.NoError(t, err)
			a = append(a, p)
		}
		for p, err := range compose.NewRPMReader(iotest.OneByteReader(strings.NewReader(text))).All() {
			require.NoError(t, err)
			b = append(b, p)
		}
		require.Len(t, a, 1)
		assert.Equal(t, a, b)
	}
}

func TestAStreamThatBreaksOffIsAnError(t *testing.T) {
	text := samples[0].text
	for i := range len(text) {
		var last error
		for _, err := range compose.NewRPMReader(strings.NewReader(text[:i])).All() {
			last = err
		}
		require.ErrorIs(t, last, compose.ErrInvalid, text[:i])
	}
	broken := errors.New("line is dead")
	r := io.MultiReader(strings.NewReader(text[:200]), iotest.ErrReader(broken))
	_, err := compose.ReadPackages(r)
	assert.ErrorIs(t, err, broken)
}

func TestTreeInfo(t *testing.T) {
	text := "[header]\ntype = productmd.treeinfo\nversion = 1.2\n\n[tree]\n; made by hand\nvariants = A\narch = x86_64\nbuild_timestamp = 12\nplatforms = x86_64,xen\n\n" +
		"[release]\nname = Demo\nshort = D\nversion = 1\n\n[variant-A]\nrepository = ../other\n\n[images-xen]\nkernel = images/k\n\n[checksums]\nimages/k = sha256:aa\n\n"
	d, err := compose.ParseTreeInfo([]byte(text))
	require.NoError(t, err)
	require.NoError(t, d.Validate())
	assert.Equal(t, text, string(d.Bytes()))
	assert.Equal(t, []string{"x86_64", "xen"}, d.Platforms())
	assert.Equal(t, map[string]string{"kernel": "images/k"}, d.Images("xen"))
	assert.Equal(t, "Demo", d.Release().Name)
	d.Normalize()
	assert.True(t, strings.HasPrefix(string(d.Bytes()), "[checksums]"))
	for _, bad := range []string{"x = 1", "[a]\n[a]", "[a]\nb = 1\nb = 2", "[a]\nword", "[a"} {
		_, err := compose.ParseTreeInfo([]byte(bad))
		assert.ErrorIs(t, err, compose.ErrInvalid, bad)
	}
	_, err = compose.ParseTreeInfo([]byte("[checksums]\n../x = sha256:aa"))
	assert.ErrorIs(t, err, compose.ErrPath)
}

func TestDiscInfo(t *testing.T) {
	for _, text := range []string{"1.5\nDemo 1\nx86_64\n", "1.5\nDemo 1\nx86_64\nALL\n", "1.5\nDemo 1\nx86_64\n1,2\nA/base\n"} {
		d, err := compose.ParseDiscInfo([]byte(text))
		require.NoError(t, err)
		require.NoError(t, d.Validate())
		assert.Equal(t, text, string(d.Bytes()))
		assert.Equal(t, int64(1500), d.Time().UnixMilli())
	}
	_, err := compose.ParseDiscInfo([]byte("1\n2"))
	assert.ErrorIs(t, err, compose.ErrInvalid)
	assert.NotErrorIs(t, err, fs.ErrNotExist)
}

func TestDocumentsMadeByHand(t *testing.T) {
	head := func(kind string) compose.Header {
		return compose.Header{Version: "1.2", Type: "productmd." + kind}
	}
	c := compose.Compose{ID: "Demo-1-20260105.0", Date: "20260105", Type: compose.Production}
	for _, d := range []compose.Document{
		&compose.RPMs{Header: head("rpms"), Compose: c, Variants: map[string]map[string]map[string]map[string]compose.RPMFile{
			"A": {"x86_64": {"b-0:1-1.src": {"b-0:1-1.x86_64": {Path: "b.rpm", Category: "binary"}}}}}},
		&compose.Images{Header: head("images"), Compose: c, Variants: map[string]map[string][]compose.Image{"A": {"x86_64": {
			{Path: "a.iso", Type: "dvd", Format: "iso", Arch: "x86_64", DiscNumber: 1, DiscCount: 1, Checksums: map[string]string{"md5": "a"}}}}}},
		&compose.Modules{Header: head("modules"), Compose: c, Variants: map[string]map[string]map[string]*compose.Module{"A": {"x86_64": {"m:1:2:3": {
			Metadata: &compose.ModuleMetadata{UID: "m:1:2:3", Name: "m", Stream: "1", Version: "2", Context: "3"}}}}}},
		&compose.Info{Header: head("composeinfo"), Compose: c, Release: compose.Release{Name: "Demo", Short: "Demo", Version: "1"},
			Variants: map[string]*compose.Variant{"A": {ID: "A", UID: "A", Name: "A", Type: "variant", Arches: []string{"x86_64"}}}},
	} {
		require.NoError(t, d.Validate(), d.Kind())
		var b bytes.Buffer
		require.NoError(t, compose.Write(&b, d))
		again, err := compose.Parse(d.Kind()+".json", b.Bytes())
		require.NoError(t, err)
		assert.NoError(t, again.Validate())
		var c bytes.Buffer
		require.NoError(t, compose.Write(&c, again))
		assert.Equal(t, b.String(), c.String())
	}
}

func TestNothingThereIsNoPanic(t *testing.T) {
	d := compose.Compare(compose.Contents{}, compose.Contents{})
	assert.Empty(t, d.Untouched(nil))
	assert.Empty(t, compose.Sizes(nil))
	for _, d := range []compose.Document{&compose.Info{Variants: map[string]*compose.Variant{"A": nil}}, &compose.RPMs{}, &compose.Images{},
		&compose.Modules{Variants: map[string]map[string]map[string]*compose.Module{"A": {"x": {"m": nil}}}}, &compose.ExtraFiles{}} {
		assert.ErrorIs(t, d.Validate(), compose.ErrInvalid)
	}
}
