// SPDX-License-Identifier: MIT

package kojitest

import (
	_ "embed"
	"path"
	"strings"
)

// archiveTypeList holds the archive types of a new hub: name, extensions,
// compression and description, one type a line in the order of the ids.
//
//go:embed archive_types.txt
var archiveTypeList string

type archiveType struct {
	id                           int
	name, extensions, compressed string
	description                  string
}

type archiveRow struct {
	id           int
	btype        *btypeRow
	kind         *archiveType
	build        *buildRow
	root         *rootRow
	filename     string
	size         int
	checksum     string
	checksumType int
	extra        any
	info         record // members of a legacy type
	data         []byte
	components   []*rpmRow
}

var checksumTypes = []string{"md5", "sha1", "sha256"}

func plantArchiveTypes(h *Hub, c *call) {
	for line := range strings.Lines(archiveTypeList) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		t := &archiveType{id: h.archiveTypes.next(), name: f[0], extensions: f[1], compressed: f[2], description: f[3]}
		h.archiveTypes.insert(c.tx, t.id, t)
	}
}

func (t *archiveType) record() record {
	return record{
		"id": t.id, "name": t.name, "extensions": t.extensions, "description": t.description,
		"compression_type": textOrNil(t.compressed),
	}
}

// typeOf is the archive type with the longest extension that fits a name.
func (h *Hub) typeOf(filename string) *archiveType {
	var best *archiveType
	longest := 0
	for _, t := range h.archiveTypes.rows {
		for ext := range strings.FieldsSeq(t.extensions) {
			if len(ext) > longest && strings.HasSuffix(strings.ToLower(filename), "."+ext) {
				best, longest = t, len(ext)
			}
		}
	}
	return best
}

func archiveMethods(m map[string]handler) {
	m["getArchiveTypes"] = (*call).getArchiveTypes
	m["getArchiveType"] = (*call).getArchiveType
	m["addArchiveType"] = (*call).addArchiveType
	m["getArchive"] = func(c *call) (any, *fault) { return c.oneArchive("", false) }
	m["getMavenArchive"] = func(c *call) (any, *fault) { return c.oneArchive("maven", true) }
	m["getWinArchive"] = func(c *call) (any, *fault) { return c.oneArchive("win", true) }
	m["getImageArchive"] = func(c *call) (any, *fault) { return c.oneArchive("image", true) }
	m["listArchives"] = (*call).listArchives
	m["listArchiveFiles"] = (*call).listArchiveFiles
	m["getArchiveFile"] = (*call).getArchiveFile
	m["importArchive"] = (*call).importArchiveCall
	m["getMavenBuild"] = func(c *call) (any, *fault) { return c.typedBuild("maven") }
	m["getWinBuild"] = func(c *call) (any, *fault) { return c.typedBuild("win") }
	m["getImageBuild"] = func(c *call) (any, *fault) { return c.typedBuild("image") }
	m["createMavenBuild"] = func(c *call) (any, *fault) { return c.createTyped("maven", "maven_info") }
	m["createWinBuild"] = func(c *call) (any, *fault) { return c.createTyped("win", "win_info") }
	m["createImageBuild"] = func(c *call) (any, *fault) { return c.createTyped("image", "") }
	m["listTaggedArchives"] = (*call).listTaggedArchives
	m["getLatestMavenArchives"] = (*call).getLatestMavenArchives
}

func (c *call) getArchiveTypes() (any, *fault) {
	rows := []any{}
	for _, t := range c.h.archiveTypes.rows {
		rows = append(rows, t.record())
	}
	return rows, nil
}

func (c *call) getArchiveType() (any, *fault) {
	var found *archiveType
	asked := ""
	for _, t := range c.h.archiveTypes.rows {
		if v := c.arg("type_name"); v != nil && v == t.name || c.arg("type_id") != nil && equal(c.arg("type_id"), t.id) {
			found = t
		}
	}
	if v := c.arg("filename"); v != nil {
		asked = pyText(v)
		found = c.h.typeOf(asked)
	}
	if found == nil {
		if c.flag("strict") {
			return nil, generic("unsupported file extension: %s", asked)
		}
		return nil, nil
	}
	return found.record(), nil
}

func (c *call) addArchiveType() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	for _, t := range c.h.archiveTypes.rows {
		if t.name == name {
			return nil, generic("archivetype %s already exists", name)
		}
	}
	t := &archiveType{
		id: c.h.archiveTypes.next(), name: name, description: pyTextOr(c.arg("description")),
		extensions: pyTextOr(c.arg("extensions")), compressed: pyTextOr(c.arg("compression_type")),
	}
	c.h.archiveTypes.insert(c.tx, t.id, t)
	return nil, nil
}

func (a *archiveRow) record() record {
	r := record{
		"btype": a.btype.name, "btype_id": a.btype.id, "build_id": a.build.id, "buildroot_id": nil,
		"checksum": a.checksum, "checksum_type": a.checksumType, "compression_type": textOrNil(a.kind.compressed),
		"extra": a.extra, "filename": a.filename, "id": a.id, "metadata_only": false, "size": a.size,
		"type_description": a.kind.description, "type_extensions": a.kind.extensions, "type_id": a.kind.id,
		"type_name": a.kind.name,
	}
	if a.root != nil {
		r["buildroot_id"] = a.root.id
	}
	return r
}

// legacy are the members that a legacy type adds to its archives' rows.
func (a *archiveRow) legacy() record {
	switch a.btype.name {
	case "maven":
		return record{"group_id": a.info["group_id"], "artifact_id": a.info["artifact_id"], "version": a.info["version"]}
	case "win":
		return record{"relpath": a.info["relpath"], "platforms": a.info["platforms"], "flags": a.info["flags"]}
	case "image":
		return record{"arch": a.info["arch"]}
	}
	return nil
}

func (c *call) oneArchive(btype string, bare bool) (any, *fault) {
	n, _, f := c.number("archive_id")
	if f != nil {
		return nil, f
	}
	a := c.h.archives.get(n)
	if a == nil || btype != "" && a.btype.name != btype {
		if c.flag("strict") {
			return nil, generic("No such archive: %d", n)
		}
		return nil, nil
	}
	r := record{}
	if !bare {
		r = a.record()
	} else {
		r["archive_id"] = a.id
	}
	for k, v := range a.legacy() {
		r[k] = v
	}
	if btype == "image" {
		r["rootid"] = len(a.components) > 0
	}
	return r, nil
}

func (c *call) listArchives() (any, *fault) {
	kind, f := c.text("type")
	if f != nil {
		return nil, f
	}
	if kind != "" && c.h.btype(kind) == nil {
		return nil, generic("unsupported archive type: %s", kind)
	}
	var b *buildRow
	if info := c.arg("buildID"); info != nil {
		if b, f = c.h.build(info, c.flag("strict")); f != nil {
			return nil, f
		}
		if b == nil {
			return []any{}, nil
		}
	}
	want := c.structArg("typeInfo")
	rows := []record{}
	for _, a := range c.h.archives.rows {
		if b != nil && a.build != b || kind != "" && a.btype.name != kind {
			continue
		}
		r := a.record()
		if kind != "" {
			for k, v := range a.legacy() {
				r[k] = v
			}
		}
		ok := true
		for param, member := range map[string]string{
			"filename": "filename", "size": "size", "checksum": "checksum", "checksum_type": "checksum_type",
			"buildrootID": "buildroot_id", "archiveID": "id",
		} {
			if v := c.arg(param); v != nil {
				ok = ok && equal(v, r[member])
			}
		}
		for k, v := range want {
			ok = ok && equal(v, r[k])
		}
		if ok {
			rows = append(rows, r)
		}
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

// archiveFiles lists the entries of a zip or tar; other archives have none.
func (c *call) archiveFiles() ([]record, *fault) {
	n, _, f := c.number("archive_id")
	if f != nil {
		return nil, f
	}
	a := c.h.archives.get(n)
	if a == nil {
		if c.flag("strict") {
			return nil, generic("No such archive: %d", n)
		}
		return nil, nil
	}
	rows := []record{}
	for _, e := range entries(a.kind.compressed, a.data) {
		e["archive_id"] = a.id
		rows = append(rows, e)
	}
	return rows, nil
}

func (c *call) listArchiveFiles() (any, *fault) {
	rows, f := c.archiveFiles()
	if f != nil {
		return nil, f
	}
	return applyQuery(rows, c.structArg("queryOpts"), "name")
}

func (c *call) getArchiveFile() (any, *fault) {
	rows, f := c.archiveFiles()
	if f != nil {
		return nil, f
	}
	for _, r := range rows {
		if r["name"] == c.arg("filename") {
			return r, nil
		}
	}
	if c.flag("strict") {
		return nil, generic("No such file: %s in archive#%s", pyText(c.arg("filename")), pyText(c.arg("archive_id")))
	}
	return nil, nil
}

func (c *call) typedBuild(kind string) (any, *fault) {
	b, f := c.h.build(c.arg("buildInfo"), c.flag("strict"))
	if f != nil || b == nil || !b.hasType(kind) {
		return nil, f
	}
	r := record{"build_id": b.id}
	for k, v := range b.types[kind] {
		r[k] = v
	}
	return r, nil
}

func (c *call) createTyped(kind, param string) (any, *fault) {
	if f := c.perm(kind + "-import"); f != nil {
		return nil, f
	}
	info := c.arg("build_info")
	b, f := c.h.build(info, false)
	if f != nil {
		return nil, f
	}
	if b == nil {
		m, ok := info.(map[string]any)
		if !ok {
			return nil, generic("No such build: %s", pyRepr(info))
		}
		b, f = c.addBuild(newBuild{
			name: pyTextOr(m["name"]), version: pyTextOr(m["version"]), release: pyTextOr(m["release"]),
			epoch: m["epoch"], state: buildComplete,
		})
		if f != nil {
			return nil, f
		}
	}
	details := record{}
	if param != "" {
		for k, v := range c.structArg(param) {
			if k != "version" || kind == "maven" {
				details[k] = v
			}
		}
	}
	if b.hasType(kind) {
		return nil, nil
	}
	put(c.tx, b.types, kind, details)
	return nil, nil
}

func (c *call) importArchiveCall() (any, *fault) {
	kind := pyTextOr(c.arg("type"))
	if c.h.btype(kind) == nil {
		return nil, generic("unsupported archive type: %s", kind)
	}
	if f := c.perm(kind + "-import"); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("buildinfo"), true)
	if f != nil {
		return nil, f
	}
	at := "work/" + path.Clean(pyTextOr(c.arg("filepath")))
	found := c.h.files[at]
	if found == nil {
		return nil, generic("No such file: %s/%s", topDir, at)
	}
	if !b.hasType(kind) {
		return nil, generic("%s build info missing for %s", kind, b.nvr())
	}
	_, f = c.addArchive(&archiveRow{
		btype: c.h.btype(kind), build: b, filename: path.Base(at), data: found.data, info: c.structArg("typeInfo"), checksumType: 2,
	})
	return nil, f
}

// addArchive imports a file whose row is filled but for what follows from the
// name and the data.
func (c *call) addArchive(a *archiveRow) (*archiveRow, *fault) {
	if a.kind = c.h.typeOf(a.filename); a.kind == nil {
		return nil, generic("unsupported file extension: %s", a.filename)
	}
	a.id, a.size = c.h.archives.next(), len(a.data)
	if a.checksum == "" {
		a.checksum = digestOf(checksumTypes[a.checksumType], a.data)
	}
	c.h.archives.insert(c.tx, a.id, a)
	return a, nil
}
