// SPDX-License-Identifier: MIT

package kojitest

func submitMethods(m map[string]handler) {
	m["build"] = (*call).submitBuild
	m["chainBuild"] = (*call).submitChain
	m["mavenBuild"] = simpleSubmit("maven", "url", "target", "opts")
	m["winBuild"] = simpleSubmit("winbuild", "vm", "url", "target", "opts")
	m["chainMaven"] = simpleSubmit("chainmaven", "builds", "target", "opts")
	m["wrapperRPM"] = (*call).submitWrapper
	m["buildImage"] = (*call).submitImage
	m["buildImageOz"] = (*call).submitOz
	m["buildImageIndirection"] = (*call).submitIndirection
	m["runroot"] = (*call).submitRunroot
	m["kiwiBuild"] = (*call).submitKiwi
	m["distRepo"] = (*call).submitDistRepo
}

// taskSettings reads priority and channel of a submission.
func (c *call) taskSettings() (taskOpts, *fault) {
	var o taskOpts
	if f := c.login(); f != nil {
		return o, f
	}
	n, ok, f := c.number("priority")
	if f != nil {
		return o, f
	}
	if ok && n != 0 {
		if n < 0 && !c.isAdmin() {
			return o, notAllowed("only admins may create high-priority tasks")
		}
		o.priority = defaultPriority + n
	}
	o.channel = c.args["channel"]
	if o.channel != nil && c.h.channel(o.channel) == nil {
		return o, generic("No such channel: %s", pyText(o.channel))
	}
	return o, nil
}

// optsArg is the argument opts, never nil.
func (c *call) optsArg() any {
	if v := c.arg("opts"); truth(v) {
		return v
	}
	return record{}
}

func (c *call) submitBuild() (any, *fault) {
	o, f := c.taskSettings()
	if f != nil {
		return nil, f
	}
	return c.newTask("build", []any{c.arg("src"), c.arg("target"), c.optsArg()}, o).id, nil
}

func (c *call) submitChain() (any, *fault) {
	o, f := c.taskSettings()
	if f != nil {
		return nil, f
	}
	return c.newTask("chainbuild", []any{c.arg("srcs"), c.arg("target"), c.optsArg()}, o).id, nil
}

func simpleSubmit(task string, params ...string) handler {
	return func(c *call) (any, *fault) {
		o, f := c.taskSettings()
		if f != nil {
			return nil, f
		}
		request := make([]any, len(params))
		for i, p := range params {
			if request[i] = c.arg(p); p == "opts" {
				request[i] = c.optsArg()
			}
		}
		return c.newTask(task, request, o).id, nil
	}
}

func (c *call) submitWrapper() (any, *fault) {
	o, f := c.taskSettings()
	if f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	t := c.h.target(c.arg("target"), 0)
	if t == nil {
		return nil, generic("unknown build target: %s", pyText(c.arg("target")))
	}
	return c.newTask("wrapperRPM", []any{c.arg("url"), t.record(0), b.record(), nil, c.optsArg()}, o).id, nil
}

func (c *call) submitImage() (any, *fault) {
	kind := pyText(c.arg("img_type"))
	permission := kind
	if kind != "livecd" && kind != "appliance" {
		permission = "image"
	}
	if f := c.perm(permission); f != nil {
		return nil, f
	}
	switch kind {
	case "livecd", "appliance", "livemedia":
	default:
		return nil, generic("Unrecognized image type: %s", kind)
	}
	o, f := c.taskSettings()
	if f != nil {
		return nil, f
	}
	if o.channel == nil {
		o.channel = kind
	}
	request := []any{c.arg("name"), c.arg("version"), c.arg("arch"), c.arg("target"), c.arg("ksfile"), c.optsArg()}
	return c.newTask(kind, request, o).id, nil
}

// imageSettings are those of a task that makes an image.
func (c *call) imageSettings() (taskOpts, *fault) {
	if f := c.perm("image"); f != nil {
		return taskOpts{}, f
	}
	o, f := c.taskSettings()
	o.channel = "image"
	return o, f
}

// optionsFrom are a method's arguments from the nth on that say something; the
// priority is the task's.
func (c *call) optionsFrom(method string, n int) record {
	opts := record{}
	for _, p := range c.h.methods[method].params[n:] {
		if v := c.arg(p.name); truth(v) && p.name != "priority" {
			opts[p.name] = v
		}
	}
	return opts
}

func (c *call) submitOz() (any, *fault) {
	o, f := c.imageSettings()
	if f != nil {
		return nil, f
	}
	request := []any{
		c.arg("name"), c.arg("version"), c.arg("arches"), c.arg("target"), c.arg("inst_tree"), c.optsArg(),
	}
	return c.newTask("image", request, o).id, nil
}

func (c *call) submitIndirection() (any, *fault) {
	o, f := c.imageSettings()
	if f != nil {
		return nil, f
	}
	return c.newTask("indirectionimage", []any{c.optsArg()}, o).id, nil
}

func (c *call) submitRunroot() (any, *fault) {
	if f := c.perm("runroot"); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tagInfo"), true)
	if f != nil {
		return nil, f
	}
	request := []any{t.name, c.arg("arch"), c.arg("command")}
	if opts := c.kw; len(opts) > 0 {
		named := record{"__starstar": true}
		for k, v := range opts {
			named[k] = v
		}
		request = append(request, named)
	}
	o := taskOpts{priority: 15, channel: c.arg("channel"), arch: pyText(c.arg("arch"))}
	return c.newTask("runroot", request, o).id, nil
}

func (c *call) submitKiwi() (any, *fault) {
	o, f := c.imageSettings()
	if f != nil {
		return nil, f
	}
	request := []any{c.arg("target"), c.arg("arches"), c.arg("desc_url"), c.arg("desc_path"), c.optionsFrom("kiwiBuild", 4)}
	return c.newTask("kiwiBuild", request, o).id, nil
}

func (c *call) submitDistRepo() (any, *fault) {
	if f := c.perm("dist-repo"); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	opts := record{}
	for k, v := range c.kw {
		opts[k] = v
	}
	keys, _ := c.arg("keys").([]any)
	for _, key := range keys {
		if _, ok := key.(string); !ok {
			return nil, parameter("Invalid type for key: %s", pyType(key))
		}
	}
	event := c.event()
	if n, ok := asInt(opts["event"]); ok {
		event = n
	}
	r := c.newRepo(t, event, repoInit, true, record{})
	opts["event"] = event
	return c.newTask("distRepo", []any{t.name, r.id, keys, opts}, taskOpts{channel: "createrepo"}).id, nil
}
