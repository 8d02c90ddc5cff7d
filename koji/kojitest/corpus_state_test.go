// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"cmp"
	"fmt"
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

// outside says why a situation is outside of what a replay can bring about.
func (p *player) outside(s *situation) string {
	switch {
	case s.headers.Request["Authorization"] != "":
		p.foreign[s.newKey()] = true
		return "its token is not in the recording"
	case strings.HasPrefix(s.headers.Request["Host"], "https"):
		return "it is about TLS"
	case !s.xml && s.headers.Status >= 401 && s.headers.Status != 404 && s.headers.Status != 405:
		return "the web server answered, not the hub"
	case s.method == "sslLogin" && (s.fault == nil || !strings.HasSuffix(s.fault.String, "NONE")):
		p.foreign[s.newKey()] = true
		return "the certificate is not in the recording"
	case s.session() != "" && p.foreign[s.session()]:
		return "its session began with a certificate or a token"
	case s.headers.Method == "GET" && !s.xml && s.headers.Status == 200 && !strings.HasPrefix(s.text, "<"):
		return "what the file holds is not in other answers"
	}
	return ""
}

// newKey is the key of the session that an answer opens.
func (s *situation) newKey() string {
	m, _ := s.answer.(row)
	return textOf(m["session-key"])
}

// unknown says what a recorded answer speaks of that the replay's hub does not
// have, or what its own answer misses: then no recording tells of it, and its
// state could not be rebuilt.
func (p *player) unknown(s *situation, got answer) string {
	if f := got.fault; f != nil && s.fault == nil || f != nil && f.Code == 1000 && f.String != s.fault.String {
		if strings.HasPrefix(f.String, "Invalid method") {
			return "the method is not modelled"
		}
		if missing := lacking.FindStringSubmatch(f.String); missing != nil && !p.made[strings.TrimSpace(missing[1])] {
			return "no answer tells of what it needs: " + f.String
		}
	}
	if ofFiles.MatchString(s.method) {
		return "what the rpm's file holds is not in other answers"
	}
	if s.method == "_listapi" || s.method == "system.listMethods" {
		return p.methods(s, got)
	}
	if why := p.absent(s.answer); why != "" {
		return why
	}
	if why := p.unnamed(s); why != "" {
		return why
	}
	if n, ok := s.answer.(int64); ok && strings.Contains(strings.ToLower(s.method), "list") || s.method == "count" {
		return fmt.Sprintf("it counts %d, of which not all are told of", n)
	}
	return ""
}

// methods says how many of the methods that a recorded list has are not
// modelled, when the others agree.
func (p *player) methods(s *situation, got answer) string {
	entry := func(v any) (string, any) {
		m, ok := v.(row)
		if !ok {
			return textOf(v), nil
		}
		return textOf(m["name"]), m["argdesc"]
	}
	mine := map[string]any{}
	list, _ := got.answer.([]any)
	for _, v := range list {
		name, args := entry(v)
		mine[name] = args
	}
	recorded, _ := s.answer.([]any)
	missing := 0
	for _, v := range recorded {
		name, args := entry(v)
		if have, ok := mine[name]; !ok {
			missing++
		} else if have != args {
			return ""
		}
	}
	return fmt.Sprintf("%d of %d methods are not modelled", missing, len(recorded))
}

// unnamed looks for a build or task that a request names by a number that the
// hub does not have.
func (p *player) unnamed(s *situation) string {
	for i, v := range p.translate(s) {
		names := p.know.params[s.method]
		if i >= len(names) || s.answer == nil && s.fault == nil {
			continue
		}
		switch v.(type) {
		case int64, string:
		default:
			continue
		}
		method := map[string]string{"build": "getBuild", "task": "getTaskInfo", "tag": "getTag"}[kindOf(names[i])]
		if text, ok := v.(string); method == "" || ok && p.made[text] {
			continue
		}
		if found, err := p.admin.bare().call(method, v); err == nil && found == nil {
			return fmt.Sprintf("no answer tells enough of %s %v to make it", kindOf(names[i]), v)
		}
	}
	return ""
}

var (
	makes   = regexp.MustCompile(`^(create|add|new|edit|packageList|grant|groupListAdd|import|CGI)`)
	creates = regexp.MustCompile(`^(create|add|new|grant)`)
	lacking = regexp.MustCompile(`^(?:No such [\w ]+|invalid repo info): (?:(?:table )?\w+: )?['{]*([^'{}]+)`)
	ofFiles = regexp.MustCompile(`^(getRPM(Deps|File|Headers|Checksums)|listRPMFiles|getChangelogEntries|queryRPMSigs)$`)
)

// absent looks for what an answer names and the hub does not have.
func (p *player) absent(v any) string {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if why := p.absent(e); why != "" {
				return why
			}
		}
	case row:
		ask := func(method string, arg any) string {
			found, err := p.admin.bare().call(method, arg)
			if err == nil && found == nil {
				return fmt.Sprintf("no answer tells enough of %v to make it", arg)
			}
			return ""
		}
		switch {
		case has(v, "br_type"), has(v, "is_update"):
			return "buildroots are made by builds, of which the recording tells too little"
		case has(v, "id", "method", "state", "channel_id"), has(v, "id", "waiting", "weight"):
			found, _ := p.admin.bare().call("getTaskInfo", p.taskID(toText(v["id"])))
			mine, _ := found.(row)
			if mine == nil {
				return fmt.Sprintf("no answer tells enough of task %v to make it", v["id"])
			}
			if v["state"] != nil && num(mine["state"]) != num(v["state"]) {
				return fmt.Sprintf("task %v went on between two recordings", v["id"])
			}
		case has(v, "nvr", "build_id", "package_name") && !p.made[textOf(v["nvr"])]:
			if why := ask("getBuild", v["nvr"]); why != "" {
				return why
			}
		case has(v, "name", "version", "release", "arch") && !has(v, "filename"):
			return ask("getRPM", fmt.Sprintf("%s-%s-%s.%s", v["name"], v["version"], v["release"], v["arch"]))
		case has(v, "btype", "checksum_type"):
			return ask("getArchive", v["id"])
		case has(v, "archive_id"):
			return ask("getArchive", v["archive_id"])
		case has(v, "build_id", "group_id"):
			return ask("getBuild", v["build_id"])
		case has(v, "task_id", "host_id") && !has(v, "channel_id"):
			return ask("getTaskInfo", v["task_id"])
		}
		for _, e := range v {
			if why := p.absent(e); why != "" {
				return why
			}
		}
	}
	return ""
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
		if list, ok := v.([]any); ok && kindOf(strings.TrimSuffix(name, "s")) == "task" || name == "tasks" {
			list, _ = v.([]any)
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
	p.t.Fatal(fmt.Sprintf("event %d is not reached", next))
}
