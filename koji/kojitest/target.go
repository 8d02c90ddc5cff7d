// SPDX-License-Identifier: MIT

package kojitest

type targetRow struct {
	id      int
	name    string
	configs []*targetConfig
}

type targetConfig struct {
	span
	build, dest *tagRow
}

func (t *targetRow) config(event int) *targetConfig {
	for i := len(t.configs) - 1; i >= 0; i-- {
		if t.configs[i].at(event) {
			return t.configs[i]
		}
	}
	return nil
}

// anyTarget finds a target by name, id or struct, also a deleted one.
func (h *Hub) anyTarget(info any) *targetRow {
	if m, ok := info.(map[string]any); ok {
		if info = m["id"]; info == nil {
			info = m["name"]
		}
	}
	if name, ok := info.(string); ok {
		for _, t := range h.targets.rows {
			if t.name == name {
				return t
			}
		}
		return nil
	}
	n, _ := asInt(info)
	return h.targets.get(n)
}

func (h *Hub) target(info any, event int) *targetRow {
	if t := h.anyTarget(info); t != nil && t.config(event) != nil {
		return t
	}
	return nil
}

func (t *targetRow) record(event int) record {
	cfg := t.config(event)
	return record{
		"id": t.id, "name": t.name, "build_tag": cfg.build.id, "build_tag_name": cfg.build.name,
		"dest_tag": cfg.dest.id, "dest_tag_name": cfg.dest.name,
	}
}

func targetMethods(m map[string]handler) {
	m["getBuildTarget"] = (*call).getBuildTarget
	m["getBuildTargets"] = (*call).getBuildTargets
	m["createBuildTarget"] = (*call).createBuildTarget
	m["editBuildTarget"] = (*call).editBuildTarget
	m["deleteBuildTarget"] = (*call).deleteBuildTarget
}

func (c *call) getBuildTarget() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t := c.h.target(c.arg("info"), event)
	if t == nil {
		if c.flag("strict") {
			return nil, generic("No such build target: %s", pyText(c.arg("info")))
		}
		return nil, nil
	}
	return t.record(event), nil
}

func (c *call) getBuildTargets() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	var build, dest *tagRow
	if info := c.arg("buildTagID"); info != nil {
		if build, f = c.h.anyTag(info); f != nil {
			return nil, f
		}
		if build == nil {
			return rows0(), nil
		}
	}
	if info := c.arg("destTagID"); info != nil {
		if dest, f = c.h.anyTag(info); f != nil {
			return nil, f
		}
		if dest == nil {
			return rows0(), nil
		}
	}
	rows := []record{}
	var only *targetRow
	if info := c.arg("info"); info != nil {
		if only = c.h.target(info, event); only == nil {
			return rows0(), nil
		}
	}
	for _, t := range c.h.targets.rows {
		cfg := t.config(event)
		if cfg == nil || only != nil && t != only || build != nil && cfg.build != build || dest != nil && cfg.dest != dest {
			continue
		}
		rows = append(rows, t.record(event))
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

func rows0() []any { return []any{} }

// targetTags are the tags of a target that is made or changed.
func (c *call) targetTags() (build, dest *tagRow, f *fault) {
	if build, f = c.h.tag(c.arg("build_tag"), false); f != nil {
		return nil, nil, f
	}
	if build == nil {
		return nil, nil, generic("build tag '%s' does not exist", pyText(c.arg("build_tag")))
	}
	if dest, f = c.h.tag(c.arg("dest_tag"), false); f != nil {
		return nil, nil, f
	}
	if dest == nil {
		return nil, nil, generic("destination tag '%s' does not exist", pyText(c.arg("dest_tag")))
	}
	return build, dest, nil
}

func (c *call) createBuildTarget() (any, *fault) {
	if f := c.perm("target"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	if c.h.target(name, 0) != nil {
		return nil, generic("A build target with the name '%s' already exists", name)
	}
	build, dest, f := c.targetTags()
	if f != nil {
		return nil, f
	}
	c.addTarget(name, build, dest)
	return nil, nil
}

// addTarget makes a target; one that was deleted keeps its id.
func (c *call) addTarget(name string, build, dest *tagRow) *targetRow {
	return c.newTarget(0, name, build, dest)
}

func (c *call) newTarget(id int, name string, build, dest *tagRow) *targetRow {
	t := c.h.anyTarget(name)
	if t == nil {
		if id == 0 {
			id = c.h.targets.next()
		}
		t = &targetRow{id: id, name: name}
		c.h.targets.insert(c.tx, t.id, t)
	}
	push(c.tx, &t.configs, &targetConfig{span: c.fresh(), build: build, dest: dest})
	c.h.stale(c, build)
	return t
}

func (c *call) editBuildTarget() (any, *fault) {
	if f := c.perm("target"); f != nil {
		return nil, f
	}
	t := c.h.target(c.arg("buildTargetInfo"), 0)
	if t == nil {
		return nil, generic("No such build target: %s", pyText(c.arg("buildTargetInfo")))
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	build, dest, f := c.targetTags()
	if f != nil {
		return nil, f
	}
	if name != t.name {
		if other := c.h.anyTarget(name); other != nil && other != t {
			return nil, generic("name \"%s\" is already taken by build target %d", name, other.id)
		}
		set(c.tx, &t.name, name)
	}
	c.revoke(&t.config(0).span)
	push(c.tx, &t.configs, &targetConfig{span: c.fresh(), build: build, dest: dest})
	return nil, nil
}

func (c *call) deleteBuildTarget() (any, *fault) {
	if f := c.perm("target"); f != nil {
		return nil, f
	}
	t := c.h.anyTarget(c.arg("buildTargetInfo"))
	if t == nil {
		return nil, generic("No such build target: %s", pyText(c.arg("buildTargetInfo")))
	}
	if cfg := t.config(0); cfg != nil { // a deleted one is deleted again
		c.revoke(&cfg.span)
	}
	return nil, nil
}
