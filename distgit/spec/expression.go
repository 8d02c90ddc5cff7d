// SPDX-License-Identifier: MIT

package spec

import (
	"cmp"
	"strings"
)

// exprValue is an integer, a string or a version, or unknown.
type exprValue struct {
	kind byte // 'i', 's', 'v', 0 when unknown
	n    int
	s    string
	why  string // marks, when unknown
}

// either joins the marks of two values, as long as there are few.
func either(a, b string) string {
	if len(a) > 64 || a == b {
		return a
	}
	return a + b
}

func (v exprValue) truth() bool {
	return v.kind == 'i' && v.n != 0 || v.kind == 's' && v.s != ""
}

// exprParser is rpm's expression grammar (4.18).
type exprParser struct {
	x       *expander
	text    string
	at      int
	expand  bool // macros in the text are still to be expanded
	discard int  // > 0 in a part whose value does not count
	token   string
	value   exprValue
	bad     string // first error
	depth   int
}

func (p *exprParser) fail(msg string) {
	if p.bad == "" {
		p.bad = msg
	}
	p.token, p.at = "", len(p.text)
}

// expression evaluates %[...] and %{expr:...} to text.
func (x *expander) expression(text string, expand bool) string {
	v, bad := x.evaluate(text, expand)
	switch {
	case bad != "":
		if marked(bad) {
			return onlyMarks(bad)
		}
		x.fail(bad + ": " + text)
		return ""
	case v.kind == 0:
		return v.why
	case v.kind == 'i':
		return itoa(v.n)
	default:
		return v.s
	}
}

// evaluate returns the value of an expression, or what is wrong with it: with
// marks in the text when it can't be told whether anything is.
func (x *expander) evaluate(text string, expand bool) (exprValue, string) {
	p := exprParser{x: x, text: text, expand: expand}
	p.next()
	v := p.ternary()
	if p.bad == "" && p.token != "" {
		p.fail("syntax error in expression")
	}
	if p.bad != "" && marked(text) {
		p.bad += onlyMarks(text)
	}
	return v, p.bad
}

// parseLabel splits [epoch:]version[-release].
func parseLabel(s string) (EVR, bool) {
	var e EVR
	digits := span(s, isDigit)
	e.Version = s
	if digits < len(s) && s[digits] == ':' {
		if e.Epoch, e.Version = s[:digits], s[digits+1:]; e.Epoch == "" {
			e.Epoch = "0"
		}
	}
	if i := strings.LastIndexByte(e.Version, '-'); i >= 0 {
		e.Version, e.Release = e.Version[:i], e.Version[i+1:]
		if e.Release == "" {
			return e, false
		}
	}
	return e, e.Version != ""
}

// compareLabelled orders two [epoch:]version[-release]; a missing release
// comes before any.
func compareLabelled(a, b string) int {
	ea, _ := parseLabel(a)
	eb, _ := parseLabel(b)
	if (ea.Release == "") == (eb.Release == "") {
		return ea.Compare(eb)
	}
	c := cmp.Compare(len(ea.Release), len(eb.Release))
	ea.Release, eb.Release = "", ""
	return cmp.Or(ea.Compare(eb), c)
}

func (p *exprParser) ternary() exprValue {
	if p.depth++; p.depth > maxDepth*4 {
		p.fail("expression is nested too deep")
	}
	defer func() { p.depth-- }()
	v := p.logical()
	if p.token != "?" {
		return v
	}
	unknown, yes := v.kind == 0, v.truth()
	part := func(counts bool) exprValue {
		if !counts {
			p.discard++
			defer func() { p.discard-- }()
		}
		p.next()
		return p.ternary()
	}
	a := part(unknown || yes)
	if p.token != ":" {
		p.fail("syntax error in expression")
		return a
	}
	b := part(unknown || !yes)
	switch {
	case unknown && a == b:
		return a
	case unknown:
		return exprValue{why: v.why}
	case a.kind != 0 && b.kind != 0 && a.kind != b.kind:
		p.fail("types must match")
	}
	if yes {
		return a
	}
	return b
}

func (p *exprParser) logical() exprValue {
	v := p.relational()
	for p.bad == "" && (p.token == "&&" || p.token == "||") {
		and := p.token == "&&"
		decided := v.kind != 0 && v.truth() != and
		if decided {
			p.discard++
		}
		p.next()
		w := p.relational()
		if decided {
			p.discard--
		}
		switch {
		case p.bad != "":
		case v.kind != 0 && w.kind != 0 && v.kind != w.kind:
			p.fail("types must match")
		case decided:
		case v.kind != 0:
			v = w
		case w.kind != 0 && w.truth() != and:
			v = w // unknown && false, unknown || true
		default:
			v = exprValue{why: either(v.why, w.why)}
		}
	}
	return v
}

func (p *exprParser) relational() exprValue {
	v := p.sum()
	for p.bad == "" {
		op := p.token
		switch op {
		case "==", "!=", "<", "<=", ">", ">=":
		default:
			return v
		}
		p.next()
		w := p.sum()
		switch {
		case p.bad != "":
			return v
		case v.kind == 0 || w.kind == 0:
			v = exprValue{why: either(v.why, w.why)}
			continue
		case v.kind != w.kind:
			p.fail("types must match")
			return v
		}
		var c int
		switch v.kind {
		case 'i':
			c = cmp.Compare(v.n, w.n)
		case 'v':
			c = compareLabelled(v.s, w.s)
		default:
			c = cmp.Compare(v.s, w.s)
		}
		yes := op == "==" && c == 0 || op == "!=" && c != 0 || op == "<" && c < 0 ||
			op == "<=" && c <= 0 || op == ">" && c > 0 || op == ">=" && c >= 0
		v = exprValue{kind: 'i'}
		if yes {
			v.n = 1
		}
	}
	return v
}

func (p *exprParser) sum() exprValue {
	return p.chain("+", "-", (*exprParser).product)
}

func (p *exprParser) product() exprValue {
	return p.chain("*", "/", (*exprParser).primary)
}

// chain evaluates operands joined by two operators of one rank.
func (p *exprParser) chain(op1, op2 string, operand func(*exprParser) exprValue) exprValue {
	v := operand(p)
	for p.bad == "" && (p.token == op1 || p.token == op2) {
		op := p.token
		p.next()
		w := operand(p)
		switch {
		case p.bad != "":
		case v.kind == 0 || w.kind == 0:
			v = exprValue{why: either(v.why, w.why)}
		case v.kind != w.kind:
			p.fail("types must match")
		case v.kind == 's' && op == "+":
			v.s += w.s
		case v.kind != 'i':
			p.fail(op + " not supported for these values")
		case op == "+":
			v.n += w.n
		case op == "-":
			v.n -= w.n
		case op == "*":
			v.n *= w.n
		case p.discard > 0:
		case w.n == 0:
			p.fail("division by zero")
		default:
			v.n /= w.n
		}
		v.n = int(int32(v.n))
	}
	return v
}

func (p *exprParser) primary() exprValue {
	if p.depth++; p.depth > maxDepth*4 {
		p.fail("expression is nested too deep")
	}
	defer func() { p.depth-- }()
	switch p.token {
	case "v":
		v := p.value
		p.next()
		return v
	case "f":
		return p.function()
	case "(":
		p.next()
		v := p.ternary()
		if p.token != ")" {
			p.fail("unmatched (")
			return v
		}
		p.next()
		return v
	case "-":
		p.next()
		v := p.primary()
		if p.bad == "" && v.kind != 'i' && v.kind != 0 {
			p.fail("- only on numbers")
		}
		v.n = -v.n
		return v
	case "!":
		p.next()
		v := p.primary()
		if v.kind == 0 {
			return v
		}
		n := exprValue{kind: 'i'}
		if !v.truth() {
			n.n = 1
		}
		return n
	case "":
		p.fail("unexpected end of expression")
	default:
		p.fail("syntax error in expression")
	}
	return exprValue{}
}

// function reads a call; only Lua functions exist, and they are not run.
func (p *exprParser) function() exprValue {
	name := p.value.s
	p.next() // the parenthesis
	p.next()
	for p.bad == "" && p.token != ")" {
		p.ternary()
		if p.token == "," {
			p.next()
			if p.token == ")" {
				p.fail("syntax error in expression")
			}
		} else if p.token != ")" {
			p.fail("syntax error in expression")
		}
	}
	p.next()
	if !strings.HasPrefix(name, "lua:") {
		p.fail("unsupported function")
	}
	return exprValue{why: p.x.unknown(ReasonLua, name+"()")}
}
