// SPDX-License-Identifier: MIT

package git

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing"
)

// changelog makes the entries at the tip, the last in order.
func (w *walker) changelog() string {
	// Children first: a changelog file that was removed later ends the entries
	// where it was, if every way from the tip passes the removal.
	for i, n := range slices.Backward(w.order) {
		if i == len(w.order)-1 {
			n.removed = false
		}
		removedHere := false
		for _, p := range n.parents {
			removedHere = removedHere || p.changelog != plumbing.ZeroHash && n.changelog == plumbing.ZeroHash
		}
		pass := !(n.changelog != plumbing.ZeroHash && n.changelogChanged()) && (n.removed || removedHere)
		for _, p := range n.parents {
			if p.seen {
				p.removed = p.removed && pass
			} else {
				p.removed, p.seen = pass, true
			}
		}
	}
	// From the tip down, as far as one parent can be followed.
	var entries []string
	for n := w.order[len(w.order)-1]; n != nil; {
		changed := n.changelogChanged()
		has := n.changelog != plumbing.ZeroHash
		var follow *walked
		unresolved, merge := false, len(n.commit.ParentHashes) > 1
		if !merge {
			if len(n.parents) == 1 {
				follow = n.parents[0]
			}
		} else {
			i := slices.IndexFunc(n.parents, func(p *walked) bool { return p.commit.TreeHash == n.commit.TreeHash })
			if i >= 0 {
				follow = n.parents[i]
			}
			unresolved = i < 0 && !changed
		}
		switch {
		case unresolved:
			entries = append(entries, n.header()+"\n"+wrapText("- RPMAUTOSPEC: unresolvable merge"))
			follow = nil
		case changed && has:
			if !n.removed {
				if data, err := getTyped(w.objs, n.changelog, plumbing.BlobObject); err == nil {
					entries = append(entries, strings.ToValidUTF8(string(data), "\uFFFD"))
				}
			}
			follow = nil
		case !merge && !n.magic.skip && n.hasSpec:
			entries = append(entries, n.header()+"\n"+changelogItems(n.commit.Message))
		}
		n = follow
	}
	return strings.Join(entries, "\n\n")
}

// changelogChanged reports whether the changelog file differs from that of
// every parent.
func (n *walked) changelogChanged() bool {
	if len(n.parents) == 0 {
		return n.changelog != plumbing.ZeroHash
	}
	for _, p := range n.parents {
		if p.changelog == n.changelog {
			return false
		}
	}
	return true
}

// header is an entry's first line: the date of the commit, the author.
func (n *walked) header() string {
	t := n.commit.Committer.When.UTC()
	text := fmt.Sprintf("* %s %s <%s>", t.Format("Mon Jan 02 2006"), n.commit.Author.Name, n.commit.Author.Email)
	if n.ver.epochVersion != "" {
		text += " - " + n.ver.epochVersion
		if n.release.Release != "" {
			text += "-" + n.release.Release
		}
	}
	return text
}

var ellipsis = regexp.MustCompile(`^(?:\.{3,}|…+)\s*(.*)$`)

// changelogItems turns a commit message into the items of an entry: the
// subject; a body that begins with dots goes on with it, one that begins with
// a dash has more items up to the first blank line.
func changelogItems(message string) string {
	items := [][]string{{}}
	const (
		beforeSubject = iota
		inSubject
		beforeBody
		inContinuation
		inBody
	)
	state := beforeSubject
	add := func(line string) { items[len(items)-1] = append(items[len(items)-1], line) }
	undash := func(line string) (string, bool) {
		rest, ok := strings.CutPrefix(line, "-")
		return strings.TrimLeftFunc(rest, unicode.IsSpace), ok
	}
lines:
	for line := range strings.SplitSeq(message, "\n") {
		line = strings.TrimSpace(strings.ReplaceAll(line, "%", "%%"))
		switch state {
		case beforeSubject:
			if line == "" {
				continue
			}
			state = inSubject
			line, _ = undash(line)
			if line == "" {
				state = beforeBody
				continue
			}
			add(line)
			continue
		case inSubject:
			if line != "" {
				add(line)
				continue
			}
			state = beforeBody
			continue
		case beforeBody:
			if line == "" {
				continue
			}
			if m := ellipsis.FindStringSubmatch(line); m != nil {
				state = inContinuation
				add(m[1])
				continue
			}
			if line[0] != '-' {
				break lines
			}
			state = inBody
		case inContinuation:
			if line != "" && line[0] != '-' {
				add(line)
				continue
			}
			state = inBody
		}
		if line == "" {
			break
		}
		rest, dash := undash(line)
		if dash {
			items = append(items, nil)
		}
		add(rest)
	}
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = wrapText("- " + strings.Join(it, " "))
	}
	return strings.Join(out, "\n")
}

const changelogWidth = 75

// wrapText breaks a text into lines of 75 characters, the second and later
// ones indented by two, as the reference tool's library does: at blanks, after
// hyphens between letters, before dashes, and within words that no line has
// room for.
func wrapText(text string) string {
	chunks := wrapChunks([]rune(untab(text)))
	var out []string
	blank := func(c []rune) bool { return strings.TrimSpace(string(c)) == "" }
	for len(chunks) > 0 {
		indent := ""
		if len(out) > 0 {
			indent = "  "
			if blank(chunks[0]) {
				chunks = chunks[1:]
			}
		}
		width := changelogWidth - len(indent)
		var line []rune
		var last []rune
		for len(chunks) > 0 && len(line)+len(chunks[0]) <= width {
			last = chunks[0]
			line = append(line, chunks[0]...)
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && len(chunks[0]) > width {
			last = chunks[0][:breakAt(chunks[0], width-len(line))]
			line = append(line, last...)
			chunks[0] = chunks[0][len(last):]
		}
		if len(last) > 0 && blank(last) {
			line = line[:len(line)-len(last)]
		}
		if len(line) > 0 {
			out = append(out, indent+string(line))
		}
	}
	return strings.Join(out, "\n")
}

// breakAt says how much of a word that is too long goes on a line.
func breakAt(word []rune, room int) int {
	if len(word) > room {
		for i := min(room, len(word)) - 1; i > 0; i-- {
			if word[i] == '-' && strings.Trim(string(word[:i]), "-") != "" {
				return i + 1
			}
		}
	}
	return min(room, len(word))
}

// untab turns every white space into blanks, tabs up to the next eighth column.
func untab(s string) string {
	var b strings.Builder
	col := 0
	for _, r := range s {
		switch r {
		case '\t':
			n := 8 - col%8
			b.WriteString(strings.Repeat(" ", n))
			col += n
		case '\n', '\r', '\v', '\f':
			b.WriteByte(' ')
			col++
			if r == '\n' || r == '\r' {
				col = 0
			}
		default:
			b.WriteRune(r)
			col++
		}
	}
	return b.String()
}

func wrapChunks(t []rune) [][]rune {
	at := func(i int) rune {
		if i < 0 || i >= len(t) {
			return 0
		}
		return t[i]
	}
	isWord := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsNumber(r) }
	isLetter := func(r rune) bool { return r == '_' || unicode.IsLetter(r) }
	dash := func(i int) int { // length of a dash between words at i
		prev := at(i - 1)
		if !isWord(prev) && !(prev != 0 && strings.ContainsRune("!\"'&.,?", prev)) {
			return 0
		}
		n := 0
		for at(i+n) == '-' {
			n++
		}
		if n < 2 || !isWord(at(i+n)) {
			return 0
		}
		return n
	}
	var out [][]rune
	for i := 0; i < len(t); {
		j := i
		for at(j) == ' ' {
			j++
		}
		if j == i {
			j += dash(i)
		}
		if j == i {
			for j++; j < len(t) && t[j] != ' '; j++ {
				if t[j] == '-' && (isLetter(at(j-2)) && isLetter(at(j-1)) || isLetter(at(j-3)) && at(j-2) == '-' && isLetter(at(j-1))) &&
					isLetter(at(j+1)) && (isLetter(at(j+2)) || at(j+2) == '-' && isLetter(at(j+3))) {
					j++
					break
				}
				if dash(j) > 0 {
					break
				}
			}
		}
		out = append(out, t[i:j])
		i = j
	}
	return out
}
