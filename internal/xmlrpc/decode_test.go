// SPDX-License-Identifier: MIT

package xmlrpc_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

func reply(value string) string {
	return "<?xml version='1.0'?>\n<methodResponse><params><param>" + value + "</param></params></methodResponse>"
}

func decode(doc string, o xmlrpc.Options) (any, error) {
	var v any
	err := xmlrpc.DecodeResponse(strings.NewReader(doc), &v, o)
	return v, err
}

func TestValues(t *testing.T) {
	cases := map[string]struct {
		xml  string
		want any
	}{
		"nil":                            {"<value><nil/></value>", nil},
		"nil with a prefix":              {`<value><ex:nil xmlns:ex="http://example.com/x>y"/></value>`, nil},
		"nil in two tags":                {"<value><nil></nil></value>", nil},
		"empty string is no nil":         {"<value><string></string></value>", ""},
		"self-closed string":             {"<value><string/></value>", ""},
		"self-closed value":              {"<value/>", ""},
		"value without content":          {"<value></value>", ""},
		"untyped text keeps its blanks":  {"<value> a b\n</value>", " a b\n"},
		"typed text keeps its blanks":    {"<value> <string> a </string> </value>", " a "},
		"entities":                       {"<value>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;&#13;</value>", "<&>\"'AB\r"},
		"CDATA":                          {"<value><string>a<![CDATA[<b>&amp;]]]]>c</string></value>", "a<b>&amp;]]c"},
		"comment inside a text":          {"<value><string>a<!-- no -->b</string></value>", "ab"},
		"comment inside untyped text":    {"<value>a<!-- no -->b</value>", "ab"},
		"instruction inside a text":      {"<value><string>a<?x y?>b</string></value>", "ab"},
		"comment between tags":           {"<!-- a - b --><value><!--x--><int>1</int><!--y--></value>", int64(1)},
		"line ends are normalised":       {"<value><string>a\r\nb\rc</string></value>", "a\nb\nc"},
		"attributes are ignored":         {`<value a="1>"><int b='/'>7</int></value>`, int64(7)},
		"blanks in tags":                 {"<value ><int >7</int\n></value >", int64(7)},
		"integers with blanks":           {"<value><i4> -5\n</i4></value>", int64(-5)},
		"largest integers":               {"<value><i8>-9223372036854775808</i8></value>", int64(math.MinInt64)},
		"any integer name":               {"<value><array><data><value><i1>1</i1></value><value><i2>2</i2></value><value><biginteger>3</biginteger></value></data></array></value>", []any{int64(1), int64(2), int64(3)}},
		"doubles":                        {"<value><array><data><value><double>1e+16</double></value><value><double>inf</double></value><value><double> -0.5 </double></value></data></array></value>", []any{1e16, math.Inf(1), -0.5}},
		"booleans":                       {"<value><array><data><value><boolean>1</boolean></value><value><boolean>0</boolean></value></data></array></value>", []any{true, false}},
		"base64 in lines":                {"<value><base64>\naGVs\nbG8=\n</base64></value>", []byte("hello")},
		"base64 without padding":         {"<value><base64>aGVsbG8</base64></value>", []byte("hello")},
		"dates":                          {"<value><dateTime.iso8601>20260102T03:04:05</dateTime.iso8601></value>", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		"dates with an offset":           {"<value><dateTime.iso8601>2026-01-02T03:04:05+01:00</dateTime.iso8601></value>", time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)},
		"empty array":                    {"<value><array><data/></array></value>", []any{}},
		"array without data":             {"<value><array/></value>", []any{}},
		"empty struct":                   {"<value><struct/></value>", map[string]any{}},
		"an empty value swallows no one": {"<value><struct><member><name>a</name><value/></member><member><name>b</name><value><int>1</int></value></member></struct></value>", map[string]any{"a": "", "b": int64(1)}},
		"names are resolved":             {"<value><struct><member><name>a&amp;<!--x-->b</name><value>1</value></member></struct></value>", map[string]any{"a&b": "1"}},
		"the last of two members counts": {"<value><struct><member><name>a</name><value>1</value></member><member><name>a</name><value>2</value></member></struct></value>", map[string]any{"a": "2"}},
		"not ASCII":                      {"<value>žluťoučký 😀</value>", "žluťoučký 😀"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := decode(reply(c.xml), xmlrpc.Options{})
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
			// However the bytes arrive, the answer is the same.
			var again any
			require.NoError(t, xmlrpc.DecodeResponse(iotest.OneByteReader(strings.NewReader(reply(c.xml))), &again, xmlrpc.Options{}))
			assert.Equal(t, c.want, again)
		})
	}
}

func TestBadDocumentsAreErrorsThatNameThePlace(t *testing.T) {
	cases := map[string]struct {
		doc   string
		class error
		text  string
	}{
		"empty":                     {"", xmlrpc.ErrSyntax, "ends where a tag is due"},
		"no XML":                    {"Internal Server Error", xmlrpc.ErrSyntax, `text "Internal Server Erro`},
		"a web page":                {"<html><body>502</body></html>", xmlrpc.ErrSyntax, "<html> where <methodResponse> is due"},
		"a DTD":                     {`<!DOCTYPE x [<!ENTITY a "b">]>` + reply("<value>&a;</value>"), xmlrpc.ErrSyntax, "not allowed"},
		"an unknown entity":         {reply("<value>&nbsp;</value>"), xmlrpc.ErrSyntax, "unknown entity &nbsp;"},
		"another encoding":          {"<?xml version='1.0' encoding='ISO-8859-1'?><methodResponse/>", xmlrpc.ErrSyntax, `encoding "iso-8859-1"`},
		"a foreign closing tag":     {reply("<value><int>1</string></value>"), xmlrpc.ErrSyntax, "result: </string> where </int> is due"},
		"a member without a value":  {reply("<value><struct><member><name>s</name></member></struct></value>"), xmlrpc.ErrSyntax, "result.s: </member> where <value> is due"},
		"two types in one value":    {reply("<value><int>1</int><int>2</int></value>"), xmlrpc.ErrSyntax, "where </value> is due"},
		"text beside a type":        {reply("<value>x<int>1</int></value>"), xmlrpc.ErrSyntax, "text and an element"},
		"an unknown type":           {reply("<value><decimal>1</decimal></value>"), xmlrpc.ErrSyntax, "<decimal> where a type is due"},
		"an integer beyond 64 bits": {reply("<value><i8>9223372036854775808</i8></value>"), xmlrpc.ErrType, "exceeds 64 bits"},
		"an integer with letters":   {reply("<value><int>0x1</int></value>"), xmlrpc.ErrSyntax, `malformed integer "0x1"`},
		"an empty integer":          {reply("<value><int></int></value>"), xmlrpc.ErrSyntax, `malformed integer ""`},
		"a boolean of 2":            {reply("<value><boolean>2</boolean></value>"), xmlrpc.ErrSyntax, `malformed boolean "2"`},
		"bad base64":                {reply("<value><base64>a*b</base64></value>"), xmlrpc.ErrSyntax, "malformed base64"},
		"a control character":       {reply("<value>a\x01b</value>"), xmlrpc.ErrSyntax, "U+0001"},
		"a control reference":       {reply("<value>a&#1;b</value>"), xmlrpc.ErrSyntax, "U+0001"},
		"broken UTF-8":              {reply("<value>a\xffb</value>"), xmlrpc.ErrSyntax, "invalid UTF-8"},
		"a surrogate":               {reply("<value>&#xD800;</value>"), xmlrpc.ErrSyntax, "U+D800"},
		"text after the end":        {reply("<value>a</value>") + "x", xmlrpc.ErrSyntax, "after the end"},
		"another element":           {reply("<value>a</value>") + "<a/>", xmlrpc.ErrSyntax, "after the end"},
		"two results":               {reply("<value>a</value></param><param><value>b</value>"), xmlrpc.ErrSyntax, "<param> where </params> is due"},
		"a deep place":              {reply("<value><array><data><value/><value><struct><member><name>a.b</name><value><int>x</int></value></member></struct></value></data></array></value>"), xmlrpc.ErrSyntax, `result[1]["a.b"]: malformed`},
		"a nesting bomb":            {reply(strings.Repeat("<value><array><data>", 300)), xmlrpc.ErrLimit, "nested deeper than 256"},
		"an endless tag":            {reply("<value" + strings.Repeat(" ", 9000) + ">"), xmlrpc.ErrLimit, "tag longer"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := decode(c.doc, xmlrpc.Options{})
			require.Error(t, err)
			assert.ErrorIs(t, err, c.class)
			assert.ErrorContains(t, err, c.text)
			var e *xmlrpc.Error
			assert.ErrorAs(t, err, &e)
		})
	}
}

func TestTruncatedAnywhereIsAnUnexpectedEnd(t *testing.T) {
	doc := "<?xml version='1.0'?><!-- c --><methodResponse><params><param><value><struct><member><name>a</name>" +
		"<value><array><data><value><string>x&amp;<![CDATA[y]]></string></value><value/></data></array></value></member></struct></value></param></params></methodResponse>"
	for n := range len(doc) {
		_, err := decode(doc[:n], xmlrpc.Options{})
		require.Error(t, err, doc[:n])
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			// A reference cut in two reads as a malformed one.
			assert.ErrorIs(t, err, xmlrpc.ErrSyntax, doc[:n])
		}
	}
}

func TestReadersErrorsSurvive(t *testing.T) {
	r := io.MultiReader(strings.NewReader("<methodResponse><params>"), iotest.ErrReader(io.ErrClosedPipe))
	err := xmlrpc.DecodeResponse(r, nil, xmlrpc.Options{})
	assert.ErrorIs(t, err, io.ErrClosedPipe)
	assert.NotErrorIs(t, err, xmlrpc.ErrSyntax)
}

func TestLenientModeDropsWhatXMLForbids(t *testing.T) {
	got, err := decode(reply("<value><string>a\x01b&#2;c\xffd\x00</string></value>"), xmlrpc.Options{Lenient: true})
	require.NoError(t, err)
	assert.Equal(t, "abc\uFFFDd", got)
	_, err = decode(reply("<value><string>a&#1"), xmlrpc.Options{Lenient: true})
	assert.ErrorIs(t, err, xmlrpc.ErrSyntax)
}

func TestLimits(t *testing.T) {
	long := reply("<value><string>" + strings.Repeat("x", 10000) + "</string></value>")
	_, err := decode(long, xmlrpc.Options{MaxText: 9999})
	assert.ErrorIs(t, err, xmlrpc.ErrLimit)
	_, err = decode(long, xmlrpc.Options{MaxText: 10000})
	assert.NoError(t, err)
	_, err = decode(long, xmlrpc.Options{MaxBytes: int64(len(long)) - 1})
	assert.ErrorIs(t, err, xmlrpc.ErrLimit)
	_, err = decode(long, xmlrpc.Options{MaxBytes: int64(len(long))})
	assert.NoError(t, err)
	entities := reply("<value>" + strings.Repeat("&amp;", 1000) + "</value>")
	_, err = decode(entities, xmlrpc.Options{MaxText: 999})
	assert.ErrorIs(t, err, xmlrpc.ErrLimit)
	nested := reply(strings.Repeat("<value><array><data>", 5) + strings.Repeat("</data></array></value>", 5))
	_, err = decode(nested, xmlrpc.Options{MaxDepth: 4})
	assert.ErrorIs(t, err, xmlrpc.ErrLimit)
	_, err = decode(nested, xmlrpc.Options{MaxDepth: 5})
	assert.NoError(t, err)
	assert.ErrorIs(t, xmlrpc.DecodeResponse(strings.NewReader(nested), nil, xmlrpc.Options{MaxDepth: 4}), xmlrpc.ErrLimit, "skipping counts too")
}

func TestFaultsAreFoundByStructure(t *testing.T) {
	doc := string(xmlrpc.EncodeFault(xmlrpc.FaultError{Code: 1000, String: "No such build: 'x' <&>"}))
	_, err := decode(doc, xmlrpc.Options{})
	var f xmlrpc.FaultError
	require.ErrorAs(t, err, &f)
	assert.Equal(t, xmlrpc.FaultError{Code: 1000, String: "No such build: 'x' <&>"}, f)

	_, err = decode(strings.Replace(doc, "<fault>", "<fault >", 1), xmlrpc.Options{})
	assert.ErrorAs(t, err, &f, "a blank in the tag is no success")

	v, err := decode(reply("<value><string><![CDATA[<fault>text</fault>]]></string></value>"), xmlrpc.Options{})
	require.NoError(t, err)
	assert.Equal(t, "<fault>text</fault>", v)

	text := xmlrpc.EncodeFault(xmlrpc.FaultError{Code: 1, String: "a\x00\xffb"})
	_, err = decode(string(text), xmlrpc.Options{})
	require.ErrorAs(t, err, &f)
	assert.Equal(t, "a\uFFFD\uFFFDb", f.String)
}

func TestCalls(t *testing.T) {
	doc, err := xmlrpc.EncodeCall("getBuild", []any{"bash-5.2-1", map[string]any{"strict": true}, nil})
	require.NoError(t, err)
	method, params, err := xmlrpc.DecodeCall(strings.NewReader(string(doc)), xmlrpc.Options{})
	require.NoError(t, err)
	assert.Equal(t, "getBuild", method)
	assert.Equal(t, []any{"bash-5.2-1", map[string]any{"strict": true}, nil}, params)

	for name, doc := range map[string]string{
		"no params":    "<methodCall><methodName>x</methodName></methodCall>",
		"empty params": "<methodCall><methodName> x </methodName><params/></methodCall>",
		"bare params":  "<methodCall><methodName>x</methodName><params></params></methodCall>",
	} {
		method, params, err := xmlrpc.DecodeCall(strings.NewReader(doc), xmlrpc.Options{})
		require.NoError(t, err, name)
		assert.Equal(t, "x", method, name)
		assert.Equal(t, []any{}, params, name)
	}
	_, _, err = xmlrpc.DecodeCall(strings.NewReader("<methodCall><methodName>x</methodName><params><param><value><int>z</int></value></param></params></methodCall>"), xmlrpc.Options{})
	assert.ErrorContains(t, err, "params[0]: malformed integer")
	for _, bad := range []string{"", "a b", "a&b", "<x>", strings.Repeat("x", 300)} {
		_, err := xmlrpc.EncodeCall(bad, nil)
		assert.ErrorIs(t, err, xmlrpc.ErrEncode, bad)
	}
}
