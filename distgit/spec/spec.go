// SPDX-License-Identifier: MIT

package spec

import "iter"

// Pos is a place in a spec file. Line and Column are 1-based, Column and
// Offset count bytes. The zero Pos is no place.
type Pos struct {
	Line, Column, Offset int
}

// Kind says what a logical line of a spec file is.
type Kind int

// The kinds of logical lines.
const (
	KindText      Kind = iota // free text: descriptions, scripts, file lists, changelog
	KindBlank                 // nothing but white space
	KindComment               // first character that is not white space is '#', or %dnl
	KindTag                   // Name: value
	KindMacro                 // %define, %global, %undefine, %bcond...
	KindCondition             // %if..., %el..., %endif
	KindSection               // %package, %description, %prep ...
	KindInclude               // %include FILE
)

var kindNames = [...]string{"text", "blank", "comment", "tag", "macro", "condition", "section", "include"}

// String returns the kind as a word, such as "tag".
func (k Kind) String() string { return enumName("Kind", int(k), kindNames[:]) }

// MarshalText returns the kind as a word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(text []byte) error {
	i, err := enumValue("Kind", string(text), kindNames[:])
	*k = Kind(i)
	return err
}

// Item is one logical line: one physical line, or several where a macro body
// or a backslash continues over the line end. The Raw texts of all items,
// joined, are the file.
type Item struct {
	Kind    Kind
	Pos     Pos
	Raw     string // with line ends
	Section int    // index into Spec.Sections
	Depth   int    // number of %if that are open around it

	Tag       *Tag       // for KindTag
	Macro     *Macro     // for KindMacro
	Condition *Condition // for KindCondition
}

// Tag is a line such as "Requires(post): bash >= 5" in a preamble: that of the
// main package, or that of a %package section.
type Tag struct {
	Name      string // as spelled
	Qualifier string // between the parentheses, without them; "" without any
	Value     string // as written, without white space around it
	ValuePos  Pos    // where Value begins
}

// Macro is a line that changes the macro table.
type Macro struct {
	Keyword   string // define, global, undefine, bcond_with, bcond_without, bcond
	Name      string
	Params    string // option letters of a parametric macro
	HasParams bool   // true for "name()" and "name(opts)"
	Body      string // as written, without leading white space and the line's end
	BodyPos   Pos
}

// Condition is a line that opens, divides or closes a conditional block.
type Condition struct {
	Keyword string // if, ifarch, ifnarch, ifos, ifnos, elif, elifarch, elifos, else, endif
	Expr    string // as written, without white space around it
}

// Section is the text from one section header to the next. The first section
// is the preamble, which has no header; it is there even when empty.
type Section struct {
	Name  string // "" for the preamble, else package, description, prep, changelog ...
	Args  string // rest of the header line, without white space around it
	Pos   Pos    // of the header
	First int    // index of the header (of the first line, for the preamble) in Spec.Items
	Last  int    // index after the last item
}

// Preamble reports whether the section holds tags: the main preamble and
// every %package section.
func (s Section) Preamble() bool { return s.Name == "" || s.Name == "package" }

// Spec is a spec file at syntax level: nothing is expanded, nothing is lost.
// It is made by [Parse]. A Spec that nobody changes may be shared.
type Spec struct {
	File     string // name as given to Parse, for messages
	Items    []Item
	Sections []Section
}

// Bytes returns the file: for an untouched Spec exactly what Parse was given.
func (s *Spec) Bytes() []byte {
	n := 0
	for i := range s.Items {
		n += len(s.Items[i].Raw)
	}
	out := make([]byte, 0, n)
	for i := range s.Items {
		out = append(out, s.Items[i].Raw...)
	}
	return out
}

// Tags yields the items that are tags, in file order, of the main preamble and
// of all sub-packages, whatever conditionals they stand in.
func (s *Spec) Tags() iter.Seq[*Item] { return s.kind(KindTag) }

// Macros yields the items that change the macro table, in file order.
func (s *Spec) Macros() iter.Seq[*Item] { return s.kind(KindMacro) }

// Conditions yields the items that open, divide and close conditionals.
func (s *Spec) Conditions() iter.Seq[*Item] { return s.kind(KindCondition) }

func (s *Spec) kind(k Kind) iter.Seq[*Item] {
	return func(yield func(*Item) bool) {
		for i := range s.Items {
			if s.Items[i].Kind == k && !yield(&s.Items[i]) {
				return
			}
		}
	}
}
