// SPDX-License-Identifier: MIT

package koji

import "strings"

// ModuleInfo is what a build of type "module" says of its module.
type ModuleInfo struct {
	Name       string
	Stream     string
	Version    string
	Context    string
	ServiceID  int    // of the build in the Module Build Service; 0 if not told
	ContentTag string // tag that holds the module's rpms
	Modulemd   string // the module's YAML as it was built
}

// Module returns what a build says of its module, and false if it is no
// module build, or came without Extra. Versions that hubs keep as numbers are
// given as text.
func (b Build) Module() (ModuleInfo, bool) {
	types, _ := b.Extra["typeinfo"].(map[string]any)
	m, ok := types["module"].(map[string]any)
	if !ok {
		return ModuleInfo{}, false
	}
	word := func(key string) string {
		switch v := m[key].(type) {
		case string:
			return v
		case int64:
			return strings.TrimPrefix(ID(int(v)).String(), "#")
		}
		return ""
	}
	id, _ := m["module_build_service_id"].(int64)
	return ModuleInfo{
		Name: word("name"), Stream: word("stream"), Version: word("version"), Context: word("context"),
		ServiceID: int(id), ContentTag: word("content_koji_tag"), Modulemd: word("modulemd_str"),
	}, true
}

// ModuleNVR returns the name that a module's build has at the hub: dashes of
// the stream become underscores, and the release is version and context.
func ModuleNVR(name, stream, version, context string) NVR {
	return NVR{Name: name, Version: strings.ReplaceAll(stream, "-", "_"), Release: version + "." + context}
}
