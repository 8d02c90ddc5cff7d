// SPDX-License-Identifier: MIT

package compose_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/stretchr/testify/require"
)

// rpmsJSON makes rpms.json as large as a distribution's, in the form that
// Pungi writes; release makes another compose of it.
func rpmsJSON(release int) []byte {
	var b bytes.Buffer
	b.WriteString("{\n    \"header\": {\n        \"type\": \"productmd.rpms\",\n        \"version\": \"1.2\"\n    },\n    \"payload\": {\n" +
		"        \"compose\": {\n            \"date\": \"20240105\",\n            \"id\": \"Fedora-Rawhide-20240105.n.0\",\n            \"respin\": 0,\n            \"type\": \"nightly\"\n        },\n        \"rpms\": {")
	for v, variant := range []string{"Everything", "Server"} {
		fmt.Fprintf(&b, "%s\n            %q: {", comma(v), variant)
		for a, arch := range []string{"aarch64", "x86_64"} {
			fmt.Fprintf(&b, "%s\n                %q: {", comma(a), arch)
			for i := range 9000 {
				vr := fmt.Sprintf("%d.%d.%d-%d.fc40", i%7, i%31, i%11, 1+release*(i%10)/9)
				name := fmt.Sprintf("package-with-a-name-%d", i)
				fmt.Fprintf(&b, "%s\n                    \"%s-0:%s.src\": {", comma(i), name, vr)
				for j, sub := range []string{"", "-devel", "-libs"} {
					fmt.Fprintf(&b, "%s\n                        \"%s%s-0:%s.%s\": {\n                            \"category\": \"binary\",\n                            \"path\": \"%s/%s/os/Packages/p/%s%s-%s.%s.rpm\",\n                            \"sigkey\": \"a15b79cc\"\n                        }",
						comma(j), name, sub, vr, arch, variant, arch, name, sub, vr, arch)
				}
				fmt.Fprintf(&b, ",\n                        \"%s-0:%s.src\": {\n                            \"category\": \"source\",\n                            \"path\": \"%s/source/tree/Packages/p/%s-%s.src.rpm\",\n                            \"sigkey\": \"a15b79cc\"\n                        }\n                    }",
					name, vr, variant, name, vr)
			}
			b.WriteString("\n                }")
		}
		b.WriteString("\n            }")
	}
	b.WriteString("\n        }\n    }\n}\n")
	return b.Bytes()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

var large = sync.OnceValue(func() [2][]byte { return [2][]byte{rpmsJSON(0), rpmsJSON(1)} })

func BenchmarkRPMs(b *testing.B) {
	data := large()[0]
	require.Greater(b, len(data), 50_000_000)
	b.Run("stream", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for p, err := range compose.NewRPMReader(bytes.NewReader(data)).All() {
				if err != nil {
					b.Fatal(err)
				}
				if n++; p.NEVRA == "" {
					b.Fatal("empty")
				}
			}
			if n != 2*2*9000*4 {
				b.Fatal(n)
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(liveHalfway(data))/1e6, "live-MB")
	})
	b.Run("encoding-json-maps", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			var m map[string]any
			if err := json.Unmarshal(data, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// liveHalfway returns the bytes that reading holds in the middle of a file.
func liveHalfway(data []byte) int64 {
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, n := live(), 0
	for range compose.NewRPMReader(bytes.NewReader(data)).All() {
		if n++; n == 2*9000*4 {
			return max(live()-before, 0)
		}
	}
	return -1
}

// BenchmarkDiff is reading and comparing two composes; the bar is twice the
// time of reading both.
func BenchmarkDiff(b *testing.B) {
	two := large()
	b.ReportAllocs()
	for b.Loop() {
		var c [2]compose.Contents
		for i, data := range two {
			p, err := compose.ReadPackages(bytes.NewReader(data))
			if err != nil {
				b.Fatal(err)
			}
			c[i].Packages = p
		}
		if d := compose.Compare(c[0], c[1]); len(d.Packages.Upgraded) == 0 {
			b.Fatal("no change found")
		}
	}
}
