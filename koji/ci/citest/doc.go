// SPDX-License-Identifier: MIT

// Package citest holds ResultsDB, WaiverDB and Greenwave in memory, for tests
// and demos of programs that gate builds.
//
// One [Server] answers for all three services at one URL, over the real wire,
// from state: results and waivers are stored as they are sent, and decisions
// are computed from them by Greenwave's documented evaluation (the latest
// result of each test case, architecture, variant and scenario; PASSED or
// INFO satisfies, else a waiver does; queued and running count as missing).
//
//	srv := citest.NewServer(citest.Seed{Policies: policies})
//	defer srv.Close()
//	g, err := srv.Greenwave()
//
// # Not modelled
//
// Remote rules (gating.yaml), users and permissions, groups and test cases as
// objects of their own, validity periods of rules, and ResultsDB's v3 API.
// Paths outside the model answer 404 as the services do.
package citest
