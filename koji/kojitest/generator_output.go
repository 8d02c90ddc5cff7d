// SPDX-License-Identifier: MIT

package kojitest

import (
	"path"
	"slices"
	"time"
)

func (c *call) cgCheckOutput(im *importing) *fault {
	for _, out := range im.output {
		if truth(out["metadata_only"]) {
			continue
		}
		name := pyTextOr(out["filename"])
		found := c.h.files["work/"+path.Join(im.dir, pyTextOr(out["relpath"]), name)]
		if found == nil {
			return generic("No such file: %s", name)
		}
		if size, ok := asInt(out["filesize"]); ok && size != len(found.data) {
			return generic("File size %d for %s (expected %d) doesn't match. Corrupted upload?", len(found.data), name, size)
		}
		kind := pyTextOr(out["checksum_type"])
		if kind != "md5" && kind != "sha256" {
			return generic("File checksum type %s isn't supported", kind)
		}
		if sum := digestOf(kind, found.data); sum != out["checksum"] {
			return generic("File checksum mismatch for %s: %s != %s", name, pyText(out["checksum"]), sum)
		}
		if im.spec[pyText(out["buildroot_id"])] == nil {
			return generic("Missing buildroot metadata for id %s", pyText(out["buildroot_id"]))
		}
	}
	return nil
}

func (c *call) cgRoots(im *importing) *fault {
	used := map[string]bool{}
	for _, out := range im.output {
		used[pyText(out["buildroot_id"])] = true
	}
	for _, id := range sortedKeys(im.spec) {
		if !used[id] {
			return generic("Buildroot %s is not used by any output", id)
		}
		spec := im.spec[id]
		host, _ := spec["host"].(map[string]any)
		gen, _ := spec["content_generator"].(map[string]any)
		box, _ := spec["container"].(map[string]any)
		root := &rootRow{
			id: c.h.roots.next(), arch: pyTextOr(box["arch"]), cg: im.cg, cgVersion: pyTextOr(gen["version"]),
			hostOS: pyTextOr(host["os"]), hostArch: pyTextOr(host["arch"]), container: pyTextOr(box["type"]),
			extra: spec["extra"], updates: map[*rpmRow]bool{}, rpms: c.components(spec["components"]),
		}
		c.h.roots.insert(c.tx, root.id, root)
		im.roots[id] = root
	}
	return nil
}

// components are the rpms of a component list that the hub knows; others are
// left out, as the hub does.
func (c *call) components(v any) []*rpmRow {
	var rows []*rpmRow
	for _, one := range records(v) {
		if one["type"] != "rpm" {
			continue
		}
		r := c.h.findRPM(pyTextOr(one["name"]), pyTextOr(one["version"]), pyTextOr(one["release"]), pyTextOr(one["arch"]))
		if r != nil && (one["sigmd5"] == nil || one["sigmd5"] == r.payload) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (c *call) cgOutput(im *importing, out record) *fault {
	name := pyTextOr(out["filename"])
	var data []byte
	if f := c.h.files["work/"+path.Join(im.dir, pyTextOr(out["relpath"]), name)]; f != nil {
		data = f.data
	}
	b := im.build
	switch out["type"] {
	case "log":
		dir := pyTextOr(out["subdir"])
		if dir == "" {
			dir = "."
		}
		push(c.tx, &b.logs, buildLog{dir: dir, name: name, data: data, at: time.Time{}})
		return nil
	case "rpm":
		r, _, f := c.importFile(name, data, b)
		if f == nil {
			set(c.tx, &r.root, im.roots[pyText(out["buildroot_id"])])
		}
		return f
	}
	extra, _ := out["extra"].(map[string]any)
	types, _ := extra["typeinfo"].(map[string]any)
	kind := ""
	var info record
	for _, k := range sortedKeys(types) {
		kind = k
		info, _ = types[k].(map[string]any)
	}
	for _, legacy := range []string{"maven", "win", "image"} {
		if v, ok := extra[legacy]; ok && kind == "" {
			kind = legacy
			info, _ = v.(map[string]any)
		}
	}
	if kind == "" {
		return generic("No typeinfo for: %s", name)
	}
	if !b.hasType(kind) {
		return generic("Output type %s not listed in build types", kind)
	}
	sumType := slices.Index(checksumTypes, pyTextOr(out["checksum_type"]))
	a := &archiveRow{
		btype: c.h.btype(kind), build: b, root: im.roots[pyText(out["buildroot_id"])], filename: name, data: data,
		checksumType: max(sumType, 0), checksum: pyTextOr(out["checksum"]), info: info, components: c.components(out["components"]),
	}
	if out["extra"] != nil {
		a.extra = extra
	}
	_, f := c.addArchive(a)
	return f
}
