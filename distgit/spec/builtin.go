// SPDX-License-Identifier: MIT

package spec

import (
	"strconv"
	"strings"
)

// builtin is a macro that rpm implements in code.
type builtin struct {
	args  int  // 0 none, 1 at least one, -1 either
	parse bool // takes its argument as it is; without braces, up to the line's end
	run   func(x *expander, b *strings.Builder, args []string)
}

// autoreleaseNumber is a builtin of this package's own, under a name that no
// macro can have.
const autoreleaseNumber = "\x01autorelease"

// builtinNamed returns rpm's builtin of that name, nil when there is none.
func builtinNamed(name string) *builtin {
	one := func(f func(x *expander, arg string) string) *builtin {
		return &builtin{args: 1, run: func(x *expander, b *strings.Builder, args []string) { b.WriteString(f(x, args[0])) }}
	}
	none := func(f func(x *expander) string) *builtin {
		return &builtin{run: func(x *expander, b *strings.Builder, _ []string) { b.WriteString(f(x)) }}
	}
	silent := func(*expander, string) string { return "" }
	switch name {
	case "S":
		return one(func(x *expander, arg string) string { return x.expand("%SOURCE" + arg) })
	case "P":
		return one(func(x *expander, arg string) string { return x.expand("%PATCH" + arg) })
	case "expand":
		return one((*expander).expand)
	case "define", "global":
		global := name == "global"
		return &builtin{args: 1, parse: true, run: func(x *expander, _ *strings.Builder, args []string) {
			x.define(strings.Join(args, " "), x.defineLevel(global), global, true)
		}}
	case "undefine":
		return one(func(x *expander, arg string) string {
			if x.validName(arg) {
				x.table.pop(arg)
			}
			return ""
		})
	case "dnl":
		return &builtin{args: 1, parse: true, run: func(*expander, *strings.Builder, []string) {}}
	case "lua":
		return &builtin{args: 1, parse: true, run: func(x *expander, b *strings.Builder, args []string) { b.WriteString(x.lua(args[0])) }}
	case "load":
		return one((*expander).load)
	case "quote":
		return &builtin{args: 1, run: func(_ *expander, b *strings.Builder, args []string) {
			q := string(rune(quoteChar))
			b.WriteString(q + strings.Join(args, q+" "+q) + q)
		}}
	case "basename":
		return one(func(_ *expander, arg string) string { return arg[strings.LastIndexByte(arg, '/')+1:] })
	case "dirname":
		return one(func(_ *expander, arg string) string {
			if i := strings.LastIndexByte(arg, '/'); i >= 0 {
				return arg[:i]
			}
			return arg
		})
	case "suffix":
		return one(func(_ *expander, arg string) string {
			if i := strings.LastIndexByte(arg, '.'); i >= 0 {
				return arg[i+1:]
			}
			return ""
		})
	case "shrink":
		return one(func(_ *expander, arg string) string { return strings.Join(fields(arg), " ") })
	case "shescape":
		return one(func(_ *expander, arg string) string { return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'" })
	case "u2p", "url2path":
		return one(func(_ *expander, arg string) string { return urlPath(arg) })
	case "expr":
		return one(func(x *expander, arg string) string { return x.expression(arg, false) })
	case "macrobody":
		return one(func(x *expander, arg string) string {
			if d := x.table.find(arg); d != nil && !d.outside {
				return d.body
			}
			x.fail("no such macro: " + arg)
			return ""
		})
	case "uncompress":
		return one(func(x *expander, arg string) string { return x.expand("%__rpmuncompress ") + arg })
	case "verbose":
		return &builtin{args: -1, parse: true, run: func(_ *expander, b *strings.Builder, args []string) {
			if len(args) == 0 {
				b.WriteByte('0')
			}
		}}
	case "echo", "warn":
		return one(silent)
	case "error":
		return one(func(x *expander, arg string) string { x.fail(arg); return "" })
	case "trace", "dump":
		return none(func(*expander) string { return "" })
	case autoreleaseNumber:
		return one(func(x *expander, base string) string {
			n, err := strconv.ParseFloat(base, 64)
			if err != nil {
				return x.unknown(ReasonAutorelease, "%autorelease -b "+base)
			}
			return strconv.FormatFloat(n+float64(x.commits)-1, 'g', 14, 64)
		})
	case "getenv", "exists":
		return one(func(x *expander, arg string) string {
			return x.unknown(ReasonEnvironment, "%{"+name+":"+arg+"}")
		})
	case "getncpus", "getconfdir":
		return none(func(x *expander) string { return x.unknown(ReasonEnvironment, "%{"+name+"}") })
	}
	return nil
}

func (x *expander) defineLevel(global bool) int {
	if global {
		return levelGlobal
	}
	return x.level
}

// runBuiltin checks the number of arguments as rpm does.
func (x *expander) runBuiltin(b *strings.Builder, f *builtin, name string, args []string) {
	if f.args >= 0 && (f.args != 0) != (len(args) > 0) {
		x.fail("%" + name + ": wrong number of arguments")
		return
	}
	f.run(x, b, args)
}

// parseBuiltin runs a builtin that reads the text after it, and returns how
// much of that it took.
func (x *expander) parseBuiltin(b *strings.Builder, name, text string) int {
	switch name {
	case "define":
		return x.define(text, x.defineLevel(false), false, false)
	case "global":
		return x.define(text, x.defineLevel(true), true, false)
	case "dnl":
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			return i + 1
		}
		return len(text)
	case "verbose":
		b.WriteByte('0')
	default: // %lua without braces
		b.WriteString(x.lua(text))
	}
	return 0
}

// lua notes that a script was not run.
func (x *expander) lua(script string) string {
	why := x.unknown(ReasonLua, "%{lua:"+script+"}")
	if n := len(x.reasons) - 1; x.prints[n] == nil && x.reasons[n].Kind == ReasonLua {
		x.prints[n] = map[string]bool{} // the reason is new
		x.addWords(x.prints[n], script, 0)
	}
	x.mayDefine(script, why)
	return why
}

// load reads definitions from a file of macros, where the caller has it.
func (x *expander) load(name string) string {
	if x.loader != nil && !marked(name) {
		if text, ok := x.loader(name); ok {
			for text != "" && x.err == nil {
				line, _ := logicalLine(text, true)
				text = text[len(line):]
				if line = strings.TrimLeft(line, " \t"); strings.HasPrefix(line, "%") {
					x.define(line[1:], levelGlobal, false, false)
				}
			}
			return ""
		}
	}
	why := x.unknown(ReasonInclude, "%{load:"+name+"}")
	x.distrust(taint{reason: why})
	return why
}

// urlPath returns the path of a URL, the text itself when it is none.
func urlPath(url string) string {
	for _, scheme := range []string{"http://", "https://", "ftp://", "hkp://", "file://"} {
		if rest, ok := strings.CutPrefix(url, scheme); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				return rest[i:]
			}
			return "/"
		}
	}
	if url == "" {
		return "/"
	}
	return url
}

// baseName is the file name that a source or patch has on disk.
func baseName(source string) string {
	if i := strings.LastIndexByte(source, '/'); i >= 0 {
		if j := strings.LastIndexByte(source[i:], '='); j >= 0 {
			return source[i+j+1:]
		}
		return source[i+1:]
	}
	return source
}
