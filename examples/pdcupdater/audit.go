// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

// audited are the kinds that somebody tells all there is of.
var audited = []updater.Kind{updater.KindPackage, updater.KindRPM, updater.KindDependency, updater.KindContainer, updater.KindCompose,
	updater.KindModule, updater.KindRetirement, updater.KindPerson, updater.KindGroup}

const auditFormat = "pdcupdater-audit/1"

// auditState is what an interrupted audit has done.
type auditState struct {
	Format string   `json:"format"`
	PDC    string   `json:"pdc"`
	Repair bool     `json:"repair"`
	Done   []result `json:"done"`
}

// result is the outcome of one scope.
type result struct {
	Scope    updater.Scope `json:"scope"`
	Findings []finding     `json:"findings,omitempty"` // of an audit without repair
	Repaired *outcome      `json:"repaired,omitempty"` // of one with
}

// audit compares scope after scope, one after another; what is done is kept.
func (a *app) audit(ctx context.Context) error {
	state, err := a.auditState()
	if err != nil {
		return err
	}
	scopes, err := a.scopes(ctx)
	if err != nil {
		return err
	}
	if len(scopes) == 0 {
		return errors.New("nothing to audit: nobody is given who tells what there is (-koji, -mbs, -composes, -distgit, -groups, -pkgdb, -fas)")
	}
	total, remain, failures := 0, 0, 0
	for _, s := range scopes {
		i := slices.IndexFunc(state.Done, func(d result) bool { return d.Scope == s })
		var d result
		if i >= 0 {
			d = state.Done[i]
		} else if d, err = a.auditScope(ctx, s); err != nil {
			if ctx.Err() != nil || errors.Is(err, pdc.ErrUnavailable) || errors.Is(err, pdc.ErrUnauthorized) || errors.Is(err, pdc.ErrForbidden) {
				return err
			}
			failures++
			fmt.Fprintln(a.errs, "pdcupdater:", err)
			continue
		} else if a.state != "" {
			state.Done = append(state.Done, d)
			if err := writeState(a.state, state); err != nil {
				return err
			}
		}
		n, left := a.tellScope(d, i >= 0)
		total, remain = total+n, remain+left
	}
	a.tellSum(len(scopes)-failures, total, remain)
	switch {
	case failures > 0:
		return fmt.Errorf("%s could not be audited", count(failures, "part"))
	case a.state != "":
		if err := os.Remove(a.state); err != nil {
			return err // or the next audit would believe that it is done
		}
	}
	if remain > 0 {
		return errDiffers
	}
	return nil
}

func (a *app) auditState() (auditState, error) {
	fresh := auditState{Format: auditFormat, PDC: a.services.pdc.URL(), Repair: a.repair}
	if a.state == "" {
		return fresh, nil
	}
	kept := fresh
	ok, err := readState(a.state, auditFormat, &kept)
	switch {
	case err != nil || !ok:
		return fresh, err
	case kept.PDC != fresh.PDC || kept.Repair != fresh.Repair:
		return fresh, fmt.Errorf("%s: %w: it is of another audit, of %s; finish that one or remove the file", a.state, errDamaged, kept.PDC)
	}
	return kept, nil
}

// auditScope audits one scope and, if that is wanted, repairs it.
func (a *app) auditScope(ctx context.Context, s updater.Scope) (result, error) {
	findings, err := a.updater.Audit(ctx, s)
	if err != nil {
		return result{}, err
	}
	d := result{Scope: s}
	if !a.repair {
		d.Findings = shorten(findings)
		return d, nil
	}
	r, err := a.updater.Repair(ctx, findings, "audit of "+s.String())
	if err != nil {
		return d, fmt.Errorf("audit of %s: after %s: %w", s, count(len(r.Applied), "write"), err)
	}
	o := outcomeOf(r)
	d.Repaired = &o
	return d, nil
}

// tellScope prints an outcome and returns how many findings there were, and
// how many of them remain.
func (a *app) tellScope(d result, before bool) (found, remain int) {
	word := ""
	if before {
		word = " (done before)"
	}
	type record struct {
		Event  string `json:"event"`
		Before bool   `json:"before,omitempty"`
		result
	}
	if o := d.Repaired; o != nil {
		found = len(o.Written) + len(o.Already) + o.remains()
		a.tell(record{"repaired", before, d}, "%s: %s, %d repaired%s%s", d.Scope, count(found, "difference"), found-o.remains(), word, o)
		return found, o.remains()
	}
	found = len(d.Findings)
	var text strings.Builder
	for _, f := range d.Findings {
		text.WriteString("\n  " + f.String())
	}
	a.tell(record{"audited", before, d}, "%s: %s%s%s", d.Scope, count(found, "difference"), word, text.String())
	return found, found
}

func (a *app) tellSum(scopes, total, remain int) {
	record := map[string]any{"event": "end", "scopes": scopes, "differences": total, "remain": remain}
	if a.repair {
		a.tell(record, "%s in %s, %d remain", count(total, "difference"), count(scopes, "part"), remain)
		return
	}
	a.tell(record, "%s in %s", count(total, "difference"), count(scopes, "part"))
}

// scopes are the parts of PDC to audit, in the order in which kinds are
// repaired.
func (a *app) scopes(ctx context.Context) ([]updater.Scope, error) {
	kinds := a.kinds
	for _, k := range kinds {
		if !slices.Contains(a.updater.Kinds, k) || !a.tellsAll(k) {
			return nil, fmt.Errorf("%w: nobody is given who tells all there is of %s (-h tells the flags)", errUsage, k)
		}
	}
	if kinds == nil {
		kinds = slices.DeleteFunc(slices.Clone(audited), func(k updater.Kind) bool { return !slices.Contains(a.updater.Kinds, k) || !a.tellsAll(k) })
	}
	var out []updater.Scope
	found := false
	for _, k := range kinds {
		releases := []string{""}
		switch k {
		case updater.KindPackage, updater.KindRPM, updater.KindDependency, updater.KindContainer:
			known, err := a.releasesOf(ctx, k)
			if err != nil {
				return nil, err
			}
			if releases = known; a.release != "" {
				releases = []string{a.release}
				if !slices.Contains(known, a.release) && a.kinds == nil {
					continue // of that kind there is nothing in the release
				}
				found = true
			}
		case updater.KindCompose:
			releases = []string{a.release}
		}
		for _, r := range releases {
			out = append(out, updater.Scope{Kind: k, Release: r})
		}
	}
	if a.release != "" && a.kinds == nil && !found {
		return nil, fmt.Errorf("nobody knows of release %s (see -tags, -container-tags and -rawhide)", a.release)
	}
	return out, nil
}

// tellsAll reports whether there is a list of everything of a kind.
func (a *app) tellsAll(k updater.Kind) bool {
	switch k {
	case updater.KindPackage:
		return a.pkgdbFile != ""
	case updater.KindPerson:
		return a.fasFile != ""
	}
	return true
}
