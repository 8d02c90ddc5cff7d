// SPDX-License-Identifier: MIT

// Package distgit knows dist-git: where a distribution's package sources live,
// one git repository per package, one branch per release, big archives in a
// lookaside cache beside it, and a web front end before it.
//
// # What is here
//
// Names, branches and addresses ([Repo], [Branch], [Source], [Site]); the
// front ends Pagure, Forgejo and GitLab behind one small set of operations
// ([Client]); the sources file and the lookaside cache; and [History], which
// answers where a branch pointed at a time. Git itself, which needs a large
// library, is in distgit/git: heads of thousands of repositories, files at a
// ref, bump and push. Spec files are read by distgit/spec.
//
// # A first call
//
// [NewClient] takes the root of the front end and does no I/O;
// [Client.Heads] lists the branches of a repository in one request. See the
// package example.
//
// # Authentication
//
// [WithToken] gives an API token. Reads need none on most servers. Tokens go
// to the client's own host only, and never into errors or logs.
//
// # Lists
//
// Plural nouns such as [Client.Projects] are iterators over all pages; each
// page is one request and an early break asks for no more.
//
// # Errors
//
// Errors are [*Error] and wrap one of the sentinels; errors.Is works with
// io/fs's as well. An operation that a forge does not have is
// [ErrUnsupported], not an empty answer.
//
// # Retries
//
// [WithRetry] repeats reads after cut connections, 429 and 5xx. Writes are
// repeated only when the server can't have seen them.
//
// # Raw calls
//
// [Client.Do] reaches everything else with the same authentication, retries,
// errors and logging.
//
// # Testing
//
// distgit/distgittest is a dist-git in a folder: a real git remote, lookaside
// and web front end.
//
// # Not covered
//
// Issues, hooks administration, group and user management, and the pre-2012
// CVS layout.
package distgit
