// SPDX-License-Identifier: MIT

package trigger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Pushes are the last pushes of updates, one row for each release and request,
// sorted. They are plain data: store them as JSON and go on after a restart.
// The zero value knows of none.
type Pushes []RepoPushes

// RepoPushes is what is known of one of Bodhi's repositories.
type RepoPushes struct {
	// Release is "f41", "epel9", "f30-modular", "f41-flatpak".
	Release string `json:"release"`
	// Request is "testing" or "stable".
	Request string `json:"request"`
	// Last is the newest push, ended or not; Good the newest that succeeded.
	// Their zero value means that none was heard of.
	Last PushRun `json:"last,omitzero"`
	Good PushRun `json:"good,omitzero"`
	// Mirrored is when the master mirror last told that it has the
	// repository; zero when it did not.
	Mirrored time.Time `json:"mirrored,omitzero"`
}

// A PushRun is one push of updates. Times are zero when their message was not
// heard or did not say.
type PushRun struct {
	// Repo is Bodhi's name of the repository ("f41-updates-testing").
	Repo string `json:"repo,omitempty"`
	// Content is "rpm", "module", "container" or "flatpak", "" when not told.
	Content string `json:"content,omitempty"`
	// Step is the last that was heard: "composing", "sync.wait",
	// "sync.done", "complete", and "mashing" and "done" of older services.
	// "complete" is the end, whether it succeeded or not.
	Step string `json:"step,omitempty"`
	// Started and Ended bound it; Heard is the time of the last message.
	Started time.Time `json:"started,omitzero"`
	Heard   time.Time `json:"heard,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// Success is nil until the push ended, and when its end does not say.
	Success *bool `json:"success,omitempty"`
	// Updates are the builds or titles that were pushed, as far as told.
	Updates []string `json:"updates,omitempty"`
}

// String returns one line for a person.
func (r RepoPushes) String() string {
	how := "under way: " + r.Last.Step
	switch {
	case r.Last.Step == "":
		how = "no push heard of"
	case r.Last.Step == "complete":
		word := "ended"
		if ok := r.Last.Success; ok != nil {
			word = map[bool]string{true: "succeeded", false: "failed"}[*ok]
		}
		how = word + " " + stamp(r.Last.Ended)
	}
	if r.Good.Step != "" && !r.Good.Ended.Equal(r.Last.Ended) {
		how += ", the last good one " + stamp(r.Good.Ended)
	}
	if n := len(r.Last.Updates); n > 0 {
		how += fmt.Sprintf(", updates: %d", n)
	}
	if !r.Mirrored.IsZero() {
		how += ", mirrored " + stamp(r.Mirrored)
	}
	return r.Release + " " + r.Request + ": " + how
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format(time.RFC3339)
}

// Add returns the pushes with what one event tells of them: bodhi.compose.*,
// bodhi.mashtask.* and bodhi.repo.done before it, and bodhi.updates.*.sync.
// Other events change nothing. The given slice is not altered. A message that
// is told twice, or comes later than a newer one of its repository, changes
// nothing either.
func (p Pushes) Add(ev Event) Pushes {
	topic := ParseTopic(ev.Topic)
	switch body := ev.Payload.(type) {
	case *MirrorSync:
		release, request := body.Where(topic)
		return p.with(release, request, func(r *RepoPushes) {
			if ev.Time.After(r.Mirrored) {
				r.Mirrored = ev.Time
			}
		})
	case *UpdatesPush:
		_, step, _ := strings.Cut(topic.Event, ".")
		if body.Repo == "" || step == "" {
			return p
		}
		release, request := body.Where()
		return p.with(release, request, func(r *RepoPushes) { r.hear(step, body, ev.Time) })
	}
	return p
}

// with returns the rows, one of them changed; it is added when it is new.
func (p Pushes) with(release, request string, change func(*RepoPushes)) Pushes {
	out := slices.Clone(p)
	i, found := slices.BinarySearchFunc(out, RepoPushes{Release: release, Request: request}, func(a, b RepoPushes) int {
		return cmp.Or(strings.Compare(a.Release, b.Release), strings.Compare(a.Request, b.Request))
	})
	if !found {
		out = slices.Insert(out, i, RepoPushes{Release: release, Request: request})
	}
	change(&out[i])
	return out
}

func (r *RepoPushes) hear(step string, body *UpdatesPush, at time.Time) {
	run := &r.Last
	ordered := !at.IsZero() && !run.Heard.IsZero()
	if ordered && (at.Before(run.Heard) || at.Equal(run.Heard) && step == run.Step) {
		return
	}
	begins := step == "composing" || step == "mashing"
	if begins || run.Step == "complete" {
		*run = PushRun{}
	}
	if begins {
		run.Started = at
	}
	run.Repo, run.Step, run.Heard = body.Repo, step, at
	run.Content = cmp.Or(body.CType, run.Content)
	if list := body.Titles(); list != nil {
		run.Updates = list
	}
	if step == "complete" {
		run.Ended, run.Success = at, body.Success
		if run.Success != nil && *run.Success {
			r.Good = *run
		}
	}
}
