// SPDX-License-Identifier: MIT

package kojitest

import (
	"fmt"
	"sync"
	"time"
)

// Version is the release of Koji that the hub says it is.
const Version = "1.35.3"

// A Hub is a Koji hub in memory: a state machine that answers calls from what
// earlier calls made of it. It is an [http.Handler] and safe for concurrent
// use; calls are worked on one after the other. It has no goroutine, no clock
// and no randomness: time moves when [Hub.Advance] says so, ids count up, and
// the same calls give the same answers.
type Hub struct {
	mu      sync.Mutex
	seed    Seed
	now     time.Time
	methods map[string]*method
	names   []string // of methods, sorted

	events       table[eventRow]
	users        table[userRow]
	perms        table[permRow]
	sessions     table[sessionRow]
	channels     table[channelRow]
	hosts        table[hostRow]
	tags         table[tagRow]
	packages     table[packageRow]
	builds       table[buildRow]
	btypes       table[btypeRow]
	targets      table[targetRow]
	tasks        table[taskRow]
	repos        table[repoRow]
	runs         table[runRow]
	requests     table[requestRow]
	rpms         table[rpmRow]
	roots        table[rootRow]
	archives     table[archiveRow]
	groups       table[groupName]
	externals    table[externalRow]
	volumes      table[volumeRow]
	cgs          table[cgRow]
	notices      table[noticeRow]
	blocks       table[noticeRow]
	archiveTypes table[archiveType]

	userByName    map[string]*userRow
	tagByName     map[string]*tagRow
	packageByName map[string]*packageRow
	buildByNVR    map[string]*buildRow
	packageBuilds map[int][]*buildRow
	children      map[int][]*taskRow

	agenda     []job // what happens when time goes on
	jobs       int   // jobs made so far, to keep their order
	builderID  int   // the user of the builder
	running    int   // builds that hold a slot
	waiting    []*taskRow
	waits      []repoWait
	planting   bool
	dirty      map[int]bool // tags with a repo that is owed
	failures   []*Failure
	files      map[string]*file // below the top URL
	metadata   repoMetadata     // of the repo that was asked for last
	uploadDirs map[string]int   // who owns an upload folder
	offline    string           // text of ServerOffline; empty when in service
	lockout    bool
	injections []*injection
	calls      []Call
	journal    *journal
	told       told
	replaying  bool
}

// NewHub makes a hub in memory. It panics with a "kojitest:" text when the
// seed contradicts itself: a build in an unknown tag, an NVR without dashes.
func NewHub(seed Seed) *Hub {
	h := &Hub{
		seed:          seed,
		now:           seed.Now,
		userByName:    map[string]*userRow{},
		tagByName:     map[string]*tagRow{},
		packageByName: map[string]*packageRow{},
		buildByNVR:    map[string]*buildRow{},
		packageBuilds: map[int][]*buildRow{},
		children:      map[int][]*taskRow{},
		dirty:         map[int]bool{},
		files:         map[string]*file{},
		uploadDirs:    map[string]int{},
	}
	if h.now.IsZero() {
		h.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	h.now = h.now.UTC().Truncate(time.Microsecond)
	h.methods, h.names = bindMethods()
	h.plant(seed)
	return h
}

// Now is the hub's time.
func (h *Hub) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// system is a call that the hub makes on its own, as a user.
func (h *Hub) system(u *userRow) *call {
	return &call{h: h, user: u, tx: &tx{}}
}

// bad stops a hub with an impossible seed.
func bad(format string, args ...any) {
	panic("kojitest: " + fmt.Sprintf(format, args...))
}
