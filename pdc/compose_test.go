// SPDX-License-Identifier: MIT

package pdc_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// manifests are the documents of a compose with one build of bash.
func manifests(id, date, typ, build string) pdc.Manifests {
	compose := map[string]any{"id": id, "date": date, "type": typ, "respin": 0}
	doc := func(kind string, content any) any {
		return map[string]any{"header": map[string]any{"version": "1.2"}, "payload": map[string]any{"compose": compose, kind: content}}
	}
	rpm := func(arch, category string) any {
		return map[string]any{"path": "Server/" + arch + "/bash.rpm", "sigkey": "cafe0042", "category": category}
	}
	return pdc.Manifests{
		Release: "fedora-42",
		ComposeInfo: doc("variants", map[string]any{"Server": map[string]any{"id": "Server", "uid": "Server", "name": "Server", "type": "variant",
			"arches": []string{"x86_64", "ppc64le"}}}),
		RPMs: doc("rpms", map[string]any{"Server": map[string]any{"x86_64": map[string]any{"bash-0:5-" + build + ".src": map[string]any{
			"bash-0:5-" + build + ".src": rpm("source", "source"), "bash-0:5-" + build + ".x86_64": rpm("x86_64", "binary")}}}}),
		Images: doc("images", map[string]any{"Server": map[string]any{"x86_64": []any{map[string]any{"path": "Server/x86_64/iso/boot.iso",
			"type": "boot", "format": "iso", "arch": "x86_64", "disc_number": 1, "disc_count": 1, "size": 7, "mtime": 8, "bootable": true,
			"checksums": map[string]any{"sha256": "feed" + build}, "volume_id": "F", "implant_md5": "x"}}}}),
	}
}

func TestComposesComeByImport(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	ctx := t.Context()
	require.NoError(t, p.AdminAdd("location", "BOS"))
	require.NoError(t, p.AdminAdd("scheme", "https"))
	_, err := c.ReleaseVariants().Create(ctx, pdc.ReleaseVariant{Release: "fedora-42", ID: "Server", UID: "Server", Name: "Server",
		Type: "variant", Arches: []string{"x86_64"}})
	require.NoError(t, err)

	first := manifests("F-42-20260101.n.0", "20260101", "nightly", "1.fc42")
	got, err := c.ImportComposeRPMs(ctx, first)
	require.NoError(t, err)
	assert.Equal(t, pdc.Imported{Compose: "F-42-20260101.n.0", RPMs: 2}, got)
	again, err := c.ImportComposeRPMs(ctx, first)
	require.NoError(t, err)
	assert.Equal(t, got, again, "it can be repeated")
	got, err = c.ImportComposeImages(ctx, first)
	require.NoError(t, err)
	assert.Equal(t, 1, got.Images)
	got, err = c.ImportCompose(ctx, manifests("F-42-20260102.0", "20260102", "production", "2.fc42"),
		pdc.ComposeLocation{Location: "BOS", URL: "https://example.com/", Scheme: "https"})
	require.NoError(t, err)
	assert.Equal(t, pdc.Imported{Compose: "F-42-20260102.0", RPMs: 2, Images: 1, Locations: 2}, got)

	bad := first
	bad.Release = "fedora-99"
	_, err = c.ImportComposeRPMs(ctx, bad)
	require.ErrorIs(t, err, pdc.ErrNotFound)
	_, err = c.ImportComposeRPMs(ctx, pdc.Manifests{Release: "fedora-42"})
	require.ErrorIs(t, err, pdc.ErrInvalid)

	var doc struct {
		Payload struct {
			RPMs map[string]map[string]map[string]map[string]any `json:"rpms"`
		} `json:"payload"`
	}
	raw, err := c.ComposeRPMs(ctx, "F-42-20260101.n.0")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &doc))
	assert.Len(t, doc.Payload.RPMs["Server"]["x86_64"]["bash-0:5-1.fc42.src"], 2)
	raw, err = c.ComposeImages(ctx, "F-42-20260101.n.0")
	require.NoError(t, err)
	assert.Contains(t, string(raw), `"sha256":"feed1.fc42"`)

	older, err := c.Composes().Get(ctx, "F-42-20260101.n.0")
	require.NoError(t, err)
	assert.Equal(t, pdc.Date("2026-01-01"), older.Date)
	assert.Equal(t, "cafe0042", *older.Sigkeys[0])
	assert.Equal(t, map[string]map[string]string{"Server": {"x86_64": "untested", "ppc64le": "untested"}}, older.TestedArches)
	older, err = c.Composes().Update(ctx, older.ComposeID, pdc.Fields{"acceptance_testing": "passed", "linked_releases": []string{"fedora-41"},
		"rtt_tested_architectures": map[string]any{"Server": map[string]any{"x86_64": "passed"}}})
	require.NoError(t, err)
	assert.Equal(t, "passed", older.TestedArches["Server"]["x86_64"])
	test, err := c.TreeTests().Get(ctx, "F-42-20260101.n.0/Server/x86_64")
	require.NoError(t, err)
	assert.Equal(t, "passed", test.TestResult)
	_, err = c.Composes().Update(ctx, older.ComposeID, pdc.Fields{"rtt_tested_architectures": map[string]any{"Server": map[string]any{"s390x": "passed"}}})
	require.ErrorIs(t, err, pdc.ErrInvalid)
	linked, err := c.Releases().List(ctx, pdc.Query{Filter: map[string][]string{"release_id": {"fedora-41"}}})
	require.NoError(t, err)
	assert.Equal(t, []string{"F-42-20260101.n.0"}, linked.Items[0].ComposeSet)

	found, err := c.ComposesWith(ctx, "fedora-42", "bash", pdc.FindQuery{})
	require.NoError(t, err)
	require.Len(t, found, 2)
	assert.Equal(t, "bash-0:5-1.fc42.src.rpm", found[0].Packages[0].String())
	found, err = c.ComposesWith(ctx, "fedora-42", "bash", pdc.FindQuery{Latest: true, ExcludedType: "test"})
	require.NoError(t, err)
	assert.Equal(t, "F-42-20260102.0", found[0].Compose)
	one, err := c.OlderComposeWith(ctx, "F-42-20260102.0", "bash", pdc.FindQuery{})
	require.NoError(t, err)
	assert.Equal(t, "F-42-20260101.n.0", one.Compose)
	_, err = c.OlderComposeWith(ctx, "F-42-20260101.n.0", "bash", pdc.FindQuery{})
	require.ErrorIs(t, err, pdc.ErrNotFound)
	where, err := c.WhereToFileBugs(ctx, "bash-5-1.fc42")
	require.NoError(t, err)
	assert.Len(t, where, 1)

	require.NoError(t, c.Composes().Delete(ctx, "F-42-20260101.n.0"))
	require.NoError(t, c.Composes().Delete(ctx, "F-42-20260101.n.0"), "with a warning")
	n, err := c.Composes().Count(ctx, pdc.Query{Filter: map[string][]string{"deleted": {"false"}}})
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}

func TestMappingsAndOverrides(t *testing.T) {
	_, c := server(t, pdctest.Options{})
	ctx := t.Context()
	_, err := c.ReleaseVariants().Create(ctx, pdc.ReleaseVariant{Release: "fedora-42", ID: "Server", UID: "Server", Name: "Server",
		Type: "variant", Arches: []string{"x86_64"}})
	require.NoError(t, err)
	const id = "F-42-20260101.n.0"
	_, err = c.ImportComposeRPMs(ctx, manifests(id, "20260101", "nightly", "1.fc42"))
	require.NoError(t, err)
	whole := pdc.Mapping{"Server": {"x86_64": {"bash": {"src", "x86_64"}}}}
	m, err := c.ComposeMapping(ctx, id, "bash", false)
	require.NoError(t, err)
	assert.Equal(t, whole, m)

	want := pdc.Mapping{"Server": {"x86_64": {"bash": {"x86_64"}, "bash-magic": {"x86_64"}}}}
	changes, err := c.PlanMapping(ctx, id, "bash", want, false)
	require.NoError(t, err)
	assert.Len(t, changes, 2)
	n, err := c.Overrides().Count(ctx, pdc.Query{})
	require.NoError(t, err)
	assert.Zero(t, n, "a plan does nothing")
	_, err = c.PlanMapping(ctx, id, "bash", want, true)
	require.NoError(t, err)
	m, err = c.ComposeMapping(ctx, id, "bash", false)
	require.NoError(t, err)
	assert.Equal(t, want, m)
	m, err = c.ComposeMapping(ctx, id, "bash", true)
	require.NoError(t, err)
	assert.Equal(t, whole, m, "without overrides")
	compose, m, err := c.ReleaseMapping(ctx, "fedora-42", "bash", false)
	require.NoError(t, err)
	assert.Equal(t, id, compose)
	assert.Equal(t, want, m)
	_, _, err = c.ReleaseMapping(ctx, "fedora-42", "absent", false)
	require.ErrorIs(t, err, pdc.ErrNotFound)

	require.NoError(t, c.ChangeMapping(ctx, id, "bash", []pdc.OverrideChange{{Action: "delete", Variant: "Server", Arch: "x86_64",
		SRPMName: "bash", RPMName: "bash-magic", RPMArch: "x86_64"}}))
	copied, err := c.CloneOverrides(ctx, "fedora-42", "fedora-41")
	require.NoError(t, err)
	assert.Len(t, copied, 1)
	copied, err = c.CloneOverrides(ctx, "fedora-42", "fedora-41")
	require.NoError(t, err)
	assert.Empty(t, copied)
	gone, err := c.ClearOverrides(ctx, "fedora-42", false)
	require.NoError(t, err)
	assert.Len(t, gone, 1)
	_, err = c.ClearOverrides(ctx, "fedora-42", false)
	require.ErrorIs(t, err, pdc.ErrNotFound)
	_, err = c.ComposeMapping(ctx, id, "../x", false)
	require.ErrorIs(t, err, pdc.ErrInvalid)
}

func TestBranchingARelease(t *testing.T) {
	p, err := pdctest.New(pdctest.Seed{Users: []pdctest.User{{Name: "r", Token: "secret", Superuser: true}},
		Rows: []pdctest.Rows{{Resource: "releases/", Rows: []any{pdc.Release{Short: "fedora", Version: "42", Name: "Fedora", ReleaseType: "ga",
			DistGit: &pdc.DistGit{Branch: "rawhide"}}}}},
		Graphs: []pdctest.Graph{{Release: "fedora-42", Packages: []pdctest.Package{{Name: "bash"}, {Name: "glibc"}},
			Edges: []pdctest.Edge{{From: "bash", To: "glibc", Type: pdc.RPMRequires}}}}}, pdctest.Options{})
	require.NoError(t, err)
	srv := pdctest.NewServer(p)
	defer srv.Close()
	c, err := srv.Client(pdc.WithToken("secret"))
	require.NoError(t, err)
	ctx := t.Context()
	r, err := c.CloneRelease(ctx, "fedora-42", pdc.Fields{"version": "43", "dist_git": pdc.DistGit{Branch: "f43"}})
	require.NoError(t, err)
	assert.Equal(t, "fedora-43", r.ReleaseID)
	for e, err := range c.Dependencies(ctx, pdc.DependencyQuery{Release: "fedora-43"}) {
		require.NoError(t, err)
		assert.Equal(t, "bash", e.From.Name)
		assert.Equal(t, "fedora-43", e.To.Release)
	}
	page, err := c.ReleaseComponents().List(ctx, pdc.Query{Filter: map[string][]string{"release": {"fedora-43"}}})
	require.NoError(t, err)
	assert.Equal(t, "f43", page.Items[0].DistGitBranch, "inherited from the release")
	r, err = c.Releases().Create(ctx, pdc.Release{Short: "fedora", Version: "44", Name: "Fedora", ReleaseType: "ga"})
	require.NoError(t, err)
	require.NoError(t, c.CloneComponents(ctx, pdc.ComponentsClone{Source: "fedora-43", Target: r.ReleaseID, DistGitBranch: "f44"}))
	n, err := c.ReleaseComponents().Count(ctx, pdc.Query{Filter: map[string][]string{"dist_git_branch": {"f44"}}})
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	path, err := c.ImportRelease(ctx, map[string]any{"payload": map[string]any{
		"release":  map[string]any{"name": "Other", "short": "Other", "version": "1.0"},
		"variants": map[string]any{"Client": map[string]any{"id": "Client", "uid": "Client", "name": "Client", "type": "variant", "arches": []string{"x86_64"}}}}})
	require.NoError(t, err)
	assert.Equal(t, "/rest_api/v1/releases/other-1.0/", path)
	v, err := c.ReleaseVariants().Get(ctx, "other-1.0/Client")
	require.NoError(t, err)
	assert.Equal(t, []string{"x86_64"}, v.Arches)
}

func TestContactsAndDelivery(t *testing.T) {
	_, c := server(t, pdctest.Options{})
	ctx := t.Context()
	_, err := c.GlobalComponents().Create(ctx, pdc.GlobalComponent{Name: "bash"})
	require.NoError(t, err)
	role, err := c.ContactRoles().Create(ctx, pdc.ContactRole{Name: "boss", CountLimit: 1})
	require.NoError(t, err)
	assert.EqualValues(t, 1, role.CountLimit)
	contact := pdc.GlobalContact{Component: "bash", Role: "boss", Contact: pdc.Contact{Username: "ralph", Email: "ralph@example.com"}}
	got, err := c.GlobalContacts().Create(ctx, contact)
	require.NoError(t, err)
	assert.Equal(t, "ralph", got.Contact.Username)
	contact.Contact = pdc.Contact{MailName: "devel", Email: "devel@example.com"}
	_, err = c.GlobalContacts().Create(ctx, contact)
	require.ErrorIs(t, err, pdc.ErrInvalid, "one boss is enough")
	n, err := c.MailingLists().Count(ctx, pdc.Query{})
	require.NoError(t, err)
	assert.Zero(t, n, "the list made on the way was taken back")
	require.ErrorIs(t, c.GlobalComponents().Delete(ctx, "1"), pdc.ErrInvalid, "contacts protect it")

	for _, release := range []string{"fedora-41", "fedora-42"} {
		_, err = c.ReleaseVariants().Create(ctx, pdc.ReleaseVariant{Release: release, ID: "S", UID: "S", Name: "S", Type: "variant", Arches: []string{"x86_64"}})
		require.NoError(t, err)
	}
	repo, err := c.Repos().Create(ctx, pdc.Repo{ReleaseID: "fedora-42", VariantUID: "S", Arch: "x86_64", Service: "pulp", RepoFamily: "dist",
		ContentFormat: "rpm", ContentCategory: "binary", Name: "f42", ProductID: new(69)})
	require.NoError(t, err)
	list, err := c.CloneRepos(ctx, pdc.ClonedRepos{From: "fedora-42", To: "fedora-41"})
	require.NoError(t, err)
	assert.Equal(t, 69, *list[0].ProductID)
	rpm, err := c.RPMs().Create(ctx, pdc.RPM{Name: "bash", Version: "5", Release: "1", Arch: "src", SRPMName: "bash"})
	require.NoError(t, err)
	file, err := c.ReleasedFiles().Create(ctx, pdc.ReleasedFile{FilePrimaryKey: rpm.ID, Repo: pdc.RepoRef{ID: repo.ID}, ReleaseDate: "2026-01-01"})
	require.NoError(t, err)
	assert.Equal(t, "f42", file.Repo.Name)
	assert.Equal(t, "bash-5-1.src.rpm", file.File)
	d, err := c.MultiDestinations().Create(ctx, pdc.MultiDestination{GlobalComponent: "bash", Origin: pdc.RepoRef(repo), Destination: pdc.RepoRef(list[0])})
	require.NoError(t, err)
	assert.Equal(t, list[0].ID, d.Destination.ID)
	var s pdc.Seconds
	require.NoError(t, json.Unmarshal([]byte(`"0.018743"`), &s))
	assert.Equal(t, 18743*time.Microsecond, s.Duration())
	require.Error(t, json.Unmarshal([]byte(`"x"`), &s))
}
