// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"strings"
	"time"
)

// An Event is one change of the hub's configuration or tags. Most reads take
// an event to look at the past.
type Event struct {
	ID   int            `xmlrpc:"id"`
	Time time.Time      `xmlrpc:"ts"`
	More map[string]any `xmlrpc:",extra"` // members that have no field here
}

// LastEvent returns the newest event, or with a time that is not zero the
// newest one before it. It calls getLastEvent.
func (c *Client) LastEvent(ctx context.Context, before time.Time) (Event, error) {
	n := Named{}
	if !before.IsZero() {
		n["before"] = seconds(before)
	}
	return get[Event](ctx, c, "getLastEvent", "before "+before.String(), arguments(nil, n)...)
}

// Event returns an event. It calls getEvent.
func (c *Client) Event(ctx context.Context, id int) (Event, error) {
	return get[Event](ctx, c, "getEvent", id, id)
}

// TagLastChange returns the event of a tag's last change, those of tags that
// it inherits from included; before limits it to earlier ones, 0 does not. It
// calls tagLastChangeEvent.
func (c *Client) TagLastChange(ctx context.Context, tag Ref, before int) (int, error) {
	n := Named{}
	if before != 0 {
		n["before"] = before
	}
	return get[int](ctx, c, "tagLastChangeEvent", tag, arguments([]any{tag}, n)...)
}

// TagFirstChange returns the event of a tag's first change after an event; if
// there is none it is [ErrNotFound]. It calls tagFirstChangeEvent.
func (c *Client) TagFirstChange(ctx context.Context, tag Ref, after int) (int, error) {
	n := Named{}
	if after != 0 {
		n["after"] = after
	}
	return get[int](ctx, c, "tagFirstChangeEvent", tag, arguments([]any{tag}, n)...)
}

// TagsChangedSince reports whether one of the tags, given by number, has
// changed after an event. It calls tagChangedSinceEvent.
func (c *Client) TagsChangedSince(ctx context.Context, event int, tags ...Ref) (bool, error) {
	return value[bool](ctx, c, "tagChangedSinceEvent", event, tags)
}

// A HistoryQuery selects changes. Its zero value selects all of a hub's life,
// which no hub likes.
type HistoryQuery struct {
	Tables       []string `koji:"tables"` // "tag_listing", "tag_packages", ...; empty: all
	Tag          Ref      `koji:"tag"`
	Build        Ref      `koji:"build"`
	Package      Ref      `koji:"package"`
	User         Ref      `koji:"user"`
	Editor       Ref      `koji:"editor"` // who made the change
	Permission   string   `koji:"permission"`
	ExternalRepo Ref      `koji:"external_repo"`
	Target       Ref      `koji:"build_target"`
	Group        string   `koji:"group"`
	Host         Ref      `koji:"host"`
	Channel      Ref      `koji:"channel"`
	CG           Ref      `koji:"cg"`
	Key          string   `koji:"xkey"` // of a tag's extra setting
	Active       *bool    `koji:"active"`
	Before       Moment   `koji:"before"`
	After        Moment   `koji:"after"`
	BeforeEvent  int      `koji:"beforeEvent"`
	AfterEvent   int      `koji:"afterEvent"`
}

// A HistoryRow is one fact and the time it held: from its creation to its
// revocation.
type HistoryRow struct {
	CreateEvent int            `xmlrpc:"create_event"`
	Created     time.Time      `xmlrpc:"create_ts"`
	CreatorID   int            `xmlrpc:"creator_id"`
	Creator     string         `xmlrpc:"creator_name"`
	RevokeEvent int            `xmlrpc:"revoke_event"` // 0 while it holds
	Revoked     time.Time      `xmlrpc:"revoke_ts"`
	RevokerID   int            `xmlrpc:"revoker_id"`
	Revoker     string         `xmlrpc:"revoker_name"`
	Active      bool           `xmlrpc:"active"`
	Fields      map[string]any `xmlrpc:",extra"` // what the table holds: "tag.name", "build_id", ...
}

// History returns changes by table. It calls queryHistory.
func (c *Client) History(ctx context.Context, q HistoryQuery) (map[string][]HistoryRow, error) {
	return value[map[string][]HistoryRow](ctx, c, "queryHistory", arguments(nil, named(q))...)
}

// A SearchQuery is a search by name.
type SearchQuery struct {
	Terms string
	Type  string // package, build, tag, target, user, host, rpm, maven, win
	Match string // glob (as with *), regexp, or exact

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// Search returns what a search finds; for rpms and the like Name is a file's
// name. It calls search.
func (c *Client) Search(ctx context.Context, q SearchQuery) ([]IDName, error) {
	if strings.TrimSpace(q.Terms) == "" || q.Type == "" {
		return nil, invalid("search", "needs terms and a type")
	}
	if q.Match == "" {
		q.Match = "glob"
	}
	return list[IDName](ctx, c, "search", arguments([]any{q.Terms, q.Type, q.Match}, named(q))...)
}
