// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Changeset is what one request changed.
type Changeset struct {
	ID          int       `json:"id"`
	Author      string    `json:"author"`
	RequestedOn time.Time `json:"requested_on"`
	CommittedOn time.Time `json:"committed_on"`
	Duration    Seconds   `json:"duration"`
	Comment     string    `json:"comment"` // see [WithComment]
	Changes     []Change  `json:"changes"`
	Extra       Extra     `json:"-"`
}

// Change is a row that was made, changed or deleted. Values are JSON texts;
// "null" stands for a row that was not there.
type Change struct {
	Resource   string `json:"resource"` // lower case and without hyphens: "releasecomponent"
	ResourceID string `json:"resource_id"`
	OldValue   string `json:"old_value"`
	NewValue   string `json:"new_value"`
}

// Seconds is a duration that the server writes as a decimal text of seconds.
type Seconds time.Duration

// Duration returns it as what it is.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }

// MarshalJSON writes six decimals.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(strconv.FormatFloat(time.Duration(s).Seconds(), 'f', 6, 64))
}

// UnmarshalJSON reads a text or a number.
func (s *Seconds) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return err
	}
	*s = Seconds(time.Duration(f*1e6+0.5) * time.Microsecond)
	return nil
}

// Changesets are the record of all changes, newest first; keyed by id. They
// can't be written. Filters: author, resource, changed_since, changed_until,
// comment.
func (c *Client) Changesets() Resource[Changeset] { return numbered[Changeset](c, "changesets/") }

// BugPlace is where bugs of a build go.
type BugPlace struct {
	Product    string   `json:"bugzilla_product"` // "" if not mapped
	Components []string `json:"bugzilla_component"`
}

// WhereToFileBugs tells where bugs of a build (name-version-release) go, for
// each release that has it.
func (c *Client) WhereToFileBugs(ctx context.Context, nvr string) ([]BugPlace, error) {
	if nvr == "" {
		return nil, &Error{Op: "rpc/where-to-file-bugs/", Msg: "no build named", Err: ErrInvalid}
	}
	var out []BugPlace
	err := c.Do(ctx, http.MethodGet, "rpc/where-to-file-bugs/", url.Values{"nvr": {nvr}}, nil, &out)
	return out, err
}
