// SPDX-License-Identifier: MIT

package updater

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// Applier makes the writes of findings. Its zero value with a Client works.
// It keeps nothing between calls and is safe for concurrent use.
type Applier struct {
	Client *pdc.Client
	// Batch is how many rows one request makes or removes; 0 means 200.
	Batch int
	// Progress, when not nil, is called after each finding: err is nil when PDC
	// agrees now.
	Progress func(f Finding, err error)
}

// Report says what became of findings.
type Report struct {
	Applied   []Finding `json:"applied"`          // written now
	Already   []Finding `json:"already"`          // somebody else had written it
	Refused   []Refusal `json:"refused"`          // PDC would not have it
	Undecided []Finding `json:"undecided"`        // for a person to decide
	Left      []Finding `json:"left"`             // not tried: PDC became unavailable
	DryRun    bool      `json:"dry_run,omitzero"` // Left is all that would be written
}

// Refusal is a finding whose write PDC refused.
type Refusal struct {
	Finding Finding `json:"finding"`
	Err     error   `json:"-"`
	Text    string  `json:"error"`
}

// Apply makes the writes, in the order given, which is that of [Owed]. Rows of
// one resource are made and removed many at a time; when such a batch is
// refused, which undoes all of it, its rows are written one by one, so that
// only what is wrong stays undone.
//
// An answer that a row exists, or is gone already, counts as done: somebody
// else, or an earlier attempt, did it. Other refusals are reported and do not
// stop the rest. When PDC can't be reached, or ctx ends, Apply stops
// and returns the error; what was not tried is in [Report.Left]. To go on, ask
// [Owed] again: it knows what was done.
func (a *Applier) Apply(ctx context.Context, findings []Finding) (Report, error) {
	var r Report
	var todo []Finding
	for _, f := range findings {
		if f.Write == nil {
			r.Undecided = append(r.Undecided, f)
		} else {
			todo = append(todo, f)
		}
	}
	ids := map[Ref]int{}
	for len(todo) > 0 {
		n := a.batch(todo)
		done, err := a.write(ctx, todo[:n], ids, &r)
		todo = todo[done:]
		if err != nil {
			r.Left = todo
			return r, err
		}
	}
	return r, nil
}

// single are resources that take one object a request.
func single(resource string) bool {
	return strings.HasPrefix(resource, "rpc/") || resource == composeImages || resource == composeRPMs || resource == oldModules
}

// batch returns how many of the first findings go into one request.
func (a *Applier) batch(todo []Finding) int {
	first := todo[0].Write
	if first.Method != "POST" && first.Method != "DELETE" || single(first.Resource) {
		return 1
	}
	size := cmp.Or(max(a.Batch, 0), 200)
	n := 1
	for n < len(todo) && n < size && todo[n].Write.Method == first.Method && todo[n].Write.Resource == first.Resource &&
		!refersTo(todo[n].Write.Fields, todo[:n]) {
		n++
	}
	return n
}

// refersTo reports whether a row needs one that is made in the same batch.
func refersTo(f pdc.Fields, batch []Finding) bool {
	ref, ok := f["parent_pk"].(Ref)
	return ok && slices.ContainsFunc(batch, func(x Finding) bool { return x.Name == ref.Name })
}

// write makes one request for all of the batch, or one for each. It returns
// how many findings were dealt with.
func (a *Applier) write(ctx context.Context, batch []Finding, ids map[Ref]int, r *Report) (int, error) {
	if len(batch) > 1 {
		err := a.together(ctx, batch, ids)
		if err == nil {
			for _, f := range batch {
				a.note(r, f, nil)
			}
			return len(batch), nil
		}
		if stops(ctx, err) {
			return 0, err
		}
	}
	for i, f := range batch {
		err := a.one(ctx, f, ids)
		if err != nil && stops(ctx, err) {
			return i, err
		}
		a.note(r, f, err)
	}
	return len(batch), nil
}

// stops reports whether an error is of PDC as a whole, not of one row. An
// internal error is mostly one that the row provokes.
func stops(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, pdc.ErrUnauthorized) || errors.Is(err, pdc.ErrForbidden) {
		return true
	}
	var e *pdc.Error
	if !errors.As(err, &e) {
		return false // ours, made before asking
	}
	return e.Status == 0 && !errors.Is(err, pdc.ErrInvalid) || errors.Is(err, pdc.ErrUnavailable) ||
		errors.Is(err, pdc.ErrUnexpected) || errors.Is(err, pdc.ErrRedirected)
}

func (a *Applier) note(r *Report, f Finding, err error) {
	switch {
	case err == nil:
		r.Applied = append(r.Applied, f)
	case f.Write.Method == "POST" && errors.Is(err, pdc.ErrConflict), f.Write.Method == "DELETE" && errors.Is(err, pdc.ErrNotFound):
		r.Already = append(r.Already, f)
		err = nil
	default:
		r.Refused = append(r.Refused, Refusal{f, err, err.Error()})
	}
	if a.Progress != nil {
		a.Progress(f, err)
	}
}

func (a *Applier) together(ctx context.Context, batch []Finding, ids map[Ref]int) error {
	w := batch[0].Write
	if err := CheckWritable(w.Resource); err != nil {
		return err
	}
	if w.Method == "DELETE" {
		keys := make([]any, len(batch))
		for i, f := range batch {
			keys[i] = number(f.Write.Key)
		}
		return a.Client.Do(ctx, w.Method, w.Resource, nil, keys, nil)
	}
	rows := make([]pdc.Fields, len(batch))
	for i, f := range batch {
		fields, err := a.resolve(ctx, f.Write.Fields, ids)
		if err != nil {
			return err
		}
		rows[i] = fields
	}
	var made []json.RawMessage
	if err := a.Client.Do(ctx, w.Method, w.Resource, nil, rows, &made); err != nil {
		return err
	}
	for i, raw := range made {
		if i < len(batch) {
			remember(ids, batch[i], raw)
		}
	}
	return nil
}

func (a *Applier) one(ctx context.Context, f Finding, ids map[Ref]int) error {
	w := f.Write
	if err := CheckWritable(w.Resource); err != nil {
		return err
	}
	fields, err := a.resolve(ctx, w.Fields, ids)
	if err != nil {
		return err
	}
	path := w.Resource
	if w.Key != "" {
		path += w.Key + "/"
	}
	var in any
	if len(fields) > 0 {
		in = fields
	}
	if w.Method == "DELETE" {
		return a.Client.Do(ctx, w.Method, path, nil, nil, nil)
	}
	var made json.RawMessage
	if err := a.Client.Do(ctx, w.Method, path, nil, in, &made); err != nil {
		return err
	}
	if w.Method == "POST" {
		remember(ids, f, made)
	}
	return nil
}

// remember notes the id of a row that was made.
func remember(ids map[Ref]int, f Finding, raw json.RawMessage) {
	var row struct {
		ID int `json:"id"`
	}
	if json.Unmarshal(raw, &row) == nil && row.ID != 0 {
		ids[Ref{f.Resource, f.Name}] = row.ID
	}
}

// number is a key as bulk deletions want it.
func number(key string) any {
	if n, err := strconv.Atoi(key); err == nil {
		return n
	}
	return key
}

// resolve puts ids where references stand.
func (a *Applier) resolve(ctx context.Context, f pdc.Fields, ids map[Ref]int) (pdc.Fields, error) {
	var failed error
	id := func(r Ref) any {
		n, ok := ids[r]
		if !ok && failed == nil {
			n, failed = a.find(ctx, r)
			ids[r] = n
		}
		return n
	}
	out := make(pdc.Fields, len(f))
	for name, v := range f {
		switch v := v.(type) {
		case Ref:
			// Components are referred to by objects, others by plain ids.
			if out[name] = id(v); v.Resource == releaseComponents {
				out[name] = pdc.Fields{"id": out[name]}
			}
		case []any:
			list := slices.Clone(v)
			for i, x := range list {
				if ref, ok := x.(Ref); ok {
					list[i] = pdc.Fields{"id": id(ref)}
				}
			}
			out[name] = list
		default:
			out[name] = v
		}
	}
	return out, failed
}

// find asks for the id of a row that somebody else made meanwhile.
func (a *Applier) find(ctx context.Context, r Ref) (int, error) {
	gone := fmt.Errorf("updater: no id of %s %s, which is referred to: %w", strings.TrimSuffix(r.Resource, "/"), r.Name, pdc.ErrNotFound)
	switch r.Resource {
	case releaseComponents:
		parts := strings.SplitN(r.Name, " ", 3)
		if len(parts) < 3 {
			return 0, gone
		}
		for c, err := range a.Client.ReleaseComponents().All(ctx, filter("release", parts[0], "type", parts[1], "name", parts[2], "include_inactive_release", "1")) {
			if err != nil {
				return 0, err
			}
			return c.ID, nil
		}
	case bugzillaComponents:
		for b, err := range a.Client.BugzillaComponents().All(ctx, filter()) {
			if err != nil {
				return 0, err
			}
			if strings.TrimPrefix(b.Parent+"/"+b.Name, "/") == r.Name {
				return b.ID, nil
			}
		}
	}
	return 0, gone
}
