// SPDX-License-Identifier: MIT

package git_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the server alone takes for the two requests of a shallow fetch, with
// nothing done to the answers: no client can be faster than their sum.
func BenchmarkFileAtBranchHeadServerAlone(b *testing.B) {
	srv := benchServer(b, usual)
	head, err := srv.Head(demo, "rawhide")
	require.NoError(b, err)
	line := func(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
	want := line("want "+head+" side-band-64k ofs-delta shallow\n") + line("deepen 1\n") + "0000" + line("done\n")
	read := func(resp *http.Response, err error) {
		require.NoError(b, err)
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || n < 50 {
			b.Fatal(resp.Status, n, err)
		}
	}
	for b.Loop() {
		read(http.Get(srv.URL + "/rpms/demo.git/info/refs?service=git-upload-pack"))
		read(http.Post(srv.URL+"/rpms/demo.git/git-upload-pack", "application/x-git-upload-pack-request", strings.NewReader(want)))
	}
}
