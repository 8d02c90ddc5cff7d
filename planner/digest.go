// SPDX-License-Identifier: MIT

package planner

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Digest returns a hash, in hexadecimal, of what is planned: the release, the
// rebuild set, who waits for whom, and how cycle groups are gone through. Two
// plans with one digest can be run from each other's records; reasons,
// durations and limits do not matter. It is empty for a plan that was not made
// by [Graph.Plan].
func (p *Plan) Digest() string {
	o := p.order
	if o == nil {
		return ""
	}
	o.link()
	h := sha256.New()
	var buf []byte
	text := func(s string) {
		buf = binary.AppendUvarint(buf, uint64(len(s)))
		buf = append(buf, s...)
		if len(buf) > 1<<15 {
			h.Write(buf)
			buf = buf[:0]
		}
	}
	number := func(n int32) { buf = binary.AppendUvarint(buf, uint64(uint32(n))) }
	text("planner-plan/1")
	text(p.Release)
	number(int32(p.Request.Passes))
	for k := range int32(o.groups()) {
		members := o.members(k)
		number(int32(len(members)))
		for _, v := range members {
			text(string(p.graph.ids[v]))
			number(int32(p.graph.flags[v]))
		}
		needs := o.needsOf(k)
		number(int32(len(needs)))
		for _, n := range needs {
			number(n)
		}
		if len(members) > 1 {
			number(int32(p.cyclePolicy(k)))
			p.digestInner(k, number)
		}
	}
	h.Write(buf)
	return hex.EncodeToString(h.Sum(nil))
}

// digestInner adds the edges inside a group, which passes go by.
func (p *Plan) digestInner(k int32, number func(int32)) {
	g, o := p.graph, p.order
	members := o.members(k)
	for i, v := range members {
		for e, end := g.fwd.off[v], g.fwd.off[v+1]; e < end; e++ {
			if j, ok := o.place(k, g.fwd.to[e]); ok && o.orders(e) {
				number(int32(i))
				number(j)
				number(int32(g.fwd.attr[e]))
			}
		}
	}
}
