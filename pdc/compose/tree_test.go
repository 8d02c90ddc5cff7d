// SPDX-License-Identifier: MIT

package compose_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// demo is a folder of composes: two good ones, one that can't be used, and
// what may lie beside them.
func demo() fstest.MapFS {
	m := fstest.MapFS{"latest-Demo-1": {Mode: fs.ModeDir}}
	add := func(name, text string) { m[name] = &fstest.MapFile{Data: []byte(text)} }
	for id, status := range map[string]string{"Demo-1-20260105.n.9": "FINISHED", "Demo-1-20260105.n.10": "FINISHED_INCOMPLETE",
		"Demo-1-20260106.n.0": "DOOMED", "Demo-1-20260107.n.0": "FINISHED", "Demo-1-updates-20260109.n.0": "FINISHED", "Demo-1-20260105.t.0": "FINISHED"} {
		add(id+"/STATUS", status+"\n")
		if id != "Demo-1-20260107.n.0" { // has lost its metadata
			add(id+"/compose/metadata/composeinfo.json", samples[6].text)
		}
	}
	rpm := func(srpm string, names ...string) string {
		var out []string
		evr := strings.TrimSuffix(srpm[strings.LastIndex(srpm, "-0:"):], ".src")
		if i := strings.Index(srpm, "-1:"); i > 0 {
			evr = strings.TrimSuffix(srpm[i:], ".src")
		}
		for _, n := range names {
			out = append(out, fmt.Sprintf(`"%s%s.x86_64":%s`, n, evr, entry))
		}
		return fmt.Sprintf("%q:{%s}", srpm, strings.Join(out, ","))
	}
	rpms := func(variants string) string { return doc("rpms", "1.2", `"rpms":{`+variants+`}`) }
	tree := func(variant string, builds ...string) string {
		return fmt.Sprintf(`%q:{"x86_64":{%s}}`, variant, strings.Join(builds, ","))
	}
	spin := tree("Spin", rpm("bash-0:5-1.src", "bash"))
	add("Demo-1-20260105.n.9/compose/metadata/rpms.json", rpms(tree("A", rpm("bash-0:5-1.src", "bash"), rpm("z-0:9-1.src", "z", "z-old"), rpm("k-0:6-2.src", "k"), rpm("gone-0:1-1.src", "gone"))+","+spin))
	add("Demo-1-20260105.n.10/compose/metadata/rpms.json", rpms(tree("A", rpm("bash-0:5-1.src", "bash"), rpm("z-0:9-1.src", "z"), rpm("z-0:10-1.src", "z", "z-new"), rpm("k-0:6~rc1-2.src", "k"))+","+spin))
	img := func(size, variant string) string {
		return fmt.Sprintf(`%q:{"x86_64":[%s]}`, variant, strings.Replace(strings.Replace(image, `"size":7`, `"size":`+size, 1), `"subvariant":"A"`, `"subvariant":"`+variant+`"`, 1))
	}
	add("Demo-1-20260105.n.9/compose/metadata/images.json", doc("images", "1.2", `"images":{`+img("100", "A")+","+img("5", "Spin")+`}`))
	add("Demo-1-20260105.n.10/compose/metadata/images.json", doc("images", "1.2", `"images":{`+img("2148", "A")+","+img("5", "Spin")+`}`))
	return m
}

// both runs a test over a folder and over HTTP.
func both(t *testing.T, fn func(t *testing.T, c *compose.Client)) {
	t.Run("folder", func(t *testing.T) { fn(t, compose.NewDirClient(demo())) })
	t.Run("HTTP", func(t *testing.T) {
		srv := httptest.NewServer(http.FileServerFS(demo()))
		t.Cleanup(srv.Close)
		c, err := compose.NewClient(srv.URL, compose.WithRetry(compose.Retry{}))
		require.NoError(t, err)
		fn(t, c)
	})
}

func TestTheLastGoodCompose(t *testing.T) {
	both(t, func(t *testing.T, c *compose.Client) {
		for _, x := range []struct {
			rule string
			q    compose.Query
			want string
		}{
			{"respins are numbers, and metadata must be there", compose.Query{Prefix: "Demo-1", Type: compose.Nightly}, "Demo-1-20260105.n.10"},
			{"fully good ones only", compose.Query{Prefix: "Demo-1", Type: compose.Nightly, Status: []compose.Status{compose.Finished}}, "Demo-1-20260105.n.9"},
			{"of another type", compose.Query{Prefix: "Demo-1", Type: compose.Test}, "Demo-1-20260105.t.0"},
			{"a longer prefix is another release", compose.Query{Prefix: "Demo-1-updates"}, "Demo-1-updates-20260109.n.0"},
			{"a doomed one where asked for", compose.Query{Prefix: "Demo-1", Status: []compose.Status{compose.Doomed}}, "Demo-1-20260106.n.0"},
		} {
			f, err := c.LastGood(t.Context(), x.q)
			require.NoError(t, err, x.rule)
			assert.Equal(t, x.want, f.Name, x.rule)
		}
		_, err := c.LastGood(t.Context(), compose.Query{Prefix: "Other-1"})
		assert.ErrorIs(t, err, fs.ErrNotExist)
		all, err := c.List(t.Context(), compose.Query{})
		require.NoError(t, err)
		assert.Len(t, all, 6)
	})
}

func TestTheDiffOfTwoComposes(t *testing.T) {
	both(t, func(t *testing.T, c *compose.Client) {
		d, err := c.Diff(t.Context(), "Demo-1-20260105.n.9", "Demo-1-20260105.n.10")
		require.NoError(t, err)
		assert.Equal(t, []compose.PackageChange{{Name: "z", Old: "z-0:9-1.src", New: "z-0:10-1.src", AddedRPMs: []string{"z-new"}, DroppedRPMs: []string{"z-old"}}}, d.Packages.Upgraded)
		assert.Equal(t, []compose.PackageChange{{Name: "k", Old: "k-0:6-2.src", New: "k-0:6~rc1-2.src"}}, d.Packages.Downgraded)
		assert.Equal(t, []string{"gone-0:1-1.src"}, d.Packages.Dropped)
		assert.Equal(t, 1, d.Packages.Unchanged)
		assert.Equal(t, map[string]compose.VariantChanges{"A": {Changed: []string{"gone", "k", "z"}}, "Spin": {Changed: []string{}}}, d.Variants)
		require.Len(t, d.Images.Resized, 1)
		assert.Equal(t, int64(2048), d.Images.Resized[0].Delta)

		im, err := c.Images(t.Context(), d.New)
		require.NoError(t, err)
		require.Len(t, d.Untouched(im), 1)
		assert.Equal(t, "Spin/x86_64 Spin dvd", d.Untouched(im)[0].String())
		p, err := c.Packages(t.Context(), d.New)
		require.NoError(t, err)
		assert.Len(t, p.Untouched(im, "z"), 1)
		assert.Empty(t, p.Untouched(im, "z", "bash"))

		var b bytes.Buffer
		require.NoError(t, d.Text(&b))
		assert.Contains(t, b.String(), "A/x86_64 A dvd: 100 -> 2148 (+2.0 KiB)")

		h, err := c.Sizes(t.Context(), d.Old, "Demo-1-20260106.n.0", d.New)
		require.NoError(t, err)
		require.Len(t, h, 2)
		assert.Len(t, h[0].Sizes, 2)
	})
}

func TestAnswersOfTheServerBecomeErrors(t *testing.T) {
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
	defer srv.Close()
	c, err := compose.NewClient(srv.URL, compose.WithRetry(compose.Retry{}))
	require.NoError(t, err)
	for code, want := range map[int]error{404: fs.ErrNotExist, 403: fs.ErrPermission, 401: compose.ErrUnauthorized, 503: compose.ErrUnavailable, 200: compose.ErrInvalid} {
		status = code
		_, err := c.Status(t.Context(), "Demo-1-20260105.n.0")
		assert.ErrorIs(t, err, want, "%d", code)
	}
	for _, bad := range []string{"", "..", "a/b", "../x"} {
		_, err := c.Images(t.Context(), bad)
		assert.ErrorIs(t, err, compose.ErrInvalid, bad)
	}
	_, err = compose.NewClient("ftp://example.com")
	assert.ErrorIs(t, err, compose.ErrInvalid)
	srv.Close()
	_, err = c.Status(t.Context(), "Demo-1-20260105.n.0")
	assert.True(t, errors.Is(err, compose.ErrUnavailable))
}

func TestComposeIDs(t *testing.T) {
	for s, want := range map[string]compose.ID{
		"Fedora-Rawhide-20240105.n.0":          {Prefix: "Fedora-Rawhide", Date: "20240105", Type: compose.Nightly},
		"Fedora-23-20151030.0":                 {Prefix: "Fedora-23", Date: "20151030", Type: compose.Production},
		"P-2.1-RHEL-7-20161110.t.12":           {Prefix: "P-2.1-RHEL-7", Date: "20161110", Type: compose.Test, Respin: 12},
		"Fedora-40-updates-20240105.nightly.1": {Prefix: "Fedora-40-updates", Date: "20240105", Type: compose.Nightly, Respin: 1},
		"Test-20151203.0.t":                    {Prefix: "Test", Date: "20151203", Type: compose.Test},
	} {
		id, err := compose.ParseID(s)
		require.NoError(t, err, s)
		assert.Equal(t, want, id)
	}
	for _, s := range []string{"", "latest-Fedora", "Fedora-20240105.x.0", "20240105.n.0", "F-2024.n.0"} {
		_, err := compose.ParseID(s)
		assert.ErrorIs(t, err, compose.ErrInvalid, s)
	}
	base := compose.Release{Short: "RHEL", Version: "7", Type: "eus"}
	assert.Equal(t, "P-2-RHEL-7-eus", compose.Prefix(compose.Release{Short: "P", Version: "2", Type: "ga"}, &base))
	a, _ := compose.ParseLabel("Beta-2.10")
	b, err := compose.ParseLabel("RC-1.0")
	require.NoError(t, err)
	assert.Negative(t, a.Compare(b))
	_, err = compose.ParseLabel("Gold-1.0")
	assert.ErrorIs(t, err, compose.ErrInvalid)
}

func TestPackagesAreOrderedAsRPMDoes(t *testing.T) {
	order := []string{"a-0:1~rc1-1.src", "a-0:1-1.src", "a-0:1^git1-1.src", "a-0:1.a-1.src", "a-0:1.0-1.src", "a-0:1.9-1.src", "a-0:1.10-1.src", "a-0:1.10-2.src", "a-1:0-1.src"}
	for i := range order {
		for j := range order {
			x, err := compose.ParseNEVRA(order[i])
			require.NoError(t, err)
			y, err := compose.ParseNEVRA(order[j])
			require.NoError(t, err)
			want := 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			assert.Equal(t, want, x.Compare(y), "%s %s", x, y)
		}
	}
	x, _ := compose.ParseNEVRA("a-1.0-1.src")
	y, _ := compose.ParseNEVRA("a-0:1.a-1.src.rpm")
	assert.Positive(t, x.Compare(y))
	assert.Equal(t, "a-0:1.0-1.src", x.String())
}
