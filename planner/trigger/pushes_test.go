// SPDX-License-Identifier: MIT

package trigger_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// bodhi makes an event of Bodhi at a minute; minute 0 has no time.
func bodhi(t *testing.T, minute int, topic, body string) trigger.Event {
	t.Helper()
	stamp := ""
	if minute > 0 {
		stamp = fmt.Sprintf(`"headers":{"sent-at":"2024-01-05T12:%02d:00+00:00"},`, minute)
	}
	ev, err := trigger.Decode([]byte(`{"topic":"org.fedoraproject.prod.bodhi.` + topic + `",` + stamp + `"body":` + body + `}`))
	require.NoError(t, err)
	require.NotNil(t, ev.Payload)
	return ev
}

func lines(p trigger.Pushes) string {
	var b strings.Builder
	for _, r := range p {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

func TestTheLastPushOfEachRepository(t *testing.T) {
	const test, stable = `{"repo":"f41-updates-testing"`, `{"repo":"f41-updates"`
	at := func(minute int, topic, body string) trigger.Event { return bodhi(t, minute, topic, body) }
	for name, c := range map[string]struct {
		events []trigger.Event
		want   string
	}{
		"under way": {[]trigger.Event{at(1, "compose.composing", test+`,"ctype":"rpm","updates":["a-1-1.fc41","b-1-1.fc41"]}`), at(2, "compose.sync.wait", test+`}`)},
			"f41 testing: under way: sync.wait, updates: 2\n"},
		"ended, requests apart": {[]trigger.Event{at(1, "compose.composing", test+`,"updates":["a-1-1.fc41"]}`), at(2, "compose.composing", stable+`}`), at(3, "compose.complete", test+`,"success":true}`), at(4, "compose.complete", stable+`,"success":false}`)},
			"f41 stable: failed 2024-01-05T12:04:00Z\nf41 testing: succeeded 2024-01-05T12:03:00Z, updates: 1\n"},
		"a failure hides no success": {[]trigger.Event{at(1, "compose.complete", test+`,"success":true}`), at(2, "compose.complete", test+`,"success":false}`)},
			"f41 testing: failed 2024-01-05T12:02:00Z, the last good one 2024-01-05T12:01:00Z\n"},
		"a repetition and a late message": {[]trigger.Event{at(1, "compose.composing", test+`}`), at(3, "compose.complete", test+`,"success":true}`), at(3, "compose.complete", test+`,"success":true}`), at(2, "compose.composing", test+`}`)},
			"f41 testing: succeeded 2024-01-05T12:03:00Z\n"},
		"the next push": {[]trigger.Event{at(1, "compose.complete", test+`,"success":true}`), at(2, "compose.sync.done", test+`}`)},
			"f41 testing: under way: sync.done, the last good one 2024-01-05T12:01:00Z\n"},
		"older services": {[]trigger.Event{at(0, "mashtask.mashing", `{"repo":"dist-6E-epel"}`), at(0, "mashtask.complete", `{"repo":"dist-6E-epel","success":false}`), at(0, "mashtask.mashing", `{"repo":"epel7-testing"}`), at(0, "repo.done", `{"repo":"epel7-testing","path":"/mnt"}`)},
			"epel6 stable: failed at an unknown time\nepel7 testing: under way: done\n"},
		"mirrored": {[]trigger.Event{at(1, "compose.complete", `{"repo":"f30-modular-updates","success":true}`), at(9, "updates.fedora.sync", `{"release":"30m","repo":"updates","bytes":"1 MiB"}`), at(5, "updates.fedora.sync", `{"release":"30m","repo":"updates"}`), at(7, "updates.epel.sync", `{"release":"7","repo":"epel-testing"}`)},
			"epel7 testing: no push heard of, mirrored 2024-01-05T12:07:00Z\nf30-modular stable: succeeded 2024-01-05T12:01:00Z, mirrored 2024-01-05T12:09:00Z\n"},
		"messages of no repository": {[]trigger.Event{at(1, "compose.start", `{"agent":"me"}`), at(2, "update.edit", `{"agent":"me"}`)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var p trigger.Pushes
			for _, ev := range c.events {
				before := slices.Clone(p)
				next := p.Add(ev)
				assert.Equal(t, before, p, "what was given is not altered")
				p = next
			}
			assert.Equal(t, c.want, lines(p))
			stored, err := json.Marshal(p)
			require.NoError(t, err)
			var back trigger.Pushes
			require.NoError(t, json.Unmarshal(stored, &back))
			assert.Equal(t, p, back)
		})
	}
}

// TestCorpusPushes folds the recorded messages of Bodhi, in the order of their
// times: each push that a message tells of is there with what it says.
func TestCorpusPushes(t *testing.T) {
	dir := corpus(t)
	var events []trigger.Event
	for _, folder := range []string{"bus-fedmsg", "bus-fedora-messaging"} {
		for _, s := range samples(t, dir, folder) {
			ev, err := trigger.Decode(s.raw)
			require.NoError(t, err, s.name)
			events = append(events, ev)
		}
	}
	slices.SortStableFunc(events, func(a, b trigger.Event) int { return a.Time.Compare(b.Time) })
	var p trigger.Pushes
	cases, differ := 0, 0
	for _, ev := range events {
		body := map[string]any{}
		_ = json.Unmarshal(ev.Body, &body)
		topic := trigger.ParseTopic(ev.Topic).String()
		p = p.Add(ev)
		repo, _ := body["repo"].(string)
		told := strings.HasPrefix(topic, "bodhi.compose.") || strings.HasPrefix(topic, "bodhi.mashtask.")
		if !told || repo == "" {
			continue
		}
		cases++
		i := slices.IndexFunc(p, func(r trigger.RepoPushes) bool { return r.Last.Repo == repo })
		if i < 0 || !strings.HasSuffix(topic, "."+p[i].Last.Step) || !p[i].Last.Heard.Equal(ev.Time) || (p[i].Request == "testing") != strings.HasSuffix(repo, "-testing") {
			differ++
			t.Errorf("%s of %s: %+v", topic, repo, p)
			continue
		}
		last := p[i].Last
		updates, _ := json.Marshal(last.Updates)
		if want, ok := body["updates"]; ok {
			if text, _ := json.Marshal(want); string(text) != string(updates) {
				differ++
				t.Errorf("%s of %s: updates %s, not %s", topic, repo, updates, text)
			}
		}
		if want, ok := body["success"].(bool); ok && (last.Success == nil || *last.Success != want) {
			differ++
			t.Errorf("%s of %s: success is not %v", topic, repo, want)
		}
	}
	t.Logf("corpus ecosystem/updates pushes: %d cases, %d differ", cases, differ)
}
