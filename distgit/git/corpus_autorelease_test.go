// SPDX-License-Identifier: MIT

package git_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func TestCorpusAutorelease(t *testing.T) {
	root := golden.Corpus(t)
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the git command is not installed: histories cannot be imported")
	}
	files, err := filepath.Glob(filepath.Join(root, "distgit", "autorelease", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "RELKIT_CORPUS is set")
	commits, releases, changelogs, differ, differLog := 0, 0, 0, 0, 0
	for _, file := range files {
		var c struct {
			Name      string `json:"name"`
			PerCommit []struct {
				Commit  string  `json:"commit"`
				Release *string `json:"release"`
				Number  *int    `json:"number"`
				Error   *string `json:"error"`
				Subject string  `json:"subject"`
			} `json:"per_commit"`
			Changelog *string `json:"changelog_at_tip"`
		}
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &c), file)
		require.NotEmpty(t, c.PerCommit, file)
		dir := filepath.Join(t.TempDir(), "rpms", "demo.git")
		importStream(t, strings.TrimSuffix(file, ".json")+".fe", dir)
		client, err := git.NewClient(filepath.Dir(filepath.Dir(dir)))
		require.NoError(t, err)
		tip := c.PerCommit[len(c.PerCommit)-1].Commit
		for _, p := range c.PerCommit {
			commits++
			fail := func(format string, args ...any) {
				differ++
				t.Errorf("%s %.8s: "+format, append([]any{c.Name, p.Commit}, args...)...)
			}
			log, err := client.Log(t.Context(), demo, p.Commit, 1)
			if err != nil || log[0].Hash != p.Commit {
				fail("not in the history: %v", err)
				continue
			}
			if got := subject(log[0].Message); got != p.Subject {
				fail("subject %q, want %q", got, p.Subject)
				continue
			}
			a, err := client.Autospec(t.Context(), demo, p.Commit)
			switch {
			case p.Error != nil && err == nil:
				fail("%+v, want an error as %s", a.Tip, *p.Error)
			case p.Error == nil && err != nil:
				fail("%v, want release %v", err, deref(p.Release))
			case p.Error != nil && *p.Error == "FileNotFoundError":
				if !isNoSpec(err) || p.Number != nil || p.Release != nil {
					fail("%v, want no spec file", err)
				}
			case p.Error != nil:
				fail("an error this test cannot judge: %s", *p.Error)
			case p.Number == nil || a.Tip.Number != *p.Number || p.Release == nil || a.Tip.Release != *p.Release:
				fail("number %d, release %q, want %v, %v", a.Tip.Number, a.Tip.Release, deref(p.Number), deref(p.Release))
			default:
				releases++
			}
		}
		if c.Changelog != nil {
			changelogs++
			a, err := client.Autospec(t.Context(), demo, tip)
			if err != nil || a.Changelog != *c.Changelog {
				differLog++
				t.Errorf("%s: changelog (%v)\n got %q\nwant %q", c.Name, err, a.Changelog, *c.Changelog)
			}
		}
	}
	t.Logf("corpus distgit/autorelease: %d cases, %d differ (%d with a release)", commits, differ, releases)
	t.Logf("corpus distgit/autorelease changelogs: %d cases, %d differ", changelogs, differLog)
}

func deref[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func isNoSpec(err error) bool { return errors.Is(err, git.ErrNoSpec) }

// subject is what git shows as %s: the first paragraph on one line.
func subject(message string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n\n")
	return strings.Join(strings.Fields(strings.ReplaceAll(first, "\n", " ")), " ")
}

func importStream(t *testing.T, stream, dir string) {
	t.Helper()
	run := func(stdin *os.File, args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if stdin != nil {
			cmd.Stdin = stdin
		}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "git %v: %s", args, out)
	}
	in, err := os.Open(stream)
	require.NoError(t, err)
	defer in.Close()
	run(nil, "init", "-q", "--bare", dir)
	run(in, "-C", dir, "fast-import", "--quiet")
}
