// SPDX-License-Identifier: MIT

package trigger_test

import (
	"encoding/json"
	"fmt"
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
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// corpus returns the folder of the ecosystem's samples.
func corpus(t *testing.T) string {
	t.Helper()
	return golden.Corpus(t, "ecosystem")
}

// schemaTopics are the topics of samples that are bodies only, by the schema
// in their file name.
var schemaTopics = map[string]string{
	"build": "buildsys.build.state.change", "package": "buildsys.package.list.change", "repo": "buildsys.repo.done",
	"rpm": "buildsys.rpm.sign", "tag": "buildsys.tag", "task": "buildsys.task.state.change",
}

// sample is one message of the corpus.
type sample struct {
	name     string
	raw      json.RawMessage
	body     any
	callback string
	kwargs   json.RawMessage
}

// samples reads one folder: each file is a message, or a list of them.
func samples(t *testing.T, dir, folder string) []sample {
	t.Helper()
	var out []sample
	root := filepath.Join(dir, folder)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		if folder == "mbs" && !strings.Contains(filepath.Base(path), "trace") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		i := 0
		for raw, err := range trigger.Split(data) {
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			s := sample{name: name, raw: raw}
			if folder == "mbs" {
				s.name = fmt.Sprintf("%s#%d", name, i)
			}
			i++
			var file map[string]json.RawMessage
			if err := json.Unmarshal(raw, &file); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			_ = json.Unmarshal(file["hub_callback"], &s.callback)
			s.kwargs = file["hub_callback_kwargs"]
			if schema, ok := strings.CutPrefix(filepath.Base(path), "schema-"); ok && file["topic"] == nil {
				schema, _, _ = strings.Cut(schema, "--")
				file["topic"], _ = json.Marshal(schemaTopics[schema])
				s.raw, _ = json.Marshal(file)
			}
			s.body = innerBody(t, file)
			out = append(out, s)
		}
		return nil
	}))
	return out
}

// innerBody finds the body by the shape of the file, without the decoder.
func innerBody(t *testing.T, file map[string]json.RawMessage) any {
	t.Helper()
	raw := file["msg"]
	if raw == nil {
		raw = file["body"]
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw, &inner) == nil && inner["msg"] != nil && file["id"] == nil {
			raw = inner["msg"]
		}
	}
	if raw == nil {
		bare := maps.Clone(file)
		delete(bare, "topic")
		raw, _ = json.Marshal(bare)
	}
	return golden.JSON(t, raw)
}

func TestCorpusBus(t *testing.T) {
	dir := corpus(t)
	for _, folder := range []string{"bus-fedmsg", "bus-fedora-messaging", "ci-messages", "freshmaker", "mbs"} {
		differ, typed, passed := 0, map[string]int{}, map[string]int{}
		all := samples(t, dir, folder)
		for _, s := range all {
			ev, err := trigger.Decode(s.raw)
			if err != nil {
				differ++
				t.Errorf("%s: %v", s.name, err)
				continue
			}
			topic := trigger.ParseTopic(ev.Topic).String()
			if ev.Payload == nil {
				passed[topic]++
			} else {
				typed[topic]++
			}
			again, err := ev.EncodeBody()
			if err != nil || !reflect.DeepEqual(golden.JSON(t, again), s.body) {
				differ++
				t.Errorf("%s: the body does not come out as it went in (%v):\n%s", s.name, err, again)
			}
			if ev.Mismatch != nil {
				t.Logf("%s: %v", s.name, ev.Mismatch)
			}
		}
		t.Logf("corpus ecosystem/%s: %d cases, %d differ", folder, len(all), differ)
		report(t, folder, "typed", typed)
		report(t, folder, "passed through", passed)
	}
}

func report(t *testing.T, folder, what string, counts map[string]int) {
	t.Helper()
	sum := 0
	var b strings.Builder
	for _, topic := range slices.Sorted(maps.Keys(counts)) {
		sum += counts[topic]
		fmt.Fprintf(&b, " %s %d", topic, counts[topic])
	}
	t.Logf("%s %s: %d messages of %d topics:%s", folder, what, sum, len(counts), b.String())
}

func TestCorpusHubCallbacks(t *testing.T) {
	dir := corpus(t)
	cases, differ := 0, 0
	for _, s := range samples(t, dir, "bus-fedora-messaging") {
		if s.callback == "" {
			continue
		}
		cases++
		ev, err := trigger.Decode(s.raw)
		require.NoError(t, err, s.name)
		got, err := hubOf(ev.Payload).Event(s.callback, s.kwargs)
		require.NoError(t, err, s.name)
		a, err := json.Marshal(ev.Payload)
		require.NoError(t, err)
		b, err := json.Marshal(got)
		require.NoError(t, err)
		if !reflect.DeepEqual(golden.JSON(t, a), golden.JSON(t, b)) {
			differ++
			t.Errorf("%s:\nfrom the bus %s\nfrom the hub %s", s.name, a, b)
		}
	}
	t.Logf("corpus ecosystem/hub callbacks: %d cases, %d differ", cases, differ)
}

// hubOf is the hub that published a message: its settings, and what it answers
// about users and tasks, none of which is in the callback's arguments.
func hubOf(p trigger.Payload) trigger.Hub {
	h := trigger.Hub{Instance: "primary"}
	answer := func(base string, owner trigger.Name) {
		h.BaseURL = base
		h.User = func(int64) string { return string(owner) }
	}
	switch p := p.(type) {
	case *trigger.Build:
		answer(p.BaseURL, p.Owner)
		h.Task = func(int64) ([]json.RawMessage, *trigger.TaskInfo) { return p.Request, p.Task }
	case *trigger.Task:
		answer(p.BaseURL, p.Owner)
		h.Task = func(int64) ([]json.RawMessage, *trigger.TaskInfo) { return nil, p.Info }
	case *trigger.Tag:
		answer(p.BaseURL, p.Owner)
	case *trigger.PackageList:
		answer(p.BaseURL, p.Owner)
	case *trigger.Repo:
		answer(p.BaseURL, "")
	case *trigger.Sign:
		answer(p.BaseURL, "")
	}
	return h
}
