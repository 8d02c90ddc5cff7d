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
// # Koji
//
// [Koji] reads a build tag: the metadata of its repo, and the BuildRequires of
// its source packages from the hub; [KojiTag.Universe] makes a graph of it.
//
// # PDC and files
//
// [PDC] asks PDC what depends on a change, [Graph] reads a graph file.
//
// # Any of them
//
// [From] is the flags -source, -graph, -repo, -koji, -pdc and what goes with
// them, and reads what they name. The ids agree: a source package is
// "rpms/NAME", a binary "binary/NAME" ("binary/NAME.ARCH" where packages of
// several arches are read), a module stream "modules/NAME:STREAM". A plan comes
// out the same from each source that knows the same.
//
// # Errors
//
// Every error names the repository, tag, release or file, without the password
// or the query of its URL. Nothing is returned beside an error. A file that is
// not there wraps [fs.ErrNotExist], damaged metadata the sentinels of
// planner/repodata. What a source does not know is told ([Known]), never left
// out in silence.
package source
