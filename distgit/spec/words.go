// SPDX-License-Identifier: MIT

package spec

import "strings"

// conditionWords: those with an argument must be followed by a blank, the
// others by anything that is no letter.
var conditionWords = []struct {
	word string
	args bool
}{
	{"endif", false}, {"else", false}, {"elifarch", true}, {"elifos", true}, {"elif", true},
	{"ifarch", true}, {"ifnarch", true}, {"ifos", true}, {"ifnos", true}, {"if", true},
}

// conditionWord returns the conditional keyword that text begins with.
func conditionWord(text string) string {
	if !strings.HasPrefix(text, "%e") && !strings.HasPrefix(text, "%i") {
		return ""
	}
	for _, w := range conditionWords {
		rest, ok := strings.CutPrefix(text[1:], w.word)
		if !ok {
			continue
		}
		if rest == "" || w.args && isBlank(rest[0]) || !w.args && !isAlpha(rest[0]) {
			return w.word
		}
	}
	return ""
}

// sectionNames are the words that begin a section in the first column.
var sectionNames = []string{
	"package", "description", "prep", "conf", "generate_buildrequires", "build", "install", "check", "clean",
	"preun", "postun", "pretrans", "posttrans", "preuntrans", "postuntrans", "pre", "post", "files", "changelog",
	"triggerpostun", "triggerprein", "triggerun", "triggerin", "trigger", "verifyscript", "sepolicy", "policies",
	"filetriggerin", "filetriggerun", "filetriggerpostun", "filetrigger",
	"transfiletriggerin", "transfiletriggerun", "transfiletriggerpostun", "transfiletrigger",
	"patchlist", "sourcelist", "end",
}

// sectionWord returns the section that a line opens, lower case, or "".
func sectionWord(line string) string {
	if line == "" || line[0] != '%' {
		return ""
	}
	n := span(line[1:], func(c byte) bool { return isAlnum(c) || c == '_' })
	word := strings.ToLower(line[1 : 1+n])
	if rest := line[1+n:]; rest != "" && !isSpace(rest[0]) {
		return ""
	}
	for _, s := range sectionNames {
		if word == s {
			return s
		}
	}
	return ""
}

// reserved reports whether the parser itself reads %name: code that is not run
// here would hardly define it.
func reserved(name string) bool {
	return sectionWord("%"+name) != "" || conditionWord("%"+name) != "" || name == "include"
}

// hasWord reports whether text begins with word and white space or nothing
// follows.
func hasWord(text, word string) bool {
	rest, ok := strings.CutPrefix(text, word)
	return ok && (rest == "" || isSpace(rest[0]))
}

// White space is what the C library says of ASCII; a no-break space is text.

func trimSpace(s string) string { return strings.Trim(s, " \t\n\r\v\f") }

func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) })
}
