// SPDX-License-Identifier: MIT

package koji

import "strings"

// readOnly tells from a method's name whether it changes nothing at the hub.
// Names that are not known to be harmless count as changing something.
func readOnly(method string, args []any) bool {
	switch method {
	case "getPackage", "getPackageID", "getTagID":
		return !creates(args)
	case "multiCall", "system.multicall":
		return readOnlyCalls(args)
	case "repo.checkQueue":
		return false
	case "_listapi", "echo", "error", "fault", "hello", "hasPerm", "count", "countAndFilterResults", "filterResults",
		"evalPolicy", "mavenEnabled", "winEnabled", "showOpts", "showSession", "search", "buildReferences", "untaggedBuilds",
		"taskFinished", "taskReport", "repoInfo", "downloadTaskOutput", "tagChangedSinceEvent", "tagFirstChangeEvent",
		"tagLastChangeEvent", "repo.references", "repo.checkRequest", "repo.queryQueue", "host.isEnabled", "host.checkPolicy",
		"host.assertPolicy", "host.evalPolicy":
		return true
	}
	name := method[strings.LastIndexByte(method, '.')+1:]
	if strings.HasPrefix(method, "host.") && name == "getID" {
		return true
	}
	for _, verb := range []string{"get", "list", "query", "find", "check"} {
		rest, ok := strings.CutPrefix(name, verb)
		if ok && (rest == "" || rest[0] >= 'A' && rest[0] <= 'Z') {
			return true
		}
	}
	return strings.HasPrefix(method, "system.")
}

// creates reports whether a look-up is asked to create what is missing.
func creates(args []any) bool {
	if len(args) == 0 {
		return false
	}
	if n, ok := args[len(args)-1].(Named); ok {
		if v, asked := n["create"]; asked {
			return v != false && v != nil
		}
		args = args[:len(args)-1]
	}
	return len(args) > 2 && args[2] != false && args[2] != nil
}

func readOnlyCalls(args []any) bool {
	calls, ok := args0(args).([]any)
	if !ok {
		return false
	}
	for _, c := range calls {
		m, ok := c.(map[string]any)
		if !ok {
			return false
		}
		name, _ := m["methodName"].(string)
		params, _ := m["params"].([]any)
		if !readOnly(name, namedParams(params)) {
			return false
		}
	}
	return true
}

func args0(args []any) any {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

// namedParams restores the named form of arguments as they are sent.
func namedParams(params []any) []any {
	if n := len(params); n > 0 {
		if m, ok := params[n-1].(map[string]any); ok && m[starstar] == true {
			out := append([]any(nil), params...)
			out[n-1] = Named(m)
			return out
		}
	}
	return params
}
