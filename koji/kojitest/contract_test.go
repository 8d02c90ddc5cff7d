// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

var (
	liveURL      = flag.String("koji.url", "", "run the contract against this hub too")
	liveUser     = flag.String("koji.user", "", "user for -koji.url; empty is anonymous")
	livePassword = flag.String("koji.password", "", "password of -koji.user")
	liveWrite    = flag.Bool("koji.write", false, "also run what changes the hub of -koji.url")
)

// A deal is a side of the contract: a hub, real or not, and what is known of
// it.
type deal struct {
	*testing.T
	client  *koji.Client
	user    string
	connect func(...koji.Option) (*koji.Client, error)
}

// lossy loses the first answer to a method after the hub has given it.
type lossy struct {
	method string
	lost   bool
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && !l.lost && bytes.Contains(body, []byte("<methodName>"+l.method+"<")) {
		l.lost = true
		_, err = io.Copy(io.Discard, resp.Body)
		return nil, errors.Join(io.ErrUnexpectedEOF, err, resp.Body.Close())
	}
	return resp, err
}

// ask calls a method; the code and text are those of a fault.
func (d *deal) ask(method string, args ...any) (v any, code int, text string) {
	d.Helper()
	err := d.client.Call(d.Context(), method, args, &v)
	if err == nil {
		return v, 0, ""
	}
	var e *koji.Error
	require.True(d, errors.As(err, &e), "%v", err)
	require.NotZero(d, e.Code, "%v", err)
	return nil, int(e.Code), e.Msg
}

// get calls a method that must not fault.
func (d *deal) get(method string, args ...any) any {
	d.Helper()
	v, code, text := d.ask(method, args...)
	require.Zero(d, code, "%s: %s", method, text)
	return v
}

func (d *deal) fault(code int, text, method string, args ...any) {
	d.Helper()
	_, gotCode, gotText := d.ask(method, args...)
	assert.Equal(d, code, gotCode, gotText)
	assert.Contains(d, gotText, text)
}

// any row of a listing; the row is skipped on a hub that has none.
func (d *deal) first(method string, args ...any) map[string]any {
	d.Helper()
	list, _ := d.get(method, args...).([]any)
	if len(list) == 0 {
		d.Skip("the hub has none")
	}
	return list[0].(map[string]any)
}

func limit(n int) koji.Named {
	return koji.Named{"queryOpts": map[string]any{"limit": n, "order": "id"}}
}

func strict() koji.Named { return koji.Named{"strict": true} }

// contract is what holds of every hub: rows that write run on a live hub only
// when told to.
var contract = []struct {
	rule  string
	write bool
	check func(d *deal)
}{
	{"an unknown method is fault 1000", false, func(d *deal) {
		d.fault(1000, "Invalid method: noSuchMethod", "noSuchMethod")
	}},
	{"too many arguments are fault 1019", false, func(d *deal) {
		d.fault(1019, "get_build() takes from 1 to 2 positional arguments but 4 were given", "getBuild", 1, 2, 3, 4)
	}},
	{"a missing argument is fault 1019", false, func(d *deal) {
		d.fault(1019, "get_build() missing 1 required positional argument: 'buildInfo'", "getBuild")
	}},
	{"an unknown named argument is fault 1019", false, func(d *deal) {
		d.fault(1019, "got an unexpected keyword argument 'x'", "getBuild", 1, koji.Named{"x": 1})
	}},
	{"what does not exist is nil, or a fault when strict", false, func(d *deal) {
		for method, text := range map[string]string{
			"getBuild": "No such build: 'nope-1-1'", "getTag": "No such tagInfo: 'nope-1-1'", "getUser": "No such user: 'nope-1-1'",
			"getBuildTarget": "No such build target: nope-1-1",
		} {
			assert.Nil(d, d.get(method, "nope-1-1"), method)
			d.fault(1000, text, method, "nope-1-1", strict())
		}
	}},
	{"a name without dashes is no NVR, strict or not", false, func(d *deal) {
		d.fault(1000, "invalid format: nodashes", "getBuild", "nodashes")
	}},
	{"a huge id is not found", false, func(d *deal) {
		assert.Nil(d, d.get("getBuild", int64(1)<<40))
	}},
	{"an unknown tag lists nothing only when not strict", false, func(d *deal) {
		d.fault(1000, "No such tagInfo: 'no-such-tag'", "listTagged", "no-such-tag")
		assert.Empty(d, d.get("listTagged", "no-such-tag", koji.Named{"strict": false}))
	}},
	{"a multicall answers in order and goes on after faults", false, func(d *deal) {
		call := func(method string, params ...any) any {
			return map[string]any{"methodName": method, "params": append([]any{}, params...)}
		}
		list := d.get("multiCall", []any{call("getAPIVersion"), call("noSuchMethod"), call("getAPIVersion")}).([]any)
		require.Len(d, list, 3)
		assert.Equal(d, []any{int64(1)}, list[0])
		assert.Equal(d, int64(1000), list[1].(map[string]any)["faultCode"])
		assert.Equal(d, []any{int64(1)}, list[2])
	}},
	{"a malformed call of a multicall is a fault of its own", false, func(d *deal) {
		list := d.get("multiCall", []any{map[string]any{"method": "hello"}}).([]any)
		require.Len(d, list, 1)
		assert.Equal(d, int64(1), list[0].(map[string]any)["faultCode"])
		assert.Equal(d, "methodName", list[0].(map[string]any)["faultString"])
	}},
	{"echo keeps nil, empty text and zero apart", false, func(d *deal) {
		v := []any{nil, "", int64(0), false, 0.5, []any{}, map[string]any{}, int64(1) << 40, []byte("x"), "ž<&>"}
		assert.Equal(d, v, d.get("echo", v...))
	}},
	{"a build is the same by id, NVR and struct", false, func(d *deal) {
		b := d.first("listBuilds", koji.Named{"state": 1, "queryOpts": map[string]any{"limit": 1, "order": "-build_id"}})
		byID := d.get("getBuild", b["build_id"])
		assert.Equal(d, byID, d.get("getBuild", b["nvr"]))
		assert.Equal(d, byID, d.get("getBuild", map[string]any{"name": b["name"], "version": b["version"], "release": b["release"]}))
		assert.Equal(d, b["build_id"], d.get("findBuildID", b["nvr"]))
		assert.Equal(d, byID.(map[string]any)["id"], byID.(map[string]any)["build_id"])
	}},
	{"a row of listBuilds lacks id and generator", false, func(d *deal) {
		b := d.first("listBuilds", koji.Named{"queryOpts": map[string]any{"limit": 1}})
		assert.NotContains(d, b, "id")
		assert.NotContains(d, b, "cg_id")
	}},
	{"a page is cut out of an ordered list", false, func(d *deal) {
		page := func(n, at int) []any {
			return d.get("listBuilds", koji.Named{"queryOpts": map[string]any{"order": "build_id", "limit": n, "offset": at}}).([]any)
		}
		all := page(4, 0)
		if len(all) < 2 {
			d.Skip("the hub has too few builds")
		}
		assert.Equal(d, all[1:2], page(1, 1))
	}},
	{"an unknown order is an unexpected error", false, func(d *deal) {
		d.fault(1, "Invalid order: nonsense", "listBuilds", koji.Named{"queryOpts": map[string]any{"order": "nonsense"}})
	}},
	{"countOnly and count agree", false, func(d *deal) {
		n := d.get("listTags", koji.Named{"queryOpts": map[string]any{"countOnly": true}})
		assert.Equal(d, n, d.get("count", "listTags"))
	}},
	{"a tag before its first event does not exist", false, func(d *deal) {
		t := d.first("listTags", limit(1))
		assert.Nil(d, d.get("getTag", t["name"], koji.Named{"event": 1}))
	}},
	{"a map read at an event says which", false, func(d *deal) {
		t := d.first("listTags", limit(1))
		last := d.get("getLastEvent").(map[string]any)["id"]
		got := d.get("getTag", t["name"], koji.Named{"event": last}).(map[string]any)
		assert.Equal(d, last, got["query_event"])
	}},
	{"a full inheritance starts with the tag's own links", false, func(d *deal) {
		target := d.first("getBuildTargets", limit(1))
		own := d.get("getInheritanceData", target["build_tag"]).([]any)
		full := d.get("getFullInheritance", target["build_tag"]).([]any)
		if len(own) == 0 {
			d.Skip("the tag inherits nothing")
		}
		assert.Equal(d, own[0].(map[string]any)["parent_id"], full[0].(map[string]any)["parent_id"])
		assert.Equal(d, int64(1), full[0].(map[string]any)["currdepth"])
	}},
	{"latest holds one build of each package", false, func(d *deal) {
		target := d.first("getBuildTargets", limit(1))
		seen := map[any]bool{}
		for _, v := range d.get("getLatestBuilds", target["build_tag"]).([]any) {
			name := v.(map[string]any)["package_name"]
			assert.False(d, seen[name], name)
			seen[name] = true
		}
	}},
	{"listTagged lists the newest entry first", false, func(d *deal) {
		target := d.first("getBuildTargets", limit(1))
		before := int64(1) << 60
		for _, v := range d.get("listTagged", target["dest_tag"]).([]any) {
			event := v.(map[string]any)["create_event"].(int64)
			assert.LessOrEqual(d, event, before)
			before = event
		}
	}},
	{"tasks that don't exist are nil in their place", false, func(d *deal) {
		list := d.get("getTaskInfo", []any{int64(1) << 30}).([]any)
		assert.Equal(d, []any{nil}, list)
	}},
	{"a state that is not a list is an unexpected error", false, func(d *deal) {
		_, code, _ := d.ask("listTasks", map[string]any{"state": 1})
		assert.Equal(d, 1, code)
	}},
	{"an anonymous caller is nobody", false, func(d *deal) {
		anonymous := &deal{T: d.T, client: d.client.Anonymous()}
		assert.Nil(d, anonymous.get("getLoggedInUser"))
		anonymous.fault(1000, "No user provided", "getUser")
		anonymous.fault(1004, "you must be logged in for this operation", "build", "git+https://x/y#1", "no-such-target")
		anonymous.fault(1004, "tag permission required", "createTag", "contract-test")
	}},
	{"a session knows its user", false, func(d *deal) {
		if d.user == "" {
			d.Skip("no user")
		}
		me := d.get("getLoggedInUser").(map[string]any)
		assert.Equal(d, d.user, me["name"])
		assert.Equal(d, me["id"], d.get("getUser").(map[string]any)["id"])
	}},
	{"an unknown history table is fault 1000", false, func(d *deal) {
		d.fault(1000, "No such history table: nope", "queryHistory", koji.Named{"tables": []any{"nope"}})
	}},
	{"getRepo is nil for a tag without one", false, func(d *deal) {
		t := d.first("listTags", limit(1))
		v := d.get("getRepo", t["name"], koji.Named{"state": 3, "event": nil})
		if v != nil {
			assert.Equal(d, t["id"], v.(map[string]any)["tag_id"])
		}
	}},
	{"a negative priority is for administrators", true, func(d *deal) {
		perms := fmt.Sprint(d.get("getPerms"))
		if strings.Contains(perms, "admin") {
			d.Skip("the user is one")
		}
		d.fault(1004, "only admins may create high-priority tasks", "build", "git+https://x/y#1", "f42", map[string]any{}, -5)
	}},
	{"a side tag comes with a target and goes with it", true, func(d *deal) {
		target := d.first("getBuildTargets", limit(1))
		side := d.get("createSideTag", target["build_tag"]).(map[string]any)
		name := side["name"].(string)
		assert.Contains(d, name, fmt.Sprintf("%s-side-%d", target["build_tag_name"], side["id"]))
		got := d.get("getBuildTarget", name).(map[string]any)
		assert.Equal(d, name, got["dest_tag_name"])
		d.get("removeSideTag", name)
		assert.Nil(d, d.get("getTag", name))
		assert.Nil(d, d.get("getBuildTarget", name))
	}},
	{"what names nobody and nothing finds nothing", false, func(d *deal) {
		assert.Empty(d, d.get("listBuilds", koji.Named{"userID": "nope-1-1"}))
		assert.Empty(d, d.get("getBuildTargets", koji.Named{"buildTagID": "nope-1-1"}))
		d.fault(1000, "No such group: nope-1-1", "getGroupMembers", "nope-1-1")
		d.fault(1000, "No such search type: nope", "search", "x", "nope", "glob")
		d.fault(1000, "query returned no rows", "getTaskInfo", 1<<30, true, true)
	}},
	{"a write whose answer is lost is not done twice", true, func(d *deal) {
		target := d.first("getBuildTargets", limit(1))
		mine := koji.SideTagQuery{User: koji.Ref(d.user)}
		before, err := d.client.ListSideTags(d.Context(), mine)
		require.NoError(d, err)
		l := &lossy{method: "createSideTag"}
		c, err := d.connect(koji.WithHTTPClient(&http.Client{Transport: l}))
		require.NoError(d, err)
		_, err = c.CreateSideTag(d.Context(), koji.SideTagRequest{BaseTag: koji.Ref(target["build_tag_name"].(string))})
		assert.ErrorIs(d, err, koji.ErrAlreadyApplied)
		assert.ErrorIs(d, err, koji.FaultRetry)
		assert.True(d, l.lost)
		after, err := d.client.ListSideTags(d.Context(), mine)
		require.NoError(d, err)
		require.Len(d, after, len(before)+1)
		for _, s := range after {
			if !slices.ContainsFunc(before, func(b koji.SideTag) bool { return b.ID == s.ID }) {
				d.get("removeSideTag", s.Name)
			}
		}
	}},
}

func TestContract(t *testing.T) {
	run := func(t *testing.T, connect func(...koji.Option) (*koji.Client, error), user string, write bool) {
		c, err := connect()
		require.NoError(t, err)
		for _, row := range contract {
			t.Run(row.rule, func(t *testing.T) {
				if row.write && !write {
					t.Skip("it writes")
				}
				row.check(&deal{T: t, client: c, user: user, connect: connect})
			})
		}
	}
	t.Run("fake", func(t *testing.T) {
		hub := kojitest.NewHub(small())
		srv := kojitest.NewServer(hub)
		t.Cleanup(srv.Close)
		run(t, func(opts ...koji.Option) (*koji.Client, error) {
			return srv.Client(append(opts, koji.WithPassword("alice", "wonder"))...)
		}, "alice", true)
	})
	t.Run("live", func(t *testing.T) {
		if *liveURL == "" {
			t.Skip("-koji.url is not given")
		}
		opts := []koji.Option{koji.WithRetry(koji.Retry{Max: 2, Wait: time.Second})}
		if *liveUser != "" {
			opts = append(opts, koji.WithPassword(*liveUser, *livePassword))
		}
		run(t, func(more ...koji.Option) (*koji.Client, error) {
			return koji.NewClient(*liveURL, append(more, opts...)...)
		}, *liveUser, *liveWrite && *liveUser != "")
	})
}
