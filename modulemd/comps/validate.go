// SPDX-License-Identifier: MIT

package comps

import (
	"fmt"
	"strconv"
)

// Validate returns what is wrong with the file, as [Failures] without lines, or
// nil: ids and names that are missing, ids that two groups, environments or
// categories share, packages of an unknown type. What the lists name needs not
// exist: files are filtered and merged. Entries for packages without a name are
// found in real files and mean nothing.
func (c *Comps) Validate() error {
	if f := c.faults(false); len(f) > 0 {
		return f
	}
	return nil
}

func (c *Comps) faults(lax bool) Failures {
	var out Failures
	fail := func(path, format string, args ...any) {
		out = append(out, &Error{Path: path, Err: fmt.Errorf(format, args...)})
	}
	ids := map[string]bool{}
	check := func(kind string, i int, id string, name Text) string {
		path := kind + "[" + strconv.Itoa(i+1) + "]"
		switch {
		case id == "":
			fail(path, "the id is missing")
		case ids[kind+" "+id]:
			fail(path, "a second %s has the id %s", kind, id)
		}
		ids[kind+" "+id] = true
		if name.absent() {
			fail(path, "%s %s has no name", kind, id)
		}
		return path
	}
	refs := func(path string, list []GroupRef) {
		for i, r := range list {
			if r.ID == "" {
				fail(path+"/groupid["+strconv.Itoa(i+1)+"]", "the group id is empty")
			}
		}
	}
	for i, g := range c.Groups {
		path := check("group", i, g.ID, g.Name)
		for j, p := range g.Packages {
			at := path + "/packagelist[1]/packagereq[" + strconv.Itoa(j+1) + "]"
			if !p.Type.Valid() && !lax {
				fail(at, "package %s of group %s has the unknown type %q", p.Name, g.ID, string(p.Type))
			}
		}
	}
	for i, e := range c.Environments {
		path := check("environment", i, e.ID, e.Name)
		refs(path+"/grouplist[1]", e.Groups)
		refs(path+"/optionlist[1]", e.Options)
	}
	for i, e := range c.Categories {
		refs(check("category", i, e.ID, e.Name)+"/grouplist[1]", e.Groups)
	}
	for i, l := range c.Langpacks {
		if l.Name == "" || l.Install == "" {
			fail("langpacks[1]/match["+strconv.Itoa(i+1)+"]", "a name or what to install is missing")
		}
	}
	return out
}
