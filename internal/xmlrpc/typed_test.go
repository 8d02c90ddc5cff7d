// SPDX-License-Identifier: MIT

package xmlrpc_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

type inner struct {
	Name string `xmlrpc:"name"`
}

type outer struct {
	inner           // embedded: name stands here
	ID      int     `xmlrpc:"id,build_id"`
	Epoch   *int    `xmlrpc:"epoch"`
	Source  *string `xmlrpc:"source"`
	Note    string  `xmlrpc:"note"`
	Weight  float64
	Draft   bool           `xmlrpc:"draft"`
	Created time.Time      `xmlrpc:"creation_time,creation_ts"`
	Tags    []string       `xmlrpc:"tags"`
	Counts  map[string]int `xmlrpc:"counts"`
	Child   *inner         `xmlrpc:"child"`
	Any     any            `xmlrpc:"any"`
	Raw     []byte         `xmlrpc:"raw"`
	Small   int8           `xmlrpc:"small"`
	Skipped string         `xmlrpc:"-"`
	More    map[string]any `xmlrpc:",extra"`
}

func typed(t *testing.T, members string) (outer, error) {
	t.Helper()
	var v outer
	err := xmlrpc.DecodeResponse(strings.NewReader(reply("<value><struct>"+members+"</struct></value>")), &v, xmlrpc.Options{})
	return v, err
}

func member(name, value string) string {
	return "<member>\n<name>" + name + "</name>\n<value>" + value + "</value>\n</member>\n"
}

func TestTypedStructs(t *testing.T) {
	at := time.Date(2026, 11, 20, 11, 57, 58, 27238000, time.UTC)
	cases := map[string]struct {
		xml  string
		want outer
	}{
		"nil keeps apart from zero": {member("epoch", "<nil/>") + member("source", "<string></string>"), outer{Source: new("")}},
		"zero keeps apart from nil": {member("epoch", "<int>0</int>") + member("source", "<nil/>"), outer{Epoch: new(0)}},
		"nil into plain fields":     {member("note", "<nil/>") + member("tags", "<nil/>") + member("creation_time", "<nil/>"), outer{}},
		"embedded fields":           {member("name", "bash"), outer{inner: inner{"bash"}}},
		"fields without a tag":      {member("Weight", "<double>1.5</double>"), outer{Weight: 1.5}},
		"two names of one fact":     {member("build_id", "<int>7</int>") + member("id", "<int>7</int>"), outer{ID: 7}},
		"the second name alone":     {member("build_id", "<int>7</int>"), outer{ID: 7}},
		"time as text":              {member("creation_time", "<string>2026-11-20 11:57:58.027238+00:00</string>"), outer{Created: at}},
		"text wins over seconds":    {member("creation_ts", "<double>1.5</double>") + member("creation_time", "<string>2026-11-20 11:57:58.027238+00:00</string>"), outer{Created: at}},
		"seconds when text is nil":  {member("creation_time", "<nil/>") + member("creation_ts", "<double>1795175878.027238</double>"), outer{Created: at}},
		"seconds as an integer":     {member("creation_ts", "<int>1795175878</int>"), outer{Created: at.Truncate(time.Second)}},
		"lenient numbers":           {member("id", "<string>12</string>") + member("Weight", "<int>2</int>") + member("draft", "<int>1</int>"), outer{ID: 12, Weight: 2, Draft: true}},
		"integral doubles":          {member("id", "<double>12.0</double>"), outer{ID: 12}},
		"slices and maps":           {member("tags", "<array><data><value>a</value><value><string>b</string></value></data></array>") + member("counts", "<struct>"+member("x", "<int>1</int>")+"</struct>"), outer{Tags: []string{"a", "b"}, Counts: map[string]int{"x": 1}}},
		"pointers to structs":       {member("child", "<struct>"+member("name", "x")+member("other", "y")+"</struct>"), outer{Child: &inner{"x"}}},
		"bytes and text into bytes": {member("raw", "<base64>aGk=</base64>"), outer{Raw: []byte("hi")}},
		"anything":                  {member("any", "<array><data><value><nil/></value><value><int>1</int></value></data></array>"), outer{Any: []any{nil, int64(1)}}},
		"unknown members are kept":  {member("zzz", "<struct>"+member("a", "<nil/>")+"</struct>") + member("id", "<int>1</int>"), outer{ID: 1, More: map[string]any{"zzz": map[string]any{"a": nil}}}},
		"a member called extra":     {member("extra", "x") + member("Skipped", "y"), outer{More: map[string]any{"extra": "x", "Skipped": "y"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := typed(t, c.xml)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestTypeErrorsNameTheField(t *testing.T) {
	for name, c := range map[string]struct{ xml, text string }{
		"a string for an int":     {member("id", "abc"), "result.id: want int, got string"},
		"a struct for a string":   {member("note", "<struct></struct>"), "result.note: want string, got struct"},
		"an int for a string":     {member("note", "<int>1</int>"), "result.note: want string, got int"},
		"a broken double":         {member("id", "<double>1.5</double>"), `result.id: want int, got the double "1.5"`},
		"an int too large":        {member("small", "<int>128</int>"), "result.small: integer \"128\" exceeds int8"},
		"no time":                 {member("creation_time", "yesterday"), `result.creation_time: want a time, got "yesterday"`},
		"a bool of 2":             {member("draft", "<int>2</int>"), "result.draft: want bool, got int"},
		"an array for a struct":   {member("child", "<array><data></data></array>"), "result.child: want xmlrpc_test.inner, got array"},
		"an element of an array":  {member("tags", "<array><data><value>a</value><value><int>1</int></value></data></array>"), "result.tags[1]: want string, got int"},
		"a value of a map":        {member("counts", "<struct>"+member("x y", "z")+"</struct>"), `result.counts["x y"]: want int, got string`},
		"seconds that are no day": {member("creation_ts", "<double>nan</double>"), "result.creation_ts: want a time"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := typed(t, c.xml)
			assert.ErrorIs(t, err, xmlrpc.ErrType)
			assert.ErrorContains(t, err, c.text)
		})
	}
}

func TestTargetsThatCanNotBe(t *testing.T) {
	for _, target := range []any{outer{}, (*outer)(nil), new(chan int), new(struct {
		F func() `xmlrpc:"f"`
	}), new(map[int]string), new(struct {
		X int `xmlrpc:",extra"`
	})} {
		err := xmlrpc.DecodeResponse(strings.NewReader(reply("<value>x</value>")), target, xmlrpc.Options{})
		assert.ErrorIs(t, err, xmlrpc.ErrType, "%T", target)
	}
}

type node struct {
	Name     string `xmlrpc:"name"`
	Children []node `xmlrpc:"children"`
}

func TestTypesThatContainThemselves(t *testing.T) {
	var got node
	doc := reply("<value><struct>" + member("name", "a") + member("children", "<array><data><value><struct>"+member("name", "b")+"</struct></value></data></array>") + "</struct></value>")
	require.NoError(t, xmlrpc.DecodeResponse(strings.NewReader(doc), &got, xmlrpc.Options{}))
	assert.Equal(t, node{"a", []node{{Name: "b"}}}, got)
}

func TestTuples(t *testing.T) {
	doc := reply("<value><array><data><value><int>1</int></value><value><array><data><value>x</value></data></array></value></data></array></value>")
	var n int
	var s []string
	require.NoError(t, xmlrpc.DecodeResponse(strings.NewReader(doc), xmlrpc.Tuple{&n, &s}, xmlrpc.Options{}))
	assert.Equal(t, 1, n)
	assert.Equal(t, []string{"x"}, s)
	assert.ErrorIs(t, xmlrpc.DecodeResponse(strings.NewReader(doc), xmlrpc.Tuple{&n}, xmlrpc.Options{}), xmlrpc.ErrType)
}

func TestRowsInConstantMemory(t *testing.T) {
	const rows = 200000
	r := &endless{head: "<methodResponse><params><param><value><array><data>", row: "<value><struct>" + member("name", "some text") + member("id", "<int>12345678</int>") + "</struct></value>", n: rows, tail: "</data></array></value></param></params></methodResponse>"}
	d := xmlrpc.NewDecoder(r, xmlrpc.Options{})
	require.NoError(t, d.Response())
	n := 0
	var row outer
	allocs := testing.AllocsPerRun(1, func() {
		if n > 0 {
			return
		}
		if err := d.Array(func(i int) error { n++; return d.Value(&row) }); err != nil {
			t.Error(err)
		}
	})
	require.NoError(t, d.End())
	assert.Equal(t, rows, n)
	assert.Less(t, allocs, float64(rows)/10)
}

// endless is a document that is made while it is read.
type endless struct {
	head, row, tail string
	n               int
}

func (e *endless) Read(p []byte) (int, error) {
	switch {
	case e.head != "":
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	case e.n > 0 && len(p) >= len(e.row):
		e.n--
		return copy(p, e.row), nil
	case e.n > 0:
		e.n--
		e.head = e.row
		return e.Read(p)
	case e.tail != "":
		n := copy(p, e.tail)
		e.tail = e.tail[n:]
		return n, nil
	}
	return 0, errEOF
}

func TestEncodingRefuses(t *testing.T) {
	self := map[string]any{}
	self["self"] = self
	for name, c := range map[string]struct {
		v    any
		text string
	}{
		"control characters":    {map[string]any{"a": []any{"x\x00"}}, `.a[0]: character U+0000`},
		"broken UTF-8":          {"\xff", "is not UTF-8"},
		"channels":              {make(chan int), "chan int"},
		"functions":             {[]any{func() {}}, "[0]: a value of type func()"},
		"maps with other keys":  {map[int]string{1: "a"}, "keys of type int"},
		"integers over 64 bits": {uint64(math.MaxUint64), "exceeds 64 bits"},
		"a map in itself":       {self, "nested deeper"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := xmlrpc.EncodeResponse(c.v)
			assert.ErrorIs(t, err, xmlrpc.ErrEncode)
			assert.ErrorContains(t, err, c.text)
		})
	}
}

func TestEncodingOfGoTypes(t *testing.T) {
	type state int
	type row struct {
		ID     int    `xmlrpc:"id"`
		Name   string `xmlrpc:"name,omitempty"`
		Epoch  *int   `xmlrpc:"epoch"`
		State  state  `xmlrpc:"state"`
		hidden int
		More   map[string]any `xmlrpc:",extra"`
	}
	v := []row{{ID: 1, State: 2, More: map[string]any{"z": true, "a": nil}, hidden: 3}}
	doc, err := xmlrpc.EncodeResponse([]any{v, [2]uint8{1, 2}, map[state]string{}, map[string]float32{"f": 0.5}, int64(1) << 40, "a\rb"})
	assert.ErrorIs(t, err, xmlrpc.ErrEncode, "%s", doc)
	doc, err = xmlrpc.EncodeResponse([]any{v, [2]uint8{1, 2}, map[string]float32{"f": 0.5}, int64(1) << 40, "a\rb", new(int64(5))})
	require.NoError(t, err)
	got, err := decode(string(doc), xmlrpc.Options{})
	require.NoError(t, err)
	assert.Equal(t, []any{
		[]any{map[string]any{"id": int64(1), "epoch": nil, "state": int64(2), "z": true, "a": nil}},
		[]any{int64(1), int64(2)}, map[string]any{"f": 0.5}, int64(1) << 40, "a\rb", int64(5),
	}, got)
	assert.Contains(t, string(doc), "<i8>1099511627776</i8>")
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-20 11:57:58.027238+00:00": "2026-11-20T11:57:58.027238Z",
		"2026-11-20 11:57:58+00:00":        "2026-11-20T11:57:58Z",
		"2026-11-20 11:57:58":              "2026-11-20T11:57:58Z",
		"2026-11-20 11:57:58.5":            "2026-11-20T11:57:58.5Z",
		"2026-11-20T11:57:58Z":             "2026-11-20T11:57:58Z",
		"2026-11-20 11:57:58+02":           "2026-11-20T09:57:58Z",
		"2026-11-20 11:57:58-0530":         "2026-11-20T17:27:58Z",
		"2026-11-20 11:57:58.123456789123": "2026-11-20T11:57:58.123456789Z",
		"2026-02-29 00:00:00":              "", "2026-13-01 00:00:00": "", "2026-01-01 24:00:00": "", "2026-01-01": "",
		"2026-01-01 00:00:00.": "", "2026-01-01 00:00:00 ": "", "2026-01-01 00:00:00+1": "", "2026-01-01 00:00:00+01:": "", "2o26-01-01 00:00:00": "",
	} {
		got, ok := xmlrpc.ParseTime(text)
		assert.Equal(t, want != "", ok, text)
		if ok {
			assert.Equal(t, want, got.Format(time.RFC3339Nano), text)
		}
	}
}
