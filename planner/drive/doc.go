// SPDX-License-Identifier: MIT

// Package drive carries out a [planner.Run] against the outside world so that
// nothing is done twice and nothing is lost, whatever dies when.
//
// The embedding program writes an [Actor] of five small methods that submits
// builds, looks them up and polls them. [Run] does the rest: it keeps a
// journal, dispatches a bounded number of calls, wakes up for retries, and
// goes on after a crash where it stopped.
//
// # The journal
//
// A run lives in a folder. Its journal is a file of JSON lines, only ever
// appended to: a header with the format, the plan's digest and the run's
// options, then one event per line, each with a checksum. Before an action is
// done, the intent is written and synced; after it, the outcome. A run is its
// journal: reading it back gives the same state. A torn last line was never
// acted upon and is dropped; damage before it, an unknown format and the
// journal of another plan are refused with typed errors. A lock that ends with
// its process keeps a second driver out and names the first.
//
// # Nothing twice
//
// An action that is in the journal without an outcome may have happened or
// not. The driver asks [Actor.Find] and repeats the action only when it was
// not done. The same holds after a call that returned an error: the request
// may have arrived though the answer did not.
//
// # When the outside is away
//
// An error of the Actor that is not made by [Failed] means that the outside
// could not be reached. The driver tells the observer, waits, longer each
// time, and then lets a single call find out whether it is back. Work that is
// under way outside goes on meanwhile.
//
// # Waiting for people
//
// A failed build blocks only what needs it. When everything else is done, the
// run waits for a person as long as [Options.Patience] allows: for a fix that
// [Actor.Poll] finds, or for an event that another part of the program tells
// with [Driver.Tell]. Then it ends with [ErrStuck]; calling [Run] again goes
// on.
package drive
