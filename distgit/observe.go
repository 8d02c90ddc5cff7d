// SPDX-License-Identifier: MIT

package distgit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Message is a message about a push, as it comes from a bus: fedora-messaging,
// fedmsg, or the bridge that carries webhooks.
type Message struct {
	// ID names the message, so that a second delivery is known.
	ID string
	// Topic ends in what happened: "...pagure.git.receive", "...git.receive",
	// "...forgejo.push".
	Topic string
	// Sent is the time in the message's envelope, which is that of the push.
	Sent time.Time
	// Body is the content as JSON.
	Body json.RawMessage
}

// Observe reads what a message tells about branches. Messages about anything
// else, tags among them, tell nothing: an empty list and no error. Messages
// about forks are about the fork, never about the package. The error wraps
// [ErrInvalid].
//
// What the services leave out is left out here: Pagure's old value of a
// forced push is a merge base and goes to Base; it does not tell of rewinds
// at all; fedmsg told of commits and not of pushes.
func Observe(m Message) ([]Observation, error) {
	fail := func(err error) ([]Observation, error) {
		return nil, &Error{Op: "observe " + m.Topic, Msg: err.Error(), Err: ErrInvalid}
	}
	read := observer(m.Topic)
	if read == nil {
		return nil, nil
	}
	obs, err := read(m)
	if err != nil {
		return fail(err)
	}
	for i := range obs {
		obs[i].At, obs[i].ID = m.Sent, m.ID
		if err := obs[i].check(); err != nil {
			return nil, err
		}
	}
	return obs, nil
}

func observer(topic string) func(Message) ([]Observation, error) {
	has := func(suffix string) bool { return topic == suffix || strings.HasSuffix(topic, "."+suffix) }
	switch {
	case has("pagure.git.receive"):
		return pagureReceive
	case has("pagure.git.branch.creation"), has("pagure.git.branch.deletion"):
		return pagureBranch
	case has("forgejo.push"), has("forgejo.create"), has("forgejo.delete"):
		return bridged
	case has("gitlab.push"):
		return bridged
	case has("git.branch"), strings.Contains(topic, "git.receive"):
		return fedmsg
	}
	return nil
}

type pagureMessage struct {
	Agent  string        `json:"agent"`
	Repo   pagureProject `json:"repo"`
	Branch string        `json:"branch"`
	Rev    string        `json:"rev"`
	Old    string        `json:"old_commit"`
	End    string        `json:"end_commit"`
	Forced bool          `json:"forced"`
}

func (p *pagureMessage) repo() (Repo, error) {
	if p.Repo.Fullname != "" {
		return ParseRepo(p.Repo.Fullname)
	}
	r := Repo{Namespace: p.Repo.Namespace, Name: p.Repo.Name}
	if p.Repo.Parent != nil {
		r.Fork = p.Repo.User.Name
	}
	return r, r.Valid()
}

func pagureReceive(m Message) ([]Observation, error) {
	var p pagureMessage
	if err := json.Unmarshal(m.Body, &p); err != nil {
		return nil, err
	}
	repo, err := p.repo()
	if err != nil {
		return nil, err
	}
	if p.Branch == "" { // the first version had a message per commit
		return fedmsg(m)
	}
	if strings.HasPrefix(p.Branch, "refs/") && !strings.HasPrefix(p.Branch, "refs/heads/") {
		return nil, nil
	}
	o := Observation{Repo: repo, Ref: p.Branch, New: p.End, Forced: p.Forced, Agent: p.Agent, Old: strings.TrimPrefix(p.Old, "^")}
	if p.Forced {
		o.Old, o.Base = "", o.Old
	}
	return []Observation{o}, nil
}

func pagureBranch(m Message) ([]Observation, error) {
	var p pagureMessage
	if err := json.Unmarshal(m.Body, &p); err != nil {
		return nil, err
	}
	repo, err := p.repo()
	if err != nil {
		return nil, err
	}
	o := Observation{Repo: repo, Ref: p.Branch, Agent: p.Agent, Old: NoCommit, New: p.Rev}
	if strings.HasSuffix(m.Topic, "deletion") {
		o.Old, o.New = p.Rev, NoCommit
	}
	return []Observation{o}, nil
}

// fedmsg reads the messages of 2012 to 2017: one per commit, with no old
// value. In the oldest the topic has repository and branch.
func fedmsg(m Message) ([]Observation, error) {
	type commit struct {
		Repo      string `json:"repo"`
		Namespace string `json:"namespace"`
		Branch    string `json:"branch"`
		Rev       string `json:"rev"`
		Agent     string `json:"agent"`
		Username  string `json:"username"`
		Name      string `json:"name"`
	}
	var b struct {
		Commit *commit `json:"commit"`
		commit
	}
	if err := json.Unmarshal(m.Body, &b); err != nil {
		return nil, err
	}
	if b.Commit == nil { // git.branch has no commit to tell of
		return nil, nil
	}
	c := *b.Commit
	if c.Repo == "" {
		_, rest, _ := strings.Cut(m.Topic, "git.receive.")
		i := strings.LastIndexByte(rest, '.')
		if i < 0 {
			return nil, fmt.Errorf("neither the message nor its topic names a repository")
		}
		c.Repo, c.Branch = rest[:i], cmp.Or(c.Branch, rest[i+1:])
	}
	repo := Repo{Namespace: cmp.Or(c.Namespace, DefaultNamespace), Name: c.Repo}
	return []Observation{{Repo: repo, Ref: c.Branch, New: c.Rev, Agent: cmp.Or(c.Agent, c.Username)}}, nil
}

// bridged reads a webhook that a bridge put on the bus: the payload is one
// level deeper, beside the request's headers.
func bridged(m Message) ([]Observation, error) {
	var b struct {
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(m.Body, &b); err != nil {
		return nil, err
	}
	payload := b.Body
	if len(payload) == 0 {
		payload = m.Body
	}
	return webhook(m.Topic[strings.LastIndexByte(m.Topic, '.')+1:], payload)
}

// hookPayload is what Forgejo's push, create and delete and GitLab's push have
// in common.
type hookPayload struct {
	Ref        string       `json:"ref"`
	RefType    string       `json:"ref_type"`
	Before     string       `json:"before"`
	After      string       `json:"after"`
	SHA        string       `json:"sha"`
	Repository *forgejoRepo `json:"repository"`
	Pusher     *struct {
		Login string `json:"login"`
	} `json:"pusher"`
	Sender *struct {
		Login string `json:"login"`
	} `json:"sender"`
	Kind     string `json:"object_kind"`
	Username string `json:"user_username"`
	Project  *struct {
		Path string `json:"path_with_namespace"`
	} `json:"project"`
}

func webhook(event string, payload []byte) ([]Observation, error) {
	var p hookPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	o := Observation{Ref: p.Ref, Evidence: FromLog}
	switch {
	case p.Project != nil:
		r, err := gitlabHookRepo(p.Project.Path)
		if err != nil {
			return nil, err
		}
		o.Repo, o.Agent = r, p.Username
	case p.Repository != nil:
		o.Repo = p.Repository.repo()
		if p.Repository.Fork && p.Repository.Parent == nil {
			return nil, nil // of nobody knows what
		}
		if p.Pusher != nil {
			o.Agent = p.Pusher.Login
		} else if p.Sender != nil {
			o.Agent = p.Sender.Login
		}
	default:
		return nil, fmt.Errorf("payload names no repository")
	}
	switch event {
	case "push":
		if !strings.HasPrefix(p.Ref, "refs/heads/") || p.Before == p.After { // tags; the hook's test button
			return nil, nil
		}
		o.Old, o.New = p.Before, p.After
	case "create": // the push that comes with it tells the same
		if p.RefType != "branch" {
			return nil, nil
		}
		o.Old, o.New = NoCommit, p.SHA
	case "delete": // says nothing of where the branch was
		if p.RefType != "branch" {
			return nil, nil
		}
		o.New = NoCommit
	default:
		return nil, nil
	}
	return []Observation{o}, nil
}

// gitlabHookRepo names a project by its whole path.
func gitlabHookRepo(path string) (Repo, error) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return Repo{}, fmt.Errorf("project %q", path)
	}
	r := Repo{Namespace: path[:i], Name: path[i+1:]}
	return r, r.Valid()
}
