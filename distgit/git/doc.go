// SPDX-License-Identifier: MIT

// Package git reads and writes the git repositories of a dist-git: where
// branches point, files at a commit, and the commits that make rebuilds.
//
// # A first call
//
// [NewClient] takes the root of the repositories and does no I/O.
// [Client.Heads] asks for branches, [Client.File] reads a file,
// [Client.Bump] makes the commit for a rebuild and pushes it. See the package
// example.
//
// # Cost
//
// Nothing is written to disk: a fetch of depth 1 (some more where earlier
// commits must be looked through) stays compressed in memory, bounded by
// [WithLimits], and a commit is made of its own objects alone. Only [Client.Log]
// without a limit and [Client.Autospec], which count commits, take a whole
// history. Calls that take many repositories work on a bounded number at once
// ([WithWorkers]).
//
// # Bumps
//
// A spec file is edited by distgit/spec; %autorelease, modules and containers
// get an empty commit. Each request carries a reason, which is written as a
// trailer: asked again, the first commit is found and nothing pushed. When
// others push at the same time the bump is made anew on what they pushed.
//
// # Authentication
//
// [WithPassword] for HTTP, [WithAuth] for everything go-git knows. Without
// either, ssh asks the agent.
//
// # Errors
//
// Errors are [*Error] and wrap one of the sentinels: a lost race, a hook's
// refusal, a protected branch and missing rights are told apart by the
// server's report, not by texts of a library.
//
// # Retries
//
// Reads are repeated by [WithRetry]. A push is never repeated as it is: its
// effect is looked up first.
//
// # Testing
//
// distgit/distgittest is a remote that behaves, refuses, races and fails on
// request.
//
// # Not covered
//
// Signed commits, partial clones, and SHA-256 repositories.
package git
