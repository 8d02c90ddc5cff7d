// SPDX-License-Identifier: MIT

package spec

import (
	"errors"
	"strings"
)

func isSeparator(c byte) bool  { return isSpace(c) || c == ',' }
func notSeparator(c byte) bool { return !isSeparator(c) }

// dependencyOp returns an operator in its usual form, "" for other words.
func dependencyOp(word string) string {
	switch word {
	case "<", ">", "<=", ">=", "=":
		return word
	case "=<":
		return "<="
	case "=>":
		return ">="
	case "==":
		return "="
	}
	return ""
}

// ParseDependencies reads the value of a dependency tag, macros already
// expanded: names separated by blanks or commas, each with an optional
// operator and version between blanks, and rich dependencies in parentheses.
// "foo>=2" is one name, as it is for rpm. Errors say what rpm would refuse.
func ParseDependencies(value string) ([]Dependency, error) {
	var out []Dependency
	for s := value; ; {
		s = s[span(s, isSeparator):]
		if s == "" {
			return out, nil
		}
		if s[0] == '(' {
			rich, rest, err := parseRich(s, 0)
			if err != nil {
				return nil, err
			}
			out = append(out, Dependency{Name: rich})
			s = rest
			continue
		}
		n := span(s, notSeparator)
		d := Dependency{Name: s[:n]}
		rest := s[n:]
		rest = rest[span(rest, isSeparator):]
		n = span(rest, notSeparator)
		if op := dependencyOp(rest[:n]); op != "" {
			rest = rest[n:]
			rest = rest[span(rest, isSeparator):]
			n = span(rest, notSeparator)
			if n == 0 {
				return nil, errors.New("version required: " + d.Name + " " + op)
			}
			d.Op, d.EVR = op, rest[:n]
			rest = rest[n:]
		}
		if err := d.check(); err != nil {
			return nil, err
		}
		out = append(out, d)
		s = rest
	}
}

func (d Dependency) check() error {
	if c := d.Name[0]; c < 0x80 && c != mark && !isAlnum(c) && c != '_' && c != '/' {
		return errors.New("dependency tokens must begin with alpha-numeric, '_' or '/'")
	}
	if d.Op == "" {
		return nil
	}
	if d.Name[0] == '/' {
		return errors.New("versioned file name not permitted: " + d.Name)
	}
	for i := 0; i < len(d.EVR); i++ {
		if d.EVR[i] == mark {
			i = markEnd(d.EVR, i) - 1
		} else if !isAlnum(d.EVR[i]) && strings.IndexByte("._+%{}~^-:", d.EVR[i]) < 0 {
			return errors.New("illegal char " + d.EVR[i:i+1] + " in version: " + d.EVR)
		}
	}
	if strings.Contains(d.EVR, "..") {
		return errors.New(`illegal sequence ".." in version: ` + d.EVR)
	}
	if strings.Count(d.EVR, "-") > 1 || strings.Count(d.EVR, ":") > 1 {
		return errors.New("invalid version (double separator): " + d.EVR)
	}
	if epoch, _, ok := strings.Cut(d.EVR, ":"); ok && !marked(epoch) && span(epoch, isDigit) != len(epoch) {
		return errors.New("invalid version (epoch must be unsigned integer): " + d.EVR)
	}
	return nil
}

// parseRich reads one rich dependency and returns it as rpm writes it.
func parseRich(s string, depth int) (rich, rest string, err error) {
	if depth > maxDepth {
		return "", "", errors.New("rich dependency is nested too deep")
	}
	whole := s
	s = s[1:]
	var b strings.Builder
	b.WriteByte('(')
	chain := ""
	for {
		s = s[span(s, isSeparator):]
		switch {
		case s == "":
			return "", "", errors.New("unterminated rich dependency: " + whole)
		case s[0] == ')' && chain != "":
			return "", "", errors.New("missing argument to rich dependency op: " + whole)
		case s[0] == ')':
			return "", "", errors.New("empty rich dependency: " + whole)
		case s[0] == '(':
			var inner string
			if inner, s, err = parseRich(s, depth+1); err != nil {
				return "", "", err
			}
			b.WriteString(inner)
		default:
			var d Dependency
			if d, s, err = parseOperand(s); err != nil {
				return "", "", err
			}
			b.WriteString(d.String())
		}
		s = s[span(s, isSeparator):]
		if s == "" {
			return "", "", errors.New("unterminated rich dependency: " + whole)
		}
		if s[0] == ')' {
			b.WriteByte(')')
			return b.String(), s[1:], nil
		}
		n := span(s, func(c byte) bool { return !isSpace(c) && c != ')' })
		op := s[:n]
		switch op {
		case "and", "or", "if", "unless", "else", "with", "without":
		default:
			return "", "", errors.New("unknown rich dependency op " + op + ": " + whole)
		}
		if op == "else" && (chain == "if" || chain == "unless") {
			chain = ""
		}
		if chain != "" && (op != chain || op != "and" && op != "or" && op != "with") {
			return "", "", errors.New("cannot chain different ops: " + whole)
		}
		chain = op
		b.WriteString(" " + op + " ")
		s = s[n:]
	}
}

// parseOperand reads "name [op evr]" inside a rich dependency, where a name
// may hold parentheses of its own.
func parseOperand(s string) (Dependency, string, error) {
	word := func(s string) int {
		depth := 0
		for i := 0; i < len(s); i++ {
			switch {
			case isSeparator(s[i]):
				return i
			case s[i] == '(':
				depth++
			case s[i] == ')':
				if depth == 0 {
					return i
				}
				depth--
			}
		}
		return len(s)
	}
	n := word(s)
	if n == 0 {
		return Dependency{}, "", errors.New("name required: " + s)
	}
	d := Dependency{Name: s[:n]}
	s = s[n:]
	s = s[span(s, isSeparator):]
	if n = word(s); dependencyOp(s[:n]) != "" {
		d.Op = dependencyOp(s[:n])
		s = s[n:]
		s = s[span(s, isSeparator):]
		if n = word(s); n == 0 {
			return Dependency{}, "", errors.New("version required: " + d.Name + " " + d.Op)
		}
		d.EVR, s = s[:n], s[n:]
	}
	return d, s, d.check()
}

// dependencies adds the value of a tag to a list.
func (e *evaluator) dependencies(list *Dependencies, p *pkg, tag, qualifier, value string) {
	p.texts = append(p.texts, taggedText{tag, value})
	list.Unknown = append(list.Unknown, e.doubts(value)...)
	switch tag {
	case "requires", "orderwithrequires":
		if !validQualifiers(qualifier) && !marked(qualifier) {
			e.x.fail("Bad " + tag + " qualifiers: " + e.current)
			return
		}
	}
	deps, err := ParseDependencies(value)
	if err == nil && (tag == "provides" || tag == "obsoletes" || tag == "orderwithrequires") {
		for _, d := range deps {
			if d.Rich() {
				err = errors.New("no rich dependencies allowed for this type: " + value)
			}
		}
	}
	if err == nil && tag == "obsoletes" {
		for _, d := range deps {
			if !marked(d.Name) && undefinedIn(d.Name) == "" && span(d.Name, func(c byte) bool { return isAlnum(c) || strings.IndexByte(".-_+%{}", c) >= 0 }) != len(d.Name) {
				err = errors.New("only package names are allowed in Obsoletes: " + value)
			}
		}
	}
	if err != nil {
		switch {
		case marked(value):
		case undefinedIn(value) != "":
			e.refuse(e.x.unknown(ReasonUndefined, e.current))
		default:
			e.x.fail(capital(err.Error()) + ": " + e.current)
		}
		return
	}
	for _, d := range deps {
		if marked(d.Name + d.EVR) {
			continue
		}
		d.Qualifier, d.Line = qualifier, e.x.line
		list.List = append(list.List, d)
	}
}

// validQualifiers checks the words in Requires(...).
func validQualifiers(q string) bool {
	if trimSpace(q) == "" {
		return true
	}
	for word := range strings.SplitSeq(q, ",") {
		switch trimSpace(word) {
		case "interp", "meta", "preun", "pre", "postun", "post", "rpmlib", "verify", "pretrans", "posttrans":
		default:
			return false
		}
	}
	return true
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
