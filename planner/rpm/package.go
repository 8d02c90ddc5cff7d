// SPDX-License-Identifier: MIT

package rpm

// Package is what is known of one package file: what a repository tells of it.
// It is plain data; the zero value is a package without a name, which
// [NewUniverse] reports.
type Package struct {
	NEVRA // Arch is "src" or "nosrc" for source packages

	// Source is the file name of the source package, as binary packages give
	// it ("bash-5.3-1.fc43.src.rpm"); source packages need none.
	Source string
	// ID is the repository's checksum of the file (repodata's pkgid), and
	// Location where it lies; both may be empty.
	ID       string
	Location string

	// Provides are names with versions; Requires too. A boolean dependency
	// is a relation whose Name is the whole text in parentheses. The Requires
	// of a source package are its BuildRequires.
	Provides []Relation
	Requires []Relation
	// Recommends, Suggests, Supplements and Enhances are the weak
	// dependencies.
	Recommends  []Relation
	Suggests    []Relation
	Supplements []Relation
	Enhances    []Relation
	// Files are the paths that the package is known to hold, which may be
	// only some of them.
	Files []string

	// Repo names the repository; Priority orders repositories, the higher
	// is preferred.
	Repo     string
	Priority int
}

// IsSource reports whether the package is a source package.
func (p *Package) IsSource() bool { return p.Arch == "src" || p.Arch == "nosrc" }

// SourceName returns the name of the source package that the package comes
// from: its own for a source package. It returns an error wrapping [ErrSyntax]
// when Source is empty or can't be read.
func (p *Package) SourceName() (string, error) {
	if p.IsSource() {
		return p.Name, nil
	}
	return SourceName(p.Source)
}

// Satisfies reports whether the package provides what is asked for, by
// [Relation.Match], its files included. It implements [Provider].
func (p *Package) Satisfies(r Relation) bool {
	for i := range p.Provides {
		if p.Provides[i].Name == r.Name && r.Match(p.Provides[i]) {
			return true
		}
	}
	if KindOf(r.Name) == File {
		for _, f := range p.Files {
			if f == r.Name {
				return true
			}
		}
	}
	return false
}
