// SPDX-License-Identifier: MIT

package xmlrpc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

type expected struct {
	T string
	V json.RawMessage
}

func (e expected) value(t *testing.T) any {
	t.Helper()
	text := func() string {
		var s string
		require.NoError(t, json.Unmarshal(e.V, &s))
		return s
	}
	switch e.T {
	case "nil":
		return nil
	case "bool":
		return string(e.V) == "true"
	case "int":
		n, err := strconv.ParseInt(text(), 10, 64)
		require.NoError(t, err)
		return n
	case "double":
		f, err := strconv.ParseFloat(text(), 64)
		require.NoError(t, err)
		return f
	case "string":
		return text()
	case "bytes":
		b, err := base64.StdEncoding.DecodeString(text())
		require.NoError(t, err)
		return b
	case "time":
		at, err := time.Parse("20060102T15:04:05", text())
		require.NoError(t, err)
		return at
	case "array":
		var elems []expected
		require.NoError(t, json.Unmarshal(e.V, &elems))
		out := []any{}
		for _, elem := range elems {
			out = append(out, elem.value(t))
		}
		return out
	case "struct":
		var members map[string]expected
		require.NoError(t, json.Unmarshal(e.V, &members))
		out := map[string]any{}
		for k, m := range members {
			out[k] = m.value(t)
		}
		return out
	}
	t.Fatalf("unknown type %q", e.T)
	return nil
}

func TestDocumentsMadeByPython(t *testing.T) {
	files, err := filepath.Glob("testdata/python/*.xml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xml")
		t.Run(name, func(t *testing.T) {
			doc, err := os.ReadFile(file)
			require.NoError(t, err)
			data, err := os.ReadFile(strings.TrimSuffix(file, ".xml") + ".json")
			require.NoError(t, err)
			var e expected
			require.NoError(t, json.Unmarshal(data, &e))
			want := e.value(t)

			var got any
			require.NoError(t, xmlrpc.DecodeResponse(bytes.NewReader(doc), &got, xmlrpc.Options{}))
			assert.Equal(t, want, got, "decoded")

			back, err := xmlrpc.EncodeResponse(got)
			require.NoError(t, err)
			assert.Equal(t, string(doc), string(back), "encoded in Python's layout")
			var again any
			require.NoError(t, xmlrpc.DecodeResponse(bytes.NewReader(back), &again, xmlrpc.Options{}))
			assert.Equal(t, want, again, "encoded and decoded")
		})
	}
}
