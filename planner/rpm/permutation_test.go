// SPDX-License-Identifier: MIT

package rpm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

func TestTheOrderOfPackagesDoesNotMatter(t *testing.T) {
	pkgs := distribution(400)
	pkgs = append(pkgs, pkgs[3], pkgs[7])
	changed := pkgs[9]
	changed.Provides = changed.Provides[:1]
	pkgs = append(pkgs, changed)
	var want string
	for i := range 6 {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		if i > 0 {
			r.Shuffle(len(pkgs), func(a, b int) { pkgs[a], pkgs[b] = pkgs[b], pkgs[a] })
		}
		mixed := slices.Clone(pkgs)
		for j := range mixed {
			req := slices.Clone(mixed[j].Requires)
			if i > 0 {
				r.Shuffle(len(req), func(a, b int) { req[a], req[b] = req[b], req[a] })
			}
			mixed[j].Requires = req
		}
		u, err := rpm.NewUniverse(mixed, rpm.Policy{})
		require.NoError(t, err)
		var b strings.Builder
		require.NoError(t, u.Graph.WriteText(&b))
		fmt.Fprintln(&b, u.Unresolved, u.Duplicates, u.Superseded, u.Problems, u.Assumed, slices.Collect(u.Choices()))
		if i == 0 {
			want = b.String()
			require.NotEmpty(t, slices.Collect(u.Choices()))
			require.Len(t, u.Duplicates, 3)
			continue
		}
		require.True(t, want == b.String(), "permutation %d gives other bytes", i)
	}
}

func TestAbsurdDependenciesTakeNoAge(t *testing.T) {
	pkgs := distribution(600)
	wide := make([]string, 4000)
	for i := range wide {
		wide[i] = fmt.Sprintf("pkg%05d", i%200)
	}
	deep := "x"
	for i := range 60 {
		deep = fmt.Sprintf("(%s %s pkg%05d)", deep, []string{"or", "and", "if", "unless"}[i%4], i)
	}
	for _, text := range []string{
		"(" + strings.Join(wide, " or ") + ")", "(" + strings.Join(wide, " with ") + ")",
		"((" + strings.Join(wide, " or ") + ") with (" + strings.Join(wide, " or ") + "))",
		deep, strings.Repeat("(", 5000), "(" + strings.Repeat("a or ", 20000) + "b)",
	} {
		pkgs[5].Requires = append(pkgs[5].Requires, rpm.Relation{Name: text})
	}
	u, err := rpm.NewUniverse(pkgs, rpm.Policy{})
	require.NoError(t, err)
	assert.NotEmpty(t, u.Unresolved, "what is too much is told")
}
