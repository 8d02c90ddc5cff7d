// SPDX-License-Identifier: MIT

package kojitest

import (
	"time"
)

// Build states, as the wire has them.
const (
	buildBuilding = iota
	buildComplete
	buildDeleted
	buildFailed
	buildCanceled
)

var buildStates = [...]string{"BUILDING", "COMPLETE", "DELETED", "FAILED", "CANCELED"}

type buildRow struct {
	id               int
	pkg              *packageRow
	version, release string
	epoch            any
	draft            bool
	state            int
	owner            *userRow
	task             int
	event            *eventRow
	started          time.Time
	completed        time.Time
	source           any
	extra            any // nil or a struct
	promoter         *userRow
	promoted         time.Time
	volume           *volumeRow // nil is DEFAULT
	cg               *cgRow
	token            string // of a reservation
	types            map[string]record
	rpms             []*rpmRow
	logs             []buildLog // that a content generator imported
}

type btypeRow struct {
	id   int
	name string
}

func (b *buildRow) nvr() string { return b.pkg.name + "-" + b.version + "-" + b.release }

func (b *buildRow) hasType(name string) bool {
	_, ok := b.types[name]
	return ok
}

func (b *buildRow) extraValue() any { return b.extra }

// addCommon adds the members that every row of a build has.
func (b *buildRow) addCommon(r record) {
	r["promoter_id"], r["promoter_name"] = nil, nil
	if b.promoter != nil {
		r["promoter_id"], r["promoter_name"] = b.promoter.id, b.promoter.name
	}
	r["promotion_time"], r["promotion_ts"] = timeText(b.promoted), timeNumber(b.promoted)
	r["volume_id"], r["volume_name"] = 0, "DEFAULT"
	if b.volume != nil {
		r["volume_id"], r["volume_name"] = b.volume.id, b.volume.name
	}
}

// addTyped adds the members of a legacy build type to a row.
func (b *buildRow) addTyped(r record, btype string) {
	info := b.types[btype]
	switch btype {
	case "maven":
		r["maven_group_id"], r["maven_artifact_id"], r["maven_version"] = info["group_id"], info["artifact_id"], info["version"]
	case "win":
		r["platform"] = info["platform"]
	}
}

type volumeRow struct {
	id   int
	name string
}

// record is the answer of getBuild.
func (b *buildRow) record() record {
	r := b.listRecord()
	r["id"], r["cg_id"], r["cg_name"] = b.id, nil, nil
	if b.cg != nil {
		r["cg_id"], r["cg_name"] = b.cg.id, b.cg.name
	}
	return r
}

// listRecord is a row of listBuilds.
func (b *buildRow) listRecord() record {
	r := record{
		"build_id": b.id, "completion_time": timeText(b.completed), "completion_ts": timeNumber(b.completed),
		"creation_event_id": b.event.id, "creation_time": timeText(b.event.at), "creation_ts": timeNumber(b.event.at),
		"draft": b.draft, "epoch": b.epoch, "extra": b.extraValue(), "name": b.pkg.name, "nvr": b.nvr(),
		"owner_id": b.owner.id, "owner_name": b.owner.name, "package_id": b.pkg.id, "package_name": b.pkg.name,
		"release": b.release, "source": b.source, "start_time": timeText(b.started), "start_ts": timeNumber(b.started),
		"state": b.state, "task_id": intOrNil(b.task), "version": b.version,
	}
	b.addCommon(r)
	return r
}

// build finds a build by id, NVR or struct.
func (h *Hub) build(info any, strict bool) (*buildRow, *fault) {
	var b *buildRow
	switch v := info.(type) {
	case string:
		if _, _, _, ok := splitNVR(v); !ok {
			return nil, generic("invalid format: %s", v)
		}
		b = h.buildByNVR[v]
	case map[string]any:
		if v["id"] != nil {
			return h.build(v["id"], strict)
		}
		if v["name"] == nil || v["version"] == nil || v["release"] == nil {
			return nil, generic("did not provide name, version, and release")
		}
		b = h.buildByNVR[pyText(v["name"])+"-"+pyText(v["version"])+"-"+pyText(v["release"])]
	default:
		n, ok := asInt(info)
		if !ok {
			return nil, generic("Invalid type for argument: %s", pyType(info))
		}
		b = h.builds.get(n)
	}
	if b == nil && strict {
		return nil, generic("No such build: %s", pyRepr(info))
	}
	return b, nil
}

func (h *Hub) btype(name string) *btypeRow {
	for _, t := range h.btypes.rows {
		if t.name == name {
			return t
		}
	}
	return nil
}

// newBuild says what a build starts as.
type newBuild struct {
	id                     int // 0 takes the next one
	name, version, release string
	epoch                  any
	owner                  *userRow
	task                   int
	state                  int
	source                 any
	extra                  any
	draft                  bool
	cg                     *cgRow
	started                time.Time
	strict                 bool // an existing failed build is not reused
}

// addBuild makes a build, or starts a failed or canceled one again.
func (c *call) addBuild(n newBuild) (*buildRow, *fault) {
	h := c.h
	p := h.packageByName[n.name]
	if p == nil {
		if _, f := checkInternalName(n.name); f != nil {
			return nil, f
		}
		p = c.addPackage(n.name)
	}
	if n.owner == nil {
		n.owner = c.user
	}
	if n.started.IsZero() {
		n.started = h.now
	}
	id := n.id
	if id == 0 {
		id = h.builds.next()
	}
	if n.draft {
		n.release = draftRelease(n.release, id)
	}
	nvr := n.name + "-" + n.version + "-" + n.release
	b := h.buildByNVR[nvr]
	if b != nil {
		if n.strict {
			return nil, generic("Existing build found: %s (id=%d, state=%s)", nvr, b.id, buildStates[b.state])
		}
		if b.state != buildFailed && b.state != buildCanceled || b.cg != n.cg {
			return nil, generic("Build already exists (id=%d, state=%s): %s", b.id, buildStates[b.state],
				pyRepr(record{"name": n.name, "version": n.version, "release": n.release, "epoch": n.epoch}))
		}
		id = b.id
	}
	c.event()
	next := buildRow{
		id: id, pkg: p, version: n.version, release: n.release, epoch: n.epoch, draft: n.draft, state: n.state,
		owner: n.owner, task: n.task, event: c.tx.event, started: n.started, source: n.source, extra: n.extra,
		cg: n.cg, types: map[string]record{},
	}
	if n.state == buildComplete {
		next.completed = h.now
	}
	if b != nil {
		next.event = b.event
		set(c.tx, b, next)
		return b, nil
	}
	b = &next
	h.builds.insert(c.tx, id, b)
	put(c.tx, h.buildByNVR, nvr, b)
	rows := h.packageBuilds[p.id]
	put(c.tx, h.packageBuilds, p.id, append(rows[:len(rows):len(rows)], b))
	return b, nil
}

func (c *call) setBuildState(b *buildRow, state int) {
	set(c.tx, &b.state, state)
	if state != buildBuilding {
		set(c.tx, &b.completed, c.h.now)
	}
}

func buildMethods(m map[string]handler) {
	m["getBuild"] = func(c *call) (any, *fault) {
		b, f := c.h.build(c.arg("buildInfo"), c.flag("strict"))
		if f != nil || b == nil {
			return nil, f
		}
		return b.record(), nil
	}
	m["findBuildID"] = func(c *call) (any, *fault) {
		b, f := c.h.build(c.arg("X"), c.flag("strict"))
		if f != nil || b == nil {
			return nil, f
		}
		return b.id, nil
	}
	m["getBuildType"] = (*call).getBuildType
	m["listBTypes"] = (*call).listBTypes
	m["getAverageBuildDuration"] = (*call).getAverageBuildDuration
	m["getNextRelease"] = (*call).getNextRelease
}

func (c *call) getBuildType() (any, *fault) {
	b, f := c.h.build(c.arg("buildInfo"), c.flag("strict"))
	if f != nil || b == nil {
		return nil, f
	}
	r := record{}
	for name, info := range b.types {
		if r[name] = nil; info != nil {
			r[name] = info
		}
	}
	return r, nil
}

func (c *call) listBTypes() (any, *fault) {
	rows := []record{}
	query := c.structArg("query")
	for _, t := range c.h.btypes.rows {
		if id, ok := asInt(query["id"]); ok && id != t.id {
			continue
		}
		if name, ok := query["name"].(string); ok && name != t.name {
			continue
		}
		rows = append(rows, record{"id": t.id, "name": t.name})
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

func (c *call) getAverageBuildDuration() (any, *fault) {
	p, f := c.h.pkg(c.arg("package"))
	if f != nil || p == nil {
		return nil, f
	}
	months, limited := asInt(c.arg("age"))
	var sum time.Duration
	n := 0
	for _, b := range c.h.packageBuilds[p.id] {
		if b.state != buildComplete || b.task == 0 || limited && b.completed.Before(c.h.now.AddDate(0, -months, 0)) {
			continue
		}
		sum += b.completed.Sub(b.started)
		n++
	}
	if n == 0 {
		return nil, nil
	}
	return (sum / time.Duration(n)).Seconds(), nil
}

func (c *call) getNextRelease() (any, *fault) {
	info := c.structArg("build_info")
	name, version := pyTextOr(info["name"]), pyTextOr(info["version"])
	by, _ := asInt(c.arg("incr"))
	p := c.h.packageByName[name]
	if p == nil {
		return "1", nil
	}
	var last *buildRow
	for _, b := range c.h.packageBuilds[p.id] {
		if b.version == version && b.state != buildFailed && b.state != buildCanceled && !b.draft &&
			(last == nil || b.id > last.id) {
			last = b
		}
	}
	if last == nil {
		return "1", nil
	}
	next, ok := nextRelease(last.release, by)
	if !ok {
		return nil, faultf(codeBuild, "Unable to increment release: %s", last.release)
	}
	return next, nil
}
