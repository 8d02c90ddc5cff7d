// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

// printer tells what happens, as text or as JSON lines.
type printer struct {
	out    io.Writer
	asJSON bool
	dry    bool
	failed error // of the first write that did not arrive
}

// tell prints a record as JSON, or its text.
func (p *printer) tell(record any, format string, args ...any) {
	line := []byte(fmt.Sprintf(format, args...) + "\n")
	if p.asJSON {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(record); err != nil && p.failed == nil {
			p.failed = err
		}
		line = []byte(b.String())
	}
	if _, err := p.out.Write(line); err != nil && p.failed == nil {
		p.failed = err
	}
}

// finding is one as it is printed and remembered: with the write in short,
// since a compose's manifests have many megabytes.
type finding struct {
	Kind     updater.Kind    `json:"kind"`
	Verdict  updater.Verdict `json:"verdict"`
	Resource string          `json:"resource"`
	Name     string          `json:"name"`
	Detail   string          `json:"detail,omitzero"`
	Write    *write          `json:"write,omitzero"` // nil: for a person to decide
	Error    string          `json:"error,omitzero"` // why PDC refused it
}

type write struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	Fields map[string]any `json:"fields,omitzero"`
}

// longest is how long a text or document in a printed write may be.
const longest = 400

func short(f updater.Finding) finding {
	s := finding{Kind: f.Kind, Verdict: f.Verdict, Resource: f.Resource, Name: f.Name, Detail: f.Detail}
	if f.Write == nil {
		return s
	}
	s.Write = &write{Method: f.Write.Method, Path: f.Write.Resource}
	if f.Write.Key != "" {
		s.Write.Path += f.Write.Key + "/"
	}
	for name, v := range f.Write.Fields {
		if s.Write.Fields == nil {
			s.Write.Fields = map[string]any{}
		}
		switch x := v.(type) {
		case json.RawMessage:
			if len(x) > longest {
				v = fmt.Sprintf("(%d bytes of JSON)", len(x))
			}
		case string:
			if len(x) > longest {
				v = fmt.Sprintf("(%d bytes)", len(x))
			}
		}
		s.Write.Fields[name] = v
	}
	return s
}

func shorten(all []updater.Finding) []finding {
	out := make([]finding, len(all))
	for i, f := range all {
		out[i] = short(f)
	}
	return out
}

// String returns a line for people.
func (f finding) String() string {
	s := updater.Finding{Kind: f.Kind, Verdict: f.Verdict, Resource: f.Resource, Name: f.Name, Detail: f.Detail}.String()
	switch {
	case f.Error != "":
		s += " (refused: " + f.Error + ")"
	case f.Write == nil:
		s += " (for a person to decide)"
	}
	return s
}

// outcome is a report as it is printed.
type outcome struct {
	Written   []finding `json:"written,omitempty"` // or would be, in a dry run
	Already   []finding `json:"already,omitempty"`
	Refused   []finding `json:"refused,omitempty"`
	Undecided []finding `json:"undecided,omitempty"`
	Left      []finding `json:"left,omitempty"` // not tried
	DryRun    bool      `json:"dry_run,omitempty"`
}

func outcomeOf(r updater.Report) outcome {
	o := outcome{Written: shorten(r.Applied), Already: shorten(r.Already), Undecided: shorten(r.Undecided), Left: shorten(r.Left), DryRun: r.DryRun}
	if r.DryRun {
		o.Written, o.Left = o.Left, nil
	}
	for _, x := range r.Refused {
		f := short(x.Finding)
		f.Error = x.Text
		o.Refused = append(o.Refused, f)
	}
	return o
}

// remains counts what is not as it should be after the writes.
func (o outcome) remains() int { return len(o.Refused) + len(o.Undecided) + len(o.Left) }

// String returns the findings, each a line that is set in.
func (o outcome) String() string {
	var b strings.Builder
	word := ""
	if o.DryRun {
		word = "would write: "
	}
	for _, list := range []struct {
		word  string
		lines []finding
	}{{word, o.Written}, {"already there: ", o.Already}, {"", o.Refused}, {"", o.Undecided}, {"not tried: ", o.Left}} {
		for _, f := range list.lines {
			fmt.Fprintf(&b, "\n  %s%s", list.word, f)
		}
	}
	return b.String()
}

// count writes a number with its word: "1 message", "2 messages".
func count(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
