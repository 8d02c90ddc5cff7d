// SPDX-License-Identifier: MIT

package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

const tagBody = `{"tag":"f41","name":"zlib","version":"1.3","release":"2.fc41","tag_id":7,"instance":"primary","owner":null,"new_member":{"a":[1]}}`

func TestEveryEnvelopeCarriesTheSameBody(t *testing.T) {
	const topic = `"topic":"org.fedoraproject.prod.buildsys.tag"`
	for name, c := range map[string]struct {
		raw, id string
		sent    string
	}{
		"fedmsg":           {`{` + topic + `,"msg_id":"2017-a","timestamp":1500000000.25,"i":1,"msg":` + tagBody + `}`, "2017-a", "2017-07-14T02:40:00.25Z"},
		"fedora-messaging": {`{` + topic + `,"id":"u-1","queue":null,"headers":{"sent-at":"2024-01-05T12:00:03+00:00"},"body":` + tagBody + `}`, "u-1", "2024-01-05T12:00:03Z"},
		"a bridge":         {`{` + topic + `,"headers":{"message-id":"m-1"},"body":{"msg":` + tagBody + `}}`, "m-1", ""},
		"a bare body":      {`{` + topic + `,` + tagBody[1:], "", ""},
		"no envelope data": {`{` + topic + `,"body":` + tagBody + `}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			ev, err := trigger.Decode([]byte(c.raw))
			require.NoError(t, err)
			assert.Equal(t, c.id, ev.ID)
			if c.sent != "" {
				assert.Equal(t, c.sent, ev.Time.Format(time.RFC3339Nano))
			}
			p, ok := ev.Payload.(*trigger.Tag)
			require.True(t, ok)
			assert.Equal(t, "zlib-1.3-2.fc41", p.NVR())
			again, err := ev.EncodeBody()
			require.NoError(t, err)
			assert.JSONEq(t, tagBody, string(again))
			extra, err := ev.Extra()
			require.NoError(t, err)
			assert.Equal(t, map[string]json.RawMessage{"owner": json.RawMessage("null"), "new_member": json.RawMessage(`{"a":[1]}`)}, extra)

			kept, err := json.Marshal(ev.Message)
			require.NoError(t, err)
			back, err := trigger.Decode(kept)
			require.NoError(t, err)
			assert.Equal(t, ev.Payload, back.Payload)
			assert.True(t, ev.Time.Equal(back.Time))
		})
	}
}

func TestTopicsAreReadBehindAnyPrefix(t *testing.T) {
	for topic, want := range map[string]trigger.Topic{
		"org.fedoraproject.stg.buildsys.tag":             {Prefix: "org.fedoraproject", Env: "stg", App: "buildsys", Event: "tag"},
		"io.pagure.prod.pagure.git.receive":              {Prefix: "io.pagure", Env: "prod", App: "pagure", Event: "git.receive"},
		"org.fedoraproject.prod.trac.git.receive":        {Prefix: "org.fedoraproject", Env: "prod", App: "trac", Event: "git.receive"},
		"/topic/VirtualTopic.eng.ci.brew-build.test.run": {Prefix: "VirtualTopic.eng", App: "ci", Event: "brew-build.test.run"},
		"com.example.koji.buildsys.repo.done":            {Prefix: "com.example.koji", App: "buildsys", Event: "repo.done"},
		"buildsys.tag":                                   {App: "buildsys", Event: "tag"},
		"weather":                                        {App: "weather"},
	} {
		assert.Equal(t, want, trigger.ParseTopic(topic), topic)
	}
}

func TestTopicPatterns(t *testing.T) {
	topic := trigger.Topic{App: "a", Event: "b.c"}
	for pattern, want := range map[string]bool{
		"#": true, "a.#": true, "a.b.c.#": true, "a.*.c": true, "#.c": true, "a.b": false, "*": false, "a.*": false, "#.b": false, "a.#.c": true, "a.b.#.c": true,
	} {
		assert.Equal(t, want, topic.Matches(pattern), pattern)
	}
}

func TestTimesOfAllServices(t *testing.T) {
	for text, want := range map[string]string{
		"2024-01-05T12:00:03Z":       "2024-01-05T12:00:03Z",
		"2024-01-05T13:10:01.512345": "2024-01-05T13:10:01.512345Z",
		"2019-06-06 03:31:44":        "2019-06-06T03:31:44Z",
		"2015-12-16 17:14:21 UTC":    "2015-12-16T17:14:21Z",
		"2015-06-22 14:04:41.44985":  "2015-06-22T14:04:41.44985Z",
		"2023-06-09T09:32:16+02:00":  "2023-06-09T07:32:16Z",
		"1472670725.5":               "2016-08-31T19:12:05.5Z",
	} {
		got, ok := trigger.ParseTime(text)
		require.True(t, ok, text)
		assert.Equal(t, want, got.Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{"", "soon", "NaN", "-1", "1e300"} {
		_, ok := trigger.ParseTime(text)
		assert.False(t, ok, text)
	}
}

func TestEventsBecomeChanges(t *testing.T) {
	routes := trigger.Routes{
		{Pattern: "f4*", Release: "fedora-{}"},
		{Place: trigger.PlaceBranch, Pattern: "f41", Release: "eln"},
		{Place: trigger.PlaceTag, Pattern: "f41*", Release: "fedora-f41"},
		{Place: trigger.PlaceDist, Pattern: "fc41", Release: "fedora-f41"},
		{Place: trigger.PlaceStream, Pattern: "*", Release: "fedora-f41"},
		{Place: trigger.PlaceUpdate, Pattern: "F41", Release: "fedora-f41"},
		{Place: trigger.PlaceCompose, Pattern: "Fedora-41-*", Release: "fedora-f41"},
	}
	require.NoError(t, routes.Check())
	const build = `"name":"zlib","version":"1.3","release":"2.fc41"`
	for name, c := range map[string]struct{ topic, body, want string }{
		"a commit, in both releases of its branch": {"git.receive", `{"commit":{"repo":"zlib","namespace":"rpms","branch":"f41","rev":"ab"}}`, "eln source [rpms/zlib], fedora-f41 source [rpms/zlib]"},
		"a branch in the topic":                    {"git.receive.zlib.f42", `{"commit":{"rev":"ab"}}`, "fedora-f42 source [rpms/zlib]"},
		"a commit in another forge":                {"trac.git.receive", `{"commit":{"repo":"zlib","branch":"f41","rev":"ab"}}`, ""},
		"a commit of a branch of nobody":           {"git.receive", `{"commit":{"repo":"zlib","branch":"private","rev":"ab"}}`, ""},
		"a retirement":                             {"git.receive", `{"commit":{"repo":"zlib","branch":"f42","rev":"ab","stats":{"files":{"dead.package":{"additions":1,"deletions":0}}}}}`, "fedora-f42 retired [rpms/zlib]"},
		"a module's commit":                        {"git.receive", `{"commit":{"repo":"nodejs","namespace":"modules","branch":"18","rev":"ab"}}`, "fedora-f41 source [modules/nodejs:18]"},
		"a push to Pagure":                         {"pagure.git.receive", `{"repo":{"name":"zlib","namespace":"rpms"},"branch":"refs/heads/f42","end_commit":"ab"}`, "fedora-f42 source [rpms/zlib]"},
		"a push to a fork":                         {"pagure.git.receive", `{"repo":{"name":"zlib","namespace":"rpms","parent":{"id":1}},"branch":"f42","end_commit":"ab"}`, ""},
		"a build":                                  {"buildsys.build.state.change", `{` + build + `,"old":0,"new":1}`, "fedora-f41 built [rpms/zlib]"},
		"a failed build":                           {"buildsys.build.state.change", `{` + build + `,"old":0,"new":3}`, "fedora-f41 failed [rpms/zlib]"},
		"a build that starts":                      {"buildsys.build.state.change", `{` + build + `,"old":null,"new":0}`, ""},
		"a build on a secondary hub":               {"buildsys.build.state.change", `{` + build + `,"new":1,"instance":"s390"}`, ""},
		"a tagging":                                {"buildsys.tag", `{"tag":"f41-updates",` + build + `}`, "fedora-f41 available [rpms/zlib]"},
		"an untagging":                             {"buildsys.untag", `{"tag":"f41-updates",` + build + `}`, "fedora-f41 withdrawn [rpms/zlib]"},
		"a repo":                                   {"buildsys.repo.done", `{"tag":"f41-build","repo_id":9}`, "fedora-f41 available [buildroot/f41-build]"},
		"a ready module":                           {"mbs.module.state.change", `{"name":"nodejs","stream":"18","version":"1","context":"c0","state":5}`, "fedora-f41 available [modules/nodejs:18]"},
		"a module of the prototype":                {"rida.module.state.change", `{"name":"testmodule","version":"4.3","release":"4","state":5}`, "fedora-f41 available [modules/testmodule:4.3]"},
		"a module that waits":                      {"mbs.module.state.change", `{"name":"nodejs","stream":"18","state":1}`, ""},
		"a compose":                                {"pungi.compose.status.change", `{"compose_id":"Fedora-41-20240101.0","status":"FINISHED_INCOMPLETE"}`, "fedora-f41 available [composes/Fedora-41-20240101.0]"},
		"a stable update":                          {"bodhi.update.complete.stable", `{"update":{"builds":[{"nvr":"a-1-1.fc41"},{"nvr":"b-c-1-1.fc41"}],"release":{"name":"F41"}}}`, "fedora-f41 available [rpms/a], fedora-f41 available [rpms/b-c]"},
		"a failed check":                           {"ci.koji-build.test.complete", `{"artifact":{"nvr":"a-1-1.fc41"},"test":{"result":"failed"}}`, "fedora-f41 refused [rpms/a]"},
		"a check of a scratch build":               {"ci.koji-build.test.complete", `{"artifact":{"nvr":"a-1-1.fc41","scratch":"true"},"test":{"result":"failed"}}`, ""},
		"a check under way":                        {"ci.koji-build.test.running", `{"artifact":{"nvr":"a-1-1.fc41"}}`, ""},
		"a check of a module":                      {"ci.redhat-module.test.complete", `{"artifact":{"type":"redhat-module","nsvc":"go:rhel8:1:c"},"status":"passed"}`, "fedora-f41 passed [modules/go:rhel8]"},
		"a result":                                 {"resultsdb.result.new", `{"outcome":"PASSED","testcase":{"name":"t"},"data":{"item":["a-1-1.fc41"],"type":["koji_build"]}}`, "fedora-f41 passed [rpms/a]"},
		"a misspelt decision":                      {"greenwave.decision.update", `{"policies_satisified":false,"subject":[{"item":"a-1-1.fc41","type":"koji_build"}]}`, "fedora-f41 refused [rpms/a]"},
	} {
		t.Run(name, func(t *testing.T) {
			ev, err := trigger.Decode([]byte(`{"topic":"org.fedoraproject.prod.` + c.topic + `","msg":` + c.body + `}`))
			require.NoError(t, err)
			require.NotNil(t, ev.Payload)
			var got []string
			for _, ch := range routes.Changes(ev) {
				var names []string
				for _, id := range ch.IDs {
					names = append(names, string(id))
				}
				got = append(got, ch.Release+" "+ch.Effect.String()+" ["+strings.Join(names, " ")+"]")
			}
			assert.Equal(t, c.want, strings.Join(got, ", "))
			again, err := ev.EncodeBody()
			require.NoError(t, err)
			assert.JSONEq(t, c.body, string(again))
		})
	}
}

func TestStatesAreNamed(t *testing.T) {
	assert.Equal(t, "complete BuildState(9)", trigger.BuildComplete.String()+" "+trigger.BuildState(9).String())
	assert.Equal(t, "ready ModuleState(-1)", trigger.ModuleReady.String()+" "+trigger.ModuleState(-1).String())
	assert.Equal(t, "retired Effect(99)", trigger.EffectRetired.String()+" "+trigger.Effect(99).String())
}

func TestBadRoutesAreNamed(t *testing.T) {
	for _, r := range []trigger.Route{{Pattern: "[", Release: "a"}, {Pattern: "f41"}, {Pattern: "a", Release: "a", Place: "moon"}} {
		require.ErrorIs(t, trigger.Routes{r}.Check(), trigger.ErrInvalid)
	}
}

func TestAWrongTypeIsNamedAndKept(t *testing.T) {
	ev, err := trigger.Decode([]byte(`{"topic":"buildsys.tag","body":{"tag":"f41","name":"a","tag_id":"seven"}}`))
	require.NoError(t, err)
	require.Error(t, ev.Mismatch)
	again, err := ev.EncodeBody()
	require.NoError(t, err)
	assert.JSONEq(t, `{"tag":"f41","name":"a","tag_id":"seven"}`, string(again))
}

func TestHandlersRunInOrderAndAloneFromEachOther(t *testing.T) {
	var log []string
	note := func(name string, err error) func(context.Context, trigger.Event) ([]trigger.Event, error) {
		return func(_ context.Context, ev trigger.Event) ([]trigger.Event, error) {
			log = append(log, name+" "+ev.Topic)
			return nil, err
		}
	}
	first := 0
	bad := errors.New("no disk")
	d, err := trigger.NewDispatcher(
		trigger.Handler{Name: "last", Handle: note("last", nil)},
		trigger.Handler{Name: "tags", Topics: []string{"buildsys.*"}, Handle: note("tags", bad)},
		trigger.Handler{Name: "panics", Handle: func(context.Context, trigger.Event) ([]trigger.Event, error) { panic("oops") }},
		trigger.Handler{Name: "first", Order: &first, Handle: func(_ context.Context, ev trigger.Event) ([]trigger.Event, error) {
			log = append(log, "first "+ev.Topic)
			if ev.Topic != "buildsys.tag" {
				return nil, nil
			}
			return []trigger.Event{{Message: trigger.Message{Topic: "internal"}}}, nil
		}},
	)
	require.NoError(t, err)
	failures := d.Dispatch(t.Context(), trigger.Event{Message: trigger.Message{Topic: "buildsys.tag"}})
	assert.Equal(t, []string{"first buildsys.tag", "last buildsys.tag", "tags buildsys.tag", "first internal", "last internal"}, log)
	require.Len(t, failures, 3)
	require.ErrorIs(t, failures[0], bad)
	assert.Equal(t, "panics", failures[1].Handler)

	_, err = trigger.NewDispatcher(trigger.Handler{Name: "a", Handle: note("", nil)}, trigger.Handler{Name: "a", Handle: note("", nil)})
	require.ErrorIs(t, err, trigger.ErrInvalid)
}

func TestHandlersThatFeedEachOtherEnd(t *testing.T) {
	calls := 0
	d, err := trigger.NewDispatcher(trigger.Handler{Name: "echo", Handle: func(_ context.Context, ev trigger.Event) ([]trigger.Event, error) {
		calls++
		return []trigger.Event{ev}, nil
	}})
	require.NoError(t, err)
	d.MaxEvents = 10
	assert.Len(t, d.Dispatch(t.Context(), trigger.Event{}), 1)
	assert.Equal(t, 10, calls)
}

func TestChangesAreCollected(t *testing.T) {
	d := trigger.Debounce{Quiet: time.Minute, Most: 3 * time.Minute}
	at := func(seconds int) time.Time { return time.Unix(int64(seconds), 0).UTC() }
	change := func(id planner.ID) trigger.Change {
		return trigger.Change{Release: "f41", Effect: trigger.EffectAvailable, IDs: []planner.ID{id}, Artifact: string(id)}
	}
	var b []trigger.Batch
	b = d.Add(b, change("rpms/b"), at(0))
	b = d.Add(b, change("rpms/a"), at(50))
	b = d.Add(b, change("rpms/a"), at(55))
	require.Len(t, b, 1)
	assert.Equal(t, at(110), d.Due(b[0]), "a repetition does not prolong the wait")
	assert.Equal(t, []planner.ID{"rpms/a", "rpms/b"}, b[0].IDs())
	stored, err := json.Marshal(b)
	require.NoError(t, err)
	var back []trigger.Batch
	require.NoError(t, json.Unmarshal(stored, &back))
	assert.Equal(t, b, back)
	due, waiting := d.Take(b, at(109))
	assert.Empty(t, due)
	assert.Len(t, waiting, 1)
	for s := 100; s < 180; s += 20 {
		b = d.Add(b, change(planner.ID("rpms/c"+at(s).String())), at(s))
	}
	assert.Equal(t, at(180), d.Due(b[0]), "the first change does not wait for ever")
	due, waiting = d.Take(b, at(180))
	assert.Len(t, due, 1)
	assert.Empty(t, waiting)
}

func TestAReplayIsSplit(t *testing.T) {
	for name, text := range map[string]string{
		"lines":       "{\"a\":1}\n{\"a\":2}\n",
		"an array":    `[{"a":1},{"a":2}]`,
		"datagrepper": `{"raw_messages":[{"a":1},{"a":2}],"total":2,"pages":1}`,
	} {
		var got []string
		for raw, err := range trigger.Split([]byte(text)) {
			require.NoError(t, err, name)
			got = append(got, string(raw))
		}
		assert.Equal(t, []string{`{"a":1}`, `{"a":2}`}, got, name)
	}
}

func TestHubCallbacksOfOthersAreRefused(t *testing.T) {
	_, err := trigger.Hub{}.Event("postImport", nil)
	require.ErrorIs(t, err, trigger.ErrInvalid)
	_, err = trigger.Hub{}.Event("postTag", json.RawMessage(`{"tag":`))
	require.ErrorIs(t, err, trigger.ErrMalformed)
	p, err := trigger.Hub{Instance: "primary"}.Event("postTag", json.RawMessage(`{"tag":{"id":1,"name":"f41"},"build":{"id":2,"name":"a","version":"1","release":"1.fc41","owner_name":"me"},"user":{"name":"you"}}`))
	require.NoError(t, err)
	assert.Equal(t, &trigger.Tag{Tag: "f41", TagID: 1, BuildID: 2, Name: "a", Version: "1", Release: "1.fc41", Owner: "me", User: "you", Instance: "primary"}, p)
}

func TestEveryListedTopicHasAPayload(t *testing.T) {
	topics := trigger.Topics()
	assert.True(t, slices.IsSorted(topics))
	for _, pattern := range topics {
		topic := "org.example.prod." + strings.NewReplacer("*", "x", "#", "x").Replace(pattern)
		ev, err := trigger.Decode([]byte(`{"topic":"` + topic + `","msg":{}}`))
		if err != nil {
			require.ErrorIs(t, err, trigger.ErrMalformed, pattern)
			continue
		}
		assert.NotNil(t, ev.Payload, pattern)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"topic":"buildsys.tag","msg":` + tagBody + `}`))
	f.Add([]byte(`{"topic":"git.receive.a.b","msg_id":"1","timestamp":1.5,"msg":{"commit":{"rev":"ab","stats":{"files":{"a":{"lines":1}}}}}}`))
	f.Add([]byte(`{"topic":"/topic/VirtualTopic.eng.ci.x.test.complete","headers":{"message-id":"m"},"body":{"msg":{"artifact":{"builds":[{}]}}}}`))
	f.Add([]byte(`{"topic":"mbs.module.state.change","name":"a","state":5,"version":7}`))
	f.Add([]byte(`{"topic":"a.b","msg":{"x":"\"}{"},"body":[{}],"headers":{"sent-at":"x"},"severity":20,"i":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ev, err := trigger.Decode(data)
		if err != nil {
			require.ErrorIs(t, err, trigger.ErrMalformed)
			return
		}
		require.True(t, json.Valid(data), "what is no JSON is set aside")
		trigger.Routes{{Pattern: "*", Release: "r"}}.Changes(ev)
		body, err := ev.EncodeBody()
		require.NoError(t, err)
		kept, err := json.Marshal(ev.Message)
		require.NoError(t, err)
		back, err := trigger.Decode(kept)
		require.NoError(t, err)
		again, err := back.EncodeBody()
		require.NoError(t, err)
		require.JSONEq(t, string(body), string(again))
	})
}
