// SPDX-License-Identifier: MIT

package kojitest

func volumeMethods(m map[string]handler) {
	m["listVolumes"] = (*call).listVolumes
	m["getVolume"] = (*call).getVolume
	m["addVolume"] = (*call).addVolume
	m["removeVolume"] = (*call).removeVolume
	m["changeBuildVolume"] = (*call).changeBuildVolume
}

// volume finds a volume; the first, DEFAULT, has the id 0.
func (h *Hub) volume(info any) *volumeRow {
	for _, v := range h.volumes.rows {
		if info == v.name || equal(info, v.id) {
			return v
		}
	}
	return nil
}

func (v *volumeRow) record() record { return record{"id": v.id, "name": v.name} }

func (c *call) listVolumes() (any, *fault) {
	rows := []any{}
	for _, v := range c.h.volumes.rows {
		rows = append(rows, v.record())
	}
	return rows, nil
}

func (c *call) getVolume() (any, *fault) {
	v := c.h.volume(c.arg("volume"))
	if v == nil {
		if c.flag("strict") {
			return nil, generic("No such entry in table volume: %s", pyText(c.arg("volume")))
		}
		return nil, nil
	}
	return v.record(), nil
}

func (c *call) addVolume() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	if c.h.volume(name) != nil {
		if c.flag("strict") {
			return nil, generic("volume %s already exists", name)
		}
		return c.h.volume(name).record(), nil
	}
	v := &volumeRow{c.h.volumes.next(), name}
	c.h.volumes.insert(c.tx, v.id, v)
	return v.record(), nil
}

func (c *call) removeVolume() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	v := c.h.volume(c.arg("volume"))
	if v == nil {
		return nil, generic("No such entry in table volume: %s", pyText(c.arg("volume")))
	}
	for _, b := range c.h.builds.rows {
		if b.volume == v {
			return nil, generic("volume %s has build references", v.name)
		}
	}
	c.h.volumes.remove(c.tx, v.id)
	return nil, nil
}

func (c *call) changeBuildVolume() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	v := c.h.volume(c.arg("volume"))
	if v == nil {
		return nil, generic("No such entry in table volume: %s", pyText(c.arg("volume")))
	}
	if old := c.h.volumeOf(b); old == v {
		if c.flag("strict") {
			return nil, generic("Build already on volume: %s", v.name)
		}
		return nil, nil
	}
	set(c.tx, &b.volume, v)
	return nil, nil
}

func (h *Hub) volumeOf(b *buildRow) *volumeRow {
	if b.volume != nil {
		return b.volume
	}
	return h.volumes.get(0)
}
