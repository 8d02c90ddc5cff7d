// SPDX-License-Identifier: MIT

// Package modular answers what a build system for modules has to know before
// it builds: which streams a module is built against, what its builds are
// called, which components can be taken from an earlier build, and what has to
// be rebuilt when something changes.
//
// # What modules need
//
// A module says which streams of other modules it can be built with and used
// with, often as "any" or "all but this". Every distinct choice becomes a build
// of its own, with its own context. The base module, by custom platform, stands
// for the distribution; its streams have versions that can be compared, and
// virtual streams, which are names that several of them share.
//
// # Streams
//
// A [Pool] holds the builds that exist. [Pool.Resolve] finds every set of
// builds that a module can be built with, [Pool.Expand] does that for a
// document as it is submitted and returns the documents that are built in its
// place, [Pool.Candidates] the builds that may take part. [StreamVersion] and
// [BuildVersion] are the numbers that go with base streams.
//
// # Reuse
//
// [BuildInputs] turns a stream into what [planner.ReuseComponents] compares,
// [Donor] finds the earlier build to take components from, [Reuse] decides.
//
// # Graphs
//
// [ModuleGraph] has module streams as nodes, [ComponentGraph] the components of
// one stream, [FlatGraph] the components of all, so that a plan can start a
// component before the whole of another module is through. [BuiltFrom] tells
// which builds used a commit, [Outdated] which used a build that is no longer
// the newest.
//
// # Errors
//
// What cannot be resolved wraps [ErrNoSolution], as a [*ConflictError] when two
// requirements need different streams of one module. Streams without a build
// wrap [ErrNoBuild], a choice that is forbidden [ErrAmbiguous], a search that
// took too long [ErrLimit].
//
// The package is pure: no I/O, no clock, and the same result for every order of
// its input. Pools may be used by several goroutines at once.
//
// # Not covered
//
// Content of other modules that a base module's build tag inherits, and default
// modules that a base module brings along, are not added to what is required.
package modular
