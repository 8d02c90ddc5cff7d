// SPDX-License-Identifier: MIT

// Package kojitest is a Koji hub in memory, for tests and demonstrations of
// programs that use package koji.
//
// It answers from state, not from scripts: tags inherit, package lists block,
// events count, tasks go through their states, repos regenerate, sessions
// expire. A real client talks to it over the real wire, and gets the texts and
// codes that a hub of release 1.35 gives.
//
//	hub := kojitest.NewHub(kojitest.Seed{ ... })
//	srv := kojitest.NewServer(hub)
//	defer srv.Close()
//	c, err := srv.Client(koji.WithPassword("alice", "secret"))
//
// # Time and builds
//
// The hub has no clock. [Hub.Advance] lets time pass: free tasks are opened,
// builds make their rpms and are tagged, changed build tags get new repos, as
// [Builder] says. A build fails when the repo that it starts with lacks what
// [Seed].Needs asks for, or when [Failure] says so; its logs tell why, as
// mock's would. [Hub.Next] says when something happens next. With
// Builder.Manual nothing moves until [Hub.FinishTask].
//
// # Disturbances
//
// [Hub.Fail] disturbs coming calls: faults, HTTP errors, connections cut before
// or after the hub has committed, truncated and late answers, sessions that
// expire. [Hub.Calls] tells what reached the hub and what was committed.
//
// # Transactions
//
// Every call is one transaction; one that fails leaves nothing behind, and in a
// multicall each call has a savepoint of its own. A session's call number is
// stored only when a call commits something, so that a repeated write is
// refused (fault 1009) and a repeated read is not.
//
// # State in a folder
//
// [Open] makes a hub that survives its process: what changes it is appended to
// a file before it is answered, and done again at the next start.
package kojitest
