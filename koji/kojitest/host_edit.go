// SPDX-License-Identifier: MIT

package kojitest

import (
	"slices"
	"strings"
)

func hostEditMethods(m map[string]handler) {
	m["addHost"] = (*call).addHostCall
	m["editHost"] = (*call).editHost
	m["enableHost"] = func(c *call) (any, *fault) { return c.switchHost(true) }
	m["disableHost"] = func(c *call) (any, *fault) { return c.switchHost(false) }
	m["addChannel"] = (*call).addChannelCall
	m["editChannel"] = (*call).editChannel
	m["renameChannel"] = (*call).renameChannel
	m["enableChannel"] = func(c *call) (any, *fault) { return c.switchChannel(true) }
	m["disableChannel"] = func(c *call) (any, *fault) { return c.switchChannel(false) }
	m["addHostToChannel"] = (*call).addHostToChannel
	m["removeHostFromChannel"] = (*call).removeHostFromChannel
	m["scheduler.getHostData"] = (*call).schedulerHostData
	m["scheduler.getTaskRuns"] = (*call).schedulerTaskRuns
	m["scheduler.getLogMessages"] = (*call).schedulerLog
}

// joined is what the hub makes of a list of arches; a text is taken letter by
// letter, as the hub does.
func joined(v any) string {
	if s, ok := v.(string); ok {
		return strings.Join(strings.Split(s, ""), " ")
	}
	list, _ := v.([]any)
	words := make([]string, len(list))
	for i, e := range list {
		words[i] = pyText(e)
	}
	return strings.Join(words, " ")
}

func (c *call) addHostCall() (any, *fault) {
	if f := c.perm("host"); f != nil {
		return nil, f
	}
	name, f := checkName(c.arg("hostname"), userName, "RegexUserName")
	if f != nil {
		return nil, f
	}
	if c.h.host(name) != nil {
		return nil, generic("host already exists: %s", name)
	}
	u := c.h.userByName[name]
	if u != nil && !c.flag("force") {
		return nil, generic("user %s already exists", name)
	}
	if u == nil {
		u = c.addUser(name, kindHost)
	} else {
		set(c.tx, &u.kind, kindHost)
	}
	if p, ok := c.arg("krb_principal").(string); ok && p != "" {
		push(c.tx, &u.principals, p)
	}
	o := &hostRow{
		id: c.h.hosts.next(), name: name, user: u, arches: joined(c.arg("arches")), capacity: 2, enabled: true, channels: []int{1},
	}
	c.h.hosts.insert(c.tx, o.id, o)
	return o.id, nil
}

func (c *call) hostArg(param string) (*hostRow, *fault) {
	if f := c.perm("host"); f != nil {
		return nil, f
	}
	o := c.h.host(c.arg(param))
	if o == nil {
		return nil, generic("No such host: %s", pyText(c.arg(param)))
	}
	return o, nil
}

func (c *call) editHost() (any, *fault) {
	o, f := c.hostArg("hostInfo")
	if f != nil {
		return nil, f
	}
	next, changed := *o, false
	for _, key := range sortedKeys(c.kw) {
		v := c.kw[key]
		switch key {
		case "arches":
			s := pyTextOr(v)
			changed, next.arches = changed || s != o.arches, s
		case "capacity":
			changed, next.capacity = changed || number(v) != o.capacity, number(v)
		case "description":
			changed, next.describe = changed || v != o.describe, v
		case "comment":
			changed, next.comment = changed || v != o.comment, v
		case "user":
		default:
			return nil, generic("Invalid host option: %s", key)
		}
	}
	if changed {
		set(c.tx, o, next)
	}
	return changed, nil
}

func (c *call) switchHost(on bool) (any, *fault) {
	o, f := c.hostArg("hostname")
	if f != nil {
		return nil, f
	}
	set(c.tx, &o.enabled, on)
	return nil, nil
}

func (c *call) addChannelCall() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("channel_name"))
	if f != nil {
		return nil, f
	}
	if ch := c.h.channel(name); ch != nil {
		return nil, generic("channel %s already exists (id=%d)", name, ch.id)
	}
	return c.newChannel(name, c.arg("description")).id, nil
}

func (c *call) newChannel(name string, describe any) *channelRow {
	ch := &channelRow{id: c.h.channels.next(), name: name, describe: describe, enabled: true}
	c.h.channels.insert(c.tx, ch.id, ch)
	return ch
}

func (c *call) channelArg(perm, param string) (*channelRow, *fault) {
	if f := c.perm(perm); f != nil {
		return nil, f
	}
	ch := c.h.channel(c.arg(param))
	if ch == nil {
		return nil, generic("No such channel: %s", pyText(c.arg(param)))
	}
	return ch, nil
}

func (c *call) editChannel() (any, *fault) {
	ch, f := c.channelArg("admin", "channelInfo")
	if f != nil {
		return nil, f
	}
	next := *ch
	for _, key := range sortedKeys(c.kw) {
		switch v := c.kw[key]; key {
		case "name":
			name, f := checkInternalName(v)
			if f != nil {
				return nil, f
			}
			if other := c.h.channel(name); other != nil && other != ch {
				return nil, generic("channel %s already exists (id=%d)", name, other.id)
			}
			next.name = name
		case "description":
			next.describe = v
		case "comment":
			next.comment = v
		default:
			return nil, generic("Invalid channel option: %s", key)
		}
	}
	if next == *ch {
		return false, nil
	}
	set(c.tx, ch, next)
	return true, nil
}

func (c *call) renameChannel() (any, *fault) {
	ch, f := c.channelArg("admin", "old")
	if f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("new"))
	if f != nil {
		return nil, f
	}
	set(c.tx, &ch.name, name)
	return nil, nil
}

func (c *call) switchChannel(on bool) (any, *fault) {
	ch, f := c.channelArg("host", "channelname")
	if f != nil {
		return nil, f
	}
	next := *ch
	next.enabled = on
	if v := c.arg("comment"); v != nil {
		next.comment = v
	}
	set(c.tx, ch, next)
	return nil, nil
}

func (c *call) addHostToChannel() (any, *fault) {
	o, f := c.hostArg("hostname")
	if f != nil {
		return nil, f
	}
	ch := c.h.channel(c.arg("channel_name"))
	if ch == nil {
		if !c.flag("create") {
			return nil, generic("channel does not exist: %s", pyText(c.arg("channel_name")))
		}
		ch = c.newChannel(pyText(c.arg("channel_name")), nil)
	}
	if slices.Contains(o.channels, ch.id) {
		return nil, generic("host %s is already subscribed to the %s channel", o.name, ch.name)
	}
	push(c.tx, &o.channels, ch.id)
	return nil, nil
}

func (c *call) removeHostFromChannel() (any, *fault) {
	o, f := c.hostArg("hostname")
	if f != nil {
		return nil, f
	}
	ch := c.h.channel(c.arg("channel_name"))
	if ch == nil || !slices.Contains(o.channels, ch.id) {
		return nil, generic("host %s is not subscribed to the %s channel", o.name, pyText(c.arg("channel_name")))
	}
	set(c.tx, &o.channels, slices.DeleteFunc(slices.Clone(o.channels), func(n int) bool { return n == ch.id }))
	return nil, nil
}

func (c *call) schedulerHostData() (any, *fault) {
	rows := []any{}
	for _, o := range c.h.hosts.rows {
		if id := c.arg("hostID"); o.data != nil && (id == nil || equal(id, o.id)) {
			rows = append(rows, record{"host_id": o.id, "data": o.data})
		}
	}
	return rows, nil
}

func (c *call) schedulerTaskRuns() (any, *fault) {
	rows := []record{}
	for _, r := range c.h.runs.rows {
		rows = append(rows, record{
			"id": r.id, "task_id": r.task.id, "host_id": r.host, "active": r.active, "create_ts": timeNumber(r.at),
		})
	}
	return queryView(rows, c.arg("clauses"), c.arg("fields"), c.structArg("opts"),
		[]string{"id", "task_id", "host_id", "active", "create_ts"})
}

func (c *call) schedulerLog() (any, *fault) {
	rows := []record{}
	for _, r := range c.h.runs.rows {
		rows = append(rows, record{
			"id": r.id, "task_id": r.task.id, "host_id": r.host, "msg": "Assigning task", "msg_ts": timeNumber(r.at),
		})
	}
	return queryView(rows, c.arg("clauses"), c.arg("fields"), c.structArg("opts"),
		[]string{"id", "task_id", "host_id", "msg", "msg_ts"})
}
