// SPDX-License-Identifier: MIT

package kerberos_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji/kerberos"
)

// Refusals that a real hub's web server gave must be explained by the error
// code that their token holds; bare ones must not be explained away.
func TestCorpusRefusals(t *testing.T) {
	root := golden.Corpus(t)
	files, err := filepath.Glob(filepath.Join(root, "koji", "recorded", "*.headers.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	n, err := kerberos.FromCCache("")
	require.NoError(t, err)
	cases, differ := 0, 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var head struct {
			Status   int
			Response map[string]string `json:"response_headers"`
		}
		require.NoError(t, json.Unmarshal(data, &head))
		reply, ok := strings.CutPrefix(head.Response["WWW-Authenticate"], "Negotiate ")
		if head.Status != 401 || !ok {
			continue
		}
		cases++
		token, err := base64.StdEncoding.DecodeString(reply)
		require.NoError(t, err, file)
		want := ""
		// error-code [6] INTEGER of one byte
		if _, after, found := bytes.Cut(token, []byte{0xa6, 3, 2, 1}); found {
			want = fmt.Sprintf("KRB-ERROR %d", after[0])
		}
		why := n.Explain("koji.example.com", token)
		if (why == nil) != (want == "") || why != nil && !strings.Contains(why.Error(), want) {
			differ++
			t.Errorf("%s: %v, the token holds %q", filepath.Base(file), why, want)
		}
	}
	t.Logf("corpus koji/kerberos: %d cases, %d differ", cases, differ)
}
