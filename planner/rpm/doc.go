// SPDX-License-Identifier: MIT

// Package rpm holds rpm's rules for versions and dependencies, and makes a
// dependency graph of packages by them.
//
// # Versions
//
// [EVR.Compare] and [CompareVersions] order epochs, versions and releases as
// rpm does, tilde and caret included, without allocating.
//
// # Dependencies
//
// [Parse] reads what a package may ask for: a name, a name with a range of
// versions ([Relation]), or a boolean expression over these ([Dep]).
// [Relation.Match] is rpm's rule for overlapping ranges; [Dep.Satisfied] judges a
// set of installed packages; [Check] tells what spec files may not hold.
//
// # Graphs
//
// [NewUniverse] resolves what [Package] values need and makes a planner.Graph
// of it: a node "rpms/NAME" for each source, a conduit "binary/NAME" for each
// binary package. Where several packages satisfy a dependency, documented rules
// choose one ([Choice] tells which rule, and what was rejected), and possible
// edges lead to the others. What could not be resolved, came twice, was
// superseded or could not be taken is told, never dropped in silence. [Policy]
// holds what a caller may want otherwise: weak dependencies, the build group,
// preferred and blocked packages, architectures.
//
// # Soname bumps
//
// A binary that needs a soname was built with its provider in the buildroot, so
// its source gets an edge with the soname as evidence. [Universe.Bump] compares
// new packages of a source with the old ones: which dependencies are lost, who
// has them, and the request that plans exactly their rebuilds.
//
// # What is not covered
//
// Conflicts and obsoletes: this is no solver, and does not judge whether a set
// of packages can be installed together. ExclusiveArch and other things that
// only the headers of source packages tell. Build dependencies found during the
// build.
//
// # Errors
//
// Every text that can't be read is a [*SyntaxError], which wraps [ErrSyntax]
// and names the offset.
//
// Everything here is pure and, once made, safe for concurrent use.
package rpm
