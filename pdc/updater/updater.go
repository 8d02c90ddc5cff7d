// SPDX-License-Identifier: MIT

package updater

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// ErrNoSource means that facts of a kind are needed and [Sources] has nobody
// to ask for them.
var ErrNoSource = errors.New("no source of facts")

// Sources are the systems of record. A nil member can't be asked: its events
// are [ErrNoSource]. Each must be safe for concurrent use if the [Updater] is
// used so. Present facts are wanted, not those of when a message was sent: it
// is what makes late, doubled and lost messages harmless.
type Sources struct {
	// Build returns the build that was tagged, with its rpms. Releases may be
	// nil: then it is in the one asked about. Some hubs tell of a tag before
	// others can see it.
	Build func(ctx context.Context, a Ask) (Build, error)

	// Needs returns what the rpms of a tagged build need or, of
	// [KindContainer], what the container holds; nothing if the build is no
	// longer in the release. Release need not be set.
	Needs func(ctx context.Context, a Ask) ([]Needs, error)

	// Module returns a module build. Release need not be set.
	Module func(ctx context.Context, m *trigger.Module) (Module, error)

	// Compose returns a compose from the folder where it lies.
	Compose func(ctx context.Context, id, location string) (Compose, error)

	// Dead reports whether dead.package is at the head of a branch in
	// dist-git. Merges make pushes that look like retirements and are none.
	Dead func(ctx context.Context, b Branch) (bool, error)

	// Groups returns the groups of a type, of all releases that have them.
	Groups func(ctx context.Context, typ string) ([]Group, error)

	// All returns everything there is of a scope, for audits.
	All func(ctx context.Context, s Scope) (Facts, error)
}

// Updater keeps PDC equal to the systems of record. Client and, by kind,
// Sources must be set; the rest may be zero. It is safe for concurrent use if
// its sources are; two updaters at once do no harm.
type Updater struct {
	Client  *pdc.Client
	Sources Sources
	Policy  Policy
	Kinds   []Kind // that are kept; nil means all
	DryRun  bool   // write nothing: reports say what would be written
	Batch   int    // see [Applier]

	// Now tells the day of retirements; nil is the system's clock.
	Now func() time.Time
	// Progress is called after each write; see [Applier].
	Progress func(Finding, error)
}

// Handle does what an event makes necessary: it asks for the present facts,
// compares them with PDC's rows, and writes what is owed, with the message's
// id as comment of the changes. Nothing owed is an empty report.
//
// An error means that the event is not dealt with and should be told again
// later, when [pdc.ErrUnavailable] mostly: what was written stays written, and
// is not written twice.
func (u *Updater) Handle(ctx context.Context, ev trigger.Event) (Report, error) {
	asks, err := u.Policy.Asks(ev)
	if err != nil {
		return Report{}, fmt.Errorf("updater: message %s: %w", ev.ID, err)
	}
	var facts Facts
	facts.Today = u.today()
	for _, a := range asks {
		if u.keeps(a.Kind) {
			if err := u.gather(ctx, a, &facts); err != nil {
				return Report{}, fmt.Errorf("updater: message %s: %s: %w", ev.ID, a.Kind, err)
			}
		}
	}
	return u.Update(ctx, facts, ev.ID)
}

// Update makes PDC agree with facts. The comment stands with the changes.
func (u *Updater) Update(ctx context.Context, f Facts, comment string) (Report, error) {
	findings, err := u.Compare(ctx, f)
	if err != nil || len(findings) == 0 {
		return Report{DryRun: u.DryRun}, err
	}
	return u.Repair(ctx, findings, comment)
}

// Compare reads the rows that facts speak of and returns what disagrees.
func (u *Updater) Compare(ctx context.Context, f Facts) ([]Finding, error) {
	f.Today = cmp.Or(f.Today, u.today())
	rows, err := Load(ctx, u.Client, f)
	if err != nil {
		return nil, err
	}
	return Owed(f, rows, u.Policy), nil
}

// Audit compares all of a scope: what messages were lost about shows as
// findings, which [Updater.Repair] sets right. Audits of several scopes are
// independent, so that one that was interrupted goes on with the next scope.
func (u *Updater) Audit(ctx context.Context, s Scope) ([]Finding, error) {
	if u.Sources.All == nil {
		return nil, fmt.Errorf("updater: audit of %s: %w", s, ErrNoSource)
	}
	f, err := u.Sources.All(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("updater: audit of %s: %w", s, err)
	}
	if !slices.Contains(f.Whole, s) {
		f.Whole = append(slices.Clone(f.Whole), s)
	}
	findings, err := u.Compare(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("updater: audit of %s: %w", s, err)
	}
	return findings, nil
}

// Repair writes what findings say, or, when u is a dry run, only reports it.
func (u *Updater) Repair(ctx context.Context, findings []Finding, comment string) (Report, error) {
	if u.DryRun {
		r := Report{DryRun: true}
		for _, f := range findings {
			if f.Write == nil {
				r.Undecided = append(r.Undecided, f)
			} else {
				r.Left = append(r.Left, f)
			}
		}
		return r, nil
	}
	if comment != "" {
		ctx = pdc.WithComment(ctx, comment)
	}
	a := Applier{Client: u.Client, Batch: u.Batch, Progress: u.Progress}
	return a.Apply(ctx, findings)
}

// Handler returns the updater as a handler of events. done, when not nil, is
// told of each report that is not empty.
func (u *Updater) Handler(done func(trigger.Event, Report)) trigger.Handler {
	var topics []string
	for _, k := range Kinds() {
		if u.keeps(k) {
			topics = append(topics, k.patterns()...)
		}
	}
	slices.Sort(topics)
	return trigger.Handler{Name: "pdc-updater", Topics: slices.Compact(topics), Handle: func(ctx context.Context, ev trigger.Event) ([]trigger.Event, error) {
		r, err := u.Handle(ctx, ev)
		if done != nil && len(r.Applied)+len(r.Already)+len(r.Refused)+len(r.Undecided)+len(r.Left) > 0 {
			done(ev, r)
		}
		return nil, err
	}}
}

func (u *Updater) keeps(k Kind) bool { return u.Kinds == nil || slices.Contains(u.Kinds, k) }

func (u *Updater) today() pdc.Date {
	if u.Now != nil {
		return pdc.DateOf(u.Now())
	}
	return pdc.DateOf(time.Now())
}

// gather adds the facts that an ask is about.
func (u *Updater) gather(ctx context.Context, a Ask, f *Facts) error {
	if a.Facts != nil {
		f.Packages = append(f.Packages, a.Facts.Packages...)
		f.People = append(f.People, a.Facts.People...)
		return nil
	}
	s := u.Sources
	switch a.Kind {
	case KindRPM:
		if s.Build == nil {
			return ErrNoSource
		}
		b, err := s.Build(ctx, a)
		if err != nil {
			return err
		}
		if b.Releases == nil {
			b.Releases = []string{a.Release}
		}
		f.Builds = append(f.Builds, b)
	case KindDependency, KindContainer:
		if s.Needs == nil {
			return ErrNoSource
		}
		needs, err := s.Needs(ctx, a)
		if err != nil {
			return err
		}
		for _, n := range needs {
			n.Release = a.Release
			f.Needs = append(f.Needs, n)
		}
	case KindModule:
		if s.Module == nil {
			return ErrNoSource
		}
		m, err := s.Module(ctx, a.Module)
		if err != nil {
			return err
		}
		f.Modules = append(f.Modules, u.Policy.place(m))
	case KindCompose:
		if s.Compose == nil {
			return ErrNoSource
		}
		c, err := s.Compose(ctx, a.ComposeID, a.Location)
		if err != nil {
			return err
		}
		f.Composes = append(f.Composes, c)
	case KindRetirement:
		if s.Dead == nil {
			return ErrNoSource
		}
		b := *a.Branch
		var err error
		if b.Dead, err = s.Dead(ctx, b); err != nil {
			return err
		}
		f.Branches = append(f.Branches, b)
	case KindGroup:
		if s.Groups == nil {
			return ErrNoSource
		}
		groups, err := s.Groups(ctx, a.Group)
		if err != nil {
			return err
		}
		f.Groups = append(f.Groups, groups...)
	}
	return nil
}
