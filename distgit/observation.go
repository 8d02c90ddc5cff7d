// SPDX-License-Identifier: MIT

package distgit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// NoCommit is git's name for no commit at all: the old value of a branch that
// is made, the new value of one that is deleted.
const NoCommit = "0000000000000000000000000000000000000000"

// Evidence is where an [Observation] comes from.
type Evidence int

// The kinds of evidence.
const (
	// FromMessage is a message of a service that does not tell everything:
	// Pagure is silent about rewinds, fedmsg about where pushes end.
	FromMessage Evidence = iota
	// FromLog is a server's own push log or a webhook that tells every change
	// with the true old value.
	FromLog
	// FromPoll is a look at the heads.
	FromPoll
	// FromGit is a guess made of the dates of commits.
	FromGit
)

var evidenceNames = []string{"message", "log", "poll", "git"}

// String returns "message", "log", "poll" or "git".
func (e Evidence) String() string {
	if e < 0 || int(e) >= len(evidenceNames) {
		return fmt.Sprintf("Evidence(%d)", int(e))
	}
	return evidenceNames[e]
}

// MarshalText returns [Evidence.String].
func (e Evidence) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what [Evidence.String] gives.
func (e *Evidence) UnmarshalText(text []byte) error {
	i := slices.Index(evidenceNames, string(text))
	if i < 0 {
		return &Error{Op: "parse evidence", Msg: fmt.Sprintf("unknown evidence %q", text), Err: ErrInvalid}
	}
	*e = Evidence(i)
	return nil
}

// Observation is one thing that was learnt about where a branch points.
// Observations are only ever added: a better one is another one.
type Observation struct {
	Repo Repo
	// Ref is the branch; short names and refs/heads/ are the same.
	Ref string
	// Old is where the branch was before; [NoCommit] if it was not there, empty
	// if that is not known.
	Old string
	// New is where the branch is since At; [NoCommit] if it was deleted.
	New string
	// Target, instead of New, says that the branch is a symbolic name for
	// another one since At.
	Target string
	// At is when New held: the time of the push, or of the look. Seconds; finer
	// parts are dropped.
	At time.Time
	// NotBefore, if set, says that the change came after it and not later than
	// At: the time of the look before.
	NotBefore time.Time
	Evidence  Evidence
	// Forced says that Old is no ancestor of New.
	Forced bool
	// Base is what a forced push's message has for an old value: the merge base
	// of the true old value and New. Informative.
	Base string
	// ID is the message's id; Agent is who pushed. Both may be empty.
	ID, Agent string
}

// check refuses what cannot be evidence, and brings the rest in order.
func (o *Observation) check() error {
	fail := func(why string) error {
		return &Error{Op: "observation of " + o.Repo.String() + " " + o.Ref, Msg: why, Err: ErrInvalid}
	}
	if err := o.Repo.Valid(); err != nil {
		return fail(err.Error())
	}
	o.Repo = o.Repo.Normal()
	if o.Ref = ShortRef(o.Ref); o.Ref == "" || strings.ContainsAny(o.Ref, "\n\r\x00") {
		return fail("no branch name")
	}
	for _, h := range []*string{&o.Old, &o.New, &o.Base} {
		*h = strings.TrimPrefix(*h, "^")
		if *h != "" && !isHash(*h) {
			return fail(fmt.Sprintf("%q is no full commit hash", *h))
		}
		if strings.Trim(*h, "0") == "" && *h != "" { // SHA-256 repositories have 64 zeros
			*h = NoCommit
		}
	}
	o.Target = ShortRef(o.Target)
	switch {
	case (o.New == "") == (o.Target == ""):
		return fail("want either a new value or a target")
	case o.At.IsZero():
		return fail("no time")
	case o.Evidence < FromMessage || o.Evidence > FromGit:
		return fail("unknown " + o.Evidence.String())
	case o.At.Unix() < -1<<40 || o.At.Unix() > 1<<40:
		return fail("time out of range")
	}
	o.At = o.At.UTC().Truncate(time.Second)
	if !o.NotBefore.IsZero() {
		o.NotBefore = o.NotBefore.UTC().Truncate(time.Second)
		if o.NotBefore.After(o.At) {
			return fail("NotBefore is after At")
		}
	}
	return nil
}

// Confidence says how much an answer of a [History] can be trusted.
type Confidence int

// The levels, from nothing to certain.
const (
	// Unknown is no answer.
	Unknown Confidence = iota
	// Guess is made of the dates of commits, or of a value without a beginning.
	Guess
	// Between is one of two: the change from Commit to Other happened at some
	// time in the interval.
	Between
	// Likely is what the last message said, with nothing after it to confirm or
	// deny.
	Likely
	// Exact is told by a message or look at its beginning and confirmed by the
	// next.
	Exact
)

var confidenceNames = []string{"unknown", "guess", "between", "likely", "exact"}

// String returns the level in lower case.
func (c Confidence) String() string {
	if c < 0 || int(c) >= len(confidenceNames) {
		return fmt.Sprintf("Confidence(%d)", int(c))
	}
	return confidenceNames[c]
}

// MarshalText returns [Confidence.String].
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what [Confidence.String] gives.
func (c *Confidence) UnmarshalText(text []byte) error {
	i := slices.Index(confidenceNames, string(text))
	if i < 0 {
		return &Error{Op: "parse confidence", Msg: fmt.Sprintf("unknown confidence %q", text), Err: ErrInvalid}
	}
	*c = Confidence(i)
	return nil
}

// Tip is where a branch pointed for some time, as far as is known.
type Tip struct {
	Repo Repo
	Ref  string // short name; that of the real branch when an alias was asked for
	// Commit is the commit; empty when the branch did not exist, or nothing is
	// known (see Confidence).
	Commit string
	// Other is, with [Between], what the branch pointed at in the end of the
	// interval; [NoCommit] if it did not exist then.
	Other string
	// From and To bound the time for which this holds, To exclusive; zero From
	// is the beginning of time, zero To means still.
	From, To   time.Time
	Confidence Confidence
	Evidence   Evidence // of what it began with
}

// Exists reports whether the branch existed, as far as is known.
func (t Tip) Exists() bool { return t.Commit != "" }
