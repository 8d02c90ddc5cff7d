// SPDX-License-Identifier: MIT

package planner

import "slices"

// CutoffRequest asks what a plan comes to when some results turn out
// equivalent to what they replace.
type CutoffRequest struct {
	// Equivalent are the nodes whose new result equals the old one.
	Equivalent []ID
	// Outside counts changed nodes that the plan leaves out
	// ([Request.OmitChanged]) as come out different; otherwise what is there
	// of them is taken as known to whoever uses it.
	Outside bool
}

// Cutoff returns the nodes that are built, sorted, when nothing is built
// without a reason. A node has one when it changed itself or when something
// that it needs was built and came out different; a cycle group is built and
// comes out different as a whole. All nodes of a plan that was given as a list
// or is a mass rebuild have a reason.
func (p *Plan) Cutoff(q CutoffRequest) []ID {
	o := p.order
	if o == nil {
		return nil
	}
	o.link()
	equal := make([]bool, len(o.rebuild))
	for _, id := range q.Equivalent {
		if at, ok := o.position(id); ok {
			equal[at] = true
		}
	}
	all := p.Request.All || p.Request.Select != nil && len(p.Request.Changed) == 0
	different := make([]bool, o.groups())
	var built []ID
	for k := range int32(o.groups()) {
		f := o.flags[k]
		reason := all || f&(groupChanged|groupChangedConduit) != 0 || q.Outside && f&groupNeedsChanged != 0
		for _, n := range o.needsOf(k) {
			reason = reason || different[n]
		}
		different[k] = f&groupChangedConduit != 0 || reason && o.builds[k] == 0
		if !reason {
			continue
		}
		for _, v := range o.members(k) {
			if at, ok := slices.BinarySearch(o.rebuild, v); ok {
				built = append(built, p.Rebuild[at])
				different[k] = different[k] || !equal[at]
			}
		}
	}
	slices.Sort(built)
	return built
}

// An Impact tells what failures leave of a plan.
type Impact struct {
	// Blocked are the nodes that need a failed one, directly or not, or
	// share its cycle group; Continue are all others. Failed nodes are in
	// neither. Both are sorted.
	Blocked  []ID `json:"blocked"`
	Continue []ID `json:"continue"`
}

// AfterFailure returns what failures of the given nodes would leave of the
// plan. Ids that are not rebuilt are ignored.
func (p *Plan) AfterFailure(failed ...ID) Impact {
	var m Impact
	o := p.order
	if o == nil {
		return m
	}
	o.link()
	bad := make([]bool, o.groups())
	own := make(map[int32]bool, len(failed))
	for _, id := range failed {
		if at, ok := o.position(id); ok {
			own[at] = true
			bad[o.groupOf[at]] = true
		}
	}
	for k := range int32(o.groups()) {
		for _, n := range o.needsOf(k) {
			bad[k] = bad[k] || bad[n]
		}
	}
	for at, id := range p.Rebuild {
		switch {
		case own[int32(at)]:
		case bad[o.groupOf[at]]:
			m.Blocked = append(m.Blocked, id)
		default:
			m.Continue = append(m.Continue, id)
		}
	}
	return m
}
