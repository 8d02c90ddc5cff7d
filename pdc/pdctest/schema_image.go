// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strings"
)

func (p *PDC) defineImages() {
	p.names("imageformat", "image format", strings.Fields(`iso qcow qcow2 raw raw.xz rhevm.ova sda.raw vdi vmdk vmx vsphere.ova
		docker tar.gz tar.xz vagrant-libvirt.box vagrant-virtualbox.box`)...)
	p.names("imagetype", "image type", strings.Fields(`boot cd dvd dvd-debuginfo dvd-ostree docker ec2 kvm live netinst p2v
		qcow2 raw-xz rescue vagrant-libvirt vagrant-virtualbox`)...)

	images := p.table("image", "image", unique{[]string{"file_name", "sha256"}, []string{"file_name", "sha256"}, bySet})
	r := p.add(&resource{path: "images/", table: images, verbs: "L",
		fields: []*field{
			f("file_name", kStr, req), f("image_format", kEnum, req, to("imageformat", "name")),
			f("image_type", kEnum, req, to("imagetype", "name")), f("disc_number", kInt, req), f("disc_count", kInt, req),
			f("arch", kStr, req), f("mtime", kInt, req), f("size", kInt, req), f("bootable", kBool), f("implant_md5", kStr),
			f("volume_id", kStr), f("md5", kStr), f("sha1", kStr), f("sha256", kStr),
			f("composes", kRefs, ro, show(func(c *call, x *row) any { return names(c.p.composesWithImage(x), "compose_id") })),
			f("subvariant", kStr),
		}})
	for n, path := range map[string]string{"file_name": "file_name", "image_format": "image_format.name", "image_type": "image_type.name",
		"arch": "arch", "implant_md5": "implant_md5", "volume_id": "volume_id", "md5": "md5", "sha1": "sha1", "sha256": "sha256",
		"subvariant": "subvariant"} {
		r.filters[n] = multi(path)
	}
	for _, n := range []string{"disc_number", "disc_count", "mtime", "size"} {
		r.filters[n] = multiInt(n, n)
	}
	r.filters["bootable"] = boolAt("bootable")
	r.filters["compose"] = func(p *PDC, want []string) (func(*row) bool, *problem) {
		return func(x *row) bool {
			return slices.ContainsFunc(p.composesWithImage(x), func(c *row) bool { return slices.Contains(want, c.str("compose_id")) })
		}, nil
	}

	p.defineBuildImages()
}

func (p *PDC) defineBuildImages() {
	builds := p.table("buildimage", "build image", asSet("image_id", "image_format"))
	r := p.add(&resource{path: "build-images/", table: builds, verbs: "LGCPUD",
		fields: []*field{
			f("url", kCustom, ro, show(func(c *call, x *row) any { return fmt.Sprintf("%s%sbuild-images/%d/", c.base, root, x.id) })),
			f("image_id", kStr, req, maxLen(200)), f("image_format", kEnum, req, to("imageformat", "name")), f("md5", kStr, req, maxLen(32)),
			f("rpms", kCustom, def([]*row{}), parse(parseRPMs), show(showRPMs)),
			f("archives", kCustom, def([]any{}), parse(parseArchives), show(func(_ *call, x *row) any { return x.v["archives"] })),
			f("releases", kRefs, def([]*row{}), to("release", "release_id")),
			f("test_result", kCustom, hide, ro),
		},
		after: func(w *writing) {
			if w.row.v["test_result"] == nil {
				w.row.v["test_result"] = w.c.p.tables["composeacceptancetestingstate"].find("name", "untested")
			}
		}})
	for n, path := range map[string]string{"rpm_version": "rpms.version", "rpm_release": "rpms.release", "image_id": "image_id",
		"image_format": "image_format.name", "md5": "md5", "release_id": "releases.release_id"} {
		r.filters[n] = multi(path)
	}
	for _, n := range []string{"build_nvr", "name", "size", "md5"} {
		r.filters["archive_"+n] = func(_ *PDC, want []string) (func(*row) bool, *problem) {
			return func(x *row) bool {
				return slices.ContainsFunc(anyList(x.v["archives"]), func(a any) bool { return slices.Contains(want, text(a.(obj).get(n))) })
			}, nil
		}
	}
	r.filters["component_name"] = func(p *PDC, want []string) (func(*row) bool, *problem) {
		var srpms []string
		for _, name := range want {
			srpms = append(srpms, name)
			for _, c := range p.tables["releasecomponent"].rows {
				if c.str("name") == name && c.str("srpm") != "" {
					srpms = append(srpms, c.str("srpm"))
				}
			}
		}
		return func(x *row) bool {
			return slices.ContainsFunc(x.refs("rpms"), func(rpm *row) bool { return slices.Contains(srpms, rpm.str("srpm_name")) })
		}, nil
	}

	p.add(&resource{path: "build-image-rtt-tests/", table: builds, verbs: "LGPU", key: []string{"image_id", "image_format.name"},
		fields: []*field{
			f("id", kInt, ro), f("build_nvr", kStr, ro, attr("image_id")),
			f("format", kStr, ro, show(func(_ *call, x *row) any { return x.ref("image_format").v["name"] })),
			f("test_result", kEnum, req, to("composeacceptancetestingstate", "name")),
		},
		filters: map[string]filter{"build_nvr": multi("image_id"), "test_result": multi("test_result.name"),
			"image_format": multi("image_format.name")}})
}

func parseArchives(_ *writing, x any) (any, any) {
	list, ok := x.([]any)
	if !ok {
		return nil, []any{fmt.Sprintf("Expected a list of items but got type %q.", pyType(x))}
	}
	out := []any{}
	for _, item := range list {
		m, _ := item.(map[string]any)
		o := obj{}
		for _, k := range []string{"build_nvr", "name", "size", "md5"} {
			v, given := m[k]
			if !given {
				return nil, []any{map[string]any{k: []any{"This field is required."}}}
			}
			o = append(o, kv{k, v})
		}
		out = append(out, o)
	}
	return out, nil
}
