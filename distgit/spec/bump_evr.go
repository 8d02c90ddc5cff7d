// SPDX-License-Identifier: MIT

package spec

import (
	"errors"
	"maps"
)

// entryEVR returns what the changelog entry says after the dash: epoch,
// version and release with an empty dist tag. It is empty where rpm can't
// parse the file; known is false where only rpm can tell.
func entryEVR(data []byte, opts *BumpOptions) (text string, known bool) {
	macros := maps.Clone(opts.macros())
	if macros == nil {
		macros = map[string]string{}
	}
	macros["dist"] = ""
	evr, known := evaluateEVR(data, opts, macros)
	return evr.String(), known
}

// verify fills in the EVR before and after, where they can be known.
func (r *BumpResult) verify(before []byte, opts *BumpOptions) {
	macros := opts.macros()
	b, knownBefore := evaluateEVR(before, opts, macros)
	a, knownAfter := b, knownBefore
	if r.Changed {
		a, knownAfter = evaluateEVR(r.Data, opts, macros)
	}
	if knownBefore {
		r.Before = b
	}
	if knownAfter {
		r.After = a
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

// evaluateEVR returns what the file's main package is called. It is the zero
// EVR, and known, for a file that rpm refuses.
func evaluateEVR(data []byte, opts *BumpOptions, macros map[string]string) (evr EVR, known bool) {
	s, err := Parse(opts.File, data)
	if err != nil {
		return EVR{}, true
	}
	ev, err := s.Evaluate(Options{Macros: macros, Autorelease: opts.AutoreleaseNumber, Oracle: opts.Oracle})
	switch {
	case err != nil && !errors.Is(err, ErrTooLarge):
		return EVR{}, true
	case err != nil:
		return EVR{}, false
	case len(ev.Refused) > 0 && opts.Mode == BumpCompat:
		return EVR{}, true
	}
	if evr, known = ev.EVR(); known || opts.Mode == BumpCompat && literal(ev.Epoch, ev.Version, ev.Release) {
		return evr, true
	}
	return EVR{}, false
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
