// SPDX-License-Identifier: MIT

package spec

import (
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// expand returns the text with its macros expanded; after a failure (x.err)
// what it returns means nothing.
func (x *expander) expand(src string) string {
	if strings.IndexByte(src, '%') < 0 {
		return src
	}
	var b strings.Builder
	x.expandTo(&b, src)
	return b.String()
}

// affordable reports whether the expansion may go on.
func (x *expander) affordable() bool {
	if x.budget < 0 && x.err == nil {
		x.err = &Error{File: x.file, Line: x.line, Err: ErrTooLarge, Msg: "macro expansion"}
	}
	return x.err == nil
}

// macroEnd returns the index after the macro call whose text after the '%'
// begins at i, or -1 when it is not closed.
func macroEnd(s string, i int) int {
	if i < len(s) {
		switch s[i] {
		case '(':
			return matchChar(s, i, '(', ')')
		case '{':
			return matchChar(s, i, '{', '}')
		case '[':
			return matchChar(s, i, '[', ']')
		}
	}
	for i < len(s) && (s[i] == '?' || s[i] == '!') {
		i++
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	i += span(s[i:], isName)
	switch {
	case strings.HasPrefix(s[i:], "**"):
		i += 2
	case i < len(s) && (s[i] == '*' || s[i] == '#'):
		i++
	}
	return i
}

// call is one macro call, taken apart.
type call struct {
	name     string
	negate   bool
	check    bool   // %{?...}
	text     string // after the colon of %{name:text}
	colon    bool
	args     int // where blank-separated arguments begin and end in the source,
	argsEnd  int // argsEnd < 0 without any
	end      int // index after the call
	nameEnd  int
	restFrom int // where the text goes on when the macro is unknown
}

func parseCall(s string, i, end int) call {
	c := call{end: end, argsEnd: -1, restFrom: i}
	f := i
	braced := s[i] == '{'
	if braced {
		f++
	}
	for f < len(s) && (s[f] == '?' || s[f] == '!') {
		if s[f] == '!' {
			c.negate = !c.negate
		} else {
			c.check = true
		}
		f++
	}
	if !braced {
		c.restFrom = f
		c.nameEnd = max(end, f)
		if end < len(s) && isBlank(s[end]) {
			c.args, c.argsEnd = end, len(s)
			if n := strings.IndexByte(s[end:], '\n'); n >= 0 {
				c.argsEnd = end + n
			}
		}
	} else {
		fe := f
		for fe < len(s) && s[fe] != ' ' && s[fe] != ':' && s[fe] != '}' {
			fe++
		}
		c.nameEnd = fe
		if fe < len(s) {
			switch s[fe] {
			case ':':
				c.colon = true
				if fe+1 <= end-1 {
					c.text = s[fe+1 : end-1]
				}
			case ' ':
				c.args, c.argsEnd = fe, max(end-1, fe)
			}
		}
	}
	c.name = s[f:c.nameEnd]
	return c
}

// expandTo is the main loop of the engine.
func (x *expander) expandTo(b *strings.Builder, src string) {
	x.depth++
	defer func() { x.depth-- }()
	if x.depth > maxDepth {
		x.fail("too many levels of recursion in macro expansion")
		return
	}
	before := b.Len()
	for i := 0; x.affordable() && i < len(src); {
		n := strings.IndexByte(src[i:], '%')
		if n < 0 {
			b.WriteString(src[i:])
			break
		}
		b.WriteString(src[i : i+n])
		i += n + 1
		if i == len(src) {
			b.WriteByte('%')
			break
		}
		if src[i] == '%' {
			b.WriteByte('%')
			i++
			continue
		}
		i = x.expandCall(b, src, i)
	}
	x.budget -= b.Len() - before
}

// expandCall expands the call whose text after the '%' begins at i and returns
// where the source goes on.
func (x *expander) expandCall(b *strings.Builder, src string, i int) int {
	x.budget -= 16
	end := macroEnd(src, i)
	x.budget -= max(end-i, 0)
	if end < 0 {
		x.fail("unterminated " + src[i:i+1] + ": " + src[i:])
		return len(src)
	}
	switch src[i] {
	case '(':
		command := x.expand(src[i+1 : end-1]) // for what it may define
		b.WriteString(x.unknown(ReasonShell, "%("+command+")"))
		return end
	case '[':
		b.WriteString(x.expression(src[i+1:end-1], true))
		return end
	}
	c := parseCall(src, i, end)
	if c.name == "" {
		b.WriteByte('%')
		return c.restFrom
	}
	if marked(c.name) {
		b.WriteString(onlyMarks(c.name))
		return end
	}
	builtin := builtinNamed(c.name)
	var d *definition
	if builtin == nil {
		if d = x.table.find(c.name); d != nil && d.auto && x.level > d.level {
			d = nil
		}
		if len(x.taint) > 0 {
			if why := x.tainted(c.name, d); why != "" {
				b.WriteString(why)
				return end
			}
		}
	}
	known := builtin != nil || d != nil
	switch {
	case c.name[0] == '-' || c.check:
		if known == c.negate {
			return end
		}
		switch {
		case c.text != "":
			x.expandTo(b, c.text)
		case builtin != nil:
			x.runBuiltin(b, builtin, c.name, nil)
		case d != nil:
			x.body(b, c.name, d, nil)
		}
		return end
	case !known:
		b.WriteByte('%') // the rest stays as it is
		return c.restFrom
	case d != nil && !d.params:
		x.body(b, c.name, d, nil)
		return end
	}
	if builtin != nil && builtin.parse && c.nameEnd == end {
		return end + x.parseBuiltin(b, c.name, src[end:])
	}
	if builtin != nil && builtin.args == 0 && c.nameEnd == end {
		c.argsEnd = -1 // takes none: what follows is text
	}
	args := []string{}
	switch {
	case c.colon && builtin != nil && builtin.parse:
		args = append(args, c.text)
	case c.colon:
		args = append(args, x.expand(c.text))
	case c.argsEnd >= 0 && builtin != nil && builtin.parse:
		args = append(args, src[c.args:c.argsEnd])
		end = c.argsEnd + afterArgs(src, c.argsEnd)
	case c.argsEnd >= 0:
		args = splitArgs(x.expand(src[c.args:c.argsEnd]))
		end = c.argsEnd + afterArgs(src, c.argsEnd)
	}
	if builtin != nil {
		x.runBuiltin(b, builtin, c.name, args)
	} else {
		x.body(b, c.name, d, args)
	}
	return end
}

// afterArgs is 0 where arguments end with the line or the text, else 1 for
// the closing brace.
func afterArgs(s string, i int) int {
	if i >= len(s) || s[i] == '\n' && (i == 0 || s[i-1] != '\\') {
		return 0
	}
	return 1
}

const quoteChar = 0x1f // what %{quote:...} puts around its argument

// splitArgs splits at blanks, but not within %{quote:}.
func splitArgs(s string) []string {
	args := []string{}
	quoted := false
	start := 0
	add := func(word string) {
		if word != "" {
			args = append(args, strings.ReplaceAll(word, string(rune(quoteChar)), ""))
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quoteChar:
			quoted = !quoted
		case !quoted && isBlank(s[i]):
			add(s[start:i])
			start = i + 1
		}
	}
	if !quoted {
		add(s[start:])
	}
	return args
}

// body expands the body of a macro that is no builtin; args is nil for a call
// without argument processing.
func (x *expander) body(b *strings.Builder, name string, d *definition, args []string) {
	switch {
	case d.outside:
		b.WriteString(x.unknown(ReasonMacro, "%{"+name+"}"))
	case d.body == "":
	case d.literal:
		b.WriteString(d.body)
	case args == nil:
		x.expandTo(b, d.body)
	default:
		if all := strings.Join(args, ""); marked(all) {
			x.mayDefine("define "+d.body, onlyMarks(all))
			b.WriteString(onlyMarks(all))
			return
		}
		x.level++
		first := len(x.locals)
		x.bind(name, d.opts, args)
		if x.err == nil {
			x.expandTo(b, d.body)
		}
		for i := len(x.locals) - 1; i >= first; i-- {
			if top := x.table.find(x.locals[i]); top != nil && top.level >= x.level {
				x.table.pop(x.locals[i])
			}
		}
		x.locals = x.locals[:first]
		x.level--
	}
}

// bind defines the macros through which a body sees its arguments.
func (x *expander) bind(name, opts string, args []string) {
	auto := func(n, v string) {
		x.push(n, definition{body: v, level: x.level, auto: true, literal: true})
	}
	auto("0", name)
	auto("**", strings.Join(args, " "))
	rest := []string{}
	for i := 0; i < len(args); i++ {
		a := args[i]
		if opts == "-" || len(a) < 2 || a[0] != '-' {
			rest = append(rest, a)
			continue
		}
		if a == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		for j := 1; j < len(a); j++ {
			k := strings.IndexByte(opts, a[j])
			if k < 0 || a[j] == ':' {
				x.fail("unknown option " + a[j:j+1] + " in " + name + "(" + opts + ")")
				return
			}
			opt := "-" + a[j:j+1]
			if k+1 >= len(opts) || opts[k+1] != ':' {
				auto(opt, opt)
				continue
			}
			value := a[j+1:]
			if value == "" {
				if i++; i >= len(args) {
					x.fail("option " + opt + " of " + name + " needs an argument")
					return
				}
				value = args[i]
			}
			auto(opt, opt+" "+value)
			auto(opt+"*", value)
			break
		}
	}
	auto("#", itoa(len(rest)))
	for i, a := range rest {
		auto(itoa(i+1), a)
	}
	auto("*", strings.Join(rest, " "))
}
