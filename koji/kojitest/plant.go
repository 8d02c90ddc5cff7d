// SPDX-License-Identifier: MIT

package kojitest

import (
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
)

// What a new installation has.
var (
	firstPerms = []string{
		"admin", "appliance", "dist-repo", "host", "image", "image-import", "livecd", "maven-import", "repo", "sign",
		"tag", "target", "win-admin", "win-import", "draft-promoter",
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
	h.plantTasks(c, seed)
	h.plantRepos(c, seed)
	h.planting = false
}

func (h *Hub) plantUsers(c *call, seed Seed) {
	next := func() { c.tx = &tx{} } // an event of its own for each
	for _, u := range seed.Users {
		if h.userByName[u.Name] != nil || u.Name == "" {
			bad("user %q is named twice or not at all", u.Name)
		}
		row := c.plantUser(u.ID, u.Name, kindPerson)
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
	h.plantHosts(c, seed.Hosts)
	builder := h.hosts.rows[0].user
	h.builderID = builder.id
	if c.user == nil {
		c.user = builder
	}
	next()
}

// plantUser makes a user with a given id; 0 takes the next one.
func (c *call) plantUser(id int, name string, kind int) *userRow {
	if id == 0 {
		return c.addUser(name, kind)
	}
	if c.h.users.get(id) != nil {
		bad("user id %d is given twice", id)
	}
	u := &userRow{id: id, name: name, kind: kind}
	c.h.users.insert(c.tx, id, u)
	put(c.tx, c.h.userByName, name, u)
	return u
}

func (h *Hub) plantHosts(c *call, hosts []Host) {
	if len(hosts) == 0 {
		hosts = []Host{{Name: "builder", Arches: "x86_64 aarch64", Capacity: 20, Channels: firstChannels, Seen: h.now}}
	}
	for _, s := range hosts {
		if s.Name == "" || h.host(s.Name) != nil {
			bad("host %q is named twice or not at all", s.Name)
		}
		u := h.userByName[s.Name]
		if u == nil {
			u = c.addUser(s.Name, kindHost)
		}
		u.kind, u.password = kindHost, s.Password
		o := &hostRow{
			id: s.ID, name: s.Name, user: u, arches: s.Arches, capacity: s.Capacity, enabled: !s.Disabled,
			ready: !s.Seen.IsZero(), updated: s.Seen,
		}
		if o.id == 0 {
			o.id = h.hosts.next()
		}
		names := s.Channels
		if names == nil {
			names = []string{"default", "createrepo"}
		}
		for _, name := range names {
			ch := h.channel(name)
			if ch == nil {
				bad("unknown channel %q", name)
			}
			o.channels = append(o.channels, ch.id)
		}
		h.hosts.insert(c.tx, o.id, o)
	}
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
		t := c.newTag(s.ID, s.Name, set)
		for i, name := range s.Parents {
			c.link(&linkRow{child: t, parent: tag(name), priority: 10 * i})
		}
	}
	for _, s := range seed.Targets {
		c.tx = &tx{}
		if h.anyTarget(s.Name) != nil || s.Name == "" {
			bad("target %q is named twice or not at all", s.Name)
		}
		c.newTarget(s.ID, s.Name, tag(s.BuildTag), tag(s.DestTag))
	}
	c.tx = &tx{}
	for _, s := range seed.Packages {
		p := h.packageByName[s.Name]
		if p == nil {
			p = c.newPackage(s.ID, s.Name)
		}
		for _, name := range s.Tags {
			c.enlist(tag(name), p, s.Blocked, textOrNil(s.ExtraArches))
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
		source: textOrNil(s.Source), started: s.Started, task: s.Task, id: s.ID,
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
	if s.Extra != nil {
		n.extra = s.Extra
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
	types := typesOf(s.Extra)
	for _, name := range sortedKeys(types) {
		if h.btype(name) == nil {
			c.newBType(name)
		}
		b.types[name] = types[name]
	}
	if len(b.types) == 0 {
		b.types["rpm"] = nil
	}
	h.plantRPMs(c, b, s, tag)
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

// typesOf are the build types that a build's extra data names.
func typesOf(extra map[string]any) map[string]record {
	info, _ := extra["typeinfo"].(map[string]any)
	types := map[string]record{}
	for name, v := range info {
		types[name], _ = v.(map[string]any)
	}
	return types
}

func (h *Hub) plantRPMs(c *call, b *buildRow, s Build, tag func(string) *tagRow) {
	if !b.hasType("rpm") {
		return
	}
	for _, f := range s.Files {
		r := &rpmRow{
			id: f.ID, name: f.Name, version: b.version, release: b.release, epoch: b.epoch, arch: f.Arch, build: b,
			size: f.Size, payload: f.SigMD5, buildtime: int(f.BuildTime.Unix()), bare: f.MetadataOnly,
		}
		if f.BuildTime.IsZero() {
			r.buildtime = int(b.completed.Unix())
		}
		c.addRPM(r)
	}
	if s.Files != nil {
		return
	}
	names := s.RPMs
	if names == nil {
		names = h.binaries(b.pkg.name)
	}
	arches := []string{"noarch"}
	if len(s.Tags) > 0 {
		if a := archesOf(tag(s.Tags[0]).config(0).arches); len(a) > 0 {
			arches = a
		}
	}
	c.importRPMs(b, names, arches, func(string) *rootRow { return nil })
}

func (h *Hub) plantTasks(c *call, seed Seed) {
	for _, s := range seed.Tasks {
		o := taskOpts{id: s.ID, arch: s.Arch, held: s.State != koji.TaskFree, owner: c.user}
		if s.Label != "" {
			o.label = s.Label
		}
		if s.Owner != "" {
			if o.owner = h.userByName[s.Owner]; o.owner == nil {
				bad("unknown user %q", s.Owner)
			}
		}
		if s.Parent != 0 {
			if o.parent = h.tasks.get(s.Parent); o.parent == nil {
				bad("task %d stands before its parent %d", s.ID, s.Parent)
			}
		}
		t := c.newTask(s.Method, s.Request, o)
		t.state = int(s.State)
		if s.Priority != 0 {
			t.priority = s.Priority
		}
		t.created, t.started, t.completed = orElse(s.Created, h.now), s.Started, s.Completed
		switch s.State {
		case koji.TaskFailed:
			t.fault = &fault{code: s.Code, text: s.Fault}
		case koji.TaskClosed:
			t.result = s.Result
		}
		if s.State != koji.TaskFree {
			t.host, t.started = h.hosts.rows[0].id, orElse(s.Started, h.now)
		}
		if finished(t.state) {
			t.completed = orElse(s.Completed, h.now)
		}
		if p := t.parent; p != nil && finished(t.state) {
			p.waiting, t.awaited = p.state == taskFailed, t.state == taskFailed
		}
		for _, f := range s.Output {
			c.write(t, f.Name, f.Data)
		}
	}
}

func orElse(t, fallback time.Time) time.Time {
	if t.IsZero() {
		return fallback
	}
	return t.UTC()
}
