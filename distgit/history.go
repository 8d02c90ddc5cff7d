// SPDX-License-Identifier: MIT

package distgit

import (
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// History answers where branches pointed at a time. It is an index over
// observations, which it never forgets or changes. The zero value is empty and
// ready. It is safe for concurrent use.
type History struct {
	mu     sync.RWMutex
	lines  map[lineKey]*timeline
	order  []*timeline  // as made; a timeline's id is its place
	hashes []objectName // by number; 0 is not known, 1 is NoCommit
	byHash map[objectName]uint32
	words  []string // agents and targets by number; 0 is ""
	byWord map[string]uint32
	ids    strings.Builder // the ids' text, in chunks
	count  int

	who      []whoEntry // (commit, timeline) pairs in order, for WhoHas
	whoUntil int        // observations that are in it
}

type lineKey struct {
	repo Repo
	ref  string
}

type whoEntry struct{ hash, line uint32 }

// entry is an observation in an index. There may be millions: commits, agents
// and targets are numbers.
type entry struct {
	at, notBefore  int64 // seconds; notBefore is minTime when not set
	id             string
	old, new, base uint32
	target, agent  uint32
	evidence       uint8
	forced         bool
}

const (
	minTime  int64 = -1 << 62
	maxTime  int64 = 1 << 62
	hashNone       = 1 // number of NoCommit
)

// Add adds observations and returns how many of them were new: the same
// change told twice, by two messages or by one delivered twice, is one. It
// adds all or, with an error that wraps [ErrInvalid], none. Order does not
// matter.
func (h *History) Add(obs ...Observation) (int, error) {
	checked, err := checkAll(obs)
	if err != nil {
		return 0, err
	}
	return len(h.add(checked)), nil
}

func checkAll(obs []Observation) ([]Observation, error) {
	checked := slices.Clone(obs)
	for i := range checked {
		if err := checked[i].check(); err != nil {
			return nil, err
		}
	}
	return checked, nil
}

// add takes checked observations and returns those that were new, in the
// space of the others.
func (h *History) add(checked []Observation) []Observation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.addLocked(checked)
}

func (h *History) addLocked(checked []Observation) []Observation {
	fresh := checked[:0]
	for _, o := range checked {
		e := entry{
			at: o.At.Unix(), notBefore: minTime, old: h.number(o.Old), new: h.number(o.New), base: h.number(o.Base),
			evidence: uint8(o.Evidence), forced: o.Forced, target: h.word([]byte(o.Target)), agent: h.word([]byte(o.Agent)), id: o.ID,
		}
		if !o.NotBefore.IsZero() {
			e.notBefore = o.NotBefore.Unix()
		}
		if h.line(lineKey{o.Repo, o.Ref}).add(e) {
			fresh = append(fresh, o)
		}
	}
	h.count += len(fresh)
	return fresh
}

func (h *History) line(k lineKey) *timeline {
	h.init()
	l := h.lines[k]
	if l == nil {
		k.ref = strings.Clone(k.ref)
		l = &timeline{key: k, id: uint32(len(h.order))}
		h.lines[k] = l
		h.order = append(h.order, l)
	}
	return l
}

// Len returns how many observations there are.
func (h *History) Len() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.count
}

// Repos returns the repositories something is known of, in order.
func (h *History) Repos() []Repo {
	h.mu.RLock()
	defer h.mu.RUnlock()
	seen := map[Repo]bool{}
	var out []Repo
	for _, l := range h.order {
		if !seen[l.key.repo] {
			seen[l.key.repo] = true
			out = append(out, l.key.repo)
		}
	}
	slices.SortFunc(out, Repo.Compare)
	return out
}

// Refs returns the branches of a repository something is known of, deleted
// ones and aliases included, in order.
func (h *History) Refs(repo Repo) []string {
	repo = repo.Normal()
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []string
	for _, l := range h.order {
		if l.key.repo == repo {
			out = append(out, l.key.ref)
		}
	}
	slices.Sort(out)
	return out
}

// locked runs f with the read lock held and the timeline's segments up to
// date; f is not called when nothing is known of the branch.
func (h *History) locked(repo Repo, ref string, f func(*timeline)) {
	k := lineKey{repo.Normal(), ShortRef(ref)}
	h.mu.RLock()
	l := h.lines[k]
	if l != nil && l.dirty {
		h.mu.RUnlock()
		h.mu.Lock()
		l.build()
		h.mu.Unlock()
		h.mu.RLock()
		if l.dirty { // somebody added meanwhile; they are not owed an order
			l = l.snapshot()
			l.build()
		}
	}
	defer h.mu.RUnlock()
	if l != nil {
		f(l)
	}
}

// At returns where a branch pointed at a time; a push at that very second
// counts as done. An alias is followed to its branch. Confidence tells how far
// to trust it: with [Unknown] nothing is known.
func (h *History) At(repo Repo, ref string, t time.Time) Tip {
	return h.at(repo, ref, t.Unix(), 0)
}

const maxAliases = 5

func (h *History) at(repo Repo, ref string, t int64, depth int) Tip {
	tip := Tip{Repo: repo, Ref: ShortRef(ref)}
	target := ""
	h.locked(repo, ref, func(l *timeline) {
		i := sort.Search(len(l.segs), func(i int) bool { return l.segs[i].from > t }) - 1
		if i < 0 {
			return
		}
		if s := &l.segs[i]; s.target != 0 {
			target = h.words[s.target]
		} else {
			tip = h.tip(l, i)
		}
	})
	if target == "" {
		return tip
	}
	if depth == maxAliases {
		return Tip{Repo: repo, Ref: ShortRef(ref)}
	}
	return h.at(repo, target, t, depth+1)
}

// tip turns a segment into an answer.
func (h *History) tip(l *timeline, i int) Tip {
	s := &l.segs[i]
	t := Tip{Repo: l.key.repo, Ref: l.key.ref, Confidence: s.confidence, Evidence: Evidence(s.evidence)}
	if s.commit != hashNone {
		t.Commit = h.hashes[s.commit].String()
	}
	t.Other = h.hashes[s.other].String()
	if s.from != minTime {
		t.From = time.Unix(s.from, 0).UTC()
	}
	if i+1 < len(l.segs) {
		t.To = time.Unix(l.segs[i+1].from, 0).UTC()
	}
	return t
}

// Between returns the tips a branch had from one time to another, both
// included, in order: what [History.At] would answer for each moment. The
// first and last reach beyond the bounds. Zero times do not bound. An alias
// gives the tips of its branch for as long as it stood for it.
func (h *History) Between(repo Repo, ref string, from, to time.Time) []Tip {
	lo, hi := minTime, maxTime
	if !from.IsZero() {
		lo = from.Unix()
	}
	if !to.IsZero() {
		hi = to.Unix()
	}
	return h.between(repo, ref, lo, hi, 0)
}

func (h *History) between(repo Repo, ref string, lo, hi int64, depth int) []Tip {
	type alias struct {
		target   string
		from, to int64
		place    int
	}
	var out []Tip
	var aliases []alias
	h.locked(repo, ref, func(l *timeline) {
		for i, s := range l.segs {
			end := maxTime
			if i+1 < len(l.segs) {
				end = l.segs[i+1].from - 1
			}
			if end < lo || s.from > hi {
				continue
			}
			if s.target != 0 {
				aliases = append(aliases, alias{h.words[s.target], max(lo, s.from), min(hi, end), len(out)})
				continue
			}
			out = append(out, h.tip(l, i))
		}
	})
	if depth < maxAliases {
		for _, a := range slices.Backward(aliases) {
			out = slices.Insert(out, a.place, h.between(repo, a.target, a.from, a.to, depth+1)...)
		}
	}
	return out
}

// WhoHas returns the branches that pointed at a commit, and when, in order of
// repository, branch and time. Answers that may have been (as Other of a
// [Between]) are among them. A commit that was never a tip, only behind one,
// is not found here: that takes git's graph.
func (h *History) WhoHas(commit string) []Tip {
	h.mu.Lock()
	defer h.mu.Unlock()
	name, _ := parseName(commit)
	n, ok := h.byHash[name]
	if !ok || n <= hashNone {
		return nil
	}
	h.index()
	i := sort.Search(len(h.who), func(i int) bool { return h.who[i].hash >= n })
	var out []Tip
	for ; i < len(h.who) && h.who[i].hash == n; i++ {
		l := h.order[h.who[i].line]
		if l.dirty {
			l.build()
		}
		for k := range l.segs {
			if s := &l.segs[k]; s.commit == n || s.other == n {
				out = append(out, h.tip(l, k))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Tip) int {
		if c := a.Repo.Compare(b.Repo); c != 0 {
			return c
		}
		return strings.Compare(a.Ref, b.Ref)
	})
	return out
}

// index brings the pairs of commit and timeline up to date.
func (h *History) index() {
	if h.whoUntil == h.count {
		return
	}
	h.who = h.who[:0]
	for _, l := range h.order {
		for _, e := range l.entries {
			for _, n := range []uint32{e.old, e.new} {
				if n > hashNone {
					h.who = append(h.who, whoEntry{n, l.id})
				}
			}
		}
	}
	slices.SortFunc(h.who, func(a, b whoEntry) int {
		if a.hash != b.hash {
			return int(int64(a.hash) - int64(b.hash))
		}
		return int(int64(a.line) - int64(b.line))
	})
	h.who = slices.Compact(h.who)
	h.whoUntil = h.count
}

// Observations returns what is known of a branch, in order of time.
func (h *History) Observations(repo Repo, ref string) iter.Seq[Observation] {
	return func(yield func(Observation) bool) {
		var all []Observation
		h.locked(repo, ref, func(l *timeline) {
			for _, e := range l.entries {
				all = append(all, h.observation(l, e))
			}
		})
		for _, o := range all {
			if !yield(o) {
				return
			}
		}
	}
}

func (h *History) observation(l *timeline, e entry) Observation {
	o := Observation{
		Repo: l.key.repo, Ref: l.key.ref, Old: h.hashes[e.old].String(), New: h.hashes[e.new].String(), Base: h.hashes[e.base].String(),
		Target: h.words[e.target], At: time.Unix(e.at, 0).UTC(), Evidence: Evidence(e.evidence), Forced: e.forced, ID: e.id, Agent: h.words[e.agent],
	}
	if e.notBefore != minTime {
		o.NotBefore = time.Unix(e.notBefore, 0).UTC()
	}
	return o
}
