// SPDX-License-Identifier: MIT

package updater_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// kindOfHandler maps the handlers of pdc-updater to kinds.
var kindOfHandler = map[string]updater.Kind{
	"persons": updater.KindPerson, "pkgdb": updater.KindPackage, "rpms": updater.KindRPM, "compose": updater.KindCompose,
	"depchain_rpms": updater.KindDependency, "depchain_containers": updater.KindContainer, "modules": updater.KindModule,
	"retirement": updater.KindRetirement, "atomic": updater.KindGroup,
}

// sample is one file of pdc/updater.
type sample struct {
	file                     string
	Handler, Situation, Kind string
	Data                     json.RawMessage
}

func readSamples(t *testing.T, dir string) []sample {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "pdc", "updater", "*.json"))
	require.NoError(t, err)
	var out []sample
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		s := sample{file: filepath.Base(file)}
		require.NoError(t, json.Unmarshal(data, &s), file)
		out = append(out, s)
	}
	return out
}

// beside returns the data of another sample of the same handler.
func beside(all []sample, s sample, kind string, situation bool) json.RawMessage {
	for _, x := range all {
		if x.Handler == s.Handler && x.Kind == kind && (!situation || x.Situation == s.Situation) {
			return x.Data
		}
	}
	return nil
}

// TestCorpusUpdater judges what the tests of pdc-updater expect of its
// handlers. Requests are compared as they are when bulk requests are taken
// apart into rows, page sizes left out, and reads left out that only compare
// before a write.
func TestCorpusUpdater(t *testing.T) {
	dir := golden.Corpus(t)
	all, told := readSamples(t, dir), modulesTold(t, dir)
	differ := 0
	for _, s := range all {
		if err := judgeSample(t, all, told, s); err != nil {
			differ++
			t.Errorf("%s: %v", s.file, err)
		}
	}
	t.Logf("corpus pdc/updater: %d cases, %d differ", len(all), differ)
}

// modulesTold are the modules that the messages beside the samples tell of.
func modulesTold(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "pdc", "messages", "*.json"))
	require.NoError(t, err)
	told := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		if ev, err := trigger.Decode(data); err == nil {
			if m, ok := ev.Payload.(*trigger.Module); ok {
				told[m.NSVC()] = true
			}
		}
	}
	return told
}

func judgeSample(t *testing.T, all []sample, told map[string]bool, s sample) error {
	kind, what := kindOfHandler[s.Handler], strings.SplitN(s.Kind, ":", 2)
	switch {
	case what[0] == "endpoint" && s.Handler == "retirement":
		return judgeRetirement(s)
	case what[0] == "endpoint":
		return judgeRows(t, strings.TrimPrefix(what[1], "GET "), s.Data)
	case what[0] == "var" && kind == updater.KindPackage:
		return judgePackages(all, s)
	case what[0] == "var" && kind == updater.KindModule:
		return judgeLookup(t, told, s)
	case what[0] == "var" && kind == updater.KindContainer:
		return judgeContainer(all, s)
	case what[0] == "var" && kind == updater.KindDependency:
		return judgeBuildroot(s)
	case what[0] != "expected":
		return fmt.Errorf("no rule for %q of %q", s.Kind, s.Handler)
	}
	var topics []string
	if json.Unmarshal(s.Data, &topics) == nil {
		return judgeTopics(kind, topics)
	}
	var requests map[string][][2]json.RawMessage
	if kind == updater.KindRPM {
		if json.Unmarshal(s.Data, &requests) != nil { // one row, not requests
			requests = map[string][][2]json.RawMessage{"rpms": {{[]byte(`"POST"`), s.Data}}}
		}
		return judgeBuild(t, requests)
	}
	if err := json.Unmarshal(s.Data, &requests); err != nil {
		return err
	}
	return judgeAudit(t, kind, requests)
}

func judgeTopics(kind updater.Kind, want []string) error {
	prefix, ok := strings.CutSuffix(want[len(want)-1], ".brew.build.tag")
	if !ok {
		return fmt.Errorf("no topic of tags of builds: %v", want)
	}
	env := ""
	if i := strings.LastIndexByte(prefix, '.'); slices.Contains([]string{"dev", "stg", "prod"}, prefix[i+1:]) {
		prefix, env = prefix[:i], prefix[i+1:]
	}
	if got := kind.Topics(prefix, env); !slices.Equal(got, want) {
		return fmt.Errorf("topics %v, want %v", got, want)
	}
	return nil
}

// world is a PDC with an updater's account.
func world(t testing.TB, o pdctest.Options, rows ...pdctest.Rows) (*pdctest.PDC, *pdc.Client) {
	t.Helper()
	p, err := pdctest.New(pdctest.Seed{Users: []pdctest.User{{Name: "updater", Token: "secret", Superuser: true}},
		Admin: map[string][]string{"releasecomponenttype": {"module"}}, Rows: rows}, o)
	require.NoError(t, err)
	srv := pdctest.NewServer(p)
	t.Cleanup(srv.Close)
	c, err := srv.Client(pdc.WithToken("secret"), pdc.WithRetry(pdc.Retry{}))
	require.NoError(t, err)
	return p, c
}

// release is a row for a release id of two or three parts.
func release(id string) pdctest.Rows {
	parts := append(strings.SplitN(id, "-", 3), "ga")
	return pdctest.Rows{Resource: "releases/", Rows: []any{pdc.Release{Short: parts[0], Version: parts[1], ReleaseType: parts[2], Name: parts[0], Active: true}}}
}

// requestsOf are what was asked of the server by path: method and body, or
// method and query.
func requestsOf(p *pdctest.PDC) map[string][]string {
	out := map[string][]string{}
	for _, c := range p.Calls() {
		path := strings.Trim(strings.TrimPrefix(c.Path, "/rest_api/v1"), "/")
		if c.Method == http.MethodGet {
			params := map[string]any{}
			query, _ := url.ParseQuery(c.Query)
			for name, values := range query {
				switch v := any(values[0]); {
				case name == "page_size", name == "fields", name == "exclude_fields":
				default:
					if len(values) > 1 {
						v = values
					}
					params[name] = v
				}
			}
			if strings.Count(path, "/") == 0 {
				params["page"] = 1 // what a client that says nothing gets
			}
			out[path] = append(out[path], c.Method+" "+canonical(params))
			continue
		}
		var rows []json.RawMessage
		if json.Unmarshal([]byte(c.Body), &rows) != nil {
			rows = []json.RawMessage{[]byte(c.Body)}
		}
		for _, row := range rows {
			out[path] = append(out[path], c.Method+" "+canonical(row))
		}
	}
	return out
}

func canonical(v any) string {
	data, _ := json.Marshal(v)
	var x any
	_ = json.Unmarshal(data, &x)
	data, _ = json.Marshal(x)
	return string(data)
}

// judgeBuild: the rows of builds are those expected. The listing of Koji that
// they were made from is not told; what is known of it is that a source rpm
// is of the build's own name and version, as a binary rpm without one beside
// it is taken to be, and that rpms of one name have one version in a build.
func judgeBuild(t *testing.T, requests map[string][][2]json.RawMessage) error {
	type row struct {
		Name, Version, Release, Arch string
		Epoch                        int
		SRPM                         string   `json:"srpm_name"`
		Linked                       []string `json:"linked_releases"`
	}
	var rows []row
	var releases, want []string
	builds, sorts := map[string]*updater.Build{}, map[string]row{}
	for _, r := range requests["rpms"] {
		var x row
		if err := json.Unmarshal(r[1], &x); err != nil {
			return err
		}
		rows = append(rows, x)
		releases = append(releases, x.Linked...)
		want = append(want, string(bytes.Trim(r[0], `"`))+" "+canonical(r[1]))
		if x.Arch == "src" {
			builds[x.SRPM] = &updater.Build{Name: x.Name, Version: x.Version, Release: x.Release, Releases: x.Linked}
		}
	}
	var facts updater.Facts
	for _, x := range rows {
		if builds[x.SRPM] == nil {
			builds[x.SRPM] = &updater.Build{Name: x.SRPM, Version: x.Version, Release: x.Release, Releases: x.Linked}
		}
		first, ok := sorts[x.SRPM+" "+x.Name]
		if !ok {
			first, sorts[x.SRPM+" "+x.Name] = x, x
		}
		builds[x.SRPM].RPMs = append(builds[x.SRPM].RPMs, updater.RPM{Name: x.Name, Version: first.Version, Release: first.Release, Arch: x.Arch, Epoch: first.Epoch})
	}
	for _, name := range slices.Sorted(maps.Keys(builds)) {
		facts.Builds = append(facts.Builds, *builds[name])
	}
	slices.Sort(releases)
	var seed []pdctest.Rows
	for _, id := range slices.Compact(releases) {
		seed = append(seed, release(id))
	}
	p, c := world(t, pdctest.Options{}, seed...)
	u := updater.Updater{Client: c, Policy: updater.Policy{PlainSRPM: true}}
	if _, err := u.Update(t.Context(), facts, "x"); err != nil {
		return err
	}
	got := requestsOf(p)
	posts := slices.DeleteFunc(got["rpms"], func(s string) bool { return strings.HasPrefix(s, "GET") })
	if !slices.Equal(posts, want) {
		return fmt.Errorf("rpms written:\n%s\nwant:\n%s", strings.Join(posts, "\n"), strings.Join(want, "\n"))
	}
	for path, reads := range requests {
		for _, r := range reads {
			if want := string(bytes.Trim(r[0], `"`)) + " " + canonical(r[1]); path != "rpms" && !slices.Contains(got[path], want) {
				return fmt.Errorf("%s was not asked for by %s, but by %v", path, want, got[path])
			}
		}
	}
	return nil
}

// judgeAudit: with nothing in Koji, an audit of what the requests speak of
// asks for just these.
func judgeAudit(t *testing.T, kind updater.Kind, requests map[string][][2]json.RawMessage) error {
	ids := map[string]bool{}
	types := []any{}
	want := map[string]bool{}
	for path, list := range requests {
		for _, r := range list {
			var params map[string]any
			if err := json.Unmarshal(r[1], &params); err != nil {
				return err
			}
			want[path+" "+string(bytes.Trim(r[0], `"`))+" "+canonical(params)] = true
			if id, ok := params["from_component_release"].(string); ok {
				ids[id] = true
			}
			if typ, ok := params["type"].(string); ok {
				types = append(types, map[string]any{"name": typ})
			}
		}
	}
	seed := []pdctest.Rows{}
	for id := range ids {
		seed = append(seed, release(id))
	}
	slices.SortFunc(types, func(a, b any) int { return strings.Compare(canonical(a), canonical(b)) })
	types = slices.CompactFunc(types, func(a, b any) bool { return canonical(a) == canonical(b) })
	seed = append(seed, pdctest.Rows{Resource: "component-relationship-types/", Rows: types})
	p, c := world(t, pdctest.Options{}, seed...)
	u := updater.Updater{Client: c, Sources: updater.Sources{All: func(context.Context, updater.Scope) (updater.Facts, error) { return updater.Facts{}, nil }}}
	for id := range ids {
		if found, err := u.Audit(t.Context(), updater.Scope{Kind: kind, Release: id}); err != nil || len(found) > 0 {
			return fmt.Errorf("%v, %v", found, err)
		}
	}
	got := map[string]bool{}
	for path, list := range requestsOf(p) {
		if _, ok := requests[path]; !ok {
			continue // components and types, which pdc-updater asked for one by one later
		}
		for _, r := range list {
			got[path+" "+r] = true
		}
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("asked %v, want %v", got, want)
	}
	return nil
}
