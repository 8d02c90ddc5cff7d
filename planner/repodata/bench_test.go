// SPDX-License-Identifier: MIT

package repodata_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// largePrimary makes a primary.xml of about 200 MB: 60,000 packages with
// descriptions, provides, requires and files as distributions have them.
var largePrimary = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	const n = 60000
	fmt.Fprintf(&b, head, n)
	for i := range n {
		fmt.Fprintf(&b, `<package type="rpm">
  <name>package-%d</name>
  <arch>x86_64</arch>
  <version epoch="0" ver="1.%d.%d" rel="%d.fc43"/>
  <checksum type="sha256" pkgid="YES">%064x</checksum>
  <summary>Package number %d of a generated distribution</summary>
  <description>A text of some length about what the package &quot;package-%d&quot; is good for.
It has several lines, as descriptions have, and says nothing much &amp; nothing new.
Whoever reads it has read the others already.</description>
  <packager>Nobody</packager>
  <url>https://example.com/package-%d</url>
  <time file="1700000000" build="1700000000"/>
  <size package="123456" installed="345678" archive="345678"/>
  <location href="Packages/p/package-%d-1.x86_64.rpm"/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:vendor>Example</rpm:vendor>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>builder.example.com</rpm:buildhost>
    <rpm:sourcerpm>package-%d-1.%d.%d-%d.fc43.src.rpm</rpm:sourcerpm>
    <rpm:header-range start="4504" end="5776"/>
    <rpm:provides>
`, i, i%50, i%7, i%9, i, i, i, i, i, i/3*3, i%50, i%7, i%9)
		for j := range 8 {
			fmt.Fprintf(&b, "      <rpm:entry name=\"libpackage%d.so.%d()(64bit)\" flags=\"EQ\" epoch=\"0\" ver=\"1.%d\" rel=\"%d.fc43\"/>\n", i, j, i%50, i%9)
		}
		b.WriteString("    </rpm:provides>\n    <rpm:requires>\n")
		for j := range 14 {
			fmt.Fprintf(&b, "      <rpm:entry name=\"libpackage%d.so.%d()(64bit)\"/>\n", (i*31+j*j*17)%n, j%8)
		}
		b.WriteString("      <rpm:entry name=\"rtld(GNU_HASH)\"/>\n      <rpm:entry name=\"(package-1 &gt;= 1 if package-2)\" pre=\"1\"/>\n    </rpm:requires>\n")
		for j := range 2 {
			fmt.Fprintf(&b, "    <file>/usr/bin/package-%d-%d</file>\n", i, j)
		}
		b.WriteString("  </format>\n</package>\n")
	}
	b.WriteString("</metadata>\n")
	return b.Bytes()
})

// distribution makes the metadata of 65,000 binary packages and of their 21,667
// sources: libraries that need older libraries, sources that need what some of
// these offer.
var distribution = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	const n = 65000
	fmt.Fprintf(&b, head, n+(n+2)/3)
	entry := func(name string) { fmt.Fprintf(&b, "      <rpm:entry name=\"%s\"/>\n", name) }
	begin := func(name, arch, sourcerpm string) {
		fmt.Fprintf(&b, `<package type="rpm">
  <name>%s</name>
  <arch>%s</arch>
  <version epoch="0" ver="1.0" rel="1.fc43"/>
  <checksum type="sha256" pkgid="YES">%064x</checksum>
  <summary>A package of a generated distribution</summary>
  <description>A text of some length about what the package is good for.
It has several lines, as descriptions have, and says nothing much &amp; nothing new.</description>
  <packager>Nobody</packager>
  <url>https://example.com/%s</url>
  <time file="1700000000" build="1700000000"/>
  <size package="123456" installed="345678" archive="345678"/>
  <location href="Packages/p/%s.%s.rpm"/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:vendor>Example</rpm:vendor>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>builder.example.com</rpm:buildhost>
    <rpm:sourcerpm>%s</rpm:sourcerpm>
    <rpm:header-range start="4504" end="5776"/>
`, name, arch, b.Len(), name, name, arch, sourcerpm)
	}
	older := func(i, j int) int { return (i*7919 + j*104729) % max(i, 1) }
	for i := range n {
		source := fmt.Sprintf("source-%d", i/3)
		begin(fmt.Sprintf("package-%d", i), "x86_64", source+"-1.0-1.fc43.src.rpm")
		b.WriteString("    <rpm:provides>\n")
		fmt.Fprintf(&b, "      <rpm:entry name=\"package-%d\" flags=\"EQ\" epoch=\"0\" ver=\"1.0\" rel=\"1.fc43\"/>\n", i)
		for j := range 6 {
			entry(fmt.Sprintf("libpackage%d.so.%d()(64bit)", i, j))
		}
		b.WriteString("    </rpm:provides>\n    <rpm:requires>\n")
		for j := range 14 {
			entry(fmt.Sprintf("libpackage%d.so.%d()(64bit)", older(i, j), j%6))
		}
		fmt.Fprintf(&b, "      <rpm:entry name=\"/usr/bin/package-%d-1\"/>\n    </rpm:requires>\n", older(i, 20))
		for j := range 2 {
			fmt.Fprintf(&b, "    <file>/usr/bin/package-%d-%d</file>\n", i, j)
		}
		b.WriteString("  </format>\n</package>\n")
		if i%3 == 0 {
			begin(source, "src", "")
			b.WriteString("    <rpm:requires>\n")
			for j := range 12 {
				entry(fmt.Sprintf("package-%d", older(i, 30+j)))
			}
			b.WriteString("    </rpm:requires>\n  </format>\n</package>\n")
		}
	}
	b.WriteString("</metadata>\n")
	return b.Bytes()
})

// BenchmarkDistribution reads the metadata of 65,000 packages, and goes on from
// there to the plan of one changed source.
func BenchmarkDistribution(b *testing.B) {
	data := distribution()
	read := func(b *testing.B) (pkgs []rpm.Package) {
		for p, err := range repodata.Packages(bytes.NewReader(data), repodata.Options{}) {
			if err != nil {
				b.Fatal(err)
			}
			pkgs = append(pkgs, p)
		}
		return pkgs
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			read(b)
		}
	})
	b.Run("read-to-plan", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			u, err := rpm.NewUniverse(read(b), rpm.Policy{})
			if err != nil || len(u.Unresolved) > 0 {
				b.Fatal(err, len(u.Unresolved))
			}
			p, err := u.Graph.Plan(planner.Request{Changed: []planner.ID{"rpms/source-100"}})
			if err != nil || len(p.Tiers) < 2 {
				b.Fatal(err, p)
			}
			b.ReportMetric(float64(len(p.Rebuild)), "rebuilds")
		}
	})
}

// BenchmarkPrimary reads a large primary.xml: streaming, and with
// encoding/xml, one package at a time, into structs with the same fields.
func BenchmarkPrimary(b *testing.B) {
	data := largePrimary()
	b.Run("repodata", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		var peak uint64
		for b.Loop() {
			n := 0
			for p, err := range repodata.Packages(bytes.NewReader(data), repodata.Options{}) {
				if err != nil || p.Name == "" {
					b.Fatal(err)
				}
				if n++; n%20000 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse)
				}
			}
		}
		b.ReportMetric(float64(peak-uint64(cap(data)))/1e6, "peak-MB")
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			d := xml.NewDecoder(bytes.NewReader(data))
			for {
				tok, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					b.Fatal(err)
				}
				if s, ok := tok.(xml.StartElement); ok && s.Name.Local == "package" {
					var p xmlPackage
					if err := d.DecodeElement(&p, &s); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	})
}
