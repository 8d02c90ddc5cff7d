// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The texts are those of a hub 1.35.3 to the same calls.
func TestRefusalsSayWhatAHubSays(t *testing.T) {
	c := boss(t)
	c.must("newGroup", "team")
	c.must("addUserKrbPrincipal", "alice", "second@EXAMPLE.COM")
	c.must("createExternalRepo", "one", "http://x.example.com/")
	c.must("createExternalRepo", "two", "http://x.example.com/")
	c.must("addExternalRepoToTag", "f42", "one", 10)
	c.must("addBType", "thing")
	c.must("createBuildTarget", "second", "f42-build", "f42")
	link := func(parent any, priority int) []any {
		return []any{map[string]any{"parent_id": parent, "priority": priority, "maxdepth": nil, "intransitive": false, "noconfig": false, "pkg_filter": ""}}
	}
	for _, r := range []struct {
		code         int
		text, method string
		args         []any
	}{
		{1000, "build tag 'nope' does not exist", "createBuildTarget", []any{"t", "nope", "f42"}},
		{1000, "destination tag 'nope' does not exist", "createBuildTarget", []any{"t", "f42", "nope"}},
		{1000, "A build target with the name 'f42' already exists", "createBuildTarget", []any{"f42", "nope", "f42"}},
		{1000, `name "f42" is already taken by build target 1`, "editBuildTarget", []any{"second", "f42", "f42-build", "f42"}},
		{1000, "No such tagInfo: 12345", "setInheritanceData", []any{"f42-build", link(12345, 50)}},
		{1000, "user/group already exists: team", "newGroup", []any{"team"}},
		{1000, "Not a user: nope", "addGroupMember", []any{"team", "nope"}},
		{1000, "Not a group: alice", "addGroupMember", []any{"alice", "alice"}},
		{1000, "No such user: 'nope'", "dropGroupMember", []any{"team", "nope"}},
		{1000, "No such group: nope", "getGroupMembers", []any{"nope"}},
		{1000, "user with this Kerberos principal already exists: second@EXAMPLE.COM", "addUserKrbPrincipal", []any{"admin", "second@EXAMPLE.COM"}},
		{1000, "btype already exists", "addBType", []any{"thing"}},
		{1000, "tag f42 already associated with an external repo at priority 10", "addExternalRepoToTag", []any{"f42", "two", 10}},
		{1000, "No such search type: nope", "search", []any{"x", "nope", "glob"}},
		{1000, "query returned no rows", "getTaskInfo", []any{99999, true, true}},
		{1019, "Invalid repo option: nonsense", "repo.request", []any{"f42-build", nil, nil, map[string]any{"nonsense": 1}}},
	} {
		c.fails(r.code, r.text, r.method, r.args...)
	}
	assert.Empty(t, c.must("listBuilds", map[string]any{"__starstar": true, "userID": "nope"}))
	assert.Empty(t, c.must("listTagged", "f42", map[string]any{"__starstar": true, "owner": "nope"}))
	assert.Empty(t, c.must("getBuildTargets", map[string]any{"__starstar": true, "buildTagID": "nope"}))
	c.must("deleteBuildTarget", "second")
	assert.Nil(t, c.must("deleteBuildTarget", "second"), "once more")
}

func TestABlockedPackageKeepsItsOwner(t *testing.T) {
	c := boss(t)
	c.must("packageListAdd", "f42", "baz", "alice")
	c.must("packageListBlock", "f42-build", "baz")
	row := c.must("getPackageConfig", "f42-build", "baz").(map[string]any)
	assert.Equal(t, "f42-build", row["tag_name"])
	assert.Equal(t, true, row["blocked"])
	assert.Equal(t, "alice", row["owner_name"])
}

func TestANewGroupIsNeitherDefaultNorNot(t *testing.T) {
	c := boss(t)
	c.must("groupListAdd", "f42", "build")
	groups := c.must("getTagGroups", "f42").([]any)
	assert.Nil(t, groups[0].(map[string]any)["is_default"])
}
