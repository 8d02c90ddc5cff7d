// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// A Replay asks datagrepper, the bus's archive, for the messages of a time.
// Its zero fields select everything. Fix Start and End once and walk the pages
// 1 to [Page.Pages]: with an open end messages move from page to page while
// they are read. An [Inbox] finds what comes twice nevertheless.
type Replay struct {
	// Start and End bound the time; zero means the archive's own bound.
	Start, End time.Time
	// Topics, Categories, Packages and Users are "or" inside and "and"
	// between each other. Topics are whole ("org.fedoraproject.prod.git.receive").
	Topics, Categories, Packages, Users []string
	// Rows is how many messages a page has, 100 at most; 0 means 100.
	Rows int
}

// Query returns the query of one page, the first being 1, oldest messages
// first. It goes behind /v2/search, and behind /raw of older archives.
func (r Replay) Query(page int) url.Values {
	rows := r.Rows
	if rows <= 0 {
		rows = 100
	}
	v := url.Values{"order": {"asc"}, "page": {strconv.Itoa(page)}, "rows_per_page": {strconv.Itoa(rows)}}
	for key, at := range map[string]time.Time{"start": r.Start, "end": r.End} {
		if !at.IsZero() {
			v.Set(key, strconv.FormatFloat(float64(at.UnixMicro())/1e6, 'f', -1, 64))
		}
	}
	for key, list := range map[string][]string{"topic": r.Topics, "category": r.Categories, "package": r.Packages, "user": r.Users} {
		if len(list) > 0 {
			v[key] = list
		}
	}
	return v
}

// A Page is one answer of datagrepper, of either version.
type Page struct {
	// Messages are as they came: give each to [Inbox.Accept], so that a bad
	// one does not spoil the others.
	Messages []json.RawMessage `json:"raw_messages"`
	// Count is how many messages the page has, Pages how many pages there
	// are, and Total how many messages they have together.
	Count int `json:"count"`
	Pages int `json:"pages"`
	Total int `json:"total"`
	// Arguments are the query as the archive understood it.
	Arguments json.RawMessage `json:"arguments"`
}

// ParsePage reads an answer. The error is an [*Error] with [ErrMalformed]: not
// JSON, an error in place of messages, or fewer messages than it counts.
func ParsePage(data []byte) (Page, error) {
	var wire struct {
		Page
		Error Text `json:"error"`
	}
	err := json.Unmarshal(data, &wire)
	p := wire.Page
	switch {
	case err != nil:
		return Page{}, malformed("", "", "a page of a replay: %w", err)
	case wire.Error != "":
		return Page{}, malformed("", "", "a page of a replay: the archive says %q", wire.Error)
	case p.Messages == nil:
		return Page{}, malformed("", "", "a page of a replay without messages")
	case p.Count != 0 && p.Count != len(p.Messages):
		return Page{}, malformed("", "", "a page of a replay says it has %d messages and has %d", p.Count, len(p.Messages))
	}
	return p, nil
}

// Number returns which page it is, by the archive's word; 1 when that is not
// said.
func (p Page) Number() int {
	var said struct {
		Page int `json:"page"`
	}
	if json.Unmarshal(p.Arguments, &said) != nil || said.Page < 1 {
		return 1
	}
	return said.Page
}

// Next returns the number of the following page, 0 after the last. An empty
// page is the last, whatever it says.
func (p Page) Next() int {
	if n := p.Number(); n < p.Pages && len(p.Messages) > 0 {
		return n + 1
	}
	return 0
}
