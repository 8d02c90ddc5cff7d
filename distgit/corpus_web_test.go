// SPDX-License-Identifier: MIT

package distgit_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// exchange is one recorded question and its answer.
type exchange struct {
	file    string
	Request *struct {
		Method string            `json:"method"`
		Path   string            `json:"path"`
		Form   map[string]string `json:"form"`
		Body   json.RawMessage   `json:"body"`
	} `json:"request"`
	Status  int                        `json:"status"`
	Headers map[string]json.RawMessage `json:"headers"`
	Body    json.RawMessage            `json:"body"`
	// Of webhooks and bus messages.
	Secret string `json:"secret"`
	Raw    string `json:"raw"`
	ID     string `json:"id"`
	Topic  string `json:"topic"`
}

func (x *exchange) path() (path string, query url.Values) {
	path, q, _ := strings.Cut(x.Request.Path, "?")
	query, _ = url.ParseQuery(q)
	return path, query
}

func (x *exchange) header() http.Header {
	h := http.Header{}
	for k, v := range x.Headers {
		var s string
		if json.Unmarshal(v, &s) == nil {
			h.Set(k, s)
		}
	}
	return h
}

// bytes is the answer's body: a string is sent as it is.
func (x *exchange) bytes() []byte {
	var s string
	if json.Unmarshal(x.Body, &s) == nil && !strings.HasPrefix(x.header().Get("Content-Type"), "application/json") {
		return []byte(s)
	}
	return x.Body
}

func readExchanges(t *testing.T, file string) []exchange {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var out []exchange
	var static map[string]json.RawMessage
	switch {
	case json.Unmarshal(data, &out) == nil:
	case json.Unmarshal(data, &static) == nil && allPaths(static):
		for path, body := range static {
			x := exchange{Status: 200, Body: body}
			require.NoError(t, json.Unmarshal([]byte(`{"method":"GET","path":"`+path+`"}`), &x.Request))
			out = append(out, x)
		}
	default:
		var x exchange
		require.NoError(t, json.Unmarshal(data, &x), file)
		out = []exchange{x}
	}
	for i := range out {
		out[i].file = filepath.Base(file)
	}
	return out
}

func allPaths(m map[string]json.RawMessage) bool {
	for k := range m {
		if !strings.HasPrefix(k, "/") {
			return false
		}
	}
	return true
}

// webJudge counts what was judged.
type webJudge struct {
	t             *testing.T
	cases, differ map[string]int
}

func (j *webJudge) check(kind, name string, err error) {
	j.cases[kind]++
	if err != nil {
		j.differ[kind]++
		j.t.Errorf("%s %s: %v", kind, name, err)
	}
}

// serve answers by method and escaped path; of several pages the one asked
// for.
func serve(all []exchange, x *exchange) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path, _ := x.path()
		answer := x
		if r.Method != x.Request.Method || r.URL.EscapedPath() != path {
			http.Error(w, "not asked for", http.StatusTeapot)
			return
		}
		if page := r.URL.Query().Get("page"); page != "" {
			for i := range all {
				if o := &all[i]; o.Request != nil && o.Request.Method == r.Method {
					if p, q := o.path(); p == path && q.Get("page") == page {
						answer = o
					}
				}
			}
		}
		for k, v := range answer.header() {
			w.Header()[k] = v
		}
		w.WriteHeader(answer.Status)
		_, _ = w.Write(answer.bytes())
	}
}

func TestCorpusWeb(t *testing.T) {
	dir := corpusDir(t, "distgit", "web")
	judgeWeb(t, dir, "corpus distgit/")
}

// The project's own copy of the samples proves the same without a corpus.
func TestWebSamples(t *testing.T) { judgeWeb(t, filepath.Join("testdata", "web"), "") }

func judgeWeb(t *testing.T, dir, label string) {
	j := &webJudge{t: t, cases: map[string]int{}, differ: map[string]int{}}
	found := 0
	for _, forge := range []distgit.Forge{distgit.Pagure, distgit.Forgejo, distgit.GitLab} {
		files, err := filepath.Glob(filepath.Join(dir, forge.String(), "*.json"))
		require.NoError(t, err)
		var all []exchange
		for _, f := range files {
			all = append(all, readExchanges(t, f)...)
			found++
		}
		for i := range all {
			x := &all[i]
			switch {
			case x.Request != nil:
				j.exchange(forge, all, x)
			case x.Topic != "":
				j.check("web, bus messages", x.file, judgeBus(x))
			default:
				j.check("web, webhooks", x.file, judgeHook(x))
			}
		}
	}
	require.NotZero(t, found, dir)
	kinds := make([]string, 0, len(j.cases))
	for k := range j.cases {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		t.Logf("%s%s: %d cases, %d differ", label, k, j.cases[k], j.differ[k])
	}
}

func (j *webJudge) exchange(forge distgit.Forge, all []exchange, x *exchange) {
	srv := httptest.NewServer(serve(all, x))
	defer srv.Close()
	c, err := distgit.NewClient(srv.URL, distgit.WithForge(forge), distgit.WithToken("t"))
	require.NoError(j.t, err)
	name := forge.String() + "/" + x.file + " " + x.Request.Method + " " + x.Request.Path
	j.check("web, raw calls", name, judgeRaw(j.t, c, x))
	if typed := typedJudge(x); typed != nil {
		j.check("web, typed calls", name, typed(j.t, c, x))
	}
}

// judgeRaw asks by Do: the answer as it is, or an error that says what the
// server said.
func judgeRaw(t *testing.T, c *distgit.Client, x *exchange) error {
	path, query := x.path()
	var in any
	if x.Request.Form != nil {
		form := url.Values{}
		for k, v := range x.Request.Form {
			form.Set(k, v)
		}
		in = form
	} else if len(x.Request.Body) > 0 {
		in = x.Request.Body
	}
	var text string
	if json.Unmarshal(x.Body, &text) == nil && string(x.Body) != "null" { // not JSON
		var got []byte
		if err := c.Do(t.Context(), x.Request.Method, path, query, in, &got); err != nil {
			return err
		}
		return same("body", string(got), text)
	}
	var got, want any
	if err := json.Unmarshal(x.Body, &want); err != nil {
		return err
	}
	err := c.Do(t.Context(), x.Request.Method, path, query, in, &got)
	if x.Status < 300 {
		if err != nil {
			return err
		}
		return same("body", got, want)
	}
	e, ok := err.(*distgit.Error)
	if !ok {
		return fmt.Errorf("got %v, want an *Error", err)
	}
	body, _ := want.(map[string]any)
	for _, key := range []string{"error", "message"} {
		if s, _ := body[key].(string); !strings.Contains(e.Msg, strings.TrimSpace(s)) {
			return fmt.Errorf("%q does not say %q", e.Msg, s)
		}
	}
	for _, s := range leaves(body["errors"]) {
		if !strings.Contains(e.Msg, s) {
			return fmt.Errorf("%q does not say %q", e.Msg, s)
		}
	}
	if code, _ := body["error_code"].(string); e.Code != code || e.Status != x.Status {
		return fmt.Errorf("code %q, status %d; want %q, %d", e.Code, e.Status, code, x.Status)
	}
	return same("sentinel", e.Unwrap(), wantSentinel(x.Status, e.Msg))
}

func leaves(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, leaves(x)...)
		}
		return out
	case map[string]any:
		var out []string
		for _, x := range v {
			out = append(out, leaves(x)...)
		}
		return out
	}
	return nil
}

func wantSentinel(status int, msg string) error {
	switch {
	case status == 422 && strings.Contains(msg, "sha does not match"):
		return distgit.ErrConflict
	case status >= 500:
		return distgit.ErrUnavailable
	}
	return map[int]error{
		400: distgit.ErrInvalid, 401: distgit.ErrUnauthorized, 403: distgit.ErrForbidden, 404: distgit.ErrNotFound,
		405: distgit.ErrUnsupported, 409: distgit.ErrConflict, 422: distgit.ErrInvalid,
	}[status]
}

func same(what string, got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

// judgeHook checks the signatures a hook carries, one by one, and what it
// tells.
func judgeHook(x *exchange) error {
	at := time.Date(2026, 3, 3, 9, 20, 11, 0, time.UTC)
	raw := []byte(x.Raw)
	if len(raw) == 0 {
		raw = x.Body
	}
	var a, b any
	if json.Unmarshal(raw, &a) != nil || json.Unmarshal(x.Body, &b) != nil || !reflect.DeepEqual(a, b) {
		return fmt.Errorf("raw text and body differ")
	}
	h := x.header()
	obs, err := distgit.ObserveWebhook(h, raw, x.Secret, at)
	if err != nil {
		return err
	}
	if x.Secret != "" {
		if err := judgeSignatures(h, raw, x.Secret, at); err != nil {
			return err
		}
	}
	event := h.Get("X-Forgejo-Event")
	if h.Get("X-Gitlab-Event") == "Push Hook" {
		event = "push"
	}
	return judgeTold(obs, event, b, at, h.Get("X-Forgejo-Delivery"))
}

func judgeSignatures(h http.Header, raw []byte, secret string, at time.Time) error {
	names := []string{"X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256"}
	for _, name := range names {
		one := h.Clone()
		for _, other := range names {
			if other != name {
				one.Del(other)
			}
		}
		if _, err := distgit.ObserveWebhook(one, raw, secret, at); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := distgit.ObserveWebhook(one, append(slices.Clone(raw), ' '), secret, at); err == nil {
			return fmt.Errorf("%s fits another body too", name)
		}
		if _, err := distgit.ObserveWebhook(one, raw, secret+"x", at); err == nil {
			return fmt.Errorf("%s fits another secret too", name)
		}
	}
	// Two that are there for other programs' sake.
	if h.Get("X-Gogs-Signature") != h.Get("X-Forgejo-Signature") {
		return fmt.Errorf("X-Gogs-Signature differs")
	}
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write(raw)
	return same("X-Hub-Signature", h.Get("X-Hub-Signature"), "sha1="+hex.EncodeToString(mac.Sum(nil)))
}

// judgeTold holds observations against a payload.
func judgeTold(obs []distgit.Observation, event string, payload any, at time.Time, id string) error {
	p, _ := payload.(map[string]any)
	str := func(keys ...string) string {
		var v any = p
		for _, k := range keys {
			m, _ := v.(map[string]any)
			v = m[k]
		}
		s, _ := v.(string)
		return s
	}
	ref := str("ref")
	want := distgit.Observation{Ref: strings.TrimPrefix(ref, "refs/heads/"), At: at, ID: id, Evidence: distgit.FromLog}
	switch {
	case event == "push" && strings.HasPrefix(ref, "refs/heads/") && str("before") != str("after"):
		want.Old, want.New = str("before"), str("after")
	case event == "create" && str("ref_type") == "branch":
		want.Old, want.New = distgit.NoCommit, str("sha")
	case event == "delete" && str("ref_type") == "branch":
		want.New = distgit.NoCommit
	default:
		return same("observations", len(obs), 0)
	}
	if len(obs) != 1 {
		return fmt.Errorf("%d observations, want 1", len(obs))
	}
	full := str("repository", "full_name")
	if full == "" {
		full = str("project", "path_with_namespace")
	}
	got := obs[0]
	if r := got.Repo; r.Namespace+"/"+r.Name != full {
		return fmt.Errorf("repository %v, want %s", r, full)
	}
	agent := str("pusher", "login")
	if agent == "" {
		agent = str("sender", "login")
	}
	if agent == "" {
		agent = str("user_username")
	}
	if got.Agent != agent {
		return fmt.Errorf("agent %q, want %q", got.Agent, agent)
	}
	got.Repo, got.Agent = distgit.Repo{}, ""
	return same("observation", got, want)
}

// judgeBus checks a message that carries a webhook.
func judgeBus(x *exchange) error {
	h := x.header()
	sent, err := time.Parse(time.RFC3339, h.Get("sent-at"))
	if err != nil {
		return err
	}
	obs, err := distgit.Observe(distgit.Message{ID: x.ID, Topic: x.Topic, Sent: sent, Body: x.Body})
	if err != nil {
		return err
	}
	var b struct {
		Body    any               `json:"body"`
		Headers map[string]string `json:"headers"`
	}
	if err := json.Unmarshal(x.Body, &b); err != nil {
		return err
	}
	return judgeTold(obs, b.Headers["x-forgejo-event"], b.Body, sent.UTC(), x.ID)
}

// serveOnly answers one exchange, and 404 to all else.
func serveOnly(t *testing.T, x *exchange) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, _ := x.path(); r.URL.EscapedPath() != path {
			http.NotFound(w, r)
			return
		}
		serve(nil, x)(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
