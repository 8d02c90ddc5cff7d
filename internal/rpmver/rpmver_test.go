// SPDX-License-Identifier: MIT

package rpmver_test

import (
	"testing"

	"github.com/seed-f134cc8e/relkit/internal/rpmver"
)

// The order is judged by rpm's own answers in the packages that export it;
// here stand the rules that are easily got wrong.
func TestOlderComesFirst(t *testing.T) {
	order := []string{"0.9", "1.0~rc1", "1.0~rc1^git1", "1.0", "1.0^git1~pre", "1.0^git1", "1.0.a", "1.0.1", "1.0.1a", "1.0.2", "1.10", "2"}
	for i, a := range order {
		for j, b := range order {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := rpmver.Compare(a, b); got != want {
				t.Errorf("%s against %s: want %d, got %d", a, b, want, got)
			}
		}
	}
	for _, same := range [][2]string{{"1.0.a", "1.0a"}, {"1.", "1"}, {"1.01", "1.1"}, {"1_0", "1.0"}} {
		if rpmver.Compare(same[0], same[1]) != 0 {
			t.Errorf("%s and %s are equal", same[0], same[1])
		}
	}
}
