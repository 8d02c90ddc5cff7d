// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
)

// GateScope tells what a gate judges. The zero value is [GateNode].
type GateScope uint8

// The scopes.
const (
	// GateNode judges each matching node by itself: it counts as passed
	// only when its gate was.
	GateNode GateScope = iota
	// GateLabel judges all nodes with a label together when all are
	// available. Nodes with the label, and what these need, go on by
	// themselves; everything else that needs one of them waits for the gate.
	GateLabel
	// GateTier judges each tier together; later tiers wait for it.
	GateTier
	gateScopes = iota
)

var gateScopeNames = [gateScopes]string{"node", "label", "tier"}

// String returns the scope's name in lower case, or "GateScope(n)" for a
// number outside the list.
func (s GateScope) String() string { return enumString(s, gateScopeNames[:], "GateScope") }

// MarshalText returns the scope's name; it fails for a number outside the list.
func (s GateScope) MarshalText() ([]byte, error) {
	return enumMarshal(s, gateScopeNames[:], "gate scope")
}

// UnmarshalText reads a name as [GateScope.String] writes it. Other text is an
// error that wraps [ErrInvalid].
func (s *GateScope) UnmarshalText(text []byte) error {
	return enumUnmarshal(s, text, gateScopeNames[:], "gate scope")
}

// A Gate is a decision that results must pass before others are built against
// them. The zero value with a Name judges every node by itself.
type Gate struct {
	// Name is what actions and keys call the gate.
	Name string `json:"name"`
	// Scope is what it judges.
	Scope GateScope `json:"scope,omitzero"`
	// Label picks the nodes with that label; it is required for
	// [GateLabel], refused for [GateTier], and empty means any for
	// [GateNode].
	Label string `json:"label,omitempty"`
	// Kind picks nodes of that kind for [GateNode]; empty means any.
	Kind NodeKind `json:"nodeKind,omitempty"`
}

func checkGates(gates []Gate) error {
	seen := map[string]bool{}
	for _, g := range gates {
		why := ""
		switch {
		case int(g.Scope) >= gateScopes:
			why = g.Scope.String()
		case g.Name == "":
			why = "no name"
		case seen[g.Name]:
			why = "name occurs twice"
		case g.Scope == GateLabel && g.Label == "":
			why = "no label"
		case g.Scope == GateTier && g.Label != "", g.Scope != GateNode && g.Kind != "":
			why = "label or kind does not fit the scope"
		}
		if why != "" {
			return fmt.Errorf("planner: run options: gate %q: %s: %w", g.Name, why, ErrInvalid)
		}
		seen[g.Name] = true
	}
	return nil
}

// gateNames returns the gates that judge a node by itself.
func (o *RunOptions) gateNames(n Node) []string {
	var names []string
	for _, g := range o.Gates {
		if g.Scope == GateNode && (g.Label == "" || slices.Contains(n.Labels, g.Label)) && (g.Kind == "" || g.Kind == n.Kind) {
			names = append(names, g.Name)
		}
	}
	return names
}

// addTiers adds a junction after each tier that the next has to wait for: in
// barrier mode after each, otherwise where gates judge tiers.
func (b *unitBuilder) addTiers() {
	var names []string
	for _, g := range b.opts.Gates {
		if g.Scope == GateTier {
			names = append(names, g.Name)
		}
	}
	if b.opts.Mode != Barrier && names == nil {
		return
	}
	tiers := int32(0)
	for k, l := range b.order.level {
		if b.order.builds[k] > 0 && l >= tiers {
			tiers = l + 1
		}
	}
	first := int32(len(b.units))
	for t := range tiers {
		u := unit{kind: unitJoin, node: -1, cyc: -1, flags: unitSilent}
		if names != nil {
			u.kind = unitGate
			b.gates = append(b.gates, gateUnit{unit: first + t, id: ID(fmt.Sprintf("gate:tier %d", t)), names: names})
		}
		b.add(u)
		if t > 0 {
			b.need(first+t, first+t-1)
		}
	}
	for k, l := range b.order.level {
		if b.order.builds[k] == 0 {
			continue
		}
		b.need(first+l, b.out[k])
		if l > 0 {
			b.need(b.in[k], first+l-1)
		}
	}
}

// addLabelGate adds one gate over all nodes with a label. What the labelled
// nodes need never waits for the gate, so gates cannot lock each other.
func (b *unitBuilder) addLabelGate(gate Gate) {
	b.link()
	units := len(b.units)
	const labelled, needed, touched = 1, 2, 4
	mark := make([]uint8, units)
	var stack, members []int32
	g := b.order.graph
	for k := range b.order.groups() {
		for _, i := range b.order.members(int32(k)) {
			if !g.conduit(i) && slices.Contains(g.profile[g.profileOf[i]].labels, gate.Label) {
				members = append(members, b.out[k])
				for u := b.in[k]; u <= b.out[k]; u++ {
					mark[u] |= labelled
				}
				stack = append(stack, b.out[k])
				mark[b.out[k]] |= needed
				break
			}
		}
	}
	if members == nil {
		return
	}
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, t := range b.graph.needsOf(u) {
			if mark[t]&needed == 0 {
				mark[t] |= needed
				stack = append(stack, t)
			}
		}
	}
	at := b.add(unit{kind: unitGate, node: -1, cyc: -1, flags: unitSilent})
	b.gates = append(b.gates, gateUnit{unit: at, id: ID("gate:" + gate.Name), names: []string{gate.Name}})
	for _, m := range members {
		b.need(at, m)
	}
	for _, u := range b.graph.topo {
		if mark[u]&labelled != 0 {
			mark[u] |= touched
		}
		for _, t := range b.graph.needsOf(u) {
			if mark[t]&touched == 0 {
				continue
			}
			if mark[u]&needed == 0 {
				b.need(u, at)
				break
			}
			mark[u] |= touched
		}
	}
}
