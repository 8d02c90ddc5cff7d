// SPDX-License-Identifier: MIT

// Package source reads what depends on what from where a program's user says
// that it is known, for the examples that share the question.
//
// # Repositories
//
// [Packages] reads repositories in folders and at URLs, [PackagesFS] one in any
// file system, an embedded one for example. Both hand the packages to
// rpm.NewUniverse.
//
// # Errors
//
// Every error names the repository, without the password or the query of its
// URL. Nothing is returned beside an error. A file that is not there wraps
// [fs.ErrNotExist], damaged metadata the sentinels of planner/repodata.
package source
