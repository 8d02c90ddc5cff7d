// SPDX-License-Identifier: MIT

package koji_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-f134cc8e/relkit/koji"
)

func TestCorpus(t *testing.T) {
	all := situations(t)
	j := judges{
		t: t, sigs: signatures(t), desk: &desk{t: t, clients: map[string]*desked{}},
		response: newJudge(t, "response"), request: newJudge(t, "request"), fault: newJudge(t, "fault"), http: newJudge(t, "http"),
	}
	j.sigs["multiCall"] = signature{names: []string{"calls"}}
	j.sigs["system.multicall"] = j.sigs["multiCall"]
	for _, s := range all {
		j.situation(s)
	}
	for _, x := range []*judge{j.response, j.request, j.fault, j.http} {
		x.log()
	}
}

type judges struct {
	t                              *testing.T
	sigs                           map[string]signature
	desk                           *desk
	response, request, fault, http *judge
	renewed                        error // how the last renewal ended
}

func (j *judges) situation(s *situation) {
	ctx := j.t.Context()
	var problems []string
	if !s.text {
		var err error
		if s.result, s.fault, err = parseReply(s.response); err != nil && s.head.Method == http.MethodPost {
			problems = append(problems, "the answer does not parse: "+err.Error())
		}
	}
	problems = append(problems, s.index()...)
	switch {
	case s.head.Method == http.MethodGet && strings.HasPrefix(s.head.Path, "/kojifiles/"):
		j.http.verdict(s, append(problems, j.file(ctx, s)...))
	case strings.HasPrefix(s.head.Request["Content-Type"], "application/octet-stream"):
		j.http.verdict(s, problems)
		j.upload(ctx, s)
	case s.head.Status != 200 || s.text:
		j.http.verdict(s, append(problems, j.refused(ctx, s)...))
	default:
		j.http.verdict(s, problems)
		j.call(ctx, s)
	}
}

// index compares a row of INDEX.tsv with the files.
func (s *situation) index() []string {
	if s.row == nil {
		return nil
	}
	var out []string
	code := ""
	if s.fault != nil {
		code = fmt.Sprint(s.fault["faultCode"])
	}
	for i, want := range map[int]string{3: strconv.Itoa(s.head.Status), 4: code, 5: strconv.Itoa(len(s.response))} {
		if s.row[i] != want {
			out = append(out, fmt.Sprintf("INDEX.tsv says %s, the files %s", s.row[i], want))
		}
	}
	return out
}

// refused judges answers that no hub gives to a call.
func (j *judges) refused(ctx context.Context, s *situation) []string {
	if s.method == "sslLogin" {
		return j.login(ctx, s)
	}
	seat := j.desk.seat(s, "refused", false, 1)
	method := s.method
	if method == "" {
		method = "hello"
	}
	return s.refusal(seat.c.Call(ctx, method, nil, nil), method)
}

func (s *situation) refusal(err error, method string) []string {
	var e *koji.Error
	if !errors.As(err, &e) {
		return []string{fmt.Sprintf("the error is %v", err)}
	}
	var out []string
	if e.Status != s.head.Status {
		out = append(out, fmt.Sprintf("status %d in the error", e.Status))
	}
	if !strings.Contains(err.Error(), method) || strings.Contains(err.Error(), "syntax") && !strings.Contains(string(s.response), "syntax") {
		out = append(out, "text: "+err.Error())
	}
	want := map[int]error{400: koji.ErrInvalid, 401: koji.ErrUnauthorized, 403: koji.ErrForbidden, 404: koji.ErrNotFound, 405: koji.ErrInvalid, 408: koji.ErrUnavailable, 413: koji.ErrInvalid, 429: koji.ErrUnavailable}[s.head.Status]
	if s.head.Status >= 500 || s.head.Status < 300 {
		want = koji.ErrUnavailable
	}
	if want != nil && !errors.Is(err, want) {
		out = append(out, fmt.Sprintf("%v is not %v", err, want))
	}
	if s.head.Response["Content-Type"] == "text/plain" {
		first, _, _ := strings.Cut(strings.TrimSpace(string(s.response)), "\n")
		if !strings.Contains(err.Error(), first) {
			out = append(out, "the server's words are missing: "+err.Error())
		}
	}
	return out
}

// call judges a method call: generic, and typed where there is a method.
func (j *judges) call(ctx context.Context, s *situation) {
	if s.method == "" || s.result == nil && s.fault == nil && len(s.response) == 0 {
		return
	}
	method := s.method
	if method == "system.multicall" {
		method = "multiCall"
	}
	if s.method == "login" || s.method == "sslLogin" {
		j.loginCall(ctx, s)
		return
	}
	problems, requests, faults := j.generic(ctx, s)
	typed, why, p, q, f := j.typed(ctx, s, method)
	if s.fault == nil {
		j.response.count(s.method, typed)
		j.response.verdict(s, append(problems, p...))
	} else {
		j.fault.count(s.method, typed)
		j.fault.verdict(s, append(faults, f...))
	}
	if !typed {
		j.request.because(why, s)
	}
	j.request.count(s.method, typed)
	j.request.verdict(s, append(requests, q...))
}

func (j *judges) generic(ctx context.Context, s *situation) (response, request, fault []string) {
	seat := j.desk.seat(s, "generic", false, 1)
	var got any
	err := seat.c.Call(ctx, s.method, raw(s.params, func(m map[string]any) any { return koji.Named(m) }), &got)
	request = append(j.sameRequest(s, seat.p.sent, s.method), j.sameHeaders(s, seat.p.sent)...)
	if s.fault != nil {
		return nil, request, s.rightFault(err, s.method)
	}
	if err != nil {
		return []string{"generic: " + err.Error()}, request, nil
	}
	if !reflect.DeepEqual(got, s.result) {
		response = append(response, "generic: got "+show(got)+" want "+show(s.result))
	}
	// Encode what was decoded, and look whether it is the same still.
	seat = j.desk.seat(&situation{name: s.name}, "echo", false, 0)
	seat.p.s = s
	if err := seat.c.Call(ctx, "echo", []any{[]any{got}}, nil); err != nil {
		return append(response, "encoding: "+err.Error()), request, nil
	}
	_, params, err := parseCall(seat.p.sent[0].body)
	if err != nil || !reflect.DeepEqual(params, []any{[]any{s.result}}) {
		response = append(response, fmt.Sprintf("re-encoded: %v, got %s", err, show(params)))
	}
	return response, request, nil
}

func (j *judges) typed(ctx context.Context, s *situation, method string) (typed bool, why string, response, request, fault []string) {
	call, ok := adapters[method]
	if !ok {
		return false, untyped, nil, nil, nil
	}
	bound, err := j.sigs[method].bind(s.params)
	if err != nil {
		return false, "the arguments don't fit the method", nil, nil, nil
	}
	a := &args{m: bound}
	strict, _ := bound["strict"].(bool)
	seat := j.desk.seat(s, "typed", strict, 1)
	got, err := call(ctx, seat.c, a)
	if a.why != "" || len(seat.p.sent) == 0 {
		for k, v := range j.desk.clients {
			if v == seat {
				delete(j.desk.clients, k)
			}
		}
		return false, "the typed method can't say it", nil, nil, nil
	}
	request = append(j.sameRequest(s, seat.p.sent, method), j.sameHeaders(s, seat.p.sent)...)
	for i := range request {
		request[i] = "typed: " + request[i]
	}
	if s.fault != nil {
		return true, "", nil, request, s.rightFault(err, method)
	}
	var e *koji.Error
	switch {
	case s.result == nil && errors.Is(err, koji.ErrNotFound), s.result == nil && errors.Is(err, koji.ErrUnauthorized):
	case s.result == false && got == false && err == nil: // a refusal that is no fault
	case isTaskFault(s.result) && errors.As(err, &e):
		m := s.result.(map[string]any)
		if int64(e.Code) != m["faultCode"] || e.Msg != lastLine(m["faultString"].(string)) {
			response = append(response, "the task's fault became "+err.Error())
		}
	case err != nil:
		response = append(response, "typed: "+err.Error())
	default:
		response = vanished("typed", s.result, reflect.ValueOf(got))
	}
	return true, "", response, request, nil
}

func isTaskFault(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 2 && m["faultCode"] != nil && m["faultString"] != nil
}

// databaseNotes are the lines in which PostgreSQL points at its statement.
var databaseNotes = regexp.MustCompile(`(\n *\^|\n(LINE|DETAIL|HINT|CONTEXT)[ :].*)+\s*$`)

// lastLine is what a fault's text says: the last line that is not the
// database's note on the one before.
func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(databaseNotes.ReplaceAllString(s, "")), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if class, msg, ok := strings.Cut(last, ": "); ok && len(lines) > 1 && strings.HasPrefix(class, "koji.") {
		return msg
	}
	return last
}

func (j *judges) sameRequest(s *situation, sent []sentRequest, method string) []string {
	if s.fault["faultCode"] == int64(1007) && len(sent) == 2 {
		if name, _, err := parseCall(sent[1].body); err != nil || name != "login" {
			return []string{"an expired session is not renewed but " + name}
		}
		sent = sent[:1]
	}
	if len(sent) != 1 {
		return []string{fmt.Sprintf("%d requests were sent", len(sent))}
	}
	return j.compareRequest(s, sent[0], method)
}

func (j *judges) compareRequest(s *situation, sent sentRequest, method string) []string {
	name, params, err := parseCall(sent.body)
	if err != nil {
		return []string{"what was sent does not parse: " + err.Error()}
	}
	if name != method || sent.method != http.MethodPost {
		return []string{sent.method + " of " + name}
	}
	want, got := any(s.params), any(params)
	if sig, known := j.sigs[s.method]; known {
		if w, err := sig.normal(s.params); err == nil {
			if g, err := sig.normal(params); err == nil {
				want, got = w, g
			}
		}
	}
	if !reflect.DeepEqual(want, got) {
		return []string{"request: want " + show(want) + ", got " + show(got)}
	}
	return nil
}

// sameHeaders compares path, query and session headers.
func (j *judges) sameHeaders(s *situation, sent []sentRequest) []string {
	if len(sent) == 0 {
		return nil
	}
	last := sent[0]
	u, err := url.Parse(s.head.Path)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	if u.Path != last.path || u.Query().Encode() != last.query.Encode() {
		// A query without a key can't come from a client of ours.
		if u.Query().Get("session-key") != "" || u.RawQuery == "" {
			out = append(out, "path "+last.path+"?"+last.query.Encode())
		}
	}
	for _, k := range []string{"Koji-Session-Id", "Koji-Session-Key", "Koji-Session-Callnum", "Content-Type"} {
		if want := s.head.Request[k]; want != last.header.Get(k) && !(k == "Content-Type" && want == "") {
			out = append(out, fmt.Sprintf("header %s: want %q, got %q", k, want, last.header.Get(k)))
		}
	}
	if n := last.header.Get("Koji-Callnum"); n != last.header.Get("Koji-Session-Callnum") {
		out = append(out, "header Koji-Callnum: "+n)
	}
	return out
}

// Parents of Koji's fault codes, as its exception classes have them.
var faultParents = map[koji.FaultCode][]koji.FaultCode{
	1006: {1002, 1000}, 1007: {1002, 1000}, 1008: {1002, 1000}, 1009: {1002, 1000}, 1023: {1002, 1000},
	1010: {1005, 1000}, 1011: {1005, 1000}, 1012: {1005, 1000}, 1017: {1016, 1000},
}

// documented sentinels, by code; others depend on the text.
var faultSentinels = map[koji.FaultCode]error{
	1001: koji.ErrConflict, 1004: koji.ErrForbidden, 1006: koji.ErrConflict, 1007: koji.ErrUnauthorized, 1008: koji.ErrConflict,
	1009: koji.ErrAlreadyApplied, 1013: koji.ErrInvalid, 1014: koji.ErrUnavailable, 1019: koji.ErrInvalid,
}

func (s *situation) rightFault(err error, method string) []string {
	var e *koji.Error
	if !errors.As(err, &e) {
		return []string{fmt.Sprintf("want a fault, got %v", err)}
	}
	var out []string
	code, _ := s.fault["faultCode"].(int64)
	text, _ := s.fault["faultString"].(string)
	if int64(e.Code) != code || !errors.Is(err, koji.FaultCode(code)) {
		out = append(out, fmt.Sprintf("code %d, want %d", e.Code, code))
	}
	parents := faultParents[e.Code]
	if parents == nil && code > 1000 {
		parents = []koji.FaultCode{1000}
	}
	for _, p := range parents {
		if !errors.Is(err, p) {
			out = append(out, fmt.Sprintf("%v is not %v", e.Code, p))
		}
	}
	if want := faultSentinels[e.Code]; want != nil && !errors.Is(err, want) {
		out = append(out, fmt.Sprintf("%v is not %v", e.Code, want))
	}
	if code == 1002 && !errors.Is(err, koji.ErrUnauthorized) && !errors.Is(err, koji.ErrForbidden) {
		out = append(out, "an AuthError is neither unauthorized nor forbidden")
	}
	if (errors.Is(err, koji.ErrUnauthorized) || errors.Is(err, koji.ErrForbidden)) && !errors.Is(err, fs.ErrPermission) {
		out = append(out, "it is no fs.ErrPermission")
	}
	if !strings.Contains(err.Error(), method) || !strings.Contains(err.Error(), lastLine(text)) {
		out = append(out, "text: "+err.Error())
	}
	for _, secret := range []string{s.head.Request["Koji-Session-Key"], "filler-password"} {
		if secret != "" && strings.Contains(err.Error(), secret) {
			out = append(out, "a secret is in "+err.Error())
		}
	}
	return out
}
