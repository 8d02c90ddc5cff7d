// SPDX-License-Identifier: MIT

package modulemd

func (d *decoder) components(v int, rpms *map[string]RPMComponent, modules *map[string]ModuleComponent) {
	if !d.expect(v, kindMap) {
		return
	}
	for k, v := range d.pairs(v) {
		switch d.toks[k].text {
		case "rpms":
			if !d.expect(v, kindMap) {
				continue
			}
			if *rpms == nil {
				*rpms = map[string]RPMComponent{}
			}
			for k, v := range d.pairs(v) {
				if d.expect(v, kindMap) {
					(*rpms)[d.toks[k].text] = d.rpmComponent(v)
				}
			}
		case "modules":
			if !d.expect(v, kindMap) {
				continue
			}
			if *modules == nil {
				*modules = map[string]ModuleComponent{}
			}
			for k, v := range d.pairs(v) {
				if d.expect(v, kindMap) {
					(*modules)[d.toks[k].text] = d.moduleComponent(v)
				}
			}
		default:
			d.unknownKey(k, v)
		}
	}
}

func (d *decoder) rpmComponent(v int) RPMComponent {
	var c RPMComponent
	for k, v := range d.pairs(v) {
		switch d.toks[k].text {
		case "rationale":
			d.optional(v, &c.Rationale, &c.empty, emptyRationale)
		case "name":
			d.optional(v, &c.Name, &c.empty, emptyName)
		case "repository":
			d.optional(v, &c.Repository, &c.empty, emptyRepository)
		case "cache":
			d.optional(v, &c.Cache, &c.empty, emptyCache)
		case "ref":
			d.optional(v, &c.Ref, &c.empty, emptyRef)
		case "buildonly":
			d.bool(v, &c.BuildOnly)
		case "buildroot":
			d.bool(v, &c.BuildRoot)
		case "srpm-buildroot":
			d.bool(v, &c.SRPMBuildRoot)
		case "buildorder":
			d.buildOrder(v, &c.BuildOrder)
		case "buildafter":
			d.set(v, &c.BuildAfter)
		case "arches":
			d.set(v, &c.Arches)
		case "multilib":
			d.set(v, &c.Multilib)
		default:
			d.unknownKey(k, v)
		}
	}
	return c
}

func (d *decoder) moduleComponent(v int) ModuleComponent {
	var c ModuleComponent
	for k, v := range d.pairs(v) {
		switch d.toks[k].text {
		case "rationale":
			d.optional(v, &c.Rationale, &c.empty, emptyRationale)
		case "repository":
			d.optional(v, &c.Repository, &c.empty, emptyRepository)
		case "ref":
			d.optional(v, &c.Ref, &c.empty, emptyRef)
		case "buildorder":
			d.buildOrder(v, &c.BuildOrder)
		case "buildonly":
			d.bool(v, &c.BuildOnly)
		default:
			d.unknownKey(k, v)
		}
	}
	return c
}

// overflowed is -1 as some build systems printed it.
const overflowed = "18446744073709551615"

func (d *decoder) buildOrder(v int, dst *int64) {
	if !d.expect(v, kindScalar) {
		return
	}
	text := d.toks[v].text
	n, ok := parseInt(text)
	if !ok && text == overflowed && d.opts.AcceptOverflowedBuildorder {
		n, ok = -1, true
	}
	if !ok {
		d.fail(v, ClassParse, "%q is no whole number of 64 bits", text)
	}
	*dst = n
}
