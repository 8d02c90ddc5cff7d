// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// boss is an administrator at a small hub.
func boss(t *testing.T) *caller {
	c := &caller{t: t, hub: kojitest.NewHub(small())}
	c.login("admin", "secret")
	return c
}

func (c *caller) must(method string, params ...any) any {
	c.t.Helper()
	v, err := c.call(method, params...)
	require.NoError(c.t, err)
	return v
}

// fails expects a fault.
func (c *caller) fails(code int, text, method string, params ...any) {
	c.t.Helper()
	_, err := c.call(method, params...)
	wantFault(c.t, err, code, text)
}

// column is one member of every row of a list.
func column(v any, key string) []any {
	var out []any
	for _, e := range v.([]any) {
		out = append(out, e.(map[string]any)[key])
	}
	return out
}

func opts(pairs ...any) map[string]any { return kwargs(pairs...) }

func parent(id any, priority int, more ...any) map[string]any {
	l := map[string]any{
		"parent_id": id, "priority": priority, "maxdepth": nil, "intransitive": false, "noconfig": false, "pkg_filter": "",
	}
	for i := 0; i < len(more); i += 2 {
		l[more[i].(string)] = more[i+1]
	}
	return l
}

func TestInheritanceGoesDepthFirstByPriority(t *testing.T) {
	c := boss(t)
	ids := map[string]any{}
	for _, name := range []string{"base", "left", "right", "top"} {
		ids[name] = c.must("createTag", name)
	}
	c.must("setInheritanceData", "left", []any{parent(ids["base"], 0)})
	c.must("setInheritanceData", "right", []any{parent(ids["base"], 0)})
	c.must("setInheritanceData", "top", []any{parent(ids["right"], 20), parent(ids["left"], 10)})
	names := func(tag string) []any { return column(c.must("getFullInheritance", tag), "name") }
	assert.Equal(t, []any{"left", "base", "right"}, names("top"), "base counts once, where it is first")

	c.must("setInheritanceData", "top", []any{parent(ids["left"], 10, "maxdepth", 1)})
	assert.Equal(t, []any{"left", "base", "right", "base"}, names("top"), "a tag comes again on a way that leads deeper")
	c.must("setInheritanceData", "top", []any{parent(ids["left"], 10, "maxdepth", 0)})
	assert.Equal(t, []any{"left", "right", "base"}, names("top"))

	c.must("setInheritanceData", "right", []any{parent(ids["base"], 0, "intransitive", true)})
	assert.Equal(t, []any{"left", "right"}, names("top"), "an intransitive link counts for its own tag only")
	assert.Equal(t, []any{"base"}, names("right"))

	c.must("setInheritanceData", "base", []any{parent(ids["top"], 0)})
	assert.Equal(t, []any{"top", "left", "right"}, names("base"), "a loop is pruned")
	c.fails(1000, "Multiple parent tags ([4, 5]) cannot have the same priority value (10) on child tag 6", "setInheritanceData", "top",
		[]any{parent(ids["right"], 10)})
	c.must("setInheritanceData", "top", []any{map[string]any{"parent_id": ids["left"], "delete link": true}})
	assert.Equal(t, []any{"right"}, names("top"))
	assert.Equal(t, []any{"left", "right"}, column(c.must("getFullInheritance", "base", opts("reverse", true)), "name"))
}

func TestTheLatestBuildIsTheOneTaggedLast(t *testing.T) {
	c := boss(t)
	for _, release := range []string{"1", "2"} {
		c.must("createEmptyBuild", "zlib", "9", release, nil)
		c.must("tagBuildBypass", "f42", "zlib-9-"+release)
	}
	nvrs := func(method string, args ...any) []any { return column(c.must(method, args...), "nvr") }
	assert.Equal(t, []any{"zlib-9-2"}, nvrs("getLatestBuilds", "f42-build", opts("package", "zlib")))
	c.fails(1003, "build zlib-9-1 already tagged (f42)", "tagBuildBypass", "f42", "zlib-9-1")
	c.must("tagBuildBypass", "f42", "zlib-9-1", true)
	assert.Equal(t, []any{"zlib-9-1", "zlib-9-2", "zlib-1.3.1-4.fc42"}, nvrs("listTagged", "f42", opts("package", "zlib")))
	assert.Equal(t, []any{"zlib-9-1", "zlib-9-2"}, nvrs("listTagged", "f42", opts("package", "zlib", "latest", 2)))

	c.must("massTag", "f42-build", []any{"zlib-1.3.1-4.fc42"})
	assert.Equal(t, []any{"zlib-1.3.1-4.fc42"}, nvrs("getLatestBuilds", "f42-build", opts("package", "zlib")), "the nearest tag wins")

	c.must("packageListBlock", "f42-build", "zlib")
	assert.Empty(t, nvrs("listTagged", "f42-build", opts("package", "zlib")), "a blocked package is left out, inherited or not")
	assert.Empty(t, nvrs("listTagged", "f42-build", opts("package", "zlib", "inherit", true)))
	c.must("packageListUnblock", "f42-build", "zlib")
	assert.Len(t, nvrs("listTagged", "f42-build", opts("package", "zlib", "inherit", true)), 4)
}

func TestAFilterLetsOnlySomePackagesThrough(t *testing.T) {
	c := boss(t)
	id := c.must("createTag", "some")
	c.must("setInheritanceData", "some", []any{parent(int64(1), 0, "pkg_filter", "z|em")})
	assert.Equal(t, []any{"emacs", "zlib"}, column(c.must("listTagged", id, opts("inherit", true)), "name"))
	assert.Equal(t, []any{"zlib", "emacs"}, column(c.must("listPackages", opts("tagID", id, "inherited", true)), "package_name"))
}

func TestATagIsReadAsItWasAtAnEvent(t *testing.T) {
	c := boss(t)
	event := func() any { return c.must("getLastEvent").(map[string]any)["id"] }
	c.must("createTag", "t", nil, "x86_64", opts("extra", map[string]any{"k": []any{int64(1), nil}}))
	first := event()
	c.must("editTag2", "t", opts("arches", "x86_64 aarch64", "block_extra", []any{"k"}))
	second := event()
	c.must("editTag2", "t", opts("name", "renamed", "locked", true))
	assert.Nil(t, c.must("getTag", "t"), "names have no history")
	tag := func(e any) map[string]any { return c.must("getTag", "renamed", opts("event", e)).(map[string]any) }
	assert.Equal(t, "x86_64", tag(first)["arches"])
	assert.Equal(t, map[string]any{"k": []any{int64(1), nil}}, tag(first)["extra"])
	assert.Equal(t, "x86_64 aarch64", tag(second)["arches"])
	assert.Equal(t, map[string]any{}, tag(second)["extra"])
	assert.Equal(t, []any{true, nil}, c.must("getTag", "renamed", opts("blocked", true)).(map[string]any)["extra"].(map[string]any)["k"])
	c.must("deleteTag", "renamed")
	assert.Nil(t, c.must("getTag", "renamed"))
	assert.Equal(t, false, tag(second)["locked"])
	assert.Equal(t, int64(3), c.must("createTag", "renamed"), "a name keeps its id")
	rows := c.must("queryHistory", opts("tables", []any{"tag_config"}, "tag", "renamed")).(map[string]any)["tag_config"].([]any)
	assert.Len(t, rows, 4)
	assert.Equal(t, true, rows[3].(map[string]any)["active"])
	assert.Nil(t, rows[0].(map[string]any)["active"])
	assert.Equal(t, "admin", rows[0].(map[string]any)["revoker_name"])
}

func TestConfigurationIsInheritedUnlessALinkSaysNo(t *testing.T) {
	c := boss(t)
	base := c.must("createTag", "base", nil, "s390x", opts("extra", map[string]any{"a": 1, "b": 2}))
	c.must("createTag", "leaf", nil, nil, opts("extra", map[string]any{"b": 3}))
	c.must("setInheritanceData", "leaf", []any{parent(base, 0)})
	cfg := c.must("getBuildConfig", "leaf").(map[string]any)
	assert.Equal(t, "s390x", cfg["arches"])
	assert.Equal(t, map[string]any{"a": int64(1), "b": int64(3)}, cfg["extra"])
	from := map[string]any{"id": base, "name": "base"}
	assert.Equal(t, map[string]any{"arches": from, "extra": map[string]any{"a": from}}, cfg["config_inheritance"])
	c.must("setInheritanceData", "leaf", []any{parent(base, 0, "noconfig", true)})
	assert.Nil(t, c.must("getBuildConfig", "leaf").(map[string]any)["arches"])
}

func TestPermissionsGuardWrites(t *testing.T) {
	c := boss(t)
	alice := &caller{t: t, hub: c.hub}
	alice.login("alice", "wonder")
	alice.fails(1004, "tag permission required (logged in as alice)", "createTag", "x")
	alice.fails(1004, "admin permission required (logged in as alice)", "grantPermission", "alice", "admin")
	alice.fails(1004, "policy violation (package_list): Only admin/tag can do this via default policy", "packageListAdd", "f42", "x")
	(&caller{t: t, hub: c.hub}).fails(1004, "tag permission required", "createTag", "x")
	c.must("newGroup", "releng")
	c.must("addGroupMember", "releng", "alice")
	c.must("grantPermission", "releng", "tag")
	alice.must("createTag", "x")
	assert.Equal(t, []any{"tag"}, alice.must("getPerms"))
	assert.Equal(t, map[string]any{"tag": []any{"releng"}}, c.must("getUserPermsInheritance", "alice"))
	c.must("editTag2", "x", opts("perm", "sign"))
	alice.fails(1004, "tag requires sign permission", "tagBuild", "x", "zlib-1.3.1-4.fc42")
	c.must("dropGroupMember", "releng", "alice")
	assert.Equal(t, []any{}, alice.must("getPerms"))
	c.must("disableUser", "alice")
	alice.fails(1002, "logins by alice are not allowed", "getLoggedInUser")
}

func TestGroupsAreInheritedAndBlocked(t *testing.T) {
	c := boss(t)
	c.must("groupListAdd", "f42", "build", opts("description", "Buildroot"))
	c.must("groupPackageListAdd", "f42", "build", "bash")
	c.must("groupPackageListAdd", "f42", "build", "make")
	packages := func() []any {
		return column(c.must("getTagGroups", "f42-build").([]any)[0].(map[string]any)["packagelist"], "package")
	}
	assert.Equal(t, []any{"bash", "make"}, packages())
	c.must("groupPackageListBlock", "f42-build", "build", "bash")
	assert.Equal(t, []any{"make"}, packages())
	c.must("groupPackageListUnblock", "f42-build", "build", "bash")
	assert.Equal(t, []any{"bash", "make"}, packages())
	c.must("groupListBlock", "f42-build", "build")
	assert.Empty(t, c.must("getTagGroups", "f42-build"))
}

func TestASnapshotCopiesATag(t *testing.T) {
	c := boss(t)
	c.must("snapshotTag", "f42-build", "frozen", opts("inherit_builds", true))
	list := c.must("listTagged", "frozen")
	assert.Equal(t, []any{"emacs-30.1-2.fc42", "bash-5.2.32-1.fc42", "zlib-1.3.1-4.fc42"}, column(list, "nvr"))
	c.fails(1000, "Target tag already exists", "snapshotTag", "f42-build", "frozen")
	c.must("untagBuild", "f42", "emacs-30.1-2.fc42")
	c.must("snapshotTagModify", "f42-build", "frozen", opts("remove", true))
	assert.Len(t, c.must("listTagged", "frozen"), 2)
}

func TestExternalReposAreListedWhereTheyAreNearest(t *testing.T) {
	c := boss(t)
	c.must("createExternalRepo", "ext", "https://example.com/$arch")
	c.must("addExternalRepoToTag", "f42", "ext", 10)
	c.fails(1000, "tag f42 already associated with external repo ext", "addExternalRepoToTag", "f42", "ext", 20)
	list := c.must("getExternalRepoList", "f42-build")
	assert.Equal(t, []any{"https://example.com/$arch/"}, column(list, "url"))
	assert.Equal(t, []any{"f42"}, column(list, "tag_name"))
	assert.Equal(t, true, c.must("editTagExternalRepo", "f42", "ext", 5))
	assert.Equal(t, false, c.must("editTagExternalRepo", "f42", "ext", 5))
	c.must("deleteExternalRepo", "ext")
	assert.Empty(t, c.must("getExternalRepoList", "f42-build"))
}

func TestARequestForARepoIsAnsweredWhenOneIsReady(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := &caller{t: t, hub: hub}
	c.login("alice", "wonder")
	answer := c.must("repo.request", "f42-build", opts("min_event", 1)).(map[string]any)
	assert.NotNil(t, answer["repo"], "what is there is given at once")
	c.must("untagBuild", "f42", "emacs-30.1-2.fc42")
	answer = c.must("repo.request", "f42-build", opts("min_event", "last")).(map[string]any)
	assert.Nil(t, answer["repo"])
	again := c.must("repo.request", "f42-build", opts("min_event", "last")).(map[string]any)
	assert.Equal(t, true, again["duplicate"])
	id := answer["request"].(map[string]any)["id"]
	hub.Advance(hub.Next().Sub(hub.Now()))
	for range 10 {
		hub.Advance(60e9)
	}
	checked := c.must("repo.checkRequest", id).(map[string]any)
	require.NotNil(t, checked["repo"])
	assert.Equal(t, false, checked["request"].(map[string]any)["active"])
	assert.Equal(t, checked["repo"].(map[string]any)["id"], c.must("getRepo", "f42-build").(map[string]any)["id"])
}
