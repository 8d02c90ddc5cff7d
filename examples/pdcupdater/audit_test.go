// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func TestAnInterruptedAuditGoesOn(t *testing.T) {
	s, run := onStage(t)
	run("listen", "-messages", s.file("bus.jsonl"), "-write")
	state := s.file("audit")
	args := []string{"audit", "-release", "fedora-rawhide", "-state", state}
	want, _, code := run(args[:3]...)
	require.Equal(t, exitDiffers, code)

	s.pdc.Fail("", "component-relationship-types/", pdctest.Status(503))
	out, errs, code := run(args...)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "audit of dependency of fedora-rawhide: ")
	assert.Contains(t, out, "rpm of fedora-rawhide: 3 differences")

	_, errs, code = run(append(args, "-repair")...)
	assert.Equal(t, exitDamaged, code, "an audit that repairs is another one")
	assert.Contains(t, errs, "another audit")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, exitInterrupted, commandIn(ctx, append(args, s.flags...)))

	s.pdc.ForgetCalls()
	out, _, code = run(args...)
	assert.Equal(t, exitDiffers, code)
	assert.Equal(t, want, strings.Replace(out, " (done before)", "", 1))
	for _, c := range s.pdc.Calls() {
		assert.NotEqual(t, "rpms/", c.Path, "what is done is not asked again")
	}
	assert.NoFileExists(t, state, "the next audit begins anew")

	s.put(t, "audit", "{}")
	_, errs, code = run(args...)
	assert.Equal(t, exitDamaged, code)
	assert.Contains(t, errs, "its format is")
}

func TestARepairThatIsCutShortGoesOn(t *testing.T) {
	s, run := onStage(t)
	run("listen", "-messages", s.file("bus.jsonl"), "-write")
	s.pdc.Fail("POST", "release-components/", pdctest.Status(503))
	args := []string{"audit", "rpm", "dependency", "-repair", "-state", s.file("audit")}
	_, errs, code := run(args...)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "audit of dependency of fedora-rawhide: after 2 writes")
	out, _, code := run(args...)
	assert.Equal(t, exitDone, code, out)
	out, _, code = run("audit")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "\n0 differences in ")
}

func TestWhatAPersonMustDecideRemains(t *testing.T) {
	s, run := onStage(t)
	c, err := pdc.NewClient("http://pdc.invalid", pdc.WithHTTPClient(&http.Client{Transport: s.pdc.Transport()}), pdc.WithToken("demo"))
	require.NoError(t, err)
	_, err = c.GlobalComponents().Create(t.Context(), pdc.GlobalComponent{Name: "nowhere"})
	require.NoError(t, err)
	_, err = c.BranchSLAs().Create(t.Context(), pdc.BranchSLA{SLA: "bug_fixes", EOL: "2030-01-01", Branch: pdc.BranchRef{Name: "f42", GlobalComponent: "zlib", Type: "rpm"}})
	require.NoError(t, err)
	_, err = c.BranchSLAs().Create(t.Context(), pdc.BranchSLA{SLA: "bug_fixes", EOL: "2030-01-01", Branch: pdc.BranchRef{Name: "f42", GlobalComponent: "nowhere", Type: "rpm"}})
	require.NoError(t, err)
	_, err = c.BranchSLAs().Create(t.Context(), pdc.BranchSLA{SLA: "bug_fixes", EOL: "2020-01-01", Branch: pdc.BranchRef{Name: "rawhide", GlobalComponent: "zlib", Type: "container"}})
	require.NoError(t, err)
	for i, want := range []string{"3 differences in 1 part, 2 remain", "2 differences in 1 part, 2 remain"} {
		out, _, code := run("audit", "retirement", "-repair")
		assert.Equal(t, exitDiffers, code)
		assert.Contains(t, out, want)
		assert.Contains(t, out, "retirement: extra component-branches rpm/zlib f42: active, and unknown to dist-git (for a person to decide)")
		assert.Contains(t, out, "retirement: extra component-branches rpm/nowhere f42")
		assert.Equal(t, i == 0, strings.Contains(out, "rpm/oldtool rawhide bug_fixes"))
	}
}

func TestEndedBranchesAreLookedAtWhenAskedFor(t *testing.T) {
	s, run := onStage(t)
	c, err := pdc.NewClient("http://pdc.invalid", pdc.WithHTTPClient(&http.Client{Transport: s.pdc.Transport()}), pdc.WithToken("demo"))
	require.NoError(t, err)
	for row, err := range c.BranchSLAs().All(t.Context(), pdc.Query{}) {
		require.NoError(t, err)
		_, err = c.BranchSLAs().Update(t.Context(), strconv.Itoa(row.ID), pdc.Fields{"eol": "2020-01-01"})
		require.NoError(t, err)
	}
	out, _, code := run("audit", "retirement")
	assert.Equal(t, exitDone, code, out)
	out, _, code = run("audit", "retirement", "-ended")
	assert.Equal(t, exitDiffers, code)
	assert.Contains(t, out, "retirement: 1 difference\n  retirement: conflict component-branches rpm/zlib rawhide: past its end of life in PDC")
}

func TestAnUnknownReleaseIsNotTakenForAnEmptyOne(t *testing.T) {
	s, run := onStage(t)
	run("listen", "-messages", s.file("bus.jsonl"), "-write")
	for _, kinds := range [][]string{nil, {"rpm"}, {"dependency"}, {"container"}} {
		_, errs, code := run(append([]string{"audit", "-repair", "-release", "fedora-99"}, kinds...)...)
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, errs, "fedora-99", kinds)
	}
	out, _, _ := run("audit", "rpm")
	assert.Contains(t, out, "rpm of fedora-rawhide: 3 differences", "nothing was unlinked")
}

func TestListsFromFiles(t *testing.T) {
	s, run := onStage(t)
	const collection = `{"name":"Fedora","version":"42","branchname":"f42","dist_tag":".fc42","status":"Active"}`
	pkgdb := s.put(t, "pkgdb", `{"output":"ok","packages":[{"name":"bash","collections":[`+collection+`]}]}
		{"output":"ok","packages":[{"name":"zlib","namespace":"rpms","collections":[`+collection+`]},{"name":"web","namespace":"container","collections":[`+collection+`]}]}`)
	fas := s.put(t, "fas", `{"people":[{"username":"ann","status":"active"},{"username":"old","status":"inactive"}],"unapproved_people":[]}`)
	groups := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"fedora-42-updates": ["bash", "zlib"]}`)
	}))
	defer groups.Close()
	args := []string{"audit", "package", "person", "group", "-pkgdb", pkgdb, "-fas", fas, "-groups", "base=" + groups.URL}
	out, errs, code := run(append(args, "-repair")...)
	require.Equal(t, exitDone, code, errs)
	for _, want := range []string{"package: missing release-components fedora-42-updates rpm bash", "person: missing contacts/people ann", "group: missing component-groups fedora-42-updates base"} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "old")
	out, _, code = run(args...)
	assert.Equal(t, exitDone, code, out)

	for name, text := range map[string]string{"pkgdb": `{"output":"notok"}`, "fas": `{}`} {
		kind := map[string]string{"pkgdb": "package", "fas": "person"}[name]
		_, errs, code := run("audit", kind, "-"+name, s.put(t, "bad", text))
		assert.Equal(t, exitFailed, code, name)
		assert.NotEmpty(t, errs)
	}
	_, errs, code = run("audit", "package", "-pkgdb", s.put(t, "bad", ""))
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "no packages")
}

func TestPackagesOfARepositoryTellWhoProvidesWhat(t *testing.T) {
	s, run := onStage(t)
	run("listen", "-messages", s.file("bus.jsonl"), "-write")
	// The repository lacks curl, and has a package that nobody asks about.
	out, errs, code := run("audit", "dependency", "-repo", "testdata/repo", "-json")
	assert.Equal(t, exitDiffers, code)
	assert.Empty(t, errs)
	var got []string
	for line := range strings.Lines(out) {
		var record struct{ Findings []finding }
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		for _, f := range record.Findings {
			if f.Resource == "release-component-relationships/" {
				got = append(got, f.Verdict.String()+" "+f.Name)
			}
		}
	}
	assert.Equal(t, []string{
		"missing fedora-rawhide rpm curl RPMRequires glibc", "missing fedora-rawhide rpm curl RPMRequires libcurl",
		"missing fedora-rawhide rpm libcurl RPMRequires zlib", // as the repository says: it has that libcurl
	}, got)
	_, errs, code = run("audit", "dependency", "-repo", "testdata/none")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "testdata/none")
}

func commandIn(ctx context.Context, args []string) int {
	return run(ctx, args, strings.NewReader(""), io.Discard, io.Discard)
}
