// SPDX-License-Identifier: MIT

package koji_test

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
)

// playing returns a client whose answers are the given ones, one after the
// other, and what was asked.
func playing(t *testing.T, answers []io.Reader, opts ...koji.Option) (*koji.Client, *[]string) {
	t.Helper()
	asked := &[]string{}
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		*asked = append(*asked, string(body))
		a := answers[min(len(*asked), len(answers))-1]
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(a), ContentLength: -1, Request: r}, nil
	})
	c, err := koji.NewClient("http://koji.example.com/kojihub", append([]koji.Option{koji.WithHTTPClient(&http.Client{Transport: rt}),
		koji.WithRetry(koji.Retry{Max: 2, Wait: time.Microsecond, MaxWait: time.Microsecond})}, opts...)...)
	require.NoError(t, err)
	return c, asked
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAnAnswerThatBreaksOffIsAskedForAgain(t *testing.T) {
	whole := reply("<value><string>" + strings.Repeat("x", 1000) + "</string></value>")
	for name, err := range map[string]error{"reset": syscall.ECONNRESET, "cut": io.ErrUnexpectedEOF, "truncated": io.EOF} {
		c, asked := playing(t, []io.Reader{io.MultiReader(strings.NewReader(whole[:700]), failing{err}), strings.NewReader(whole)})
		var got string
		require.NoError(t, c.Call(t.Context(), "getThing", nil, &got), name)
		assert.Len(t, got, 1000)
		assert.Len(t, *asked, 2)
	}
	c, asked := playing(t, []io.Reader{strings.NewReader(reply("<value><int>x</int></value>"))})
	assert.ErrorIs(t, c.Call(t.Context(), "getThing", nil, new(any)), koji.ErrUnavailable)
	assert.Len(t, *asked, 1, "what makes no sense is not asked for again")
}

func TestRowsThatWereHandedOutAreNotReadAgain(t *testing.T) {
	rows := "<methodResponse><params><param><value><array><data>" + strings.Repeat("<value><struct><member><name>build_id</name><value><int>1</int></value></member></struct></value>", 100)
	c, asked := playing(t, []io.Reader{io.MultiReader(strings.NewReader(rows), failing{syscall.ECONNRESET})})
	n := 0
	var last error
	for _, err := range c.Tagged(t.Context(), koji.TaggedQuery{Tag: "f42"}) {
		if last = err; err == nil {
			n++
		}
	}
	assert.Equal(t, 100, n)
	assert.ErrorIs(t, last, syscall.ECONNRESET)
	assert.Len(t, *asked, 1)
}

func TestControlCharactersInOldDataAreLetPassOnRequest(t *testing.T) {
	doc := reply("<value><array><data><value><struct><member><name>text</name><value><string>- fix\x0bbug\x00</string></value></member></struct></value></data></array></value>")
	c, _ := playing(t, []io.Reader{strings.NewReader(doc)})
	_, err := c.Changelog(t.Context(), koji.ChangelogQuery{Build: "a-1-1"})
	assert.ErrorContains(t, err, "result[0].text: character U+000B is not allowed in XML")
	c, _ = playing(t, []io.Reader{strings.NewReader(doc)}, koji.WithLenient())
	got, err := c.Changelog(t.Context(), koji.ChangelogQuery{Build: "a-1-1"})
	require.NoError(t, err)
	assert.Equal(t, "- fixbug", got[0].Text)
}

func TestReferencesAreWrittenAsWhatTheyMean(t *testing.T) {
	c, asked := playing(t, []io.Reader{strings.NewReader(nilReply)})
	own := struct {
		Tag  koji.Ref   `xmlrpc:"tag"`
		More []koji.Ref `xmlrpc:"more"`
	}{koji.ID(7), []koji.Ref{"f42", "", koji.NVR{Name: "a", Version: "1", Release: "2"}.Ref()}}
	require.NoError(t, c.Call(t.Context(), "m", []any{own}, nil))
	_, params, err := parseCall([]byte((*asked)[0]))
	require.NoError(t, err)
	assert.Equal(t, []any{map[string]any{"tag": int64(7), "more": []any{"f42", nil, map[string]any{"name": "a", "version": "1", "release": "2"}}}}, params)
}

func TestAnswersOverTheLimitAreRefused(t *testing.T) {
	long := reply("<value><string>" + strings.Repeat("x", 10000) + "</string></value>")
	c, asked := playing(t, []io.Reader{strings.NewReader(long)}, koji.WithMaxResponse(5000))
	err := c.Call(t.Context(), "getThing", nil, nil)
	assert.Error(t, err)
	assert.Len(t, *asked, 1)
	bomb := "<methodResponse><params><param>" + strings.Repeat("<value><array><data>", 5000)
	c, _ = playing(t, []io.Reader{strings.NewReader(bomb)})
	var v any
	assert.ErrorContains(t, c.Call(t.Context(), "getThing", nil, &v), "nested deeper than 256")
}
