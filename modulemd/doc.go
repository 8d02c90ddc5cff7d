// SPDX-License-Identifier: MIT

// Package modulemd reads, checks, merges and writes module metadata: the YAML
// documents that say what a module of packages contains, how it is built and
// which stream of it is the default.
//
// # What modules are
//
// A module is a set of packages that is built and shipped together; it exists
// in streams, such as nodejs:18 and nodejs:20, of which a system uses one at a
// time. A packager describes a stream in dist-git; the Module Build Service
// builds it, once per version and context; composes publish all builds in one
// file, modules.yaml, beside the packages.
//
// # Reading
//
// [Load] and [LoadFile] read a whole modules.yaml, packed or not, into an
// [Index]. [Read] goes over the documents of a stream one by one. [Parse] and
// [ParseLax] read the one stream of a dist-git repository, [ParsePackager] what
// is sent to a build system. Every kind of document is read: modulemd of
// versions 1 and 2, modulemd-packager 2 and 3, modulemd-defaults,
// modulemd-obsoletes and modulemd-translations.
//
// Scalars are text, whatever YAML makes of them: the stream 5.10 stays 5.10,
// and on stays on. Documents are read on all processors, with the same result
// as on one. [Options].Lazy leaves all but the identities for later.
//
// # Faults
//
// Reading goes on after a bad document and tells all faults of all documents,
// as [Failures] of [*Error] with file, line, column and path; the good
// documents are returned with them. Strict reading refuses unknown keys,
// lenient reading keeps them in Unknown. Text that is no YAML ends the reading
// unless [Options].Recover is set. Values that a program sets are checked by
// the same rules, by Validate and when they are written.
//
// What is accepted is what libmodulemd accepts, except where that is broken:
// aliases are refused everywhere, impossible dates are refused, duplicates
// are told by the exact identity, defaults need a module, build orders have 64
// bits, and where an entry stands in a file does not matter to obsoletes.
//
// # Merging and searching
//
// [Index.Merge], [Merger] and [Index.AddDefaults] combine repositories and the
// administrator's files as package managers do. [Index.Search],
// [Index.SearchNSVCA], [Index.SearchRPMs] and [Index.Containing] find streams,
// [Index.Active] those that a system uses, [Diff] what changed.
//
// # Writing
//
// Format and [Index.WriteTo] write what libmodulemd 2.15 writes, byte for
// byte: sorted, folded and quoted in its way. Reading and writing that again
// changes nothing. Translations are the exception: there the order is sorted
// rather than random.
//
// # Building
//
// [Stream.Batches] gives the order in which components are built,
// [ComputeContexts] the hashes that tell builds apart, [Packager.ToIndex] the
// streams that a packager document stands for, [Stream.Upgrade] the newer
// form of an older stream.
//
// # Limits
//
// Size, nesting and the number of kept faults are limited by [Options]. Time
// and memory grow in proportion to the input, also when it is hostile.
//
// # Not covered
//
// Comments are not kept. Finding the streams that a build uses among those
// that exist, and building, is the work of other packages. The never released
// version 3 of modulemd is refused.
package modulemd
