// SPDX-License-Identifier: MIT

package modulemd

func (d *decoder) artifacts(v int, s *Stream) {
	if !d.expect(v, kindMap) {
		return
	}
	for k, v := range d.pairs(v) {
		switch key := d.toks[k].text; {
		case key == "rpms":
			d.set(v, &s.Artifacts)
		case key == "rpm-map" && s.MDVersion != 1:
			d.rpmMap(v, s)
		default:
			d.unknownKey(k, v)
		}
	}
}

func (d *decoder) rpmMap(v int, s *Stream) {
	if !d.expect(v, kindMap) {
		return
	}
	if s.RPMMap == nil {
		s.RPMMap = map[string]map[string]RPMMapEntry{}
	}
	for k, v := range d.pairs(v) {
		if !d.expect(v, kindMap) {
			continue
		}
		digest := d.toks[k].text
		if s.RPMMap[digest] == nil {
			s.RPMMap[digest] = map[string]RPMMapEntry{}
		}
		for k, v := range d.pairs(v) {
			if d.expect(v, kindMap) {
				s.RPMMap[digest][d.toks[k].text] = d.rpmMapEntry(v)
			}
		}
	}
}

func (d *decoder) rpmMapEntry(v int) RPMMapEntry {
	var e RPMMapEntry
	fields := []struct {
		key  string
		dst  *string
		seen bool
	}{{"name", &e.Name, false}, {"version", &e.Version, false}, {"release", &e.Release, false}, {"arch", &e.Arch, false}, {"nevra", &e.NEVRA, false}}
	epoch := false
keys:
	for k, val := range d.pairs(v) {
		key := d.toks[k].text
		if key == "epoch" {
			epoch = true
			d.uint(val, &e.Epoch)
			continue
		}
		for i := range fields {
			if fields[i].key == key {
				fields[i].seen = true
				d.text(val, fields[i].dst)
				continue keys
			}
		}
		d.unknownKey(k, val)
	}
	if !epoch {
		d.fail(v, ClassMissing, "epoch is missing")
	}
	for _, f := range fields {
		if !f.seen {
			d.fail(v, ClassMissing, "%s is missing", f.key)
		}
	}
	if len(d.errs) == 0 && e.NEVRA != e.nevra() {
		d.fail(v, ClassInconsistent, "%q differs from its parts, %q", e.NEVRA, e.nevra())
	}
	return e
}
