// SPDX-License-Identifier: MIT

package citest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/koji/ci"
)

// Seed is what the services start with. The zero value is empty: every
// decision answers that no policy applies.
type Seed struct {
	Policies []ci.Policy
	Results  []ci.Result // IDs and times are given when zero
	Waivers  []ci.Waiver // IDs and times are given when zero
	// Now tells the time; nil = 2026-01-01 plus one second for each write.
	Now func() time.Time
	// Dir, if not empty, is a folder in which results and waivers are kept,
	// one JSON line each, and from which they are read at the start; then the
	// seed's own are stored only if the folder holds none.
	Dir string
}

// Services is the state of the three services and an http.Handler that speaks
// their protocols. It is safe for concurrent use. It has no goroutine, clock
// or randomness of its own.
type Services struct {
	mu       sync.Mutex
	policies []ci.Policy
	results  []ci.Result // by ID
	waivers  []ci.Waiver // by ID
	now      func() time.Time
	writes   int
	log      *os.File
	offline  bool
	faults   []*fault
	calls    []Call
}

// Call is one request that arrived.
type Call struct {
	Method string
	Path   string
	Status int
}

type fault struct {
	path   string
	left   int
	status int
}

// NewServices returns services with the seed's state. It fails when the
// seed's folder can't be read or written.
func NewServices(seed Seed) (*Services, error) {
	s := &Services{policies: slices.Clone(seed.Policies), now: seed.Now}
	if seed.Dir != "" {
		if err := s.open(seed.Dir); err != nil {
			return nil, fmt.Errorf("citest: %w", err)
		}
	}
	if len(s.results) == 0 && len(s.waivers) == 0 {
		for _, r := range seed.Results {
			s.addResult(r)
		}
		for _, w := range seed.Waivers {
			s.addWaiver(w)
		}
	}
	return s, nil
}

// line is one stored write.
type line struct {
	Result *ci.Result `json:"result,omitempty"`
	Waiver *ci.Waiver `json:"waiver,omitempty"`
}

func (s *Services) open(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, "ci.jsonl")
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	whole := strings.LastIndexByte(string(data), '\n') + 1 // a torn last line never happened
	sc := bufio.NewScanner(strings.NewReader(string(data[:whole])))
	sc.Buffer(nil, 1<<24)
	for n := 1; sc.Scan(); n++ {
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
		switch {
		case l.Result != nil:
			s.results = append(s.results, *l.Result)
		case l.Waiver != nil:
			s.waivers = append(s.waivers, *l.Waiver)
		}
		s.writes++
	}
	if err := sc.Err(); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := f.Truncate(int64(whole)); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.Seek(int64(whole), 0); err != nil {
		return errors.Join(err, f.Close())
	}
	s.log = f
	return nil
}

// Close closes the state's file, if there is one.
func (s *Services) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log == nil {
		return nil
	}
	err := s.log.Close()
	s.log = nil
	return err
}

func (s *Services) store(l line) error {
	s.writes++
	if s.log == nil {
		return nil
	}
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = s.log.Write(append(data, '\n'))
	return err
}

func (s *Services) time() time.Time {
	if s.now != nil {
		return s.now().UTC().Truncate(time.Microsecond)
	}
	return time.Date(2026, 1, 1, 0, 0, s.writes, 0, time.UTC)
}

// AddResult stores a result as a test system would, and returns it with its
// ID, time and page. The error is that of writing the state's file.
func (s *Services) AddResult(r ci.Result) (ci.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addResult(r)
}

func (s *Services) addResult(r ci.Result) (ci.Result, error) {
	if r.ID == 0 {
		r.ID = 1
		if n := len(s.results); n > 0 {
			r.ID = s.results[n-1].ID + 1
		}
	}
	if r.SubmitTime.IsZero() {
		r.SubmitTime = s.time()
	}
	if r.Groups == nil {
		r.Groups = []string{}
	}
	if r.Data == nil {
		r.Data = map[string][]string{}
	}
	r.Href = fmt.Sprintf("/api/v2.0/results/%d", r.ID)
	r.Testcase.Href = "/api/v2.0/testcases/" + r.Testcase.Name
	r.Outcome = ci.Outcome(strings.ToUpper(string(r.Outcome)))
	if err := s.store(line{Result: &r}); err != nil {
		return ci.Result{}, err
	}
	s.results = append(s.results, r)
	return r, nil
}

// AddWaiver stores a waiver as a person would, and returns it with its ID and
// time. The error is that of writing the state's file.
func (s *Services) AddWaiver(w ci.Waiver) (ci.Waiver, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addWaiver(w)
}

func (s *Services) addWaiver(w ci.Waiver) (ci.Waiver, error) {
	if w.SubjectType == "brew-build" {
		w.SubjectType = ci.KojiBuild
	}
	if w.ID == 0 {
		w.ID = 1
		if n := len(s.waivers); n > 0 {
			w.ID = s.waivers[n-1].ID + 1
		}
	}
	if w.Timestamp.IsZero() {
		w.Timestamp = s.time()
	}
	if err := s.store(line{Waiver: &w}); err != nil {
		return ci.Waiver{}, err
	}
	s.waivers = append(s.waivers, w)
	return w, nil
}

// Results returns all results in the order of their arrival.
func (s *Services) Results() []ci.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.results)
}

// Waivers returns all waivers in the order of their arrival.
func (s *Services) Waivers() []ci.Waiver {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.waivers)
}

// SetOffline makes every request answer 503 until it is called with false.
func (s *Services) SetOffline(off bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offline = off
}

// Fail makes the next requests whose path contains the given text answer with
// an HTTP status; status 0 cuts the connection instead.
func (s *Services) Fail(path string, times, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{path, times, status})
}

// Calls returns what was asked so far.
func (s *Services) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Server serves [Services] on a loopback address.
type Server struct {
	*Services
	// URL is the root of all three services, without a slash at the end.
	URL  string
	http *httptest.Server
}

// NewServer starts a server for a seed without a folder. It panics when the
// seed names one that can't be used, or when no port can be had.
func NewServer(seed Seed) *Server {
	s, err := NewServices(seed)
	if err != nil {
		panic(err)
	}
	h := httptest.NewServer(s)
	return &Server{Services: s, URL: h.URL, http: h}
}

// Close stops the server and closes the state's file.
func (s *Server) Close() error {
	s.http.Close()
	return s.Services.Close()
}

// ResultsDB returns a client of the server, with quick retries.
func (s *Server) ResultsDB(opts ...ci.Option) (*ci.ResultsDB, error) {
	return ci.NewResultsDB(s.URL, opts...)
}

// WaiverDB returns a client of the server.
func (s *Server) WaiverDB(opts ...ci.Option) (*ci.WaiverDB, error) {
	return ci.NewWaiverDB(s.URL, opts...)
}

// Greenwave returns a client of the server.
func (s *Server) Greenwave(opts ...ci.Option) (*ci.Greenwave, error) {
	return ci.NewGreenwave(s.URL, opts...)
}

var _ http.Handler = (*Services)(nil)
