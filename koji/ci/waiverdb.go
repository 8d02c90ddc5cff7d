// SPDX-License-Identifier: MIT

package ci

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
)

// Subject types that decisions and waivers are made for.
const (
	KojiBuild    = "koji_build"
	BodhiUpdate  = "bodhi_update"
	ModuleBuild  = "redhat-module"
	ComposeEntry = "compose"
)

// A Waiver is a person's word that a result, or its absence, is acceptable.
type Waiver struct {
	ID                int64
	SubjectType       string
	SubjectIdentifier string
	Testcase          string
	Scenario          string // empty: any
	Username          string
	ProxiedBy         string // who submitted it in the user's name; empty: the user
	ProductVersion    string
	Waived            bool // false takes an earlier waiver back
	Comment           string
	Timestamp         time.Time // UTC
	// Extra holds members that this package does not know.
	Extra map[string]json.RawMessage
}

type wireWaiver struct {
	ID                int64             `json:"id"`
	SubjectType       string            `json:"subject_type"`
	SubjectIdentifier string            `json:"subject_identifier"`
	Subject           map[string]string `json:"subject"`
	Testcase          string            `json:"testcase"`
	Scenario          *string           `json:"scenario"`
	Username          string            `json:"username"`
	ProxiedBy         *string           `json:"proxied_by"`
	ProductVersion    string            `json:"product_version"`
	Waived            bool              `json:"waived"`
	Comment           string            `json:"comment"`
	Timestamp         string            `json:"timestamp"`
}

// UnmarshalJSON reads a waiver as WaiverDB writes it. The "subject" member,
// which repeats type and identifier, is used where they are absent.
func (w *Waiver) UnmarshalJSON(data []byte) error {
	var v wireWaiver
	extra, err := jsonapi.UnmarshalExtra(data, &v)
	if err != nil {
		return err
	}
	t, err := parseTime(v.Timestamp)
	if err != nil {
		return err
	}
	if v.SubjectType == "" && v.SubjectIdentifier == "" {
		if id, ok := v.Subject["productmd.compose.id"]; ok {
			v.SubjectType, v.SubjectIdentifier = ComposeEntry, id
		} else {
			v.SubjectType, v.SubjectIdentifier = v.Subject["type"], v.Subject["item"]
		}
	}
	*w = Waiver{
		ID: v.ID, SubjectType: v.SubjectType, SubjectIdentifier: v.SubjectIdentifier, Testcase: v.Testcase,
		Scenario: jsonapi.Value(v.Scenario), Username: v.Username, ProxiedBy: jsonapi.Value(v.ProxiedBy),
		ProductVersion: v.ProductVersion, Waived: v.Waived, Comment: v.Comment, Timestamp: t, Extra: extra,
	}
	return nil
}

// MarshalJSON writes a waiver as WaiverDB does.
func (w Waiver) MarshalJSON() ([]byte, error) {
	subject := map[string]string{"type": w.SubjectType, "item": w.SubjectIdentifier}
	if w.SubjectType == ComposeEntry {
		subject = map[string]string{"productmd.compose.id": w.SubjectIdentifier}
	}
	return jsonapi.MarshalExtra(wireWaiver{
		ID: w.ID, SubjectType: w.SubjectType, SubjectIdentifier: w.SubjectIdentifier, Subject: subject,
		Testcase: w.Testcase, Scenario: orNull(w.Scenario), Username: w.Username, ProxiedBy: orNull(w.ProxiedBy),
		ProductVersion: w.ProductVersion, Waived: w.Waived, Comment: w.Comment, Timestamp: formatTime(w.Timestamp),
	}, w.Extra)
}

// WaiverQuery selects waivers; empty fields select all.
type WaiverQuery struct {
	SubjectType       string
	SubjectIdentifier string
	Testcase          string
	Scenario          string
	Username          string
	ProxiedBy         string
	ProductVersion    string
	Since, Until      time.Time
	// IncludeObsolete also returns waivers that a newer one of the same
	// subject, test case, scenario, user and product version replaced.
	IncludeObsolete bool
	// Limit is the size of a page, 0 = the server's default (10).
	Limit int
}

// members returns the query's set fields under the service's names.
func (q WaiverQuery) members() map[string]string {
	m := map[string]string{}
	for key, value := range map[string]string{
		"subject_type": q.SubjectType, "subject_identifier": q.SubjectIdentifier, "testcase": q.Testcase,
		"scenario": q.Scenario, "username": q.Username, "proxied_by": q.ProxiedBy, "product_version": q.ProductVersion,
	} {
		if value != "" {
			m[key] = value
		}
	}
	switch {
	case !q.Since.IsZero() && !q.Until.IsZero():
		m["since"] = formatTime(q.Since) + "," + formatTime(q.Until)
	case !q.Since.IsZero():
		m["since"] = formatTime(q.Since)
	case !q.Until.IsZero():
		m["since"] = "1970-01-01T00:00:00," + formatTime(q.Until)
	}
	return m
}

// WaiverDB is a client of one WaiverDB service (API v1.0). It is safe for
// concurrent use.
type WaiverDB struct{ s service }

// NewWaiverDB returns a client for the service at the given root URL, the one
// that "/api/v1.0" is appended to. It does no I/O; it returns an error
// wrapping [ErrInvalid] for a URL or an option that can't be used.
func NewWaiverDB(url string, opts ...Option) (*WaiverDB, error) {
	s, err := newService("waiverdb", url, "/api/v1.0", opts)
	if err != nil {
		return nil, err
	}
	return &WaiverDB{s}, nil
}

// Waivers yields every waiver that the query selects, page after page, newest
// first. It yields an error at most once and then ends.
func (c *WaiverDB) Waivers(ctx context.Context, q WaiverQuery) iter.Seq2[Waiver, error] {
	return func(yield func(Waiver, error) bool) {
		v := url.Values{}
		for key, value := range q.members() {
			v.Set(key, value)
		}
		if q.IncludeObsolete {
			v.Set("include_obsolete", "true")
		}
		if q.Limit > 0 {
			v.Set("limit", strconv.Itoa(q.Limit))
		}
		for page := 1; ; page++ {
			v.Set("page", strconv.Itoa(page))
			var out struct {
				Data []Waiver `json:"data"`
				Next *string  `json:"next"`
			}
			if err := c.s.do(ctx, http.MethodGet, "/waivers/", v, nil, &out); err != nil {
				yield(Waiver{}, err)
				return
			}
			for _, w := range out.Data {
				if !yield(w, nil) {
					return
				}
			}
			if out.Next == nil || len(out.Data) == 0 {
				return
			}
		}
	}
}

// FilterWaivers returns all waivers that at least one of the queries selects,
// in one request. Limit is ignored, and IncludeObsolete of any query counts
// for all.
func (c *WaiverDB) FilterWaivers(ctx context.Context, queries ...WaiverQuery) ([]Waiver, error) {
	in := struct {
		Filters         []map[string]string `json:"filters"`
		IncludeObsolete bool                `json:"include_obsolete,omitempty"`
	}{Filters: []map[string]string{}}
	for _, q := range queries {
		in.Filters = append(in.Filters, q.members())
		in.IncludeObsolete = in.IncludeObsolete || q.IncludeObsolete
	}
	var out struct {
		Data []Waiver `json:"data"`
	}
	err := c.s.read(ctx, http.MethodPost, "/waivers/+filtered", in, &out)
	return out.Data, err
}

// Waiver returns one waiver; [ErrNotFound] when there is none of that ID.
func (c *WaiverDB) Waiver(ctx context.Context, id int64) (Waiver, error) {
	var w Waiver
	err := c.s.do(ctx, http.MethodGet, "/waivers/"+strconv.FormatInt(id, 10), nil, nil, &w)
	return w, err
}

// CreateWaiver stores a waiver. Subject, Testcase, ProductVersion and Comment
// are needed; ID and Timestamp are given by the server, and Username too
// unless the caller may submit for others. It is sent once.
func (c *WaiverDB) CreateWaiver(ctx context.Context, w Waiver) (Waiver, error) {
	in := map[string]any{
		"subject_type": w.SubjectType, "subject_identifier": w.SubjectIdentifier, "testcase": w.Testcase,
		"product_version": w.ProductVersion, "waived": w.Waived, "comment": w.Comment,
	}
	if w.Scenario != "" {
		in["scenario"] = w.Scenario
	}
	if w.Username != "" {
		in["username"] = w.Username
	}
	var out Waiver
	err := c.s.do(ctx, http.MethodPost, "/waivers/", nil, in, &out)
	return out, err
}

// Do calls any path below the API root; see [ResultsDB.Do].
func (c *WaiverDB) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	return c.s.do(ctx, method, path, query, in, out)
}
