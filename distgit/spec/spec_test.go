// SPDX-License-Identifier: MIT

package spec_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func readDemo(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/demo.spec")
	require.NoError(t, err)
	return data
}

func TestParseTellsEveryLineAndPlace(t *testing.T) {
	data := readDemo(t)
	s, err := spec.Parse("demo.spec", data)
	require.NoError(t, err)
	var b strings.Builder
	for _, it := range s.Items {
		fmt.Fprintf(&b, "%d:%d %s%v", it.Pos.Line, it.Pos.Column, strings.Repeat("  ", it.Depth), it.Kind)
		switch {
		case it.Tag != nil:
			fmt.Fprintf(&b, " %s(%s)=%q@%d:%d", it.Tag.Name, it.Tag.Qualifier, it.Tag.Value, it.Tag.ValuePos.Line, it.Tag.ValuePos.Column)
			assert.Equal(t, it.Tag.Value, string(data[it.Tag.ValuePos.Offset:][:len(it.Tag.Value)]))
		case it.Macro != nil:
			fmt.Fprintf(&b, " %s %s(%s)%v=%q@%d:%d", it.Macro.Keyword, it.Macro.Name, it.Macro.Params, it.Macro.HasParams, it.Macro.Body, it.Macro.BodyPos.Line, it.Macro.BodyPos.Column)
			assert.Equal(t, it.Macro.Body, string(data[it.Macro.BodyPos.Offset:][:len(it.Macro.Body)]))
		case it.Condition != nil:
			fmt.Fprintf(&b, " %s %q", it.Condition.Keyword, it.Condition.Expr)
		case it.Kind == spec.KindSection:
			fmt.Fprintf(&b, " %s %q", s.Sections[it.Section].Name, s.Sections[it.Section].Args)
		}
		b.WriteByte('\n')
		assert.Equal(t, it.Raw, string(data[it.Pos.Offset:][:len(it.Raw)]))
	}
	golden.Compare(t, "testdata/demo.items.golden", []byte(b.String()))
	assert.Equal(t, string(data), string(s.Bytes()))
	last := 0
	for _, sec := range s.Sections {
		assert.Equal(t, last, sec.First)
		last = sec.Last
	}
	assert.Equal(t, len(s.Items), last)
}

func TestParseLosesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":             "",
		"no line end":         "Name: x",
		"CR LF":               "Name: x\r\nRelease: 1\r\n%changelog\r\n",
		"mixed line ends":     "Name: x\r\nRelease: 1\n\r%changelog\r",
		"Latin-1":             "Summary: caf\xe9\n",
		"a byte order mark":   "\ufeffName: x\n",
		"form feed, no-break": "\fName:\u00a0x\n",
		"a macro over lines":  "%{lua:\nprint(1)\n}\nName: x\n",
		"a condition undone":  "%if 1\nName: x\n",
		"an endif alone":      "%endif\n%else\n",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := spec.Parse("x.spec", []byte(text))
			require.NoError(t, err)
			assert.Equal(t, text, string(s.Bytes()))
		})
	}
}

func TestWhatIsNoSpecFileIsRefusedByNameAndLine(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		is   error
		msg  string
	}{
		"conflict markers":   {"Name: x\n<<<<<<< HEAD\nRelease: 1\n=======\n", spec.ErrConflict, "spec: x.spec:2: merge conflict markers: <<<<<<<"},
		"the end of a merge": {"Name: x\n\n>>>>>>> branch\n", spec.ErrConflict, "spec: x.spec:3: merge conflict markers: >>>>>>>"},
		"binary junk":        {"Name: x\n\x7fELF\x00\x01", spec.ErrBinary, "spec: x.spec:2: binary data: NUL byte"},
		"an open macro":      {"Name: x\n%{lua: print(1)\nVersion: 1\n", spec.ErrSyntax, "spec: x.spec:2: not a well-formed spec file: a macro or a continued line that begins here is never closed"},
		"too much":           {strings.Repeat("x", spec.MaxSize+1), spec.ErrTooLarge, fmt.Sprintf("spec: x.spec: over the size limit: %d bytes, at most %d", spec.MaxSize+1, spec.MaxSize)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := spec.Parse("x.spec", []byte(c.text))
			require.ErrorIs(t, err, c.is)
			assert.EqualError(t, err, c.msg)
			_, err = spec.Bump([]byte(c.text), options())
			require.ErrorIs(t, err, c.is, "nor is it bumped")
			compat := options()
			compat.Mode = spec.BumpCompat
			if c.is != spec.ErrSyntax { // a line editor does not care
				_, err = spec.Bump([]byte(c.text), compat)
				require.ErrorIs(t, err, c.is)
			}
		})
	}
	s, err := spec.Parse("", []byte("Name: x\nTitle\n=======\nmore\n"))
	require.NoError(t, err, "an underlined title is no conflict")
	assert.Len(t, s.Items, 4)
}

func TestTagsAreFoundByRPMsRules(t *testing.T) {
	s, err := spec.Parse("", []byte("name:x\nRELEASE : 4\n Version: 1\nRequires( post , pre ):a b\n%description\nSummary: text\n%package n\nSummary: s\n"))
	require.NoError(t, err)
	var got []string
	for it := range s.Tags() {
		got = append(got, fmt.Sprintf("%s(%s)=%s", it.Tag.Name, it.Tag.Qualifier, it.Tag.Value))
	}
	assert.Equal(t, []string{"name()=x", "RELEASE()=4", "Requires(post , pre)=a b", "Summary()=s"}, got)
}

func TestKindsReadBackFromText(t *testing.T) {
	for k := spec.KindText; k <= spec.KindInclude; k++ {
		text, err := k.MarshalText()
		require.NoError(t, err)
		var back spec.Kind
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, k, back)
	}
	assert.Equal(t, "Kind(77)", spec.Kind(77).String())
	assert.Equal(t, "ReasonKind(77)", spec.ReasonKind(77).String())
	var mode spec.BumpMode
	require.NoError(t, mode.UnmarshalText([]byte("compat")))
	assert.Equal(t, spec.BumpCompat, mode)
	require.Error(t, mode.UnmarshalText([]byte("other")))
}
