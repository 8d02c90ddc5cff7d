// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"iter"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

func tuple(targets ...any) xmlrpc.Tuple { return targets }

// A TaggedQuery selects builds of a tag.
type TaggedQuery struct {
	Tag     Ref    // required
	Event   int    `koji:"event"`   // as the tag was then; 0 is now
	Inherit bool   `koji:"inherit"` // with the builds of the tags that it inherits from
	Latest  int    // so many of each package, the latest first; 0: all. The latest is the one tagged last, not the highest version
	Package string `koji:"package"`
	Prefix  string `koji:"prefix"` // literal start of the package's name
	Owner   Ref    `koji:"owner"`
	Type    string `koji:"type"`  // build type: "module"
	Extra   bool   `koji:"extra"` // fill Build.Extra
	Draft   *bool  `koji:"draft"` // nil: both

	// Missing makes a tag that does not exist an empty one.
	Missing bool
}

func (q TaggedQuery) args() []any {
	n := named(q)
	switch {
	case q.Latest == 1:
		n["latest"] = true
	case q.Latest > 1:
		n["latest"] = q.Latest
	}
	if q.Missing {
		n["strict"] = false
	}
	return arguments([]any{q.Tag}, n)
}

// ListTagged returns the builds of a tag, the one tagged last first, tag after
// tag. Builds whose package is blocked or not in the tag's list are left out.
// A tag that does not exist is [ErrNotFound]. It calls listTagged.
func (c *Client) ListTagged(ctx context.Context, q TaggedQuery) ([]TaggedBuild, error) {
	if q.Tag == "" {
		return nil, invalid("listTagged", "no tag given")
	}
	return list[TaggedBuild](ctx, c, "listTagged", q.args()...)
}

// Tagged returns the same builds as [Client.ListTagged], one by one as they
// arrive, in constant memory. The hub can't page here: it is one request, that
// is not repeated once a build was handed out. It calls listTagged.
func (c *Client) Tagged(ctx context.Context, q TaggedQuery) iter.Seq2[TaggedBuild, error] {
	if q.Tag == "" {
		return failing[TaggedBuild](invalid("listTagged", "no tag given"))
	}
	return stream[TaggedBuild](ctx, c, "listTagged", q.args()...)
}

func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(*new(T), err) }
}

// A LatestQuery selects the latest builds of a tag, inherited ones included.
type LatestQuery struct {
	Tag     Ref
	Event   int    `koji:"event"`
	Package Ref    `koji:"package"`
	Type    string `koji:"type"`
	Draft   *bool  `koji:"draft"`
}

// ListLatestBuilds returns the latest build of each package in a tag. It
// calls getLatestBuilds.
func (c *Client) ListLatestBuilds(ctx context.Context, q LatestQuery) ([]TaggedBuild, error) {
	if q.Tag == "" {
		return nil, invalid("getLatestBuilds", "no tag given")
	}
	return list[TaggedBuild](ctx, c, "getLatestBuilds", arguments([]any{q.Tag}, named(q))...)
}

// LatestBuild returns the latest build of a package in a tag; if there is none
// it is [ErrNotFound]. It calls getLatestBuilds.
func (c *Client) LatestBuild(ctx context.Context, tag, pkg Ref) (TaggedBuild, error) {
	builds, err := c.ListLatestBuilds(ctx, LatestQuery{Tag: tag, Package: pkg})
	if err == nil && len(builds) == 0 {
		err = notFound("getLatestBuilds", "no build of %s in %s", pkg, tag)
	}
	if err != nil {
		return TaggedBuild{}, err
	}
	return builds[0], nil
}

// LatestBuilds adds a [Client.ListLatestBuilds] to the batch.
func (b *Batch) LatestBuilds(q LatestQuery) *Future[[]TaggedBuild] {
	return Add[[]TaggedBuild](b, "getLatestBuilds", arguments([]any{q.Tag}, named(q))...)
}

// A TaggedRPMQuery selects rpms of a tag's builds.
type TaggedRPMQuery struct {
	Tag        Ref
	Event      int      `koji:"event"`
	Inherit    bool     `koji:"inherit"`
	Latest     int      // as of a [TaggedQuery]
	Package    string   `koji:"package"`
	Arches     []string // empty: all; one is sent as such
	Signatures bool     `koji:"rpmsigs"` // one row per rpm and signature, with SigKey
	Owner      Ref      `koji:"owner"`
	Type       string   `koji:"type"`
	OmitExtra  bool     // leave Extra of the rpms out, which spares the hub work
	Draft      *bool    `koji:"draft"`
}

func (q TaggedRPMQuery) args(latest bool) []any {
	n := named(q)
	if latest {
		delete(n, "inherit")
		delete(n, "owner")
	} else {
		switch {
		case q.Latest == 1:
			n["latest"] = true
		case q.Latest > 1:
			n["latest"] = q.Latest
		}
		if q.OmitExtra {
			n["extra"] = false
		}
	}
	switch len(q.Arches) {
	case 0:
	case 1:
		n["arch"] = q.Arches[0]
	default:
		n["arch"] = q.Arches
	}
	return arguments([]any{q.Tag}, n)
}

// ListTaggedRPMs returns the rpms of a tag's builds, and the builds. It calls
// listTaggedRPMS.
func (c *Client) ListTaggedRPMs(ctx context.Context, q TaggedRPMQuery) ([]RPM, []TaggedBuild, error) {
	rpms, builds := []RPM{}, []TaggedBuild{}
	err := c.Call(ctx, "listTaggedRPMS", q.args(false), tuple(&rpms, &builds))
	return rpms, builds, err
}

// ListLatestRPMs returns the rpms of the latest builds of a tag, inherited
// ones included, and the builds. Inherit, Latest and Owner of the query don't
// count. It calls getLatestRPMS.
func (c *Client) ListLatestRPMs(ctx context.Context, q TaggedRPMQuery) ([]RPM, []TaggedBuild, error) {
	rpms, builds := []RPM{}, []TaggedBuild{}
	err := c.Call(ctx, "getLatestRPMS", q.args(true), tuple(&rpms, &builds))
	return rpms, builds, err
}

// A TaggedArchiveQuery selects archives of a tag's builds.
type TaggedArchiveQuery struct {
	Tag     Ref
	Event   int    `koji:"event"`
	Inherit bool   `koji:"inherit"`
	Latest  int    // as of a [TaggedQuery]
	Package string `koji:"package"`
	Type    string `koji:"type"`
}

// ListTaggedArchives returns the archives of a tag's builds, and the builds.
// It calls listTaggedArchives.
func (c *Client) ListTaggedArchives(ctx context.Context, q TaggedArchiveQuery) ([]Archive, []TaggedBuild, error) {
	n := named(q)
	switch {
	case q.Latest == 1:
		n["latest"] = true
	case q.Latest > 1:
		n["latest"] = q.Latest
	}
	archives, builds := []Archive{}, []TaggedBuild{}
	err := c.Call(ctx, "listTaggedArchives", arguments([]any{q.Tag}, n), tuple(&archives, &builds))
	return archives, builds, err
}

// TagBuild puts a build into a tag by way of a task, whose number it returns.
// force, for admins, passes over checks. What is already there is
// [ErrConflict]. It calls tagBuild.
func (c *Client) TagBuild(ctx context.Context, tag, build Ref, force bool) (int, error) {
	return value[int](ctx, c, "tagBuild", arguments([]any{tag, build}, forced(force))...)
}

// TagBuildDirectly puts a build into a tag at once, without a task. It needs
// the permission tag. It calls tagBuildBypass.
func (c *Client) TagBuildDirectly(ctx context.Context, tag, build Ref, force bool) error {
	return c.Call(ctx, "tagBuildBypass", arguments([]any{tag, build}, forced(force)), nil)
}

// TagBuilds puts many builds into a tag at once, in one transaction, without
// any check of package lists or policies; builds that are there already are
// tagged again. It needs the permission tag. It calls massTag.
func (c *Client) TagBuilds(ctx context.Context, tag Ref, builds []Ref) error {
	return c.Call(ctx, "massTag", []any{tag, builds}, nil)
}

// UntagBuild takes a build out of a tag at once; one that is not there is
// [ErrNotFound]. It calls untagBuild.
func (c *Client) UntagBuild(ctx context.Context, tag, build Ref, force bool) error {
	return c.Call(ctx, "untagBuild", arguments([]any{tag, build}, forced(force)), nil)
}

// EnsureUntagged takes a build out of a tag if it is there. It calls
// untagBuild.
func (c *Client) EnsureUntagged(ctx context.Context, tag, build Ref, force bool) error {
	n := forced(force)
	if n == nil {
		n = Named{}
	}
	n["strict"] = false
	return c.Call(ctx, "untagBuild", arguments([]any{tag, build}, n), nil)
}

// UntagBuildDirectly takes a build out of a tag past the policies. It needs the
// permission tag. It calls untagBuildBypass.
func (c *Client) UntagBuildDirectly(ctx context.Context, tag, build Ref, force bool) error {
	return c.Call(ctx, "untagBuildBypass", arguments([]any{tag, build}, forced(force)), nil)
}

// MoveBuild moves a build between tags by way of a task, whose number it
// returns. It calls moveBuild.
func (c *Client) MoveBuild(ctx context.Context, from, to, build Ref, force bool) (int, error) {
	return value[int](ctx, c, "moveBuild", arguments([]any{from, to, build}, forced(force))...)
}

// MoveAllBuilds moves all builds of a package between tags by tasks, whose
// numbers it returns, those of older builds first. It calls moveAllBuilds.
func (c *Client) MoveAllBuilds(ctx context.Context, from, to, pkg Ref, force bool) ([]int, error) {
	return list[int](ctx, c, "moveAllBuilds", arguments([]any{from, to, pkg}, forced(force))...)
}

func forced(force bool) Named {
	if force {
		return Named{"force": true}
	}
	return nil
}
