// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/modulemd/mbs"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// hubApp is an app with a hub alone.
func hubApp(t *testing.T, seed kojitest.Seed, wrap func(http.RoundTripper) http.RoundTripper) (*app, *kojitest.Hub, *bytes.Buffer) {
	t.Helper()
	hub := kojitest.NewHub(seed)
	var transport http.RoundTripper = hub.Transport()
	if wrap != nil {
		transport = wrap(transport)
	}
	c, err := koji.NewClient("http://hub.invalid/kojihub", koji.WithHTTPClient(&http.Client{Transport: transport}), koji.WithRetry(koji.Retry{}))
	require.NoError(t, err)
	errs := &bytes.Buffer{}
	a := &app{errs: errs, now: func() time.Time { return demoDay }}
	a.koji = c
	a.packages = &tagPackages{hub: c, now: a.now, warn: a.warn}
	return a, hub, errs
}

func TestCommitsComeFromTheSourceOfABuild(t *testing.T) {
	commit := strings.Repeat("0123456789", 4)
	for source, want := range map[string]string{
		"git+https://src.example.org/rpms/a.git#" + commit: commit,
		"git://pkgs.example.org/rpms/a?#" + commit:         commit,
		"git+https://src.example.org/rpms/a.git#f43":       "",
		"cli-build/1234.abcd/a-1-1.src.rpm":                "",
		"":                                                 "",
	} {
		assert.Equal(t, want, buildFact(koji.Build{Source: source}, nil).CommitHash, source)
	}
}

var small = kojitest.Seed{
	Users: []kojitest.User{{Name: "alice", Password: "x", Permissions: []string{"admin"}}},
	Tags: []kojitest.Tag{{Name: "f43", Arches: "x86_64"}, {Name: "f43-updates", Arches: "x86_64", Parents: []string{"f43"}},
		{Name: "f43-container", Arches: "x86_64"}, {Name: "other", Arches: "x86_64"}},
	Builds: []kojitest.Build{
		{NVR: "a-1-1", Tags: []string{"f43"}, RPMs: []string{"a", "a-libs"}},
		{NVR: "b-1-1", Tags: []string{"f43"}},
		{NVR: "a-2-1", Tags: []string{"f43-updates"}, RPMs: []string{"a", "a-libs"}},
		{NVR: "web-1-1", Tags: []string{"f43-container"}, RPMs: []string{}},
		{NVR: "b-2-1", Tags: []string{"other"}},
		{NVR: "c-1-1", Tags: []string{"f43", "f43-updates"}},
		{NVR: "c-2-1", Tags: []string{"f43"}},
		{NVR: "d-1-1", Tags: []string{"f43"}, RPMs: []string{"d-libs"}},
	},
	Deps: func(nvr, name, arch string) kojitest.Deps {
		switch name {
		case "a":
			return kojitest.Deps{Provides: []string{"cap(a)"}, Requires: []string{"liba.so.1()(64bit)", "/usr/bin/b", "(cap(b) if a)", "nothing()"}}
		case "a-libs":
			return kojitest.Deps{Provides: []string{"liba.so.1()(64bit)"}, Requires: []string{"b >= 1", "either"}}
		case "b":
			return kojitest.Deps{Provides: []string{"cap(b)", "/usr/bin/b", "either"}}
		case "c":
			if nvr == "c-2-1" {
				return kojitest.Deps{Requires: []string{"either"}}
			}
		case "d-libs":
			return kojitest.Deps{Provides: []string{"either"}, Requires: []string{"cap(b)"}}
		}
		return kojitest.Deps{}
	},
}

func TestRequirementsLeadToPackages(t *testing.T) {
	a, hub, errs := hubApp(t, small, nil)
	needs, err := a.needsOf(t.Context(), updater.Ask{Kind: updater.KindDependency, Release: "fedora-43-updates", BuildID: 1})
	require.NoError(t, err)
	want := []updater.Needs{
		{Release: "fedora-43-updates", Name: "a", On: map[string][]string{pdc.RPMRequires: {"a-libs", "b"}}},
		{Release: "fedora-43-updates", Name: "a-libs", On: map[string][]string{pdc.RPMRequires: {"b"}}},
	}
	assert.Equal(t, want, needs)
	assert.Contains(t, errs.String(), "a needs nothing(), which nothing in f43 provides; left out")

	// The hub is asked for each rpm once.
	hub.ForgetCalls()
	_, err = a.needsOf(t.Context(), updater.Ask{Kind: updater.KindDependency, Release: "fedora-43-updates", BuildID: 2})
	require.NoError(t, err)
	for _, c := range hub.Calls() {
		assert.NotContains(t, []string{"getRPMDeps", "listTaggedRPMS"}, c.Method)
	}

	// Source packages have names of their own, and needs of another kind.
	needs, err = a.needsOf(t.Context(), updater.Ask{Kind: updater.KindDependency, Release: "fedora-43-updates", BuildID: 8})
	require.NoError(t, err)
	assert.Equal(t, []updater.Needs{{Release: "fedora-43-updates", Name: "d-libs", On: map[string][]string{pdc.RPMRequires: {"b"}}}}, needs)

	// A build that belongs to no release any more has no needs to tell.
	needs, err = a.needsOf(t.Context(), updater.Ask{Kind: updater.KindDependency, Release: "fedora-43-updates", BuildID: 5})
	require.NoError(t, err)
	assert.Empty(t, needs)
	_, err = a.needsOf(t.Context(), updater.Ask{Kind: updater.KindDependency, Release: "fedora-43-updates", BuildID: 99})
	assert.ErrorIs(t, err, koji.ErrNotFound)
}

func TestOfSeveralBuildsTheOneTaggedLastCounts(t *testing.T) {
	a, _, _ := hubApp(t, small, nil)
	var got []string
	_, err := a.allNeeds(t.Context(), "fedora-43-updates", a.policy.ReleaseOfTag, func(_ context.Context, release string, builds []koji.TaggedBuild) ([]updater.Needs, error) {
		for _, b := range builds {
			got = append(got, release+" "+b.NVR+" in "+b.Tag)
		}
		return nil, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"fedora-43-updates a-2-1 in f43-updates", "fedora-43-updates b-1-1 in f43",
		"fedora-43-updates c-2-1 in f43", "fedora-43-updates d-1-1 in f43"}, got)
	needs, err := a.needsOf(t.Context(), updater.Ask{Kind: updater.KindDependency, Release: "fedora-43-updates", BuildID: 6}) // c-1-1
	require.NoError(t, err)
	assert.Equal(t, []updater.Needs{{Release: "fedora-43-updates", Name: "c", On: map[string][]string{pdc.RPMRequires: {"b"}}}}, needs, "c-2-1 needs it")

	// Rows of rpms are of all builds: a message told of each.
	builds, err := a.allBuilds(t.Context(), "fedora-43-updates")
	require.NoError(t, err)
	var nvrs []string
	for _, b := range builds {
		nvrs = append(nvrs, fmt.Sprint(b.NVR(), " ", b.Releases, " ", len(b.RPMs)))
	}
	assert.Equal(t, []string{"a-1-1 [fedora-43-updates] 3", "b-1-1 [fedora-43-updates] 2", "a-2-1 [fedora-43-updates] 3",
		"c-1-1 [fedora-43-updates] 2", "c-2-1 [fedora-43-updates] 2", "d-1-1 [fedora-43-updates] 2"}, nvrs)
}

func TestFilesAreProvidedAsRepositoriesTellThem(t *testing.T) {
	epoch := 2
	p := packageOf(koji.RPM{Name: "n", Version: "1", Release: "2", Epoch: &epoch, Arch: "noarch"}, []koji.RPMDep{
		{Type: koji.DepProvides, Name: "cap", Version: "1:3-4", Flags: 8}, {Type: koji.DepRequires, Name: "x", Version: "3", Flags: 12},
		{Type: koji.DepObsoletes, Name: "y"}, {Type: koji.DepRequires, Name: "odd", Version: "-", Flags: 8},
	}, []koji.RPMFile{{Name: "/usr/bin/n"}, {Name: "/usr/share/doc/n"}, {Name: "/etc/n.conf"}, {Name: "/usr/lib/sendmail"}})
	assert.Equal(t, "n-2:1-2.noarch", p.NEVRA.String())
	assert.Equal(t, []string{"/usr/bin/n", "/etc/n.conf", "/usr/lib/sendmail"}, p.Files)
	assert.Equal(t, "[cap = 1:3-4] [x >= 3 odd]", fmt.Sprint(p.Provides, p.Requires))
}

func TestModulesThatPDCIsNotToldOf(t *testing.T) {
	asked := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RawQuery
		io.WriteString(w, `{"items":[{"id":1,"name":"a","stream":"1","version":"1","context":"c","state":2,"koji_tag":"t"},
			{"id":2,"name":"a","stream":"1","version":"2","context":"c","state":3,"scratch":true}],"meta":{"next":null}}`)
	}))
	defer srv.Close()
	c, err := mbs.NewClient(srv.URL)
	require.NoError(t, err)
	a := &app{services: services{mbs: c}}
	f, err := a.all(t.Context(), updater.Scope{Kind: updater.KindModule})
	require.NoError(t, err)
	assert.Equal(t, []updater.Module{{Name: "a", Stream: "1", Version: "1", Context: "c", State: trigger.ModuleBuilding, KojiTag: "t"}}, f.Modules)
	for _, state := range []string{"wait", "build", "done", "ready"} {
		assert.Contains(t, asked, "state="+state)
	}
	assert.NotContains(t, asked, "failed")
}

// imageHub answers what the hub in memory has no model of: image archives of a
// build and the rpms in one.
type imageHub struct{ http.RoundTripper }

func (h imageHub) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	row := func(members string) string { return "<value><struct>" + members + "</struct></value>" }
	text := func(name, v string) string {
		return "<member><name>" + name + "</name><value><string>" + v + "</string></value></member>"
	}
	number := func(name string, n int) string {
		return fmt.Sprintf("<member><name>%s</name><value><int>%d</int></value></member>", name, n)
	}
	rows := ""
	switch {
	case bytes.Contains(body, []byte("<methodName>listArchives<")):
		rows = row(number("id", 7)+text("type_name", "tar")) + row(number("id", 8)+text("type_name", "ks")) + row(number("id", 9)+text("type_name", "tar"))
	case bytes.Contains(body, []byte("imageID")) && bytes.Contains(body, []byte(">7<")):
		rows = row(text("name", "bash")) + row(text("name", "glibc"))
	case bytes.Contains(body, []byte("imageID")) && bytes.Contains(body, []byte(">9<")):
		rows = row(text("name", "glibc")) + row(text("name", "httpd"))
	case bytes.Contains(body, []byte("imageID")):
		return nil, errors.New("asked for the contents of a kickstart")
	default:
		return h.RoundTripper.RoundTrip(r)
	}
	answer := "<?xml version='1.0'?><methodResponse><params><param><value><array><data>" + rows + "</data></array></value></param></params></methodResponse>"
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

func TestContainersHoldWhatTheirImagesHold(t *testing.T) {
	a, _, _ := hubApp(t, small, func(rt http.RoundTripper) http.RoundTripper { return imageHub{rt} })
	want := []updater.Needs{{Release: "fedora-43-updates", Name: "web", Type: "container", On: map[string][]string{pdc.ContainerIncludesRPM: {"bash", "glibc", "httpd"}}}}
	got, err := a.needsOf(t.Context(), updater.Ask{Kind: updater.KindContainer, Release: "fedora-43-updates", BuildID: 4})
	require.NoError(t, err)
	assert.Equal(t, want, got)
	f, err := a.all(t.Context(), updater.Scope{Kind: updater.KindContainer, Release: "fedora-43-updates"})
	require.NoError(t, err)
	assert.Equal(t, want, f.Needs)
}

func TestComposesAreReadFromKnownFoldersOnly(t *testing.T) {
	const id = "Fedora-Rawhide-20261120.n.0"
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("demo/compose")))
	f := folder{place: dir}
	var err error
	f.client, err = f.connect()
	require.NoError(t, err)
	a := &app{services: services{folders: []folder{f}}}
	c, err := a.composeOf(t.Context(), id, "http://evil.example.org/compose")
	require.NoError(t, err)
	raw, err := os.ReadFile(filepath.Join(dir, id, "compose/metadata/rpms.json"))
	require.NoError(t, err)
	assert.Equal(t, string(raw), string(c.RPMs), "as it was published")
	assert.Equal(t, "fedora-rawhide", updater.ReleaseOfCompose(c.Info))

	for _, bad := range []string{"../" + id, "", "Fedora-Rawhide-20261121.n.0"} {
		_, err = a.composeOf(t.Context(), bad, "")
		assert.Error(t, err, bad)
	}
	require.NoError(t, os.Remove(filepath.Join(dir, id, "compose/metadata/rpms.json")))
	c, err = a.composeOf(t.Context(), id, "")
	require.NoError(t, err)
	assert.Nil(t, c.RPMs)
	require.NoError(t, os.WriteFile(filepath.Join(dir, id, "compose/metadata/images.json"), []byte(`{"header":`), 0o600))
	_, err = a.composeOf(t.Context(), id, "")
	assert.ErrorContains(t, err, "cut off")
	require.NoError(t, os.Rename(filepath.Join(dir, id), filepath.Join(dir, "Fedora-Rawhide-20261122.n.0")))
	_, err = a.composeOf(t.Context(), "Fedora-Rawhide-20261122.n.0", "")
	assert.ErrorContains(t, err, "is of \"Fedora-Rawhide-20261120.n.0\"")
}

func TestAMessageThatContradictsTheBuildServiceIsNotBelieved(t *testing.T) {
	s, _ := onStage(t)
	o, err := parse(append([]string{"audit"}, s.flags...), io.Discard)
	require.NoError(t, err)
	a := &app{options: o, errs: io.Discard, now: time.Now}
	a.services, err = a.connect()
	require.NoError(t, err)
	m, err := a.moduleOf(t.Context(), &trigger.Module{ID: 11, Name: "tidy", Stream: "2", Version: "4320261120", Context: "c0ffee42"})
	require.NoError(t, err)
	assert.Equal(t, "tidy:2:4320261120:c0ffee42", m.UID())
	assert.Len(t, m.RPMs, 2)
	assert.Equal(t, "tidy", m.RPMs[0].SRPM)
	_, err = a.moduleOf(t.Context(), &trigger.Module{ID: 11, Name: "other", Stream: "2"})
	assert.ErrorContains(t, err, "knows 11 as tidy:2:4320261120:c0ffee42, not as other:2")
}

func TestEachIsBoundedAndEndsAtTheFirstError(t *testing.T) {
	var running, most atomic.Int32
	done := make([]bool, 100)
	require.NoError(t, each(t.Context(), 4, len(done), func(_ context.Context, i int) error {
		n := running.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(100 * time.Microsecond)
		done[i] = true
		running.Add(-1)
		return nil
	}))
	assert.NotContains(t, done, false)
	assert.LessOrEqual(t, most.Load(), int32(4))

	var calls atomic.Int32
	wrong := errors.New("wrong")
	err := each(t.Context(), 2, 1000, func(ctx context.Context, i int) error {
		if calls.Add(1) == 5 {
			return wrong
		}
		return nil
	})
	assert.ErrorIs(t, err, wrong)
	assert.Less(t, calls.Load(), int32(1000))
	assert.NoError(t, each(t.Context(), 2, 0, nil))
}

func TestStateFilesAreReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	require.NoError(t, writeState(path, position{Format: positionFormat, Page: 1}))
	assert.Error(t, writeState(path, func() {}), "no JSON")
	var at position
	ok, err := readState(path, positionFormat, &at)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, 1, at.Page)
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, names, 1)
	assert.Error(t, writeState(filepath.Join(dir, "none", "state"), at))
	ok, err = readState(filepath.Join(dir, "none"), positionFormat, &at)
	assert.NoError(t, err)
	assert.False(t, ok)
}

// updating is a hub that says of one package of a build root that it was asked
// for: the builders in memory do not tell.
type updating struct{ http.RoundTripper }

var isUpdate = regexp.MustCompile(`<name>is_update</name>\s*<value>\s*<boolean>0`)

func (u updating) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(resp.Body)
	if at := isUpdate.FindIndex(data); at != nil {
		data[at[1]-1] = '1'
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	resp.Header.Del("Content-Length")
	return resp, err
}

func TestBuildRootsTellWhatWasAskedFor(t *testing.T) {
	s, _ := onStage(t)
	c, err := koji.NewClient("http://hub.invalid/kojihub", koji.WithHTTPClient(&http.Client{Transport: updating{s.hub.Transport()}}))
	require.NoError(t, err)
	require.NoError(t, s.tagBash(t.Context()))
	a := &app{errs: io.Discard, now: time.Now}
	a.koji, a.packages = c, &tagPackages{hub: c, now: time.Now, warn: a.warn}
	b, err := c.Build(t.Context(), "bash-5.3-1.fc43")
	require.NoError(t, err)
	needs, err := a.needsOf(t.Context(), updater.Ask{Kind: updater.KindDependency, Release: "fedora-43-updates", BuildID: int64(b.ID)})
	require.NoError(t, err)
	assert.Equal(t, []updater.Needs{{Release: "fedora-43-updates", Name: "bash", On: map[string][]string{
		pdc.RPMBuildRequires: {"glibc"}, pdc.RPMBuildRoot: {"zlib", "zlib-devel"}, pdc.RPMRequires: {"glibc"},
	}}}, needs)
}

func TestTopicsOfTheReplayFollowTheKinds(t *testing.T) {
	a := &app{}
	a.prefix, a.env = "org.fedoraproject", "prod"
	l := &listener{app: a}
	a.updater = &updater.Updater{Kinds: []updater.Kind{updater.KindRPM, updater.KindDependency, updater.KindModule}}
	got := l.topics()
	assert.True(t, slices.IsSorted(got))
	assert.Equal(t, []string{"org.fedoraproject.prod.brew.build.tag", "org.fedoraproject.prod.buildsys.tag", "org.fedoraproject.prod.mbs.module.state.change"}, got)
	a.env = "" // a bridge
	assert.Equal(t, []string{"org.fedoraproject.brew.build.tag", "org.fedoraproject.buildsys.tag", "org.fedoraproject.mbs.module.state.change"}, l.topics())
	a.prefix = ""
	assert.Nil(t, l.topics())
}
