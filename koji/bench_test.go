// SPDX-License-Identifier: MIT

package koji_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	kolo "github.com/kolo/xmlrpc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc/sample"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

const rows = 20000

// listing is a hub's answer to listTagged with 20,000 builds.
var listing = sync.OnceValue(func() []byte { return sample.ListTagged(rows) })

// The bar: ten times kolo's speed at an eighth of its memory.
func BenchmarkListTagged(b *testing.B) {
	doc := listing()
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(bytes.NewReader(doc)), ContentLength: int64(len(doc)), Request: r}, nil
	})}))
	require.NoError(b, err)
	q := koji.TaggedQuery{Tag: "f41"}
	b.Run("ListTagged", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			got, err := c.ListTagged(b.Context(), q)
			if err != nil || len(got) != rows {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("Tagged", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, err := range c.Tagged(b.Context(), q) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != rows {
				b.Fatal(n)
			}
		}
	})
	b.Run("Call", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if err := c.Call(b.Context(), "listTagged", []any{"f41"}, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("kolo", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			var got []sample.Row
			if err := kolo.Response(doc).Unmarshal(&got); err != nil || len(got) != rows {
				b.Fatal(len(got), err)
			}
		}
	})
}

func thousand() (kojitest.Seed, []koji.Ref) {
	seed := small()
	refs := make([]koji.Ref, 1000)
	for i := range refs {
		nvr := fmt.Sprintf("pkg%d-1-1", i)
		seed.Builds = append(seed.Builds, kojitest.Build{NVR: nvr})
		refs[i] = koji.ID(i + 3)
	}
	return seed, refs
}

func TestAThousandBuildsTakeAtMostThreeRequests(t *testing.T) {
	seed, refs := thousand()
	hub := kojitest.NewHub(seed)
	got, err := connect(t, hub).BuildsByRef(t.Context(), refs)
	require.NoError(t, err)
	for i, b := range got {
		require.NotNil(t, b)
		assert.Equal(t, fmt.Sprintf("pkg%d-1-1", i), b.NVR)
	}
	assert.LessOrEqual(t, len(callsOf(hub, "multiCall")), 3)
}

// The bar: 1.1 times the time of one multicall of a thousand.
func BenchmarkThousandBuilds(b *testing.B) {
	seed, refs := thousand()
	hub := kojitest.NewHub(seed)
	srv := kojitest.NewServer(hub)
	defer srv.Close()
	for name, size := range map[string]int{"in batches of the default": 0, "in one": 1000} {
		c, err := srv.Client(koji.WithBatchSize(size, 8<<20))
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.BuildsByRef(b.Context(), refs); err != nil {
					b.Fatal(err)
				}
				hub.ForgetCalls()
			}
		})
	}
}
