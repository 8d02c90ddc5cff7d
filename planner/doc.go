// SPDX-License-Identifier: MIT

// Package planner turns a dependency graph and a change into ordered rebuilds,
// and folds what happens to them into what is to be done next.
//
// A [Graph] says what depends on what in one release: source packages, modules,
// images, composes, and the conduits between them, such as binary packages,
// which carry dependencies but are never built themselves. A [Request] names a
// change; [Graph.Plan] answers with a [Plan]: what is rebuilt, in which tiers,
// which cycles are on the way and why each rebuild is owed. A [Run] goes
// through a plan: events in, actions out.
//
// The package is pure. It does no I/O, knows no clock, rolls no dice, starts no
// goroutine and imports nothing but the standard library. The same input gives
// the same bytes, whatever the order in which nodes and edges came.
//
// # A first plan
//
// Add nodes and edges to a [Builder] in any order, take its Graph, and ask it;
// see the package example. [ParseGraph] and [ParseGraphText] read graphs from
// files.
//
// # What is affected
//
// A change spreads from a node to all that need it, over edges of the kinds in
// [Request.Kinds]. In a real distribution that is nearly everything (34,272 of
// 34,288 source packages of one release depend on each of 5,236 core ones), so
// a request can bound it: exclusions, a number of hops, labels where the
// spread stops, the names of what really changed ([Request.ABI]), allow and
// block rules. [Graph.Measure] tells the size before anything is planned, and
// [Request.Limits] hold a plan that is too large.
//
// # Tiers
//
// A rebuild waits for every other rebuild that it reaches through conduits.
// Its tier is the longest chain below it. A buildable node that is not rebuilt
// conducts nothing: it is not going to change. Tiers are the view for people
// and the points where gates can stand; a Run does not wait for whole tiers.
//
// # Cycles
//
// Nodes that need each other form one group in one tier. [Plan.Cycle] shows the
// shortest cycle, the edges that the first pass goes without, where dropping an
// edge would pay most, and the passes. Of the edges to cut, those that a
// bootstrap variant lacks and weak ones go first; the set is minimal.
//
// # Why, and what if
//
// [Plan.Explain] gives the shortest chain of evidence from a node to a change,
// or what kept the node out, and the one node without which it would not be in.
// [Plan.Bottlenecks] lists the nodes that alone bring in the most. To ask
// "what if", change [Plan.Request] and call Measure or Plan again: both reuse
// their memory, and [DiffPlans] compares. [Graph.Filter] takes edges away.
//
// # Errors
//
// Ids that a graph does not know are data, in [Plan.Unknown]; so are edges to
// nothing, in [Graph.Dangling]. Input that makes no sense gives errors that
// wrap [ErrInvalid], too much of it [ErrLimit], questions about unknown ids
// [ErrNotFound]. Refused cycles are a [*CycleError].
//
// # What is not covered
//
// Where the graph comes from: reading package metadata and resolving
// dependencies is the business of packages above this one. Building, too:
// package planner/drive runs a Run against the world.
package planner
