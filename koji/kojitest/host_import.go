// SPDX-License-Identifier: MIT

package kojitest

import (
	"path"
	"strings"
)

func hostImportMethods(m map[string]handler) {
	m["host.completeBuild"] = (*call).hostCompleteBuild
	m["host.moveBuildToScratch"] = (*call).hostMoveToScratch
	m["host.setBuildRootList"] = func(c *call) (any, *fault) { return c.hostRootList(false) }
	m["host.updateBuildRootList"] = func(c *call) (any, *fault) { return c.hostRootList(true) }
	m["host.subtask2"] = (*call).hostSubtask2
	m["host.refuseTask"] = (*call).hostRefuseTask
	m["host.evalPolicy"] = (*call).hostEvalPolicy
	m["host.writeSignedRPM"] = func(c *call) (any, *fault) {
		if _, f := c.asHost(); f != nil {
			return nil, f
		}
		return c.markSigned()
	}
}

// hostFile finds a file that a task put out, by its path below work.
func (c *call) hostFile(v any) (name string, data []byte, f *fault) {
	rel := path.Clean(pyTextOr(v))
	found := c.h.lookFile("work/" + rel)
	if found == nil {
		return "", nil, generic("No such file: %s/work/%s", topDir, rel)
	}
	return path.Base(rel), found.data, nil
}

// hostCompleteBuild imports what the tasks of a build put out.
func (c *call) hostCompleteBuild() (any, *fault) {
	_, t, f := c.hostTask("task_id")
	if f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build_id"), true)
	if f != nil {
		return nil, f
	}
	if b.task != t.id || b.state != buildBuilding {
		return nil, generic("build %d is not BUILDING for task %d", b.id, t.id)
	}
	roots := c.structArg("brmap")
	list, _ := c.arg("rpms").([]any)
	for _, rel := range append([]any{c.arg("srpm")}, list...) {
		name, data, f := c.hostFile(rel)
		if f != nil {
			return nil, f
		}
		r, _, f := c.importFile(name, data, b)
		if f != nil {
			return nil, f
		}
		if id, ok := asInt(roots[pyTextOr(rel)]); ok {
			set(c.tx, &r.root, c.h.roots.get(id))
		}
	}
	logs := c.structArg("logs")
	for _, dir := range sortedKeys(logs) {
		files, _ := logs[dir].([]any)
		for _, rel := range files {
			name, data, f := c.hostFile(rel)
			if f != nil {
				return nil, f
			}
			push(c.tx, &b.logs, buildLog{dir: dir, name: name, data: data})
		}
	}
	c.setBuildState(b, buildComplete)
	return b.record(), nil
}

func (c *call) hostMoveToScratch() (any, *fault) {
	if _, _, f := c.hostTask("task_id"); f != nil {
		return nil, f
	}
	_, _, f := c.hostFile(c.arg("srpm"))
	return nil, f
}

// hostRootList sets what is installed in a buildroot, or adds to it.
func (c *call) hostRootList(update bool) (any, *fault) {
	root, f := c.hostRoot()
	if f != nil {
		return nil, f
	}
	if root.state == rootExpired {
		return nil, generic("buildroot %d is EXPIRED", root.id)
	}
	var rows []*rpmRow
	for _, one := range records(c.arg("rpmlist")) {
		r := c.h.findRPM(pyTextOr(one["name"]), pyTextOr(one["version"]), pyTextOr(one["release"]), pyTextOr(one["arch"]))
		if r == nil {
			return nil, generic("No such rpm: %s", pyRepr(one))
		}
		rows = append(rows, r)
		if update {
			put(c.tx, root.updates, r, true)
		}
	}
	push(c.tx, &root.rpms, rows...)
	return nil, nil
}

// hostSubtask2 takes the child's parameters as its own.
func (c *call) hostSubtask2() (any, *fault) {
	_, p, f := c.hostTask("_HostExports__parent")
	if f != nil {
		return nil, f
	}
	o, f := c.taskOpts(c.structArg("_HostExports__taskopts"))
	if f != nil {
		return nil, f
	}
	o.parent = p
	args := append([]any{}, c.rest...)
	if len(c.kw) > 0 {
		named := record{"__starstar": true}
		for k, v := range c.kw {
			named[k] = v
		}
		args = append(args, named)
	}
	return c.newTask(pyText(c.arg("_HostExports__method")), args, o).id, nil
}

func (c *call) hostRefuseTask() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	if t.host != o.id || t.state != taskAssigned {
		return nil, nil
	}
	c.free(t)
	return nil, nil
}

func (c *call) hostEvalPolicy() (any, *fault) {
	if _, f := c.asHost(); f != nil {
		return nil, f
	}
	return defaultPolicy(pyText(c.arg("name")))
}

// isSRPM tells an uploaded source package from a source URL.
func isSRPM(src string) bool {
	return strings.HasSuffix(src, ".src.rpm") && !strings.Contains(src, "://")
}
