// SPDX-License-Identifier: MIT

package kojitest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A cgRow is a content generator and who may import for it.
type cgRow struct {
	id    int
	name  string
	users []*cgUser
}

type cgUser struct {
	span
	user *userRow
}

func generatorMethods(m map[string]handler) {
	m["listCGs"] = (*call).listCGs
	m["grantCGAccess"] = (*call).grantCGAccess
	m["revokeCGAccess"] = (*call).revokeCGAccess
	m["CGInitBuild"] = (*call).cgInitBuild
	m["CGRefundBuild"] = (*call).cgRefundBuild
	m["CGImport"] = (*call).cgImport
}

func (h *Hub) cg(info any) *cgRow {
	for _, g := range h.cgs.rows {
		if info == g.name || equal(info, g.id) {
			return g
		}
	}
	return nil
}

func (c *call) listCGs() (any, *fault) {
	r := record{}
	for _, g := range c.h.cgs.rows {
		users := []any{}
		for _, u := range g.users {
			if u.at(0) {
				users = append(users, u.user.name)
			}
		}
		r[g.name] = record{"id": g.id, "users": users}
	}
	return r, nil
}

func (c *call) grantCGAccess() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	u, f := c.h.user(c.arg("user"), true)
	if f != nil {
		return nil, f
	}
	g := c.h.cg(c.arg("cg"))
	if g == nil {
		if !c.flag("create") {
			return nil, generic("No such entry in table content_generator: %s", pyText(c.arg("cg")))
		}
		name, f := checkInternalName(c.arg("cg"))
		if f != nil {
			return nil, f
		}
		g = &cgRow{id: c.h.cgs.next(), name: name}
		c.h.cgs.insert(c.tx, g.id, g)
	}
	if g.allows(u) {
		return nil, generic("User already has access to content generator %s", g.name)
	}
	push(c.tx, &g.users, &cgUser{span: c.fresh(), user: u})
	return nil, nil
}

func (g *cgRow) allows(u *userRow) bool {
	return slices.ContainsFunc(g.users, func(a *cgUser) bool { return a.user == u && a.at(0) })
}

func (c *call) revokeCGAccess() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	u, f := c.h.user(c.arg("user"), true)
	if f != nil {
		return nil, f
	}
	g := c.h.cg(c.arg("cg"))
	if g == nil {
		return nil, generic("No such entry in table content_generator: %s", pyText(c.arg("cg")))
	}
	for _, a := range g.users {
		if a.user == u && a.at(0) {
			c.revoke(&a.span)
		}
	}
	return nil, nil
}

// cgAccess asks for the right to import for a generator.
func (c *call) cgAccess(info any) (*cgRow, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	g := c.h.cg(info)
	if g == nil {
		return nil, generic("No such entry in table content_generator: %s", pyText(info))
	}
	if !g.allows(c.user) {
		return nil, authError("Content generator access required (%s)", g.name)
	}
	return g, nil
}

func (c *call) cgInitBuild() (any, *fault) {
	g, f := c.cgAccess(c.arg("cg"))
	if f != nil {
		return nil, f
	}
	data := c.structArg("data")
	task, _ := asInt(data["task_id"])
	b, f := c.addBuild(newBuild{
		name: pyTextOr(data["name"]), version: pyTextOr(data["version"]), release: pyTextOr(data["release"]),
		epoch: data["epoch"], task: task, state: buildBuilding, draft: truth(data["draft"]), cg: g,
	})
	if f != nil {
		return nil, f
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", g.name, b.id, c.event()))
	set(c.tx, &b.token, hex.EncodeToString(sum[:]))
	return record{"build_id": b.id, "token": b.token}, nil
}

// reserved finds a build that was reserved with a token.
func (c *call) reserved(g *cgRow, id any, token string) (*buildRow, *fault) {
	b, f := c.h.build(id, true)
	if f != nil {
		return nil, f
	}
	if b.state != buildBuilding {
		return nil, generic("Build ID %d is not in BUILDING state", b.id)
	}
	if b.token == "" {
		return nil, generic("No reservation found for build ID %d", b.id)
	}
	if b.token != token {
		return nil, generic("Token doesn't match build ID %d", b.id)
	}
	if b.cg != g {
		return nil, generic("Build ID %d is reserved by another content generator", b.id)
	}
	return b, nil
}

func (c *call) cgRefundBuild() (any, *fault) {
	g, f := c.cgAccess(c.arg("cg"))
	if f != nil {
		return nil, f
	}
	b, f := c.reserved(g, c.arg("build_id"), pyTextOr(c.arg("token")))
	if f != nil {
		return nil, f
	}
	state, _ := asInt(c.arg("state"))
	if state != buildFailed && state != buildCanceled {
		return nil, generic("Cannot update build %d, unexpected build state %d", b.id, state)
	}
	set(c.tx, &b.token, "")
	c.setBuildState(b, state)
	return nil, nil
}

// cgMetadata reads the metadata: a struct, its text, or the name of an
// uploaded file.
func (c *call) cgMetadata(dir string) (record, *fault) {
	v := c.arg("metadata")
	if m, ok := v.(map[string]any); ok {
		return m, nil
	}
	text := pyTextOr(v)
	if text == "" || strings.HasSuffix(text, ".json") {
		name := text
		if name == "" {
			name = "metadata.json"
		}
		found := c.h.files["work/"+dir+"/"+path.Base(name)]
		if found == nil {
			return nil, generic("No such file: %s", name)
		}
		text = string(found.data)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, generic("Invalid metadata, cannot decode: %s", err)
	}
	return plainNumbers(m).(record), nil
}

// plainNumbers makes ints and floats of JSON's numbers.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return v
}

// An importing is a content generator's import at work.
type importing struct {
	dir    string
	cg     *cgRow
	build  *buildRow
	roots  map[string]*rootRow
	spec   map[string]record // buildroots of the metadata by their id
	output []record
}

func records(v any) []record {
	list, _ := v.([]any)
	var out []record
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (c *call) cgImport() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	im := &importing{dir: path.Clean(pyTextOr(c.arg("directory"))), roots: map[string]*rootRow{}, spec: map[string]record{}}
	m, f := c.cgMetadata(im.dir)
	if f != nil {
		return nil, f
	}
	if n, ok := asInt(m["metadata_version"]); !ok || n != 0 {
		return nil, generic("No such metadata version: %s", pyText(m["metadata_version"]))
	}
	info, _ := m["build"].(map[string]any)
	for _, key := range []string{"name", "version", "release"} {
		if pyTextOr(info[key]) == "" {
			return nil, generic("Invalid metadata, build %s missing", key)
		}
	}
	for _, r := range records(m["buildroots"]) {
		gen, _ := r["content_generator"].(map[string]any)
		g, f := c.cgAccess(gen["name"])
		if f != nil {
			return nil, f
		}
		if im.cg != nil && im.cg != g {
			return nil, generic("Conflicting content generators: %s and %s", im.cg.name, g.name)
		}
		im.cg = g
		id := pyText(r["id"])
		if im.spec[id] != nil {
			return nil, generic("buildroot id is not unique: %s", id)
		}
		im.spec[id] = r
	}
	if im.cg == nil {
		return nil, generic("Invalid metadata, no buildroots")
	}
	im.output = records(m["output"])
	if f := c.cgBuild(im, info); f != nil {
		return nil, f
	}
	if f := c.cgCheckOutput(im); f != nil {
		return nil, f
	}
	if f := c.cgRoots(im); f != nil {
		return nil, f
	}
	for _, out := range im.output {
		if f := c.cgOutput(im, out); f != nil {
			return nil, f
		}
	}
	return im.build.record(), nil
}

func (c *call) cgBuild(im *importing, info record) *fault {
	owner := c.user
	if who := info["owner"]; who != nil {
		u, f := c.h.user(who, true)
		if f != nil {
			return f
		}
		owner = u
	}
	extra, _ := info["extra"].(map[string]any)
	types, _ := extra["typeinfo"].(map[string]any)
	kinds := map[string]record{}
	for name, v := range types {
		if c.h.btype(name) == nil {
			return generic("No such entry in table btype: %s", name)
		}
		kinds[name], _ = v.(map[string]any)
	}
	for _, legacy := range []string{"maven", "win", "image"} {
		if v, ok := extra[legacy]; ok && kinds[legacy] == nil {
			kinds[legacy], _ = v.(map[string]any)
		}
	}
	start, f := parseTime(info["start_time"])
	if f != nil {
		return f
	}
	end, f := parseTime(info["end_time"])
	if f != nil {
		return f
	}
	task, _ := asInt(info["task_id"])
	if n, ok := asInt(extra["container_koji_task_id"]); ok && task == 0 {
		task = n
	}
	b, f := c.cgRow(im, info, owner, task)
	if f != nil {
		return f
	}
	next := *b
	next.state, next.owner, next.started, next.completed = buildComplete, owner, start, end
	next.source, next.extra, next.types, next.token = info["source"], nil, kinds, ""
	if info["extra"] != nil {
		next.extra = extra
	}
	if task != 0 {
		next.task = task
	}
	set(c.tx, b, next)
	im.build = b
	return nil
}

// cgRow is the build to import into: the reserved one, or a new one.
func (c *call) cgRow(im *importing, info record, owner *userRow, task int) (*buildRow, *fault) {
	token := pyTextOr(c.arg("token"))
	if id := info["build_id"]; id != nil {
		b, f := c.reserved(im.cg, id, token)
		if f != nil {
			return nil, f
		}
		if b.pkg.name != info["name"] || b.version != info["version"] || b.release != info["release"] && !b.draft {
			return nil, generic("Build (%s) with reserved id %d doesn't match metadata", b.nvr(), b.id)
		}
		return b, nil
	}
	if token != "" {
		return nil, generic("Reservation token given, but no build_id in metadata")
	}
	if truth(info["draft"]) {
		for _, out := range im.output {
			if t := pyTextOr(out["type"]); t != "rpm" && t != "log" {
				return nil, generic("Draft build not supported")
			}
		}
	}
	nvr := pyText(info["name"]) + "-" + pyText(info["version"]) + "-" + pyText(info["release"])
	if old := c.h.buildByNVR[nvr]; old != nil && !truth(info["draft"]) && old.state != buildFailed && old.state != buildCanceled {
		return nil, generic("Build already exists: %s (id=%d)", nvr, old.id)
	}
	return c.addBuild(newBuild{
		name: pyText(info["name"]), version: pyText(info["version"]), release: pyText(info["release"]),
		epoch: info["epoch"], owner: owner, task: task, state: buildBuilding, cg: im.cg, draft: truth(info["draft"]),
	})
}
