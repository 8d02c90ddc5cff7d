// SPDX-License-Identifier: MIT

package bodhitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
)

// ErrNoTag is what [Seed].SideTag returns for a tag that does not exist.
var ErrNoTag = errors.New("no such tag")

// SideTag is what Koji says of a tag.
type SideTag struct {
	Owner string // who made it; empty for a tag that is no side tag
	// Builds are the NVRs of the latest builds in the tag itself.
	Builds []string
	// Inherits are the tags that it inherits from. One of them must be a tag
	// of a release, or the builds' release can't be told.
	Inherits []string
}

// User may log in.
type User struct {
	Name  string
	Token string // the bearer token that the identity service gave out
	// Groups: "packager" may make updates from side tags of their own,
	// "provenpackager" from any.
	Groups []string
}

// Seed is what the service starts with. The zero value knows no release, no
// user and no tag.
type Seed struct {
	Releases []bodhi.Release
	Users    []User
	// SideTag tells what Koji has by that name; [ErrNoTag] if nothing. Other
	// errors become the service's 400, as Koji's trouble does. Nil means that
	// there are no tags.
	SideTag func(name string) (SideTag, error)
	// Now tells the time; nil = 2026-01-01 plus one second for each change.
	Now func() time.Time
	// Dir, if not empty, is a folder in which the updates are kept, and from
	// which they are read at the start.
	Dir string
}

// Bodhi is the state of the service and an http.Handler that speaks its
// protocol. It is safe for concurrent use. It has no goroutine, clock or
// randomness of its own.
type Bodhi struct {
	mu      sync.Mutex
	seed    Seed
	updates []*update // oldest first
	changes int

	sessions map[string]string // cookie to user, "" while nobody has logged in
	offline  bool
	faults   []*fault
	calls    []Call
}

// Call is one request that arrived.
type Call struct {
	Method string
	Path   string
	Status int // 0 when the connection was cut
}

// New returns a service with the seed's state. It fails when the seed's folder
// can't be read.
func New(seed Seed) (*Bodhi, error) {
	b := &Bodhi{seed: seed, sessions: map[string]string{}}
	if seed.Dir == "" {
		return b, nil
	}
	if err := os.MkdirAll(seed.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("bodhitest: %w", err)
	}
	data, err := os.ReadFile(b.file())
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		if err = json.Unmarshal(data, &b.updates); err != nil {
			err = fmt.Errorf("%s: %w", b.file(), err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bodhitest: %w", err)
	}
	b.changes = len(b.updates)
	return b, nil
}

func (b *Bodhi) file() string { return filepath.Join(b.seed.Dir, "bodhi.json") }

// save replaces the state's file in one step.
func (b *Bodhi) save() error {
	b.changes++
	if b.seed.Dir == "" {
		return nil
	}
	data, err := json.Marshal(b.updates)
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.file()+".tmp", data, 0o644); err != nil {
		return err
	}
	return os.Rename(b.file()+".tmp", b.file())
}

func (b *Bodhi) now() *stamp {
	t := time.Date(2026, 1, 1, 0, 0, b.changes, 0, time.UTC)
	if b.seed.Now != nil {
		t = b.seed.Now()
	}
	s := stamp(t.UTC().Format("2006-01-02 15:04:05"))
	return &s
}

func (b *Bodhi) find(alias string) *update {
	for _, u := range b.updates {
		if u.Alias == alias {
			return u
		}
	}
	return nil
}

// Updates returns all updates in the order of their arrival.
func (b *Bodhi) Updates() ([]bodhi.Update, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, err := json.Marshal(b.updates)
	if err != nil {
		return nil, err
	}
	var out []bodhi.Update
	return out, json.Unmarshal(data, &out)
}

// Sign marks builds as signed, and all when none is named. An update whose
// builds are all signed is requested for testing, or is in testing at once
// where the release is not composed by Bodhi. The error is that of writing the
// state's file.
func (b *Bodhi) Sign(nvrs ...string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.updates {
		before := u.signed()
		for i := range u.Builds {
			if len(nvrs) == 0 || slices.Contains(nvrs, u.Builds[i].NVR) {
				u.Builds[i].Signed = true
			}
		}
		if before || !u.signed() || u.Status != bodhi.Pending {
			continue
		}
		if u.Release.ComposedByBodhi {
			u.Request = new("testing")
		} else {
			u.Status, u.Request, u.Pushed, u.DateTesting = bodhi.Testing, nil, true, b.now()
		}
	}
	return b.save()
}

// SetGating says what gating says of an update.
func (b *Bodhi) SetGating(alias string, g bodhi.Gating) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.find(alias)
	if u == nil {
		return fmt.Errorf("bodhitest: no update %s", alias)
	}
	u.Gating = &g
	return b.save()
}

// Approve says that an update in testing has met its requirements: its days
// have passed, testers were content. Where it may move by itself it is then
// requested for stable, or is stable at once where the release is not composed
// by Bodhi; not with failed gating, which is an error.
func (b *Bodhi) Approve(alias string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.find(alias)
	switch {
	case u == nil:
		return fmt.Errorf("bodhitest: no update %s", alias)
	case u.Status != bodhi.Testing:
		return fmt.Errorf("bodhitest: %s is %s, not testing", alias, u.Status)
	case !u.gated():
		return fmt.Errorf("bodhitest: gating of %s is %s", alias, *u.Gating)
	}
	u.Requirements, u.DateApproved = true, b.now()
	switch {
	case !u.Autotime:
	case u.Release.ComposedByBodhi:
		u.Request = new("stable")
	default:
		u.Status, u.DateStable, u.DatePushed = bodhi.Stable, b.now(), b.now()
	}
	return b.save()
}

// Compose carries out what is requested for a release, and returns how many
// updates it moved. A push to stable that gating does not allow is thrown out:
// its request ends.
func (b *Bodhi) Compose(release string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	moved := 0
	for _, u := range b.updates {
		if u.Release.Name != release || u.Request == nil || u.Locked {
			continue
		}
		switch *u.Request {
		case "testing":
			u.Status, u.DateTesting = bodhi.Testing, b.now()
		case "stable":
			if !u.gated() {
				u.Request = nil
				continue
			}
			u.Status, u.DateStable = bodhi.Stable, b.now()
		default:
			continue
		}
		u.Request, u.Pushed, u.DatePushed = nil, true, b.now()
		moved++
	}
	return moved, b.save()
}

// SetOffline makes every request answer 503 until it is called with false.
func (b *Bodhi) SetOffline(off bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offline = off
}

type fault struct {
	method, path string
	left, status int
	after        bool
}

// Fail makes the next requests with that method (empty: any), whose path
// contains the given text, answer with an HTTP status; status 0 cuts the
// connection instead.
func (b *Bodhi) Fail(method, path string, times, status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, &fault{method: method, path: path, left: times, status: status})
}

// Lose cuts the connection of the next such requests after their effect.
func (b *Bodhi) Lose(method, path string, times int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, &fault{method: method, path: path, left: times, after: true})
}

// Calls returns what was asked so far.
func (b *Bodhi) Calls() []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}
