// SPDX-License-Identifier: MIT

package xmlrpc_test

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	kolo "github.com/kolo/xmlrpc"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

var errEOF = io.EOF

// FuzzDecode holds that no input panics, that what decodes also encodes and
// decodes to the same, that typed and skipping reads agree on what is well
// formed, and that kolo/xmlrpc agrees where it is right.
func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/python/*.xml")
	for _, file := range files {
		doc, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(doc)
	}
	for _, s := range []string{
		reply("<value/>"), reply("<value>a<![CDATA[b]]>c</value>"), reply("<value><ex:i8 xmlns:ex='u'>5</ex:i8></value>"),
		reply("<value><struct><member><name>a</name><value><nil/></value></member></struct></value>"),
		reply("<value><double>1e400</double></value>"), reply("<value><string>&#x1F600;&lt;\r\n</string></value>"),
		string(xmlrpc.EncodeFault(xmlrpc.FaultError{Code: 1, String: "x"})), "<?xml version='1.0' encoding='utf-8'?>", "<a", "\xef\xbb\xbf<methodResponse>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		o := xmlrpc.Options{MaxDepth: 50, MaxBytes: 1 << 20, MaxText: 1 << 16}
		var v any
		err := xmlrpc.DecodeResponse(bytes.NewReader(doc), &v, o)
		var row outer
		_ = xmlrpc.DecodeResponse(bytes.NewReader(doc), &row, o)
		_ = xmlrpc.DecodeResponse(bytes.NewReader(doc), &[]outer{}, o)
		_, _, _ = xmlrpc.DecodeCall(bytes.NewReader(doc), o)
		lenient := o
		lenient.Lenient = true
		_ = xmlrpc.DecodeResponse(bytes.NewReader(doc), new(any), lenient)
		if err != nil {
			return
		}
		if err := xmlrpc.DecodeResponse(bytes.NewReader(doc), nil, o); err != nil {
			t.Fatalf("decodes, but can't be skipped: %v", err)
		}
		back, err := xmlrpc.EncodeResponse(v)
		if err != nil {
			t.Fatalf("decodes, but does not encode: %v", err)
		}
		var again any
		if err := xmlrpc.DecodeResponse(bytes.NewReader(back), &again, o); err != nil {
			t.Fatalf("does not decode again: %v\n%s", err, back)
		}
		if !same(v, again) {
			t.Fatalf("decodes differently again:\n%#v\n%#v", v, again)
		}
		if trustworthy(doc) {
			var theirs any
			if err := kolo.Response(back).Unmarshal(&theirs); err == nil && !same(blur(v), blur(theirs)) {
				t.Fatalf("kolo reads it differently:\n%#v\n%#v", v, theirs)
			}
		}
	})
}

func same(a, b any) bool {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if ok1 && ok2 {
		return x == y || math.IsNaN(x) && math.IsNaN(y)
	}
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			if y, ok := b[k]; !ok || !same(a[k], y) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

// trustworthy leaves out what kolo/xmlrpc is known to get wrong.
func trustworthy(doc []byte) bool {
	for _, s := range []string{"base64", "dateTime", "fault", "double"} {
		if bytes.Contains(doc, []byte(s)) {
			return false
		}
	}
	return true
}

// blur makes empty strings and nil one, as kolo does.
func blur(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = blur(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = blur(x)
		}
		return out
	}
	return v
}

func TestKoloReadsWhatWeWrite(t *testing.T) {
	v := []any{map[string]any{"id": int64(7), "name": "bash & <co>", "tags": []any{"a", "b"}, "on": true, "weight": 1.5, "none": nil}, int64(1) << 40}
	doc, err := xmlrpc.EncodeResponse(v)
	require.NoError(t, err)
	var got any
	require.NoError(t, kolo.Response(doc).Unmarshal(&got))
	require.Equal(t, any(v), got)

	fault := xmlrpc.EncodeFault(xmlrpc.FaultError{Code: 1002, String: "no & never"})
	require.Equal(t, kolo.FaultError{Code: 1002, String: "no & never"}, kolo.Response(fault).Err())
}

func TestWeReadWhatKoloWrites(t *testing.T) {
	doc, err := kolo.EncodeMethodCall("m", "a&b", 5, true, 1.5, []any{"x"}, map[string]any{"k": "v"}, struct {
		Name string `xmlrpc:"name"`
	}{"n"})
	require.NoError(t, err)
	method, params, err := xmlrpc.DecodeCall(strings.NewReader(string(doc)), xmlrpc.Options{})
	require.NoError(t, err)
	require.Equal(t, "m", method)
	require.Equal(t, []any{"a&b", int64(5), true, 1.5, []any{"x"}, map[string]any{"k": "v"}, map[string]any{"name": "n"}}, params)
}

// FuzzParseTime holds that what reads as a time is the same when Go reads it.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2026-11-20 11:57:58.027238+00:00", "2026-11-20T11:57:58Z", "2026-02-30 00:00:00", "2026-11-20 11:57:58-0530", "2026-11-20 11:57:58.+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := xmlrpc.ParseTime(s)
		if !ok {
			return
		}
		for _, layout := range []string{"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05-0700", "2006-01-02 15:04:05-07", "2006-01-02 15:04:05"} {
			if want, err := time.Parse(layout, strings.Replace(s, "T", " ", 1)); err == nil && !want.UTC().Equal(got) {
				t.Fatalf("%q: %v, Go says %v", s, got, want.UTC())
			}
		}
	})
}
