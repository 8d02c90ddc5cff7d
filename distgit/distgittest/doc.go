// SPDX-License-Identifier: MIT

// Package distgittest is a dist-git for tests and demos: a git remote over
// smart HTTP, a lookaside cache and a web front end, in one http.Handler with
// its state in a folder.
//
// # A first server
//
// [NewServer] listens on a loopback port; [NewHost] is the handler alone.
// Repositories are added with [Host.Add], or made on first access by
// [Options].Seed, so that a world of thousands of packages costs nothing until
// it is used. See the package example.
//
// # Git
//
// Where the git command is installed its own http-backend serves, so that
// shallow fetches, refusals and lost races are the real ones; elsewhere
// go-git's server answers, which has no shallow fetch. The repositories are
// ordinary bare ones: git log shows what was pushed. A host that was killed is
// opened again on the same folder and goes on.
//
// # Making trouble
//
// [Host.SetHook] refuses pushes, [Host.Race] lets somebody else win,
// [Host.Fail] delays, answers errors or cuts connections before or after the
// effect. [Host.Calls] and [Host.Pushes] tell what really happened.
//
// # Push messages
//
// [Host.Messages] gives what the bus would carry for the push log, with the
// holes the real services leave.
//
// # Not modelled
//
// ssh, LFS, issues, protected branch administration (use a hook), and
// permissions finer than "may write".
package distgittest
