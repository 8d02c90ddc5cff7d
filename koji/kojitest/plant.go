// SPDX-License-Identifier: MIT

package kojitest

import "strings"

// What a new installation has.
var (
	firstPerms = []string{
		"admin", "appliance", "dist-repo", "host", "image", "image-import", "livecd", "maven-import", "repo", "sign",
		"tag", "target", "win-admin", "win-import", "draft-promoter", "regen-repo", "runroot", "sidetag_admin",
	}
	firstChannels = []string{"default", "createrepo", "maven", "livecd", "appliance", "vm", "image", "livemedia"}
	firstTypes    = []string{"rpm", "maven", "win", "image"}
)

// plant builds the first state out of a seed.
func (h *Hub) plant(seed Seed) {
	h.planting = true
	c := h.system(nil)
	for _, name := range firstPerms {
		c.addPerm(name, "")
	}
	for _, name := range firstChannels {
		ch := &channelRow{id: h.channels.next(), name: name, enabled: true}
		h.channels.insert(c.tx, ch.id, ch)
	}
	h.volumes.insert(c.tx, 0, &volumeRow{0, "DEFAULT"})
	for _, name := range firstTypes {
		c.newBType(name)
	}
	plantArchiveTypes(h, c)
	h.plantUsers(c, seed)
	h.plantTags(c, seed)
	for _, f := range seed.Builder.Failures {
		if f.Times == 0 {
			f.Times = 1
		}
		h.failures = append(h.failures, &f)
	}
	h.plantRepos(c, seed)
	h.planting = false
}

func (h *Hub) plantUsers(c *call, seed Seed) {
	next := func() { c.tx = &tx{} } // an event of its own for each
	for _, u := range seed.Users {
		if h.userByName[u.Name] != nil || u.Name == "" {
			bad("user %q is named twice or not at all", u.Name)
		}
		row := c.addUser(u.Name, kindPerson)
		row.password, row.principals, row.blocked = u.Password, u.Principals, u.Blocked
	}
	if len(h.users.rows) > 0 {
		c.user = h.users.rows[0]
	}
	for _, u := range seed.Users {
		row := h.userByName[u.Name]
		for _, name := range u.Permissions {
			p := h.perm(name)
			if p == nil {
				p = c.addPerm(name, "")
			}
			c.grant(row, p)
			next()
		}
		for _, name := range u.Groups {
			g := h.userByName[name]
			if g == nil {
				g = c.addUser(name, kindGroup)
			}
			push(c.tx, &row.groups, &memberRow{span: c.fresh(), group: g})
			next()
		}
	}
	builder := c.addUser("builder", kindHost)
	h.builderID = builder.id
	host := &hostRow{
		id: h.hosts.next(), name: "builder", user: builder, arches: "x86_64 aarch64", capacity: 20, enabled: true,
		ready: true, updated: h.now, channels: []int{1, 2, 3, 4, 5, 6, 7, 8},
	}
	h.hosts.insert(c.tx, host.id, host)
	daemon := c.addUser("kojira", kindPerson)
	h.daemonID = daemon.id
	c.grant(daemon, h.perm("repo"))
	if c.user == nil {
		c.user = builder
	}
	next()
}

func (h *Hub) plantTags(c *call, seed Seed) {
	owner := func(name string) *userRow {
		if name == "" {
			return c.user
		}
		u := h.userByName[name]
		if u == nil {
			bad("unknown user %q", name)
		}
		return u
	}
	tag := func(name string) *tagRow {
		t := h.tagByName[name]
		if t == nil {
			bad("unknown tag %q", name)
		}
		return t
	}
	for _, s := range seed.Tags {
		c.tx = &tx{}
		if h.tagByName[s.Name] != nil || s.Name == "" {
			bad("tag %q is named twice or not at all", s.Name)
		}
		set := tagSettings{arches: textOrNil(s.Arches), locked: s.Locked, extra: s.Extra}
		if s.Permission != "" {
			if set.perm = h.perm(s.Permission); set.perm == nil {
				bad("tag %q asks for the unknown permission %q", s.Name, s.Permission)
			}
		}
		t := c.addTag(s.Name, set)
		for i, name := range s.Parents {
			c.link(&linkRow{child: t, parent: tag(name), priority: 10 * i})
		}
	}
	for _, s := range seed.Targets {
		c.tx = &tx{}
		if h.anyTarget(s.Name) != nil || s.Name == "" {
			bad("target %q is named twice or not at all", s.Name)
		}
		c.addTarget(s.Name, tag(s.BuildTag), tag(s.DestTag))
	}
	c.tx = &tx{}
	for _, s := range seed.Packages {
		p := h.packageByName[s.Name]
		if p == nil {
			p = c.addPackage(s.Name)
		}
		for _, name := range s.Tags {
			c.enlist(tag(name), p, s.Blocked, nil)
			c.setOwner(tag(name), p, owner(s.Owner))
		}
	}
	for _, s := range seed.Builds {
		c.tx = &tx{}
		h.plantBuild(c, seed, s, owner(s.Owner), tag)
	}
}

func (h *Hub) plantBuild(c *call, seed Seed, s Build, owner *userRow, tag func(string) *tagRow) {
	name, version, release, ok := splitNVR(s.NVR)
	if !ok {
		bad("%q is not name-version-release", s.NVR)
	}
	n := newBuild{
		name: name, version: version, release: release, owner: owner, state: buildComplete, strict: true,
		source: textOrNil(s.Source), started: s.Completed,
	}
	if s.Epoch != nil {
		n.epoch = *s.Epoch
	}
	if s.Failed {
		n.state = buildFailed
	}
	if s.Source != "" {
		n.extra = record{"source": record{"original_url": s.Source}}
	}
	b, f := c.addBuild(n)
	if f != nil {
		bad("%s", f.text)
	}
	b.completed = s.Completed
	if s.Completed.IsZero() {
		b.completed = h.now
	}
	if s.Failed {
		return
	}
	b.types["rpm"] = nil
	names := s.RPMs
	if names == nil {
		names = h.binaries(name)
	}
	arches := []string{"noarch"}
	if len(s.Tags) > 0 {
		if a := archesOf(tag(s.Tags[0]).config(0).arches); len(a) > 0 {
			arches = a
		}
	}
	c.importRPMs(b, names, arches, func(string) *rootRow { return nil })
	for _, where := range s.Tags {
		t := tag(where)
		if _, ok := h.packageOf(t, b.pkg, 0); !ok {
			c.enlist(t, b.pkg, false, nil)
			c.setOwner(t, b.pkg, owner)
		}
		if f := c.enter(t, b, false); f != nil {
			bad("%s", f.text)
		}
	}
}

func (h *Hub) plantRepos(c *call, seed Seed) {
	names := seed.Repos
	if names == nil {
		for _, t := range seed.Targets {
			if !strings.Contains("\n"+strings.Join(names, "\n")+"\n", "\n"+t.BuildTag+"\n") {
				names = append(names, t.BuildTag)
			}
		}
	}
	for _, name := range names {
		t := h.tagByName[name]
		if t == nil {
			bad("unknown tag %q", name)
		}
		c.tx = &tx{}
		c.newRepo(t, c.event(), repoReady, false, record{})
	}
}
