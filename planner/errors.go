// SPDX-License-Identifier: MIT

package planner

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that callers branch on with [errors.Is].
var (
	// ErrInvalid is wrapped by every error about input that makes no sense.
	ErrInvalid = errors.New("invalid input")
	// ErrLimit is wrapped by errors about input beyond a size limit.
	ErrLimit = errors.New("limit exceeded")
	// ErrNotFound is wrapped by errors about an id that the graph or the
	// plan does not know.
	ErrNotFound = errors.New("not found")
)

// errNotMade is for plans that did not come from Graph.Plan, for example out
// of JSON: they can be shown, not asked.
var errNotMade = fmt.Errorf("planner: the plan was not made by Graph.Plan: %w", ErrInvalid)

// A CycleError tells that a plan would have to go through dependency cycles
// while its request refuses them. It wraps [ErrInvalid].
type CycleError struct {
	// Cycles are the refused groups, as [Plan.Cycles] would hold them.
	Cycles [][]ID
}

// Error names the number of groups and up to ten ids of the first.
func (e *CycleError) Error() string {
	if len(e.Cycles) == 0 {
		return "planner: dependency cycles are refused"
	}
	ids := e.Cycles[0]
	more := ""
	if len(ids) > 10 {
		more = fmt.Sprintf(" and %d more", len(ids)-10)
		ids = ids[:10]
	}
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = string(id)
	}
	groups := "1 cycle group is refused"
	if len(e.Cycles) > 1 {
		groups = fmt.Sprintf("%d cycle groups are refused, first", len(e.Cycles))
	}
	return "planner: " + groups + ": " + strings.Join(text, ", ") + more
}

// Unwrap returns [ErrInvalid].
func (e *CycleError) Unwrap() error { return ErrInvalid }
