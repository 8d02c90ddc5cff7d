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

	"github.com/seed-f134cc8e/relkit/planner/repodata"
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
