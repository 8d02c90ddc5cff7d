// SPDX-License-Identifier: MIT

package kojitest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// namedRequest lays a task's request on parameter names.
func namedRequest(request []any, names ...string) record {
	args, kw := splitNamed(request)
	r := record{}
	if len(args) == 1 {
		if m, ok := args[0].(map[string]any); ok && m["__method__"] != nil {
			return m
		}
	}
	for i, v := range args {
		if i < len(names) {
			r[names[i]] = v
		}
	}
	for k, v := range kw {
		r[k] = v
	}
	return r
}

// A making is a build task at work.
type making struct {
	task    *taskRow
	opts    record
	target  *targetConfig
	root    *tagRow // the build tag
	repo    *repoRow
	nvr     string
	name    string
	scratch bool
	source  string
}

func (h *Hub) openBuild(c *call, t *taskRow) {
	args := namedRequest(t.request, "src", "target", "opts")
	opts, _ := args["opts"].(map[string]any)
	m := &making{task: t, opts: opts, source: pyTextOr(args["src"]), scratch: truth(opts["scratch"])}
	if args["target"] != nil {
		target := h.target(args["target"], 0)
		if target == nil {
			c.fail(t, generic("unknown build target: %s", pyText(args["target"])))
			return
		}
		m.target = target.config(0)
		m.root = m.target.build
	}
	if id, ok := asInt(opts["repo_id"]); ok {
		r := h.repos.get(id)
		if r == nil || r.state != repoReady && r.state != repoExpired {
			c.fail(t, faultf(codeBuild, "BuildError: invalid repo: %d", id))
			return
		}
		m.root = r.tag
		h.withRepo(c, m, r)
		return
	}
	if m.root == nil {
		c.fail(t, faultf(codeBuild, "BuildError: a target or a repo_id is needed"))
		return
	}
	var want repoWant
	want.tag = m.root
	if truth(opts["wait_repo"]) {
		want.event = h.lastChange(m.root, 0, true)
	}
	nvrs, _ := opts["wait_builds"].([]any)
	for _, v := range nvrs {
		want.builds = append(want.builds, pyText(v))
	}
	if r := h.currentRepo(want); r != nil {
		h.withRepo(c, m, r)
		return
	}
	wait := h.child(c, t, taskOpts{label: "waitrepo"}, "waitrepo", []any{m.root.name, nil, nvrs, intOrNil(want.event)}, 0, nil)
	h.awaitRepo(c, wait, want)
	set(c.tx, &t.done, func(c *call) {
		if f := h.failedChild(t); f != nil {
			c.fail(t, f)
			return
		}
		h.withRepo(c, m, h.currentRepo(want))
	})
}

// withRepo makes the source package, once it is known which repo to use.
func (h *Hub) withRepo(c *call, m *making, r *repoRow) {
	m.repo = r
	t := m.task
	if isSRPM(m.source) {
		m.nvr = strings.TrimSuffix(path.Base(m.source), ".src.rpm")
		h.withSource(c, m)
		return
	}
	opts := record{"repo_id": r.id, "scratch": m.opts["scratch"]}
	srpm := h.child(c, t, taskOpts{label: "srpm"}, "buildSRPMFromSCM", []any{m.source, m.root.id, opts},
		h.seed.Builder.SRPM, func(c *call, srpm *taskRow) { h.makeSource(c, m, srpm) })
	c.newRoot(m.root, r, "noarch", srpm)
	set(c.tx, &t.done, func(c *call) {
		if f := h.failedChild(t); f != nil {
			c.fail(t, f)
			return
		}
		h.withSource(c, m)
	})
}

func (h *Hub) makeSource(c *call, m *making, srpm *taskRow) {
	src := m.task.source
	if src.Err != "" {
		c.write(srpm, "checkout.log", src.Err+"\n")
		c.fail(srpm, faultf(codeBuild, "BuildError: Error running GIT command \"git clone -n %s\", see checkout.log for details", m.source))
		return
	}
	m.nvr = src.NVR
	if m.nvr == "" {
		m.nvr = defaultNVR(m.source)
	}
	file := m.nvr + ".src.rpm"
	c.write(srpm, file, "source package of "+m.nvr+"\n")
	c.write(srpm, "checkout.log", "$ git clone -n "+m.source+"\n")
	dir := fmt.Sprintf("tasks/%d/%d/", srpm.id%10000, srpm.id)
	c.close(srpm, record{
		"srpm": dir + file, "logs": []any{dir + "checkout.log"}, "brootid": h.roots.last,
		"source": record{"source": m.source, "url": m.source},
	})
}

// defaultNVR names the build of a source URL when the embedder does not.
func defaultNVR(url string) string {
	at, commit, _ := strings.Cut(url, "#")
	name := strings.TrimSuffix(path.Base(at), ".git")
	if len(commit) > 7 {
		commit = commit[:7]
	}
	if commit == "" {
		commit = "1"
	}
	return name + "-1-" + commit
}

// withSource registers the build and starts the architectures.
func (h *Hub) withSource(c *call, m *making) {
	t := m.task
	name, version, release, ok := splitNVR(m.nvr)
	if !ok {
		c.fail(t, generic("invalid format: %s", m.nvr))
		return
	}
	m.name = name
	if !m.scratch {
		if m.target != nil && !truth(m.opts["skip_tag"]) {
			if f := h.listedFor(m.target.dest, name); f != nil {
				c.fail(t, f)
				return
			}
		}
		extra := record{"source": record{"original_url": m.source}}
		if v, ok := m.opts["custom_user_metadata"]; ok {
			extra["custom_user_metadata"] = v
		}
		b, f := c.addBuild(newBuild{
			name: name, version: version, release: release, owner: t.owner, task: t.id, state: buildBuilding,
			source: m.source, extra: extra, draft: truth(m.opts["draft"]), started: t.started,
		})
		if f != nil {
			c.fail(t, f)
			return
		}
		set(c.tx, &t.build, b)
	}
	arches := h.buildArches(m)
	d := h.duration(name)
	trouble := h.trouble(c, m)
	if trouble != nil && trouble.early {
		d /= 10
	}
	set(c.tx, &t.done, func(c *call) {
		if f := h.failedChild(t); f != nil {
			c.fail(t, &fault{code: f.code, text: "BuildError: " + strings.TrimPrefix(f.text, "BuildError: ")})
			return
		}
		h.complete(c, m)
	})
	srpm := fmt.Sprintf("tasks/%d/%d/%s.src.rpm", t.id%10000, t.id, m.nvr)
	if kids := h.children[t.id]; len(kids) > 0 && kids[len(kids)-1].method == "buildSRPMFromSCM" {
		res, _ := kids[len(kids)-1].result.(map[string]any)
		srpm = pyTextOr(res["srpm"])
	}
	for i, arch := range arches {
		h.child(c, t, taskOpts{label: arch, arch: arch, weight: 1.5}, "buildArch",
			[]any{srpm, m.root.id, arch, i == 0, record{"repo_id": m.repo.id}}, d,
			func(c *call, child *taskRow) { h.makeArch(c, m, child, trouble) })
		c.newRoot(m.root, m.repo, arch, h.children[t.id][len(h.children[t.id])-1])
	}
}

// listedFor reports what the builder says about a package that the
// destination does not take.
func (h *Hub) listedFor(dest *tagRow, name string) *fault {
	p := h.packageByName[name]
	if p != nil {
		l, ok := h.packageOf(dest, p, 0)
		if ok && l.blocked {
			return faultf(codeBuild, "BuildError: package %s is blocked for tag %s", name, dest.name)
		}
		if ok {
			return nil
		}
	}
	return faultf(codeBuild, "BuildError: package %s not in list for tag %s", name, dest.name)
}

func (h *Hub) buildArches(m *making) []string {
	arches := archesOf(h.buildConfig(m.root, 0)["arches"])
	if over, ok := m.opts["arch_override"].(string); ok && m.scratch {
		var some []string
		for a := range strings.FieldsSeq(over) {
			if slices.Contains(arches, a) || a == "noarch" {
				some = append(some, a)
			}
		}
		arches = some
	}
	if len(arches) == 0 {
		arches = []string{"noarch"}
	}
	return arches
}

func (h *Hub) makeArch(c *call, m *making, t *taskRow, bad *trouble) {
	c.write(t, "state.log", "state.log\n")
	c.write(t, "root.log", fmt.Sprintf("Mock Version: 5.6\nbuildroot repo: %s/%d (event %d)\n", m.root.name, m.repo.id, m.repo.event.id))
	if bad != nil {
		c.write(t, bad.whichLog, bad.log)
		text := bad.text
		if text == "" {
			text = fmt.Sprintf("error building package (arch %s), mock exited with status %s; see %s for more information",
				t.arch, bad.status, bad.whichLog)
		}
		c.retireRoot(t)
		c.fail(t, faultf(codeBuild, "%s", text))
		if truth(m.opts["fail_fast"]) {
			for _, other := range h.children[m.task.id] {
				c.cancel(other, true)
			}
		}
		return
	}
	c.write(t, "build.log", fmt.Sprintf("Building target platforms: %s\nBuilding for target %s\n", t.arch, t.arch))
	dir := fmt.Sprintf("tasks/%d/%d/", t.id%10000, t.id)
	var rpms []any
	for _, name := range h.binaries(m.name) {
		file := name + strings.TrimPrefix(m.nvr, m.name) + "." + t.arch + ".rpm"
		c.write(t, file, "package "+file+"\n")
		rpms = append(rpms, dir+file)
	}
	root := c.retireRoot(t)
	c.fillRoot(root, m)
	c.close(t, record{
		"rpms": rpms, "srpms": []any{dir + m.nvr + ".src.rpm"},
		"logs": []any{dir + "state.log", dir + "root.log", dir + "build.log"}, "brootid": root.id,
	})
}

// complete imports the packages and tags the build.
func (h *Hub) complete(c *call, m *making) {
	t := m.task
	b := t.build
	if b == nil { // scratch
		c.close(t, nil)
		return
	}
	c.importRPMs(b, h.binaries(m.name), h.buildArches(m), func(arch string) *rootRow { return h.rootOf(t, arch) })
	put(c.tx, b.types, "rpm", nil)
	c.setBuildState(b, buildComplete)
	if m.target == nil || truth(m.opts["skip_tag"]) {
		c.close(t, nil)
		return
	}
	h.child(c, t, taskOpts{label: "tag"}, "tagBuild", []any{m.target.dest.id, b.id, false, nil, true},
		h.seed.Builder.Tag, h.runTag)
	set(c.tx, &t.done, func(c *call) {
		if f := h.failedChild(t); f != nil {
			c.fail(t, f)
			return
		}
		c.close(t, nil)
	})
}

// runTag does the work of a tagBuild task, as its owner.
func (h *Hub) runTag(c *call, t *taskRow) {
	args := namedRequest(t.request, "tag_id", "build_id", "force", "fromtag")
	c.user = t.owner
	dest, f := h.tag(args["tag_id"], true)
	var b *buildRow
	if f == nil {
		b, f = h.build(args["build_id"], true)
	}
	force := truth(args["force"])
	if f == nil && args["fromtag"] != nil {
		var from *tagRow
		if from, f = h.tag(args["fromtag"], true); f == nil {
			f = c.untag(from, b, true)
		}
	}
	if f == nil {
		if f = c.mayTag(dest, b, force); f == nil {
			f = c.enter(dest, b, force)
		}
	}
	if f != nil {
		c.tx.rollback(0)
		c.fail(t, f)
		return
	}
	c.close(t, nil)
}
