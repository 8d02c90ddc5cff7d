// SPDX-License-Identifier: MIT

package kojitest

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// listTasks knows these filters; others are ignored without a word, as the
// hub does.
func (c *call) listTasks() (any, *fault) {
	opts, query := c.structArg("opts"), c.structArg("queryOpts")
	for _, key := range []string{"arch", "not_arch", "state", "not_state"} {
		v := opts[key]
		if _, ok := v.([]any); v != nil && !ok {
			return nil, pythonError("psycopg2.errors.SyntaxError", "syntax error at or near \"%s\"", pyText(v))
		}
	}
	var rows []record
	count := truth(query["countOnly"])
	for _, t := range c.h.tasks.rows {
		ok, f := c.taskWanted(t, opts)
		if f != nil {
			return nil, f
		}
		if !ok {
			continue
		}
		if count {
			rows = append(rows, record{"id": t.id})
			continue
		}
		rows = append(rows, t.listRecord(truth(opts["decode"])))
	}
	return applyQuery(rows, query, "id")
}

func (t *taskRow) listRecord(decode bool) record {
	r := t.record(false)
	r["owner_name"], r["owner_type"] = t.owner.name, t.owner.kind
	var result any
	switch {
	case t.fault != nil:
		result = t.faultRecord()
	case t.state == taskClosed:
		result = t.result
	}
	if decode {
		r["request"], r["result"] = t.request, result
		return r
	}
	r["request"], r["result"] = nil, nil
	r["request"] = t.requestText()
	switch {
	case t.fault != nil:
		r["result"] = string(xmlrpc.EncodeFault(xmlrpc.FaultError{Code: t.fault.code, String: t.fault.text}))
	case t.state == taskClosed:
		if text, err := xmlrpc.EncodeResponse(t.result); err == nil {
			r["result"] = string(text)
		}
	}
	return r
}

// requestText is the request as the hub stores it: a call in XML.
func (t *taskRow) requestText() any {
	text := []byte("<?xml version='1.0'?>\n<methodCall>\n<methodName>" + t.method + "</methodName>\n<params>\n")
	for _, v := range t.request {
		var err error
		if text, err = xmlrpc.AppendValue(append(text, "<param>\n"...), v); err != nil {
			return nil
		}
		text = append(text, "</param>\n"...)
	}
	return string(text) + "</params>\n</methodCall>\n"
}

func (c *call) taskWanted(t *taskRow, opts record) (bool, *fault) {
	in := func(key string, has any) bool {
		want, ok := opts[key]
		if !ok {
			return true
		}
		list, isList := want.([]any)
		if !isList {
			return equal(want, has)
		}
		return slices.ContainsFunc(list, func(e any) bool { return equal(e, has) })
	}
	var parent any
	if t.parent != nil {
		parent = t.parent.id
	}
	columns := []struct {
		key string
		has any
	}{
		{"state", t.state}, {"arch", t.arch}, {"method", t.method}, {"host_id", intOrNil(t.host)},
		{"channel_id", t.channel}, {"parent", parent},
	}
	for _, col := range columns {
		if !in(col.key, col.has) {
			return false, nil
		}
		if _, ok := opts["not_"+col.key]; ok && in("not_"+col.key, col.has) {
			return false, nil
		}
	}
	for _, key := range []string{"owner", "not_owner"} {
		want, ok := opts[key]
		if !ok {
			continue
		}
		list, isList := want.([]any)
		if !isList {
			list = []any{want}
		}
		hit := slices.ContainsFunc(list, func(e any) bool { return equal(e, t.owner.id) || e == t.owner.name })
		if hit == (key == "not_owner") {
			return false, nil
		}
	}
	times := map[string]time.Time{"created": t.created, "started": t.started, "complete": t.completed, "completed": t.completed}
	for _, name := range sortedKeys(times) {
		for _, side := range []string{"Before", "After"} {
			want, ok := opts[name+side]
			if !ok || want == nil {
				continue
			}
			limit, f := parseTime(want)
			if f != nil {
				return false, f
			}
			at := times[name]
			if at.IsZero() || side == "Before" && !at.Before(limit) || side == "After" && !at.After(limit) {
				return false, nil
			}
		}
	}
	return true, nil
}

// equal compares values of the wire.
func equal(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if s, ok := a.(string); ok {
		return s == b
	}
	if _, ok := b.(string); ok {
		return false
	}
	return number(a) == number(b)
}

func (c *call) listTaskOutput() (any, *fault) {
	n, _ := asInt(c.arg("taskID"))
	t := c.h.tasks.get(n)
	if t == nil && c.flag("strict") {
		return nil, generic("No such task: %s", pyText(c.arg("taskID")))
	}
	var names []string
	if t != nil {
		names = t.names
	}
	stat, volumes := c.flag("stat"), c.flag("all_volumes")
	if !stat && !volumes {
		return texts(names), nil
	}
	r := record{}
	for _, name := range names {
		at := timeNumber(t.outputTime(c.h))
		info := record{"st_size": pyText(len(t.output[name])), "st_mtime": at, "st_atime": at, "st_ctime": at}
		switch {
		case stat && volumes:
			r[name] = record{"DEFAULT": info}
		case stat:
			r[name] = info
		default:
			r[name] = []any{"DEFAULT"}
		}
	}
	return r, nil
}

func (t *taskRow) outputTime(h *Hub) time.Time {
	if t.completed.IsZero() {
		return h.now
	}
	return t.completed
}

func (c *call) downloadTaskOutput() (any, *fault) {
	name, f := c.text("fileName")
	if f != nil {
		return nil, f
	}
	if slices.Contains(strings.Split(name, "/"), "..") {
		return nil, generic("Invalid file name: %s", name)
	}
	n, _ := asInt(c.arg("taskID"))
	t := c.h.tasks.get(n)
	if t == nil || t.output[name] == nil {
		return nil, generic("no file \"%s\" output by task %s", name, pyText(c.arg("taskID")))
	}
	data := t.output[name]
	at, _, f := c.number("offset")
	if f != nil {
		return nil, f
	}
	size, _, f := c.number("size")
	if f != nil {
		return nil, f
	}
	if at < 0 {
		at = max(0, len(data)+at)
	}
	data = data[min(at, len(data)):]
	if size >= 0 {
		data = data[:min(size, len(data))]
	}
	return base64.StdEncoding.EncodeToString(data), nil
}

// write appends to a file that the task puts out.
func (c *call) write(t *taskRow, name, text string) {
	if t.output == nil {
		t.output = map[string][]byte{}
	}
	if t.output[name] == nil {
		push(c.tx, &t.names, name)
	}
	put(c.tx, t.output, name, append(slices.Clip(t.output[name]), text...))
}
