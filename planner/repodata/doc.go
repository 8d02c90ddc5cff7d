// SPDX-License-Identifier: MIT

// Package repodata reads the metadata of RPM repositories: what createrepo
// puts beside the packages of a mirror, a compose or a build tag.
//
// # A first read
//
// [Open] takes a file system with a repodata folder and reads its table of
// contents, [Repo.Packages] yields the packages one by one, [Repo.Load] returns
// them all with the files that others depend on; rpm.NewUniverse makes a graph
// of them. See the package example.
//
// # Over HTTP
//
// The package does no I/O of its own. Whoever fetches files gives readers:
// [ReadRepomd] for repomd.xml, [Repomd.Find] for the place of a file,
// [Data.Open] for verified, unpacked bytes, [Packages] and [FileLists] for what
// is in them.
//
// # Sources
//
// A source package's BuildRequires are its Requires. They are those of the
// machine that made the source package; what a spec file says for other
// architectures only, or finds out during the build, is not in a repository.
//
// # Modules and groups
//
// [Repo.OpenData] opens any other file: "modules" holds modules.yaml, "group"
// comps.xml.
//
// # Checks
//
// Checksums and sizes are verified while reading, so the verdict comes behind
// the last package: what was read counts only when no error ended it. Unpacked
// sizes, single tags and single packages have limits. What a package asks for
// is kept as it was written; the text of names is refused when it is not UTF-8.
// A file that ends early or holds another number of packages than it says is an
// error, never a smaller answer. Duplicates are handed on: rpm.NewUniverse
// reports them.
//
// # Errors
//
// Every error is an [*Error] with the file, the package and the byte offset,
// and wraps one of the sentinels or the reader's own error.
//
// # What is not covered
//
// zchunk files and SQLite databases, which repeat what the XML files say;
// changelogs, update notices and delta packages; conflicts and obsoletes.
package repodata
