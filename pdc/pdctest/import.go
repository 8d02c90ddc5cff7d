// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strings"
)

// importing is a compose being taken over from its metadata.
type importing struct {
	c       *call
	in      obj
	release *row
	info    obj // payload of composeinfo
	compose *row
}

// eachTree goes through the compose's trees as the server does: variants by
// their uid, arches as they come out of a set.
func (i *importing) eachTree(f func(uid, arch string, tree *row) *problem) *problem {
	variants, _ := i.info.get("variants").(obj)
	for _, uid := range sortedKeys(variants) {
		var arches []string
		for _, a := range anyList(member(variants.get(uid), "arches")) {
			arches = append(arches, text(a))
		}
		variant := i.c.p.composeVariant(i.compose, uid)
		for _, arch := range pyOrder(arches) {
			if tree := i.c.p.composeTree(variant, arch); tree != nil {
				if prob := f(uid, arch, tree); prob != nil {
					return prob
				}
			}
		}
	}
	return nil
}

// importCompose serves compose-rpms/, compose-images/ and
// rpc/compose-full-import/.
func (p *PDC) importCompose(rpms, images, full bool) handlerFunc {
	return func(c *call, body []byte) reply {
		if prob := unknownQuery(c); prob != nil {
			return prob.reply()
		}
		data, err := parseOrdered(body)
		in, ok := data.(obj)
		if err != nil || !ok {
			return detail(400, "JSON parse error - No JSON object could be decoded").reply()
		}
		want := []string{"release_id", "composeinfo"}
		if rpms {
			want = append(want, "rpm_manifest")
		}
		if images {
			want = append(want, "image_manifest")
		}
		if full {
			want = append(want, "location", "url", "scheme")
		}
		if prob := exactKeys(in, want); prob != nil {
			return prob.reply()
		}
		i := &importing{c: c, in: in}
		prob := i.start()
		out := obj{}
		if prob == nil {
			out = append(out, kv{"compose", i.compose.str("compose_id")})
			if rpms {
				var n int
				n, prob = i.rpms()
				out = append(out, kv{"imported rpms", n})
			}
		}
		if prob == nil && images {
			var n int
			n, prob = i.images()
			out = append(out, kv{"imported images", n})
		}
		if prob == nil && full {
			var n int
			n, prob = i.locations()
			out = append(out, kv{"set_locations", n})
		}
		if prob != nil {
			return prob.reply()
		}
		return reply{status: 201, body: out}
	}
}

func unknownQuery(c *call) *problem {
	if len(c.query) > 0 {
		return detail(400, "Unknown query params: "+strings.Join(sorted(c.query), ", ")+".")
	}
	return nil
}

func exactKeys(in obj, want []string) *problem {
	errs := map[string]any{}
	for _, k := range want {
		if in.get(k) == nil {
			errs[k] = []any{"This field is required"}
		}
	}
	for _, m := range in {
		if !slices.Contains(want, m.k) {
			errs["extra"] = []any{"This field is illegal"}
		}
	}
	if len(errs) == 0 {
		return nil
	}
	// Members that don't belong only make a second complaint.
	return fieldErrors(errs)
}

func (p *PDC) missing(what string) *problem {
	return detail(404, "Not found:  "+what+" matching query does not exist.")
}

func badMetadata(reason string) *problem {
	return &problem{status: 400, body: obj{{"detail", "Error parsing productmd metadata."}, {"reason", reason}}}
}

// start finds the release, and finds or makes the compose with its trees.
func (i *importing) start() *problem {
	p := i.c.p
	if i.release = p.tables["release"].find("release_id", text(i.in.get("release_id"))); i.release == nil {
		return p.missing("Release")
	}
	i.info, _ = member(i.in.get("composeinfo"), "payload").(obj)
	id, date := text(member(i.info, "compose", "id")), text(member(i.info, "compose", "date"))
	typ := text(member(i.info, "compose", "type"))
	if id == "" || len(date) != 8 {
		return badMetadata("compose id or date is missing")
	}
	if !slices.Contains(composeTypes, typ) {
		return p.missing("ComposeType")
	}
	for _, k := range []string{"rpm_manifest", "image_manifest"} {
		if m := i.in.get(k); m != nil && text(member(m, "payload", "compose", "id")) != id {
			return detail(400, []any{fmt.Sprintf("Inconsistent data: compose id %s in composeinfo, %s in %s", id,
				text(member(m, "payload", "compose", "id")), k)})
		}
	}
	t := p.tables["compose"]
	i.compose = t.find("compose_id", id)
	if i.compose == nil {
		untested := p.tables["composeacceptancetestingstate"].find("name", "untested")
		v := map[string]any{"compose_id": id, "compose_date": date[:4] + "-" + date[4:6] + "-" + date[6:], "compose_type": typ,
			"compose_respin": number(member(i.info, "compose", "respin")), "release": i.release, "compose_label": nil,
			"deleted": false, "acceptance_testing": untested, "linked_releases": []*row{}}
		if label := text(member(i.info, "compose", "label")); label != "" {
			v["compose_label"] = label
		}
		i.compose = p.insert(t, v)
		p.note(p.resources["composes/"], i.compose, nil)
	}
	return i.trees()
}

func number(v any) int {
	n, _ := v.(int)
	return n
}

// trees makes the variants and arches that the compose lacks.
func (i *importing) trees() *problem {
	p := i.c.p
	variants, _ := i.info.get("variants").(obj)
	keys := sortedKeys(variants)
	for _, uid := range keys {
		v, _ := variants.get(uid).(obj)
		variant := p.composeVariant(i.compose, uid)
		if variant == nil {
			typ := p.tables["varianttype"].find("name", text(v.get("type")))
			if typ == nil {
				return p.missing("VariantType")
			}
			variant = p.insert(p.tables["composevariant"], map[string]any{"compose": i.compose, "uid": uid,
				"variant_id": v.get("id"), "name": v.get("name"), "type": typ})
		}
		var arches []string
		for _, a := range anyList(v.get("arches")) {
			arches = append(arches, text(a))
		}
		slices.Sort(arches)
		for _, name := range arches {
			if p.composeTree(variant, name) != nil {
				continue
			}
			arch := p.tables["arch"].find("name", name)
			if arch == nil {
				return p.missing("Arch")
			}
			p.insert(p.tables["composevariantarch"], map[string]any{"compose": i.compose, "variant": variant, "arch": arch,
				"test_result": p.tables["composeacceptancetestingstate"].find("name", "untested")})
		}
	}
	return nil
}

func (p *PDC) composeVariant(compose *row, uid string) *row {
	for _, v := range p.variantsOf(compose) {
		if v.str("uid") == uid {
			return v
		}
	}
	return nil
}

func (p *PDC) composeTree(variant *row, arch string) *row {
	if variant == nil {
		return nil
	}
	for _, va := range p.archesOf(variant) {
		if va.ref("arch").str("name") == arch {
			return va
		}
	}
	return nil
}

// rpms imports the rpm manifest and returns how many packages it lists.
func (i *importing) rpms() (int, *problem) {
	p := i.c.p
	all := member(i.in.get("rpm_manifest"), "payload", "rpms")
	n := 0
	prob := i.eachTree(func(uid, arch string, tree *row) *problem {
		for _, srpm := range keysOf(member(all, uid, arch)) {
			for _, id := range keysOf(member(all, uid, arch, srpm)) {
				rpm, prob := p.importedRPM(id, srpm)
				if prob != nil {
					return prob
				}
				data := member(all, uid, arch, srpm, id)
				var sigkey any
				if key := text(member(data, "sigkey")); key != "" {
					sigkey = p.sigkey(key)
				}
				n++
				v := map[string]any{"compose": i.compose, "variant_arch": tree, "rpm": rpm, "sigkey": sigkey,
					"path": text(member(data, "path")), "category": text(member(data, "category"))}
				if _, clash := p.tables["composerpm"].clash(v, nil); !clash {
					p.insert(p.tables["composerpm"], v)
				}
			}
		}
		return nil
	})
	if prob != nil {
		return 0, prob
	}
	p.record = append(p.record, change{"composerpms", i.compose.str("compose_id"), "null", pyJSON(map[string]any{
		"compose": i.compose.str("compose_id"), "num_linked_rpms": n})})
	return n, nil
}

func (p *PDC) sigkey(key string) string {
	t := p.tables["sigkey"]
	if t.find("key_id", key) == nil {
		p.insert(t, map[string]any{"key_id": key, "name": nil, "description": ""})
	}
	return key
}

// importedRPM finds a package by its NEVRA, or makes it.
func (p *PDC) importedRPM(id, srpm string) (*row, *problem) {
	var name, source pdcNEVRA
	if !name.parse(id) || !source.parse(srpm) {
		return nil, badMetadata("invalid NEVRA: " + id)
	}
	t := p.tables["rpm"]
	v := map[string]any{"name": name.name, "epoch": name.epoch, "version": name.version, "release": name.release, "arch": name.arch}
	if x := t.index[0][t.unique[0].key(v)]; x != nil {
		return x, nil
	}
	v["srpm_name"], v["srpm_nevra"] = source.name, srpm
	v["linked_releases"], v["dependencies"] = []*row{}, map[string][]string{}
	v["built_for_release"], v["srpm_commit_hash"], v["srpm_commit_branch"] = nil, nil, nil
	v["filename"] = rpmFile(v)
	return p.insert(t, v), nil
}

// images imports the image manifest.
func (i *importing) images() (int, *problem) {
	p := i.c.p
	all := member(i.in.get("image_manifest"), "payload", "images")
	n := 0
	prob := i.eachTree(func(uid, arch string, tree *row) *problem {
		for _, item := range anyList(member(all, uid, arch)) {
			image, prob := p.importedImage(item)
			if prob != nil {
				return prob
			}
			n++
			v := map[string]any{"compose": i.compose, "variant_arch": tree, "image": image, "path": text(member(item, "path")),
				"test_result": p.tables["composeacceptancetestingstate"].find("name", "untested")}
			if _, clash := p.tables["composeimage"].clash(v, nil); !clash {
				p.insert(p.tables["composeimage"], v)
			}
		}
		return nil
	})
	if prob != nil {
		return 0, prob
	}
	p.record = append(p.record, change{"composeimages", i.compose.str("compose_id"), "null", pyJSON(map[string]any{
		"compose": i.compose.str("compose_id"), "num_images": n})})
	return n, nil
}

func (p *PDC) importedImage(item any) (*row, *problem) {
	path := text(member(item, "path"))
	t := p.tables["image"]
	sum := func(kind string) any {
		if s := text(member(item, "checksums", kind)); s != "" {
			return s
		}
		return nil
	}
	orNil := func(k string) any {
		if s := text(member(item, k)); s != "" {
			return s
		}
		return nil
	}
	v := map[string]any{"file_name": path[strings.LastIndexByte(path, '/')+1:], "sha256": sum("sha256")}
	if x := t.index[0][t.unique[0].key(v)]; x != nil {
		return x, nil
	}
	format, typ := p.tables["imageformat"].find("name", text(member(item, "format"))), p.tables["imagetype"].find("name", text(member(item, "type")))
	if format == nil {
		return nil, p.missing("ImageFormat")
	}
	if typ == nil {
		return nil, p.missing("ImageType")
	}
	bootable, _ := member(item, "bootable").(bool)
	for k, x := range map[string]any{"image_format": format, "image_type": typ, "disc_number": number(member(item, "disc_number")),
		"disc_count": number(member(item, "disc_count")), "arch": text(member(item, "arch")), "mtime": number(member(item, "mtime")),
		"size": number(member(item, "size")), "bootable": bootable, "implant_md5": orNil("implant_md5"), "volume_id": orNil("volume_id"),
		"md5": sum("md5"), "sha1": sum("sha1"), "subvariant": text(member(item, "subvariant"))} {
		v[k] = x
	}
	return p.insert(t, v), nil
}

// locations notes where each tree of the compose is.
func (i *importing) locations() (int, *problem) {
	p := i.c.p
	location, scheme := p.tables["location"].find("name", text(i.in.get("location"))), p.tables["scheme"].find("name", text(i.in.get("scheme")))
	if location == nil {
		return 0, p.missing("Location")
	}
	if scheme == nil {
		return 0, p.missing("Scheme")
	}
	trees := p.treesOf(i.compose)
	for _, va := range trees {
		v := map[string]any{"compose": i.compose, "variant": va.ref("variant"), "arch": va.ref("arch"), "location": location,
			"scheme": scheme, "url": text(i.in.get("url")), "synced_content": slices.Clone(p.tables["contentcategory"].rows)}
		if _, clash := p.tables["composetree"].clash(v, nil); !clash {
			p.insert(p.tables["composetree"], v)
		}
	}
	return len(trees), nil
}
