// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDemo(t *testing.T) {
	for file, args := range map[string][]string{
		"demo.txt":  nil,
		"demo.json": {"-format", "json"},
		"demo.html": {"-format", "html"},
		"last.txt":  {"-last", "-prefix", "Fedora-Rawhide", "-type", "nightly"},
		"back.txt":  {"-sizes", "0", "Fedora-Rawhide-20240105.n.0", "Fedora-Rawhide-20240104.n.0"},
	} {
		t.Run(file, func(t *testing.T) {
			var out, errs bytes.Buffer
			assert.Equal(t, exitDone, run(t.Context(), args, &out, &errs), errs.String())
			golden.Compare(t, "testdata/"+file, out.Bytes())
		})
	}
}

func TestAFolderAndAServerAnswerAsTheDemoDoes(t *testing.T) {
	srv := httptest.NewServer(http.FileServer(http.Dir("demo")))
	defer srv.Close()
	for _, from := range []string{"demo", srv.URL} {
		var out, errs bytes.Buffer
		assert.Equal(t, exitDone, run(t.Context(), []string{"-from", from, "-pushes", "demo/bus.jsonl"}, &out, &errs), errs.String())
		golden.Compare(t, "testdata/demo.txt", out.Bytes())
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-h"}, exitDone, "usage: composediff"},
		{[]string{"-nonsense"}, exitUsage, "nonsense"},
		{[]string{"one"}, exitUsage, "two composes"},
		{[]string{"-format", "pdf"}, exitUsage, "pdf"},
		{[]string{"-sizes", "-1"}, exitUsage, "negative"},
		{[]string{"-from", "ftp://example.com"}, exitUsage, "http"},
		{[]string{"-from", "/no/such/folder"}, exitFailed, "no such"},
		{[]string{"-pushes", "/no/such/file"}, exitFailed, "no such"},
		{[]string{"-prefix", "Other"}, exitFailed, "0 good composes"},
		{[]string{"Fedora-Rawhide-20240104.n.0", "Fedora-Rawhide-20240107.n.1"}, exitFailed, "no metadata"},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, c.code, run(t.Context(), c.args, &out, &errs), "%v", c.args)
		assert.Contains(t, errs.String(), c.says, "%v", c.args)
		assert.Empty(t, out.String())
	}
}

func TestBadMessagesAreToldAndTheOthersHeard(t *testing.T) {
	bus := filepath.Join(t.TempDir(), "bus.jsonl")
	good, err := os.ReadFile("demo/bus.jsonl")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(bus, append([]byte("{\"topic\":\"bodhi.comp\n"), good...), 0o644))
	var out, errs bytes.Buffer
	assert.Equal(t, exitDone, run(t.Context(), []string{"-pushes", bus}, &out, &errs))
	golden.Compare(t, "testdata/demo.txt", out.Bytes())
	assert.Contains(t, errs.String(), "set aside: trigger: malformed message")
}
