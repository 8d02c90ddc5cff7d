// SPDX-License-Identifier: MIT

package kojitest

import (
	"slices"
	"time"
)

type requestRow struct {
	id       int
	tag      *tagRow
	least    int // min_event; 0 for none
	exact    int // at_event; 0 for none
	opts     record
	priority int
	owner    *userRow
	active   bool
	repo     *repoRow
	task     *taskRow
	created  time.Time
	updated  time.Time
	tries    int
}

func (q *requestRow) serves(r *repoRow) bool {
	if r.tag != q.tag || r.dist {
		return false
	}
	if q.exact != 0 {
		return r.event.id == q.exact
	}
	return r.event.id >= q.least && q.fits(r)
}

// fits reports whether a repo was made with the options asked for; options
// not asked for don't matter.
func (q *requestRow) fits(r *repoRow) bool {
	for k, v := range q.opts {
		if r.opts[k] != truth(v) {
			return false
		}
	}
	return len(q.opts) > 0 || len(r.custom) == 0
}

func (q *requestRow) record() record {
	v := record{
		"active": q.active, "at_event": intOrNil(q.exact), "create_time": timeText(q.created),
		"create_ts": timeNumber(q.created), "id": q.id, "min_event": intOrNil(q.least), "opts": q.opts,
		"owner": q.owner.id, "owner_name": q.owner.name, "priority": q.priority, "repo_id": nil, "tag_id": q.tag.id,
		"tag_name": q.tag.name, "task_id": nil, "task_state": nil, "tries": q.tries,
		"update_time": timeText(q.updated), "update_ts": timeNumber(q.updated),
	}
	if q.repo != nil {
		v["repo_id"] = q.repo.id
	}
	if q.task != nil {
		v["task_id"], v["task_state"] = q.task.id, q.task.state
	}
	return v
}

func repoRequestMethods(m map[string]handler) {
	m["repo.request"] = (*call).repoRequest
	m["repo.checkRequest"] = (*call).repoCheckRequest
	m["repo.get"] = (*call).repoGet
	m["repo.query"] = (*call).repoQuery
	m["repo.queryQueue"] = (*call).repoQueryQueue
	m["repo.setRequestPriority"] = (*call).repoSetRequestPriority
}

// lag is how old a repo may be when a request names no event.
const (
	lag       = time.Hour
	lagWindow = 10 * time.Minute
)

func (c *call) repoRequest() (any, *fault) {
	h := c.h
	if f := c.login(); f != nil {
		return nil, f
	}
	t, f := h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	q := &requestRow{tag: t, priority: defaultPriority, owner: c.user, active: true, created: h.now, updated: h.now, opts: record{}}
	for k, v := range c.structArg("opts") {
		if !slices.Contains([]string{"src", "debuginfo", "separate_src", "maven"}, k) {
			return nil, parameter("Invalid repo option: %s", k)
		}
		q.opts[k] = v
	}
	if n, ok, f := c.number("priority"); f != nil {
		return nil, f
	} else if ok {
		if n < 0 && !c.isAdmin() {
			return nil, notAllowed("only admins may create high-priority requests")
		}
		q.priority += n
	}
	if q.exact, _, f = c.number("at_event"); f != nil {
		return nil, f
	}
	last := h.lastChange(t, 0, true)
	switch v := c.arg("min_event"); {
	case q.exact != 0 && v != nil:
		return nil, parameter("The min_event and at_event options conflict")
	case q.exact != 0:
	case v == "last":
		q.least = last
	case v == nil:
		q.least = min(last, h.laggedEvent(last))
	default:
		n, ok := asInt(v)
		if !ok || h.events.get(n) == nil {
			return nil, parameter("Invalid event: %s", pyRepr(v))
		}
		q.least = n
	}
	if !c.flag("force") {
		for _, r := range slices.Backward(h.repos.rows) {
			if r.state == repoReady && q.serves(r) {
				return record{"repo": r.record(h), "request": nil, "duplicate": false}, nil
			}
		}
		for _, old := range h.requests.rows {
			if old.active && old.tag == t && old.least >= q.least && old.exact == q.exact && sameOpts(old.opts, q.opts) {
				return record{"repo": nil, "request": old.record(), "duplicate": true}, nil
			}
		}
	}
	q.id = h.requests.next()
	h.requests.insert(c.tx, q.id, q)
	if !h.seed.Builder.Manual {
		h.after(c, 0, func(c *call) { h.serve1(c, q) })
	}
	return record{"repo": nil, "request": q.record(), "duplicate": false}, nil
}

// laggedEvent is the last event before the hub's lag, in its windows.
func (h *Hub) laggedEvent(fallback int) int {
	base := h.now.Add(-lag).Truncate(lagWindow)
	for _, e := range slices.Backward(h.events.rows) {
		if e.at.Before(base) {
			return e.id
		}
	}
	return fallback
}

// serve1 makes the newRepo task of a request, unless one is on its way.
func (h *Hub) serve1(c *call, q *requestRow) {
	if !q.active {
		return
	}
	next := *q
	next.updated, next.tries = h.now, q.tries+1
	if q.exact != 0 || len(q.opts) > 0 {
		named := record{}
		if q.exact != 0 {
			named["event"] = q.exact
		}
		if len(q.opts) > 0 {
			for k, v := range q.opts {
				named[k] = v
			}
		}
		next.task = c.repoTask(q.tag, named, c.daemon())
	} else {
		next.task = h.ensureRepo(c, q.tag, q.least)
	}
	set(c.tx, q, next)
}

func sameOpts(a, b record) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if truth(v) != truth(b[k]) {
			return false
		}
	}
	return true
}

func (c *call) repoCheckRequest() (any, *fault) {
	n, _, f := c.number("req_id")
	if f != nil {
		return nil, f
	}
	q := c.h.requests.get(n)
	if q == nil {
		return nil, generic("query returned no rows")
	}
	r := record{"request": q.record(), "repo": nil}
	if q.repo != nil {
		r["repo"] = q.repo.record(c.h)
	}
	if q.task != nil {
		r["task"] = record{"id": q.task.id, "state": q.task.state}
	}
	return r, nil
}

func (c *call) repoGet() (any, *fault) {
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	least, _, f := c.number("min_event")
	if f != nil {
		return nil, f
	}
	exact, _, f := c.number("at_event")
	if f != nil {
		return nil, f
	}
	q := requestRow{tag: t, least: least, exact: exact, opts: c.structArg("opts")}
	for _, r := range slices.Backward(c.h.repos.rows) {
		if r.state == repoReady && q.serves(r) {
			return r.record(c.h), nil
		}
	}
	return nil, nil
}

func (c *call) repoQuery() (any, *fault) {
	rows := []record{}
	for _, r := range c.h.repos.rows {
		rows = append(rows, r.record(c.h))
	}
	return queryView(rows, c.arg("clauses"), c.arg("fields"), c.structArg("opts"), repoFields)
}

func (c *call) repoQueryQueue() (any, *fault) {
	rows := []record{}
	for _, q := range c.h.requests.rows {
		rows = append(rows, q.record())
	}
	return queryView(rows, c.arg("clauses"), c.arg("fields"), c.structArg("opts"), queueFields)
}

var (
	repoFields = []string{
		"id", "tag_id", "tag_name", "create_event", "create_ts", "creation_ts", "state_ts", "state", "dist", "opts",
		"task_id", "begin_event", "end_event", "custom_opts",
	}
	queueFields = []string{
		"id", "tag_id", "at_event", "min_event", "create_ts", "update_ts", "opts", "repo_id", "active", "task_id", "tries",
	}
)

func (c *call) repoSetRequestPriority() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	n, _, f := c.number("req_id")
	if f != nil {
		return nil, f
	}
	q := c.h.requests.get(n)
	if q == nil {
		return nil, generic("query returned no rows")
	}
	p, _, f := c.number("priority")
	if f != nil {
		return nil, f
	}
	set(c.tx, &q.priority, p)
	return nil, nil
}

// queryView answers a query with clauses, fields and opts, as the newer parts
// of the API have them.
func queryView(rows []record, clauses, fields any, opts record, usual []string) (any, *fault) {
	list, _ := clauses.([]any)
	var out []record
	for _, r := range rows {
		ok := true
		for _, cl := range list {
			hit, f := clauseHolds(r, cl)
			if f != nil {
				return nil, f
			}
			ok = ok && hit
		}
		if ok {
			out = append(out, r)
		}
	}
	names := usual
	if want, ok := fields.([]any); ok {
		names = nil
		for _, n := range want {
			names = append(names, pyText(n))
		}
	}
	all := fields == "*" || fields == "**"
	if truth(opts["countOnly"]) {
		return applyQuery(out, opts, "id")
	}
	v, f := applyQuery(out, opts, "id")
	if f != nil || all {
		return v, f
	}
	sorted := v.([]any)
	for i, r := range sorted {
		one := record{}
		for _, n := range names {
			value, ok := r.(record)[n]
			if !ok {
				return nil, parameter("Invalid field for query: %s", n)
			}
			one[n] = value
		}
		sorted[i] = one
	}
	return sorted, nil
}

// clauseHolds tests [field, op, value], [field, value] or a list of values.
func clauseHolds(r record, clause any) (bool, *fault) {
	cl, ok := clause.([]any)
	if !ok || len(cl) < 2 || len(cl) > 3 {
		return false, parameter("Invalid clause: %s", pyRepr(clause))
	}
	field, op, want := pyText(cl[0]), "=", cl[len(cl)-1]
	if len(cl) == 3 {
		op = pyText(cl[1])
	}
	has, known := r[field]
	if !known {
		return false, parameter("Invalid field for query: %s", field)
	}
	list, isList := want.([]any)
	in := func() bool { return slices.ContainsFunc(list, func(e any) bool { return equal(e, has) }) }
	switch op {
	case "=":
		return equalValue(has, want), nil
	case "!=":
		return has != nil && !equalValue(has, want), nil
	case "IN", "in":
		return isList && in(), nil
	case "!IN", "!in":
		return isList && !in(), nil
	case "IS", "is":
		return has == nil && want == nil, nil
	case "IS NOT", "is not":
		return has != nil, nil
	case "<", ">", "<=", ">=":
		if has == nil || want == nil {
			return false, nil
		}
		d := compareValues(has, want)
		return op == "<" && d < 0 || op == ">" && d > 0 || op == "<=" && d <= 0 || op == ">=" && d >= 0, nil
	}
	return false, parameter("Invalid operator: %s", op)
}

func equalValue(has, want any) bool {
	if b, ok := has.(bool); ok {
		return b == truth(want)
	}
	return equal(has, want)
}
