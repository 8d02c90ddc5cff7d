// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"fmt"
	"path"
)

// A Hub says what Koji's own callbacks do not tell, for [Hub.Event]. The zero
// value leaves it out.
type Hub struct {
	// Instance and BaseURL are the hub's settings.
	Instance, BaseURL string
	// User returns the name of a user id; nil or "" means unknown.
	User func(id int64) string
	// Task returns the request and the row of a task; nil means unknown.
	Task func(id int64) (request []json.RawMessage, info *TaskInfo)
}

// callbackTopics are the topics of the callbacks that reach the bus.
var callbackTopics = map[string]string{
	"postBuildStateChange":  "buildsys.build.state.change",
	"postTaskStateChange":   "buildsys.task.state.change",
	"postTag":               "buildsys.tag",
	"postUntag":             "buildsys.untag",
	"postRepoInit":          "buildsys.repo.init",
	"postRepoDone":          "buildsys.repo.done",
	"postPackageListChange": "buildsys.package.list.change",
	"postRPMSign":           "buildsys.rpm.sign",
}

type hubName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type hubBuild struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	Version        string `json:"version"`
	Release        string `json:"release"`
	Epoch          Text   `json:"epoch"`
	TaskID         int64  `json:"task_id"`
	OwnerID        int64  `json:"owner_id"`
	OwnerName      string `json:"owner_name"`
	CreationTime   Time   `json:"creation_time"`
	CompletionTime Time   `json:"completion_time"`
}

// Event returns the payload that a hub callback publishes, from its keyword
// arguments: what a plugin of the hub has in hand before any bus. Errors wrap
// [ErrInvalid] for callbacks that are not published, and [ErrMalformed] for
// arguments that are not theirs.
func (h Hub) Event(callback string, kwargs json.RawMessage) (Payload, error) {
	name, ok := callbackTopics[callback]
	if !ok {
		return nil, fmt.Errorf("trigger: callback %q is not published: %w", callback, ErrInvalid)
	}
	p, err := h.payload(name, kwargs)
	if err != nil {
		return nil, malformed(name, "", "%s: %w", callback, err)
	}
	if err := p.check(ParseTopic(name)); err != nil {
		return nil, malformed(name, "", "%s: %w", callback, err)
	}
	return p, nil
}

func (h Hub) payload(topic string, kwargs json.RawMessage) (Payload, error) {
	switch topic {
	case "buildsys.build.state.change":
		return h.build(kwargs)
	case "buildsys.task.state.change":
		return h.task(kwargs)
	case "buildsys.tag", "buildsys.untag":
		return h.tag(kwargs)
	case "buildsys.package.list.change":
		return h.packageList(kwargs)
	case "buildsys.rpm.sign":
		s := &Sign{Instance: h.Instance, BaseURL: h.BaseURL}
		return s, json.Unmarshal(kwargs, s)
	}
	return h.repo(kwargs)
}

func (h Hub) user(id int64, name string) Name {
	if h.User != nil {
		if s := h.User(id); s != "" {
			return Name(s)
		}
	}
	return Name(name)
}

func (h Hub) build(kwargs json.RawMessage) (Payload, error) {
	var k struct {
		Attribute string      `json:"attribute"`
		Old       *BuildState `json:"old"`
		New       *BuildState `json:"new"`
		Info      hubBuild    `json:"info"`
	}
	err := json.Unmarshal(kwargs, &k)
	i := k.Info
	b := &Build{
		Name: i.Name, Version: i.Version, Release: i.Release, Epoch: i.Epoch, Attribute: k.Attribute, Old: k.Old, New: k.New,
		BuildID: i.ID, TaskID: i.TaskID, Owner: h.user(i.OwnerID, i.OwnerName), CreationTime: i.CreationTime, CompletionTime: i.CompletionTime,
		Instance: h.Instance, BaseURL: h.BaseURL,
	}
	if h.BaseURL != "" {
		b.URL = fmt.Sprintf("%s/koji/buildinfo?buildID=%d", h.BaseURL, i.ID)
	}
	if h.Task != nil && i.TaskID != 0 {
		b.Request, b.Task = h.Task(i.TaskID)
	}
	return b, err
}

// task drops the fractions of the task's times, as the plugin does.
func (h Hub) task(kwargs json.RawMessage) (Payload, error) {
	var t Task
	err := json.Unmarshal(kwargs, &t)
	t.Instance, t.BaseURL = h.Instance, h.BaseURL
	if i := t.Info; i != nil {
		t.ID, t.Method, t.Owner = i.ID, i.Method, i.Owner
		for _, at := range []*Time{&i.CreateTime, &i.StartTime, &i.CompletionTime} {
			if !at.IsZero() {
				at.Time = at.Truncate(1e9)
			}
		}
		var first string
		if len(i.Request) > 0 && json.Unmarshal(i.Request[0], &first) == nil && first != "" {
			t.SRPM = path.Base(first)
		}
		if h.Task != nil {
			if _, known := h.Task(i.ID); known != nil {
				i.HostName, i.URL, i.Children = known.HostName, known.URL, known.Children
			}
		}
	}
	return &t, err
}

func (h Hub) tag(kwargs json.RawMessage) (Payload, error) {
	var k struct {
		Tag   hubName  `json:"tag"`
		Build hubBuild `json:"build"`
		User  Name     `json:"user"`
	}
	err := json.Unmarshal(kwargs, &k)
	b := k.Build
	return &Tag{
		Tag: k.Tag.Name, TagID: k.Tag.ID, Name: b.Name, Version: b.Version, Release: b.Release, BuildID: b.ID,
		User: k.User, Owner: h.user(b.OwnerID, b.OwnerName), Instance: h.Instance, BaseURL: h.BaseURL,
	}, err
}

func (h Hub) packageList(kwargs json.RawMessage) (Payload, error) {
	var k struct {
		Action      string          `json:"action"`
		Tag         hubName         `json:"tag"`
		Package     hubName         `json:"package"`
		Owner       json.RawMessage `json:"owner"`
		Block       bool            `json:"block"`
		Force       bool            `json:"force"`
		Update      bool            `json:"update"`
		ExtraArches Text            `json:"extra_arches"`
	}
	err := json.Unmarshal(kwargs, &k)
	var owner Name
	var id int64
	if json.Unmarshal(k.Owner, &id) == nil {
		if id != 0 {
			owner = h.user(id, "")
		}
	} else if len(k.Owner) > 0 {
		_ = owner.UnmarshalJSON(k.Owner)
	}
	return &PackageList{
		Tag: k.Tag.Name, Package: k.Package.Name, Action: k.Action, Owner: owner, Block: k.Block, Force: k.Force, Update: k.Update,
		ExtraArches: k.ExtraArches, Instance: h.Instance, BaseURL: h.BaseURL,
	}, err
}

// repo reads both shapes: init has the tag and the id beside each other, done
// has the row of the repo.
func (h Hub) repo(kwargs json.RawMessage) (Payload, error) {
	var k struct {
		Tag    hubName `json:"tag"`
		RepoID int64   `json:"repo_id"`
		Repo   *struct {
			ID      int64  `json:"id"`
			TagID   int64  `json:"tag_id"`
			TagName string `json:"tag_name"`
		} `json:"repo"`
	}
	err := json.Unmarshal(kwargs, &k)
	r := &Repo{Tag: k.Tag.Name, TagID: k.Tag.ID, RepoID: k.RepoID, Instance: h.Instance, BaseURL: h.BaseURL}
	if k.Repo != nil {
		r.Tag, r.TagID, r.RepoID = k.Repo.TagName, k.Repo.TagID, k.Repo.ID
	}
	return r, err
}
