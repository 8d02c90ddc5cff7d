// SPDX-License-Identifier: MIT

package spec_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

// bigSpec is the demo with the changelog of an old package: 64 KiB.
func bigSpec(b *testing.B) []byte {
	b.Helper()
	var out bytes.Buffer
	out.Write(readDemo(b))
	for i := 0; out.Len() < 64<<10; i++ {
		fmt.Fprintf(&out, "\n* Fri Nov 01 2024 Jane Builder <jane@example.com> - 1:2.3-%d\n- Fixed this and that, rebuilt for something (#%d)\n", i, 100000+i)
	}
	return out.Bytes()
}

func BenchmarkParse(b *testing.B) {
	data := bigSpec(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := spec.Parse("demo.spec", data)
		require.NoError(b, err)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	data := bigSpec(b)
	s, err := spec.Parse("demo.spec", data)
	require.NoError(b, err)
	opts := spec.Options{Macros: map[string]string{"fedora": "41", "dist": ".fc41", "_isa": "(x86-64)"}}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.Evaluate(opts)
		require.NoError(b, err)
	}
}

func BenchmarkBump(b *testing.B) {
	data := bigSpec(b)
	opts := options()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := spec.Bump(data, opts)
		require.NoError(b, err)
	}
}

func BenchmarkCompareEVR(b *testing.B) {
	x, y := spec.EVR{Epoch: "1", Version: "2.4.57", Release: "11.fc41"}, spec.EVR{Epoch: "1", Version: "2.4.57", Release: "12.fc41"}
	b.ReportAllocs()
	for b.Loop() {
		if x.Compare(y) >= 0 {
			b.Fatal("order")
		}
	}
}
