// SPDX-License-Identifier: MIT

package kojitest

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

type hostRow struct {
	id       int
	name     string
	user     *userRow
	arches   string
	capacity float64
	comment  any
	describe any
	enabled  bool
	ready    bool
	load     float64
	updated  time.Time
	channels []int
	data     record
}

type channelRow struct {
	id       int
	name     string
	describe any
	comment  any
	enabled  bool
}

func (h *Hub) host(info any) *hostRow {
	if m, ok := info.(map[string]any); ok {
		info = m["id"]
	}
	for _, o := range h.hosts.rows {
		if info == o.name || equal(info, o.id) {
			return o
		}
	}
	return nil
}

func (h *Hub) channel(info any) *channelRow {
	if m, ok := info.(map[string]any); ok {
		info = m["id"]
	}
	for _, ch := range h.channels.rows {
		if info == ch.name || equal(info, ch.id) {
			return ch
		}
	}
	return nil
}

// channelFor is the channel of a new task.
func (h *Hub) channelFor(method string, wish any) int {
	if wish != nil {
		if ch := h.channel(wish); ch != nil {
			return ch.id
		}
	}
	name := "default"
	switch method {
	case "newRepo", "createrepo", "distRepo", "createdistrepo", "waitrepo":
		name = "createrepo"
	case "maven", "buildMaven", "chainmaven", "wrapperRPM":
		name = "maven"
	case "winbuild", "vmExec":
		name = "vm"
	case "image", "createImage", "indirectionimage", "kiwiBuild":
		name = "image"
	case "livecd", "appliance", "livemedia":
		name = method
	}
	if ch := h.channel(name); ch != nil {
		return ch.id
	}
	return 1
}

func (o *hostRow) record() record {
	return record{
		"arches": o.arches, "capacity": o.capacity, "comment": o.comment, "description": o.describe,
		"enabled": o.enabled, "id": o.id, "name": o.name, "ready": o.ready, "task_load": o.load,
		"update_ts": timeNumber(o.updated), "user_id": o.user.id,
	}
}

func (ch *channelRow) record() record {
	return record{"id": ch.id, "name": ch.name, "description": ch.describe, "comment": ch.comment, "enabled": ch.enabled}
}

func hostMethods(m map[string]handler) {
	m["listHosts"] = (*call).listHosts
	m["getHost"] = (*call).getHost
	m["listChannels"] = (*call).listChannels
	m["getChannel"] = (*call).getChannel
	m["getLastHostUpdate"] = (*call).getLastHostUpdate
	m["getAllArches"] = (*call).getAllArches
}

func (c *call) listHosts() (any, *fault) {
	rows := []record{}
	var channel *channelRow
	if info := c.arg("channelID"); info != nil {
		if channel = c.h.channel(info); channel == nil {
			return nil, generic("Invalid channel: %s", pyText(info))
		}
	}
	arches, _ := c.arg("arches").([]any)
	if s, ok := c.arg("arches").(string); ok {
		arches = []any{s}
	}
	for _, o := range c.h.hosts.rows {
		if channel != nil && !slices.Contains(o.channels, channel.id) ||
			c.arg("ready") != nil && c.flag("ready") != o.ready ||
			c.arg("enabled") != nil && c.flag("enabled") != o.enabled {
			continue
		}
		if u := c.arg("userID"); u != nil && !equal(u, o.user.id) && u != o.user.name {
			continue
		}
		if len(arches) > 0 && !slices.ContainsFunc(arches, func(a any) bool {
			return slices.Contains(strings.Fields(o.arches), pyText(a))
		}) {
			continue
		}
		rows = append(rows, o.record())
	}
	return applyQuery(rows, c.structArg("queryOpts"), "id")
}

func (c *call) getHost() (any, *fault) {
	o := c.h.host(c.arg("hostInfo"))
	if o == nil {
		if c.flag("strict") {
			return nil, generic("Invalid hostInfo: %s", pyText(c.arg("hostInfo")))
		}
		return nil, nil
	}
	return o.record(), nil
}

func (c *call) listChannels() (any, *fault) {
	rows := []any{}
	var host *hostRow
	if info := c.arg("hostID"); info != nil {
		host = c.h.host(info)
	}
	for _, ch := range c.h.channels.rows {
		if host != nil && !slices.Contains(host.channels, ch.id) ||
			c.arg("enabled") != nil && c.flag("enabled") != ch.enabled {
			continue
		}
		rows = append(rows, ch.record())
	}
	return rows, nil
}

func (c *call) getChannel() (any, *fault) {
	ch := c.h.channel(c.arg("channelInfo"))
	if ch == nil {
		if c.flag("strict") {
			return nil, generic("Invalid channelInfo: %s", pyText(c.arg("channelInfo")))
		}
		return nil, nil
	}
	return ch.record(), nil
}

func (c *call) getLastHostUpdate() (any, *fault) {
	id, ok := c.arg("hostID").(string)
	if ok {
		return nil, pythonError("psycopg2.errors.InvalidTextRepresentation", "invalid input syntax for type integer: \"%s\"", id)
	}
	o := c.h.host(c.arg("hostID"))
	if o == nil {
		return nil, nil
	}
	if c.flag("ts") {
		return timeNumber(o.updated), nil
	}
	return timeText(o.updated), nil
}

func (c *call) getAllArches() (any, *fault) {
	seen := map[string]bool{}
	for _, o := range c.h.hosts.rows {
		for a := range strings.FieldsSeq(o.arches) {
			seen[a] = true
		}
	}
	return texts(sortedKeys(seen)), nil
}

// matcher is a search's way of comparing names.
func matcher(terms, kind string) (func(string) bool, *fault) {
	switch kind {
	case "glob":
		return func(name string) bool { return globMatch(terms, name) }, nil
	case "regexp":
		re, err := regexp.Compile(terms)
		if err != nil {
			return nil, pythonError("psycopg2.errors.InvalidRegularExpression", "invalid regular expression: %s", terms)
		}
		return re.MatchString, nil
	}
	return func(name string) bool { return name == terms }, nil
}
