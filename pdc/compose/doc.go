// SPDX-License-Identifier: MIT

// Package compose reads what a distribution compose says of itself: the
// metadata that Pungi writes in productmd's formats, and the folders that
// composes lie in. It answers which compose is the last good one, what
// changed between two, and how images grow.
//
// # A first call
//
// [NewClient] takes the URL of a folder of composes, [NewDirClient] a local
// one. [Client.LastGood] finds the newest usable compose, [Client.Diff]
// compares two, [Client.Sizes] follows images through many. See the examples.
//
// # Metadata
//
// [Parse] reads any JSON metadata file, of versions from 0.2 to 2.x; newer
// minor versions are read, with what is not known kept in Extra, other major
// ones are [ErrVersion]. Validate tells what breaks productmd's rules;
// [Write] writes an equal JSON value back. [ParseTreeInfo] and [ParseDiscInfo]
// do the same for .treeinfo and .discinfo, whose order is kept:
// spaces around "=", empty lines, line ends and indentation are written in
// one way, nothing else changes unless [TreeInfo.Normalize] is asked for.
//
// Paths that are absolute or hold ".." are refused with [ErrPath] while
// reading, except for repositories in .treeinfo, which really point to other
// trees.
//
// # Large files
//
// rpms.json of a distribution is 50 MB and more. [RPMReader] and
// [Client.RPMs] read it as a stream in memory that does not grow;
// [ReadPackages] keeps what a comparison needs.
//
// # Errors
//
// Every error is an [*Error] that names what was read and the place in it;
// test with errors.Is for [ErrNotFound], [ErrInvalid], [ErrVersion], [ErrPath]
// or [ErrUnavailable], or for the errors of io/fs.
//
// # Retries
//
// Reads over HTTP are repeated as [WithRetry] says; a stream that breaks off
// after its first byte is an error, since its entries have been handed out.
//
// # What is not covered
//
// Package summaries, changelogs and RPM sizes are not in this metadata.
// productmd's conversion between versions is not done: a file is written in
// the version that it was read in.
package compose
