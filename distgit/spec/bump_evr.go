// SPDX-License-Identifier: MIT

package spec

import (
	"errors"
	"maps"
)

// evrAnswer is what is known of a file's epoch, version and release.
type evrAnswer struct {
	evr     EVR  // as the Smart mode takes it; zero where not known
	known   bool // also of files that rpm refuses, with a zero evr
	literal EVR  // as rpm has it, undefined macros left in place
	same    bool // whether literal is known
}

// entryEVR evaluates the file for its changelog entry: with an empty dist tag.
func entryEVR(data []byte, opts *BumpOptions) evrAnswer {
	macros := maps.Clone(opts.macros())
	if macros == nil {
		macros = map[string]string{}
	}
	macros["dist"] = ""
	return evaluateEVR(data, opts, macros)
}

// verify fills in the EVR before and after, where they can be known.
func (r *BumpResult) verify(before []byte, opts *BumpOptions) {
	macros := opts.macros()
	b := evaluateEVR(before, opts, macros)
	a := b
	if r.Changed {
		a = evaluateEVR(r.Data, opts, macros)
	}
	r.Before, r.After = b.evr, a.evr
	if opts.Mode == BumpCompat {
		r.Before, r.After = b.literal, a.literal
	}
	r.Verified = r.Autorelease || r.Before != (EVR{}) && r.After != (EVR{}) && r.After.Compare(r.Before) > 0
	if !r.Verified {
		r.Notes = append(r.Notes, "not verified: the release is known to rpm alone")
	}
}

func (o *BumpOptions) macros() map[string]string {
	if o.Macros == nil {
		return DefaultMacros()
	}
	return o.Macros
}

func evaluateEVR(data []byte, opts *BumpOptions, macros map[string]string) evrAnswer {
	refused := evrAnswer{known: true, same: true}
	s, err := Parse(opts.File, data)
	if err != nil {
		return refused
	}
	ev, err := s.Evaluate(Options{Macros: macros, Autorelease: opts.AutoreleaseNumber, Oracle: opts.Oracle})
	switch {
	case errors.Is(err, ErrTooLarge):
		return evrAnswer{}
	case err != nil:
		return refused
	}
	var a evrAnswer
	evr, known := ev.EVR()
	if known {
		a.evr, a.known = evr, true
	}
	switch {
	case len(ev.Refused) > 0:
		a.same = true
	case known || literal(ev.Epoch, ev.Version, ev.Release):
		a.literal, a.same = evr, true
	}
	return a
}

// literal reports whether nothing but undefined macros is in the way: rpm
// leaves them as they are.
func literal(values ...Value) bool {
	for _, v := range values {
		for _, r := range v.Unknown {
			if r.Kind != ReasonUndefined {
				return false
			}
		}
	}
	return true
}
