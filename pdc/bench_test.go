// SPDX-License-Identifier: MIT

package pdc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// pages answers list requests with rows made in advance, a hundred a page, or
// all of them at once.
type pages struct {
	rows  int
	made  map[string][]byte
	whole func() io.Reader
}

func edgeRow(i int) string {
	return fmt.Sprintf(`{"id":%d,"type":"RPMBuildRequires","from_component":{"id":%d,"name":"package-%d-libs","release":"fedora-42"},`+
		`"to_component":{"id":%d,"name":"package-%d-devel","release":"fedora-42"}}`, i, i%7391, i%7391, i*7%7391, i*7%7391)
}

func rpmRow(i int) string {
	return fmt.Sprintf(`{"id":%d,"name":"package-%d","version":"1.%d","epoch":0,"release":"1.fc42","arch":"x86_64","srpm_name":"package",`+
		`"srpm_nevra":"package-1.%d-1.fc42","filename":"package-%d-1.%d-1.fc42.x86_64.rpm","linked_releases":["fedora-42"],"linked_composes":[],`+
		`"dependencies":{"recommends":[],"suggests":[],"obsoletes":[],"provides":["package = 1.%d-1.fc42","libpackage.so.1()(64bit)"],`+
		`"conflicts":[],"requires":["glibc >= 2.24","libtinfo.so.6()(64bit)","filesystem >= 3"]},"built_for_release":null,`+
		`"srpm_commit_hash":null,"srpm_commit_branch":null}`, i, i, i, i, i, i, i)
}

func newPages(rows int, row func(int) string) *pages {
	p := &pages{rows: rows, made: map[string][]byte{}}
	for page := 1; (page-1)*100 < rows; page++ {
		var b bytes.Buffer
		next := "null"
		if page*100 < rows {
			next = fmt.Sprintf(`"http://internal:8000/rest_api/v1/x/?page=%d&page_size=100"`, page+1)
		}
		fmt.Fprintf(&b, `{"count":%d,"next":%s,"previous":null,"results":[`, rows, next)
		for i := (page - 1) * 100; i < min(page*100, rows); i++ {
			if i%100 > 0 {
				b.WriteByte(',')
			}
			b.WriteString(row(i))
		}
		b.WriteString("]}")
		p.made[fmt.Sprint(page)] = b.Bytes()
	}
	p.made[""] = p.made["1"]
	p.whole = func() io.Reader {
		i := -1
		pr := &generator{next: func() []byte {
			if i++; i > rows {
				return nil
			}
			switch {
			case i == 0:
				return []byte("[" + row(0))
			case i == rows:
				return []byte("]")
			}
			return []byte("," + row(i))
		}}
		return pr
	}
	return p
}

type generator struct {
	next func() []byte
	rest []byte
}

func (g *generator) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if g.rest = g.next(); g.rest == nil {
			return 0, io.EOF
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func (p *pages) RoundTrip(r *http.Request) (*http.Response, error) {
	var body io.Reader = bytes.NewReader(p.made[r.URL.Query().Get("page")])
	if r.URL.Query().Get("page_size") == "-1" {
		body = p.whole()
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		ContentLength: -1, Body: io.NopCloser(body)}, nil
}

func (p *pages) client(tb testing.TB) *pdc.Client {
	c, err := pdc.NewClient("http://pdc.example.com", pdc.WithHTTPClient(&http.Client{Transport: p}))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// BenchmarkPages reads the pages of a list; its json variants are the bar:
// encoding/json decoding the same bytes into the same structs.
func BenchmarkPages(b *testing.B) {
	const rows = 10_000
	edges, rpms := newPages(rows, edgeRow), newPages(rows, rpmRow)
	b.Run("relationships", func(b *testing.B) { benchAll(b, edges.client(b).Relationships(), rows, 0) })
	b.Run("relationships-json", func(b *testing.B) { benchJSON[pdc.Relationship](b, edges) })
	b.Run("relationships-one-answer", func(b *testing.B) { benchAll(b, edges.client(b).Relationships(), rows, -1) })
	b.Run("rpms", func(b *testing.B) { benchAll(b, rpms.client(b).RPMs(), rows, 0) })
	b.Run("rpms-json", func(b *testing.B) { benchJSON[pdc.RPM](b, rpms) })
}

func benchAll[T any](b *testing.B, r pdc.Resource[T], rows, size int) {
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range r.All(b.Context(), pdc.Query{PageSize: size}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

func benchJSON[T any](b *testing.B, p *pages) {
	b.ReportAllocs()
	for b.Loop() {
		for page := 1; page*100 <= p.rows; page++ {
			var v struct {
				Count   int    `json:"count"`
				Next    string `json:"next"`
				Results []T    `json:"results"`
			}
			if err := json.Unmarshal(p.made[fmt.Sprint(page)], &v); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*p.rows), "ns/row")
}

// TestRangingNeedsNoMemory reads a hundred megabytes in one answer.
func TestRangingNeedsNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a hundred megabytes")
	}
	const rows = 400_000
	p := &pages{rows: rows}
	i := -1
	row := []byte(edgeRow(1))
	p.whole = func() io.Reader {
		return &generator{next: func() []byte {
			switch i++; {
			case i == 0:
				return append([]byte("["), row...)
			case i < rows:
				return append([]byte(","), row...)
			case i == rows:
				return []byte("]")
			}
			return nil
		}}
	}
	n, top := 0, uint64(0)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := m.HeapAlloc
	for _, err := range p.client(t).Relationships().All(t.Context(), pdc.Query{PageSize: -1}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%50_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			top = max(top, m.HeapAlloc)
		}
	}
	if n != rows {
		t.Fatalf("%d rows", n)
	}
	if top > before+8<<20 {
		t.Errorf("%d bytes are held", top-before)
	}
}
