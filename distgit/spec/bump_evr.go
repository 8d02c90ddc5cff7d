// SPDX-License-Identifier: MIT

package spec

import (
	"maps"
	"strings"
)

// entryEVR returns what the changelog entry says after the dash: epoch,
// version and release with an empty dist tag. It is empty where rpm can't
// parse the file; known is false where only rpm can tell.
func entryEVR(data []byte, opts *BumpOptions) (text string, known bool) {
	macros := maps.Clone(opts.macros())
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

// evaluateEVR is the zero EVR, known, for a file that rpm refuses.
func evaluateEVR(data []byte, opts *BumpOptions, macros map[string]string) (EVR, bool) {
	s, err := Parse(opts.File, data)
	if err != nil {
		return EVR{}, true
	}
	defs := map[string]string{}
	maps.Copy(defs, macros)
	expand := func(v string) string {
		for range 8 {
			for k, d := range defs {
				v = strings.ReplaceAll(strings.ReplaceAll(v, "%{?"+k+"}", d), "%{"+k+"}", d)
				v = strings.ReplaceAll(v, "%?"+k, d)
			}
		}
		return v
	}
	var e EVR
	for i := range s.Items {
		it := &s.Items[i]
		if m := it.Macro; m != nil && !m.HasParams && (m.Keyword == "global" || m.Keyword == "define") {
			defs[m.Name] = expand(m.Body)
		}
		if it.Tag == nil || it.Section != 0 {
			continue
		}
		v := strings.ReplaceAll(expand(it.Tag.Value), "%{?dist}", "")
		defs[strings.ToLower(it.Tag.Name)] = v
		switch strings.ToLower(it.Tag.Name) {
		case "epoch":
			e.Epoch = v
		case "version":
			e.Version = v
		case "release":
			e.Release = v
		}
	}
	if strings.Contains(e.String(), "%") || e.Version == "" || e.Release == "" {
		return EVR{}, false
	}
	return e, true
}

// DefaultMacros returns the macro set that Bump verifies with when the caller
// gives none: no dist tag.
func DefaultMacros() map[string]string { return map[string]string{} }
