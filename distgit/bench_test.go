// SPDX-License-Identifier: MIT

package distgit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// longHistory is a million observations: 5,000 packages, four branches each,
// fifty pushes to a branch, as a history file holds them.
func longHistory(tb testing.TB, observations int) []byte {
	tb.Helper()
	var b bytes.Buffer
	b.WriteString(`{"format":"relkit branch history","version":1}` + "\n")
	branches := []string{"rawhide", "f41", "f42", "epel9"}
	const repos = 5000
	perBranch := observations / repos / len(branches)
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range perBranch {
		for r := range repos {
			repo := distgit.Repo{Namespace: "rpms", Name: fmt.Sprintf("package-%04d", r)}
			for k, branch := range branches {
				n := (i*repos+r)*len(branches) + k
				o := distgit.Observation{
					Repo: repo, Ref: branch, Old: distgit.NoCommit, New: fmt.Sprintf("%040x", n+1),
					At: start.Add(time.Duration(i)*72*time.Hour + time.Duration(r)*time.Second), ID: fmt.Sprintf("2020-%08x-0000-0000-0000-%012x", n, n), Agent: "packager",
				}
				if i > 0 {
					o.Old = fmt.Sprintf("%040x", n+1-repos*len(branches))
				}
				line, err := json.Marshal(o)
				require.NoError(tb, err)
				b.Write(line)
				b.WriteByte('\n')
			}
		}
	}
	return b.Bytes()
}

func BenchmarkHistoryLoadMillion(b *testing.B) {
	data := longHistory(b, 1_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	var h *distgit.History
	for b.Loop() {
		var err error
		h, err = distgit.ReadHistory(bytes.NewReader(data))
		require.NoError(b, err)
	}
	require.Equal(b, 1_000_000, h.Len())
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
	runtime.KeepAlive(h)
	runtime.KeepAlive(data)
}

func BenchmarkHistoryAtMillion(b *testing.B) {
	h, err := distgit.ReadHistory(bytes.NewReader(longHistory(b, 1_000_000)))
	require.NoError(b, err)
	var repos []distgit.Repo
	for r := range 5000 {
		repos = append(repos, distgit.Repo{Namespace: "rpms", Name: fmt.Sprintf("package-%04d", r)})
	}
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range repos { // the first question to a branch makes its segments
		h.At(r, "f41", start)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		tip := h.At(repos[i%len(repos)], "f41", start.Add(time.Duration(i%3600)*time.Hour))
		if tip.Confidence == distgit.Unknown {
			b.Fatal("no answer")
		}
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
}

func BenchmarkHistoryWhoHasMillion(b *testing.B) {
	h, err := distgit.ReadHistory(bytes.NewReader(longHistory(b, 1_000_000)))
	require.NoError(b, err)
	h.WhoHas(fmt.Sprintf("%040x", 1)) // makes the index
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if len(h.WhoHas(fmt.Sprintf("%040x", i%1_000_000+1))) == 0 {
			b.Fatal("no answer")
		}
		i += 7919
	}
}
