// SPDX-License-Identifier: MIT

package modulemd

import "slices"

// Defaults say which stream of a module is used when nobody chose one, and
// which profiles are installed then.
type Defaults struct {
	Module   string
	Modified uint64 // by custom YYYYMMDDHHMM; the larger wins in merges; 0 loses to all
	Stream   string // default stream; empty means none
	// Profiles maps streams to default profiles; an empty list says that
	// there is no default profile, a missing one that nothing is known.
	Profiles map[string][]string
	// Intents override the above for a purpose. Package managers ignore them.
	Intents map[string]Intent
	// Unknown holds what lenient reading passed over. It is not written.
	Unknown []UnknownKey

	empty emptyKeys
	// conflict marks that merged files of one priority disagreed about the
	// stream, which leaves the module without one.
	conflict bool
}

// Intent overrides defaults for a purpose, such as server. Without a stream it
// is written as {}, which loses its profiles: dumps are those of the reference.
type Intent struct {
	Stream   string // empty means that the general default stream applies, unless it was read as empty: then there is none
	Profiles map[string][]string
	empty    emptyKeys
}

// Kind returns KindDefaults.
func (x *Defaults) Kind() Kind { return KindDefaults }

// ModuleName returns the name of the module.
func (x *Defaults) ModuleName() string { return x.Module }

// defaultPlaceholder is where the reference keeps defaults without a module.
const defaultPlaceholder = "__DEFAULT_PLACEHOLDER__"

// Conflict reports whether a merge found different default streams of equal
// standing. The module then has no default stream.
func (x *Defaults) Conflict() bool { return x.conflict }

// DefaultStream returns the default stream for an intent, "" being the
// general case and the one of intents that are not mentioned. It reports
// false when there is none.
func (x *Defaults) DefaultStream(intent string) (string, bool) {
	if i, ok := x.Intents[intent]; ok && i.empty.has(emptyStream, i.Stream) {
		return i.Stream, i.Stream != ""
	}
	return x.Stream, x.hasStream()
}

func (x *Defaults) hasStream() bool { return !x.conflict && x.empty.has(emptyStream, x.Stream) }

// DefaultProfiles returns the profiles that are installed with a stream by
// default, for an intent. It reports false when nothing is said about it.
func (x *Defaults) DefaultProfiles(stream, intent string) ([]string, bool) {
	if i, ok := x.Intents[intent]; ok {
		if p, ok := i.Profiles[stream]; ok {
			return slices.Clone(p), true
		}
	}
	p, ok := x.Profiles[stream]
	return slices.Clone(p), ok
}

// Validate returns everything that is wrong as Failures, nil if nothing.
func (x *Defaults) Validate() error { return validate(x) }

func (x *Defaults) check(r *report) {
	if x.Module == "" || x.Module == defaultPlaceholder {
		r.at(ClassMissing, []string{"module"}, "module is missing")
	}
}

// Format returns the defaults as one YAML document, as the reference does.
func (x *Defaults) Format() ([]byte, error) { return formatDocument(x) }

func (d *decoder) defaults(h header) *Defaults {
	x := &Defaults{}
	var seen [2]bool
	for k, v := range d.pairs(h.data) {
		switch d.toks[k].text {
		case "module":
			if !d.twice(k, &seen[0]) {
				d.text(v, &x.Module)
			}
		case "modified":
			d.uint(v, &x.Modified)
		case "stream":
			if !d.twice(k, &seen[1]) {
				d.optional(v, &x.Stream, &x.empty, emptyStream)
			}
		case "profiles":
			d.defaultProfiles(v, &x.Profiles)
		case "intents":
			d.intents(v, x)
		default:
			d.unknownKey(k, v)
		}
	}
	return x
}

func (d *decoder) defaultProfiles(v int, dst *map[string][]string) {
	if !d.expect(v, kindMap) {
		return
	}
	if *dst == nil {
		*dst = map[string][]string{}
	}
	for k, v := range d.pairs(v) {
		stream := d.toks[k].text
		if _, ok := (*dst)[stream]; ok {
			d.fail(k, ClassParse, "stream appears twice")
			continue
		}
		var profiles []string
		d.set(v, &profiles)
		(*dst)[stream] = profiles
	}
}

func (d *decoder) intents(v int, x *Defaults) {
	if !d.expect(v, kindMap) {
		return
	}
	if x.Intents == nil {
		x.Intents = map[string]Intent{}
	}
	for k, v := range d.pairs(v) {
		name := d.toks[k].text
		if _, ok := x.Intents[name]; ok {
			d.fail(k, ClassParse, "intent appears twice")
			continue
		}
		if !d.expect(v, kindMap) {
			continue
		}
		var i Intent
		seen := false
		for k, v := range d.pairs(v) {
			switch d.toks[k].text {
			case "stream":
				if !d.twice(k, &seen) {
					d.optional(v, &i.Stream, &i.empty, emptyStream)
				}
			case "profiles":
				d.defaultProfiles(v, &i.Profiles)
			default:
				d.unknownKey(k, v)
			}
		}
		x.Intents[name] = i
	}
}

func (x *Defaults) write(e *emitter) {
	e.startDocument("modulemd-defaults", 1)
	e.key("module")
	e.text(x.Module)
	if x.Modified != 0 {
		e.key("modified")
		e.uint(x.Modified)
	}
	if x.hasStream() {
		e.key("stream")
		e.quoted(x.Stream)
	}
	writeDefaultProfiles(e, x.Profiles)
	if len(x.Intents) > 0 {
		e.key("intents")
		e.openMap()
		for _, name := range sortedKeys(x.Intents) {
			i := x.Intents[name]
			e.keyText(name, true)
			// The reference writes nothing of an intent without a stream, and
			// profiles of one with a stream even when there are none.
			if !i.empty.has(emptyStream, i.Stream) {
				e.emptyMap()
				continue
			}
			e.openMap()
			e.key("stream")
			e.quoted(i.Stream)
			if len(i.Profiles) == 0 {
				e.key("profiles")
				e.emptyMap()
			}
			writeDefaultProfiles(e, i.Profiles)
			e.closeMap()
		}
		e.closeMap()
	}
	e.endDocument()
}

func writeDefaultProfiles(e *emitter, profiles map[string][]string) {
	if len(profiles) == 0 {
		return
	}
	e.key("profiles")
	e.openMap()
	for _, stream := range sortedKeys(profiles) {
		e.keyText(stream, true)
		e.flowList(profiles[stream])
	}
	e.closeMap()
}
