// SPDX-License-Identifier: MIT

package kojitest

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strings"
)

type rpmRow struct {
	id               int
	name             string
	version, release string
	epoch            any
	arch             string
	build            *buildRow
	root             *rootRow // nil when imported
	buildtime        int
	size             int
	payload          string // hex SIGMD5
	draft            bool
	bare             bool // there is no file
	extra            any
	sigs             []*sigRow
	header           rpmHeader // of an imported file
	data             []byte    // of an imported file
}

type sigRow struct {
	key, hash string
	data      []byte
	written   bool
}

func (r *rpmRow) nvra() string { return r.name + "-" + r.version + "-" + r.release + "." + r.arch }

// record is an rpm's row; external adds the members about external repos.
func (r *rpmRow) record(external bool) record {
	v := record{
		"arch": r.arch, "build_id": r.build.id, "buildroot_id": nil, "buildtime": r.buildtime, "draft": r.draft,
		"epoch": r.epoch, "extra": r.extra, "id": r.id, "metadata_only": r.bare, "name": r.name,
		"payloadhash": r.payload, "release": r.release, "size": r.size, "version": r.version,
	}
	if r.root != nil {
		v["buildroot_id"] = r.root.id
	}
	if external {
		v["external_repo_id"], v["external_repo_name"] = 0, "INTERNAL"
	}
	return v
}

// importRPMs makes the rpm rows of a build: the source package and, for each
// architecture, the binaries.
func (c *call) importRPMs(b *buildRow, names, arches []string, root func(arch string) *rootRow) {
	add := func(name, arch string, made *rootRow) {
		c.addRPM(&rpmRow{
			name: name, version: b.version, release: b.release, epoch: b.epoch, arch: arch, build: b, root: made,
			buildtime: int(c.h.now.Unix()), draft: b.draft,
		})
	}
	add(b.pkg.name, "src", root(arches[0]))
	for _, arch := range arches {
		for _, name := range names {
			add(name, arch, root(arch))
		}
	}
}

// addRPM adds a package to its build and makes up what is not known of it.
func (c *call) addRPM(r *rpmRow) {
	if r.id == 0 {
		r.id = c.h.rpms.next()
	}
	sum := md5.Sum([]byte(r.nvra()))
	if r.payload == "" {
		r.payload = hex.EncodeToString(sum[:])
	}
	if r.size == 0 {
		r.size = 4096 + int(sum[0])<<8 + int(sum[1])
	}
	push(c.tx, &r.sigs, &sigRow{hash: r.payload})
	c.h.rpms.insert(c.tx, r.id, r)
	push(c.tx, &r.build.rpms, r)
}

// rpm finds an rpm by id, name-version-release.arch or struct.
func (h *Hub) rpm(info any, strict bool) (*rpmRow, *fault) {
	var found *rpmRow
	switch v := info.(type) {
	case string:
		dot := strings.LastIndexByte(v, '.')
		if dot < 0 {
			return nil, generic("invalid format: %s", v)
		}
		name, version, release, ok := splitNVR(v[:dot])
		if !ok {
			return nil, generic("invalid format: %s", v)
		}
		found = h.findRPM(name, version, release, v[dot+1:])
	case map[string]any:
		if v["id"] != nil {
			return h.rpm(v["id"], strict)
		}
		for _, key := range []string{"name", "version", "release", "arch"} {
			if v[key] == nil {
				return nil, generic("Invalid argument: %s", pyRepr(info))
			}
		}
		found = h.findRPM(pyText(v["name"]), pyText(v["version"]), pyText(v["release"]), pyText(v["arch"]))
	default:
		n, ok := asInt(info)
		if !ok {
			return nil, generic("Invalid argument: %s", pyRepr(info))
		}
		found = h.rpms.get(n)
	}
	if found == nil && strict {
		return nil, generic("No such rpm: %s", pyRepr(info))
	}
	return found, nil
}

func (h *Hub) findRPM(name, version, release, arch string) *rpmRow {
	if p := h.packageByName[name]; p != nil { // most often the source package's own name
		for _, b := range h.packageBuilds[p.id] {
			if r := b.findRPM(name, version, release, arch); r != nil {
				return r
			}
		}
	}
	for _, r := range h.rpms.rows {
		if r.name == name && r.version == version && r.release == release && r.arch == arch {
			return r
		}
	}
	return nil
}

func (b *buildRow) findRPM(name, version, release, arch string) *rpmRow {
	for _, r := range b.rpms {
		if r.name == name && r.version == version && r.release == release && r.arch == arch {
			return r
		}
	}
	return nil
}

func rpmMethods(m map[string]handler) {
	m["getRPM"] = (*call).getRPM
	m["listBuildRPMs"] = (*call).listBuildRPMs
	m["listRPMs"] = (*call).listRPMs
}

func (c *call) getRPM() (any, *fault) {
	r, f := c.h.rpm(c.arg("rpminfo"), c.flag("strict"))
	if f != nil {
		return nil, f
	}
	if c.flag("multi") {
		if r == nil {
			return []any{}, nil
		}
		return []any{r.record(true)}, nil
	}
	if r == nil {
		return nil, nil
	}
	return r.record(true), nil
}

func (c *call) listBuildRPMs() (any, *fault) {
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, r := range b.rpms {
		v := r.record(true)
		v["nvr"] = nvrOf(r)
		rows = append(rows, v)
	}
	return rows, nil
}

func nvrOf(r *rpmRow) string { return r.name + "-" + r.version + "-" + r.release }

func (c *call) listRPMs() (any, *fault) {
	h := c.h
	from := h.rpms.rows
	var updates map[*rpmRow]bool
	if info := c.arg("buildID"); info != nil {
		b, f := h.build(info, true)
		if f != nil {
			return nil, f
		}
		from = b.rpms
	}
	component, byComponent, f := c.number("componentBuildrootID")
	if f != nil {
		return nil, f
	}
	if byComponent {
		root := h.roots.get(component)
		if root == nil {
			return []any{}, nil
		}
		from = root.rpms
		updates = root.updates
	}
	image, byImage, f := c.number("imageID")
	if f != nil {
		return nil, f
	}
	if byImage {
		a := h.archives.get(image)
		if a == nil {
			return []any{}, nil
		}
		from = a.components
	}
	made, byRoot, f := c.number("buildrootID")
	if f != nil {
		return nil, f
	}
	host, byHost, f := c.number("hostID")
	if f != nil {
		return nil, f
	}
	arches, _ := c.arg("arches").([]any)
	if s, ok := c.arg("arches").(string); ok {
		arches = []any{s}
	}
	rows := []record{}
	for _, r := range from {
		if byRoot && (r.root == nil || r.root.id != made) || byHost && (r.root == nil || r.root.host != host) ||
			len(arches) > 0 && !slices.Contains(arches, any(r.arch)) ||
			c.arg("draft") != nil && c.flag("draft") != r.draft {
			continue
		}
		v := r.record(true)
		v["nvr"] = nvrOf(r)
		if byComponent {
			v["component_buildroot_id"], v["is_update"] = component, updates[r]
		}
		rows = append(rows, v)
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

// taggedRPMs answers listTaggedRPMS and getLatestRPMS.
func (c *call) taggedRPMs(q tagQuery, strict bool) (any, *fault) {
	t, f := c.tagQueryArgs(&q, strict)
	if f != nil {
		return nil, f
	}
	rpms, builds := []any{}, []any{}
	if t == nil {
		return []any{rpms, builds}, nil
	}
	arches, _ := c.arg("arch").([]any)
	if s, ok := c.arg("arch").(string); ok {
		arches = []any{s}
	}
	seen := map[*buildRow]bool{}
	list := c.h.tagged(t, q)
	for _, e := range list {
		builds = append(builds, e.record())
	}
	for _, e := range byTagAndID(list) {
		if seen[e.build] {
			continue
		}
		seen[e.build] = true
		for _, r := range e.build.rpms {
			if len(arches) > 0 && !slices.Contains(arches, any(r.arch)) {
				continue
			}
			if !c.flag("rpmsigs") {
				rpms = append(rpms, r.record(false))
				continue
			}
			for _, s := range r.sigs {
				v := r.record(false)
				v["sigkey"] = s.key
				rpms = append(rpms, v)
			}
		}
	}
	return []any{rpms, builds}, nil
}

// byTagAndID orders entries tag after tag and by build in each, which is the
// order of their rpms.
func byTagAndID(list []*entryRow) []*entryRow {
	rank := map[*tagRow]int{}
	for _, e := range list {
		if _, ok := rank[e.tag]; !ok {
			rank[e.tag] = len(rank)
		}
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b *entryRow) int {
		return cmp.Or(cmp.Compare(rank[a.tag], rank[b.tag]), cmp.Compare(a.build.id, b.build.id))
	})
	return sorted
}

func (c *call) listTaggedRPMS() (any, *fault) {
	return c.taggedRPMs(tagQuery{inherit: c.flag("inherit"), latest: latestArg(c.arg("latest"))}, c.flag("strict"))
}

func (c *call) getLatestRPMS() (any, *fault) {
	return c.taggedRPMs(tagQuery{inherit: true, latest: 1}, true)
}

func (c *call) dropSigs(r *rpmRow) {
	set(c.tx, &r.sigs, nil)
}
