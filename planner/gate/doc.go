// SPDX-License-Identifier: MIT

// Package gate decides whether a build may go on: from policies, test results
// and waivers alone, with a reason for every requirement.
//
// It answers as Greenwave does, without asking it: for what-if questions, for
// tests, and for places that have results but no such service. It is pure:
// clients such as package koji/ci fetch what it looks at.
//
// # Decisions
//
// A [Policy] names the products, contexts, subject type and packages that it
// speaks of, and the tests that it requires. [Decide] finds the policies that
// apply to a [Question] and looks, for every required test, at the newest
// result for each architecture, variant and scenario. PASSED and INFO satisfy a
// requirement; otherwise a waiver does. A test that has not ended counts as
// missing.
//
// The decision is [Satisfied], [Waiting] when nothing is wrong but something is
// missing, or [Failed] when a test failed: a planner's gate passes, goes on
// waiting, or fails.
//
// # Rings
//
// A [Ring] is a set of packages that must be through before the next is begun:
// [Rings] tells which are open.
//
// # What is not covered
//
// Remote rules (gating.yaml beside a build's spec file) are read by whoever
// fetches them and become a Policy like any other.
package gate
