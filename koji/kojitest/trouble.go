// SPDX-License-Identifier: MIT

package kojitest

import "fmt"

// A trouble is why a build is going to fail.
type trouble struct {
	status   string
	log      string
	text     string
	early    bool // in the buildroot's setup, before any work
	whichLog string
}

// trouble looks at what the build needs and at the failures told to happen.
func (h *Hub) trouble(c *call, m *making) *trouble {
	for _, need := range h.needs(m.name) {
		if line := h.unmet(m, need); line != "" {
			return &trouble{status: "30", whichLog: "root.log", log: line, early: true}
		}
	}
	for _, f := range h.failures {
		if f.Times == 0 || f.NVR != "" && f.NVR != m.nvr || f.NVR == "" && f.Package != m.name {
			continue
		}
		if f.Times > 0 {
			set(c.tx, &f.Times, f.Times-1)
		}
		log := f.Log
		if log == "" {
			log = "make: *** [Makefile:42: all] Error 1\nerror: Bad exit status from /var/tmp/rpm-tmp.build (%build)\n"
		}
		return &trouble{status: "1", whichLog: "build.log", log: log, text: f.Text}
	}
	return nil
}

// unmet says in mock's words what a repo lacks; "" when nothing.
func (h *Hub) unmet(m *making, need Need) string {
	what := need.Package
	if need.NVR != "" {
		_, version, release, _ := splitNVR(need.NVR)
		what += " >= " + version + "-" + release
	}
	missing := "No matching package to install: '" + what + "'\nNot all dependencies satisfied\n" +
		"Error: Some packages could not be found.\n"
	p := h.packageByName[need.Package]
	if p == nil {
		return missing
	}
	list := h.tagged(m.root, tagQuery{event: m.repo.event.id, inherit: true, latest: 1, pkg: p})
	if len(list) == 0 {
		return missing
	}
	have := list[0]
	wanted := h.buildByNVR[need.NVR]
	if need.NVR != "" && (wanted == nil || have.build.id < wanted.id) || have.created < need.Event {
		return fmt.Sprintf("Error: \n Problem: nothing provides the new %s needed by %s; repo %d has %s\n%s",
			what, m.nvr, m.repo.id, have.build.nvr(), missing)
	}
	return ""
}
