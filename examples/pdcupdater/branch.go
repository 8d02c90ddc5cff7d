// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

// branch shows what a new release needs, and writes it with -write. Told again
// it goes on with what is missing.
func (a *app) branch(ctx context.Context) error {
	b := a.branching
	findings, err := a.updater.Compare(ctx, updater.Facts{Branchings: []updater.Branching{b}})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s branches off %s as %s", b.To, b.From, b.Branch)
	if len(findings) == 0 {
		a.tell(map[string]any{"event": "branched", "release": b.To}, "%s: nothing is missing", what)
		return nil
	}
	for _, resource := range resourcesOf(findings) {
		n := 0
		for _, f := range findings {
			if f.Resource == resource {
				n++
			}
		}
		a.tell(map[string]any{"event": "plan", "resource": resource, "rows": n}, "%s: %s of %s", what, count(n, "row"), resource)
	}
	r, err := a.updater.Repair(ctx, findings, what)
	o := outcomeOf(r)
	a.tell(struct {
		Event string `json:"event"`
		outcome
	}{"branching", o}, "%s%s", map[bool]string{true: "the plan:", false: "written:"}[o.DryRun], o)
	switch {
	case err != nil:
		return err
	case o.remains() > 0:
		return errDiffers
	}
	return nil
}

// resourcesOf are the resources of findings, in their order.
func resourcesOf(findings []updater.Finding) []string {
	var out []string
	for _, f := range findings {
		if !slices.Contains(out, f.Resource) {
			out = append(out, f.Resource)
		}
	}
	return out
}
