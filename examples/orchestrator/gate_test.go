// SPDX-License-Identifier: MIT

package main

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/koji/ci/citest"
	"github.com/seed-f134cc8e/relkit/planner/gate"
)

// What planner/gate decides from results and waivers is what the service
// answers from the same, over its real wire: two programs that share no code.
func TestTheLocalGateDecidesAsTheServiceDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	const nvr, product, moment = "bash-5.3-2.fc43", "fedora-43", "side_tag_merge"
	seen := map[gate.State]int{}
	for range 150 {
		policy := ci.Policy{ID: "p", ProductVersions: []string{"fedora-*"}, DecisionContext: moment, SubjectType: ci.KojiBuild}
		local := gate.Policy{ID: "p", Products: []string{"fedora-*"}, Contexts: []string{moment}, SubjectType: ci.KojiBuild}
		for _, test := range []string{"a", "b", "c"}[:random.IntN(4)] {
			policy.Rules = append(policy.Rules, ci.Rule{Type: "PassingTestCaseRule", Testcase: test})
			local.Rules = append(local.Rules, gate.Rule{Testcase: test})
		}
		var seed citest.Seed
		for range random.IntN(6) {
			seed.Results = append(seed.Results, ci.Result{
				Testcase: ci.Testcase{Name: pick("a", "b", "c")}, Outcome: ci.Outcome(pick("PASSED", "INFO", "FAILED", "RUNNING", "ERROR", "NEEDS_INSPECTION")),
				Data: map[string][]string{"item": {pick(nvr, nvr, "other-1-1")}, "type": {ci.KojiBuild}, "system_architecture": {pick("x86_64", "s390x")}},
			})
		}
		for range random.IntN(3) {
			seed.Waivers = append(seed.Waivers, ci.Waiver{
				SubjectType: ci.KojiBuild, SubjectIdentifier: nvr, Testcase: pick("a", "b", "c"), ProductVersion: pick(product, "fedora-42"),
				Username: "u", Waived: random.IntN(4) > 0, Comment: "c",
			})
		}
		seed.Policies = []ci.Policy{policy}
		srv := citest.NewServer(seed)
		answer := func() ci.Decision {
			defer srv.Close()
			g, err := srv.Greenwave()
			require.NoError(t, err)
			d, err := g.Decide(t.Context(), ci.DecisionRequest{ProductVersion: product, DecisionContext: []string{moment}, SubjectType: ci.KojiBuild, SubjectIdentifier: nvr})
			require.NoError(t, err)
			return d
		}()

		var results []gate.Result
		for _, r := range srv.Results() {
			results = append(results, gate.Result{
				ID: r.ID, Subject: gate.Subject{Type: ci.KojiBuild, ID: r.Item()}, Testcase: r.Testcase.Name, Outcome: string(r.Outcome),
				Arch: r.Data["system_architecture"][0], Submitted: r.SubmitTime,
			})
		}
		var waivers []gate.Waiver
		for _, w := range srv.Waivers() {
			waivers = append(waivers, gate.Waiver{
				ID: w.ID, Subject: gate.Subject{Type: w.SubjectType, ID: w.SubjectIdentifier}, Testcase: w.Testcase, Product: w.ProductVersion,
				User: w.Username, Waived: w.Waived, Submitted: w.Timestamp,
			})
		}
		d, err := gate.Decide([]gate.Policy{local}, gate.Question{Product: product, Contexts: []string{moment}, Subject: gate.Subject{Type: ci.KojiBuild, ID: nvr}}, results, waivers)
		require.NoError(t, err)
		seen[d.State]++
		assert.Equal(t, answer.Satisfied, d.State == gate.Satisfied, "%s / %s", answer.Summary, d.Summary())
		failed := false
		for _, r := range answer.Unmet {
			failed = failed || r.Failed()
		}
		assert.Equal(t, failed, d.State == gate.Failed, "%s / %s", answer.Summary, d.Summary())
	}
	assert.Len(t, seen, 3, "all three states occurred: %v", seen)
}
