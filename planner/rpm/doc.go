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
// [Relation.Match] is rpm's rule for overlapping ranges, and
// [Relation.MatchVersioned] that of package solvers; [Dep.Satisfied] judges a
// set of installed packages; [Check] tells what spec files may not hold.
//
// # Errors
//
// Every text that can't be read is a [*SyntaxError], which wraps [ErrSyntax]
// and names the offset.
//
// Everything here is pure and safe for concurrent use.
package rpm
