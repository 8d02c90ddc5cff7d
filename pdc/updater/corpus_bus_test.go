// SPDX-License-Identifier: MIT

package updater_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// TestCorpusMessages judges what messages lead to: the questions that their
// bodies, read without this package's types, ask for; and for a modulemd
// document, the row that the recorded server took for it.
func TestCorpusMessages(t *testing.T) {
	dir := golden.Corpus(t)
	golden.Judge(t, "pdc/messages", filepath.Join(dir, "pdc", "messages"), "*.json", func(data []byte) error { return judgeMessage(dir, data) })
}

func judgeMessage(dir string, data []byte) error {
	var raw struct {
		Topic    string
		Modulemd string `json:"modulemd_yaml"`
		Msg      struct {
			ID           int64
			Name, Stream string
			Version      string
			Context      string
			State        int
			Commit       struct{ Repo string }
		}
		Headers struct{ Tag, Name, Version, Release string }
		Body    struct {
			Msg struct {
				Build struct {
					BuildID int64 `json:"build_id"`
					ID      int64
					NVR     string
				}
				Tag struct{ Name string }
			}
		}
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if raw.Modulemd != "" {
		return judgeModulemd(dir, raw.Modulemd)
	}
	ev, err := trigger.Decode(data)
	if err != nil {
		return err
	}
	policy := updater.Policy{}
	var want []updater.Ask
	switch {
	case strings.HasSuffix(raw.Topic, "mbs.module.state.change"):
		m, ok := ev.Payload.(*trigger.Module)
		if !ok || m.StateName != m.State.String() || m.ID != raw.Msg.ID || m.NSVC() != strings.Join([]string{raw.Msg.Name, raw.Msg.Stream, raw.Msg.Version, raw.Msg.Context}, ":") || int(*m.State) != raw.Msg.State {
			return fmt.Errorf("read as %+v", ev.Payload)
		}
		want = []updater.Ask{{Kind: updater.KindModule, Module: m}}
	case strings.HasSuffix(raw.Topic, "brew.build.tag"):
		policy.Tags = map[string]string{raw.Body.Msg.Tag.Name: "rhel-9000"}
		if raw.Headers.Tag != raw.Body.Msg.Tag.Name {
			return fmt.Errorf("two tags: %q, %q", raw.Headers.Tag, raw.Body.Msg.Tag.Name)
		}
		h, b := raw.Headers, raw.Body.Msg.Build
		if nvr := h.Name + "-" + h.Version + "-" + h.Release; nvr != b.NVR || b.ID != b.BuildID {
			return fmt.Errorf("two builds: %s, %+v", nvr, b)
		}
		want = []updater.Ask{{Kind: updater.KindDependency, Release: "rhel-9000", BuildID: raw.Body.Msg.Build.BuildID}}
	case strings.HasSuffix(raw.Topic, "trac.git.receive"):
		policy.GroupRepos = map[string]string{"fedora-atomic": "atomic-docker-host"}
		if group, ok := policy.GroupRepos[raw.Msg.Commit.Repo]; ok {
			want = []updater.Ask{{Kind: updater.KindGroup, Group: group}}
		} else {
			return fmt.Errorf("no list of packages is in %q", raw.Msg.Commit.Repo)
		}
	default:
		return fmt.Errorf("no rule for topic %q", raw.Topic)
	}
	got, err := policy.Asks(ev)
	if err != nil || !reflect.DeepEqual(got, want) {
		return fmt.Errorf("asks %+v, %v; want %+v", got, err, want)
	}
	return nil
}

// judgeModulemd: the row for a module waiting to be built is one that the
// recorded server was sent, with the same document.
func judgeModulemd(dir, text string) error {
	files, err := filepath.Glob(filepath.Join(dir, "pdc", "recorded", "*.json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var x struct {
			Request struct {
				Method, Path string
				Body         json.RawMessage
			}
			Response struct{ Status int }
		}
		var body struct{ Name, Stream, Version, Context, Modulemd string }
		if json.Unmarshal(data, &x) != nil || x.Request.Method != http.MethodPost || !strings.HasSuffix(x.Request.Path, "/modules/") ||
			x.Response.Status != http.StatusCreated || json.Unmarshal(x.Request.Body, &body) != nil || body.Modulemd != text {
			continue
		}
		m := updater.Module{Name: body.Name, Stream: body.Stream, Version: body.Version, Context: body.Context, State: trigger.ModuleWait, Modulemd: text}
		found := updater.Owed(updater.Facts{Modules: []updater.Module{m}}, updater.Rows{}, updater.Policy{})
		if len(found) != 1 || canonical(found[0].Write.Fields) != canonical(x.Request.Body) {
			return fmt.Errorf("owed %v, want %s", found, x.Request.Body)
		}
		return nil
	}
	return fmt.Errorf("no recorded request has this document")
}

// TestCorpusListings judges the lists of pkgdb and FAS: read without loss,
// each collection of a release, each active account a person.
func TestCorpusListings(t *testing.T) {
	dir := golden.Corpus(t)
	differ, cases := 0, 0
	for _, file := range []string{"pkgdb-collections.json", "fas-user-list.json"} {
		data, err := os.ReadFile(filepath.Join(dir, "ecosystem", "rest-synthetic", file))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		cases++
		if err := judgeListing(data); err != nil {
			differ++
			t.Errorf("%s: %v", file, err)
		}
	}
	t.Logf("corpus ecosystem/rest-pkgdb and rest-fas: %d cases, %d differ", cases, differ)
}

func judgeListing(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if raw["collections"] == nil {
		approved, others, err := updater.ParseAccounts(data)
		if err != nil {
			return err
		}
		active := 0
		for _, a := range approved {
			if a.Status == "active" {
				active++
			}
		}
		if people := updater.PeopleOf(approved); len(people) != active {
			return fmt.Errorf("%d people of %d active accounts", len(people), active)
		}
		return errorsOf(golden.Held(raw["people"], approved), golden.Held(raw["unapproved_people"], others))
	}
	list, err := updater.ParseCollections(data)
	if err != nil {
		return err
	}
	for _, c := range list {
		id, err := c.Release()
		if err != nil {
			return err
		}
		if devel := c.Version == "devel"; devel == strings.HasSuffix(id, "-updates") || devel && !c.Active() {
			return fmt.Errorf("collection %s %s is of release %s", c.Name, c.Version, id)
		}
	}
	return golden.Held(raw["collections"], list)
}

// TestCorpusComposeImport: a compose as published reaches PDC whole, once.
func TestCorpusComposeImport(t *testing.T) {
	dir := filepath.Join(golden.Corpus(t), "ecosystem", "pdc-updater")
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return data
	}
	infoJSON, images := read("composeinfo.json"), read("images.json")
	doc, err := compose.Parse("composeinfo.json", infoJSON)
	require.NoError(t, err)
	info := doc.(*compose.Info)
	manifest, err := compose.Parse("images.json", images)
	require.NoError(t, err)
	want := map[string]bool{} // by checksum: PDC keeps one of an image in several places
	for _, byArch := range manifest.(*compose.Images).Variants {
		for _, list := range byArch {
			for _, i := range list {
				want[i.Checksums["sha256"]] = true
			}
		}
	}
	_, c := world(t, pdctest.Options{})
	u := updater.Updater{Client: c, Sources: updater.Sources{Compose: func(context.Context, string, string) (updater.Compose, error) {
		return updater.Compose{Info: info, InfoJSON: infoJSON, Images: images}, nil
	}}}
	ev, err := trigger.Decode([]byte(fmt.Sprintf(`{"topic": "org.fedoraproject.prod.pungi.compose.status.change", "msg_id": "c1",
		"msg": {"compose_id": %q, "status": "FINISHED", "location": "https://example.org/compose"}}`, info.Compose.ID)))
	require.NoError(t, err)
	differ := 0
	for again := range 2 {
		r, err := u.Handle(t.Context(), ev)
		require.NoError(t, err)
		if len(r.Refused)+len(r.Undecided) > 0 || (len(r.Applied) == 0) != (again == 1) {
			differ++
			t.Errorf("time %d: applied %v, refused %v", again, r.Applied, r.Refused)
		}
	}
	got := map[string]bool{}
	for i, err := range c.Images().All(t.Context(), pdc.Query{Filter: map[string][]string{"compose": {info.Compose.ID}}}) {
		require.NoError(t, err)
		got[i.SHA256] = true
	}
	if !reflect.DeepEqual(got, want) {
		differ++
		t.Errorf("images %v, want %v", got, want)
	}
	t.Logf("corpus ecosystem/pdc-updater: 1 cases, %d differ", differ)
}

// TestCorpusModuleTraceEndsInTheSameRows plays a recorded module build to the
// updater: once, twice over, with duplicates, backwards, and with messages
// lost before an audit. The rows are the same in the end.
func TestCorpusModuleTraceEndsInTheSameRows(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(golden.Corpus(t), "ecosystem", "mbs", "*trace*.json"))
	require.NoError(t, err)
	differ := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var events []trigger.Event
		for raw, err := range trigger.Split(data) {
			require.NoError(t, err)
			ev, err := trigger.Decode(raw)
			require.NoError(t, err)
			events = append(events, ev)
		}
		dice := rand.New(rand.NewPCG(1, 2))
		var doubled, some []trigger.Event
		for i, ev := range events {
			for doubled = append(doubled, ev); dice.IntN(2) == 0; {
				doubled = append(doubled, events[dice.IntN(i+1)])
			}
			if dice.IntN(10) > 0 {
				some = append(some, ev)
			}
		}
		backwards := slices.Clone(events)
		slices.Reverse(backwards)
		want := playTrace(t, events, events)
		ready := slices.ContainsFunc(events, func(ev trigger.Event) bool {
			m, ok := ev.Payload.(*trigger.Module)
			return ok && m.State != nil && *m.State == trigger.ModuleReady
		})
		if ready != strings.Contains(want, `"active":true`) {
			differ++
			t.Errorf("%s: a module became ready: %v, rows: %s", file, ready, want)
		}
		for what, list := range map[string][]trigger.Event{"twice": slices.Concat(events, events), "with duplicates": doubled, "backwards": backwards, "with losses": some} {
			if got := playTrace(t, events, list); got != want {
				differ++
				t.Errorf("%s %s:\n%s\nwant:\n%s", file, what, got, want)
			}
		}
	}
	t.Logf("corpus ecosystem/module trace to rows: %d cases, %d differ", len(files), differ)
}

// playTrace tells messages to an updater whose build service is at the end of
// the trace, then audits, repairs, and returns what PDC has.
func playTrace(t *testing.T, all, told []trigger.Event) string {
	final := map[string]updater.Module{}
	for _, ev := range all {
		m, ok := ev.Payload.(*trigger.Module)
		if !ok || m.State == nil {
			continue
		}
		stream := m.Stream
		if stream == "" {
			stream = string(m.Release) // the prototype's word for what came later
		}
		x := updater.Module{Name: m.Name, Stream: stream, Version: string(m.Version), Context: m.Context, State: *m.State, KojiTag: m.KojiTag,
			Modulemd: fmt.Sprintf("document: modulemd\nversion: 2\ndata:\n  name: %s\n  stream: %q\n  summary: s\n  description: d\n  license:\n    module: [MIT]\n", m.Name, stream)}
		final[x.UID()] = x
	}
	all2 := updater.Facts{}
	for _, m := range final {
		all2.Modules = append(all2.Modules, m)
	}
	_, c := world(t, pdctest.Options{})
	u := updater.Updater{Client: c, Kinds: []updater.Kind{updater.KindModule}, Sources: updater.Sources{
		Module: func(_ context.Context, m *trigger.Module) (updater.Module, error) {
			stream := m.Stream
			if stream == "" {
				stream = string(m.Release)
			}
			// What the service knew when the message was sent: the state of then.
			x := final[updater.Module{Name: m.Name, Stream: stream, Version: string(m.Version), Context: m.Context}.UID()]
			x.State, x.KojiTag = *m.State, m.KojiTag
			return x, nil
		},
		All: func(context.Context, updater.Scope) (updater.Facts, error) { return all2, nil },
	}}
	for _, ev := range told {
		r, err := u.Handle(t.Context(), ev)
		require.NoError(t, err)
		require.Empty(t, r.Refused)
	}
	scope := updater.Scope{Kind: updater.KindModule}
	found, err := u.Audit(t.Context(), scope)
	require.NoError(t, err)
	_, err = u.Repair(t.Context(), found, "audit")
	require.NoError(t, err)
	found, err = u.Audit(t.Context(), scope)
	require.NoError(t, err)
	require.Empty(t, found)
	var rows []pdc.Module
	for m, err := range c.Modules().All(t.Context(), pdc.Query{}) {
		require.NoError(t, err)
		rows = append(rows, m)
	}
	out, err := json.Marshal(rows)
	require.NoError(t, err)
	return string(out)
}
