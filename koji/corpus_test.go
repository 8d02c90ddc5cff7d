// SPDX-License-Identifier: MIT

package koji_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji"
)

// A situation is one recorded request and its answer.
type situation struct {
	name     string // NNN-METHOD-SITUATION
	method   string // as the request has it; "" if it is no call
	params   []any
	request  []byte
	response []byte
	binary   bool // the request is no XML
	text     bool // the answer is no XML
	head     struct {
		Method, Path, Scheme string
		Status               int
		Request              map[string]string `json:"request_headers"`
		Response             map[string]string `json:"response_headers"`
	}
	row []string // of INDEX.tsv, nil if it has none

	result any
	fault  map[string]any
}

func corpus(t *testing.T, room string) string {
	t.Helper()
	return golden.Corpus(t, room)
}

func situations(t *testing.T) []*situation {
	t.Helper()
	dir := filepath.Join(corpus(t, "koji"), "recorded")
	heads, err := filepath.Glob(filepath.Join(dir, "*.headers.json"))
	require.NoError(t, err)
	require.NotEmpty(t, heads, "no recordings in %s", dir)
	rows := map[string][]string{}
	if index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv")); err == nil {
		for line := range strings.Lines(string(index)) {
			f := strings.Split(strings.TrimRight(line, "\n"), "\t")
			if len(f) == 6 {
				rows[f[0]+"-"+f[1]+"-"+f[2]] = f
			}
		}
	}
	var out []*situation
	for _, h := range heads {
		s := &situation{name: strings.TrimSuffix(filepath.Base(h), ".headers.json")}
		data, err := os.ReadFile(h)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &s.head), h)
		base := strings.TrimSuffix(h, ".headers.json")
		if s.request, err = os.ReadFile(base + ".request.xml"); err != nil {
			s.request, err = os.ReadFile(base + ".request.bin")
			s.binary = true
		}
		require.NoError(t, err)
		if s.response, err = os.ReadFile(base + ".response.xml"); err != nil {
			s.response, err = os.ReadFile(base + ".response.txt")
			s.text = true
		}
		if err != nil {
			s.response, err = os.ReadFile(base + ".response.bin")
		}
		require.NoError(t, err, "%s has no answer", s.name)
		if !s.binary {
			if m, p, err := parseCall(s.request); err == nil {
				s.method, s.params = m, p
			}
		}
		s.row = rows[s.name]
		delete(rows, s.name)
		out = append(out, s)
	}
	for name := range rows {
		if name != "number-method-situation" {
			t.Errorf("INDEX.tsv tells of %s, which is not there", name)
		}
	}
	return out
}

// player is a hub that plays recordings: until it is armed it logs in with the
// session of a recording and answers nil, then it gives the recorded answer
// and keeps the request.
type player struct {
	s       *situation // armed with it; nil: not armed
	session session
	expired bool          // the next call finds its session expired
	busy    chan struct{} // holds back calls of the method "slow"
	sent    []sentRequest // what came while armed
}

type session struct {
	id, key string
	query   bool // the hub wants the session in the query
}

type sentRequest struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
}

const nilReply = `<?xml version='1.0'?><methodResponse><params><param><value><nil/></value></param></params></methodResponse>`

func (p *player) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte{}
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	reply := func(status int, header http.Header, doc []byte) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(doc)), ContentLength: int64(len(doc)), Request: r}, nil
	}
	if p.busy != nil && bytes.Contains(body, []byte("<methodName>slow</methodName>")) {
		p.busy <- struct{}{}
		<-p.busy
		return reply(200, http.Header{}, []byte(nilReply))
	}
	if p.s != nil && p.expired {
		p.expired = false
		return reply(200, http.Header{}, []byte(`<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1007</int></value></member>`+
			`<member><name>faultString</name><value><string>session has expired</string></value></member></struct></value></fault></methodResponse>`))
	}
	if p.s != nil {
		p.sent = append(p.sent, sentRequest{r.Method, r.URL.Path, r.URL.Query(), r.Header.Clone(), body})
		h := http.Header{}
		for k, v := range p.s.head.Response {
			if k != "Content-Length" && k != "Transfer-Encoding" {
				h.Set(k, v)
			}
		}
		return reply(p.s.head.Status, h, p.s.response)
	}
	doc := nilReply
	if bytes.Contains(body, []byte("ogin</methodName>")) {
		auth := `<member><name>header-auth</name><value><boolean>1</boolean></value></member>`
		if p.session.query {
			auth = ""
		}
		doc = `<?xml version='1.0'?><methodResponse><params><param><value><struct><member><name>session-id</name><value><int>` + p.session.id +
			`</int></value></member><member><name>session-key</name><value><string>` + p.session.key + `</string></value></member>` + auth +
			`</struct></value></param></params></methodResponse>`
	}
	return reply(200, http.Header{"Content-Type": {"text/xml"}}, []byte(doc))
}

// judge runs one kind of judgement and counts.
type judge struct {
	t       *testing.T
	name    string
	cases   int
	differ  int
	methods map[string][2]int   // typed, generic only
	reasons map[string][]string // why a situation is generic only
}

func newJudge(t *testing.T, name string) *judge {
	return &judge{t: t, name: name, methods: map[string][2]int{}, reasons: map[string][]string{}}
}

// verdict counts a case; problems make it differ.
func (j *judge) verdict(s *situation, problems []string) {
	j.cases++
	if len(problems) > 0 {
		j.differ++
		slices.Sort(problems)
		j.t.Errorf("%s %s: %s", j.name, s.name, strings.Join(problems[:min(len(problems), 5)], "; "))
	}
}

func (j *judge) count(method string, typed bool) {
	n := j.methods[method]
	if typed {
		n[0]++
	} else {
		n[1]++
	}
	j.methods[method] = n
}

func (j *judge) because(why string, s *situation) {
	name := s.name
	if why == untyped { // the counts by method tell
		name = ""
	}
	j.reasons[why] = append(j.reasons[why], name)
}

const untyped = "the method has no typed form"

func (j *judge) log() {
	typed, generic := 0, 0
	var only []string
	for _, m := range slices.Sorted(maps.Keys(j.methods)) {
		n := j.methods[m]
		typed += n[0]
		generic += n[1]
		if n[0] == 0 {
			only = append(only, m+" "+strconv.Itoa(n[1]))
		}
	}
	j.t.Logf("corpus koji/%s: %d cases, %d differ", j.name, j.cases, j.differ)
	if len(j.methods) > 0 {
		j.t.Logf("corpus koji/%s: %d typed, %d generic only; methods never typed: %s", j.name, typed, generic, strings.Join(only, ", "))
	}
	for _, why := range slices.Sorted(maps.Keys(j.reasons)) {
		j.t.Logf("corpus koji/%s: generic only since %s: %d %s", j.name, why, len(j.reasons[why]), strings.TrimSpace(strings.Join(j.reasons[why], " ")))
	}
}

// desk hands out clients that are in the state in which a recording began.
type desk struct {
	t       *testing.T
	clients map[string]*desked
}

type desked struct {
	c    *koji.Client
	p    *player
	next int // the number of its next call in the session
}

// seat returns a client for a situation, with its player armed. strict is
// how it asks for single objects; kind keeps series of calls apart.
func (d *desk) seat(s *situation, kind string, strict bool, calls int) *desked {
	id, key := s.head.Request["Koji-Session-Id"], s.head.Request["Koji-Session-Key"]
	u, err := url.Parse(s.head.Path)
	require.NoError(d.t, err)
	query := u.Query().Get("session-key") != ""
	number, err := strconv.Atoi(s.head.Request["Koji-Session-Callnum"])
	if unnumbered := err != nil && id != ""; unnumbered {
		number = -1
	}
	slot := strings.Join([]string{kind, id, key, strconv.FormatBool(strict), strconv.FormatBool(query)}, " ")
	seat := d.clients[slot]
	if seat == nil || id == "" || seat.next > number-calls+1 {
		seat = &desked{p: &player{session: session{id, key, query}}}
		opts := []koji.Option{koji.WithHTTPClient(&http.Client{Transport: seat.p}), koji.WithRetry(koji.Retry{}), koji.WithTopURL("http://koji.example.com/kojifiles")}
		if strict {
			opts = append(opts, koji.WithStrict())
		}
		if id != "" {
			opts = append(opts, koji.WithPassword("filler", "filler-password"))
		}
		seat.c, err = koji.NewClient("http://koji.example.com/kojihub", opts...)
		require.NoError(d.t, err)
		d.clients[slot] = seat
	}
	seat.p.s, seat.p.sent = nil, nil
	if id != "" {
		require.NoError(d.t, seat.c.Login(d.t.Context()))
		for ; seat.next < number-calls+1; seat.next++ {
			require.NoError(d.t, seat.c.Call(d.t.Context(), "hello", nil, nil))
		}
	}
	if number < 0 && id != "" {
		// Reads go without a number while another call holds the session.
		seat.p.busy = make(chan struct{})
		go seat.c.Call(d.t.Context(), "slow", nil, nil)
		<-seat.p.busy
		d.t.Cleanup(func() { close(seat.p.busy) })
		delete(d.clients, slot)
	}
	seat.p.s = s
	seat.next += calls
	return seat
}
