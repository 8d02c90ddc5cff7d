// SPDX-License-Identifier: MIT

package distgittest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Messages returns what the bus would have carried for the pushes so far, in
// order, with the holes that the imitated service leaves: Pagure tells nothing
// of a rewind, has a merge base for the old value of a forced push, and of a
// new branch without commits of its own only that it was made; Forgejo tells
// everything but where a deleted branch was.
func (h *Host) Messages() ([]distgit.Message, error) {
	var out []distgit.Message
	tips := map[race]string{}
	for i, p := range h.Pushes() {
		if !p.Accepted || !strings.HasPrefix(p.Ref, "refs/heads/") || p.Old == p.New {
			continue
		}
		rec, err := h.recordOf(p.Repo)
		if err != nil {
			return nil, err
		}
		var ms []distgit.Message
		if h.opt.Forge == distgit.Forgejo {
			ms, err = h.forgejoMessages(p, rec)
		} else {
			def := race{p.Repo, "refs/heads/" + rec.Default}
			tip, ok := tips[def]
			if !ok { // as it was seeded
				if tip, err = h.Head(p.Repo, rec.Default); err != nil {
					tip, err = "", nil
				}
			}
			ms, err = h.pagureMessages(p, rec, tip)
		}
		if err != nil {
			return nil, err
		}
		for k := range ms {
			ms[k].ID = fmt.Sprintf("%d-%08x-0000-4000-8000-%012x", p.Time.Year(), i, k)
			ms[k].Sent = p.Time
			ms[k].Topic = "org.fedoraproject.prod." + ms[k].Topic
		}
		out = append(out, ms...)
		tips[race{p.Repo, p.Ref}] = p.New
	}
	return out, nil
}

func message(topic string, body any) (distgit.Message, error) {
	data, err := json.Marshal(body)
	return distgit.Message{Topic: topic, Body: data}, err
}

func (h *Host) pagureMessages(p Push, rec record, defaultTip string) ([]distgit.Message, error) {
	repo := h.pagureProject(p.Repo, rec, true)
	branch := strings.TrimPrefix(p.Ref, "refs/heads/")
	base := map[string]any{"agent": p.Agent, "repo": repo, "branch": branch}
	with := func(more map[string]any) map[string]any {
		m := map[string]any{}
		for _, src := range []map[string]any{base, more} {
			for k, v := range src {
				m[k] = v
			}
		}
		return m
	}
	var out []distgit.Message
	add := func(topic string, body map[string]any) error {
		m, err := message(topic, body)
		out = append(out, m)
		return err
	}
	if p.New == "" {
		err := add("pagure.git.branch.deletion", with(map[string]any{"rev": p.Old}))
		return out, err
	}
	old, without := p.Old, p.Old
	st := storage(h.path(p.Repo))
	if p.Old == "" {
		if err := add("pagure.git.branch.creation", with(map[string]any{"rev": p.New})); err != nil {
			return nil, err
		}
		old = "^" + distgit.NoCommit
		if without = defaultTip; branch == rec.Default {
			without = ""
		}
	} else if p.Forced {
		if b := mergeBase(st, p.Old, p.New); b != "" {
			old, without = b, b
		}
	}
	commits := newCommits(st, p.New, without)
	if len(commits) == 0 { // a rewind, or a branch without commits of its own
		return out, nil
	}
	err := add("pagure.git.receive", with(map[string]any{
		"old_commit": old, "start_commit": commits[len(commits)-1], "end_commit": commits[0], "total_commits": len(commits),
		"forced": p.Forced, "authors": []any{}, "pull_request_id": nil,
	}))
	return out, err
}

func (h *Host) forgejoMessages(p Push, rec record) ([]distgit.Message, error) {
	repository := h.forgejoPayload(p.Repo, rec)
	who := map[string]string{"login": p.Agent, "username": p.Agent}
	zeros := func(s string) string {
		if s == "" {
			return distgit.NoCommit
		}
		return s
	}
	type event struct {
		name    string
		payload map[string]any
	}
	var events []event
	if p.Old == "" {
		events = append(events, event{"create", map[string]any{"sha": p.New, "ref": p.Ref, "ref_type": "branch", "repository": repository, "sender": who}})
	}
	if p.New == "" {
		events = append(events, event{"delete", map[string]any{"ref": p.Ref, "ref_type": "branch", "pusher_type": "user", "repository": repository, "sender": who}})
	} else {
		commits := newCommits(storage(h.path(p.Repo)), p.New, p.Old)
		list := []any{}
		for _, c := range commits[:min(len(commits), 15)] {
			list = append(list, map[string]string{"id": c})
		}
		events = append(events, event{"push", map[string]any{
			"ref": p.Ref, "before": zeros(p.Old), "after": p.New, "commits": list, "total_commits": len(commits), "repository": repository, "pusher": who, "sender": who,
		}})
	}
	var out []distgit.Message
	for _, e := range events {
		m, err := message("forgejo."+e.name, map[string]any{
			"agent": nil, "body": e.payload, "headers": map[string]string{"x-forgejo-event": e.name},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (h *Host) forgejoPayload(r distgit.Repo, rec record) map[string]any {
	return map[string]any{
		"id": rec.ID, "owner": map[string]string{"login": r.Namespace}, "name": r.Name, "full_name": r.Namespace + "/" + r.Name,
		"fork": rec.Parent != "", "default_branch": rec.Default,
	}
}

// newCommits lists what is behind tip and not behind without, the tip first.
func newCommits(st *filesystem.Storage, tip, without string) []string {
	hidden := map[plumbing.Hash]bool{}
	if without != "" {
		walk(st, without, hidden, nil)
	}
	var out []string
	walk(st, tip, hidden, func(c *object.Commit) { out = append(out, c.Hash.String()) })
	return out
}

// walk visits the commits behind a tip that are not in seen, breadth first.
func walk(st *filesystem.Storage, tip string, seen map[plumbing.Hash]bool, visit func(*object.Commit)) {
	todo := []plumbing.Hash{plumbing.NewHash(tip)}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		if seen[n] {
			continue
		}
		seen[n] = true
		c, err := object.GetCommit(st, n)
		if err != nil {
			continue
		}
		if visit != nil {
			visit(c)
		}
		todo = append(todo, c.ParentHashes...)
	}
}

// mergeBase returns a best common ancestor, "" if there is none.
func mergeBase(st *filesystem.Storage, a, b string) string {
	ca, err := object.GetCommit(st, plumbing.NewHash(a))
	if err != nil {
		return ""
	}
	cb, err := object.GetCommit(st, plumbing.NewHash(b))
	if err != nil {
		return ""
	}
	bases, err := ca.MergeBase(cb)
	if err != nil || len(bases) == 0 {
		return ""
	}
	slices.SortFunc(bases, func(x, y *object.Commit) int { return strings.Compare(x.Hash.String(), y.Hash.String()) })
	return bases[0].Hash.String()
}
