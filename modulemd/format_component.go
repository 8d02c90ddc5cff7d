// SPDX-License-Identifier: MIT

package modulemd

func writeComponents(e *emitter, rpms map[string]RPMComponent, modules map[string]ModuleComponent) {
	if len(rpms)+len(modules) == 0 {
		return
	}
	e.key("components")
	e.openMap()
	if len(rpms) > 0 {
		e.key("rpms")
		e.openMap()
		for _, name := range sortedKeys(rpms) {
			c := rpms[name]
			e.keyText(name, true)
			c.write(e)
		}
		e.closeMap()
	}
	if len(modules) > 0 {
		e.key("modules")
		e.openMap()
		for _, name := range sortedKeys(modules) {
			c := modules[name]
			e.keyText(name, true)
			c.write(e)
		}
		e.closeMap()
	}
	e.closeMap()
}

func (c *RPMComponent) write(e *emitter) {
	if c.blank() {
		e.emptyMap()
		return
	}
	e.openMap()
	e.optional("rationale", c.Rationale, c.empty.has(emptyRationale, c.Rationale))
	e.optional("name", c.Name, c.empty.has(emptyName, c.Name))
	e.optional("repository", c.Repository, c.empty.has(emptyRepository, c.Repository))
	e.optional("cache", c.Cache, c.empty.has(emptyCache, c.Cache))
	e.optional("ref", c.Ref, c.empty.has(emptyRef, c.Ref))
	e.flag("buildroot", c.BuildRoot)
	e.flag("srpm-buildroot", c.SRPMBuildRoot)
	if c.BuildOrder != 0 {
		e.key("buildorder")
		e.int(c.BuildOrder)
	} else if len(c.BuildAfter) > 0 {
		e.key("buildafter")
		e.blockList(c.BuildAfter, false)
	}
	e.flag("buildonly", c.BuildOnly)
	if len(c.Arches) > 0 {
		e.key("arches")
		e.flowList(c.Arches)
	}
	if len(c.Multilib) > 0 {
		e.key("multilib")
		e.flowList(c.Multilib)
	}
	e.closeMap()
}

func (e *emitter) flag(key string, on bool) {
	if on {
		e.key(key)
		e.true()
	}
}

func (c *RPMComponent) blank() bool {
	return c.Rationale+c.Name+c.Repository+c.Cache+c.Ref == "" && c.empty == 0 && c.BuildOrder == 0 &&
		!c.BuildOnly && !c.BuildRoot && !c.SRPMBuildRoot && len(c.BuildAfter)+len(c.Arches)+len(c.Multilib) == 0
}

func (c *ModuleComponent) write(e *emitter) {
	if c.Rationale+c.Repository+c.Ref == "" && c.empty == 0 && c.BuildOrder == 0 && !c.BuildOnly {
		e.emptyMap()
		return
	}
	e.openMap()
	e.optional("rationale", c.Rationale, c.empty.has(emptyRationale, c.Rationale))
	e.optional("repository", c.Repository, c.empty.has(emptyRepository, c.Repository))
	e.optional("ref", c.Ref, c.empty.has(emptyRef, c.Ref))
	if c.BuildOrder != 0 {
		e.key("buildorder")
		e.int(c.BuildOrder)
	}
	e.flag("buildonly", c.BuildOnly)
	e.closeMap()
}
