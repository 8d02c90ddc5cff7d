// SPDX-License-Identifier: MIT

package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

func TestEVROrderIsThatOfRPM(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.0", "1.0", 0}, {"1.0", "2.0", -1}, {"2.0.1", "2.0.1a", -1}, {"5.5p1", "5.5p10", -1}, {"10xyz", "10.1xyz", -1},
		{"xyz10", "xyz10.1", -1}, {"xyz.4", "8", -1}, {"xyz.4", "2", -1}, {"5.5p2", "5.6p1", -1}, {"6.0.rc1", "6.0", 1},
		{"10b2", "10a1", 1}, {"1.0aa", "1.0a", 1}, {"10.0001", "10.1", 0}, {"10.0001", "10.0039", -1}, {"4.999.9", "5.0", -1},
		{"20101121", "20101122", -1}, {"2_0", "2.0", 0}, {"a+", "a_", 0}, {"+a", "_a", 0}, {"1.0~rc1", "1.0", -1},
		{"1.0~rc1~git123", "1.0~rc1", -1}, {"1.0^", "1.0", 1}, {"1.0^git1", "1.01", -1}, {"1.0^20160101", "1.0.1", -1},
		{"1.0^20160101^git1", "1.0^20160102", -1}, {"1.0~rc1^git1", "1.0~rc1", 1}, {"1.0^git1~pre", "1.0^git1", -1}, {"0.9", "0.10", -1},
		{"1.", "1", 0}, {"", "1", -1}, {"~", "", -1}, {"^", "", 1}, {"", ".", 0}, {"3.fc41.1", "3.fc41", 1}, {"99999999999999999999", "100000000000000000000", -1},
	} {
		a, b := spec.EVR{Version: c.a, Release: "1"}, spec.EVR{Version: c.b, Release: "1"}
		assert.Equal(t, c.want, a.Compare(b), "%q %q", c.a, c.b)
		assert.Equal(t, -c.want, b.Compare(a), "%q %q", c.b, c.a)
		a, b = spec.EVR{Version: "1", Release: c.a}, spec.EVR{Version: "1", Release: c.b}
		assert.Equal(t, c.want, a.Compare(b), "as releases %q %q", c.a, c.b)
	}
	assert.Equal(t, 1, spec.EVR{Epoch: "1", Version: "1"}.Compare(spec.EVR{Version: "9"}), "the epoch rules")
	assert.Equal(t, 0, spec.EVR{Epoch: "0", Version: "1"}.Compare(spec.EVR{Version: "1"}), "no epoch orders as 0")
	assert.Equal(t, 1, spec.EVR{Epoch: "10", Version: "1"}.Compare(spec.EVR{Epoch: "9", Version: "1"}))
	assert.Equal(t, "1:2-3", spec.EVR{Epoch: "1", Version: "2", Release: "3"}.String())
	assert.Empty(t, spec.EVR{}.String())
}
