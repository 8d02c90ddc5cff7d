// SPDX-License-Identifier: MIT

package distgit_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/internal/golden"
)

type sourcesCase struct {
	ID     string
	Pyrpkg sourcesAnswer
	Split  sourcesAnswer `json:"split_reader"`
}

type sourcesAnswer struct {
	OK        bool
	Entries   []struct{ HashType, File, Hash string }
	Rewritten *string
	Error     string
	Line      *string // the line that was refused
}

func TestCorpusSources(t *testing.T) {
	dir := golden.Corpus(t)
	f, err := os.Open(filepath.Join(dir, "distgit", "sources.jsonl"))
	require.NoError(t, err)
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	cases, differ, strict := 0, map[distgit.SourcesReading]int{}, 0
	for sc.Scan() {
		var c sourcesCase
		require.NoError(t, json.Unmarshal(sc.Bytes(), &c))
		cases++
		data, err := os.ReadFile(filepath.Join(dir, "distgit", "sources", c.ID+".sources"))
		require.NoError(t, err)
		for reading, want := range map[distgit.SourcesReading]sourcesAnswer{distgit.ReadSourcesPyrpkg: c.Pyrpkg, distgit.ReadSourcesSplit: c.Split} {
			if problem := judgeSources(data, reading, want); problem != "" {
				differ[reading]++
				t.Errorf("%s, %v: %s", c.ID, reading, problem)
			}
		}
		// The checking reader agrees with the tools on every file it accepts,
		// where they agree with each other.
		s, err := distgit.ParseSources("sources", data, distgit.ReadSources)
		if string(s.Bytes()) != string(data) {
			t.Errorf("%s: reading and writing changes the file", c.ID)
		}
		if err == nil && c.Pyrpkg.OK && c.Split.OK {
			strict++
			p, err := distgit.ParseSources("sources", data, distgit.ReadSourcesPyrpkg)
			require.NoError(t, err)
			seen := map[distgit.SourceEntry]bool{}
			for _, e := range s.Entries() {
				seen[e] = true
			}
			for _, e := range p.Entries() {
				if !seen[e] {
					t.Errorf("%s: %v is missing", c.ID, e)
				}
			}
		}
	}
	require.NoError(t, sc.Err())
	require.NotZero(t, cases)
	for _, r := range []distgit.SourcesReading{distgit.ReadSourcesPyrpkg, distgit.ReadSourcesSplit} {
		t.Logf("corpus distgit/sources: %v: %d cases, %d differ", r, cases, differ[r])
	}
	t.Logf("corpus distgit/sources: checked: %d of %d files read alike by all", strict, cases)
}

func judgeSources(data []byte, reading distgit.SourcesReading, want sourcesAnswer) string {
	s, err := distgit.ParseSources("sources", data, reading)
	if !want.OK {
		e, ok := errors.AsType[*distgit.SourcesError](err)
		if !ok {
			return fmt.Sprintf("refused there, here %v", err)
		}
		lines := strings.SplitAfter(string(data), "\n")
		if want.Line != nil && strings.TrimSpace(lines[e.Line-1]) != strings.TrimSpace(*want.Line) {
			return fmt.Sprintf("refused for %q, here for line %d", *want.Line, e.Line)
		}
		if want.Error == "not utf-8" != strings.Contains(e.Msg, "UTF-8") {
			return fmt.Sprintf("refused as %q, here as %v", want.Error, e)
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	var w, g []string
	for _, e := range want.Entries {
		w = append(w, fmt.Sprint(e))
	}
	for _, e := range s.Entries() {
		// The recording is text: bytes that are not were replaced.
		g = append(g, fmt.Sprintf("{%s %s %s}", e.HashType, strings.ToValidUTF8(e.File, "\ufffd"), e.Hash))
	}
	if fmt.Sprint(w) != fmt.Sprint(g) {
		return fmt.Sprintf("entries %v, here %v", w, g)
	}
	if want.Rewritten != nil && *want.Rewritten != string(s.Rewritten()) {
		return fmt.Sprintf("rewritten as %q, here %q", *want.Rewritten, s.Rewritten())
	}
	return ""
}
