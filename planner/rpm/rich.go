// SPDX-License-Identifier: MIT

package rpm

import (
	"strconv"
	"strings"
)

// Op is the operator of a boolean dependency. The zero value is [None].
type Op uint8

// The operators.
const (
	None    Op = iota // a single relation
	And               // all of Args
	Or                // one of Args
	If                // Args[0] if Args[1], else Args[2] if there is one
	Unless            // Args[0] unless Args[1], else Args[2] if there is one
	With              // one package satisfies all of Args
	Without           // one package satisfies Args[0] and not Args[1]
)

var opNames = [...]string{"", "and", "or", "if", "unless", "with", "without"}

// String returns rpm's word, or "Op(n)" for a number outside the list.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "Op(" + strconv.Itoa(int(o)) + ")"
}

// Dep is a dependency: one relation, or an operator over others. The zero
// value is a relation without a name.
type Dep struct {
	Op       Op
	Relation Relation // of Op None
	Args     []Dep    // of the other operators
}

// String returns the dependency as rpm writes it.
func (d Dep) String() string {
	var b strings.Builder
	d.write(&b)
	return b.String()
}

func (d Dep) write(b *strings.Builder) {
	if d.Op == None {
		b.WriteString(d.Relation.String())
		return
	}
	b.WriteByte('(')
	for i, a := range d.Args {
		switch {
		case i == 2 && (d.Op == If || d.Op == Unless):
			b.WriteString(" else ")
		case i > 0:
			b.WriteString(" " + d.Op.String() + " ")
		}
		a.write(b)
	}
	b.WriteByte(')')
}

// Relations yields every relation of the dependency, from left to right.
func (d Dep) Relations(yield func(Relation) bool) bool {
	if d.Op == None {
		return yield(d.Relation)
	}
	for _, a := range d.Args {
		if !a.Relations(yield) {
			return false
		}
	}
	return true
}

// Satisfied reports whether a set of installed packages satisfies the
// dependency. one reports whether some installed package satisfies all of the
// relations in want and none of those in not; the caller has the packages.
func (d Dep) Satisfied(one func(match func(Provider) bool) bool) bool {
	switch d.Op {
	case None:
		return one(func(p Provider) bool { return p.Satisfies(d.Relation) })
	case And:
		for _, a := range d.Args {
			if !a.Satisfied(one) {
				return false
			}
		}
		return true
	case Or:
		for _, a := range d.Args {
			if a.Satisfied(one) {
				return true
			}
		}
		return false
	case If:
		if d.Args[1].Satisfied(one) {
			return d.Args[0].Satisfied(one)
		}
		return len(d.Args) < 3 || d.Args[2].Satisfied(one)
	case Unless:
		if !d.Args[1].Satisfied(one) {
			return d.Args[0].Satisfied(one)
		}
		return len(d.Args) > 2 && d.Args[2].Satisfied(one)
	case With, Without:
		return one(d.by)
	}
	return false
}

// Provider is a package that may satisfy a relation.
type Provider interface {
	// Satisfies reports whether the package provides what is asked for.
	Satisfies(Relation) bool
}

// by reports whether one package alone satisfies the dependency; it is the
// meaning of with, without and the "or" that may stand inside them.
func (d Dep) by(p Provider) bool {
	switch d.Op {
	case None:
		return p.Satisfies(d.Relation)
	case Or:
		for _, a := range d.Args {
			if a.by(p) {
				return true
			}
		}
		return false
	case And, With:
		for _, a := range d.Args {
			if !a.by(p) {
				return false
			}
		}
		return true
	case Without:
		return d.Args[0].by(p) && !d.Args[1].by(p)
	}
	return false
}

// maxDepth bounds the nesting of a dependency; rpm's own texts stay far below.
const maxDepth = 64

// maxNodes bounds the operators and relations of one dependency.
const maxNodes = 10_000

type parser struct {
	text   string
	at     int
	nodes  int
	inside int // parentheses of boolean dependencies that are open
}

// Parse reads one dependency: a relation, or a boolean expression in
// parentheses. It checks rpm's grammar (operators don't mix without
// parentheses; only and, or, with chain) but not what a tag allows: see
// [Check]. It returns an error wrapping [ErrSyntax] with the offset of what
// is wrong. Nesting beyond 64 levels is refused.
func Parse(s string) (Dep, error) {
	p := parser{text: s}
	p.blanks()
	d, err := p.dep(0)
	if err != nil {
		return Dep{}, err
	}
	if p.blanks(); p.at < len(s) {
		return Dep{}, syntax(s, p.at, "text after the dependency")
	}
	return d, nil
}

// ParseList reads dependencies separated by commas or blanks, as tags of spec
// files hold them. An empty text is an empty list.
func ParseList(s string) ([]Dep, error) {
	p := parser{text: s}
	var out []Dep
	for {
		p.separators()
		if p.at >= len(s) {
			return out, nil
		}
		d, err := p.dep(0)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
}

func (p *parser) fail(msg string) error { return syntax(p.text, p.at, msg) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (p *parser) blanks() {
	for p.at < len(p.text) && isBlank(p.text[p.at]) {
		p.at++
	}
}

func (p *parser) separators() {
	for p.at < len(p.text) && (isBlank(p.text[p.at]) || p.text[p.at] == ',') {
		p.at++
	}
}

// word reads up to a blank or comma, or up to the parenthesis that closes a
// boolean dependency: "lib.so.1()(64bit)" is one word. Outside of boolean
// dependencies a closing parenthesis is part of the name, as in rpm.
func (p *parser) word() string {
	start, depth := p.at, 0
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case isBlank(c) || c == ',':
			return p.text[start:p.at]
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ')' && p.inside > 0:
			return p.text[start:p.at]
		}
		p.at++
	}
	return p.text[start:]
}

func (p *parser) dep(depth int) (Dep, error) {
	if p.nodes++; p.nodes > maxNodes {
		return Dep{}, p.fail("too many parts")
	}
	if p.at >= len(p.text) || p.text[p.at] != '(' {
		r, err := p.relation()
		return Dep{Relation: r}, err
	}
	if depth >= maxDepth {
		return Dep{}, p.fail("nested too deeply")
	}
	p.at++
	p.inside++
	d, err := p.rich(depth)
	p.inside--
	return d, err
}

// rich reads the inside of parentheses and the closing one.
func (p *parser) rich(depth int) (Dep, error) {
	p.blanks()
	if p.at < len(p.text) && p.text[p.at] == ')' {
		return Dep{}, p.fail("empty parentheses")
	}
	first, err := p.dep(depth + 1)
	if err != nil {
		return Dep{}, err
	}
	d := Dep{Args: []Dep{first}}
	for {
		p.blanks()
		if p.at >= len(p.text) {
			return Dep{}, p.fail("no closing parenthesis")
		}
		if p.text[p.at] == ')' {
			p.at++
			if len(d.Args) == 1 {
				return first, nil // (a) is a
			}
			return d, nil
		}
		start := p.at
		word := p.word()
		op, isElse := opOf(word), word == "else"
		switch {
		case isElse && (d.Op == If || d.Op == Unless) && len(d.Args) == 2:
		case op == None:
			p.at = start
			return Dep{}, p.fail("expected an operator or a closing parenthesis")
		case len(d.Args) > 1 && (op != d.Op || op == If || op == Unless || op == Without):
			p.at = start
			return Dep{}, p.fail("operators can't be mixed or chained here; use parentheses")
		default:
			d.Op = op
		}
		p.blanks()
		next, err := p.dep(depth + 1)
		if err != nil {
			return Dep{}, err
		}
		d.Args = append(d.Args, next)
	}
}

func opOf(word string) Op {
	for i, n := range opNames {
		if i > 0 && n == word {
			return Op(i)
		}
	}
	return None
}

// relation reads "name [op evr]".
func (p *parser) relation() (Relation, error) {
	start := p.at
	name := p.word()
	if name == "" {
		return Relation{}, p.fail("expected a name")
	}
	if _, ok := parseSense(name); ok {
		p.at = start
		return Relation{}, p.fail("expected a name, not a comparison")
	}
	r := Relation{Name: name}
	mark := p.at
	p.blanks()
	opAt := p.at
	sense, ok := parseSense(p.word())
	if !ok {
		p.at = mark
		return r, nil
	}
	p.blanks()
	evrAt := p.at
	text := p.word()
	if text == "" {
		p.at = opAt
		return Relation{}, p.fail("a comparison without a version")
	}
	evr, err := ParseEVR(text)
	if err != nil {
		e := err.(*SyntaxError)
		return Relation{}, syntax(p.text, evrAt+e.Offset, e.Msg)
	}
	r.Sense, r.EVR = sense, evr
	return r, nil
}
