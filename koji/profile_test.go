// SPDX-License-Identifier: MIT

package koji_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestProfiles(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	writeFile(t, filepath.Join(home, ".koji", "config.d", "10-a.conf"), "[mykoji]\nserver = https://old.example.com/kojihub\nweburl: https://koji.example.com/koji\n")
	writeFile(t, filepath.Join(home, ".koji", "config.d", "20-b.conf"), "# comment\n; another\n[DEFAULT]\nhost = koji.example.com\nmax_retries = 5\n\n[mykoji]\nServer = https://%(host)s/kojihub\nnote = 100%%\n  and more\n\n[other]\nserver = https://other.example.com/kojihub\n")
	writeFile(t, filepath.Join(home, ".koji", "config"), "[mykoji]\ntopurl = https://%(server)s/files\nserver = kojipkgs.example.com\n")
	writeFile(t, filepath.Join(home, ".koji", "config.d", "ignored.txt"), "not a section")

	p, err := koji.LoadProfile("mykoji")
	require.NoError(t, err)
	assert.Equal(t, "kojipkgs.example.com", p.Server, "the last file wins")
	assert.Equal(t, "https://kojipkgs.example.com/files", p.TopURL)
	assert.Equal(t, "https://koji.example.com/koji", p.WebURL)
	assert.Equal(t, 5, p.MaxRetries)
	assert.Equal(t, 20*time.Second, p.RetryInterval)
	assert.Equal(t, "100%\nand more", p.Values["note"])
	assert.Empty(t, p.Cert, "there is no file")
	_, err = p.NewClient()
	assert.ErrorIs(t, err, koji.ErrInvalid, "the server has no scheme")

	_, err = koji.LoadProfile("nope")
	assert.ErrorIs(t, err, koji.ErrNotFound)
	assert.ErrorContains(t, err, `"nope"`)

	c, err := koji.FromProfile("other")
	require.NoError(t, err)
	assert.Equal(t, "https://other.example.com/kojihub", c.URL())

	writeFile(t, filepath.Join(home, ".koji", "client.crt"), "")
	p, err = koji.LoadProfile("other")
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(home, ".koji", "client.crt"), p.Cert)
	_, err = koji.FromProfile("other", koji.WithPassword("u", "p"))
	assert.NoError(t, err, "what is given wins")

	file := filepath.Join(t.TempDir(), "my.conf")
	writeFile(t, file, "[x]\nserver = http://x.example.com/kojihub\nauthtype = noauth\ncert = ~/my.pem\nanon_retry = yes\noffline_retry = on\nno_ssl_verify = false\n")
	p, err = koji.LoadProfileFrom("x", file)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(home, "my.pem"), p.Cert)
	assert.True(t, p.AnonRetry && p.OfflineRetry && p.NoSSLVerify, "any text of no_ssl_verify is true")
	c, err = p.NewClient()
	require.NoError(t, err)
	assert.ErrorIs(t, c.Login(t.Context()), koji.ErrInvalid, "noauth")
	_, err = koji.LoadProfileFrom("mykoji", file)
	assert.ErrorIs(t, err, koji.ErrNotFound, "the files at home don't count")
	_, err = koji.LoadProfileFrom("x", file+".nope")
	assert.ErrorIs(t, err, os.ErrNotExist)

	for name, text := range map[string]string{
		"no section":       "server = x\n",
		"half a section":   "[x\n",
		"no key":           "[x]\njust words\n",
		"a lone percent":   "[x]\na = 5%\n",
		"half a reference": "[x]\na = %(b\n",
		"no such option":   "[x]\na = %(b)s\n",
		"a circle":         "[x]\na = %(b)s\nb = %(a)s\n",
		"no number":        "[x]\nmax_retries = many\n",
		"neither yes":      "[x]\nanon_retry = perhaps\n",
		"no way to log in": "[x]\nauthtype = magic\n",
	} {
		writeFile(t, file, text)
		_, err := koji.LoadProfileFrom("x", file)
		assert.ErrorIs(t, err, koji.ErrInvalid, name)
	}
}

func FuzzProfile(f *testing.F) {
	f.Add("[x]\nserver = http://a/b\n  more\n[DEFAULT]\na: %(server)s%%\n")
	f.Add("\ufeff[x]\r\nserver=\r\n;c\n[")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "koji.conf")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Skip("the input could not be written to a file")
		}
		if p, err := koji.LoadProfileFrom("x", file); err == nil {
			_, _ = p.NewClient()
		}
	})
}
