// SPDX-License-Identifier: MIT

// Package spec reads RPM spec files without running anything in them, says what
// can be known of them that way, increases their release and writes their
// changelog.
//
// A spec file is a program: it defines macros, runs shell commands and Lua, and
// looks at the machine. rpm runs all of that while it only reads the file. This
// package never does. What a file says without it is computed by rpm's own
// rules (those of 4.18); what it would take rpm to know is unknown, with the
// reason and the line.
//
// # A first call
//
// [Bump] takes the bytes of a spec file and gives the bytes to commit. [Parse]
// gives lines with their kinds and places; [Spec.Evaluate] gives name, version,
// dependencies, sources and packages under a given macro set. See the examples.
//
// # Reading
//
// [Parse] works at syntax level and loses nothing: the items of a [Spec], joined,
// are the file, byte by byte. Latin-1, carriage returns, form feeds and a byte
// order mark are kept. A file with merge conflict markers, NUL bytes or a macro
// that is never closed is refused.
//
// # Evaluating
//
// The macro set of [Options] is taken as complete: %{?fedora} is empty unless
// fedora is in it. rpm's own directories, architecture groups and build
// conditionals come with it ([RPMMacros]). Every [Value] and every list tells by
// Known whether it is what rpm would say; one that is not lists its [Reason]s:
// shell, Lua, an undefined macro, a missing file. A condition that depends on
// something unknown is taken both ways, and what comes out alike is known. Lists
// hold what is known for sure even where they are not complete.
//
// Requirements that are generated at build time (shared libraries, perl(...),
// %generate_buildrequires) are in no spec file: for planning rebuilds, take them
// from a repository.
//
// [Options].Oracle, where one is given, is asked for what stays unknown of the
// identity and the BuildRequires. Such an implementation runs rpm, and with it the
// code in the file: it belongs in a sandbox.
//
// # Bumping
//
// A release is increased as rpmdev-bumpspec 1.0.13 does it: the leading number,
// or the second one after "0."; where that is not one, or "rc" follows it, a
// trailing ".<number>" is increased or ".1" appended. 1%{?dist} becomes 2%{?dist},
// 0.1.rc1 becomes 0.2.rc1, 1%{?dist}.2 becomes 2%{?dist}.2. With Minor, the
// trailing number is the one, for branches that must stay behind a newer one.
// With Version, the main package's Version is set and its Release reset.
//
// The default mode, [BumpSmart], knows the structure of the file. It departs from
// the tool, and names each departure in [BumpResult].Differences, where the tool
// is wrong: it edits only tags of preambles, those of sub-packages with a release
// of their own included; follows a macro that holds the release, by whatever name,
// when nothing else uses it; bumps every branch of a conditional; keeps encoding
// and line ends; leaves an %autorelease in a comment alone; and adds the changelog
// entry on a line of its own, below the %changelog that has entries, with percent
// signs doubled. Epoch, version and release before and after are evaluated, and a
// result that would not be newer by rpm's order is an error. [BumpCompat] is the
// line editor itself, byte by byte.
//
// A release that is %autorelease counts commits: the result says so, and the
// caller makes a commit, an empty one where nothing else changed.
//
// # Errors
//
// Every error is an [*Error] with file and line and wraps one of the sentinels:
// [ErrSyntax], [ErrConflict], [ErrBinary], [ErrTooLarge] for what is no spec file;
// [ErrRejected] for what rpm refuses; [ErrNoRelease], [ErrNotBumpable],
// [ErrNotIncreased], [ErrProcessed] for what is not bumped; [ErrInvalid] for
// options. A refused bump returns no data.
//
// # Limits
//
// Files over [MaxSize] are refused. Macros nest 64 deep, as in rpm; all reading
// and expanding of one evaluation costs at most 64 MiB of text; at most six
// independent unknown conditions are taken both ways. Beyond, there is an error or
// a [ReasonLimit], never a wait.
//
// # What is not covered
//
// The contents of scripts and file lists are text here. Macros that a distribution
// defines (Fedora's %forgemeta, %gometa, %pypi_source) are known only if the
// caller hands them in. Functions that rpm gained after 4.18 are undefined macros.
package spec
