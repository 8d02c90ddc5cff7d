// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// link is an attribute that refers to rows of another table.
type link struct {
	table, attr string
	rule        string // "cascade", "protect", "null", or "list" for members of lists
}

// links are what happens to rows when one that they refer to is deleted.
var links = map[string][]link{
	"globalcomponent": {{"releasecomponent", "global_component", "cascade"}, {"componentbranch", "global_component", "cascade"},
		{"globalcomponentcontact", "component", "protect"}, {"multidestination", "global_component", "cascade"}},
	"releasecomponent": {{"releasecomponentrelationship", "from_component", "cascade"},
		{"releasecomponentrelationship", "to_component", "cascade"}, {"releasecomponentgroup", "components", "list"},
		{"releasecomponentcontact", "component", "cascade"}, {"osbsrecord", "component", "cascade"}},
	"releasecomponentrelationshiptype": {{"releasecomponentrelationship", "relation_type", "cascade"}},
	"grouptype":                        {{"releasecomponentgroup", "group_type", "protect"}},
	"bugzillacomponent":                {{"bugzillacomponent", "parent_component", "cascade"}, {"releasecomponent", "bugzilla_component", "null"}},
	"label":                            {{"globalcomponent", "labels", "list"}},
	"componentbranch":                  {{"slatocomponentbranch", "branch", "cascade"}},
	"sla":                              {{"slatocomponentbranch", "sla", "cascade"}, {"releaseschedule", "sla", "cascade"}},
	"contactrole":                      {{"globalcomponentcontact", "role", "protect"}, {"releasecomponentcontact", "role", "protect"}},
	"contact":                          {{"globalcomponentcontact", "contact", "protect"}, {"releasecomponentcontact", "contact", "protect"}},
	"cpe":                              {{"variantcpe", "cpe", "protect"}},
	"variant":                          {{"variantcpe", "variant", "cascade"}, {"repo", "variant", "cascade"}},
	"repo":                             {{"multidestination", "origin_repo", "cascade"}, {"multidestination", "destination_repo", "cascade"}, {"releasedfiles", "repo", "cascade"}},
	"pushtarget": {{"product", "allowed_push_targets", "list"}, {"productversion", "masked_push_targets", "list"},
		{"release", "masked_push_targets", "list"}, {"variant", "masked_push_targets", "list"}},
}

// delete removes a row for a request, and what goes with it.
func (p *PDC) delete(c *call, r *resource, x *row) *problem {
	if r.deleting != nil {
		return r.deleting(c, x)
	}
	if prob := p.protected(r.table, x); prob != nil {
		return prob
	}
	p.noteDeleted(r, x)
	p.cascade(r.table, x)
	return nil
}

// protected refuses to delete what others point to.
func (p *PDC) protected(t *table, x *row) *problem {
	for _, l := range links[t.name] {
		if l.rule != "protect" {
			continue
		}
		if other := p.tables[l.table]; slices.ContainsFunc(other.rows, func(y *row) bool { return y.ref(l.attr) == x }) {
			return detail(400, fmt.Sprintf("Cannot delete some instances of model '%s' because they are referenced through a protected foreign key: '%s.%s'",
				camel(t.label), camel(other.label), l.attr))
		}
	}
	return nil
}

func camel(label string) string {
	words := strings.Fields(label)
	for i, w := range words {
		words[i] = capital(w)
	}
	return strings.Join(words, "")
}

func (p *PDC) cascade(t *table, x *row) {
	for _, l := range links[t.name] {
		other := p.tables[l.table]
		switch l.rule {
		case "cascade":
			for _, y := range other.where(func(y *row) bool { return y.ref(l.attr) == x }) {
				p.cascade(other, y)
			}
		case "null":
			for _, y := range other.where(func(y *row) bool { return y.ref(l.attr) == x }) {
				p.assign(other, y, map[string]any{l.attr: nil})
			}
		case "list":
			for _, y := range other.where(func(y *row) bool { return slices.Contains(y.refs(l.attr), x) }) {
				rest := slices.DeleteFunc(slices.Clone(y.refs(l.attr)), func(z *row) bool { return z == x })
				p.assign(other, y, map[string]any{l.attr: rest})
			}
		}
	}
	p.drop(t, x)
}

// lastChange is when the tables behind a resource last changed; a day after
// the epoch when they never did.
func (p *PDC) lastChange(r *resource) time.Time {
	last := time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, name := range r.modified {
		if at, ok := p.changed[name]; ok && at.After(last) {
			last = at
		}
	}
	return last.Truncate(time.Second)
}
