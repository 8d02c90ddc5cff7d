// SPDX-License-Identifier: MIT

package kojitest

func adminTaskMethods(m map[string]handler) {
	m["restartHosts"] = (*call).submitRestart
	m["saveFailedTree"] = (*call).submitSaveTree
	m["dudBuild"] = (*call).submitDud
	m["scheduler.doRun"] = func(c *call) (any, *fault) { return true, c.perm("admin") }
	m["scheduler.getTaskRefusals"] = func(*call) (any, *fault) { return []any{}, nil }
	m["repo.checkQueue"] = func(c *call) (any, *fault) { return nil, c.perm("repo") }
	m["repo.autoRequests"] = func(c *call) (any, *fault) { return nil, c.perm("repo") }
	m["repo.updateEndEvents"] = func(c *call) (any, *fault) { return nil, c.perm("repo") }
}

func (c *call) submitRestart() (any, *fault) {
	if f := c.perm("host"); f != nil {
		return nil, f
	}
	n, _, f := c.number("priority")
	if f != nil {
		return nil, f
	}
	var request []any
	if v := c.arg("options"); truth(v) {
		request = []any{v}
	}
	return c.newTask("restartHosts", request, taskOpts{priority: n}).id, nil
}

func (c *call) submitSaveTree() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	n, _, f := c.number("buildrootID")
	if f != nil {
		return nil, f
	}
	root := c.h.roots.get(n)
	if root == nil || root.task == nil {
		return nil, generic("No such buildroot: %d", n)
	}
	if root.task.owner != c.user && !c.isAdmin() {
		return nil, notAllowed("Only owner of failed task or 'admin' can run this task.")
	}
	if root.task.state != taskFailed {
		return nil, parameter("Only failed tasks can upload their buildroots.")
	}
	return c.newTask("saveFailedTree", []any{n, c.flag("full")}, taskOpts{}).id, nil
}

func (c *call) submitDud() (any, *fault) {
	o, f := c.imageSettings()
	if f != nil {
		return nil, f
	}
	request := []any{
		c.arg("dud_name"), c.arg("dud_version"), c.arg("arches"), c.arg("target"), c.arg("pkg_list"), c.optionsFrom("dudBuild", 5),
	}
	return c.newTask("dudBuild", request, o).id, nil
}
