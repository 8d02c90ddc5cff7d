// SPDX-License-Identifier: MIT

package gate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/gate"
)

var (
	bash   = gate.Subject{Type: "koji_build", ID: "bash-5.2-1.fc41"}
	stable = gate.Policy{
		ID: "stable", Products: []string{"fedora-*"}, Contexts: []string{"push_stable"}, SubjectType: "koji_build",
		Rules: []gate.Rule{{Testcase: "rpmdeplint"}, {Testcase: "abicheck"}},
	}
	ask = gate.Question{Product: "fedora-41", Contexts: []string{"push_stable"}, Subject: bash}
)

func at(minute int) time.Time { return time.Date(2026, 1, 5, 12, minute, 0, 0, time.UTC) }

func res(id int64, test, outcome string) gate.Result {
	return gate.Result{ID: id, Subject: bash, Testcase: test, Outcome: outcome, Submitted: at(int(id))}
}

func decide(t *testing.T, results []gate.Result, waivers ...gate.Waiver) gate.Decision {
	t.Helper()
	d, err := gate.Decide([]gate.Policy{stable}, ask, results, waivers)
	require.NoError(t, err)
	return d
}

func TestOutcomes(t *testing.T) {
	for outcome, want := range map[string]gate.State{
		"PASSED": gate.Satisfied, "INFO": gate.Satisfied, "passed": gate.Satisfied,
		"FAILED": gate.Failed, "NEEDS_INSPECTION": gate.Failed, "NOT_APPLICABLE": gate.Failed, "ERROR": gate.Failed,
		"QUEUED": gate.Waiting, "RUNNING": gate.Waiting,
	} {
		d := decide(t, []gate.Result{res(1, "abicheck", "PASSED"), res(2, "rpmdeplint", outcome)})
		assert.Equal(t, want, d.State, outcome)
	}
	d := decide(t, nil)
	assert.Equal(t, gate.Waiting, d.State)
	assert.Equal(t, "Of 2 required tests, 2 results missing", d.Summary())
}

func TestTheNewestResultOfEachPlaceCounts(t *testing.T) {
	arm := res(5, "rpmdeplint", "FAILED")
	arm.Arch = "aarch64"
	d := decide(t, []gate.Result{res(3, "abicheck", "PASSED"), res(4, "rpmdeplint", "PASSED"), res(2, "rpmdeplint", "FAILED"), arm})
	assert.Equal(t, gate.Failed, d.State)
	assert.Equal(t, []string{"rpmdeplint: FAILED on aarch64"}, d.Reasons())
	assert.Equal(t, "Of 3 required tests, 1 test failed", d.Summary())

	old := ask
	old.When = at(4)
	d, err := gate.Decide([]gate.Policy{stable}, old, []gate.Result{res(3, "abicheck", "PASSED"), res(4, "rpmdeplint", "PASSED"), arm}, nil)
	require.NoError(t, err)
	assert.Equal(t, gate.Satisfied, d.State, "what came later is left out")
	assert.Equal(t, "All required tests (2 total) have passed or been waived", d.Summary())
}

func TestWaivers(t *testing.T) {
	results := []gate.Result{res(1, "abicheck", "FAILED"), res(2, "rpmdeplint", "PASSED")}
	w := gate.Waiver{ID: 7, Subject: gate.Subject{Type: "brew-build", ID: bash.ID}, Testcase: "abicheck", Product: "fedora-41", User: "ann", Waived: true, Comment: "known", Submitted: at(10)}
	d := decide(t, results, w)
	assert.Equal(t, gate.Satisfied, d.State)
	assert.Equal(t, "test-result-failed-waived", d.Requirements[0].Type())
	assert.Equal(t, int64(7), d.Requirements[0].Waiver)

	back := w
	back.ID, back.Waived, back.Submitted = 8, false, at(11)
	assert.Equal(t, gate.Failed, decide(t, results, w, back).State, "taken back")
	back.User = "bob"
	assert.Equal(t, gate.Satisfied, decide(t, results, back, w).State, "only one's own can be taken back")
	other := w
	other.Product = "fedora-40"
	assert.Equal(t, gate.Failed, decide(t, results, other).State)
	other = w
	other.Scenario = "uefi"
	assert.Equal(t, gate.Failed, decide(t, results, other).State)
	missing := w
	missing.Testcase = "rpmdeplint"
	d = decide(t, results[:1], w, missing)
	assert.Equal(t, gate.Satisfied, d.State)
	assert.Equal(t, "test-result-missing-waived", d.Requirements[1].Type())
}

func TestWhichPoliciesApply(t *testing.T) {
	results := []gate.Result{res(1, "abicheck", "FAILED")}
	for name, c := range map[string]struct {
		change func(*gate.Policy)
		want   string
	}{
		"other product":    {func(p *gate.Policy) { p.Products = []string{"rhel-*"} }, "none"},
		"other context":    {func(p *gate.Policy) { p.Contexts = []string{"x"} }, "none"},
		"other type":       {func(p *gate.Policy) { p.SubjectType = "compose" }, "none"},
		"old word":         {func(p *gate.Policy) { p.SubjectType = "brew-build" }, "failed"},
		"other packages":   {func(p *gate.Policy) { p.Packages = []string{"k*"} }, "none"},
		"this package":     {func(p *gate.Policy) { p.Packages = []string{"k*", "b?sh"} }, "failed"},
		"excluded package": {func(p *gate.Policy) { p.Excluded = []string{"ba*"} }, "satisfied"},
		"over":             {func(p *gate.Policy) { p.Rules = []gate.Rule{{Testcase: "abicheck", ValidUntil: at(0)}} }, "satisfied"},
		"nothing required": {func(p *gate.Policy) { p.Rules = nil }, "satisfied"},
	} {
		p := stable
		c.change(&p)
		d, err := gate.Decide([]gate.Policy{p}, ask, results, nil)
		got := d.State.String()
		if err != nil {
			require.ErrorIs(t, err, gate.ErrNoPolicy, name)
			got = "none"
		}
		assert.Equal(t, c.want, got, name)
	}
	when := ask
	when.When = at(5)
	p := stable
	p.Rules = []gate.Rule{{Testcase: "abicheck", ValidSince: at(6)}, {Testcase: "x", ValidSince: at(5), ValidUntil: at(6)}, {Testcase: "y", ValidUntil: at(5)}}
	d, err := gate.Decide([]gate.Policy{p, stable}, when, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"abicheck: no result", "rpmdeplint: no result", "x: no result"}, d.Reasons(), "each once, from both policies")
	for _, q := range []gate.Question{
		{Contexts: ask.Contexts, Subject: bash}, {Product: "x", Subject: bash}, {Product: "x", Contexts: ask.Contexts},
	} {
		_, err := gate.Decide([]gate.Policy{stable}, q, nil, nil)
		assert.ErrorIs(t, err, gate.ErrInvalid)
	}
}

// The order in which things are told must not matter, a further pass never
// makes a decision worse, and a waiver never does.
func TestDecisionsDoNotDependOnOrder(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var results []gate.Result
		var waivers []gate.Waiver
		for i := range 1 + rng.IntN(8) {
			r := res(int64(i+1), []string{"abicheck", "rpmdeplint", "other"}[rng.IntN(3)], []string{"PASSED", "FAILED", "RUNNING", "ERROR"}[rng.IntN(4)])
			r.Arch = []string{"", "x86_64", "s390x"}[rng.IntN(3)]
			results = append(results, r)
			if rng.IntN(3) == 0 {
				waivers = append(waivers, gate.Waiver{ID: int64(i + 1), Subject: bash, Testcase: r.Testcase, Product: "fedora-41", Waived: rng.IntN(3) > 0, Submitted: at(i)})
			}
		}
		first := decide(t, results, waivers...)
		rng.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		rng.Shuffle(len(waivers), func(i, j int) { waivers[i], waivers[j] = waivers[j], waivers[i] })
		require.Equal(t, first, decide(t, results, waivers...), seed)
		more := append(waivers, gate.Waiver{ID: 99, Subject: bash, Testcase: "abicheck", Product: "fedora-41", User: "last", Waived: true, Submitted: at(50)})
		require.LessOrEqual(t, decide(t, results, more...).State, first.State, seed)
	}
}

func TestRingsOpenOneAfterAnother(t *testing.T) {
	rings := []gate.Ring{{Name: "0", Packages: []string{"gcc", "glibc"}}, {Name: "1", Packages: []string{"g*"}}, {Name: "2", Packages: []string{"*"}}}
	states := map[string]gate.State{"gcc": gate.Satisfied, "glibc": gate.Satisfied, "gtk": gate.Waiting, "git": gate.Failed, "vim": gate.Satisfied}
	got := gate.Rings(rings, []string{"gcc", "glibc", "gtk", "git", "vim"}, func(p string) gate.State { return states[p] })
	assert.Equal(t, []gate.RingState{
		{Name: "0", Open: true, Packages: 2},
		{Name: "1", State: gate.Failed, Open: true, Packages: 2, Waiting: []string{"gtk"}, Failed: []string{"git"}},
		{Name: "2", Packages: 1, Reason: "ring 1 is failed: 1 waiting, 1 failed"},
	}, got)
	assert.Equal(t, -1, gate.RingOf(rings[:2], "vim"))
}

func TestStatesSurviveText(t *testing.T) {
	for s := gate.Satisfied; s <= gate.Failed; s++ {
		text, err := s.MarshalText()
		require.NoError(t, err)
		var back gate.State
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, s, back)
	}
	_, err := gate.State(9).MarshalText()
	assert.Error(t, err)
	assert.Error(t, new(gate.State).UnmarshalText([]byte("x")))
	assert.Equal(t, "State(9)", gate.State(9).String())
}

func ExampleDecide() {
	policy := gate.Policy{
		ID: "stable", Products: []string{"fedora-*"}, Contexts: []string{"push_stable"}, SubjectType: "koji_build",
		Rules: []gate.Rule{{Testcase: "rpmdeplint"}, {Testcase: "installability"}},
	}
	build := gate.Subject{Type: "koji_build", ID: "bash-5.2-1.fc41"}
	results := []gate.Result{
		{ID: 1, Subject: build, Testcase: "rpmdeplint", Outcome: "FAILED", Arch: "x86_64"},
		{ID: 2, Subject: build, Testcase: "installability", Outcome: "RUNNING"},
	}
	d, err := gate.Decide([]gate.Policy{policy}, gate.Question{Product: "fedora-41", Contexts: []string{"push_stable"}, Subject: build}, results, nil)
	fmt.Println(d.State, err)
	fmt.Println(d.Summary())
	for _, r := range d.Reasons() {
		fmt.Println(r)
	}
	// Output:
	// failed <nil>
	// Of 2 required tests, 1 test failed, 1 result missing
	// installability: still RUNNING
	// rpmdeplint: FAILED on x86_64
}
