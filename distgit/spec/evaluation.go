// SPDX-License-Identifier: MIT

package spec

import (
	"io/fs"
	"strings"
	"time"
)

// Options says under which circumstances a spec file is evaluated.
type Options struct {
	// Macros is the whole macro set of the build besides what rpm itself
	// defines (see [RPMMacros]): dist, fedora, _isa and so on. A name may
	// carry options, "name(opts)", for a parametric macro. What is not in here
	// is not defined: %{?fedora} is then empty.
	Macros map[string]string
	// Autorelease is the number of commits that %autorelease stands for; it
	// takes the package's history to know. 0 leaves such releases unknown.
	Autorelease int
	// Autochangelog is what %autochangelog stands for: changelog entries, with
	// macros to expand. Empty leaves such changelogs unknown.
	Autochangelog string
	// Oracle is asked for what stays unknown of the main package's name,
	// version, release and BuildRequires. Nil asks nobody.
	Oracle Oracle
	// Files holds what %include and %{load:} name. Nil leaves them unknown.
	Files fs.FS
}

// Value is a text that the spec file defines. Known values have no Unknown
// reasons; for others, Text is no more than something to show: one way it could
// come out, with the macros in it that could not be expanded.
type Value struct {
	Text    string
	Line    int // where it comes from, 0 when it is not in the file
	Unknown []Reason
}

// Known reports whether the text is what rpm would say.
func (v Value) Known() bool { return len(v.Unknown) == 0 }

// String returns the text.
func (v Value) String() string { return v.Text }

// Words is a list of words, such as architectures. With Unknown reasons, it
// may be longer or other than said.
type Words struct {
	List    []string
	Unknown []Reason
}

// Known reports whether the list is complete.
func (w Words) Known() bool { return len(w.Unknown) == 0 }

// Dependency is one entry of a dependency tag.
type Dependency struct {
	Name      string // a rich dependency as rpm normalises it: "(a if b)"
	Op        string // "", "<", "<=", "=", ">=", ">"
	EVR       string
	Qualifier string // of the tag, such as "post,postun"
	Line      int    // 0 for those that rpm adds by itself
}

// Rich reports whether the dependency is a boolean expression.
func (d Dependency) Rich() bool { return strings.HasPrefix(d.Name, "(") }

// String returns "name op evr".
func (d Dependency) String() string {
	if d.Op == "" {
		return d.Name
	}
	return d.Name + " " + d.Op + " " + d.EVR
}

// Dependencies is a list in file order, with repetitions. With Unknown
// reasons, there may be more than listed.
type Dependencies struct {
	List    []Dependency
	Unknown []Reason
}

// Known reports whether the list is complete.
func (d Dependencies) Known() bool { return len(d.Unknown) == 0 }

// SourceFile is a Source or Patch tag.
type SourceFile struct {
	Number int
	Value  string // URL or file name, macros expanded
	Line   int
}

// File returns the name that the file has on disk: what follows the last
// slash, which may stand in a fragment ("...#/name").
func (f SourceFile) File() string { return baseName(f.Value) }

// SourceFiles is a list in file order. With Unknown reasons, there may be more
// than listed.
type SourceFiles struct {
	List    []SourceFile
	Unknown []Reason
}

// Known reports whether the list is complete.
func (f SourceFiles) Known() bool { return len(f.Unknown) == 0 }

// Package is a binary package: the main one or a sub-package.
type Package struct {
	Name, Epoch, Version, Release Value // Epoch "" when there is none
	Summary, License, Arch        Value
	Files                         Words // lines of the %files section; List is nil without one
	Line                          int   // of %package; 1 for the main package

	Provides, Requires, Obsoletes, Conflicts    Dependencies
	Recommends, Suggests, Supplements, Enhances Dependencies
	OrderWithRequires                           Dependencies
}

// Built reports whether the package has a %files section, be it empty: rpm
// builds no others.
func (p *Package) Built() bool { return p.Files.List != nil }

// EVR returns epoch, version and release; ok is false unless all are known.
func (p *Package) EVR() (evr EVR, ok bool) {
	evr = EVR{Epoch: p.Epoch.Text, Version: p.Version.Text, Release: p.Release.Text}
	return evr, p.Epoch.Known() && p.Version.Known() && p.Release.Known()
}

// Packages lists the binary packages, the main one first. With Unknown
// reasons, there may be more than listed.
type Packages struct {
	List    []Package
	Unknown []Reason
}

// Known reports whether the list is complete.
func (p Packages) Known() bool { return len(p.Unknown) == 0 }

// Entry is one entry of a changelog.
type Entry struct {
	Time time.Time // noon UTC where the entry has only a day
	Name string    // name, mail and, by custom, " - " and the version
	Text string
	Line int // 0 when it does not stand in the file as such
}

// Author returns the name and mail of the entry, without the version.
func (e Entry) Author() string { a, _ := e.split(); return a }

// EVR returns the version and release at the end of the header, "" when there
// is none: the dash before it may be missing.
func (e Entry) EVR() string { _, v := e.split(); return v }

func (e Entry) split() (author, evr string) {
	if i := strings.LastIndex(e.Name, "> "); i >= 0 {
		return e.Name[:i+1], trimSpace(strings.TrimPrefix(trimSpace(e.Name[i+2:]), "-"))
	}
	if i := strings.LastIndex(e.Name, " - "); i >= 0 {
		return trimSpace(e.Name[:i]), trimSpace(e.Name[i+3:])
	}
	return e.Name, ""
}

// Changelog is a changelog, newest entry first; entries from the first faulty
// one on are left out, as rpm does. With Unknown reasons, there
// may be more than listed.
type Changelog struct {
	List    []Entry
	Unknown []Reason
}

// Known reports whether the list is complete.
func (c Changelog) Known() bool { return len(c.Unknown) == 0 }

// Evaluation is what a spec file says under given circumstances.
type Evaluation struct {
	Package                    // the main package; the same as Packages.List[0]
	URL                        Value
	BuildRequires              Dependencies // of all preambles
	BuildConflicts             Dependencies
	ExclusiveArch, ExcludeArch Words
	BuildArch                  Words
	Sources, Patches           SourceFiles
	Packages                   Packages
	Changelog                  Changelog
	DynamicBuildRequires       bool // has %generate_buildrequires: there may be more
	// Refused lists lines that rpm refuses, and gives up the whole file, if
	// the macro or file in them is really missing and not only unknown here.
	Refused []Reason
	// Opaque lists code that prints whole lines. What a script could say by
	// its own words is unknown; whether rpm can read its output is not told.
	Opaque []Reason
}
