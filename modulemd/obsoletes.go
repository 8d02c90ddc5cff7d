// SPDX-License-Identifier: MIT

package modulemd

import "time"

// Obsoletes say that a stream, or one context of it, reached its end.
type Obsoletes struct {
	Modified Minute // when this was said; the latest word counts
	// Reset takes back what was said before.
	Reset       bool
	Module      string
	Stream      string
	Context     string // empty means all contexts
	EOL         Minute // from when it holds; 0 means at once
	Message     string // for users
	ObsoletedBy *Successor
	// Unknown holds what lenient reading passed over. It is not written.
	Unknown []UnknownKey

	empty emptyKeys
}

// Successor is the stream to use instead.
type Successor struct {
	Module, Stream string
	empty          emptyKeys
}

// Kind returns KindObsoletes.
func (o *Obsoletes) Kind() Kind { return KindObsoletes }

// ModuleName returns the name of the module.
func (o *Obsoletes) ModuleName() string { return o.Module }

// Active reports whether the end has come at the given time.
func (o *Obsoletes) Active(at time.Time) bool { return o.EOL == 0 || MinuteOf(at) >= o.EOL }

// Validate returns everything that is wrong as Failures, nil if nothing.
func (o *Obsoletes) Validate() error { return validate(o) }

func (o *Obsoletes) check(r *report) {
	for _, f := range []struct{ key, value string }{{"module", o.Module}, {"stream", o.Stream}, {"message", o.Message}} {
		if f.value == "" {
			r.at(ClassValidate, []string{f.key}, "%s is missing", f.key)
		}
	}
	switch {
	case o.Modified == 0:
		r.at(ClassValidate, []string{"modified"}, "modified is missing")
	case !o.Modified.valid():
		r.at(ClassValidate, []string{"modified"}, "%d is no time of the form YYYYMMDDHHMM", o.Modified)
	}
	if o.EOL != 0 && !o.EOL.valid() {
		r.at(ClassValidate, []string{"eol_date"}, "%d is no time of the form YYYYMMDDHHMM", o.EOL)
	}
	if o.Reset && o.EOL != 0 {
		r.at(ClassValidate, []string{"eol_date"}, "reset and eol_date exclude each other")
	}
	if o.Reset && o.ObsoletedBy != nil {
		r.at(ClassValidate, []string{"obsoleted_by"}, "reset and obsoleted_by exclude each other")
	}
	if by := o.ObsoletedBy; by != nil && !(by.empty.has(emptyName, by.Module) && by.empty.has(emptyStream, by.Stream)) {
		r.at(ClassValidate, []string{"obsoleted_by"}, "obsoleted_by needs both module and stream")
	}
}

// Format returns the obsoletes as one YAML document, as the reference does.
func (o *Obsoletes) Format() ([]byte, error) { return formatDocument(o) }

func (d *decoder) obsoletes(h header) *Obsoletes {
	o := &Obsoletes{}
	var seen [6]bool
	for k, v := range d.pairs(h.data) {
		switch d.toks[k].text {
		case "modified":
			d.minute(v, &o.Modified)
		case "reset":
			d.bool(v, &o.Reset)
		case "module":
			if !d.twice(k, &seen[0]) {
				d.text(v, &o.Module)
			}
		case "stream":
			if !d.twice(k, &seen[1]) {
				d.text(v, &o.Stream)
			}
		case "context":
			if !d.twice(k, &seen[2]) {
				d.optional(v, &o.Context, &o.empty, emptyContext)
			}
		case "eol_date":
			d.minute(v, &o.EOL)
		case "message":
			if !d.twice(k, &seen[3]) {
				d.text(v, &o.Message)
			}
		case "obsoleted_by":
			if !d.expect(v, kindMap) {
				continue
			}
			by := &Successor{}
			for k, v := range d.pairs(v) {
				switch d.toks[k].text {
				case "module":
					if !d.twice(k, &seen[4]) {
						d.optional(v, &by.Module, &by.empty, emptyName)
					}
				case "stream":
					if !d.twice(k, &seen[5]) {
						d.optional(v, &by.Stream, &by.empty, emptyStream)
					}
				} // the reference passes over others even in strict reading
			}
			if *by != (Successor{}) {
				o.ObsoletedBy = by
			}
		default:
			d.unknownKey(k, v)
		}
	}
	return o
}

func (o *Obsoletes) write(e *emitter) {
	e.startDocument("modulemd-obsoletes", 1)
	e.key("modified")
	e.raw(o.Modified.append(nil))
	e.flag("reset", o.Reset)
	e.key("module")
	e.text(o.Module)
	e.key("stream")
	e.quoted(o.Stream)
	e.optional("context", o.Context, o.empty.has(emptyContext, o.Context))
	if o.EOL != 0 {
		e.key("eol_date")
		e.raw(o.EOL.append(nil))
	}
	e.key("message")
	e.text(o.Message)
	if o.ObsoletedBy != nil {
		e.key("obsoleted_by")
		e.openMap()
		e.key("module")
		e.text(o.ObsoletedBy.Module)
		e.key("stream")
		e.quoted(o.ObsoletedBy.Stream)
		e.closeMap()
	}
	e.endDocument()
}
