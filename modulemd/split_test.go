// SPDX-License-Identifier: MIT

package modulemd

import (
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/decompress"
)

func documentsOf(t testing.TB, path string) (docs []string) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	r, err := decompress.NewReader(f, decompress.Options{})
	require.NoError(t, err)
	defer r.Close()
	all, _ := splitAll(r)
	for _, d := range all {
		docs = append(docs, strings.TrimLeft(d, "\n"))
	}
	return docs
}

func splitAll(r io.Reader) (docs, errs []string) {
	o := Options{}.withDefaults()
	s := newSplitter(r, &o)
	for {
		d, err := s.next()
		if err == io.EOF {
			return docs, errs
		}
		if err != nil {
			errs = append(errs, err.Error())
			if len(errs) > 100 {
				return docs, errs
			}
			continue
		}
		docs = append(docs, strings.Repeat("\n", d.line-1)+d.text)
	}
}

func TestDocumentsAreCutAtTheirMarkers(t *testing.T) {
	for _, tt := range []struct {
		rule, in string
		want     []string
		errs     int
	}{
		{"nothing holds nothing", "", nil, 0},
		{"comments hold nothing", "# a\n\n  # b\n", nil, 0},
		{"the first marker may be absent", "a: b\n", []string{"a: b\n"}, 0},
		{"a document ends where the next begins", "---\na\n---\nb\n", []string{"---\na\n", "\n\n---\nb\n"}, 0},
		{"an end marker ends it", "---\na\n...\n# c\n---\nb\n...\n", []string{"---\na\n", "\n\n\n\n---\nb\n"}, 0},
		{"markers need a blank behind them", "a: b\n---x\n...y\n", []string{"a: b\n---x\n...y\n"}, 0},
		{"content may stand behind a marker", "--- a\n--- b\n", []string{"--- a\n", "\n--- b\n"}, 0},
		{"directives belong to what follows", "a: b\n...\n%YAML 1.1\n# c\n---\nc\n", []string{"a: b\n", "\n\n%YAML 1.1\n# c\n---\nc\n"}, 0},
		{"directives need no end marker before them", "a: b\n%YAML 1.1\n---\nc\n", []string{"a: b\n", "\n%YAML 1.1\n---\nc\n"}, 0},
		{"a percent sign in a text is no directive", "a: \"b\n%c\n d\"\n---\ne\n", []string{"a: \"b\n%c\n d\"\n", "\n\n\n---\ne\n"}, 0},
		{"text between documents belongs nowhere", "---\na\n...\nb\nc\n---\nd\n", []string{"---\na\n", "\n\n\n\n\n---\nd\n"}, 1},
		{"text behind an end marker belongs nowhere", "---\na\n... b\n---\nd\n", []string{"---\na\n", "\n\n\n---\nd\n"}, 1},
		{"an end marker first ends an empty document", "...\n---\na\n", []string{"", "\n---\na\n"}, 0},
		{"directives without a document are one that is bad", "%YAML 1.1\n...\n---\na\n", []string{"%YAML 1.1\n", "\n\n---\na\n"}, 0},
		{"empty documents are documents", "---\n---\n...\n", []string{"---\n", "\n---\n"}, 0},
		{"a byte order mark is skipped", "\ufeffa: b\n", []string{"a: b\n"}, 0},
		{"UTF-16 is read", "\xff\xfea\x00:\x00 \x00\xe9\x00\n\x00", []string{"a: é\n"}, 0},
		{"carriage returns stay", "---\r\na\r\n...\r\n---\r\nb\r\n", []string{"---\r\na\r\n", "\n\n\n---\r\nb\r\n"}, 0},
		{"the last line needs no break", "---\na\n---\nb", []string{"---\na\n", "\n\n---\nb"}, 0},
	} {
		for how, r := range map[string]io.Reader{"at once": strings.NewReader(tt.in), "by bytes": iotest.OneByteReader(strings.NewReader(tt.in))} {
			docs, errs := splitAll(r)
			assert.Equal(t, tt.want, docs, "%s, %s", tt.rule, how)
			assert.Len(t, errs, tt.errs, "%s, %s: %v", tt.rule, how, errs)
		}
	}
}

func TestALargeDocumentIsRefusedAndNotHeld(t *testing.T) {
	o := Options{MaxDocument: 1 << 20}.withDefaults()
	s := newSplitter(io.MultiReader(strings.NewReader("---\na: b\n---\na: "), endless{}), &o)
	d, err := s.next()
	require.NoError(t, err)
	assert.Equal(t, "---\na: b\n", d.text)
	_, err = s.next()
	assert.ErrorIs(t, err, ErrLimit)
	assert.Less(t, cap(s.buf), 4<<20)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzSplit(f *testing.F) {
	f.Add("---\na\n...\n%YAML 1.1\n---\nb\n")
	f.Add("a\n... b\n---\n...\n")
	f.Fuzz(func(t *testing.T, s string) {
		docs, errs := splitAll(strings.NewReader(s))
		slow, slowErrs := splitAll(iotest.OneByteReader(strings.NewReader(s)))
		assert.Equal(t, docs, slow)
		assert.Equal(t, errs, slowErrs)
		if len(errs) > 100 {
			t.Fatal("no end")
		}
	})
}
