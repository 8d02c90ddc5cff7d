// SPDX-License-Identifier: MIT

package rpm

import (
	"errors"
	"strings"
)

// ErrSyntax is in the chain of every error about a text that can't be read.
var ErrSyntax = errors.New("rpm: syntax error")

// Sense is how a dependency compares versions. The zero value compares
// nothing: any version will do.
type Sense uint8

// The bits of a Sense.
const (
	Less Sense = 1 << iota
	Greater
	Equal
)

// String returns rpm's operator: "", "<", ">", "=", "<=", ">=".
func (s Sense) String() string {
	var out string
	if s&Less != 0 {
		out += "<"
	}
	if s&Greater != 0 {
		out += ">"
	}
	if s&Equal != 0 {
		out += "="
	}
	return out
}

// parseSense reads an operator of spec files, or repodata's word for it.
func parseSense(s string) (Sense, bool) {
	switch s {
	case "=", "==", "EQ":
		return Equal, true
	case "<", "LT":
		return Less, true
	case ">", "GT":
		return Greater, true
	case "<=", "=<", "LE":
		return Less | Equal, true
	case ">=", "=>", "GE":
		return Greater | Equal, true
	}
	return 0, false
}

// ParseSense reads an operator ("=", "<=", ...) or repodata's word for it
// ("EQ", "LE", ...); the empty text is the zero Sense. Other texts are an error
// wrapping [ErrSyntax].
func ParseSense(s string) (Sense, error) {
	if s == "" {
		return 0, nil
	}
	if v, ok := parseSense(s); ok {
		return v, nil
	}
	return 0, syntax(s, 0, "no such comparison")
}

// Relation is a name with a range of versions: what a package provides or
// asks for.
type Relation struct {
	Name  string
	Sense Sense
	EVR   EVR // empty when Sense is zero
}

// String returns "name", or "name op evr".
func (r Relation) String() string {
	if r.Sense == 0 {
		return r.Name
	}
	return r.Name + " " + r.Sense.String() + " " + r.EVR.String()
}

// Match reports whether a provide satisfies a require of the same name, by
// rpm's rule for overlapping ranges. An unversioned side matches everything;
// libsolv judges likewise; see [Relation.MatchVersioned] for the other way. Epochs
// and versions are compared first; a release that one side lacks matches any.
func (r Relation) Match(provide Relation) bool {
	if r.Name != provide.Name {
		return false
	}
	if r.Sense == 0 || provide.Sense == 0 {
		return true
	}
	p, q := &provide.EVR, &r.EVR
	c := 0
	switch {
	case p.Epoch < q.Epoch:
		c = -1
	case p.Epoch > q.Epoch:
		c = 1
	default:
		c = CompareVersions(p.Version, q.Version)
	}
	if c == 0 {
		switch {
		case p.Release != "" && q.Release != "":
			c = CompareVersions(p.Release, q.Release)
		case p.Release == "" && q.Release != "" && provide.Sense&Equal != 0,
			p.Release != "" && q.Release == "" && r.Sense&Equal != 0:
			return true
		}
	}
	switch {
	case c < 0:
		return provide.Sense&Greater != 0 || r.Sense&Less != 0
	case c > 0:
		return provide.Sense&Less != 0 || r.Sense&Greater != 0
	}
	return provide.Sense&r.Sense != 0
}

// MatchVersioned is [Relation.Match] but for one thing: a provide without a
// version does not satisfy a require with one.
func (r Relation) MatchVersioned(provide Relation) bool {
	if r.Sense != 0 && provide.Sense == 0 {
		return false
	}
	return r.Match(provide)
}

// ParseRelation reads "name" or "name op [epoch:]version[-release]". It
// returns an error wrapping [ErrSyntax] with the offset of what is wrong.
func ParseRelation(s string) (Relation, error) {
	p := parser{text: s}
	p.blanks()
	r, err := p.relation()
	if err != nil {
		return r, err
	}
	if p.blanks(); p.at < len(s) {
		return Relation{}, syntax(s, p.at, "text after the dependency")
	}
	return r, nil
}

// Kind sorts the names that packages depend on by what they stand for.
type Kind uint8

// The kinds of names.
const (
	Plain  Kind = iota // a package's name or a virtual one: "bash", "webserver", "pkgconfig(zlib)"
	File               // "/usr/bin/python3"
	Soname             // "libz.so.1()(64bit)": lost when a library changes its interface
	Symbol             // "libc.so.6(GLIBC_2.34)(64bit)": one version of a library's symbols
	RPMLib             // "rpmlib(...)": a feature of rpm itself, never an edge
	Config             // "config(x)": a package's own configuration
	Rich               // a boolean dependency in parentheses
)

var kindNames = [...]string{"plain", "file", "soname", "symbol", "rpmlib", "config", "rich"}

// String returns the kind's name, or "Kind(n)" for a number outside the list.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + string(rune('0'+k)) + ")"
}

// KindOf tells what a name stands for, by rpm's naming rules.
func KindOf(name string) Kind {
	switch {
	case strings.HasPrefix(name, "("):
		return Rich
	case strings.HasPrefix(name, "/"):
		return File
	case strings.HasPrefix(name, "rpmlib("):
		return RPMLib
	case strings.HasPrefix(name, "config("):
		return Config
	}
	so := strings.Index(name, ".so")
	if so <= 0 {
		return Plain
	}
	rest := name[so+len(".so"):]
	base, inner, ok := strings.Cut(rest, "(")
	if base != "" && base[0] != '.' || strings.ContainsAny(name[:so], "( ") {
		return Plain
	}
	if !ok { // 32-bit sonames have no parentheses
		return Soname
	}
	if symbol, _, _ := strings.Cut(inner, ")"); symbol != "" && symbol != "64bit" {
		return Symbol
	}
	return Soname
}
