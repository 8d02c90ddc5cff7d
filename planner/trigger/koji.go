// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// BuildState is Koji's state of a build.
type BuildState int

// Koji's build states.
const (
	BuildBuilding BuildState = iota
	BuildComplete
	BuildDeleted
	BuildFailed
	BuildCanceled
)

var buildStateNames = []string{"building", "complete", "deleted", "failed", "canceled"}

// String returns Koji's name of the state in lower case, or "BuildState(n)"
// for a number outside the list.
func (s BuildState) String() string {
	if s < 0 || int(s) >= len(buildStateNames) {
		return "BuildState(" + strconv.Itoa(int(s)) + ")"
	}
	return buildStateNames[s]
}

// Build is buildsys.build.state.change: a build of Koji went into another
// state. Volume changes are never sent.
type Build struct {
	Name      string      `json:"name,omitzero"`
	Version   string      `json:"version,omitzero"`
	Release   string      `json:"release,omitzero"`
	Epoch     Text        `json:"epoch,omitzero"`
	Attribute string      `json:"attribute,omitzero"`
	Old       *BuildState `json:"old,omitzero"`
	New       *BuildState `json:"new,omitzero"`
	BuildID   int64       `json:"build_id,omitzero"`
	TaskID    int64       `json:"task_id,omitzero"`
	Owner     Name        `json:"owner,omitzero"`
	Instance  string      `json:"instance,omitzero"`
	// Request are the arguments of the task: source, target, options.
	Request        []json.RawMessage `json:"request,omitzero"`
	CreationTime   Time              `json:"creation_time,omitzero"`
	CompletionTime Time              `json:"completion_time,omitzero"`
	URL            string            `json:"url,omitzero"`
	BaseURL        string            `json:"base_url,omitzero"`
	Task           *TaskInfo         `json:"task,omitzero"`
}

// NVR returns name-version-release.
func (b *Build) NVR() string { return b.Name + "-" + b.Version + "-" + b.Release }

// Target returns the build target of the request, "" when it is not there.
func (b *Build) Target() string {
	var s string
	if len(b.Request) > 1 {
		_ = json.Unmarshal(b.Request[1], &s)
	}
	return s
}

func (b *Build) check(Topic) error {
	switch {
	case b.Attribute != "" && b.Attribute != "state":
		return nil
	case b.Name == "" || b.Version == "" || b.Release == "":
		return errors.New("a build without name, version or release")
	case b.New == nil:
		return errors.New("a build without its new state")
	}
	return nil
}

func (b *Build) outcomes(Topic) []outcome {
	if b.New == nil || !primary(b.Instance) {
		return nil
	}
	o := outcome{ids: sourceID(b.Name, b.Release), artifact: b.NVR(), place: PlaceDist, at: distTag(b.Release)}
	switch *b.New {
	case BuildComplete:
		o.effect = EffectBuilt
	case BuildDeleted:
		o.effect = EffectWithdrawn
	case BuildFailed, BuildCanceled:
		o.effect = EffectFailed
	default:
		return nil
	}
	return []outcome{o}
}

// TaskInfo is a Koji task inside a message.
type TaskInfo struct {
	ID             int64             `json:"id,omitzero"`
	Method         string            `json:"method,omitzero"`
	Arch           string            `json:"arch,omitzero"`
	Label          Text              `json:"label,omitzero"`
	State          *int              `json:"state,omitzero"`
	Priority       int               `json:"priority,omitzero"`
	ChannelID      int64             `json:"channel_id,omitzero"`
	HostID         int64             `json:"host_id,omitzero"`
	HostName       string            `json:"host_name,omitzero"`
	Parent         int64             `json:"parent,omitzero"`
	Request        []json.RawMessage `json:"request,omitzero"`
	Owner          Name              `json:"owner,omitzero"`
	CreateTime     Time              `json:"create_time,omitzero"`
	StartTime      Time              `json:"start_time,omitzero"`
	CompletionTime Time              `json:"completion_time,omitzero"`
	URL            string            `json:"url,omitzero"`
	Children       []TaskInfo        `json:"children,omitzero"`
}

// Task is buildsys.task.state.change, sent only for the parent tasks of
// scratch builds. States are names: FREE, OPEN, CLOSED, CANCELED, ASSIGNED,
// FAILED. A scratch build changes no artifact.
type Task struct {
	ID        int64     `json:"id,omitzero"`
	Method    string    `json:"method,omitzero"`
	Attribute string    `json:"attribute,omitzero"`
	Old       Text      `json:"old,omitzero"`
	New       Text      `json:"new,omitzero"`
	SRPM      string    `json:"srpm,omitzero"`
	Owner     Name      `json:"owner,omitzero"`
	Instance  string    `json:"instance,omitzero"`
	Info      *TaskInfo `json:"info,omitzero"`
	BaseURL   string    `json:"base_url,omitzero"`
}

func (t *Task) check(Topic) error {
	if t.New == "" {
		return errors.New("a task without its new state")
	}
	return nil
}

func (*Task) outcomes(Topic) []outcome { return nil }

// Tag is buildsys.tag or buildsys.untag: a build came into a tag or left it.
type Tag struct {
	Tag      string `json:"tag,omitzero"`
	TagID    int64  `json:"tag_id,omitzero"`
	Name     string `json:"name,omitzero"`
	Version  string `json:"version,omitzero"`
	Release  string `json:"release,omitzero"`
	BuildID  int64  `json:"build_id,omitzero"`
	User     Name   `json:"user,omitzero"`
	Owner    Name   `json:"owner,omitzero"`
	Instance string `json:"instance,omitzero"`
	BaseURL  string `json:"base_url,omitzero"`
}

// NVR returns name-version-release.
func (t *Tag) NVR() string { return t.Name + "-" + t.Version + "-" + t.Release }

func (t *Tag) check(Topic) error {
	if t.Tag == "" || t.Name == "" {
		return errors.New("a tagging without tag or build")
	}
	return nil
}

func (t *Tag) outcomes(topic Topic) []outcome {
	if !primary(t.Instance) {
		return nil
	}
	o := outcome{ids: sourceID(t.Name, t.Release), artifact: t.NVR(), place: PlaceTag, at: t.Tag, effect: EffectAvailable}
	if topic.Event == "untag" {
		o.effect = EffectWithdrawn
	}
	return []outcome{o}
}

// Repo is buildsys.repo.init or buildsys.repo.done: a repository of a build
// tag is being made or is ready.
type Repo struct {
	Tag      string `json:"tag,omitzero"`
	TagID    int64  `json:"tag_id,omitzero"`
	RepoID   int64  `json:"repo_id,omitzero"`
	Instance string `json:"instance,omitzero"`
	BaseURL  string `json:"base_url,omitzero"`
}

// check accepts a body without tag: an early publisher sent none.
func (*Repo) check(Topic) error { return nil }

func (r *Repo) outcomes(topic Topic) []outcome {
	if r.Tag == "" || topic.Event != "repo.done" || !primary(r.Instance) {
		return nil
	}
	return []outcome{{ids: ids(planner.ID("buildroot/" + r.Tag)), artifact: r.Tag, place: PlaceTag, at: r.Tag, effect: EffectAvailable}}
}

// PackageList is buildsys.package.list.change: a package was added to a tag's
// list, blocked, unblocked or removed.
type PackageList struct {
	Tag         string `json:"tag,omitzero"`
	Package     string `json:"package,omitzero"`
	Action      string `json:"action,omitzero"`
	Owner       Name   `json:"owner,omitzero"`
	Block       bool   `json:"block,omitzero"`
	Force       bool   `json:"force,omitzero"`
	Update      bool   `json:"update,omitzero"`
	ExtraArches Text   `json:"extra_arches,omitzero"`
	Instance    string `json:"instance,omitzero"`
	BaseURL     string `json:"base_url,omitzero"`
}

func (p *PackageList) check(Topic) error {
	if p.Tag == "" || p.Package == "" {
		return errors.New("a package list change without tag or package")
	}
	return nil
}

func (p *PackageList) outcomes(Topic) []outcome {
	if p.Action != "block" && p.Action != "remove" || !primary(p.Instance) {
		return nil
	}
	return []outcome{{ids: ids(planner.ID("rpms/" + p.Package)), artifact: p.Package, place: PlaceTag, at: p.Tag, effect: EffectRetired}}
}

// Sign is buildsys.rpm.sign: a signature was added to an rpm. Build and RPM
// are Koji's rows; the legacy form has Info in their place.
type Sign struct {
	SigKey   string          `json:"sigkey,omitzero"`
	SigHash  string          `json:"sighash,omitzero"`
	Build    *SignedBuild    `json:"build,omitzero"`
	RPM      *SignedRPM      `json:"rpm,omitzero"`
	Info     json.RawMessage `json:"info,omitzero"`
	Instance string          `json:"instance,omitzero"`
	BaseURL  string          `json:"base_url,omitzero"`
}

// SignedBuild is the build of a signed rpm.
type SignedBuild struct {
	ID    int64  `json:"id,omitzero"`
	NVR   string `json:"nvr,omitzero"`
	Name  string `json:"name,omitzero"`
	Owner Name   `json:"owner_name,omitzero"`
	State int    `json:"state,omitzero"`
}

// SignedRPM is a signed rpm.
type SignedRPM struct {
	ID      int64  `json:"id,omitzero"`
	Name    string `json:"name,omitzero"`
	Version string `json:"version,omitzero"`
	Release string `json:"release,omitzero"`
	Arch    string `json:"arch,omitzero"`
	Epoch   Text   `json:"epoch,omitzero"`
}

func (s *Sign) check(Topic) error {
	if s.RPM == nil && len(s.Info) == 0 {
		return errors.New("a signing without an rpm")
	}
	return nil
}

func (*Sign) outcomes(Topic) []outcome { return nil }

// primary reports whether the message is of the main hub. Secondary hubs
// (arm, ppc, s390) told of their own copies of the same builds.
func primary(instance string) bool { return instance == "" || instance == "primary" }

// distTag returns the dist tag of a release, "fc39" of "1.fc39.2": the first
// dotted word that is letters followed by digits, and "module" for module
// components.
func distTag(release string) string {
	for word := range strings.SplitSeq(release, ".") {
		letters := strings.TrimRight(word, "0123456789")
		switch {
		case strings.HasPrefix(word, "module"):
			return "module"
		case letters == "" || letters == word || strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") != "":
			continue
		}
		return word
	}
	return ""
}
