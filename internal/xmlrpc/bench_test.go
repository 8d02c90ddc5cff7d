// SPDX-License-Identifier: MIT

package xmlrpc_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"sync"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
	"github.com/seed-f134cc8e/relkit/internal/xmlrpc/sample"
)

type row = sample.Row

// listing is the answer of listTagged with 20,000 builds, in Python's layout.
var listing = sync.OnceValue(func() []byte { return sample.ListTagged(20000) })

func BenchmarkListTagged20000(b *testing.B) {
	doc := listing()
	run := func(name string, f func(b *testing.B) int) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if n := f(b); n != 20000 {
					b.Fatalf("%d rows", n)
				}
			}
		})
	}
	run("typed", func(b *testing.B) int {
		var rows []row
		if err := xmlrpc.DecodeResponse(bytes.NewReader(doc), &rows, xmlrpc.Options{}); err != nil {
			b.Fatal(err)
		}
		return len(rows)
	})
	run("streamed", func(b *testing.B) int {
		n := 0
		d := xmlrpc.NewDecoder(bytes.NewReader(doc), xmlrpc.Options{})
		if err := d.Response(); err != nil {
			b.Fatal(err)
		}
		var r row
		if err := d.Array(func(int) error { n++; return d.Value(&r) }); err != nil {
			b.Fatal(err)
		}
		if err := d.End(); err != nil {
			b.Fatal(err)
		}
		return n
	})
	run("generic", func(b *testing.B) int {
		var v any
		if err := xmlrpc.DecodeResponse(bytes.NewReader(doc), &v, xmlrpc.Options{}); err != nil {
			b.Fatal(err)
		}
		return len(v.([]any))
	})
	run("kolo-typed", func(b *testing.B) int {
		var rows []row
		if err := kolo.Response(doc).Unmarshal(&rows); err != nil {
			b.Fatal(err)
		}
		return len(rows)
	})
	run("kolo-generic", func(b *testing.B) int {
		var v any
		if err := kolo.Response(doc).Unmarshal(&v); err != nil {
			b.Fatal(err)
		}
		return len(v.([]any))
	})
	run("encoding-xml-tokens", func(b *testing.B) int {
		n, d := 0, xml.NewDecoder(bytes.NewReader(doc))
		for {
			tok, err := d.RawToken()
			if err == io.EOF {
				return n
			}
			if err != nil {
				b.Fatal(err)
			}
			if s, ok := tok.(xml.StartElement); ok && s.Name.Local == "struct" {
				n++
			}
		}
	})
}
