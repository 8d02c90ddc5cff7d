// SPDX-License-Identifier: MIT

package bodhitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The enumerations that the service checks.
var (
	types      = []string{"bugfix", "security", "newpackage", "enhancement", "unspecified"}
	severities = []string{"unspecified", "urgent", "high", "medium", "low"}
	requests   = []string{"testing", "obsolete", "unpush", "revoke", "stable"}
	statuses   = []string{"pending", "testing", "stable", "unpushed", "obsolete"}
)

// Cookies of the service.
const (
	sessionCookie = "session"
	loginCookie   = "auth_tkt"
)

// form is the JSON object of a write.
type form map[string]any

func (f form) text(key string) string {
	s, _ := f[key].(string)
	return s
}

func (f form) flag(key string, otherwise bool) bool {
	switch v := f[key].(type) {
	case bool:
		return v
	case string:
		return v != "" && !strings.EqualFold(v, "false") && v != "0"
	}
	return otherwise
}

// numbers are a list, or text with commas or spaces between; what is no number
// was refused before.
func (f form) numbers(key string) []int {
	var out []int
	for _, w := range f.words(key) {
		if n, err := strconv.Atoi(w); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func (f form) words(key string) []string {
	switch v := f[key].(type) {
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, fmt.Sprint(x))
		}
		return out
	case string:
		return split(v)
	}
	return nil
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// ServeHTTP answers as the service does.
func (b *Bodhi) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	body, cut, status := any(nil), false, 0
	f := b.fault(r)
	switch {
	case b.offline:
		status, body = 503, problem(&refusal{503, "body", "HTTPServiceUnavailable", "Service Unavailable"})
	case f != nil && !f.after && f.status == 0:
		cut = true
	case f != nil && !f.after:
		status, body = f.status, problem(&refusal{f.status, "body", "", http.StatusText(f.status)})
	default:
		var no *refusal
		if status, body, no = b.answer(w.Header(), r); no != nil {
			status, body = no.status, problem(no)
		}
		cut = f != nil
	}
	data, err := json.Marshal(body) // while the state is still
	if err != nil {
		status, data = 500, []byte(`{"status":"error"}`)
	}
	call := Call{r.Method, r.URL.Path, status}
	if cut {
		call.Status = 0
	}
	b.calls = append(b.calls, call)
	b.mu.Unlock()
	if cut {
		panic(http.ErrAbortHandler) // net/http's way to drop a connection
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

func (b *Bodhi) fault(r *http.Request) *fault {
	for i, f := range b.faults {
		if f.method != "" && f.method != r.Method || !strings.Contains(r.URL.Path, f.path) {
			continue
		}
		if f.left--; f.left <= 0 {
			b.faults = slices.Delete(b.faults, i, i+1)
		}
		return f
	}
	return nil
}

// problem is the body of a refusal.
func problem(r *refusal) any {
	return map[string]any{"status": "error", "errors": []any{
		map[string]string{"location": r.location, "name": r.name, "description": r.words},
	}}
}

func (b *Bodhi) answer(header http.Header, r *http.Request) (int, any, *refusal) {
	path, read := r.URL.Path, r.Method == http.MethodGet || r.Method == http.MethodHead
	alias, action, _ := strings.Cut(strings.TrimPrefix(path, "/updates/"), "/")
	switch {
	case path == "/csrf" && read:
		return 200, map[string]string{"csrf_token": csrf(b.session(header, r))}, nil
	case path == "/oidc/login-token" && read:
		return b.login(header, r)
	case path == "/releases/" && read:
		return b.releases(r)
	case strings.HasPrefix(path, "/releases/") && read:
		for _, x := range b.seed.Releases {
			if strings.EqualFold(x.Name, strings.TrimPrefix(path, "/releases/")) {
				return 200, x, nil
			}
		}
		return 0, nil, &refusal{404, "body", "name", "No such release"}
	case path == "/updates/" && read:
		return b.list(r)
	case path == "/updates/" && r.Method == http.MethodPost:
		return b.post(r)
	case path == "/updates/":
		return 0, nil, &refusal{405, "body", "", "Method Not Allowed"}
	case strings.HasPrefix(path, "/updates/") && (action == "" && read || action == "request" && r.Method == http.MethodPost):
		u := b.find(alias)
		if u == nil {
			return 0, nil, &refusal{404, "url", "id", "Invalid update id"}
		}
		if action == "" {
			user, ok := b.user(r)
			return 200, map[string]any{"update": u, "can_edit": ok && user.Name == u.User.Name, "ci_allowed": false}, nil
		}
		return b.postRequest(r, u)
	}
	return 0, nil, &refusal{404, "body", "HTTPNotFound", "The resource could not be found."}
}

// session is the session that a request's cookie names, or a new one, whose
// cookie goes with the answer.
func (b *Bodhi) session(header http.Header, r *http.Request) string {
	if c, err := r.Cookie(sessionCookie); err == nil {
		if _, ok := b.sessions[c.Value]; ok {
			return c.Value
		}
	}
	id := fmt.Sprintf("s%d", len(b.sessions)+1)
	b.sessions[id] = ""
	header.Add("Set-Cookie", (&http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true}).String())
	return id
}

func csrf(session string) string { return "csrf-of-" + session }

// login gives out the cookie that writes need, for a bearer token.
func (b *Bodhi) login(header http.Header, r *http.Request) (int, any, *refusal) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	for _, u := range b.seed.Users {
		if ok && u.Token != "" && u.Token == token {
			ticket := fmt.Sprintf("t%d", len(b.sessions)+1)
			b.sessions[ticket] = u.Name
			header.Add("Set-Cookie", (&http.Cookie{Name: loginCookie, Value: ticket, Path: "/", HttpOnly: true}).String())
			return http.StatusAccepted, nil, nil
		}
	}
	return 0, nil, &refusal{401, "body", "HTTPUnauthorized", "Authentication failed"}
}

// user is who has logged in.
func (b *Bodhi) user(r *http.Request) (User, bool) {
	c, err := r.Cookie(loginCookie)
	if err != nil {
		return User{}, false
	}
	name := b.sessions[c.Value]
	i := slices.IndexFunc(b.seed.Users, func(u User) bool { return u.Name == name && name != "" })
	if i < 0 {
		return User{}, false
	}
	return b.seed.Users[i], true
}

// write reads what a write brings, and refuses strangers and forgeries.
func (b *Bodhi) write(r *http.Request, view string) (form, User, *refusal) {
	user, ok := b.user(r)
	if !ok || !slices.Contains(user.Groups, "packager") && !slices.Contains(user.Groups, "provenpackager") {
		return nil, user, &refusal{403, "body", "HTTPForbidden", "Unauthorized: " + view + "__POST failed permission check"}
	}
	in := form{}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, user, refuse("", "Invalid JSON: %v", err)
	}
	c, err := r.Cookie(sessionCookie)
	switch {
	case in.text("csrf_token") == "":
		return nil, user, refuse("csrf_token", "Required")
	case err != nil, in.text("csrf_token") != csrf(c.Value):
		return nil, user, refuse("csrf_token", "CSRF tokens do not match.  This happens if you have the page open for a long time.")
	}
	return in, user, nil
}

func (b *Bodhi) post(r *http.Request) (int, any, *refusal) {
	in, user, no := b.write(r, "new_update")
	if no != nil {
		return 0, nil, no
	}
	if in["severity"] == nil {
		in["severity"] = "unspecified"
	}
	for key, list := range map[string][]string{"type": types, "severity": severities} {
		if v := in.text(key); v == "" {
			return 0, nil, refuse(key, "Required")
		} else if !slices.Contains(list, v) {
			return 0, nil, oneOf("body", key, v, list)
		}
	}
	switch notes := in.text("notes"); {
	case notes == "":
		return 0, nil, refuse("notes", "A description is required for the update.")
	case len(notes) < 2:
		return 0, nil, refuse("notes", "Shorter than minimum length 2")
	case len(notes) > 10000:
		return 0, nil, refuse("notes", "Longer than maximum length 10000")
	}
	for _, w := range in.words("bugs") {
		if _, err := strconv.Atoi(w); err != nil {
			return 0, nil, &refusal{400, "querystring", "bugs", fmt.Sprintf("Invalid bug ID specified: %v", in.words("bugs"))}
		}
	}
	if in.text("type") == "security" && in.text("severity") == "unspecified" {
		return 0, nil, refuse("severity", "Must specify severity for a security update")
	}
	u, no := b.create(in, user)
	if no != nil {
		return 0, nil, no
	}
	u.URL = "http://" + r.Host + "/updates/" + u.Alias
	if err := b.save(); err != nil {
		return 0, nil, &refusal{500, "body", "", err.Error()}
	}
	return 200, u, nil
}

func (b *Bodhi) postRequest(r *http.Request, u *update) (int, any, *refusal) {
	in, user, no := b.write(r, "set_request")
	if no != nil {
		return 0, nil, no
	}
	action := in.text("request")
	switch {
	case !slices.Contains(requests, action):
		return 0, nil, oneOf("body", "request", action, requests)
	case u.Release.State == "archived":
		return 0, nil, refuse("update", "cannot edit Update for an archived Release")
	case user.Name != u.User.Name && !slices.Contains(user.Groups, "provenpackager"):
		name, _ := packageOf(u.Builds[0].NVR)
		return 0, nil, &refusal{403, "body", "builds", user.Name + " does not have commit access to " + name}
	}
	if no := b.request(u, action); no != nil {
		return 0, nil, no
	}
	u.DateModified = b.now()
	if err := b.save(); err != nil {
		return 0, nil, &refusal{500, "body", "", err.Error()}
	}
	return 200, map[string]any{"update": u}, nil
}

func oneOf(location, name, v string, list []string) *refusal {
	return &refusal{400, location, name, fmt.Sprintf("%q is not one of %s", v, strings.Join(list, ", "))}
}
