// SPDX-License-Identifier: MIT

package pdc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/internal/recorded"
)

type exchange = recorded.Exchange

func corpus(t *testing.T) string {
	return golden.Corpus(t, "pdc")
}

func files(t *testing.T, dir string) map[string][]byte {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	out := map[string][]byte{}
	for _, n := range names {
		data, err := os.ReadFile(n)
		require.NoError(t, err)
		out[filepath.Base(n)] = data
	}
	return out
}

// TestCorpusClient calls, for each recorded exchange, the typed operation that
// it is one of: it must send what was sent, and make of the answer what is in
// it.
func TestCorpusClient(t *testing.T) {
	all, err := recorded.Load(filepath.Join(corpus(t), "recorded"))
	require.NoError(t, err)
	judged, differ, untyped := 0, 0, 0
	for _, e := range all {
		why, typed := judge(t, e)
		if !typed {
			untyped++
			if testing.Verbose() {
				t.Logf("no typed operation: %s %s %s", e.ID(), e.Request.Method, e.Request.Path)
			}
			continue
		}
		judged++
		if why != "" {
			differ++
			t.Errorf("%s: %s %s: %s", e.ID(), e.Request.Method, e.Request.Path, why)
		}
	}
	t.Logf("corpus pdc/client: %d cases, %d differ, %d exchanges without typed operation", judged, differ, untyped)
}

// wire answers one request as recorded, and remembers it.
type wire struct {
	e    exchange
	sent *http.Request
	body []byte
	n    int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.n++; w.n > 1 {
		return nil, errors.New("a second request was sent")
	}
	w.sent = r
	if r.Body != nil {
		w.body, _ = io.ReadAll(r.Body)
	}
	h := http.Header{}
	for k, v := range w.e.Response.Headers {
		h.Set(k, v)
	}
	text := ""
	if w.e.Response.Body != nil {
		data, err := json.Marshal(w.e.Response.Body)
		if err != nil {
			return nil, err
		}
		text = string(data)
	}
	return &http.Response{StatusCode: w.e.Response.Status, Header: h, Request: r, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(text))}, nil
}

// judge runs the typed operation of an exchange.
func judge(t *testing.T, e exchange) (why string, typed bool) {
	w := &wire{e: e}
	opts := []pdc.Option{pdc.WithHTTPClient(&http.Client{Transport: w})}
	if mark, ok := strings.CutPrefix(e.Request.Headers["Authorization"], "Token "); ok {
		opts = append(opts, pdc.WithToken(mark))
	}
	c, err := pdc.NewClient("http://pdc.example.com", opts...)
	require.NoError(t, err)
	op, ok := operationOf(c, e)
	if !ok {
		return "", false
	}
	ctx := t.Context()
	if text := e.Request.Headers["PDC-Change-Comment"]; text != "" {
		ctx = pdc.WithComment(ctx, text)
	}
	got, err := op(ctx)
	if w.sent == nil {
		// Refused by the client itself, as the server would have.
		if errors.Is(err, pdc.ErrInvalid) && e.Response.Status == 400 {
			return "", true
		}
		return fmt.Sprintf("nothing was sent: %v", err), true
	}
	if why := sentWrong(w, e); why != "" {
		return why, true
	}
	if e.Response.Status >= 300 {
		return errorWrong(e, err), true
	}
	if err != nil {
		return fmt.Sprintf("error: %v", err), true
	}
	if got == nil {
		return "", true
	}
	if lost := loss(got, e.Response.Body); lost != "" {
		return lost, true
	}
	return "", true
}

// sentWrong compares a request with the recorded one.
func sentWrong(w *wire, e exchange) string {
	u, err := url.Parse(e.Request.Path)
	if err != nil {
		return err.Error()
	}
	got := w.sent
	switch {
	case got.Method != e.Request.Method:
		return "sent " + got.Method
	case got.URL.Path != u.Path:
		return "sent to " + got.URL.Path
	case !reflect.DeepEqual(got.URL.Query(), u.Query()):
		return fmt.Sprintf("sent query %v", got.URL.Query())
	}
	for _, k := range []string{"Accept", "Authorization", "Content-Type", "PDC-Change-Comment", "If-Modified-Since"} {
		want := e.Request.Headers[k]
		if k == "Content-Type" && len(w.body) == 0 {
			continue
		}
		if got.Header.Get(k) != want {
			return fmt.Sprintf("sent header %s: %q, want %q", k, got.Header.Get(k), want)
		}
	}
	var a, b any
	if len(w.body) > 0 {
		if err := json.Unmarshal(w.body, &a); err != nil {
			return "sent what is no JSON"
		}
	}
	_ = json.Unmarshal(e.Request.Body, &b)
	if !reflect.DeepEqual(a, b) {
		return fmt.Sprintf("sent body %.600s", w.body)
	}
	return ""
}

// errorWrong compares an error with the recorded answer: its kind, the
// server's words and the members that these are about.
func errorWrong(e exchange, err error) string {
	var pe *pdc.Error
	if !errors.As(err, &pe) {
		return fmt.Sprintf("no *pdc.Error: %v", err)
	}
	if pe.Status != e.Response.Status {
		return fmt.Sprintf("status %d", pe.Status)
	}
	kinds := map[int][]error{400: {pdc.ErrInvalid, pdc.ErrConflict}, 401: {pdc.ErrUnauthorized}, 403: {pdc.ErrForbidden},
		404: {pdc.ErrNotFound}, 405: {pdc.ErrInvalid}, 415: {pdc.ErrInvalid}, 409: {pdc.ErrConflict}, 503: {pdc.ErrInternal},
		304: {pdc.ErrNotModified}}
	if !slices.ContainsFunc(kinds[pe.Status], func(k error) bool { return errors.Is(err, k) }) {
		return fmt.Sprintf("error is of another kind: %v", pe.Err)
	}
	if w := e.Response.Headers["pdc-warning"]; w != pe.Warning {
		return "warning " + pe.Warning
	}
	body := e.Response.Body
	if m, ok := body.(map[string]any); ok && m["id_of_invalid_data"] != nil {
		if want := strings.TrimSuffix(fmt.Sprint(m["id_of_invalid_data"]), ".0"); pe.Item != want {
			return fmt.Sprintf("item %q, want %q", pe.Item, want)
		}
		if body = m["detail"]; fmt.Sprintf("%T", body) == "string" {
			body = map[string]any{"detail": body}
		}
	}
	said := map[string]string{"": pe.Msg}
	for _, f := range pe.Fields {
		said[f.Path] = strings.Join(f.Messages, "\n")
	}
	return unsaid(said, "", body)
}

// unsaid finds a text of an error's body that the error doesn't have in its
// place.
func unsaid(said map[string]string, path string, v any) string {
	switch v := v.(type) {
	case string:
		if !strings.Contains(said[path], strings.TrimSpace(v)) {
			return fmt.Sprintf("the error does not say %q at %q", v, path)
		}
	case []any:
		for _, x := range v {
			if why := unsaid(said, path, x); why != "" {
				return why
			}
		}
	case map[string]any:
		for k, x := range v {
			at := path
			if k != "detail" && k != "non_field_errors" && k != "__all__" && k != "reason" && k != "invalid_data" {
				at = strings.TrimPrefix(path+"."+k, ".")
			}
			if why := unsaid(said, at, x); why != "" && k != "invalid_data" {
				return why
			}
		}
	}
	return ""
}

// loss says what of an answer is not in what was made of it.
func loss(typed, body any) string {
	if kept := caughtAll("", reflect.ValueOf(typed)); kept != "" {
		return kept + " went to a catch-all"
	}
	data, err := json.Marshal(typed)
	if err != nil {
		return err.Error()
	}
	var back any
	if err := json.Unmarshal(data, &back); err != nil {
		return err.Error()
	}
	return lacks("", back, body)
}

// caughtAll finds a catch-all with something in it.
func caughtAll(path string, v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return caughtAll(path, v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return ""
		}
		for i := range v.Len() {
			if s := caughtAll(fmt.Sprintf("%s[%d]", path, i), v.Index(i)); s != "" {
				return s
			}
		}
	case reflect.Map:
		if extra, ok := v.Interface().(pdc.Extra); ok {
			for k := range extra {
				return path + "." + k
			}
			return ""
		}
		for _, k := range v.MapKeys() {
			if s := caughtAll(path+"."+k.String(), v.MapIndex(k)); s != "" {
				return s
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			if s := caughtAll(path+"."+v.Type().Field(i).Name, v.Field(i)); s != "" {
				return s
			}
		}
	}
	return ""
}

// lacks finds a recorded value that the other doesn't have. Null may have
// become a zero value, and only that.
func lacks(path string, got, want any) string {
	switch w := want.(type) {
	case nil:
		switch got {
		case nil, "", 0.0, false:
			return ""
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		for k, x := range w {
			if why := lacks(path+"."+k, g[k], x); why != "" {
				return why
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if len(w) == 0 && got == nil {
			return ""
		}
		if !ok || len(g) != len(w) {
			break
		}
		for i := range w {
			if why := lacks(fmt.Sprintf("%s[%d]", path, i), g[i], w[i]); why != "" {
				return why
			}
		}
		return ""
	default:
		if reflect.DeepEqual(got, want) {
			return ""
		}
		if s, ok := want.(string); ok && sameMoment(s, got) {
			return ""
		}
	}
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	return fmt.Sprintf("at %s is %.200s, not %.200s", path, g, w)
}
