// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// rules are a request's Allow, Block, Arches and StopLabels, ready to judge
// nodes. nil judges nothing.
type rules struct {
	allow, block []string
	arches       []string
	stop         []string
	at           []int32 // Request.StopAt, ascending
}

func newRules(q *Request) (*rules, error) {
	for _, list := range [][]string{q.Allow, q.Block} {
		for _, r := range list {
			_, glob := ruleParts(r)
			if _, err := path.Match(glob, ""); err != nil || glob == "" {
				return nil, fmt.Errorf("planner: rule %q is no glob: %w", r, ErrInvalid)
			}
		}
	}
	if len(q.Allow) == 0 && len(q.Block) == 0 && q.Arches == nil && len(q.StopLabels) == 0 && len(q.StopAt) == 0 {
		return nil, nil
	}
	return &rules{allow: q.Allow, block: q.Block, arches: q.Arches, stop: q.StopLabels}, nil
}

func ruleParts(rule string) (field, glob string) {
	for _, f := range []string{"label", "kind"} {
		if rest, ok := strings.CutPrefix(rule, f+":"); ok {
			return f, rest
		}
	}
	return "id", rule
}

// bars returns the rule that keeps a buildable node out, in words, or "".
func (r *rules) bars(g *Graph, i int32) string {
	if r == nil {
		return ""
	}
	for _, rule := range r.block {
		if ruleMatches(g, i, rule) {
			return "block " + rule
		}
	}
	if len(r.allow) > 0 && !slices.ContainsFunc(r.allow, func(rule string) bool { return ruleMatches(g, i, rule) }) {
		return "not allowed"
	}
	if p := &g.profile[g.profileOf[i]]; r.arches != nil && !overlap(p.arches, r.arches) {
		return "built for other architectures: " + strings.Join(p.arches, ", ")
	}
	return ""
}

// stopAt resolves Request.StopAt.
func (r *rules) stopAt(g *Graph, ids []ID, unknown *[]ID) {
	if r != nil {
		r.at = g.resolve(ids, unknown)
	}
}

// stops reports whether a node does not pass the change on.
func (r *rules) stops(g *Graph, i int32) bool {
	if r == nil {
		return false
	}
	if _, ok := slices.BinarySearch(r.at, i); ok {
		return true
	}
	return len(r.stop) > 0 && slices.ContainsFunc(g.profile[g.profileOf[i]].labels,
		func(l string) bool { return slices.Contains(r.stop, l) })
}

func ruleMatches(g *Graph, i int32, rule string) bool {
	field, glob := ruleParts(rule)
	p := &g.profile[g.profileOf[i]]
	switch field {
	case "label":
		return slices.ContainsFunc(p.labels, func(l string) bool { return globMatches(glob, l) })
	case "kind":
		return globMatches(glob, string(p.kind))
	}
	return globMatches(glob, string(g.ids[i]))
}

// globMatches is path.Match with slashes as plain letters: ids are no paths,
// and "rpms/*" means every one of them.
func globMatches(glob, text string) bool {
	ok, err := path.Match(strings.ReplaceAll(glob, "/", "\x00"), strings.ReplaceAll(text, "/", "\x00"))
	return err == nil && ok
}
