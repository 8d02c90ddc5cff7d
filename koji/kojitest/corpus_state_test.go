// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// A player replays recordings on a hub whose first state is made of what the
// recordings tell about the time before their first write.
type player struct {
	t        *testing.T
	hub      *kojitest.Hub
	know     *knowledge
	admin    *caller
	sessions map[string]*caller       // by recorded key
	ids      map[string]map[int64]any // ids that writes gave: kind, recorded id
	users    map[string]string        // who is behind a recorded key
	foreign  map[string]bool          // sessions that began where a replay can't
	made     map[string]bool          // names that recorded writes made
}

func newPlayer(t *testing.T, all []*situation) *player {
	k := learnAll(all)
	p := &player{
		t: t, know: k, hub: kojitest.NewHub(k.seed()), sessions: map[string]*caller{},
		ids: map[string]map[int64]any{}, users: map[string]string{}, foreign: map[string]bool{},
		made: map[string]bool{},
	}
	for _, s := range all {
		if who := k.behind(s); who != "" && p.users[s.session()] == "" {
			p.users[s.session()] = who
		}
	}
	p.admin = &caller{t: t, hub: p.hub}
	p.admin.login(k.first, k.password(k.first))
	k.build(p)
	return p
}

// sessionFor is the replay's session for a recorded key.
func (p *player) sessionFor(key string, s *situation) *caller {
	if c := p.sessions[key]; c != nil {
		return c
	}
	who := p.know.who(p, s)
	c := &caller{t: p.t, hub: p.hub}
	if s.fault != nil && s.fault.Code == 1002 && strings.HasPrefix(s.fault.String, "Invalid session") {
		c.session, c.key = "1", "1-no-such-key" // a session that was over before
		return c
	}
	c.login(who, p.know.password(who))
	p.sessions[key] = c
	return c
}

var (
	needsPerm  = regexp.MustCompile(`^(\S+) permission required \(logged in as (\S+)\)$`)
	isCanceled = regexp.MustCompile(`^Task (\d+) is canceled$`)
)

// prepare brings the hub into the condition that an answer speaks of: out of
// service, a session that expired or was closed or is locked out by another,
// a task that was canceled or assigned.
func (p *player) prepare(s *situation) {
	p.hub.SetOffline("")
	p.hub.SetLockOut(false)
	if f := s.fault; f != nil {
		canceled := isCanceled.FindStringSubmatch(f.String)
		switch {
		case f.Code == 1014 && f.String == "Server disabled for maintenance":
			p.hub.SetLockOut(true)
		case f.Code == 1014:
			p.hub.SetOffline(f.String)
		case f.Code == 1007:
			p.hub.Fail(s.method, kojitest.Expire())
		case f.Code == 1006:
			mine := p.sessionFor(s.session(), s)
			other := &caller{t: p.t, hub: p.hub}
			other.login(p.know.who(p, s), p.know.password(p.know.who(p, s)))
			if v, err := mine.bare().call("getSessionInfo"); err == nil && v != nil {
				other.call("exclusiveSession")
			}
		case f.Code == 1002 && strings.HasPrefix(f.String, "Invalid session") && p.sessions[s.session()] != nil:
			p.sessions[s.session()].bare().call("logout")
		case canceled != nil:
			for _, id := range digits.FindAllString(f.String, 1) {
				p.try("cancelTask", p.taskID(id), false)
			}
		}
	}
	if m, ok := s.answer.(row); ok && has(m, "channel_id", "weight", "host_id") && num(m["state"]) == 4 {
		p.try("assignTask", p.taskID(toText(m["id"])), m["host_id"])
	}
	if m, ok := s.answer.(row); ok && has(m, "state_ts", "dist", "create_event") && num(m["state"]) == 2 {
		p.try("repoExpire", m["id"])
	}
	if strings.HasPrefix(s.method, "host.") && s.fault == nil {
		p.sessionFor(s.session(), s).bare().call("exclusiveSession", true)
	}
}

// bare is the same session without a call number.
func (c *caller) bare() *caller { return &caller{t: c.t, hub: c.hub, session: c.session, key: c.key} }

// taskID is the replay's id of a recorded task.
func (p *player) taskID(recorded string) any {
	n, _ := strconv.ParseInt(recorded, 10, 64)
	if mine := p.ids["task"][n]; mine != nil {
		return mine
	}
	return n
}

// who is the user behind the session of a situation.
func (k *knowledge) who(p *player, s *situation) string {
	if who := p.users[s.session()]; who != "" {
		return who
	}
	return k.first
}

// learn keeps the session or the ids that a replayed write gave.
func (p *player) learn(s *situation, got answer) {
	recorded, _ := s.answer.(map[string]any)
	mine, _ := got.answer.(map[string]any)
	if key, ok := recorded["session-key"].(string); ok && mine["session-key"] != nil {
		p.sessions[key] = &caller{t: p.t, hub: p.hub, session: toText(mine["session-id"]), key: mine["session-key"].(string)}
		return
	}
	if s.fault == nil && got.fault == nil && s.session() != "" {
		for _, v := range s.params {
			if text, ok := v.(string); ok && makes.MatchString(s.method) {
				p.made[text] = true
			}
		}
	}
	if n, ok := s.answer.(int64); ok && got.answer != nil {
		for _, kind := range kindsMade(s.method) {
			p.keep(kind, n, got.answer)
		}
	}
	if n, ok := recorded["build_id"].(int64); ok && mine["build_id"] != nil {
		p.keep("build", n, mine["build_id"])
	}
	for _, key := range []string{"token", "name"} { // made up by the hub
		if text, ok := recorded[key].(string); ok && s.fault == nil && got.fault == nil {
			if my, ok := mine[key].(string); ok && my != text {
				p.know.tokens[text] = my
			}
		}
	}
	if recorded["request"] != nil && mine["request"] != nil {
		r, _ := recorded["request"].(map[string]any)
		m, _ := mine["request"].(map[string]any)
		if n, ok := r["id"].(int64); ok && m != nil {
			p.keep("request", n, m["id"])
		}
	}
}

func (p *player) keep(kind string, recorded int64, mine any) {
	if p.ids[kind] == nil {
		p.ids[kind] = map[int64]any{}
	}
	p.ids[kind][recorded] = mine
}

// kindsMade tells what a method's integer answer is the id of.
func kindsMade(method string) []string {
	switch method {
	case "createTag":
		return []string{"tag"}
	case "createEmptyBuild":
		return []string{"build"}
	case "newGroup", "createUser", "addHost", "addChannel":
		return nil
	}
	return []string{"task"}
}

// kindOf tells what kind of thing a parameter names.
func kindOf(param string) string {
	switch strings.ToLower(param) {
	case "task_id", "taskid", "parent":
		return "task"
	case "build", "buildinfo", "buildid", "build_id":
		return "build"
	case "tag", "taginfo", "tagid", "parent_id":
		return "tag"
	case "req_id":
		return "request"
	case "session_id":
		return "session"
	}
	return ""
}

// translate puts the replay's ids in the place of the recorded ones.
func (p *player) translate(s *situation) []any {
	args, kw := named(s.params)
	out := slices.Clone(args)
	names := p.know.params[s.method]
	one := func(name string, v any) any {
		if n, ok := v.(int64); ok {
			if mine := p.ids[kindOf(name)][n]; mine != nil {
				return mine
			}
		}
		if text, ok := v.(string); ok && p.know.tokens[text] != "" {
			return p.know.tokens[text]
		}
		if list, ok := v.([]any); ok && (name == "tasks" || name == "task_id") {
			mine := slices.Clone(list)
			for i, e := range mine {
				if n, ok := e.(int64); ok && p.ids["task"][n] != nil {
					mine[i] = p.ids["task"][n]
				}
			}
			return mine
		}
		if m, ok := v.(map[string]any); ok && m["build"] != nil { // metadata of an import
			if b, ok := m["build"].(map[string]any); ok {
				if n, ok := b["build_id"].(int64); ok && p.ids["build"][n] != nil {
					b["build_id"] = p.ids["build"][n]
				}
			}
		}
		return v
	}
	for i, v := range out {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		out[i] = one(name, v)
	}
	if kw != nil {
		mine := map[string]any{}
		for k, v := range kw {
			mine[k] = one(k, v)
		}
		out = append(out, mine)
	}
	return out
}

// query puts the replay's session into a query string.
func (p *player) query(text string) string {
	q, err := url.ParseQuery(text)
	require.NoError(p.t, err)
	if key := q.Get("session-key"); key != "" {
		c := p.sessionFor(key, &situation{})
		q.Set("session-key", c.key)
		q.Set("session-id", c.session)
	}
	return q.Encode()
}

// must does a call that builds state.
func (p *player) must(method string, params ...any) any {
	p.t.Helper()
	v, err := p.admin.call(method, params...)
	require.NoError(p.t, err, "%s %v", method, params)
	return v
}

// try does a call that may not be possible with what is known.
func (p *player) try(method string, params ...any) { p.admin.call(method, params...) }

func kwargs(pairs ...any) map[string]any {
	m := map[string]any{"__starstar": true}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

func byID[T any](m map[int64]T) []int64 {
	ids := make([]int64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, cmp.Compare[int64])
	return ids
}

// pad lets events happen until the next one has a number.
func (p *player) pad(next int64, tag string) {
	for range 2000 {
		v := p.must("getLastEvent").(map[string]any)
		if v["id"].(int64)+1 >= next {
			return
		}
		name := "filler"
		p.must("createBuildTarget", name, tag, tag)
		p.must("deleteBuildTarget", name)
	}
	p.t.Fatalf("event %d is not reached", next)
}
