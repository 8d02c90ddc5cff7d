// SPDX-License-Identifier: MIT

package kojitest

import "strings"

// openChain builds groups one after the other, with a new repo between them.
func (h *Hub) openChain(c *call, t *taskRow) {
	args := namedRequest(t.request, "srcs", "target", "opts")
	groups, _ := args["srcs"].([]any)
	target := h.target(args["target"], 0)
	if target == nil {
		c.fail(t, generic("unknown build target: %s", pyText(args["target"])))
		return
	}
	h.chainGroup(c, t, groups, args, target.config(0).build)
}

func (h *Hub) chainGroup(c *call, t *taskRow, groups []any, args record, root *tagRow) {
	if len(groups) == 0 {
		c.close(t, nil)
		return
	}
	var builds []*taskRow
	want := repoWant{tag: root}
	list, _ := groups[0].([]any)
	for _, src := range list {
		s := pyText(src)
		if !strings.Contains(s, "://") && !isSRPM(s) {
			want.builds = append(want.builds, s)
			continue
		}
		builds = append(builds, h.child(c, t, taskOpts{}, "build", []any{s, args["target"], record{}}, 0, h.openBuild))
	}
	next := func(c *call) {
		if f := h.failedChild(t); f != nil {
			c.fail(t, f)
			return
		}
		h.chainGroup(c, t, groups[1:], args, root)
	}
	wait := func(c *call) {
		if f := h.failedChild(t); f != nil {
			c.fail(t, f)
			return
		}
		for _, b := range builds {
			if b.build != nil {
				want.builds = append(want.builds, b.build.nvr())
			}
		}
		if len(groups) == 1 {
			next(c)
			return
		}
		w := h.child(c, t, taskOpts{}, "waitrepo", []any{root.name, nil, texts(want.builds)}, 0, nil)
		set(c.tx, &t.done, next)
		h.awaitRepo(c, w, want)
	}
	if len(builds) == 0 {
		wait(c)
		return
	}
	set(c.tx, &t.done, wait)
}
