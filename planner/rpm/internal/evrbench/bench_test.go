// SPDX-License-Identifier: MIT

package evrbench

import (
	"fmt"
	"math/rand/v2"
	"testing"

	version "github.com/knqyf263/go-rpm-version"

	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// pair is two builds of one package, as text and read.
type pair struct {
	text   [2]string
	ours   [2]rpm.EVR
	theirs [2]version.Version
}

// pairs are n comparisons as they occur where builds are compared: the same
// version with another release, the next version, a pre-release, a snapshot.
func pairs(t testing.TB, n int) []pair {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]pair, n)
	for i := range out {
		epoch := ""
		if r.IntN(10) == 0 {
			epoch = fmt.Sprintf("%d:", 1+r.IntN(3))
		}
		major, minor, patch, release := r.IntN(300), r.IntN(40), r.IntN(20), 1+r.IntN(30)
		a := fmt.Sprintf("%s%d.%d.%d-%d.fc43", epoch, major, minor, patch, release)
		b := a
		switch k := r.IntN(10); {
		case k == 0: // the same build
		case k < 5:
			b = fmt.Sprintf("%s%d.%d.%d-%d.fc43", epoch, major, minor, patch, release+1)
		case k < 8:
			b = fmt.Sprintf("%s%d.%d.%d-1.fc43", epoch, major, minor, patch+1)
		case k < 9:
			b = fmt.Sprintf("%s%d.%d.%d~rc%d-%d.fc43", epoch, major, minor, patch, 1+r.IntN(4), release)
		default:
			b = fmt.Sprintf("%s%d.%d.%d-0.%d.20260101git%07x.fc43", epoch, major, minor, patch, release, r.Uint32()>>4)
		}
		p := pair{text: [2]string{a, b}}
		for j, s := range p.text {
			e, err := rpm.ParseEVR(s)
			if err != nil {
				t.Fatal(err)
			}
			p.ours[j], p.theirs[j] = e, version.NewVersion(s)
		}
		out[i] = p
	}
	return out
}

// What is measured gives the same answers.
func TestBothOrderAlike(t *testing.T) {
	for _, p := range pairs(t, 20000) {
		if a, b := p.ours[0].Compare(p.ours[1]), p.theirs[0].Compare(p.theirs[1]); a != b {
			t.Fatalf("%q and %q: %d here, %d there", p.text[0], p.text[1], a, b)
		}
	}
}

var sink int

func measure(b *testing.B, each func(p *pair) int) {
	list := pairs(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		for i := range list {
			sink += each(&list[i])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/pair")
}

// BenchmarkEVRCompare compares versions that were read before.
func BenchmarkEVRCompare(b *testing.B) {
	b.Run("relkit", func(b *testing.B) { measure(b, func(p *pair) int { return p.ours[0].Compare(p.ours[1]) }) })
	b.Run("go-rpm-version", func(b *testing.B) { measure(b, func(p *pair) int { return p.theirs[0].Compare(p.theirs[1]) }) })
}

// BenchmarkEVRReadAndCompare reads both versions first.
func BenchmarkEVRReadAndCompare(b *testing.B) {
	b.Run("relkit", func(b *testing.B) {
		measure(b, func(p *pair) int {
			x, err := rpm.ParseEVR(p.text[0])
			if err != nil {
				b.Fatal(err)
			}
			y, err := rpm.ParseEVR(p.text[1])
			if err != nil {
				b.Fatal(err)
			}
			return x.Compare(y)
		})
	})
	b.Run("go-rpm-version", func(b *testing.B) {
		measure(b, func(p *pair) int {
			return version.NewVersion(p.text[0]).Compare(version.NewVersion(p.text[1]))
		})
	})
}
