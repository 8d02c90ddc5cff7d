// SPDX-License-Identifier: MIT

package modulemd

import (
	"slices"
	"strconv"
	"strings"
)

// emitter writes YAML exactly as the reference does through libyaml: block
// collections indented by two, sequences not indented below their key, lines
// folded after column 80, characters written as they are.
type emitter struct {
	b      []byte
	column int // in characters
	indent int // of the current collection; -1 outside of any
	stack  []int
	flow   bool // inside a flow sequence

	// whitespace is whether the last character written separates, indention
	// whether only indentation stands on the line so far.
	whitespace, indention bool
	simpleKey             bool // writing a key, which has to stay on its line
	inMap                 bool // the next node is a mapping's value
	first                 bool // the next flow item is the first
	invalid               bool // a text was not UTF-8
}

const bestWidth = 80

func (e *emitter) startDocument(kind string, version int) {
	e.column, e.indent, e.stack, e.flow = 0, -1, e.stack[:0], false
	e.b = append(e.b, "---"...)
	e.column, e.whitespace, e.indention, e.inMap = 3, false, false, false
	e.openMap()
	e.key("document")
	e.plain(kind)
	e.key("version")
	e.uint(uint64(version))
	e.key("data")
	e.openMap()
}

func (e *emitter) endDocument() {
	e.closeMap()
	e.closeMap()
	if e.column > 0 || !e.indention {
		e.b = append(e.b, '\n')
	}
	e.b = append(e.b, "...\n"...)
}

func (e *emitter) putBreak() {
	e.b = append(e.b, '\n')
	e.column = 0
}

var spaces = strings.Repeat(" ", 256)

func (e *emitter) writeIndent() {
	indent := max(e.indent, 0)
	if !e.indention || e.column > indent || e.column == indent && !e.whitespace {
		e.putBreak()
	}
	for n := indent - e.column; n > 0; n -= len(spaces) {
		e.b = append(e.b, spaces[:min(n, len(spaces))]...)
	}
	e.column = max(e.column, indent)
	e.whitespace, e.indention = true, true
}

func (e *emitter) indicator(s string, needSpace, isSpace, isIndention bool) {
	if needSpace && !e.whitespace {
		e.b = append(e.b, ' ')
		e.column++
	}
	e.b = append(e.b, s...)
	e.column += len(s)
	e.whitespace = isSpace
	e.indention = e.indention && isIndention
}

func (e *emitter) push(flow, indentless bool) {
	e.stack = append(e.stack, e.indent)
	switch {
	case e.indent < 0 && flow:
		e.indent = 2
	case e.indent < 0:
		e.indent = 0
	case !indentless:
		e.indent += 2
	}
}

func (e *emitter) pop() {
	e.indent = e.stack[len(e.stack)-1]
	e.stack = e.stack[:len(e.stack)-1]
}

func (e *emitter) openMap() { e.push(false, false) }
func (e *emitter) closeMap() {
	e.pop()
}

// emptyMap writes {} as a value.
func (e *emitter) emptyMap() { e.empty("{", "}") }

func (e *emitter) empty(open, shut string) {
	e.beforeNode()
	e.indicator(open, true, true, false)
	e.indicator(shut, false, false, false)
}

// openSeq begins a block sequence; empty ones are written by emptySeq.
func (e *emitter) openSeq() {
	e.push(false, e.inMap && !e.indention)
}
func (e *emitter) closeSeq() { e.pop() }

// item begins the next item of a block sequence.
func (e *emitter) item() {
	e.writeIndent()
	e.indicator("-", true, false, true)
	e.inMap = false
}

func (e *emitter) emptySeq() { e.empty("[", "]") }

// key writes a key that needs no care.
func (e *emitter) key(k string) {
	e.writeIndent()
	e.b = append(e.b, k...)
	e.b = append(e.b, ':')
	e.column += len(k) + 1
	e.whitespace, e.indention, e.inMap = false, false, true
}

// keyText writes a key that comes from data.
func (e *emitter) keyText(k string, numbers bool) {
	e.writeIndent()
	a := analyze(k)
	style := textStyle(k, numbers)
	if !a.multiline && len(k) <= 128 {
		e.simpleKey = true
		e.scalar(k, a, style)
		e.simpleKey = false
		e.indicator(":", false, false, false)
	} else {
		e.indicator("?", true, false, true)
		e.scalar(k, a, style)
		e.writeIndent()
		e.indicator(":", true, false, true)
	}
	e.inMap = true
}

// beforeNode takes care of what an item of a flow sequence needs before it.
func (e *emitter) beforeNode() {
	if !e.flow {
		return
	}
	if !e.first {
		e.indicator(",", false, false, false)
	}
	e.first = false
	if e.column > bestWidth {
		e.writeIndent()
	}
}

func textStyle(s string, numbers bool) style {
	if numbers && (s == "" || looksNumeric(s)) {
		return doubleQuoted
	}
	return plainStyle
}

// text writes a string as most fields have it: plain, or quoted where a
// reader could take it for a number.
func (e *emitter) text(s string) { e.styled(s, textStyle(s, true)) }

// plain writes a string without the check for numbers.
func (e *emitter) plain(s string) { e.styled(s, plainStyle) }

// quoted writes a string in double quotes.
func (e *emitter) quoted(s string) { e.styled(s, doubleQuoted) }

// folded writes a description.
func (e *emitter) folded(s string) { e.styled(s, foldedStyle) }

func (e *emitter) styled(s string, st style) {
	e.beforeNode()
	e.scalar(s, analyze(s), st)
}

func (e *emitter) uint(n uint64) {
	var b [20]byte
	e.raw(strconv.AppendUint(b[:0], n, 10))
}

func (e *emitter) int(n int64) {
	var b [20]byte
	e.raw(strconv.AppendInt(b[:0], n, 10))
}

// raw writes a scalar that is known to be plain.
func (e *emitter) raw(s []byte) {
	e.beforeNode()
	if !e.whitespace {
		e.b = append(e.b, ' ')
		e.column++
	}
	e.b = append(e.b, s...)
	e.column += len(s)
	e.whitespace, e.indention = false, false
}

func (e *emitter) true() { e.raw([]byte("true")) }

// flowList writes a set as [a, b].
func (e *emitter) flowList(items []string) {
	e.indicator("[", true, true, false)
	e.push(true, false)
	e.flow, e.first = true, true
	for _, s := range set(items) {
		e.text(s)
	}
	e.flow = false
	e.pop()
	e.indicator("]", false, false, false)
}

// blockList writes a set with one item per line.
func (e *emitter) blockList(items []string, numbers bool) {
	if len(items) == 0 {
		e.emptySeq()
		return
	}
	e.openSeq()
	for _, s := range set(items) {
		e.item()
		e.styled(s, textStyle(s, numbers))
	}
	e.closeSeq()
}

// optional writes a key with a text unless the key is absent.
func (e *emitter) optional(key, s string, has bool) {
	if has {
		e.key(key)
		e.text(s)
	}
}

// value writes free-form data.
func (e *emitter) value(v Value) {
	switch v.Kind() {
	case ValueAbsent:
		e.text("")
	case ValueText:
		e.text(v.Text())
	case ValueBool:
		e.plain(v.Text())
	case ValueSeq:
		if v.Len() == 0 {
			e.emptySeq()
			return
		}
		e.openSeq()
		for item := range v.Items() {
			e.item()
			e.value(item)
		}
		e.closeSeq()
	case ValueMap:
		if v.Len() == 0 {
			e.emptyMap()
			return
		}
		e.openMap()
		for k, item := range v.Entries() {
			e.keyText(k, true)
			e.value(item)
		}
		e.closeMap()
	}
}

// set returns items sorted and without repetitions, which they mostly are.
func set(items []string) []string {
	for i := 1; i < len(items); i++ {
		if items[i-1] >= items[i] {
			items = slices.Clone(items)
			slices.Sort(items)
			return slices.Compact(items)
		}
	}
	return items
}
