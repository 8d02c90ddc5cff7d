// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// benchInput is the 5.6 MB of RHEL 8 where the corpus is there, and something
// of that size and shape otherwise.
func benchInput(b *testing.B) []byte {
	if root := os.Getenv("RELKIT_CORPUS"); root != "" {
		return readMaybePacked(b, filepath.Join(root, "modulemd", "real", "rhel8-appstream.yaml"))
	}
	return generated(900)
}

// generated makes n streams like those that distributions publish.
func generated(n int) []byte {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "---\ndocument: modulemd\nversion: 2\ndata:\n  name: module%d\n  stream: \"%d.10\"\n  version: %d\n"+
			"  context: %08x\n  arch: x86_64\n  summary: Module number %d\n  description: >-\n    A module that was made up for measuring, with a\n"+
			"    description of more than one line.\n  license:\n    module:\n    - MIT\n    content:\n    - GPLv2+\n    - MIT\n  xmd:\n    mbs:\n"+
			"      buildrequires:\n        platform:\n          context: 00000000\n          ref: virtual\n          stream: el8\n          version: \"2\"\n"+
			"      mse: TRUE\n      rpms:\n", i/10, i%10, 8000020190000000000+i, i, i)
		for j := range 25 {
			fmt.Fprintf(&out, "        package-%d:\n          ref: %040x\n", j+10, i*j)
		}
		out.WriteString("  dependencies:\n  - buildrequires:\n      platform: [el8.0.0]\n    requires:\n      platform: [el8]\n  profiles:\n    common:\n      rpms:\n      - package-10\n  api:\n    rpms:\n    - package-10\n    - package-11\n  components:\n    rpms:\n")
		for j := range 25 {
			fmt.Fprintf(&out, "      package-%d:\n        rationale: Needed by something, says the packager\n        ref: %040x\n        buildorder: %d\n        arches: [aarch64, i686, ppc64le, s390x, x86_64]\n", j+10, i*j, j)
		}
		out.WriteString("  artifacts:\n    rpms:\n")
		for j := range 40 {
			fmt.Fprintf(&out, "    - package-%d-0:1.2.%d-3.module+el8+%d+abcdef01.x86_64\n", j+10, i, i)
		}
		out.WriteString("...\n")
	}
	return []byte(out.String())
}

func nodes(b *testing.B, data []byte) (out []*yaml.Node) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); err == io.EOF {
			return out
		} else if err != nil {
			b.Fatal(err)
		}
		out = append(out, &n)
	}
}

var kept any

// reportKept measures the memory that what make returns holds on to.
func reportKept(b *testing.B, build func() any) {
	b.StopTimer()
	kept = nil
	runtime.GC()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	kept = build()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "kept-MB")
	kept = nil
}

// BenchmarkLoad reads a modules.yaml: into an index, into one of identities
// only, and, to compare, into nodes of the YAML library.
func BenchmarkLoad(b *testing.B) {
	data := benchInput(b)
	load := func(o modulemd.Options) func() any {
		return func() any {
			x, _ := modulemd.Load(b.Context(), bytes.NewReader(data), o)
			return x
		}
	}
	for _, c := range []struct {
		name string
		run  func() any
	}{
		{"relkit", load(modulemd.Options{})},
		{"relkit-one-core", load(modulemd.Options{Workers: 1})},
		{"relkit-lazy", load(modulemd.Options{Lazy: true})},
		{"yaml.v3-nodes", func() any { return nodes(b, data) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				kept = c.run()
			}
			reportKept(b, c.run)
		})
	}
}

// BenchmarkDump writes the same file: from an index, and from nodes.
func BenchmarkDump(b *testing.B) {
	data := benchInput(b)
	x, _ := modulemd.Load(b.Context(), bytes.NewReader(data), modulemd.Options{})
	b.Run("relkit", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := x.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	docs := nodes(b, data)
	b.Run("yaml.v3-encode", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			enc := yaml.NewEncoder(io.Discard)
			for _, n := range docs {
				if err := enc.Encode(n); err != nil {
					b.Fatal(err)
				}
			}
			enc.Close()
		}
	})
}

// BenchmarkParseOne reads one small document, as dist-git has it.
func BenchmarkParseOne(b *testing.B) {
	data := generated(1)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := modulemd.Parse("x.yaml", data); err != nil {
			b.Fatal(err)
		}
	}
}
