// SPDX-License-Identifier: MIT

package modulemd

import "time"

// stream reads the data of a modulemd document of version 1 or 2, or of a
// packager document of version 2, which lacks what only built modules have.
func (d *decoder) stream(h header, packager bool) *Stream {
	s := &Stream{MDVersion: int(h.version)}
	for k, v := range d.pairs(h.data) {
		key := d.toks[k].text
		if packager && notInPackager(key) {
			d.unknownKey(k, v)
			continue
		}
		switch key {
		case "name":
			d.optional(v, &s.Name, &s.empty, emptyName)
		case "stream":
			d.optional(v, &s.Stream, &s.empty, emptyStream)
		case "version":
			d.uint(v, &s.Version)
		case "context":
			d.optional(v, &s.Context, &s.empty, emptyContext)
		case "arch":
			d.optional(v, &s.Arch, &s.empty, emptyArch)
		case "summary":
			d.optional(v, &s.Summary, &s.empty, emptySummary)
		case "description":
			d.optional(v, &s.Description, &s.empty, emptyDescription)
		case "servicelevels":
			d.serviceLevels(v, s)
		case "license":
			d.licenses(v, s, packager)
		case "xmd":
			d.xmd(v, &s.XMD)
		case "dependencies":
			d.dependencies(v, s)
		case "references":
			d.references(v, &s.References)
		case "profiles":
			d.profiles(v, &s.Profiles)
		case "api":
			d.rpmSet(v, &s.API)
		case "filter":
			d.rpmSet(v, &s.Filter)
		case "buildopts":
			d.buildOpts(v, &s.BuildOpts)
		case "components":
			d.components(v, &s.RPMs, &s.Modules)
		case "artifacts":
			d.artifacts(v, s)
		case "static_context":
			if s.MDVersion == 1 {
				d.unknownKey(k, v)
			} else {
				d.bool(v, &s.StaticContext)
			}
		case "demodularized":
			if s.MDVersion == 1 {
				d.unknownKey(k, v)
			} else {
				d.rpmSet(v, &s.Demodularized)
			}
		case "eol":
			if s.MDVersion != 1 {
				d.unknownKey(k, v)
				continue
			}
			if s.ServiceLevels == nil {
				s.ServiceLevels = map[string]ServiceLevel{}
			}
			var l ServiceLevel
			d.date(v, &l.EOL)
			s.ServiceLevels["rawhide"] = l
		default:
			d.unknownKey(k, v)
		}
	}
	if packager {
		s.MDVersion = 2
	}
	return s
}

// notInPackager reports whether a packager document of version 2 does not
// have a key that modulemd documents have.
func notInPackager(key string) bool {
	switch key {
	case "name", "stream", "version", "context", "arch", "servicelevels", "xmd", "buildopts", "artifacts":
		return true
	}
	return false
}

func (d *decoder) date(v int, dst *time.Time) {
	if !d.expect(v, kindScalar) {
		return
	}
	t, ok := parseDate(d.toks[v].text)
	if !ok {
		d.fail(v, ClassParse, "%q is no date of the form 2020-05-01", d.toks[v].text)
	}
	*dst = t
}

func (d *decoder) serviceLevels(v int, s *Stream) {
	if !d.expect(v, kindMap) {
		return
	}
	if s.ServiceLevels == nil {
		s.ServiceLevels = map[string]ServiceLevel{}
	}
	for k, v := range d.pairs(v) {
		if !d.expect(v, kindMap) {
			continue
		}
		var l ServiceLevel
		for k, v := range d.pairs(v) {
			if d.toks[k].text == "eol" {
				d.date(v, &l.EOL)
			} else {
				d.unknownKey(k, v)
			}
		}
		s.ServiceLevels[d.toks[k].text] = l
	}
}

func (d *decoder) licenses(v int, s *Stream, packager bool) {
	if !d.expect(v, kindMap) {
		return
	}
	for k, v := range d.pairs(v) {
		switch key := d.toks[k].text; {
		case key == "module":
			d.set(v, &s.ModuleLicenses)
		case key == "content" && !packager:
			d.looseSet(k, v, &s.ContentLicenses)
		default:
			d.unknownKey(k, v)
		}
	}
}

func (d *decoder) xmd(v int, dst *Value) {
	if d.toks[v].kind == kindSeq {
		d.fail(v, ClassParse, "a mapping expected, got a list")
		return
	}
	if bad := d.badKey(v); bad >= 0 {
		d.fail(bad, ClassParse, "a key must be text, not a collection")
		return
	}
	*dst = valueOf(d.toks, v)
}

func (d *decoder) dependencies(v int, s *Stream) {
	if s.MDVersion == 1 {
		d.dependenciesV1(v, s)
		return
	}
	if !d.expect(v, kindSeq) {
		return
	}
	for item := v + 1; item < int(d.toks[v].end); item = int(d.toks[item].end) {
		if !d.expect(item, kindMap) {
			continue
		}
		var deps Dependencies
		for k, v := range d.pairs(item) {
			switch d.toks[k].text {
			case "buildrequires":
				d.requires(v, &deps.BuildRequires)
			case "requires":
				d.requires(v, &deps.Requires)
			default:
				d.unknownKey(k, v)
			}
		}
		s.Dependencies = append(s.Dependencies, deps)
	}
}

func (d *decoder) requires(v int, dst *map[string][]string) {
	if !d.expect(v, kindMap) {
		return
	}
	deps := map[string][]string{}
	for k, v := range d.pairs(v) {
		name := d.toks[k].text
		if _, ok := deps[name]; ok {
			d.fail(k, ClassParse, "module appears twice")
			continue
		}
		var streams []string
		d.set(v, &streams)
		deps[name] = streams
	}
	*dst = deps
}

// dependenciesV1 reads the older form, one stream per module, as one item.
func (d *decoder) dependenciesV1(v int, s *Stream) {
	if !d.expect(v, kindMap) {
		return
	}
	var deps Dependencies
	if len(s.Dependencies) > 0 {
		deps = s.Dependencies[0]
	}
	for k, v := range d.pairs(v) {
		dst := &deps.Requires
		switch d.toks[k].text {
		case "requires":
		case "buildrequires":
			dst = &deps.BuildRequires
		default:
			d.unknownKey(k, v)
			continue
		}
		if !d.expect(v, kindMap) {
			continue
		}
		*dst = map[string][]string{}
		for k, v := range d.pairs(v) {
			if d.expect(v, kindScalar) {
				(*dst)[d.toks[k].text] = []string{d.toks[v].text}
			}
		}
	}
	s.Dependencies = nil
	if len(deps.Requires)+len(deps.BuildRequires) > 0 {
		s.Dependencies = []Dependencies{deps}
	}
}

func (d *decoder) references(v int, r *References) {
	if !d.expect(v, kindMap) {
		return
	}
	for k, v := range d.pairs(v) {
		switch d.toks[k].text {
		case "community":
			d.optional(v, &r.Community, &r.empty, emptyCommunity)
		case "documentation":
			d.optional(v, &r.Documentation, &r.empty, emptyDocumentation)
		case "tracker":
			d.optional(v, &r.Tracker, &r.empty, emptyTracker)
		default:
			d.unknownKey(k, v)
		}
	}
}

func (d *decoder) profiles(v int, dst *map[string]Profile) {
	if !d.expect(v, kindMap) {
		return
	}
	if *dst == nil {
		*dst = map[string]Profile{}
	}
	for k, v := range d.pairs(v) {
		if !d.expect(v, kindMap) {
			continue
		}
		var p Profile
		for k, v := range d.pairs(v) {
			switch d.toks[k].text {
			case "description":
				d.optional(v, &p.Description, &p.empty, emptyDescription)
			case "rpms":
				d.set(v, &p.RPMs)
			case "default":
				d.bool(v, &p.Default)
			default:
				d.unknownKey(k, v)
			}
		}
		(*dst)[d.toks[k].text] = p
	}
}

// rpmSet reads a section of the form {rpms: [...]}. The reference takes a
// text, even an empty one, for an absent section.
func (d *decoder) rpmSet(v int, dst *[]string) {
	*dst = nil
	if d.toks[v].kind == kindScalar {
		return
	}
	if !d.expect(v, kindMap) {
		return
	}
	for k, v := range d.pairs(v) {
		if d.toks[k].text != "rpms" {
			d.unknownKey(k, v)
			continue
		}
		d.looseSet(k, v, dst)
	}
}

// looseSet reads a set of a section in which the reference passes over what
// has the wrong shape. Lenient reading keeps such a value with the unknown.
func (d *decoder) looseSet(k, v int, dst *[]string) {
	good := d.toks[v].kind != kindMap
	if d.toks[v].kind == kindSeq {
		for c := v + 1; c < int(d.toks[v].end); c++ {
			good = good && d.toks[c].kind == kindScalar
		}
	}
	if good || d.strict {
		d.set(v, dst)
	} else {
		d.unknownKey(k, v)
	}
}

func (d *decoder) buildOpts(v int, dst **BuildOpts) {
	if !d.expect(v, kindMap) {
		return
	}
	b := &BuildOpts{}
	for k, v := range d.pairs(v) {
		switch d.toks[k].text {
		case "rpms":
			if !d.expect(v, kindMap) {
				continue
			}
			for k, v := range d.pairs(v) {
				switch d.toks[k].text {
				case "macros":
					d.optional(v, &b.Macros, &b.empty, emptyMacros)
				case "whitelist":
					d.set(v, &b.Whitelist)
				default:
					d.unknownKey(k, v)
				}
			}
		case "arches":
			d.set(v, &b.Arches)
		default:
			d.unknownKey(k, v)
		}
	}
	*dst = b
}
