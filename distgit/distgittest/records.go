// SPDX-License-Identifier: MIT

package distgittest

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// record is what the web front end knows of a repository beside git. It lies
// in the repository's folder, as distgittest.json.
type record struct {
	ID          int                 `json:"id"`
	Description string              `json:"description,omitempty"`
	Default     string              `json:"default"`
	Owner       string              `json:"owner"`
	Admins      []string            `json:"admins,omitempty"`
	Committers  []string            `json:"committers,omitempty"`
	Groups      []string            `json:"groups,omitempty"`
	Parent      string              `json:"parent,omitempty"` // full name, of a fork
	Created     int64               `json:"created"`
	Aliases     map[string]string   `json:"aliases,omitempty"`
	Statuses    map[string][]status `json:"statuses,omitempty"` // by commit, oldest first
	Pulls       []pull              `json:"pulls,omitempty"`
	Orphan      string              `json:"orphan,omitempty"` // reason
	Monitoring  string              `json:"monitoring,omitempty"`
	Assignees   map[string]string   `json:"assignees,omitempty"` // fedora, epel
}

// status is a Pagure flag or a Forgejo status.
type status struct {
	ID          int    `json:"id"`
	Context     string `json:"context"`
	UID         string `json:"uid,omitempty"`
	State       string `json:"state"`
	Description string `json:"description"`
	URL         string `json:"url"`
	Percent     *int   `json:"percent,omitempty"`
	User        string `json:"user"`
	Created     int64  `json:"created"`
	Updated     int64  `json:"updated"`
}

type pull struct {
	ID      int    `json:"id"`
	Title   string `json:"title"`
	Body    string `json:"body,omitempty"`
	From    string `json:"from"`           // branch
	Fork    string `json:"fork,omitempty"` // owner of the fork that has it
	To      string `json:"to"`
	State   string `json:"state"` // open, merged, closed
	User    string `json:"user"`
	Tip     string `json:"tip,omitempty"`
	Merged  string `json:"merged,omitempty"` // commit
	Created int64  `json:"created"`
}

const recordName = "distgittest.json"

// newRecord is the record of a repository made from a seed.
func (h *Host) newRecord(r distgit.Repo, seed Seed, def string) record {
	p := record{
		ID: recordID(r), Description: seed.Description, Default: def, Owner: seed.Owner,
		Admins: seed.Admins, Committers: seed.Committers, Groups: seed.Groups, Created: h.opt.Now().Unix(),
		Aliases: seed.Aliases, Monitoring: "monitoring",
	}
	if p.Owner == "" {
		p.Owner = h.opt.Owner
	}
	return p
}

// recordID numbers a repository by its name, the same at every start.
func recordID(r distgit.Repo) int { return int(crc32.ChecksumIEEE([]byte(r.String())) >> 8) }

func saveRecord(dir string, p record) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, recordName+".new")
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, recordName))
}

func loadRecord(dir string) (record, error) {
	var p record
	data, err := os.ReadFile(filepath.Join(dir, recordName))
	if err == nil {
		if err = json.Unmarshal(data, &p); err != nil {
			err = fmt.Errorf("distgittest: %s: %w", dir, err)
		}
	}
	return p, err
}

// record returns what the web front end knows of a repository, making the
// repository from its seed if need be.
func (h *Host) recordOf(r distgit.Repo) (record, error) {
	if err := h.ensure(r); err != nil {
		return record{}, err
	}
	l := h.lock(r)
	l.RLock()
	defer l.RUnlock()
	return loadRecord(h.path(r))
}

// change applies f to a repository's record; an error of f changes nothing.
func (h *Host) change(r distgit.Repo, f func(*record) error) error {
	if err := h.ensure(r); err != nil {
		return err
	}
	l := h.lock(r)
	l.Lock()
	defer l.Unlock()
	p, err := loadRecord(h.path(r))
	if err != nil {
		return err
	}
	if err := f(&p); err != nil {
		return err
	}
	return saveRecord(h.path(r), p)
}

// copyRepo copies a bare repository beside and moves it in place.
func copyRepo(from, to string, rec record) error {
	tmp := to + ".new"
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.CopyFS(tmp, os.DirFS(from)); err != nil {
		return err
	}
	if err := saveRecord(tmp, rec); err != nil {
		return err
	}
	return os.Rename(tmp, to)
}
