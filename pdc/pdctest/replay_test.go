// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// replay drives a server through recorded requests.
type replay struct {
	t      *testing.T
	p      *pdctest.PDC
	tokens map[string]string // what stands for a token in requests → the token
	rights []right
	ids    ids
	trust  map[string]map[int]bool // ids by resource that the recording hands out in rising order
}

// right is one that a group got in the course of the recording.
type right struct{ group, resource, permission string }

func newReplay(t *testing.T, all []exchange) *replay {
	r := &replay{t: t, tokens: map[string]string{}, ids: ids{}, trust: risingIDs(all)}
	var users []pdctest.User
	for _, e := range all {
		mark, ok := strings.CutPrefix(e.Request.Headers["Authorization"], "Token ")
		if !ok || mark != "<"+e.Request.User+">" || r.tokens[mark] != "" {
			continue
		}
		r.tokens[mark] = fmt.Sprintf("%040x", len(r.tokens)+1)
		users = append(users, r.account(e.Request.User))
	}
	var err error
	r.p, err = pdctest.New(pdctest.Seed{Users: users}, pdctest.Options{RemoteUser: func(req *http.Request) string {
		return req.Header.Get("X-Remote-User")
	}})
	require.NoError(t, err)
	return r
}

func (r *replay) account(name string, groups ...string) pdctest.User {
	return pdctest.User{Name: name, Email: name + "@example.com", Token: r.tokens["<"+name+">"],
		Superuser: name == "admin", Staff: name == "admin", Groups: groups}
}

// send sends a recorded request at the time of its recording.
func (r *replay) send(e exchange) (int, []byte) {
	r.administrate(e)
	if at, err := http.ParseTime(e.Response.Headers["expires"]); err == nil {
		r.p.SetNow(at.Truncate(time.Second))
	}
	kind := resourceOf(e.Request.Path)
	var body io.Reader
	if data := e.Request.Body; len(data) > 0 && string(data) != "null" {
		var raw struct {
			Text *string `json:"__raw__"`
		}
		if json.Unmarshal(data, &raw) == nil && raw.Text != nil {
			data = []byte(*raw.Text)
		} else {
			data = r.ids.inRequest(kind, data)
		}
		body = bytes.NewReader(data)
	}
	req := httptest.NewRequest(e.Request.Method, "http://pdc.example.com"+r.ids.inPath(kind, e.Request.Path), body)
	for k, v := range e.Request.Headers {
		for mark, token := range r.tokens {
			v = strings.ReplaceAll(v, mark, token)
		}
		req.Header.Set(k, latin1(v))
	}
	// Whom a front end authenticated is seen only in the token that it got.
	if m, _ := e.Response.Body.(map[string]any); e.Request.Headers["Authorization"] == "" && m["token"] != nil {
		if who := tokenOfRE.FindStringSubmatch(fmt.Sprint(m["token"])); who != nil {
			req.Header.Set("X-Remote-User", who[1])
		}
	}
	w := httptest.NewRecorder()
	r.p.ServeHTTP(w, req)
	var fresh struct{ Token string }
	if json.Unmarshal(w.Body.Bytes(), &fresh) == nil && fresh.Token != "" && e.Request.Headers["Authorization"] != "" {
		r.tokens["<"+e.Request.User+">"] = fresh.Token
	}
	return w.Code, w.Body.Bytes()
}

// latin1 is the bytes that a recorded header stood for.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return s
		}
		b = append(b, byte(r))
	}
	return string(b)
}

var tokenOfRE = regexp.MustCompile(`token of (\w+)>`)

// adminTables are the small tables without a way to write them, by the member
// that names their rows.
var adminTables = map[string]map[string]string{
	"release-groups/":                  {"type": "releasegrouptype"},
	"release-components/":              {"type": "releasecomponenttype"},
	"component-branches/":              {"type": "releasecomponenttype"},
	"component-branch-slas/":           {"type": "releasecomponenttype"},
	"compose-tree-locations/":          {"location": "location", "scheme": "scheme"},
	"rpc/compose-full-import/":         {"location": "location", "scheme": "scheme"},
	"auth/group-resource-permissions/": {"group": "group"},
	"auth/groups/":                     {"name": "group"},
}

var allowedRE = regexp.MustCompile(`Use one of (.*)\.$`)

// administrate does what database administrators must have done before a
// request, as its answer shows: rows of tables that no request can write, and
// members of groups.
func (r *replay) administrate(e exchange) {
	kind := resourceOf(e.Request.Path)
	var in any
	_ = json.Unmarshal(e.Request.Body, &in)
	success := e.Response.Status < 300
	for name, table := range adminTables[kind] {
		var values []string
		if success {
			values = append(texts(in, name), texts(e.Response.Body, name)...)
		} else if m, _ := e.Response.Body.(map[string]any); m != nil {
			for _, why := range listed(m[name]) {
				if list := allowedRE.FindStringSubmatch(why); list != nil && list[1] != "" {
					for v := range strings.SplitSeq(list[1], ", ") {
						values = append(values, strings.Trim(v, "'"))
					}
				}
			}
		}
		for _, v := range values {
			require.NoError(r.t, r.p.AdminAdd(table, v))
		}
	}
	if m, _ := in.(map[string]any); success && kind == "auth/group-resource-permissions/" && e.Request.Method == "POST" {
		r.rights = append(r.rights, right{fmt.Sprint(m["group"]), fmt.Sprint(m["resource"]), fmt.Sprint(m["permission"])})
	}
	verb := map[string]string{"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}[e.Request.Method]
	if e.Request.User == "admin" || e.Request.User == "anonymous" || !success || verb == "" {
		return
	}
	var groups []string
	for _, x := range r.rights {
		if x.resource+"/" == kind && x.permission == verb {
			groups = append(groups, x.group)
		}
	}
	if groups != nil {
		r.p.AddUser(r.account(e.Request.User, groups...))
	}
}

// texts finds the texts under a member, however deep.
func texts(v any, name string) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok && k == name {
				out = append(out, s)
			} else {
				out = append(out, texts(x, name)...)
			}
		}
	case []any:
		for _, x := range v {
			out = append(out, texts(x, name)...)
		}
	}
	return out
}

func listed(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, x := range list {
		out = append(out, fmt.Sprint(x))
	}
	return out
}

var versionRE = regexp.MustCompile(`^/rest_api/v1/`)

// resourceOf is the resource that a path belongs to: all but its key.
func resourceOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	path = versionRE.ReplaceAllString(path, "")
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	n := 1
	if slices.Contains([]string{"auth", "contacts", "rpc", "overrides"}, parts[0]) {
		n = 2
	}
	if parts[0] == "rpc" && len(parts) > 2 && !strings.HasPrefix(parts[1], "find-") {
		n = len(parts)
	}
	if parts[0] == "global-components" && len(parts) > 2 {
		return "labels/"
	}
	return strings.Join(parts[:min(n, len(parts))], "/") + "/"
}

// ids relates the ids that the two databases handed out, by resource.
type ids map[string]map[int]int

// nested is which resource the ids of a member belong to.
var nested = map[string]string{
	"from_component": "release-components/", "to_component": "release-components/", "component": "release-components/",
	"components": "release-components/", "bugzilla_component": "bugzilla-components/", "branch": "component-branches/",
	"slas": "component-branch-slas/", "contact": "contacts/", "repo": "content-delivery-repos/",
	"origin_repo": "content-delivery-repos/", "destination_repo": "content-delivery-repos/", "packages": "rpms/", "labels": "labels/",
}

func kindOf(kind, member string) string {
	if k, ok := nested[member]; ok {
		return k
	}
	if strings.HasPrefix(kind, "contacts/") {
		return "contacts/"
	}
	return kind
}

var idURL = regexp.MustCompile(`^(.*/rest_api/v1/)(labels|build-images|auth/groups)/(\d+)/$`)

// eachID calls f for each id in a value, with the resource it belongs to and
// what stands in the same place of another value.
func eachID(kind string, v, other any, f func(kind string, id int, other any)) {
	switch v := v.(type) {
	case map[string]any:
		o, _ := other.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			x := v[k]
			switch id, isID := x.(float64); {
			case k == "id" && isID:
				f(kindOf(kind, ""), int(id), o[k])
			case k == "url":
				u := idURL.FindStringSubmatch(fmt.Sprint(x))
				if u == nil {
					continue
				}
				n, _ := strconv.Atoi(u[3])
				var there any
				if u := idURL.FindStringSubmatch(fmt.Sprint(o[k])); u != nil {
					m, _ := strconv.Atoi(u[3])
					there = float64(m)
				}
				f(u[2]+"/", n, there)
			default:
				eachID(kindOf(kind, k), x, o[k], f)
			}
		}
	case []any:
		o, _ := other.([]any)
		for i, x := range v {
			var there any
			if i < len(o) {
				there = o[i]
			}
			eachID(kind, x, there, f)
		}
	}
}

// risingIDs are the ids that answers to creations show for the first time,
// as far as they rise: one that doesn't is not the database's.
func risingIDs(all []exchange) map[string]map[int]bool {
	seq := map[string][]int{}
	for _, e := range all {
		if e.Response.Status == http.StatusCreated {
			eachID(resourceOf(e.Request.Path), e.Response.Body, nil, func(kind string, id int, _ any) {
				if !slices.Contains(seq[kind], id) {
					seq[kind] = append(seq[kind], id)
				}
			})
		}
	}
	out := map[string]map[int]bool{}
	for kind, ids := range seq {
		out[kind] = map[int]bool{}
		for _, id := range longestRise(ids) {
			out[kind][id] = true
		}
	}
	return out
}

func longestRise(a []int) []int {
	best := make([]int, len(a)) // length of the longest rise that ends here
	from := make([]int, len(a))
	end := -1
	for i := range a {
		best[i], from[i] = 1, -1
		for j := range i {
			if a[j] < a[i] && best[j]+1 > best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if end < 0 || best[i] > best[end] {
			end = i
		}
	}
	var out []int
	for i := end; i >= 0; i = from[i] {
		out = append(out, a[i])
	}
	return out
}

// learn notes which id stands for which when rows are made.
func (r *replay) learn(e exchange, got any) {
	if e.Response.Status != http.StatusCreated {
		return
	}
	eachID(resourceOf(e.Request.Path), e.Response.Body, got, func(kind string, want int, there any) {
		id, ok := there.(float64)
		if !ok || !r.trust[kind][want] {
			return
		}
		if r.ids[kind] == nil {
			r.ids[kind] = map[int]int{}
		}
		if _, known := r.ids[kind][want]; !known {
			r.ids[kind][want] = int(id)
		}
	})
}

func (m ids) ours(kind string, id int) int {
	if g, ok := m[kindOf(kind, "")][id]; ok {
		return g
	}
	return id
}

// translate puts our ids into a recorded value.
func (m ids) translate(kind string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			id, isID := x.(float64)
			switch {
			case k == "id" && isID:
				out[k] = float64(m.ours(kind, int(id)))
			case k == "parent_pk" && isID:
				out[k] = float64(m.ours("bugzilla-components/", int(id)))
			case k == "file_primary_key" && isID:
				out[k] = float64(m.ours("rpms/", int(id)))
			case k == "url":
				out[k] = x
				if u := idURL.FindStringSubmatch(fmt.Sprint(x)); u != nil {
					n, _ := strconv.Atoi(u[3])
					out[k] = fmt.Sprintf("%s%s/%d/", u[1], u[2], m.ours(u[2]+"/", n))
				}
			default:
				if n, err := strconv.Atoi(k); err == nil { // bulk answers have keys for members
					k = strconv.Itoa(m.ours(kind, n))
				}
				out[k] = m.translate(kindOf(kind, k), x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = m.translate(kind, x)
		}
		return out
	}
	return v
}

// inRequest puts our ids into a request's body; others are left as they are,
// to the byte.
func (m ids) inRequest(kind string, data []byte) []byte {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return data
	}
	t := m.translate(kind, v)
	if list, ok := t.([]any); ok { // keys to delete
		for i, x := range list {
			switch x := x.(type) {
			case float64:
				list[i] = float64(m.ours(kind, int(x)))
			case string:
				if n, err := strconv.Atoi(x); err == nil {
					list[i] = strconv.Itoa(m.ours(kind, n))
				}
			}
		}
	}
	was, _ := json.Marshal(v)
	now, _ := json.Marshal(t)
	if bytes.Equal(was, now) {
		return data
	}
	return now
}

// inPath puts our id into a path that ends with one.
func (m ids) inPath(kind, path string) string {
	path, query, has := strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	if n := len(parts); n > 2 {
		if id, err := strconv.Atoi(parts[n-2]); err == nil && strings.Contains(path, "/"+kind) {
			parts[n-2] = strconv.Itoa(m.ours(kind, id))
		}
	}
	path = strings.Join(parts, "/")
	if has {
		path += "?" + query
	}
	return path
}
