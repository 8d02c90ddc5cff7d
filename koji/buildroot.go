// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"iter"
	"time"
)

// BuildrootState is where a buildroot stands.
type BuildrootState int

// The states of a buildroot.
const (
	BuildrootInit BuildrootState = iota
	BuildrootWaiting
	BuildrootBuilding
	BuildrootExpired
)

var buildrootStates = []string{"INIT", "WAITING", "BUILDING", "EXPIRED"}

// String returns the hub's word: "EXPIRED".
func (s BuildrootState) String() string {
	return enumString(buildrootStates, "BuildrootState", int(s))
}

// Terminal reports whether the buildroot is gone.
func (s BuildrootState) Terminal() bool { return s == BuildrootExpired }

// MarshalText returns the hub's word, or digits for an unknown state.
func (s BuildrootState) MarshalText() ([]byte, error) { return enumText(buildrootStates, int(s)) }

// UnmarshalText reads what MarshalText writes.
func (s *BuildrootState) UnmarshalText(text []byte) error {
	n, err := enumParse(buildrootStates, "buildroot state", text)
	*s = BuildrootState(n)
	return err
}

// A Buildroot is an environment that something was built in: one of the hub's
// builders (External false), or one that a content generator told of.
type Buildroot struct {
	ID            int             `xmlrpc:"id"`
	External      bool            `xmlrpc:"br_type"` // of a content generator
	State         *BuildrootState `xmlrpc:"state"`   // nil if External
	Arch          string          `xmlrpc:"arch"`
	TaskID        int             `xmlrpc:"task_id"` // 0 if External
	HostID        int             `xmlrpc:"host_id"`
	Host          string          `xmlrpc:"host_name"`
	HostArch      string          `xmlrpc:"host_arch"`
	HostOS        string          `xmlrpc:"host_os"`
	ContainerArch string          `xmlrpc:"container_arch"`
	ContainerType string          `xmlrpc:"container_type"`
	CGID          int             `xmlrpc:"cg_id"`
	CG            string          `xmlrpc:"cg_name"`
	CGVersion     string          `xmlrpc:"cg_version"`
	TagID         int             `xmlrpc:"tag_id"`
	Tag           string          `xmlrpc:"tag_name"`
	RepoID        int             `xmlrpc:"repo_id"`
	RepoState     *RepoState      `xmlrpc:"repo_state"`
	RepoEvent     int             `xmlrpc:"repo_create_event_id"`
	RepoEventTime time.Time       `xmlrpc:"repo_create_event_time"`
	CreateEvent   int             `xmlrpc:"create_event_id,create_event"`
	Created       time.Time       `xmlrpc:"create_event_time,create_ts"`
	RetireEvent   int             `xmlrpc:"retire_event_id,retire_event"` // 0: still in use
	Retired       time.Time       `xmlrpc:"retire_event_time,retire_ts"`
	Extra         map[string]any  `xmlrpc:"extra"`
	More          map[string]any  `xmlrpc:",extra"` // members that have no field here
}

// Buildroot returns a buildroot. It calls getBuildroot.
func (c *Client) Buildroot(ctx context.Context, id int) (Buildroot, error) {
	return get[Buildroot](ctx, c, "getBuildroot", id, arguments([]any{id}, c.strictly(nil))...)
}

// BuildrootRPMs returns the rpms that a buildroot had. It calls
// getBuildrootListing.
func (c *Client) BuildrootRPMs(ctx context.Context, id int) ([]RPM, error) {
	return list[RPM](ctx, c, "getBuildrootListing", id)
}

// A BuildrootQuery selects buildroots.
type BuildrootQuery struct {
	HostID      int             `koji:"hostID"`
	TagID       int             `koji:"tagID"`
	State       *BuildrootState `koji:"state"`
	RPMID       int             `koji:"rpmID"`     // that had the rpm
	ArchiveID   int             `koji:"archiveID"` // that had the archive
	TaskID      int             `koji:"taskID"`
	BuildrootID int             `koji:"buildrootID"`
	RepoID      int             `koji:"repoID"`

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// ListBuildroots returns the buildroots that match. It calls listBuildroots.
func (c *Client) ListBuildroots(ctx context.Context, q BuildrootQuery) ([]Buildroot, error) {
	return list[Buildroot](ctx, c, "listBuildroots", arguments(nil, named(q))...)
}

// Buildroots returns the same buildroots as [Client.ListBuildroots], page by page, in the query's
// order and by number within it. It calls listBuildroots.
func (c *Client) Buildroots(ctx context.Context, q BuildrootQuery) iter.Seq2[Buildroot, error] {
	q.Order = stable(q.Order, "id")
	return paged(ctx, q, q.Offset, q.Limit, func(q *BuildrootQuery, o, l int) { q.Offset, q.Limit = o, l }, c.ListBuildroots)
}
