// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
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
