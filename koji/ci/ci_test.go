// SPDX-License-Identifier: MIT

package ci_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/koji/ci/citest"
)

var quick = ci.WithRetry(ci.Retry{Max: 3, Wait: time.Millisecond, MaxWait: 2 * time.Millisecond})

func result(item, test string, o ci.Outcome, data ...string) ci.Result {
	r := ci.Result{Testcase: ci.Testcase{Name: test}, Outcome: o, Data: map[string][]string{"item": {item}, "type": {ci.KojiBuild}}}
	for i := 0; i+1 < len(data); i += 2 {
		r.Data[data[i]] = []string{data[i+1]}
	}
	return r
}

func policy(context string, tests ...string) ci.Policy {
	p := ci.Policy{ID: "p-" + context, ProductVersions: []string{"fedora-*"}, DecisionContext: context, SubjectType: ci.KojiBuild}
	for _, t := range tests {
		p.Rules = append(p.Rules, ci.Rule{Type: "PassingTestCaseRule", Testcase: t})
	}
	return p
}

func TestResultsPageThroughEverythingOnceNewestFirst(t *testing.T) {
	srv := citest.NewServer(citest.Seed{})
	defer srv.Close()
	for i := range 45 {
		_, err := srv.AddResult(result(fmt.Sprintf("pkg-%d-1", i), "t", ci.Passed))
		require.NoError(t, err)
	}
	db, err := srv.ResultsDB(quick)
	require.NoError(t, err)
	var ids []int64
	for r, err := range db.Results(t.Context(), ci.ResultQuery{}) {
		require.NoError(t, err)
		ids = append(ids, r.ID)
	}
	require.Len(t, ids, 45)
	for i, id := range ids {
		assert.EqualValues(t, 45-i, id)
	}
	n := len(srv.Calls())
	for range db.Results(t.Context(), ci.ResultQuery{}) {
		break
	}
	assert.Len(t, srv.Calls(), n+1, "a loop that ends stops asking")

	about, err := db.About(t.Context())
	require.NoError(t, err)
	assert.Contains(t, about.Outcomes, ci.NeedsInspection)
	assert.Equal(t, srv.URL+"/api/v2.0/results", about.Results)
}

func TestFiltersCombine(t *testing.T) {
	srv := citest.NewServer(citest.Seed{Results: []ci.Result{
		result("a-1-1", "dist.one", ci.Passed, "arch", "x86_64"), result("a-1-1", "dist.two", ci.Failed, "arch", "aarch64"),
		result("b-1-1", "dist.one", ci.Running), result("b-1-1", "other", ci.Failed),
	}})
	defer srv.Close()
	db, err := srv.ResultsDB(quick)
	require.NoError(t, err)
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		q    ci.ResultQuery
		want []int64
	}{
		"an item":               {ci.ResultQuery{Data: map[string][]string{"item": {"a-1-1"}}}, []int64{2, 1}},
		"any of two items":      {ci.ResultQuery{Data: map[string][]string{"item": {"a-1-1", "b-1-1"}}}, []int64{4, 3, 2, 1}},
		"two keys":              {ci.ResultQuery{Data: map[string][]string{"item": {"a-1-1"}, "arch": {"aarch64"}}}, []int64{2}},
		"an outcome":            {ci.ResultQuery{Outcomes: []ci.Outcome{ci.Failed}}, []int64{4, 2}},
		"a pattern":             {ci.ResultQuery{TestcasesLike: []string{"dist.*"}, OldestFirst: true}, []int64{1, 2, 3}},
		"a data pattern":        {ci.ResultQuery{Data: map[string][]string{"item:like": {"b-*"}}}, []int64{4, 3}},
		"since":                 {ci.ResultQuery{Since: base.Add(2 * time.Second)}, []int64{4, 3}},
		"until":                 {ci.ResultQuery{Until: base.Add(time.Second)}, []int64{2, 1}},
		"one page of two":       {ci.ResultQuery{Limit: 2, Page: 1}, []int64{2, 1}},
		"a page past the end":   {ci.ResultQuery{Limit: 2, Page: 7}, nil},
		"a test case by name":   {ci.ResultQuery{Testcases: []string{"other"}}, []int64{4}},
		"nothing of that group": {ci.ResultQuery{Groups: []string{"x"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := db.ListResults(t.Context(), tc.q)
			require.NoError(t, err)
			var ids []int64
			for _, r := range list {
				ids = append(ids, r.ID)
			}
			assert.Equal(t, tc.want, ids)
		})
	}
	latest, err := db.LatestResults(t.Context(), ci.ResultQuery{})
	require.NoError(t, err)
	assert.Len(t, latest, 3, "one for each test case")
	_, err = db.LatestResults(t.Context(), ci.ResultQuery{}, "item")
	assert.ErrorIs(t, err, ci.ErrInvalid, "distinct keys need another filter")
}

func TestDecisionsFollowResultsAndWaivers(t *testing.T) {
	const nvr = "bash-5.3-1.fc43"
	ask := ci.DecisionRequest{ProductVersion: "fedora-43", DecisionContext: []string{"merge"}, SubjectType: ci.KojiBuild, SubjectIdentifier: nvr}
	waiver := ci.Waiver{SubjectType: ci.KojiBuild, SubjectIdentifier: nvr, Testcase: "a", ProductVersion: "fedora-43", Waived: true, Comment: "c", Username: "u"}
	takenBack := waiver
	takenBack.Waived = false
	otherVersion := waiver
	otherVersion.ProductVersion = "fedora-42"
	for name, tc := range map[string]struct {
		results   []ci.Result
		waivers   []ci.Waiver
		satisfied bool
		summary   string
	}{
		"nothing yet":                            {nil, nil, false, "Of 2 required tests, 2 results missing"},
		"all passed":                             {[]ci.Result{result(nvr, "a", ci.Passed), result(nvr, "b", ci.Info)}, nil, true, "All required tests (2 total) have passed or been waived"},
		"one failed":                             {[]ci.Result{result(nvr, "a", ci.Failed), result(nvr, "b", ci.Passed)}, nil, false, "Of 2 required tests, 1 test failed"},
		"running counts as missing":              {[]ci.Result{result(nvr, "a", ci.Running), result(nvr, "b", ci.Passed)}, nil, false, "Of 2 required tests, 1 result missing"},
		"the latest result counts":               {[]ci.Result{result(nvr, "a", ci.Failed), result(nvr, "a", ci.Passed), result(nvr, "b", ci.Passed)}, nil, true, "All required tests (2 total) have passed or been waived"},
		"each architecture counts":               {[]ci.Result{result(nvr, "a", ci.Failed, "system_architecture", "s390x"), result(nvr, "a", ci.Passed, "system_architecture", "x86_64"), result(nvr, "b", ci.Passed)}, nil, false, "Of 3 required tests, 1 test failed"},
		"a waiver accepts a failure":             {[]ci.Result{result(nvr, "a", ci.Failed), result(nvr, "b", ci.Passed)}, []ci.Waiver{waiver}, true, "All required tests (2 total) have passed or been waived"},
		"a waiver accepts absence":               {[]ci.Result{result(nvr, "b", ci.Passed)}, []ci.Waiver{waiver}, true, "All required tests (2 total) have passed or been waived"},
		"a waiver taken back is none":            {[]ci.Result{result(nvr, "b", ci.Passed)}, []ci.Waiver{waiver, takenBack}, false, "Of 2 required tests, 1 result missing"},
		"a waiver of another release is none":    {[]ci.Result{result(nvr, "b", ci.Passed)}, []ci.Waiver{otherVersion}, false, "Of 2 required tests, 1 result missing"},
		"results of other builds are not looked": {[]ci.Result{result("bash-5.2-1.fc43", "a", ci.Passed)}, nil, false, "Of 2 required tests, 2 results missing"},
		"an error is no failure of the package":  {[]ci.Result{result(nvr, "a", ci.Errored), result(nvr, "b", ci.Passed)}, nil, false, "Of 2 required tests, 1 test error"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := citest.NewServer(citest.Seed{Policies: []ci.Policy{policy("merge", "a", "b")}, Results: tc.results, Waivers: tc.waivers})
			defer srv.Close()
			g, err := srv.Greenwave(quick)
			require.NoError(t, err)
			d, err := g.Decide(t.Context(), ask)
			require.NoError(t, err)
			assert.Equal(t, tc.satisfied, d.Satisfied)
			assert.Equal(t, tc.summary, d.Summary)
			assert.Equal(t, []string{"p-merge"}, d.Policies)
		})
	}
}

func TestADecisionWithoutAPolicyIsNotFound(t *testing.T) {
	srv := citest.NewServer(citest.Seed{Policies: []ci.Policy{policy("merge", "a")}})
	defer srv.Close()
	g, err := srv.Greenwave(quick)
	require.NoError(t, err)
	_, err = g.Decide(t.Context(), ci.DecisionRequest{ProductVersion: "rhel-9", DecisionContext: []string{"merge"}, SubjectType: ci.KojiBuild, SubjectIdentifier: "a-1-1"})
	assert.ErrorIs(t, err, ci.ErrNotFound)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = g.Decide(t.Context(), ci.DecisionRequest{})
	assert.ErrorIs(t, err, ci.ErrInvalid)
}

func TestReadsAreRepeatedWritesAreNot(t *testing.T) {
	srv := citest.NewServer(citest.Seed{})
	defer srv.Close()
	db, err := srv.ResultsDB(quick)
	require.NoError(t, err)
	srv.Fail("/results", 2, 502)
	_, err = db.ListResults(t.Context(), ci.ResultQuery{})
	require.NoError(t, err)
	assert.Len(t, srv.Calls(), 3)
	srv.Fail("/results", 1, 0) // cut
	_, err = db.CreateResult(t.Context(), result("a-1-1", "t", ci.Passed))
	assert.ErrorIs(t, err, ci.ErrUnavailable)
	assert.Len(t, srv.Calls(), 4, "a write whose answer was lost is not sent again")
}

func TestErrorsSayWhatCameBack(t *testing.T) {
	srv := citest.NewServer(citest.Seed{})
	defer srv.Close()
	db, err := srv.ResultsDB(quick, ci.WithToken("s3cret"))
	require.NoError(t, err)
	_, err = db.Result(t.Context(), 99)
	assert.ErrorIs(t, err, ci.ErrNotFound)
	assert.ErrorContains(t, err, "GET /results/99: 404: Result not found")
	_, err = db.CreateResult(t.Context(), ci.Result{Testcase: ci.Testcase{Name: "t"}, Outcome: ci.Passed, Data: map[string][]string{"a:b": {"c"}}})
	assert.ErrorIs(t, err, ci.ErrInvalid)
	srv.SetOffline(true)
	_, err = db.Result(t.Context(), 1)
	assert.ErrorIs(t, err, ci.ErrUnavailable)
	assert.NotContains(t, err.Error(), "s3cret")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.Result(ctx, 1)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestAnswersThatAreNoJSONAreTold(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<html>proxy page</html>")
	}))
	defer srv.Close()
	g, err := ci.NewGreenwave(srv.URL, quick)
	require.NoError(t, err)
	_, err = g.Policies(t.Context())
	var e *ci.Error
	require.True(t, errors.As(err, &e))
	assert.Contains(t, e.Msg, "proxy page")
	assert.ErrorIs(t, err, ci.ErrUnavailable)
}

func TestBadURLsAndOptionsAreRefusedAtOnce(t *testing.T) {
	for _, u := range []string{"", "ftp://x", "http://", "http://x/?a=b", "::"} {
		_, err := ci.NewResultsDB(u)
		assert.ErrorIs(t, err, ci.ErrInvalid, u)
	}
	_, err := ci.NewWaiverDB("http://x", ci.WithHTTPClient(nil))
	assert.ErrorIs(t, err, ci.ErrInvalid)
	_, err = ci.NewWaiverDB("http://x", ci.WithToken(""))
	assert.ErrorIs(t, err, ci.ErrInvalid)
}

func TestWaiversByQueryAndByFilter(t *testing.T) {
	srv := citest.NewServer(citest.Seed{})
	defer srv.Close()
	db, err := srv.WaiverDB(quick)
	require.NoError(t, err)
	for i := range 25 {
		_, err := db.CreateWaiver(t.Context(), ci.Waiver{
			SubjectType: "brew-build", SubjectIdentifier: fmt.Sprintf("p-%d-1", i), Testcase: "t",
			ProductVersion: "fedora-43", Waived: true, Comment: "why", Username: "u",
		})
		require.NoError(t, err)
	}
	n := 0
	for w, err := range db.Waivers(t.Context(), ci.WaiverQuery{SubjectType: ci.KojiBuild}) {
		require.NoError(t, err)
		assert.Equal(t, ci.KojiBuild, w.SubjectType, "brew-build is stored as koji_build")
		n++
	}
	assert.Equal(t, 25, n)
	some, err := db.FilterWaivers(t.Context(), ci.WaiverQuery{SubjectIdentifier: "p-3-1"}, ci.WaiverQuery{SubjectIdentifier: "p-4-1"})
	require.NoError(t, err)
	assert.Len(t, some, 2)
	one, err := db.Waiver(t.Context(), 7)
	require.NoError(t, err)
	assert.Equal(t, "p-6-1", one.SubjectIdentifier)
	_, err = db.CreateWaiver(t.Context(), ci.Waiver{})
	assert.ErrorIs(t, err, ci.ErrInvalid)
}

func TestTheStateSurvivesARestartAndATornLine(t *testing.T) {
	dir := t.TempDir()
	s, err := citest.NewServices(citest.Seed{Dir: dir, Results: []ci.Result{result("a-1-1", "t", ci.Passed)}})
	require.NoError(t, err)
	_, err = s.AddResult(result("b-1-1", "t", ci.Failed))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	tear(t, dir)
	s, err = citest.NewServices(citest.Seed{Dir: dir, Results: []ci.Result{result("never-1-1", "t", ci.Passed)}})
	require.NoError(t, err)
	defer s.Close()
	got := s.Results()
	require.Len(t, got, 2)
	assert.True(t, strings.HasPrefix(got[1].Item(), "b-"))
	_, err = s.AddResult(result("c-1-1", "t", ci.Passed))
	require.NoError(t, err)
	assert.EqualValues(t, 3, s.Results()[2].ID)
}
