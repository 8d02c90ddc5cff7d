// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
	"strings"
	"time"
)

// A ContentGenerator is a system outside of Koji that may import builds.
type ContentGenerator struct {
	ID    int            `xmlrpc:"id"`
	Users []string       `xmlrpc:"users"`  // who may import in its name
	More  map[string]any `xmlrpc:",extra"` // members that have no field here
}

// ListCGs returns the content generators by name. It calls listCGs.
func (c *Client) ListCGs(ctx context.Context) (map[string]ContentGenerator, error) {
	return value[map[string]ContentGenerator](ctx, c, "listCGs")
}

// GrantCGAccess lets a user import in a content generator's name; create makes
// the generator if it is new. Admins only. It calls grantCGAccess.
func (c *Client) GrantCGAccess(ctx context.Context, user Ref, cg string, create bool) error {
	n := Named{}
	if create {
		n["create"] = true
	}
	return c.Call(ctx, "grantCGAccess", arguments([]any{user, cg}, n), nil)
}

// RevokeCGAccess takes back what GrantCGAccess gave. Admins only. It calls
// revokeCGAccess.
func (c *Client) RevokeCGAccess(ctx context.Context, user Ref, cg string) error {
	return c.Call(ctx, "revokeCGAccess", []any{user, cg}, nil)
}

// A CGReservation is a build that is reserved for an import.
type CGReservation struct {
	BuildID int            `xmlrpc:"build_id"`
	Token   string         `xmlrpc:"token"` // a secret: whoever has it may import
	More    map[string]any `xmlrpc:",extra"`
}

// A CGBuild says which build is reserved.
type CGBuild struct {
	NVR    NVR
	Owner  string // user name; "" for the session's user
	TaskID int
	Draft  bool
}

// ReserveCGBuild makes a build in the state BUILDING, so that its number is
// known and its name taken before the import. It calls CGInitBuild.
func (c *Client) ReserveCGBuild(ctx context.Context, cg string, b CGBuild) (CGReservation, error) {
	data := map[string]any{"name": b.NVR.Name, "version": b.NVR.Version, "release": b.NVR.Release, "epoch": b.NVR.Epoch}
	if b.Owner != "" {
		data["owner"] = b.Owner
	}
	if b.TaskID != 0 {
		data["task_id"] = b.TaskID
	}
	if b.Draft {
		data["draft"] = true
	}
	return value[CGReservation](ctx, c, "CGInitBuild", cg, data)
}

// RefundCGBuild gives up a reservation; state is BuildFailed or
// BuildCanceled. It calls CGRefundBuild.
func (c *Client) RefundCGBuild(ctx context.Context, cg string, r CGReservation, state BuildState) error {
	args := []any{cg, r.BuildID, r.Token}
	if state != BuildFailed {
		args = append(args, Named{"state": int(state)})
	}
	return c.Call(ctx, "CGRefundBuild", args, nil)
}

// A CGImport says what is imported: files that were uploaded to Dir, and their
// metadata, either uploaded too or given here.
type CGImport struct {
	Dir      string      // below the uploads
	File     string      // name of the uploaded metadata; "" for "metadata.json"
	Metadata *CGMetadata // instead of an uploaded file; requests over 4 MiB are refused
	Token    string      // of the reservation, if there is one
}

// ImportCG imports a build of a content generator and returns it. The hub
// checks sizes and checksums; where it finds a file shorter than it should be,
// which a slow file server behind the hub causes just after an upload, the
// import is tried again as often as [WithRetry] says. It calls CGImport.
func (c *Client) ImportCG(ctx context.Context, i CGImport) (Build, error) {
	if i.Dir == "" {
		return Build{}, invalid("CGImport", "no directory given")
	}
	if i.File != "" && i.Metadata != nil {
		return Build{}, invalid("CGImport", "File and Metadata exclude each other")
	}
	var what any = "metadata.json"
	switch {
	case i.Metadata != nil:
		what = i.Metadata.document()
	case i.File != "":
		what = i.File
	}
	args := []any{what, i.Dir}
	if i.Token != "" {
		args = append(args, i.Token)
	}
	wait := c.hub.cfg.retry.Wait
	for try := 0; ; try++ {
		b, err := value[Build](ctx, c, "CGImport", args...)
		if !errors.Is(err, FaultGeneric) || !strings.Contains(err.Error(), "Corrupted upload") || try >= c.hub.cfg.retry.Max {
			return b, err
		}
		if serr := sleep(ctx, wait); serr != nil {
			return b, err
		}
		wait = min(2*wait, c.hub.cfg.retry.MaxWait)
	}
}

// moment is a time in metadata: a number of seconds.
func moment(t time.Time) any {
	if t.IsZero() {
		return 0
	}
	return seconds(t)
}
