// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"iter"
	"time"
)

// BuildState is where a build stands.
type BuildState int

// The states of a build. Deleted builds keep their row; their files are gone.
const (
	BuildBuilding BuildState = iota
	BuildComplete
	BuildDeleted
	BuildFailed
	BuildCanceled
)

var buildStates = []string{"BUILDING", "COMPLETE", "DELETED", "FAILED", "CANCELED"}

// String returns the hub's word: "COMPLETE".
func (s BuildState) String() string { return enumString(buildStates, "BuildState", int(s)) }

// Terminal reports whether the build is no longer under way.
func (s BuildState) Terminal() bool { return s != BuildBuilding }

// MarshalText returns the hub's word, or digits for an unknown state.
func (s BuildState) MarshalText() ([]byte, error) { return enumText(buildStates, int(s)) }

// UnmarshalText reads what MarshalText writes.
func (s *BuildState) UnmarshalText(text []byte) error {
	n, err := enumParse(buildStates, "build state", text)
	*s = BuildState(n)
	return err
}

// A Build is one build of a package. Which members are known depends on the
// call that it came from: listings leave out Source, Extra and CG members.
type Build struct {
	ID         int            `xmlrpc:"build_id,id"`
	Name       string         `xmlrpc:"name,package_name"`
	Version    string         `xmlrpc:"version"`
	Release    string         `xmlrpc:"release"`
	Epoch      *int           `xmlrpc:"epoch"` // nil: none
	NVR        string         `xmlrpc:"nvr"`   // name-version-release
	State      BuildState     `xmlrpc:"state"`
	Draft      bool           `xmlrpc:"draft"`
	PackageID  int            `xmlrpc:"package_id"`
	OwnerID    int            `xmlrpc:"owner_id"`
	Owner      string         `xmlrpc:"owner_name"`
	TaskID     int            `xmlrpc:"task_id"` // 0: not made by a task
	Source     string         `xmlrpc:"source"`  // where it was built from; "" if unknown
	VolumeID   int            `xmlrpc:"volume_id"`
	Volume     string         `xmlrpc:"volume_name"`
	CGID       int            `xmlrpc:"cg_id"`   // 0: not from a content generator
	CG         string         `xmlrpc:"cg_name"` // content generator, "" if none
	EventID    int            `xmlrpc:"creation_event_id"`
	Created    time.Time      `xmlrpc:"creation_time,creation_ts"`
	Started    time.Time      `xmlrpc:"start_time,start_ts"`
	Completed  time.Time      `xmlrpc:"completion_time,completion_ts"` // zero while it is being built
	PromoterID int            `xmlrpc:"promoter_id"`
	Promoter   string         `xmlrpc:"promoter_name"`               // who promoted a draft, "" if nobody
	Promoted   time.Time      `xmlrpc:"promotion_time,promotion_ts"` // zero if it was not promoted
	Extra      map[string]any `xmlrpc:"extra"`                       // the build's own free-form data; nil if none
	More       map[string]any `xmlrpc:",extra"`                      // members that have no field here
}

// Ref returns the build as an argument, by its number.
func (b Build) Ref() Ref { return ID(b.ID) }

// Parsed returns the build's name, epoch, version and release.
func (b Build) Parsed() NVR {
	return NVR{Name: b.Name, Epoch: b.Epoch, Version: b.Version, Release: b.Release}
}

// A TaggedBuild is a build as a member of a tag.
type TaggedBuild struct {
	Build
	TagID   int    `xmlrpc:"tag_id"`
	Tag     string `xmlrpc:"tag_name"`     // the tag that holds it, which inheritance may have led to
	TagTime int    `xmlrpc:"create_event"` // the event of the tagging

	// For builds of Maven type only.
	MavenGroupID    string `xmlrpc:"maven_group_id"`
	MavenArtifactID string `xmlrpc:"maven_artifact_id"`
	MavenVersion    string `xmlrpc:"maven_version"`
}

// Build returns the build that ref names: by number, by name-version-release,
// or by [NVR.Ref]. What does not exist is [ErrNotFound]; a name without two
// dashes is [ErrInvalid]. It calls getBuild.
func (c *Client) Build(ctx context.Context, ref Ref) (Build, error) {
	if ref == "" {
		return Build{}, invalid("getBuild", "no build given")
	}
	return get[Build](ctx, c, "getBuild", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// Build adds a [Client.Build] to the batch.
func (b *Batch) Build(ref Ref) *Future[Build] {
	return addGet[Build](b, "getBuild", ref, ref)
}

// BuildsByRef returns many builds in few requests, in the order of refs; nil
// stands for those that don't exist. It calls getBuild in multicalls.
func (c *Client) BuildsByRef(ctx context.Context, refs []Ref) ([]*Build, error) {
	out := make([]*Build, len(refs))
	b := c.NewBatch()
	futures := make([]*Future[*Build], len(refs))
	for i, ref := range refs {
		if ref == "" {
			return nil, invalid("getBuild", "reference %d is empty", i)
		}
		futures[i] = Add[*Build](b, "getBuild", ref)
	}
	if err := b.Do(ctx); err != nil {
		return nil, err
	}
	for i, f := range futures {
		build, err := f.Get()
		if err != nil {
			return nil, err
		}
		out[i] = build
	}
	return out, nil
}

// FindBuildID returns the number of the build that ref names. It calls
// findBuildID.
func (c *Client) FindBuildID(ctx context.Context, ref Ref) (int, error) {
	if ref == "" {
		return 0, invalid("findBuildID", "no build given")
	}
	return get[int](ctx, c, "findBuildID", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// A BuildQuery selects builds. Its zero value selects all of them.
type BuildQuery struct {
	Package         Ref            `koji:"packageID"`
	Owner           Ref            `koji:"userID"`
	TaskID          int            `koji:"taskID"`
	Prefix          string         `koji:"prefix"`  // literal start of the package's name
	Pattern         string         `koji:"pattern"` // glob over the name-version-release
	Source          string         `koji:"source"`  // glob over the source
	State           *BuildState    `koji:"state"`   // nil: any; new(koji.BuildComplete)
	VolumeID        int            `koji:"volumeID"`
	Type            string         `koji:"type"`     // build type: "module", "image"
	TypeInfo        map[string]any `koji:"typeInfo"` // of maven and win builds
	CG              Ref            `koji:"cgID"`
	Draft           *bool          `koji:"draft"` // nil: both
	CreatedBefore   Moment         `koji:"createdBefore"`
	CreatedAfter    Moment         `koji:"createdAfter"`
	CompletedBefore Moment         `koji:"completeBefore"`
	CompletedAfter  Moment         `koji:"completeAfter"`
	// By promotion of drafts; a hub 1.35.3 as released refuses these three
	// with FaultParameter, later ones know them.
	PromotedBefore Moment `koji:"promotedBefore"`
	PromotedAfter  Moment `koji:"promotedAfter"`
	Promoter       Ref    `koji:"promoter"`

	Order  string `koji:"queryOpts.order"` // columns by comma, "-" before one for descending
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"` // rows per request; 0: all in [Client.ListBuilds], 1,000 in [Client.Builds]
}

// ListBuilds returns the builds that match, in one request. The hub gives no
// order unless the query has one. It calls listBuilds.
func (c *Client) ListBuilds(ctx context.Context, q BuildQuery) ([]Build, error) {
	return list[Build](ctx, c, "listBuilds", arguments(nil, named(q))...)
}

// Builds returns the builds that match, page by page, in the query's order and
// by number within it. Builds that appear while reading may be missed or seen
// twice. It calls listBuilds.
func (c *Client) Builds(ctx context.Context, q BuildQuery) iter.Seq2[Build, error] {
	q.Order = stable(q.Order, "build_id")
	return paged(ctx, q, q.Offset, q.Limit, func(q *BuildQuery, o, l int) { q.Offset, q.Limit = o, l }, c.ListBuilds)
}

// CountBuilds returns how many builds match. It calls listBuilds.
func (c *Client) CountBuilds(ctx context.Context, q BuildQuery) (int, error) {
	return value[int](ctx, c, "listBuilds", countOnly(named(q)))
}

func countOnly(n Named) Named {
	n["queryOpts"] = map[string]any{"countOnly": true}
	return n
}

// BuildTypes returns the types of a build with what is known of each:
// {"rpm": nil}, {"module": {...}}. It calls getBuildType.
func (c *Client) BuildTypes(ctx context.Context, ref Ref) (map[string]map[string]any, error) {
	return get[map[string]map[string]any](ctx, c, "getBuildType", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// A BuildLog is a log that is kept with a build.
type BuildLog struct {
	Name string         `xmlrpc:"name"`
	Dir  string         `xmlrpc:"dir"`    // below the build's log folder: an arch, or ""
	Path string         `xmlrpc:"path"`   // below the hub's top URL
	More map[string]any `xmlrpc:",extra"` // members that have no field here
}

// BuildLogs lists the logs of a build; none is no error. It calls
// getBuildLogs.
func (c *Client) BuildLogs(ctx context.Context, ref Ref) ([]BuildLog, error) {
	return list[BuildLog](ctx, c, "getBuildLogs", ref)
}

// AverageBuildDuration returns how long builds of a package take; age, in
// months, limits it to younger ones, 0 takes all. Without any it is
// [ErrNotFound]. It calls getAverageBuildDuration.
func (c *Client) AverageBuildDuration(ctx context.Context, pkg Ref, age int) (time.Duration, error) {
	n := Named{}
	if age > 0 {
		n["age"] = age
	}
	secs, err := get[float64](ctx, c, "getAverageBuildDuration", pkg, arguments([]any{pkg}, n)...)
	return time.Duration(secs * float64(time.Second)), err
}

// NextRelease returns the release that follows the newest build of the name
// and version. It calls getNextRelease.
func (c *Client) NextRelease(ctx context.Context, name, version string) (string, error) {
	return value[string](ctx, c, "getNextRelease", map[string]any{"name": name, "version": version})
}

// BuildReferences is what keeps a build from being deleted.
type BuildReferences struct {
	Tags        []BuildTag     `xmlrpc:"tags"`
	RPMs        []RPM          `xmlrpc:"rpms"`         // rpms that were built in buildroots with its own
	ComponentOf []any          `xmlrpc:"component_of"` // archives that contain its rpms
	Archives    []any          `xmlrpc:"archives"`     // archives that were made with its own
	Images      []any          `xmlrpc:"images"`
	LastUsed    time.Time      `xmlrpc:"last_used"` // in a buildroot; zero if never
	More        map[string]any `xmlrpc:",extra"`    // members that have no field here
}

// A BuildTag is a tag that holds a build.
type BuildTag struct {
	ID   int            `xmlrpc:"tag_id,id"`
	Name string         `xmlrpc:"name"`
	More map[string]any `xmlrpc:",extra"` // members that have no field here
}

// BuildReferences returns what refers to a build; limit bounds each list, 0
// does not. It calls buildReferences.
func (c *Client) BuildReferences(ctx context.Context, ref Ref, limit int) (BuildReferences, error) {
	n := Named{}
	if limit > 0 {
		n["limit"] = limit
	}
	return value[BuildReferences](ctx, c, "buildReferences", arguments([]any{ref}, n)...)
}

// A ChangelogEntry is one entry of an rpm's changelog.
type ChangelogEntry struct {
	Date   time.Time      `xmlrpc:"date,date_ts"`
	Author string         `xmlrpc:"author"`
	Text   string         `xmlrpc:"text"`
	More   map[string]any `xmlrpc:",extra"` // members that have no field here
}

// A ChangelogQuery says whose changelog is meant: a build's, or that of a
// source rpm in a task's output or among the uploads.
type ChangelogQuery struct {
	Build  Ref    `koji:"buildID"`
	TaskID int    `koji:"taskID"`
	Path   string `koji:"filepath"`
	Author string `koji:"author"`
	Before Moment `koji:"before"`
	After  Moment `koji:"after"`

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// Changelog returns changelog entries, the newest first. It calls
// getChangelogEntries.
func (c *Client) Changelog(ctx context.Context, q ChangelogQuery) ([]ChangelogEntry, error) {
	return list[ChangelogEntry](ctx, c, "getChangelogEntries", arguments(nil, named(q))...)
}

// UntaggedBuilds returns the builds that no tag holds, of one package if name
// is not empty. It calls untaggedBuilds.
func (c *Client) UntaggedBuilds(ctx context.Context, name string) ([]Build, error) {
	n := Named{}
	if name != "" {
		n["name"] = name
	}
	return list[Build](ctx, c, "untaggedBuilds", arguments(nil, n)...)
}
