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

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

const rows = 20000

// listing is a hub's answer to listTagged with 20,000 builds.
var listing = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n")
	member := func(name, format string, v ...any) {
		fmt.Fprintf(&b, "<member>\n<name>%s</name>\n<value>"+format+"</value>\n</member>\n", append([]any{name}, v...)...)
	}
	for i := range rows {
		name, version, release := fmt.Sprintf("package-%d", i), fmt.Sprintf("1.%d.%d", i%40, i%7), fmt.Sprintf("%d.f41", i%5+1)
		at := func(n int) string {
			return fmt.Sprintf("2026-11-%02d %02d:%02d:36.%06d+00:00", n%28+1, n%24, n%60, n)
		}
		b.WriteString("<value><struct>\n")
		member("build_id", "<int>%d</int>", 1000+i)
		member("completion_time", "<string>%s</string>", at(i+3))
		member("create_event", "<int>%d</int>", 90000+i)
		member("creation_event_id", "<int>%d</int>", 80000+i)
		member("creation_time", "<string>%s</string>", at(i))
		member("draft", "<boolean>0</boolean>")
		member("epoch", "<nil/>")
		member("id", "<int>%d</int>", 1000+i)
		member("name", "<string>%s</string>", name)
		member("nvr", "<string>%s-%s-%s</string>", name, version, release)
		member("owner_id", "<int>%d</int>", i%300)
		member("owner_name", "<string>owner%d</string>", i%300)
		member("package_id", "<int>%d</int>", 5+i)
		member("package_name", "<string>%s</string>", name)
		member("promoter_id", "<nil/>")
		member("promoter_name", "<nil/>")
		member("promotion_time", "<nil/>")
		member("release", "<string>%s</string>", release)
		member("start_time", "<string>%s</string>", at(i+1))
		member("state", "<int>1</int>")
		member("tag_id", "<int>7</int>")
		member("tag_name", "<string>f41</string>")
		member("task_id", "<int>%d</int>", 50000+i)
		member("version", "<string>%s</string>", version)
		member("volume_id", "<int>0</int>")
		member("volume_name", "<string>DEFAULT</string>")
		b.WriteString("</struct></value>\n")
	}
	b.WriteString("</data></array></value>\n</param>\n</params>\n</methodResponse>\n")
	return b.Bytes()
})

// koloRow is a row as a user of kolo/xmlrpc declares it.
type koloRow struct {
	BuildID        int     `xmlrpc:"build_id"`
	CompletionTime string  `xmlrpc:"completion_time"`
	CreateEvent    int     `xmlrpc:"create_event"`
	CreationEvent  int     `xmlrpc:"creation_event_id"`
	CreationTime   string  `xmlrpc:"creation_time"`
	Draft          bool    `xmlrpc:"draft"`
	Epoch          *int    `xmlrpc:"epoch"`
	ID             int     `xmlrpc:"id"`
	Name           string  `xmlrpc:"name"`
	NVR            string  `xmlrpc:"nvr"`
	OwnerID        int     `xmlrpc:"owner_id"`
	OwnerName      string  `xmlrpc:"owner_name"`
	PackageID      int     `xmlrpc:"package_id"`
	PackageName    string  `xmlrpc:"package_name"`
	PromoterID     *int    `xmlrpc:"promoter_id"`
	PromoterName   *string `xmlrpc:"promoter_name"`
	PromotionTime  *string `xmlrpc:"promotion_time"`
	Release        string  `xmlrpc:"release"`
	StartTime      string  `xmlrpc:"start_time"`
	State          int     `xmlrpc:"state"`
	TagID          int     `xmlrpc:"tag_id"`
	TagName        string  `xmlrpc:"tag_name"`
	TaskID         int     `xmlrpc:"task_id"`
	Version        string  `xmlrpc:"version"`
	VolumeID       int     `xmlrpc:"volume_id"`
	VolumeName     string  `xmlrpc:"volume_name"`
}

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
			var got []koloRow
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
