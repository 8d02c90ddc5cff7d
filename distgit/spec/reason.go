// SPDX-License-Identifier: MIT

package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ReasonKind says why something is known to rpm alone.
type ReasonKind int

// The reasons for not knowing. The first ones would run code, which this
// package never does.
const (
	ReasonShell       ReasonKind = iota // a shell command, %(...)
	ReasonLua                           // a Lua script, %{lua:...}
	ReasonUndefined                     // a macro that is not defined, %{name}
	ReasonInclude                       // a file that is not at hand: %include, %{load:...}
	ReasonEnvironment                   // the machine: files, variables, number of processors
	ReasonMacro                         // a macro that rpm defines, with a value not carried here
	ReasonAutorelease                   // %autorelease without its number
	ReasonCondition                     // a condition that depends on something unknown
	ReasonLimit                         // a limit of this package
)

var reasonNames = [...]string{"shell", "lua", "undefined macro", "include", "environment", "macro", "autorelease", "condition", "limit"}

// String returns the kind in words, such as "shell".
func (k ReasonKind) String() string { return enumName("ReasonKind", int(k), reasonNames[:]) }

// MarshalText returns the kind in words.
func (k ReasonKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *ReasonKind) UnmarshalText(text []byte) error {
	i, err := enumValue("ReasonKind", string(text), reasonNames[:])
	*k = ReasonKind(i)
	return err
}

// Reason says what stands in the way of knowing a value, and where.
type Reason struct {
	Kind ReasonKind
	Line int    // 1-based, where it was first met
	Text string // the macro, command or condition, shortened
}

// String returns "line 3: shell: %(date +%Y)".
func (r Reason) String() string {
	return fmt.Sprintf("line %d: %v: %s", r.Line, r.Kind, r.Text)
}

// While values are computed, text that only rpm can know is carried in them as
// a mark: NUL, the number of the reason, NUL. Spec files hold no NUL.
const mark = '\x00'

func marked(s string) bool { return strings.IndexByte(s, mark) >= 0 }

// markEnd returns the index after the mark that begins at s[i].
func markEnd(s string, i int) int {
	if n := strings.IndexByte(s[i+1:], mark); n >= 0 {
		return i + 1 + n + 1
	}
	return len(s)
}

// onlyMarks returns the marks of s without the text around them.
func onlyMarks(s string) string {
	var b strings.Builder
	for i := strings.IndexByte(s, mark); i >= 0 && i < len(s); {
		end := markEnd(s, i)
		b.WriteString(s[i:end])
		n := strings.IndexByte(s[end:], mark)
		if n < 0 {
			break
		}
		i = end + n
	}
	return b.String()
}

// maxReasons limits how many different reasons an evaluation tells apart.
const maxReasons = 1000

// markSet is a set of reasons, by number.
type markSet map[int]bool

// add adds the marks of a text to a set, which it makes if need be.
func (m *markSet) add(s string) {
	for i := strings.IndexByte(s, mark); i >= 0; {
		n, end := 0, markEnd(s, i)
		for _, c := range s[i+1 : end] {
			if c != mark {
				n = n*10 + int(c-'0')
			}
		}
		if *m == nil {
			*m = markSet{}
		}
		(*m)[n] = true
		next := strings.IndexByte(s[end:], mark)
		if next < 0 {
			break
		}
		i = end + next
	}
}

// whySet turns a set of marks into reasons, in the order they were met.
func (x *expander) whySet(m markSet) []Reason {
	var out []Reason
	for _, n := range slices.Sorted(maps.Keys(m)) {
		out = append(out, x.reasons[n])
	}
	return out
}

// why turns the marks of a text into reasons, each once.
func (x *expander) why(s string) []Reason {
	if !marked(s) {
		return nil
	}
	var m markSet
	m.add(s)
	return x.whySet(m)
}

// plain puts the text of the macro in the place of each mark.
func (x *expander) plain(s string) string {
	if !marked(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != mark {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := markEnd(s, i)
		for _, r := range x.why(s[i:end]) {
			b.WriteString(r.Text)
		}
		i = end
	}
	return b.String()
}

// firstMark returns the first mark of a text.
func firstMark(s string) string {
	i := strings.IndexByte(s, mark)
	return s[i:markEnd(s, i)]
}

// shorten makes a text fit for a message: one line, not too long.
func shorten(s string) string { return shortenTo(s, 80) }

func shortenTo(s string, size int) string {
	s = strings.Join(fields(s), " ")
	if len(s) > size {
		s = strings.ToValidUTF8(s[:size-3], "") + "..."
	}
	return s
}
