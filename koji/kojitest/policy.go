// SPDX-License-Identifier: MIT

package kojitest

func policyMethods(m map[string]handler) {
	m["evalPolicy"] = (*call).evalPolicy
}

// evalPolicy knows the policies of a hub without policies of its own.
func (c *call) evalPolicy() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	return defaultPolicy(pyText(c.arg("name")))
}

func defaultPolicy(name string) (any, *fault) {
	switch name {
	case "package_list":
		return "deny Only admin/tag can do this via default policy", nil
	case "tag", "build_rpm", "build_from_srpm", "build_from_scm", "build_from_repo_id", "channel", "priority",
		"cg_import", "volume", "vm", "dist_repo", "sidetag", "draft_promotion":
		return "allow", nil
	default:
		return nil, generic("no such policy: %s", name)
	}
}
