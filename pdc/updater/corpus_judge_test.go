// SPDX-License-Identifier: MIT

package updater_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// judgeRetirement: of dead branches, each SLA that lasts beyond today ends
// today, and branches that are past all of theirs need nothing.
func judgeRetirement(s sample) error {
	const today = "2026-11-20"
	var rows []pdc.Branch
	if err := json.Unmarshal(s.Data, &rows); err != nil {
		return err
	}
	facts := updater.Facts{Today: today}
	want := map[string]bool{}
	for _, b := range rows {
		facts.Branches = append(facts.Branches, updater.Branch{Component: b.GlobalComponent, Type: b.Type, Name: b.Name, Dead: true})
		live := false
		for _, sla := range b.SLAs {
			if sla.EOL > today {
				want[fmt.Sprintf("PATCH component-branch-slas/%d eol=%s", sla.ID, today)] = true
				live = true
			}
		}
		if live != b.Active {
			return fmt.Errorf("%s is active=%v, and its SLAs say %v", b.GlobalComponent, b.Active, live)
		}
	}
	got := map[string]bool{}
	for _, f := range updater.Owed(facts, updater.Rows{Branches: rows}, updater.Policy{}) {
		got[fmt.Sprintf("%s %s%s eol=%v", f.Write.Method, f.Write.Resource, f.Write.Key, f.Write.Fields["eol"])] = true
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("owed %v, want %v", got, want)
	}
	return nil
}

// judgePackages: what pkgdb lists makes the rows that PDC has, and a
// collection more makes one row more.
func judgePackages(all []sample, s sample) error {
	var list []updater.ListedPackage
	var rows []map[string]any
	for _, x := range []struct {
		kind string
		into any
	}{{"var:PKGDB_DATA", &list}, {"var:PDC_DATA", &rows}} {
		if err := json.Unmarshal(beside(all, s, x.kind, false), x.into); err != nil {
			return fmt.Errorf("%s: %w", x.kind, err)
		}
	}
	owed := func(list []updater.ListedPackage, have updater.Rows) ([]updater.Finding, error) {
		facts, err := updater.PackagesOf(list)
		if err != nil {
			return nil, err
		}
		return updater.Owed(updater.Facts{Packages: facts, Whole: []updater.Scope{{Kind: updater.KindPackage}}}, have, updater.Policy{}), nil
	}
	found, err := owed(list, updater.Rows{})
	if err != nil {
		return err
	}
	var got, want []string
	for _, f := range found {
		if f.Resource == "release-components/" {
			got = append(got, canonical(f.Write.Fields))
		}
	}
	have := updater.Rows{}
	for i, r := range rows {
		want = append(want, canonical(r))
		text := func(name string) string { v, _ := r[name].(string); return v }
		have.ReleaseComponents = append(have.ReleaseComponents, pdc.ReleaseComponent{ID: i + 1, Name: text("name"), Type: text("type"), Active: r["active"] == true,
			Release: pdc.ReleaseRef{ReleaseID: text("release")}, GlobalComponent: text("global_component"), DistGitBranch: text("dist_git_branch")})
		have.GlobalComponents = append(have.GlobalComponents, pdc.GlobalComponent{Name: text("global_component")})
		have.Releases = append(have.Releases, pdc.Release{ReleaseID: text("release")})
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s.Kind != "var:collection" {
		if found, err := owed(list, have); err != nil || len(found) > 0 {
			return fmt.Errorf("both sides are equal, and yet %v, %v", found, err)
		}
		return lossless(s.Data, new([]updater.ListedPackage), s.Kind == "var:PKGDB_DATA")
	}
	var c updater.Collection
	if err := json.Unmarshal(s.Data, &c); err != nil {
		return err
	}
	id, err := c.Release()
	if err != nil {
		return err
	}
	list[0].Collections = append(list[0].Collections, c)
	if found, err = owed(list, have); err != nil {
		return err
	}
	components := slices.DeleteFunc(found, func(f updater.Finding) bool { return f.Resource != "release-components/" })
	if len(components) != 1 || components[0].Verdict != updater.Missing || components[0].Name != id+" rpm "+list[0].Name ||
		components[0].Write.Fields["dist_git_branch"] != c.BranchName {
		return fmt.Errorf("one package in one collection is missing, found %v", components)
	}
	return lossless(s.Data, new(updater.Collection), true)
}

// lossless checks that what is read is written again, but for nulls.
func lossless(data []byte, into any, judge bool) error {
	if !judge {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return err
	}
	return golden.Held(data, into)
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeLookup: a module that a message told of and whose uid PDC has, however
// it was made, is found and not made again; one that it has not is made.
func judgeLookup(t *testing.T, told map[string]bool, s sample) error {
	var params map[string]any
	if err := json.Unmarshal(s.Data, &params); err != nil {
		return err
	}
	uid, _ := params["uid"].(string)
	old := uid == ""
	if old {
		uid, _ = params["variant_uid"].(string)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(told)), func(m string) bool { return m == uid || strings.HasPrefix(m, uid+":") }) {
		return fmt.Errorf("%s is no module that a message tells of", uid)
	}
	n := append(strings.Split(uid, ":"), "00000000")
	if len(n) < 4 || params["page_size"] != -1.0 {
		return fmt.Errorf("%v is no question for all rows of one module", params)
	}
	module := updater.Module{Name: n[0], Stream: n[1], Version: n[2], Context: n[3], State: trigger.ModuleWait,
		Modulemd: fmt.Sprintf("document: modulemd\nversion: 2\ndata:\n  summary: s\n  description: d\n  license:\n    module: [MIT]\n  name: %s\n  stream: %q\n", n[0], n[1])}
	row := pdctest.Rows{Resource: "modules/", Rows: []any{pdc.Fields{"name": n[0], "stream": n[1], "version": n[2], "context": n[3], "koji_tag": "NA", "modulemd": "m"}}}
	if old {
		row = pdctest.Rows{Resource: "unreleasedvariants/", Rows: []any{pdc.Fields{"variant_id": n[0], "variant_uid": uid, "variant_name": n[0], "variant_type": "module",
			"variant_version": n[1], "variant_release": n[2], "koji_tag": "NA", "modulemd": "m"}}}
	}
	for _, there := range []bool{true, false} {
		var seed []pdctest.Rows
		if there {
			seed = append(seed, row)
		}
		_, c := world(t, pdctest.Options{Old: old}, seed...)
		u := updater.Updater{Client: c}
		r, err := u.Update(t.Context(), updater.Facts{Modules: []updater.Module{module}}, "x")
		if err != nil {
			return err
		}
		if made := len(r.Applied) == 1; made == there || len(r.Refused) > 0 {
			return fmt.Errorf("PDC has it: %v; made: %v; refused: %v", there, r.Applied, r.Refused)
		}
		count, err := c.UnreleasedVariants().Count(t.Context(), pdc.Query{Filter: url.Values{"variant_name": n[:1]}})
		if err != nil || count != 1 {
			return fmt.Errorf("%d rows, %v", count, err)
		}
	}
	return nil
}

// judgeContainer: the container build holds the rpm of the rpm build.
func judgeContainer(all []sample, s sample) error {
	var builds [2]struct {
		Name    string      `json:"name"`
		BuildID string      `json:"build_id"`
		Version json.Number `json:"version"`
		Release json.Number `json:"release"`
		Arch    string      `json:"arch"`
	}
	for i, kind := range []string{"var:container_build", "var:rpm_build"} {
		if err := json.Unmarshal(beside(all, s, kind, true), &builds[i]); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if err := lossless(beside(all, s, kind, true), &builds[i], true); err != nil {
			return err
		}
	}
	facts := updater.Facts{Needs: []updater.Needs{{Release: "fedora-24-updates", Name: builds[0].Name, Type: "container",
		On: map[string][]string{pdc.ContainerIncludesRPM: {builds[1].Name}}}}}
	want := "fedora-24-updates container " + builds[0].Name + " ContainerIncludesRPM " + builds[1].Name
	for _, f := range updater.Owed(facts, updater.Rows{}, updater.Policy{}) {
		if f.Resource == "release-component-relationships/" && f.Name == want {
			return nil
		}
	}
	return fmt.Errorf("no %s", want)
}

// judgeBuildroot: what a build asked for is RPMBuildRequires, the rest of its
// build root RPMBuildRoot.
func judgeBuildroot(s sample) error {
	var root []updater.BuildrootRPM
	if err := lossless(s.Data, &root, true); err != nil {
		return err
	}
	facts := updater.Facts{Needs: []updater.Needs{{Release: "fedora-24", Name: "p", On: updater.FromBuildroot(root)}}}
	got, want := map[string]bool{}, map[string]bool{}
	for _, r := range root {
		want[map[bool]string{true: "RPMBuildRequires", false: "RPMBuildRoot"}[r.IsUpdate]+" "+r.Name] = true
	}
	for _, f := range updater.Owed(facts, updater.Rows{}, updater.Policy{}) {
		if f.Resource == "release-component-relationships/" {
			got[strings.TrimPrefix(f.Name, "fedora-24 rpm p ")] = true
		}
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("owed %v, want %v", got, want)
	}
	return nil
}

// judgeRows: rows as the mocked server of those tests gave them are read
// without loss by the client, or, where a mock has a value of a type that no
// server sends, refused with the name of the member.
func judgeRows(t *testing.T, path string, data json.RawMessage) error {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data)
	}))
	t.Cleanup(srv.Close)
	c, err := pdc.NewClient(srv.URL+"/rest_api/v1/", pdc.WithRetry(pdc.Retry{}))
	if err != nil {
		return err
	}
	switch path {
	case "component-groups":
		return readRows(t, c.ComponentGroups(), data)
	case "persons":
		return readRows(t, pdc.NewResource[pdc.Person](c, path), data)
	case "release-component-relationships":
		return readRows(t, c.Relationships(), data)
	case "release-components":
		return readRows(t, c.ReleaseComponents(), data)
	case "composes":
		return readRows(t, c.Composes(), data)
	case "arches":
		return readRows(t, c.Arches(), data)
	case "modules":
		return readRows(t, c.Modules(), data)
	case "component-branches":
		return readRows(t, c.Branches(), data)
	}
	return fmt.Errorf("no rule for rows of %s", path)
}

func readRows[T any](t *testing.T, r pdc.Resource[T], data json.RawMessage) error {
	var rows []any
	var page struct{ Results []any }
	if json.Unmarshal(data, &rows) != nil {
		if err := json.Unmarshal(data, &page); err != nil {
			return err
		}
		rows = page.Results
	}
	p, err := r.List(t.Context(), pdc.Query{})
	if err != nil {
		// The server's types are those of its recordings: text is no number.
		for _, row := range rows {
			for name, v := range row.(map[string]any) {
				if _, isText := v.(string); isText && strings.Contains(err.Error(), name) {
					return nil
				}
			}
		}
		return err
	}
	if len(p.Items) != len(rows) {
		return fmt.Errorf("%d rows of %d", len(p.Items), len(rows))
	}
	for i, item := range p.Items {
		was, err := json.Marshal(rows[i])
		if err := errorsOf(err, golden.Held(was, item)); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}
