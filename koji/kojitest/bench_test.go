// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"fmt"
	"testing"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// release is a seed of a distribution's size: 3,057 packages, a build of each.
func release() kojitest.Seed {
	s := small()
	s.Builds = nil
	for i := range 3057 {
		s.Builds = append(s.Builds, kojitest.Build{NVR: fmt.Sprintf("package-%d-1.%d-1.fc42", i, i), Tags: []string{"f42"}})
	}
	return s
}

func BenchmarkNewHubRelease(b *testing.B) {
	seed := release()
	b.ReportAllocs()
	for b.Loop() {
		kojitest.NewHub(seed)
	}
}

func BenchmarkListTaggedRelease(b *testing.B) {
	srv := kojitest.NewServer(kojitest.NewHub(release()))
	defer srv.Close()
	c, err := srv.Client()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		list, err := c.ListTagged(b.Context(), koji.TaggedQuery{Tag: "f42-build", Inherit: true})
		if err != nil || len(list) != 3057 {
			b.Fatal(len(list), err)
		}
	}
}
