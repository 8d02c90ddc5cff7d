// SPDX-License-Identifier: MIT

package spec

import "strings"

// section is what happens with the lines after a section header.
type section interface {
	line(e *evaluator, text string)
}

type (
	preambleSection    struct{ p *pkg }
	descriptionSection struct{ p *pkg }
	scriptSection      struct{ p *pkg } // nil for %build and its like
	filesSection       struct{ p *pkg }
	changelogSection   struct{}
	listSection        struct{ patch bool }
	emptySection       struct{}
)

func (s preambleSection) line(e *evaluator, text string) { e.tagLine(s.p, text) }

func (s descriptionSection) line(e *evaluator, text string) {
	if s.p != nil && !strings.HasPrefix(trimSpace(text), "#") {
		s.p.texts = append(s.p.texts, taggedText{"description", text})
	}
	e.scriptLine(text)
}

func (s scriptSection) line(e *evaluator, text string) {
	if s.p != nil {
		s.p.texts = append(s.p.texts, taggedText{"scriptlet", text})
	}
	e.scriptLine(text)
}

func (s filesSection) line(e *evaluator, text string) {
	e.scriptLine(text)
	if text = trimSpace(text); strings.HasPrefix(text, "#") {
		text = ""
	}
	s.p.Files.List = append(s.p.Files.List, e.plain(text))
	s.p.Files.Unknown = append(s.p.Files.Unknown, e.why(text)...)
}

func (changelogSection) line(e *evaluator, text string) {
	if !strings.HasPrefix(trimSpace(text), "#") {
		e.changelog = append(e.changelog, changelogLine{text, e.x.line})
	}
}

func (s listSection) line(e *evaluator, text string) {
	text = strings.TrimRight(text, " \t\r\v\f")
	if text != "" && !strings.HasPrefix(trimSpace(text), "#") {
		e.addSource(s.patch, text, "")
	}
}

func (emptySection) line(e *evaluator, text string) {
	if text = trimSpace(text); text != "" && text[0] != '#' {
		e.x.fail("line does not belong to any section: " + text)
	}
}

// scriptLine looks at lines that are free text: a script whose output stands
// in the first column may open a section there.
func (e *evaluator) scriptLine(text string) {
	if len(text) == 0 || text[0] != mark {
		return
	}
	for _, r := range e.why(text[:markEnd(text, 0)]) {
		if r.Kind == ReasonLua || r.Kind == ReasonInclude {
			e.pkgs[0].opaque.add(text)
			e.doubtful = true
		}
	}
}

// open reads a section header.
func (e *evaluator) open(word, args string) section {
	switch word {
	case "package":
		return e.openPackage(args)
	case "description":
		p := e.find(args, "ln")
		if p != nil {
			p.described = true
		}
		return descriptionSection{p}
	case "files":
		if p := e.find(args, "nf"); p != nil {
			p.Files.List = []string{}
			// In here, %license marks files.
			e.x.push("license", definition{body: "%license", literal: true, level: levelSpec})
			return filesSection{p}
		}
		return scriptSection{}
	case "changelog":
		if len(e.ev.Changelog.List) > 0 {
			e.x.fail("second %changelog")
		}
		e.changelog = nil
		return changelogSection{}
	case "sourcelist", "patchlist":
		return listSection{patch: word == "patchlist"}
	case "end":
		return emptySection{}
	case "generate_buildrequires":
		e.ev.DynamicBuildRequires = true
	case "prep", "conf", "build", "install", "check", "clean", "sepolicy", "policies":
	default:
		return e.openScript(word, args)
	}
	return scriptSection{}
}

// openScript reads the header of a scriptlet or trigger: its interpreter
// becomes a requirement.
func (e *evaluator) openScript(word, args string) section {
	trigger := strings.Contains(word, "trigger")
	if trigger {
		head, _, ok := cutTrigger(args)
		if !ok {
			e.x.fail("triggers must have --: " + args)
			return scriptSection{}
		}
		args = head
	}
	words, options, ok := headerWords(args, "pnfP")
	if !ok {
		e.x.fail("bad options: %" + word + " " + args)
		return scriptSection{}
	}
	p := e.lookup(words, options)
	if p == nil {
		return scriptSection{}
	}
	prog := "/bin/sh"
	if v, ok := options['p']; ok {
		prog = v
	}
	if marked(prog) {
		p.Requires.Unknown = append(p.Requires.Unknown, e.why(prog)...)
		return scriptSection{p}
	}
	switch {
	case strings.HasPrefix(prog, "<lua>"):
		return scriptSection{p}
	case prog == "" || prog[0] != '/':
		e.x.fail("script program must begin with '/': " + prog)
		return scriptSection{}
	}
	if !trigger {
		key := p.name + "\x00" + word
		if e.scripts[key] {
			e.x.fail("second %" + word)
		}
		e.scripts[key] = true
	}
	name, _, _ := strings.Cut(prog, " ")
	p.Requires.List = append(p.Requires.List, Dependency{Name: name, Qualifier: "interp", Line: e.x.line})
	if trigger {
		return scriptSection{}
	}
	return scriptSection{p}
}

// cutTrigger splits at the "--" that stands between blanks.
func cutTrigger(args string) (head, condition string, ok bool) {
	padded := " " + args
	for i := 0; ; {
		n := strings.Index(padded[i:], "--")
		if n < 0 {
			return args, "", false
		}
		i += n + 2
		if isBlank(padded[i-3]) && i < len(padded) && isBlank(padded[i]) {
			return padded[:i-2], trimSpace(padded[i:]), trimSpace(padded[i:]) != ""
		}
	}
}

// headerWords splits the arguments of a section header into words and options.
// Letters of takes have an argument; other single letters have none.
func headerWords(args, takes string) (words []string, options map[byte]string, ok bool) {
	options = map[byte]string{}
	all, ok := shellWords(args)
	if !ok {
		return nil, nil, false
	}
	for i := 0; i < len(all); i++ {
		w := all[i]
		switch {
		case len(w) < 2 || w[0] != '-':
			words = append(words, w)
		case strings.IndexByte(takes, w[1]) < 0:
			if w != "-e" && w != "-q" {
				return nil, nil, false
			}
			options[w[1]] = ""
		case len(w) > 2:
			options[w[1]] = w[2:]
		case i+1 < len(all):
			i++
			options[w[1]] = all[i]
		default:
			return nil, nil, false
		}
	}
	return words, options, true
}

// shellWords splits at white space, with quotes and backslashes.
func shellWords(s string) (words []string, ok bool) {
	var b strings.Builder
	quote := byte(0)
	inWord := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			switch {
			case c == quote:
				quote = 0
			case c == '\\' && i+1 < len(s):
				i++
				if s[i] != quote {
					b.WriteByte('\\')
				}
				b.WriteByte(s[i])
			default:
				b.WriteByte(c)
			}
		case isSpace(c):
			if inWord {
				words = append(words, b.String())
				b.Reset()
				inWord = false
			}
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			inWord = true
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, b.String())
	}
	return words, quote == 0
}

// find returns the package that a header names; nil after a failure, or when
// only rpm can tell.
func (e *evaluator) find(args, takes string) *pkg {
	words, options, ok := headerWords(args, takes)
	if !ok {
		e.x.fail("bad options in a section header: " + args)
		return nil
	}
	return e.lookup(words, options)
}

func (e *evaluator) lookup(words []string, options map[byte]string) *pkg {
	name := e.pkgs[0].name
	switch n, full := options['n']; {
	case full:
		name = n
		words = append([]string{n}, words...)
	case len(words) > 0:
		name += "-" + words[0]
	}
	if len(words) > 1 {
		e.x.fail("too many names in a section header")
		return nil
	}
	if len(words) == 0 {
		return e.pkgs[0]
	}
	if p := e.byName[name]; p != nil {
		return p
	}
	if marked(name) || e.doubtful {
		return nil
	}
	e.x.fail("package does not exist: " + name)
	return nil
}

// openPackage begins a sub-package.
func (e *evaluator) openPackage(args string) section {
	words := fields(args)
	main := e.pkgs[0]
	e.current = "%package " + args
	p := &pkg{set: map[string]bool{}, Package: Package{Line: e.x.line}}
	switch {
	case len(words) == 1 && words[0] != "-n":
		p.name = main.name + "-" + words[0]
	case len(words) == 2 && words[0] == "-n":
		p.name = words[1]
	default:
		e.x.fail("bad package specification: %package " + args)
		return emptySection{}
	}
	if !e.checkName(p.name) {
		return emptySection{}
	}
	if e.byName[p.name] != nil {
		e.x.fail("package already exists: " + p.name)
		return emptySection{}
	}
	e.byName[p.name] = p
	e.doubtful = e.doubtful || marked(p.name)
	p.Name = e.value(p.name)
	p.set["name"] = true
	e.pkgs = append(e.pkgs, p)
	return preambleSection{p}
}

// close does what rpm does at the end of a section.
func (e *evaluator) close(s section) {
	switch s := s.(type) {
	case preambleSection:
		e.closePreamble(s.p)
	case filesSection:
		e.x.table.pop("license")
	case changelogSection:
		e.closeChangelog()
	}
}
