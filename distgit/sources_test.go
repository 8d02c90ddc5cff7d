// SPDX-License-Identifier: MIT

package distgit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
)

var (
	md5of    = strings.Repeat("d", 32)
	sha1of   = strings.Repeat("1", 40)
	sha512of = strings.Repeat("5", 128)
)

func TestEveryFormatOfSourcesIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want distgit.SourceEntry
	}{
		"as written today":        {"SHA512 (a-1.tar.gz) = " + sha512of + "\n", distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "a-1.tar.gz"}},
		"old":                     {md5of + "  a-1.tar.gz\n", distgit.SourceEntry{HashType: "md5", Hash: md5of, File: "a-1.tar.gz"}},
		"old, a blank in a name":  {md5of + "  a file.tgz", distgit.SourceEntry{HashType: "md5", Hash: md5of, File: "a file.tgz"}},
		"metadata":                {sha1of + " SOURCES/a.tgz\n", distgit.SourceEntry{HashType: "sha1", Hash: sha1of, File: "a.tgz"}},
		"metadata with SHA512":    {sha512of + " SOURCES/a.tgz\n", distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "a.tgz"}},
		"a blank in a name":       {"SHA512 (a b.tgz) = " + sha512of, distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "a b.tgz"}},
		"blanks around":           {"  SHA512 (a.tgz) = " + sha512of + " \r\n", distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "a.tgz"}},
		"a byte order mark":       {"\ufeffSHA512 (a.tgz) = " + sha512of, distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "a.tgz"}},
		"upper-case hash":         {"SHA512 (a.tgz) = " + strings.Repeat("A", 128), distgit.SourceEntry{HashType: "sha512", Hash: strings.Repeat("A", 128), File: "a.tgz"}},
		"tildes, pluses, carets":  {"SHA512 (a-1~rc1+git^2.tgz) = " + sha512of, distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "a-1~rc1+git^2.tgz"}},
		"an unknown type of hash": {"BLAKE2B (a.tgz) = 1234", distgit.SourceEntry{HashType: "blake2b", Hash: "1234", File: "a.tgz"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := distgit.ParseSources("sources", []byte(c.text), distgit.ReadSources)
			require.NoError(t, err)
			assert.Equal(t, []distgit.SourceEntry{c.want}, s.Entries())
			assert.Equal(t, c.text, string(s.Bytes()))
		})
	}
}

func TestBadSourcesAreNamedByLineAndGoodOnesKept(t *testing.T) {
	good := "SHA512 (good.tgz) = " + sha512of + "\n"
	for name, c := range map[string]struct {
		text string
		is   error
		msg  string
	}{
		"conflict marker":   {"<<<<<<< HEAD", distgit.ErrMalformed, "distgit: sources:3: malformed line: merge conflict marker"},
		"conflict middle":   {"=======", distgit.ErrMalformed, ""},
		"conflict end":      {">>>>>>> 1234567 (x)", distgit.ErrMalformed, ""},
		"junk":              {"junk", distgit.ErrMalformed, `distgit: sources:3: malformed line: "junk"`},
		"a folder":          {"SHA512 (sub/a.tgz) = " + sha512of, distgit.ErrInvalid, `distgit: sources:3: invalid: file name "sub/a.tgz" leads into another folder`},
		"up and out":        {"SHA512 (../a.tgz) = " + sha512of, distgit.ErrInvalid, ""},
		"up":                {"SHA512 (..) = " + sha512of, distgit.ErrInvalid, ""},
		"Windows path":      {`SHA512 (a\b) = ` + sha512of, distgit.ErrInvalid, ""},
		"git's own":         {"SHA512 (.gitmodules) = " + sha512of, distgit.ErrInvalid, ""},
		"git hooks":         {md5of + "  .git/hooks/post-checkout", distgit.ErrInvalid, ""},
		"an option":         {"SHA512 (-rf) = " + sha512of, distgit.ErrInvalid, ""},
		"a control code":    {"SHA512 (a\x1bb) = " + sha512of, distgit.ErrInvalid, ""},
		"short hash":        {"SHA512 (a.tgz) = 1234", distgit.ErrInvalid, "distgit: sources:3: invalid: sha512 hash of a.tgz has 4 digits, not 128"},
		"a comment":         {"# c  x", distgit.ErrMalformed, ""},
		"no hexadecimal":    {"SHA512 (a.tgz) = xyz", distgit.ErrInvalid, ""},
		"hash of no length": {strings.Repeat("a", 33) + " SOURCES/a.tgz", distgit.ErrInvalid, ""},
		"md5sum's star":     {md5of + " *a.tgz", distgit.ErrMalformed, ""},
		"two hashes":        {"SHA512 (good.tgz) = " + strings.Repeat("6", 128), distgit.ErrConflict, "distgit: sources:3: conflict: good.tgz has two hashes"},
	} {
		t.Run(name, func(t *testing.T) {
			text := good + "\n" + c.text + "\nSHA512 (more.tgz) = " + sha512of + "\n"
			s, err := distgit.ParseSources("sources", []byte(text), distgit.ReadSources)
			require.ErrorIs(t, err, c.is)
			if c.msg != "" {
				assert.EqualError(t, err, c.msg)
			}
			require.Len(t, s.Entries(), 2, "a lenient reader goes on")
			assert.Equal(t, text, string(s.Bytes()))
		})
	}
	_, err := distgit.ParseSources("s", []byte("x\n\ny\n"), distgit.ReadSources)
	assert.EqualError(t, err, "distgit: s:1: malformed line: \"x\"\ndistgit: s:3: malformed line: \"y\"")
	_, err = distgit.ParseSources("s", nil, 9)
	require.ErrorIs(t, err, distgit.ErrInvalid)
}

func TestTheToolsDisagree(t *testing.T) {
	read := func(text string, r distgit.SourcesReading) string {
		s, err := distgit.ParseSources("", []byte(text), r)
		if err != nil {
			return "refused"
		}
		return fmt.Sprint(s.Entries())
	}
	for _, c := range []struct{ text, pyrpkg, split string }{
		{"SHA512 (a b) = 12", "refused", "refused"},
		{"12  a b", "[MD5 (a b) = 12]", "refused"},
		{"12 *a", "refused", "[MD5 (*a) = 12]"},
		{"SHA512 (d/a) = 12", "[SHA512 (d/a) = 12]", "[SHA512 (a) = 12]"},
		{"12  a\n12  a", "[MD5 (a) = 12]", "[MD5 (a) = 12 MD5 (a) = 12]"},
		{"12  \xe8", "refused", "[MD5 (\xe8) = 12]"},
		{"\n \n", "[]", "[]"},
	} {
		assert.Equal(t, c.pyrpkg, read(c.text, distgit.ReadSourcesPyrpkg), "%q", c.text)
		assert.Equal(t, c.split, read(c.text, distgit.ReadSourcesSplit), "%q", c.text)
	}
}

func TestOnlyEditedLinesOfSourcesChange(t *testing.T) {
	text := "\r\nSHA512 (a.tgz) = " + sha512of + " \r\n\r\nsha512 (b.tgz) = " + sha512of
	s, err := distgit.ParseSources("", []byte(text), distgit.ReadSources)
	require.NoError(t, err)
	other := strings.Repeat("7", 128)
	require.NoError(t, s.Set(distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "a.tgz"}), "it says so already")
	assert.Equal(t, text, string(s.Bytes()))
	require.NoError(t, s.Set(distgit.SourceEntry{HashType: "sha512", Hash: strings.ToUpper(other), File: "a.tgz"},
		distgit.SourceEntry{HashType: "sha512", Hash: other, File: "c.tgz"}))
	assert.Equal(t, "\r\nSHA512 (a.tgz) = "+other+"\r\n\r\nsha512 (b.tgz) = "+sha512of+"\r\nSHA512 (c.tgz) = "+other+"\r\n", string(s.Bytes()))
	before := string(s.Bytes())
	err = s.Set(distgit.SourceEntry{HashType: "sha512", Hash: other, File: "d.tgz"}, distgit.SourceEntry{HashType: "md5", Hash: md5of, File: "e.tgz"})
	require.ErrorIs(t, err, distgit.ErrConflict, "hash types don't mix")
	require.ErrorIs(t, s.Set(distgit.SourceEntry{HashType: "sha512", Hash: "12", File: "d.tgz"}), distgit.ErrInvalid)
	require.ErrorIs(t, s.Replace(distgit.SourceEntry{HashType: "sha512", Hash: sha512of, File: "x"}, distgit.SourceEntry{HashType: "sha512", Hash: other, File: "x"}), distgit.ErrConflict)
	assert.Equal(t, before, string(s.Bytes()), "nothing half done")
	assert.True(t, s.Remove("b.tgz"))
	assert.False(t, s.Remove("b.tgz"))
	assert.NotContains(t, string(s.Bytes()), "b.tgz")
	require.NoError(t, s.Replace(distgit.SourceEntry{HashType: "md5", Hash: md5of, File: "x"}))
	assert.Equal(t, "MD5 (x) = "+md5of+"\n", string(s.Bytes()))
	e, ok := s.Entry("x")
	assert.True(t, ok)
	assert.Equal(t, md5of, e.Hash)
	var empty distgit.Sources
	require.NoError(t, empty.Set(e))
	assert.Equal(t, "MD5 (x) = "+md5of+"\n", string(empty.Bytes()))
}

func TestArchivesAreIgnoredOnce(t *testing.T) {
	assert.Equal(t, "/a-1.tgz\n", string(distgit.IgnoreArchives(nil, "a-1.tgz", "a-1.tgz")))
	text := "# *\n/a-*.tar.[gx]z\n*.zi?\nb.tgz"
	assert.Equal(t, text, string(distgit.IgnoreArchives([]byte(text), "a-2.tar.xz", "x.zip", "b.tgz")))
	assert.Equal(t, text+"\n/a-2.tar.bz2\n", string(distgit.IgnoreArchives([]byte(text), "a-2.tar.bz2")))
	assert.Equal(t, "x\r\n/y\r\n", string(distgit.IgnoreArchives([]byte("x\r\n"), "y")))
	assert.Equal(t, "[!a-c]x\n/bx\n", string(distgit.IgnoreArchives([]byte("[!a-c]x\n"), "dx", "bx")))
}

func FuzzSources(f *testing.F) {
	for _, s := range []string{"", "SHA512 (a.tgz) = " + sha512of + "\n", md5of + "  a\r\n", sha1of + " SOURCES/a", "<<<<<<< HEAD\n", "\ufeff12 *x\n\xe8"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := distgit.ParseSources("f", data, distgit.ReadSources)
		require.Equal(t, string(data), string(s.Bytes()))
		for _, e := range s.Entries() {
			require.NoError(t, e.Valid())
		}
		if err == nil {
			again, err := distgit.ParseSources("f", s.Rewritten(), distgit.ReadSources)
			require.NoError(t, err)
			require.Equal(t, s.Entries(), again.Entries(), "what is written is read back")
		}
		for _, r := range []distgit.SourcesReading{distgit.ReadSourcesPyrpkg, distgit.ReadSourcesSplit} {
			if s, err := distgit.ParseSources("f", data, r); err == nil {
				require.Equal(t, string(data), string(s.Bytes()))
			}
		}
		distgit.IgnoreArchives(data, "a-1.tgz")
	})
}
