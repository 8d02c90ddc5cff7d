// SPDX-License-Identifier: MIT

package spec

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// changelogEntry returns the text that goes below %changelog, with "\n" line
// ends: header, comment and an empty line.
func changelogEntry(date time.Time, author, evr, comment string) string {
	head := "* " + date.UTC().Format("Mon Jan 02 2006") + " " + author
	if evr != "" {
		head += " - " + evr
	}
	return head + "\n" + comment + "\n\n"
}

var bullet = regexp.MustCompile(`^([^\s\w])\s`)

// changelogComment gives the comment a bullet if it has none, and wraps a
// one-line comment at 80 columns.
func changelogComment(comment string) string {
	if !bullet.MatchString(comment) {
		comment = "- " + comment
	}
	if strings.Contains(comment, "\n") {
		return comment
	}
	return wrap(comment, 80, "  ")
}

// wrap breaks text at white space into lines of at most width characters; the
// second and later lines are indented. Longer words stay whole. White space
// inside a line stays as it is, each character of it as a blank.
func wrap(text string, width int, indent string) string {
	text = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && isSpace(byte(r)) {
			return ' '
		}
		return r
	}, strings.ReplaceAll(text, "\t", "        "))
	var lines []string
	line, room := "", width
	for text != "" {
		n := span(text, isBlank)
		if n == 0 {
			n = len(text)
			if i := strings.IndexByte(text, ' '); i >= 0 {
				n = i
			}
		}
		chunk := text[:n]
		text = text[n:]
		blank := chunk[0] == ' '
		if blank && line == "" && len(lines) > 0 {
			continue
		}
		if utf8.RuneCountInString(line)+utf8.RuneCountInString(chunk) > room {
			if strings.TrimSpace(line) != "" {
				lines = append(lines, strings.TrimRight(line, " "))
				line, room = "", width-len(indent)
			}
			if blank {
				continue
			}
		}
		line += chunk
	}
	if line = strings.TrimRight(line, " "); line != "" {
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"+indent)
}

// changelogHeader matches the line after which an entry is inserted.
func changelogHeader(line string) bool {
	return len(line) >= 10 && strings.EqualFold(line[:10], "%changelog") && (len(line) == 10 || isSpace(line[10]))
}
