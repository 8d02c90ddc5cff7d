// SPDX-License-Identifier: MIT

package distgit

import (
	"slices"
	"sort"
)

// timeline is what is known of one branch.
type timeline struct {
	key     lineKey
	id      uint32
	entries []entry // by time once built
	segs    []segment
	dirty   bool
	latest  int // place of the entry that was added last
}

// segment is an answer for a stretch of time that ends where the next begins.
type segment struct {
	from          int64
	commit, other uint32
	confidence    Confidence
	evidence      uint8
	target        uint32
}

// add keeps an observation, in order of time, unless it is there already. Two
// messages about one push (of a new branch there are two) differ in nothing
// that matters here.
func (l *timeline) add(e entry) bool {
	n := len(l.entries)
	at := n
	if n > 0 && before(e, l.entries[n-1]) {
		at = sort.Search(n, func(i int) bool { return before(e, l.entries[i]) })
	}
	for i := at - 1; i >= 0 && l.entries[i].at == e.at; i-- {
		if o := &l.entries[i]; o.new == e.new && o.target == e.target && o.notBefore == e.notBefore &&
			rank(*o) == rank(e) && (o.old == e.old || e.old == 0) {
			return false
		}
	}
	if at == n {
		l.entries = append(l.entries, e)
	} else {
		l.entries = slices.Insert(l.entries, at, e)
	}
	l.dirty, l.latest = true, at
	return true
}

// before orders by time; a look comes behind the messages of its second, which
// it has seen.
func before(a, b entry) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	return rank(a) < rank(b)
}

func rank(e entry) int {
	switch Evidence(e.evidence) {
	case FromGit:
		return 0
	case FromPoll:
		return 2
	}
	return 1
}

func (l *timeline) snapshot() *timeline {
	c := *l
	c.entries = slices.Clone(l.entries)
	return &c
}

// build makes the segments.
func (l *timeline) build() {
	if !l.dirty {
		return
	}
	l.chain()
	b := builder{}
	for _, e := range l.entries {
		if Evidence(e.evidence) == FromGit {
			b.guesses = append(b.guesses, e)
		}
	}
	for _, e := range l.entries {
		if Evidence(e.evidence) != FromGit {
			b.take(e)
		}
	}
	b.finish()
	l.segs, l.dirty = b.segs, false
}

// chain orders messages of one second so that each begins where the one before
// ended, as far as that can be.
func (l *timeline) chain() {
	last := uint32(0)
	for i := 0; i < len(l.entries); {
		j := i + 1
		for j < len(l.entries) && l.entries[j].at == l.entries[i].at && rank(l.entries[j]) == rank(l.entries[i]) {
			j++
		}
		for k := i; k < j; k++ {
			for m := k; m < j; m++ {
				if e := l.entries[m]; e.old != 0 && e.old == last && e.new != last {
					copy(l.entries[k+1:m+1], l.entries[k:m])
					l.entries[k] = e
					break
				}
			}
			last = l.entries[k].new
		}
		i = j
	}
}

// builder goes through the hard observations of a branch in order.
type builder struct {
	segs    []segment
	guesses []entry

	any  bool // something hard was seen
	last segment
	seen int64 // until when last is confirmed, exclusive; minTime if it is not
	made bool  // last began with the branch's creation
}

// emit adds a segment; one that begins where the one before does replaces it.
func (b *builder) emit(s segment) {
	if n := len(b.segs); n > 0 && b.segs[n-1].from >= s.from {
		b.segs[n-1] = s
		return
	}
	b.segs = append(b.segs, s)
}

func (b *builder) take(e entry) {
	now := segment{from: e.at, commit: e.new, evidence: e.evidence, target: e.target, confidence: Likely}
	if !b.any {
		b.before(e)
		b.any, b.last, b.seen, b.made = true, now, minTime, e.old == hashNone
		return
	}
	if b.last.target != 0 || e.target != 0 { // an alias begins or ends
		b.close(Exact, e.at, 0)
		b.last, b.seen, b.made = now, minTime, false
		return
	}
	switch {
	case e.old == hashNone && e.new == b.last.commit && b.made && e.at-b.last.from <= 60:
		return // of a new branch two hooks tell, and a webhook's time is that of its arrival
	case Evidence(e.evidence) == FromPoll && e.new == b.last.commit:
		// Seen where it should be: no change, and what was likely is certain.
		if b.last.confidence == Guess {
			b.close(Guess, e.at, 0)
			b.last = now
		}
		b.seen = e.at + 1
		return
	case Evidence(e.evidence) == FromPoll || e.notBefore != minTime:
		// Changed at some time since it was known to be elsewhere.
		since := max(e.notBefore, b.last.from, b.seen-1)
		if since > b.last.from {
			b.close(Exact, since, 0)
			b.last.from = since
		}
		b.close(Between, e.at, e.new)
	case e.old == 0:
		b.close(Likely, e.at, 0) // a forced push does not tell where it came from
		if e.forced && e.base != 0 && e.base == b.last.commit {
			// A base that is the old value itself: the two have no commit in
			// common, and the message's list of commits is not to be trusted.
			now.confidence = Guess
		}
	case e.old == b.last.commit:
		b.close(Exact, e.at, 0)
	default:
		b.close(Between, e.at, e.old) // a message was lost, or a rewind not told
	}
	b.last, b.seen, b.made = now, minTime, e.old == hashNone
}

// close ends the last segment at a time with the confidence it has earned.
func (b *builder) close(c Confidence, at int64, other uint32) {
	s := b.last
	if s.target != 0 {
		s.confidence = Exact
		b.emit(s)
		return
	}
	if s.confidence == Guess { // its own value is doubtful
		c = Guess
	}
	if c != Exact && b.seen > s.from && b.seen < at {
		sure := s
		sure.confidence = Exact
		b.emit(sure)
		s.from = b.seen
	}
	s.confidence, s.other = c, other
	if s.from < at || len(b.segs) == 0 {
		b.emit(s)
	}
}

// before says what is known of the time before the first hard observation.
func (b *builder) before(e entry) {
	start := e.at
	if e.notBefore != minTime {
		start = e.notBefore
	}
	switch {
	case e.old == hashNone:
		b.emit(segment{from: minTime, commit: hashNone, confidence: Exact, evidence: e.evidence})
		if start < e.at {
			b.emit(segment{from: start + 1, commit: hashNone, other: e.new, confidence: Between, evidence: e.evidence})
		}
		return
	case b.guess(start):
	case e.old != 0:
		b.emit(segment{from: minTime, commit: e.old, confidence: Guess, evidence: e.evidence})
	default:
		b.emit(segment{from: minTime, confidence: Unknown, evidence: e.evidence})
	}
}

// guess emits what the dates of commits say about the time before until.
func (b *builder) guess(until int64) bool {
	if len(b.guesses) == 0 || b.guesses[0].at >= until {
		return false
	}
	b.emit(segment{from: minTime, commit: hashNone, confidence: Guess, evidence: uint8(FromGit)})
	for _, g := range b.guesses {
		if g.at >= until {
			break
		}
		b.emit(segment{from: g.at, commit: g.new, confidence: Guess, evidence: uint8(FromGit)})
	}
	return true
}

func (b *builder) finish() {
	if !b.any {
		b.guess(maxTime)
		return
	}
	s := b.last
	if s.target == 0 && s.confidence == Likely && b.seen > s.from {
		sure := s
		sure.confidence = Exact
		b.emit(sure)
		s.from = b.seen
	}
	b.emit(s)
}
