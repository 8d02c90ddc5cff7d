// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// A situation is one recorded request with its answer.
type situation struct {
	name    string
	number  int
	method  string // of the wire
	params  []any
	headers struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		Query   string            `json:"query"`
		Status  int               `json:"status"`
		Request map[string]string `json:"request_headers"`
	}
	body   []byte
	upload bool
	answer any
	fault  *xmlrpc.FaultError
	text   string // of an answer that is not XML-RPC
	xml    bool   // the answer is XML-RPC
}

func (s *situation) session() string { return s.headers.Request["Koji-Session-Key"] }

// faultOf finds the fault in an error.
func faultOf(err error) *xmlrpc.FaultError {
	if f, ok := errors.AsType[*xmlrpc.FaultError](err); ok {
		return f
	}
	if f, ok := errors.AsType[xmlrpc.FaultError](err); ok {
		return &f
	}
	return nil
}

func loadSituations(t *testing.T, dir string) []*situation {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.headers.json"))
	require.NoError(t, err)
	require.NotEmpty(t, names, "no recordings in %s", dir)
	var all []*situation
	for _, name := range names {
		base := strings.TrimSuffix(name, ".headers.json")
		s := &situation{name: filepath.Base(base)}
		number, _, _ := strings.Cut(s.name, "-")
		s.number, _ = strconv.Atoi(number)
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &s.headers), name)
		if s.body, err = os.ReadFile(base + ".request.xml"); err == nil {
			s.method, s.params, _ = xmlrpc.DecodeCall(bytes.NewReader(s.body), xmlrpc.Options{})
		} else if s.body, err = os.ReadFile(base + ".request.bin"); err == nil {
			s.upload = s.headers.Request["Content-Type"] == "application/octet-stream"
		}
		if s.upload {
			s.method = kojitest.UploadMethod
		}
		if text, err = os.ReadFile(base + ".response.xml"); err == nil {
			s.xml = true
			err := xmlrpc.DecodeResponse(bytes.NewReader(text), &s.answer, xmlrpc.Options{})
			if s.fault = faultOf(err); s.fault == nil {
				require.NoError(t, err, s.name)
			}
		} else {
			text, _ = os.ReadFile(base + ".response.txt")
			s.text = string(text)
		}
		all = append(all, s)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].number < all[j].number })
	return all
}

type verdict int

const (
	same verdict = iota
	differs
	unreachable
)

func TestCorpusHub(t *testing.T) {
	root := golden.Corpus(t)
	all := loadSituations(t, filepath.Join(root, "koji", "recorded"))
	deviations := map[string]string{}
	if text, err := os.ReadFile("testdata/deviations.json"); err == nil {
		require.NoError(t, json.Unmarshal(text, &deviations))
	}
	p := newPlayer(t, all)
	count := map[verdict]int{}
	deviating := 0
	for _, s := range all {
		v, why := p.play(s)
		reason, known := deviations[s.name]
		switch {
		case v == differs && known:
			deviating++
			t.Logf("deviation %s: %s", s.name, reason)
			continue
		case v == differs:
			t.Errorf("%s differs: %s", s.name, why)
		case known:
			t.Errorf("%s is listed as a deviation and does not deviate", s.name)
		case v == unreachable && testing.Verbose():
			t.Logf("not reachable: %s: %s", s.name, why)
		}
		count[v]++
	}
	t.Logf("corpus koji/hub: %d situations, %d differ, %d deviate, %d not reachable",
		len(all), count[differs], deviating, count[unreachable])
}

// play asks the hub what was asked of the real one and compares.
func (p *player) play(s *situation) (verdict, string) {
	if why := p.outside(s); why != "" {
		return unreachable, why
	}
	p.prepare(s)
	got := p.ask(s)
	if got.fault != nil && s.fault == nil {
		// a permission that was given between two recordings
		if f := needsPerm.FindStringSubmatch(got.fault.String); f != nil {
			p.try("grantPermission", f[2], f[1], true)
			got = p.ask(s)
		}
	}
	if !s.xml {
		if got.status != s.headers.Status {
			return differs, fmt.Sprintf("HTTP status %d, recorded %d", got.status, s.headers.Status)
		}
		if strings.HasPrefix(s.text, "<") || got.text == s.text {
			return same, ""
		}
		return differs, fmt.Sprintf("text %q, recorded %q", got.text, s.text)
	}
	want := shape(s, s.answer, s.fault)
	have := shape(s, got.answer, got.fault)
	p.learn(s, got)
	if reflect.DeepEqual(want, have) {
		return same, ""
	}
	if why := p.unknown(s, got); why != "" {
		return unreachable, why
	}
	return differs, difference("", want, have)
}

type answer struct {
	status int
	text   string
	answer any
	fault  *xmlrpc.FaultError
}

func (p *player) ask(s *situation) answer {
	body := s.body
	if s.method != "" && !s.upload {
		params := p.translate(s)
		var err error
		body, err = xmlrpc.EncodeCall(s.method, params)
		require.NoError(p.t, err)
	}
	url := s.headers.Path
	if s.headers.Query != "" {
		url += "?" + p.query(s.headers.Query)
	}
	r := httptest.NewRequest(s.headers.Method, "/", bytes.NewReader(body))
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(url, "?")
	for k, v := range s.headers.Request {
		if k != "Content-Length" {
			r.Header.Set(k, v)
		}
	}
	if key := s.session(); key != "" {
		mine := p.sessionFor(key, s)
		r.Header.Set("Koji-Session-Id", mine.session)
		r.Header.Set("Koji-Session-Key", mine.key)
	}
	w := httptest.NewRecorder()
	p.hub.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	require.NoError(p.t, err)
	got := answer{status: w.Code, text: string(text)}
	if w.Code == http.StatusOK && strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") {
		got.fault = faultOf(xmlrpc.DecodeResponse(bytes.NewReader(text), &got.answer, xmlrpc.Options{}))
	}
	return got
}

var (
	digits    = regexp.MustCompile(`\d+`)
	idInText  = regexp.MustCompile(`((?i:task|session|user|host|build(?: ID)?|id)[ =:'"]*)\d+`)
	drafts    = regexp.MustCompile(`,draft_\d+`)
	sideTag   = regexp.MustCompile(`-side-\d+`)
	times     = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*$`)
	sessionID = regexp.MustCompile(`'key': '[^']*'`)
)

// shape is an answer without what two runs can't have in common: ids, times,
// event numbers, session keys, and the frames of tracebacks.
func shape(s *situation, v any, f *xmlrpc.FaultError) any {
	if f != nil {
		return map[string]any{"faultCode": f.Code, "faultString": idInText.ReplaceAllString(lastLine(f.String), "$1#")}
	}
	counted := strings.HasPrefix(s.method, "count") || s.method == "getAPIVersion"
	if _, kw := named(s.params); kw != nil {
		opts, _ := kw["queryOpts"].(map[string]any)
		counted = counted || opts["countOnly"] == true
	}
	if _, ok := v.(int64); ok && !counted {
		return "#"
	}
	return mask("", v)
}

// lastLine is what a traceback ends with, in the short form that hubs give by
// default.
func lastLine(text string) string {
	if !strings.HasPrefix(text, "Traceback") {
		return strings.TrimPrefix(strings.Replace(strings.TrimPrefix(text, "<class '"), "'>: ", ": ", 1), "koji.GenericError: ")
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := len(lines) - 1; i > 0; i-- {
		if strings.HasPrefix(lines[i-1], " ") && !strings.HasPrefix(lines[i], " ") {
			return strings.TrimPrefix(lines[i], "koji.GenericError: ")
		}
	}
	return text
}

func named(params []any) ([]any, map[string]any) {
	if len(params) == 0 {
		return params, nil
	}
	kw, ok := params[len(params)-1].(map[string]any)
	if !ok || kw["__starstar"] != true {
		return params, nil
	}
	return params[:len(params)-1], kw
}

// masked are the members whose values two runs don't share.
func masked(key string) bool {
	switch key {
	case "id", "event", "ts", "callnum", "session-id", "session-key", "mtime", "last_used", "token", "owner", "parent",
		"build_tag", "dest_tag", "brootid", "buildtime", "date", "date_ts", "query_event", "hostip", "st_mtime", "st_atime",
		"st_ctime", "traceback":
		return true
	}
	for _, end := range []string{"_id", "_ts", "_time", "_event", "_by"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

func mask(key string, v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = mask(key, e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			switch k {
			case "buildroot_id", "traceback", "creator_name", "revoker_name":
				out[k] = "#" // a replay has no such buildroots, and does all as one user
			default:
				out[k] = mask(k, e)
			}
		}
		return out
	case string:
		v = strings.TrimSuffix(drafts.ReplaceAllString(sideTag.ReplaceAllString(v, "-side-#"), ",draft_#"),
			"\ndescription: documentation text")
		if times.MatchString(v) {
			return "a time"
		}
		if key == "request" && strings.HasPrefix(v, "<?xml") || key == "faultString" || strings.HasPrefix(v, "session ") {
			return digits.ReplaceAllString(sessionID.ReplaceAllString(v, "'key': ''"), "#")
		}
		if masked(key) && key != "parent_name" {
			if key == "user_id" && digits.ReplaceAllString(v, "") == "" {
				return "text #"
			}
			return "#"
		}
		return v
	case int64, float64:
		if masked(key) {
			return "#"
		}
		if _, ok := v.(float64); ok && key == "" {
			return "number"
		}
	}
	return v
}

// difference names the first place where two values differ.
func difference(at string, want, have any) string {
	if wm, ok := want.(map[string]any); ok {
		if hm, ok := have.(map[string]any); ok {
			keys := slices.Sorted(func(yield func(string) bool) {
				for k := range wm {
					if !yield(k) {
						return
					}
				}
				for k := range hm {
					if _, both := wm[k]; !both && !yield(k) {
						return
					}
				}
			})
			for _, k := range keys {
				w, inWant := wm[k]
				h, inHave := hm[k]
				switch {
				case !inWant:
					return fmt.Sprintf("%s.%s is too much: %v", at, k, h)
				case !inHave:
					return fmt.Sprintf("%s.%s is missing: %v", at, k, w)
				case !reflect.DeepEqual(w, h):
					return difference(at+"."+k, w, h)
				}
			}
		}
	}
	if wl, ok := want.([]any); ok {
		if hl, ok := have.([]any); ok {
			for i := range min(len(wl), len(hl)) {
				if !reflect.DeepEqual(wl[i], hl[i]) {
					return difference(fmt.Sprintf("%s[%d]", at, i), wl[i], hl[i])
				}
			}
			return fmt.Sprintf("%s has %d elements, recorded %d", at, len(hl), len(wl))
		}
	}
	return cut(fmt.Sprintf("%s is %#v, recorded %#v", at, have, want), 600)
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
