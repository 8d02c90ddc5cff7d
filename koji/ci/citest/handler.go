// SPDX-License-Identifier: MIT

package citest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/koji/ci"
)

// ServeHTTP answers for all three services.
func (s *Services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	status, body, cut := s.answer(r)
	s.calls = append(s.calls, Call{r.Method, r.URL.Path, status})
	s.mu.Unlock()
	if cut {
		panic(http.ErrAbortHandler) // net/http's way to drop a connection
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

type message struct {
	Message string `json:"message"`
}

func say(status int, format string, args ...any) (int, any, bool) {
	return status, message{fmt.Sprintf(format, args...)}, false
}

func (s *Services) answer(r *http.Request) (status int, body any, cut bool) {
	if s.offline {
		return say(http.StatusServiceUnavailable, "Service Unavailable")
	}
	for i, f := range s.faults {
		if !strings.Contains(r.URL.Path, f.path) {
			continue
		}
		if f.left--; f.left <= 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		if f.status == 0 {
			return 0, nil, true
		}
		return say(f.status, "%s", http.StatusText(f.status))
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/api/v2.0")
	if ok {
		return s.resultsdb(r, path)
	}
	path, ok = strings.CutPrefix(r.URL.Path, "/api/v1.0")
	switch {
	case ok && path == "/decision" || ok && path == "/policies":
		return s.greenwave(r, path)
	case ok && strings.HasPrefix(path, "/waivers"):
		return s.waiverdb(r, path)
	}
	return say(404, "Not found")
}

// pageOf cuts a list as the services do: number counts from first.
func pageOf[T any](list []T, r *http.Request, first, size int) (page []T, prev, next *string, err error) {
	q := r.URL.Query()
	number := first
	for key, target := range map[string]*int{"page": &number, "limit": &size} {
		if v := q.Get(key); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return nil, nil, nil, fmt.Errorf("%s: %q is not a number", key, v)
			}
			*target = n
		}
	}
	size = min(max(size, 1), 1000)
	start := min(max(number-first, 0)*size, len(list))
	end := min(start+size, len(list))
	link := func(n int) *string {
		q.Set("page", strconv.Itoa(n))
		u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: q.Encode()}
		text := u.String()
		return &text
	}
	if number > first && start < len(list) {
		prev = link(number - 1)
	}
	if end < len(list) {
		next = link(number + 1)
	}
	page = list[start:end]
	if page == nil {
		page = []T{}
	}
	return page, prev, next, nil
}

func split(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, strings.Split(v, ",")...)
	}
	return out
}

// like matches a pattern in which * stands for any text.
func like(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

func anyLike(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return like(p, s) })
}

func parseSince(v string) (from, to time.Time, err error) {
	a, b, _ := strings.Cut(v, ",")
	for text, t := range map[string]*time.Time{a: &from, b: &to} {
		if text == "" {
			continue
		}
		if *t, err = time.Parse("2006-01-02T15:04:05.999999", text); err != nil {
			return from, to, err
		}
	}
	return from, to, nil
}

func (s *Services) resultsdb(r *http.Request, path string) (int, any, bool) {
	switch {
	case path == "/" && r.Method == http.MethodGet:
		base := "http://" + r.Host + "/api/v2.0"
		return http.StatusMultipleChoices, ci.About{
			Message: "Everything all right", Groups: base + "/groups", Results: base + "/results", Testcases: base + "/testcases", Outcomes: outcomes,
		}, false
	case path == "/results" && r.Method == http.MethodGet:
		found, err := s.selectResults(r.URL.Query())
		if err != nil {
			return say(400, "%v", err)
		}
		page, prev, next, err := pageOf(found, r, 0, 20)
		if err != nil {
			return say(400, "%v", err)
		}
		return 200, map[string]any{"data": page, "prev": prev, "next": next}, false
	case path == "/results" && r.Method == http.MethodPost:
		return s.postResult(r)
	case path == "/results/latest" && r.Method == http.MethodGet:
		return s.latestResults(r.URL.Query())
	case strings.HasPrefix(path, "/results/") && r.Method == http.MethodGet:
		id, err := strconv.ParseInt(strings.TrimPrefix(path, "/results/"), 10, 64)
		i := slices.IndexFunc(s.results, func(x ci.Result) bool { return x.ID == id })
		if err != nil || i < 0 {
			return say(404, "Result not found")
		}
		return 200, s.results[i], false
	case path == "/healthcheck":
		return say(200, "Health check OK")
	}
	return say(404, "Not found")
}

// outcomes are those that servers are usually configured to take.
var outcomes = []ci.Outcome{ci.Passed, ci.Info, ci.Failed, ci.NeedsInspection, ci.Queued, ci.Running, ci.Errored, ci.NotApplicable}

// selectResults returns the matching results, newest first unless asked
// otherwise.
func (s *Services) selectResults(q url.Values) ([]ci.Result, error) {
	from, to, err := parseSince(q.Get("since"))
	if err != nil {
		return nil, fmt.Errorf("since: %w", err)
	}
	var out []ci.Result
	for _, r := range s.results {
		if !from.IsZero() && r.SubmitTime.Before(from) || !to.IsZero() && r.SubmitTime.After(to) {
			continue
		}
		if matchesResult(r, q) {
			out = append(out, r)
		}
	}
	if q.Get("_sort") != "asc:submit_time" {
		slices.Reverse(out)
	}
	return out, nil
}

func matchesResult(r ci.Result, q url.Values) bool {
	for key, values := range q {
		words := split(values)
		switch key {
		case "page", "limit", "since", "_sort", "_distinct_on":
		case "outcome":
			if !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, string(r.Outcome)) }) {
				return false
			}
		case "testcases":
			if !slices.Contains(words, r.Testcase.Name) {
				return false
			}
		case "testcases:like":
			if !anyLike(words, r.Testcase.Name) {
				return false
			}
		case "groups":
			if !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(r.Groups, w) }) {
				return false
			}
		default:
			name, pattern := strings.CutSuffix(key, ":like")
			ok := slices.ContainsFunc(r.Data[name], func(have string) bool {
				if pattern {
					return anyLike(words, have)
				}
				return slices.Contains(words, have)
			})
			if !ok {
				return false
			}
		}
	}
	return true
}

func (s *Services) latestResults(q url.Values) (int, any, bool) {
	distinct := split(q["_distinct_on"])
	filters := len(q)
	if len(distinct) > 0 {
		filters--
		if filters == 0 {
			return say(400, "Please, provide at least one filter beside '_distinct_on'")
		}
	}
	found, err := s.selectResults(q)
	if err != nil {
		return say(400, "%v", err)
	}
	if q.Get("_sort") == "asc:submit_time" {
		slices.Reverse(found)
	}
	seen := map[string]bool{}
	latest := []ci.Result{}
	for _, r := range found {
		key := r.Testcase.Name
		for _, d := range distinct {
			key += "\x00" + strings.Join(r.Data[d], "\x01")
		}
		if !seen[key] {
			seen[key] = true
			latest = append(latest, r)
		}
	}
	return 200, map[string]any{"data": latest}, false
}

// words is a string or a list of strings.
type words []string

func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

func (s *Services) postResult(r *http.Request) (int, any, bool) {
	var in struct {
		Outcome  string           `json:"outcome"`
		Testcase json.RawMessage  `json:"testcase"`
		Groups   []string         `json:"groups"`
		Note     string           `json:"note"`
		RefURL   string           `json:"ref_url"`
		Data     map[string]words `json:"data"`
		Submit   string           `json:"submit_time"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return say(400, "Malformed request: %v", err)
	}
	var tc struct {
		Name   string `json:"name"`
		RefURL string `json:"ref_url"`
	}
	if json.Unmarshal(in.Testcase, &tc) != nil {
		_ = json.Unmarshal(in.Testcase, &tc.Name)
	}
	if in.Outcome == "" || tc.Name == "" {
		return say(400, "Malformed request: outcome and testcase are required")
	}
	out := ci.Result{
		Outcome: ci.Outcome(in.Outcome), Testcase: ci.Testcase{Name: tc.Name, RefURL: tc.RefURL},
		Groups: in.Groups, Note: in.Note, RefURL: in.RefURL, Data: map[string][]string{},
	}
	for key, values := range in.Data {
		if strings.Contains(key, ":") {
			return say(400, "Colon not allowed in key name: %q", key)
		}
		out.Data[key] = values
	}
	if in.Submit != "" {
		t, _, err := parseSince(in.Submit)
		if err != nil {
			return say(400, "submit_time: %v", err)
		}
		out.SubmitTime = t
	}
	stored, err := s.addResult(out)
	if err != nil {
		return say(500, "%v", err)
	}
	return 201, stored, false
}
