// SPDX-License-Identifier: MIT

package distgit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/internal/golden"

	"os/exec"
)

// corpusDir returns a folder of the corpus; the test is skipped without one.
func corpusDir(t *testing.T, parts ...string) string {
	t.Helper()
	root := golden.Corpus(t)
	dir := filepath.Join(append([]string{root}, parts...)...)
	info, err := os.Stat(dir)
	require.NoError(t, err, "RELKIT_CORPUS is set")
	require.True(t, info.IsDir(), dir)
	return dir
}

type historyCase struct {
	Name   string            `json:"name"`
	Refs   map[string]string `json:"refs"`
	Events []struct {
		Time   time.Time `json:"time"`
		Ref    string    `json:"ref"`
		Old    string    `json:"old"`
		New    string    `json:"new"`
		Forced bool      `json:"forced"`
		Agent  string    `json:"agent"`
	} `json:"events"`
	Messages []struct {
		Topic string          `json:"topic"`
		Time  time.Time       `json:"time"`
		Body  json.RawMessage `json:"body"`
	} `json:"pagure_messages"`
	Queries []struct {
		Ref           string    `json:"ref"`
		At            time.Time `json:"at"`
		Truth         *string   `json:"truth"`
		RevListBefore *string   `json:"git_rev_list_before"`
		Max           *string   `json:"first_parent_max"`
		Min           *string   `json:"first_parent_min"`
	} `json:"queries"`
}

// untold are the times in which a ref was elsewhere than the last message
// said: from a change without a message to the next message about the ref.
func (c historyCase) untold(ref string) [][2]time.Time {
	told := func(at time.Time) bool {
		return slices.ContainsFunc(c.Messages, func(m struct {
			Topic string          `json:"topic"`
			Time  time.Time       `json:"time"`
			Body  json.RawMessage `json:"body"`
		}) bool {
			var b struct {
				Branch string `json:"branch"`
			}
			return json.Unmarshal(m.Body, &b) == nil && "refs/heads/"+distgit.ShortRef(b.Branch) == ref && m.Time.Equal(at)
		})
	}
	var out [][2]time.Time
	for _, e := range c.Events {
		if e.Ref != ref || e.Old == e.New { // a push that moved nothing
			continue
		}
		open := len(out) > 0 && out[len(out)-1][1].IsZero()
		switch {
		case told(e.Time) && open:
			out[len(out)-1][1] = e.Time
		case !told(e.Time) && !open:
			out = append(out, [2]time.Time{e.Time, {}})
		}
	}
	return out
}

func TestCorpusHistory(t *testing.T) {
	dir := corpusDir(t, "distgit", "history")
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the git command is not installed: histories cannot be imported")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	type tally struct{ cases, differ, exact int }
	sums := map[string]*tally{}
	judge := func(what, name string, ok, exact bool, format string, args ...any) {
		s := sums[what]
		if s == nil {
			s = new(tally)
			sums[what] = s
		}
		s.cases++
		if exact {
			s.exact++
		}
		if !ok {
			s.differ++
			t.Errorf("%s %s: "+format, append([]any{what, name}, args...)...)
		}
	}
	repo := distgit.Repo{Namespace: "rpms", Name: "demo"}
	for _, file := range files {
		var c historyCase
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &c), file)

		var byEvents, byMessages distgit.History
		for _, e := range c.Events {
			_, err := byEvents.Add(distgit.Observation{
				Repo: repo, Ref: e.Ref, Old: e.Old, New: e.New, At: e.Time, Forced: e.Forced, Agent: e.Agent, Evidence: distgit.FromLog,
			})
			require.NoError(t, err)
		}
		for _, m := range c.Messages {
			obs, err := distgit.Observe(distgit.Message{Topic: "org.example.prod." + m.Topic, Sent: m.Time, Body: m.Body})
			require.NoError(t, err)
			_, err = byMessages.Add(obs...)
			require.NoError(t, err)
		}
		byMax, byMin := fromGit(t, repo, file, c.Refs)

		for _, q := range c.Queries {
			at := q.Ref + " at " + q.At.Format(time.RFC3339)
			truth := text(q.Truth)
			got := byEvents.At(repo, q.Ref, q.At)
			judge("history by events", c.Name, got.Commit == truth, got.Confidence == distgit.Exact, "%s: %q, want %q", at, got.Commit, truth)

			got = byMessages.At(repo, q.Ref, q.At)
			hidden := slices.ContainsFunc(c.untold(q.Ref), func(w [2]time.Time) bool {
				return !q.At.Before(w[0]) && (w[1].IsZero() || q.At.Before(w[1]))
			})
			switch exact := got.Confidence == distgit.Exact; {
			case hidden:
				judge("history by messages, untold", c.Name, !exact, exact, "%s: claims to be exact where nobody told", at)
			default:
				judge("history by messages", c.Name, got.Commit == truth, exact, "%s: %q, want %q", at, got.Commit, truth)
			}

			guess := func(h *distgit.History) string { return h.At(repo, q.Ref, q.At).Commit }
			judge("history by git, running max", c.Name, guess(byMax) == text(q.Max), false, "%s: %q, want %q", at, guess(byMax), text(q.Max))
			judge("history by git, running min", c.Name, guess(byMin) == text(q.Min), false, "%s: %q, want %q", at, guess(byMin), text(q.Min))
			judge("history by git, rev-list --before", c.Name, guess(byMin) == text(q.RevListBefore), false, "%s: %q, want %q", at, guess(byMin), text(q.RevListBefore))
		}
	}
	for _, what := range slices.Sorted(mapsKeys(sums)) {
		s := sums[what]
		t.Logf("corpus distgit/%s: %d cases, %d differ (%d said to be exact)", what, s.cases, s.differ, s.exact)
	}
}

func mapsKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// fromGit imports a history and guesses by both rules; the refs of the import
// are those the case names.
func fromGit(t *testing.T, repo distgit.Repo, file string, refs map[string]string) (byMax, byMin *distgit.History) {
	t.Helper()
	root := t.TempDir()
	importStream(t, strings.TrimSuffix(file, ".json")+".fe", filepath.Join(root, "rpms", "demo.git"))
	c, err := git.NewClient(root)
	require.NoError(t, err)
	heads, err := c.Heads(t.Context(), repo)
	require.NoError(t, err)
	want := map[string]string{}
	for ref, hash := range refs {
		want[distgit.ShortRef(ref)] = hash
	}
	require.Equal(t, want, heads.Branches, file)
	byMax, byMin = new(distgit.History), new(distgit.History)
	for ref := range heads.Branches {
		dated, err := c.FirstParents(t.Context(), repo, ref, 0)
		require.NoError(t, err)
		_, err = byMax.Add(distgit.GuessHistory(repo, ref, dated, distgit.DatingRunningMax, time.Time{})...)
		require.NoError(t, err)
		_, err = byMin.Add(distgit.GuessHistory(repo, ref, dated, distgit.DatingRunningMin, time.Time{})...)
		require.NoError(t, err)
	}
	return byMax, byMin
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
