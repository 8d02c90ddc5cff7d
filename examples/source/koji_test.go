// SPDX-License-Identifier: MIT

package source_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

const module = `document: modulemd
version: 2
data:
  name: tools
  stream: "1"
  version: %s
  context: c0
  summary: Tools
  description: Tools.
  license: {module: [MIT]}
  components: {rpms: {%s: {rationale: wanted}}}
`

func moduleBuild(version, component string) kojitest.Build {
	return kojitest.Build{NVR: "tools-1-" + version + ".c0", Tags: []string{"modular"}, Extra: map[string]any{
		"typeinfo": map[string]any{"module": map[string]any{
			"name": "tools", "stream": "1", "version": version, "context": "c0", "modulemd_str": fmt.Sprintf(module, version, component),
		}},
	}}
}

// hub has a build tag with what tags can have: two arches, one package for
// none, an epoch, a blocked package, one whose source has no file, one that
// asks for what is not there, and for what cannot be read.
func hub(t *testing.T) (*kojitest.Hub, *koji.Client) {
	t.Helper()
	epoch := 2
	h := kojitest.NewHub(kojitest.Seed{
		Users: []kojitest.User{{Name: "alice", Password: "secret", Permissions: []string{"admin"}}},
		Tags: []kojitest.Tag{
			{Name: "dist", Arches: "x86_64 i686"}, {Name: "build", Arches: "x86_64 i686", Parents: []string{"dist"}}, {Name: "bare"}, {Name: "modular"},
		},
		Targets:  []kojitest.Target{{Name: "dist", BuildTag: "build", DestTag: "dist"}},
		Repos:    []string{"build", "bare"},
		Packages: []kojitest.Package{{Name: "bad", Tags: []string{"build"}, Blocked: true}},
		Builds: []kojitest.Build{
			{NVR: "zlib-1.3-1", Epoch: &epoch, Tags: []string{"dist"}, RPMs: []string{"zlib", "zlib-devel"}},
			{NVR: "bad-1-1", Tags: []string{"dist"}, RPMs: []string{"bad"}},
			{NVR: "curl-8-1", Tags: []string{"dist"}, RPMs: []string{"curl"}},
			{NVR: "doc-1-1", Tags: []string{"dist"}, Files: []kojitest.RPM{{Name: "doc", Arch: "src"}, {Name: "doc", Arch: "noarch"}}},
			{NVR: "old-1-1", Tags: []string{"dist"}, Files: []kojitest.RPM{{Name: "old", Arch: "src", MetadataOnly: true}, {Name: "old", Arch: "x86_64"}}},
			moduleBuild("1", "doc"), moduleBuild("2", "curl"),
		},
		Builder: kojitest.Builder{ManualRepos: true},
		Deps: func(nvr, name, arch string) kojitest.Deps {
			switch name + "." + arch {
			case "curl.src":
				return kojitest.Deps{Requires: []string{"zlib-devel >= 2:1.3", "(doc if zlib)", "perl(None)", "zlib-devel = 1-2-3"}}
			case "doc.src":
				return kojitest.Deps{Requires: []string{"zlib-devel > 2:2"}}
			case "zlib-devel.x86_64", "zlib-devel.i686":
				return kojitest.Deps{Requires: []string{"zlib = 2:1.3-1"}}
			}
			return kojitest.Deps{}
		},
	})
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithHTTPClient(&http.Client{Transport: h.Transport()}),
		koji.WithRetry(koji.Retry{}), koji.WithPassword("alice", "secret"), koji.WithTopURL("http://koji.example.com/kojifiles"))
	require.NoError(t, err)
	return h, c
}

func TestAKojiTagIsReadWhole(t *testing.T) {
	_, c := hub(t)
	got, err := source.Koji(t.Context(), c, "build", source.KojiOptions{Modules: []string{"modular"}})
	require.NoError(t, err)
	var names []string
	for _, p := range got.Packages {
		names = append(names, p.NEVRA.String())
	}
	assert.Equal(t, []string{
		"curl-8-1.x86_64", "doc-1-1.noarch", "old-1-1.x86_64", "zlib-2:1.3-1.x86_64", "zlib-devel-2:1.3-1.x86_64",
		"curl-8-1.i686", "zlib-2:1.3-1.i686", "zlib-devel-2:1.3-1.i686",
		"zlib-2:1.3-1.src", "curl-8-1.src", "doc-1-1.src",
	}, names, "blocked packages are not there, those for all arches once")
	assert.Equal(t, []string{"old-1-1"}, got.Unread)
	require.Len(t, got.Problems, 1)
	assert.Contains(t, got.Problems[0].Reason, "needs zlib-devel = 1-2-3: rpm: ")
	assert.Equal(t, []string{"x86_64", "i386"}, got.Arches)
	assert.Equal(t, []source.Module{{ID: "modules/tools:1", Components: []string{"curl"}}}, got.Modules, "the one that was tagged last")

	u, g, err := got.Universe(rpm.Policy{Release: "r"})
	require.NoError(t, err)
	assert.Equal(t, "r", g.Release())
	assert.Equal(t, []planner.ID{"rpms/old"}, u.Assumed)
	p, err := g.Plan(planner.Request{Changed: []planner.ID{"rpms/zlib"}})
	require.NoError(t, err)
	assert.Equal(t, "[rpms/zlib]; \n[rpms/curl]; \n[modules/tools:1]; \n", shape(p), "doc asks for a newer zlib than there is")
	var lacks []string
	for _, x := range u.Unresolved {
		lacks = append(lacks, fmt.Sprint(x.By, " ", x.Requirement))
	}
	assert.Equal(t, []string{"rpms/curl perl(None)", "rpms/doc zlib-devel > 2:2"}, lacks)

	one, err := source.Koji(t.Context(), c, "build", source.KojiOptions{Arches: []string{"i686"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"i386"}, one.Arches)
	assert.Nil(t, one.Modules)
	_, g, err = one.Universe(rpm.Policy{Arches: []string{"i686"}})
	require.NoError(t, err)
	_, ok := g.Node("binary/zlib")
	assert.True(t, ok, "of one arch alone, ids name none")
}

// What is read is what the hub knew when the repo was made, so that sources
// and binaries belong together.
func TestSourcesAreThoseOfTheRepo(t *testing.T) {
	h, c := hub(t)
	require.NoError(t, c.UntagBuild(t.Context(), "dist", "curl-8-1", false))
	curl := func(o source.KojiOptions) (n int) {
		got, err := source.Koji(t.Context(), c, "build", o)
		require.NoError(t, err)
		for _, p := range got.Packages {
			if p.Name == "curl" {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 3, curl(source.KojiOptions{}))
	_, err := c.StartRepo(t.Context(), koji.NewRepoRequest{Tag: "build", Source: true})
	require.NoError(t, err)
	h.Advance(0)
	assert.Zero(t, curl(source.KojiOptions{}))
	assert.Zero(t, curl(source.KojiOptions{Repo: "latest"}))
	assert.Equal(t, 3, curl(source.KojiOptions{Repo: "1"}), "an expired repo, by its number")
}

func TestATagThatCannotBeReadSaysWhatToDo(t *testing.T) {
	for name, x := range map[string]struct {
		tag  string
		o    source.KojiOptions
		do   func(*testing.T, *kojitest.Hub, *koji.Client)
		is   error
		says string
	}{
		"unknown":            {tag: "none", is: koji.ErrNotFound, says: "koji tag none: koji: getTag: no such tag: none"},
		"never had a repo":   {tag: "dist", is: koji.ErrNotFound, says: `koji tag dist: no repo is ready (it never had one): ask for one with "koji request-repo dist"`},
		"without arches":     {tag: "bare", says: "koji tag bare: the tag has no arches"},
		"another arch":       {tag: "build", o: source.KojiOptions{Arches: []string{"s390x"}}, says: "no arch s390x, only x86_64, i386"},
		"a word for a repo":  {tag: "build", o: source.KojiOptions{Repo: "newest"}, says: `"newest" is neither a repo's number nor latest`},
		"an unknown repo":    {tag: "build", o: source.KojiOptions{Repo: "77"}, is: koji.ErrNotFound, says: "repo 77"},
		"another tag's repo": {tag: "build", o: source.KojiOptions{Repo: "2"}, says: "repo 2 is of the tag bare"},
		"no latest":          {tag: "dist", o: source.KojiOptions{Repo: "latest"}, is: fs.ErrNotExist, says: "repos/dist/latest/repo.json"},
		"an expired repo": {tag: "build", is: koji.ErrNotFound, says: "no repo is ready (repo 1 is EXPIRED)", do: func(t *testing.T, h *kojitest.Hub, c *koji.Client) {
			require.NoError(t, c.ExpireRepo(t.Context(), 1))
		}},
		"a deleted repo": {tag: "build", o: source.KojiOptions{Repo: "1"}, is: koji.ErrNotFound, says: "repo 1 is DELETED: ask for one", do: func(t *testing.T, h *kojitest.Hub, c *koji.Client) {
			_, err := c.DeleteRepo(t.Context(), 1)
			require.NoError(t, err)
		}},
		"damaged metadata": {tag: "build", is: repodata.ErrInvalid, says: "repo 1: repos/build/1/x86_64: repodata: repodata/repomd.xml: offset", do: func(t *testing.T, h *kojitest.Hub, c *koji.Client) {
			h.PutFile("repos/build/1/x86_64/repodata/repomd.xml", []byte("<repomd><data type='primary'></repomd>"))
		}},
		"torn metadata": {tag: "build", is: repodata.ErrTruncated, says: "repodata/repomd.xml", do: func(t *testing.T, h *kojitest.Hub, c *koji.Client) {
			data, ok := h.File("repos/build/1/x86_64/repodata/repomd.xml")
			require.True(t, ok)
			h.PutFile("repos/build/1/x86_64/repodata/repomd.xml", data[:len(data)/2])
		}},
		"another file than promised": {tag: "build", is: repodata.ErrChecksum, says: "primary.xml.gz", do: func(t *testing.T, h *kojitest.Hub, c *koji.Client) {
			damage(t, h, func(data []byte) []byte { data[len(data)/2] ^= 1; return data })
		}},
		"half a file": {tag: "build", is: repodata.ErrTruncated, says: "primary.xml.gz", do: func(t *testing.T, h *kojitest.Hub, c *koji.Client) {
			damage(t, h, func(data []byte) []byte { return data[:len(data)/2] })
		}},
		"a hub that is away": {tag: "build", is: koji.ErrUnavailable, says: "koji tag build: koji: multiCall", do: func(t *testing.T, h *kojitest.Hub, c *koji.Client) {
			h.Fail("multiCall", kojitest.Times(9), kojitest.HTTP(503))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h, c := hub(t)
			if x.do != nil {
				x.do(t, h, c)
			}
			got, err := source.Koji(t.Context(), c, x.tag, x.o)
			assert.Nil(t, got)
			require.ErrorContains(t, err, x.says)
			assert.ErrorContains(t, err, "koji tag "+x.tag)
			if x.is != nil {
				assert.ErrorIs(t, err, x.is)
			}
		})
	}
}

// damage changes the primary.xml.gz that repomd.xml promises.
func damage(t *testing.T, h *kojitest.Hub, how func([]byte) []byte) {
	t.Helper()
	md, ok := h.File("repos/build/1/x86_64/repodata/repomd.xml")
	require.True(t, ok)
	m, err := repodata.ReadRepomd(bytes.NewReader(md), "repomd.xml")
	require.NoError(t, err)
	primary, err := m.Find("primary")
	require.NoError(t, err)
	name := "repos/build/1/x86_64/" + primary.Location
	data, ok := h.File(name)
	require.True(t, ok)
	h.PutFile(name, how(data))
}

func TestAHubWithoutFilesIsToldApart(t *testing.T) {
	h, _ := hub(t)
	for says, opts := range map[string][]koji.Option{
		"the client has no top URL": nil,
		"its files are gone, or lie elsewhere than below http://koji.example.com/elsewhere: ": {koji.WithTopURL("http://koji.example.com/elsewhere")},
	} {
		c, err := koji.NewClient("http://koji.example.com/kojihub", append(opts, koji.WithHTTPClient(&http.Client{Transport: notFound{h.Transport()}}))...)
		require.NoError(t, err)
		_, err = source.Koji(t.Context(), c, "build", source.KojiOptions{})
		assert.ErrorContains(t, err, says)
	}
}

// notFound answers what is no call as a web server without the file does.
type notFound struct{ hub http.RoundTripper }

func (n notFound) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		return n.hub.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusNotFound, Status: "404 Not Found", Body: http.NoBody, Request: r}, nil
}

func TestReadingATagEndsWithItsContext(t *testing.T) {
	_, c := hub(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := source.Koji(ctx, c, "build", source.KojiOptions{Progress: func(string) { cancel() }})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestAHubThatKnowsNoModulesHasNone(t *testing.T) {
	h := kojitest.NewHub(kojitest.Seed{
		Tags:    []kojitest.Tag{{Name: "dist", Arches: "x86_64"}, {Name: "modular"}},
		Targets: []kojitest.Target{{Name: "dist", BuildTag: "dist", DestTag: "dist"}},
		Builds:  []kojitest.Build{{NVR: "a-1-1", Tags: []string{"dist"}, RPMs: []string{"a"}}},
	})
	srv := kojitest.NewServer(h)
	defer srv.Close()
	c, err := srv.Client(koji.WithTopURL(srv.TopURL))
	require.NoError(t, err)
	got, err := source.Koji(t.Context(), c, "dist", source.KojiOptions{Modules: []string{"modular", "none"}})
	require.NoError(t, err)
	assert.Empty(t, got.Modules)
	assert.Len(t, got.Packages, 2)
}

var (
	liveURL = flag.String("koji.url", "", "read a tag of this hub")
	liveTag = flag.String("koji.tag", "", "the tag")
)

// A real hub's build tag is read without a gap that is not told.
func TestALiveHub(t *testing.T) {
	if *liveURL == "" || *liveTag == "" {
		t.Skip("no hub was named with -koji.url and -koji.tag")
	}
	from := source.From{Source: source.FromKoji, Koji: *liveURL, Tag: *liveTag}
	known, err := from.Read(t.Context(), source.Ask{Progress: func(s string) { t.Log(s) }})
	require.NoError(t, err)
	sources := 0
	for _, p := range known.Tag.Packages {
		if p.IsSource() {
			sources++
			assert.NotEmpty(t, p.Requires, p.NEVRA)
		}
	}
	t.Log(known.Graph.Len(), "nodes,", known.Graph.Size(), "edges,", sources, "source packages;", known.Notes)
	assert.NotZero(t, sources)
	assert.NotZero(t, known.Graph.Size())
}

func TestRepositoriesThatAHubMergesAreTold(t *testing.T) {
	h, c := hub(t)
	_, err := c.CreateExternalRepo(t.Context(), "epel", "https://mirror.example.com/$arch/")
	require.NoError(t, err)
	require.NoError(t, c.AddExternalRepoToTag(t.Context(), koji.TagExternalRepoEdit{Tag: "dist", Repo: "epel", Priority: new(5)}))
	from := source.From{Source: source.FromKoji, Tag: "build"}
	known, err := from.Read(t.Context(), source.Ask{Koji: c})
	require.NoError(t, err)
	assert.Empty(t, known.Tag.External, "the repo is older")
	_, err = c.StartRepo(t.Context(), koji.NewRepoRequest{Tag: "build"})
	require.NoError(t, err)
	h.Advance(0)
	known, err = from.Read(t.Context(), source.Ask{Koji: c})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"source packages without a file any more, whose needs are not known: 1, for example old-1-1",
		known.Notes[1], // the problem of curl, judged above
		"external repos merged into the tag's: 1, for example epel",
		"unresolved dependencies: 2, for example rpms/curl needs perl(None): " + known.Universe.Unresolved[0].Reason,
		"sources known by their binary packages alone, whose needs are not known: 1, for example rpms/old",
	}, known.Notes)
}

// The graph of a build tag of 3,057 source and 7,385 binary packages, over
// loopback, from a hub whose metadata is made already.
func BenchmarkGraphOfAKojiTag(b *testing.B) {
	d := startDemo(b)
	from := source.From{Source: source.FromKoji, Koji: d.world.Koji, Tag: distro.BuildTag}
	b.ReportAllocs()
	for b.Loop() {
		known, err := from.Read(b.Context(), source.Ask{})
		if err != nil {
			b.Fatal(err)
		}
		if known.Graph.Len() < 10000 {
			b.Fatal("the graph is smaller than the distribution")
		}
	}
}
