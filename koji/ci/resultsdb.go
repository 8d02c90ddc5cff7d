// SPDX-License-Identifier: MIT

package ci

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
)

// Outcome is what a test said. Servers may be configured with more than the
// constants here; unknown words are kept.
type Outcome string

// The outcomes that every ResultsDB knows, and those most are configured with.
const (
	Passed          Outcome = "PASSED"
	Info            Outcome = "INFO"
	Failed          Outcome = "FAILED"
	NeedsInspection Outcome = "NEEDS_INSPECTION"
	Queued          Outcome = "QUEUED"
	Running         Outcome = "RUNNING"
	Errored         Outcome = "ERROR"
	NotApplicable   Outcome = "NOT_APPLICABLE"
)

// String returns the outcome's word.
func (o Outcome) String() string { return string(o) }

// Final reports whether the test has ended; results that are queued or
// running count as missing in decisions.
func (o Outcome) Final() bool { return o != Queued && o != Running }

// Good reports whether the outcome satisfies a requirement: passed or info.
func (o Outcome) Good() bool { return o == Passed || o == Info }

// A Testcase names a test.
type Testcase struct {
	Name   string // may contain slashes
	RefURL string // where the test is described; empty when unknown
	Href   string // the test case's own page
}

// A Result is one test's verdict on one subject.
type Result struct {
	ID         int64
	Groups     []string // group UUIDs
	Testcase   Testcase
	SubmitTime time.Time // UTC
	Outcome    Outcome
	Note       string // empty when there is none
	RefURL     string // the test run's page; empty when there is none
	Href       string
	// Data says what was tested: "item", "type", "arch", "scenario" and
	// whatever the test system adds. Every value is a list.
	Data map[string][]string
	// Extra holds members that this package does not know.
	Extra map[string]json.RawMessage
}

type wireTestcase struct {
	Name   string  `json:"name"`
	RefURL *string `json:"ref_url"`
	Href   string  `json:"href,omitempty"`
}

type wireResult struct {
	ID         int64               `json:"id"`
	Groups     []string            `json:"groups"`
	Testcase   wireTestcase        `json:"testcase"`
	SubmitTime string              `json:"submit_time"`
	Outcome    Outcome             `json:"outcome"`
	Note       *string             `json:"note"`
	RefURL     *string             `json:"ref_url"`
	Data       map[string][]string `json:"data"`
	Href       string              `json:"href"`
}

// UnmarshalJSON reads a result as ResultsDB's v2 API and its bus messages
// write it.
func (r *Result) UnmarshalJSON(data []byte) error {
	var w wireResult
	extra, err := jsonapi.UnmarshalExtra(data, &w)
	if err != nil {
		return err
	}
	t, err := parseTime(w.SubmitTime)
	if err != nil {
		return err
	}
	*r = Result{
		ID: w.ID, Groups: w.Groups, SubmitTime: t, Outcome: w.Outcome, Note: jsonapi.Value(w.Note), RefURL: jsonapi.Value(w.RefURL),
		Testcase: Testcase{Name: w.Testcase.Name, RefURL: jsonapi.Value(w.Testcase.RefURL), Href: w.Testcase.Href},
		Href:     w.Href, Data: w.Data, Extra: extra,
	}
	return nil
}

// MarshalJSON writes a result as ResultsDB's v2 API does.
func (r Result) MarshalJSON() ([]byte, error) {
	return jsonapi.MarshalExtra(wireResult{
		ID: r.ID, Groups: slices.Clone(r.Groups), SubmitTime: formatTime(r.SubmitTime), Outcome: r.Outcome,
		Note: orNull(r.Note), RefURL: orNull(r.RefURL), Data: r.Data, Href: r.Href,
		Testcase: wireTestcase{Name: r.Testcase.Name, RefURL: orNull(r.Testcase.RefURL), Href: r.Testcase.Href},
	}, r.Extra)
}

// first returns the first value of a data key, empty when absent.
func (r Result) first(key string) string {
	if v := r.Data[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Item returns what was tested, for example an NVR; empty when not said.
func (r Result) Item() string { return r.first("item") }

// Scenario returns the scenario under which the test ran; empty when none.
func (r Result) Scenario() string { return r.first("scenario") }

// ResultQuery selects results. The zero value selects all, newest first.
type ResultQuery struct {
	Testcases     []string  // any of these
	TestcasesLike []string  // patterns with *
	Outcomes      []Outcome // any of these
	Groups        []string
	Since, Until  time.Time // submit time; zero = open
	// Data filters on data keys: all keys must match, any of a key's values.
	Data map[string][]string
	// OldestFirst reverses the order.
	OldestFirst bool
	// Limit is the size of a page, 0 = the server's default (20).
	Limit int
	// Page is the page that ListResults reads, counted from 0.
	Page int
}

func (q ResultQuery) values() url.Values {
	v := url.Values{}
	set := func(key string, words []string) {
		if len(words) > 0 {
			v.Set(key, strings.Join(words, ","))
		}
	}
	set("testcases", q.Testcases)
	set("testcases:like", q.TestcasesLike)
	set("groups", q.Groups)
	outcomes := make([]string, len(q.Outcomes))
	for i, o := range q.Outcomes {
		outcomes[i] = string(o)
	}
	set("outcome", outcomes)
	switch {
	case !q.Since.IsZero() && !q.Until.IsZero():
		v.Set("since", formatTime(q.Since)+","+formatTime(q.Until))
	case !q.Since.IsZero():
		v.Set("since", formatTime(q.Since))
	case !q.Until.IsZero():
		v.Set("since", "1970-01-01T00:00:00,"+formatTime(q.Until))
	}
	for key, words := range q.Data {
		set(key, words)
	}
	if q.OldestFirst {
		v.Set("_sort", "asc:submit_time")
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Page > 0 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	return v
}

// ResultsDB is a client of one ResultsDB service (API v2.0). It is safe for
// concurrent use.
type ResultsDB struct{ s service }

// NewResultsDB returns a client for the service at the given root URL, the
// one that "/api/v2.0" is appended to. It does no I/O; it returns an error
// wrapping [ErrInvalid] for a URL or an option that can't be used.
func NewResultsDB(url string, opts ...Option) (*ResultsDB, error) {
	s, err := newService("resultsdb", url, "/api/v2.0", opts)
	if err != nil {
		return nil, err
	}
	return &ResultsDB{s}, nil
}

type resultPage struct {
	Data []Result `json:"data"`
	Prev *string  `json:"prev"`
	Next *string  `json:"next"`
}

// ListResults reads one page, newest first unless the query says otherwise.
// A page past the end is empty, not an error.
func (c *ResultsDB) ListResults(ctx context.Context, q ResultQuery) ([]Result, error) {
	page, err := c.resultPage(ctx, q)
	return page.Data, err
}

func (c *ResultsDB) resultPage(ctx context.Context, q ResultQuery) (resultPage, error) {
	var page resultPage
	err := c.s.do(ctx, http.MethodGet, "/results", q.values(), nil, &page)
	return page, err
}

// Results yields every result that the query selects, reading page after
// page. Results submitted meanwhile may make one appear twice; key by ID.
// It yields an error at most once and then ends.
func (c *ResultsDB) Results(ctx context.Context, q ResultQuery) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		for q := q; ; q.Page++ {
			page, err := c.resultPage(ctx, q)
			if err != nil {
				yield(Result{}, err)
				return
			}
			for _, r := range page.Data {
				if !yield(r, nil) {
					return
				}
			}
			if page.Next == nil || len(page.Data) == 0 {
				return
			}
		}
	}
}

// LatestResults returns the newest result of each test case among those that
// the query selects, or of each combination with the given data keys (such as
// "scenario" or "system_architecture"). The service refuses distinct keys
// without any other filter ([ErrInvalid]). Limit and Page are ignored.
func (c *ResultsDB) LatestResults(ctx context.Context, q ResultQuery, distinct ...string) ([]Result, error) {
	q.Limit, q.Page = 0, 0
	v := q.values()
	if len(distinct) > 0 {
		v.Set("_distinct_on", strings.Join(distinct, ","))
	}
	var page resultPage
	err := c.s.do(ctx, http.MethodGet, "/results/latest", v, nil, &page)
	return page.Data, err
}

// Result returns one result; [ErrNotFound] when there is none of that ID.
func (c *ResultsDB) Result(ctx context.Context, id int64) (Result, error) {
	var r Result
	err := c.s.do(ctx, http.MethodGet, "/results/"+strconv.FormatInt(id, 10), nil, nil, &r)
	return r, err
}

// CreateResult stores a result. Testcase.Name and Outcome are needed; ID,
// Href and a zero SubmitTime are given by the server. The server refuses a
// data key with a colon ([ErrInvalid]). It is sent once: after a lost answer
// look the result up before sending it again.
func (c *ResultsDB) CreateResult(ctx context.Context, r Result) (Result, error) {
	in := map[string]any{
		"outcome":  r.Outcome,
		"testcase": map[string]any{"name": r.Testcase.Name, "ref_url": orNull(r.Testcase.RefURL)},
		"groups":   r.Groups, "note": orNull(r.Note), "ref_url": orNull(r.RefURL), "data": r.Data,
	}
	if !r.SubmitTime.IsZero() {
		in["submit_time"] = formatTime(r.SubmitTime)
	}
	var out Result
	err := c.s.do(ctx, http.MethodPost, "/results", nil, in, &out)
	return out, err
}

// About is what the service says of itself.
type About struct {
	Message       string    `json:"message"`
	Documentation string    `json:"documentation"` // URL, as those that follow
	Groups        string    `json:"groups"`
	Results       string    `json:"results"`
	Testcases     string    `json:"testcases"`
	Outcomes      []Outcome `json:"outcomes"` // that the server is configured to take
}

// About returns what the service says of itself, above all which outcomes it
// takes.
func (c *ResultsDB) About(ctx context.Context) (About, error) {
	var a About
	err := c.s.do(ctx, http.MethodGet, "/", nil, nil, &a)
	return a, err
}

// Do calls any path below the API root, with the client's retries, errors and
// logging. in is sent as JSON unless nil; out receives the decoded answer
// unless nil.
func (c *ResultsDB) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	return c.s.do(ctx, method, path, query, in, out)
}

// A Group holds the results of all checks of one run.
type Group struct {
	UUID        string `json:"uuid"`
	Description string `json:"description"`
	RefURL      string `json:"ref_url"`
	Results     string `json:"results"`       // URL of its results
	Count       int    `json:"results_count"` // how many there are
	Href        string `json:"href"`
}

// Group returns one group by its UUID; [ErrNotFound] when there is none.
// Its results are those of ResultQuery.Groups.
func (c *ResultsDB) Group(ctx context.Context, uuid string) (Group, error) {
	var g Group
	err := c.s.do(ctx, http.MethodGet, "/groups/"+url.PathEscape(uuid), nil, nil, &g)
	return g, err
}
