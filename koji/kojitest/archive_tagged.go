// SPDX-License-Identifier: MIT

package kojitest

import "slices"

func (c *call) listTaggedArchives() (any, *fault) {
	q := tagQuery{inherit: c.flag("inherit"), latest: latestArg(c.arg("latest"))}
	t, f := c.tagQueryArgs(&q, c.flag("strict"))
	if f != nil {
		return nil, f
	}
	archives, builds := []any{}, []any{}
	if t == nil {
		return []any{archives, builds}, nil
	}
	var in []*buildRow
	for _, e := range c.h.tagged(t, q) {
		r := e.record()
		e.build.addTyped(r, q.btype)
		builds = append(builds, r)
		in = append(in, e.build)
	}
	for _, a := range c.h.archives.rows {
		if !slices.Contains(in, a.build) || q.btype != "" && a.btype.name != q.btype {
			continue
		}
		r := a.record()
		for _, key := range []string{"compression_type", "type_description", "type_extensions", "type_name"} {
			delete(r, key)
		}
		if q.btype == "maven" {
			r["maven_group_id"], r["maven_artifact_id"], r["maven_version"] = a.info["group_id"], a.info["artifact_id"], a.info["version"]
		}
		archives = append(archives, r)
	}
	return []any{archives, builds}, nil
}

func (c *call) getLatestMavenArchives() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.tagAt(c.arg("tag"), true, event)
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, e := range c.h.tagged(t, tagQuery{event: event, inherit: c.flag("inherit"), btype: "maven", latest: 1}) {
		b := e.build
		for _, a := range c.h.archives.rows {
			if a.build != b || a.btype.name != "maven" {
				continue
			}
			r := a.record()
			for _, key := range []string{"btype", "btype_id", "compression_type", "type_description", "type_extensions", "type_name"} {
				delete(r, key)
			}
			for k, v := range a.legacy() {
				r[k] = v
			}
			r["build_name"], r["build_version"], r["build_release"], r["build_epoch"] = b.pkg.name, b.version, b.release, b.epoch
			r["owner"], r["pkg_id"], r["state"], r["task_id"] = b.owner.id, b.pkg.id, b.state, intOrNil(b.task)
			r["tag_event"], r["tag_id"], r["tag_name"] = e.created, e.tag.id, e.tag.name
			r["volume_id"], r["volume_name"] = 0, "DEFAULT"
			rows = append(rows, r)
		}
	}
	return rows, nil
}
