// SPDX-License-Identifier: MIT

package compose_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
)

func corpus(t *testing.T, sub string) string {
	return golden.Corpus(t, "ecosystem", sub)
}

// TestCorpusMetadata reads, validates and writes every metadata file. Files
// whose name says that they are invalid must be told so, all others not.
func TestCorpusMetadata(t *testing.T) {
	for _, sub := range []string{"productmd", "pungi", "compose-pair"} {
		dir := corpus(t, sub)
		n, differ, other := map[string]int{}, map[string]int{}, 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			var kind, complaint string
			switch base := d.Name(); {
			case strings.HasSuffix(base, "discinfo"):
				kind, complaint = "discinfo", discinfo(data)
			case strings.HasSuffix(base, "treeinfo"):
				kind, complaint = "treeinfo", treeinfo(data)
			case strings.HasSuffix(base, ".json") && (bytes.Contains(data, []byte(`"header"`)) || strings.HasSuffix(base, "osbs.json")):
				kind, complaint = document(t, base, data)
			default:
				other++
				return nil
			}
			n[kind]++
			if complaint != "" {
				differ[kind]++
				t.Errorf("%s: %s", path, complaint)
			}
			return nil
		})
		require.NoError(t, err)
		require.NotEmpty(t, n)
		for _, kind := range slices.Sorted(maps.Keys(n)) {
			t.Logf("corpus ecosystem/%s %s: %d cases, %d differ", sub, kind, n[kind], differ[kind])
		}
		t.Logf("corpus ecosystem/%s: %d files are no compose metadata", sub, other)
	}
}

func document(t *testing.T, base string, data []byte) (kind, complaint string) {
	doc, err := compose.Parse(base, data)
	if err != nil {
		return "unread", err.Error()
	}
	err = doc.Validate()
	if strings.HasPrefix(base, "invalid") != (err != nil) {
		return doc.Kind(), "validation says: " + errText(err)
	}
	var b bytes.Buffer
	if err := compose.Write(&b, doc); err != nil {
		return doc.Kind(), err.Error()
	}
	if !reflect.DeepEqual(golden.JSON(t, data), golden.JSON(t, b.Bytes())) {
		return doc.Kind(), "written JSON differs"
	}
	return doc.Kind(), ""
}

func errText(err error) string {
	if err == nil {
		return "nothing"
	}
	return err.Error()
}

func discinfo(data []byte) string {
	d, err := compose.ParseDiscInfo(data)
	switch {
	case err != nil:
		return err.Error()
	case d.Validate() != nil:
		return d.Validate().Error()
	case string(d.Bytes()) != string(data):
		return "written bytes differ"
	}
	return ""
}

// tidy is the documented normalisation, done apart: no space around lines and
// the first "=", no empty lines.
func tidy(data []byte) string {
	var out []string
	for l := range strings.SplitSeq(string(data), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if k, v, ok := strings.Cut(l, "="); ok && l[0] != ';' && l[0] != '#' && l[0] != '[' {
			l = strings.TrimSpace(k) + " = " + strings.TrimSpace(v)
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

func treeinfo(data []byte) string {
	d, err := compose.ParseTreeInfo(data)
	switch {
	case err != nil:
		return err.Error()
	case d.Validate() != nil:
		return d.Validate().Error()
	case tidy(d.Bytes()) != tidy(data):
		return "written bytes differ"
	}
	return ""
}

// TestCorpusComposePair compares the answers about each folder of composes
// with EXPECTED.json beside them, member for member.
func TestCorpusComposePair(t *testing.T) {
	dir := corpus(t, "compose-pair")
	files, err := filepath.Glob(filepath.Join(dir, "*", "EXPECTED.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	cases, differ := 0, 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		want := golden.JSON(t, raw).(map[string]any)
		delete(want, "note") // prose
		have := answers(t, filepath.Dir(file))
		for name, w := range want {
			cases++
			if h, ok := have[name]; !ok || !reflect.DeepEqual(w, h) {
				differ++
				t.Errorf("%s: %s:\nwant %v\nhave %v", file, name, w, h)
			}
		}
	}
	t.Logf("corpus ecosystem/compose-pair: %d cases, %d differ", cases, differ)
}

func answers(t *testing.T, dir string) map[string]any {
	ctx := t.Context()
	c := compose.NewDirClient(os.DirFS(dir))
	found, err := c.List(ctx, compose.Query{})
	require.NoError(t, err)
	require.NotEmpty(t, found)
	q := compose.Query{Prefix: found[0].ID.Prefix, Type: found[0].ID.Type}
	good, err := c.LastGood(ctx, q)
	require.NoError(t, err)
	q.Status = []compose.Status{compose.Finished}
	full, err := c.LastGood(ctx, q)
	require.NoError(t, err)
	var notGood, goods []string
	for _, f := range found {
		if f.Status.Good() {
			goods = append(goods, f.Name)
		} else {
			notGood = append(notGood, f.Name)
		}
	}
	require.GreaterOrEqual(t, len(goods), 2)
	// The pair is the last two good ones.
	d, err := c.Diff(ctx, goods[len(goods)-2], goods[len(goods)-1])
	require.NoError(t, err)
	raw, err := json.Marshal(d)
	require.NoError(t, err)
	have := golden.JSON(t, raw).(map[string]any)
	raw, err = json.Marshal(map[string]any{"last_good": good.Name, "last_fully_good": full.Name, "not_good": notGood})
	require.NoError(t, err)
	maps.Copy(have, golden.JSON(t, raw).(map[string]any))
	return have
}
