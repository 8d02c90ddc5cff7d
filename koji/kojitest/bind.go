// SPDX-License-Identifier: MIT

package kojitest

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
)

// methodList holds the signature of every method of the modelled release,
// one a line, as the hub's own API listing writes them.
//
//go:embed methods.txt
var methodList string

// A handler answers one method. Its error is the fault to answer.
type handler func(c *call) (any, *fault)

// A method is one entry of the API.
type method struct {
	name   string
	python string // the function's name in the hub's own fault texts
	self   bool   // a method of a class: Python counts self
	desc   string // "(buildInfo, strict=False)"
	params []param
	star   bool // *args
	kw     bool // **opts
	handle handler
}

type param struct {
	name     string
	fallback any
	required bool
}

// bindMethods joins the signatures with the handlers. A signature without a
// handler is left out: the hub answers it as an unknown method.
func bindMethods() (map[string]*method, []string) {
	handlers := map[string]handler{}
	for _, add := range []func(map[string]handler){
		sessionMethods, systemMethods, userMethods, eventMethods, tagMethods, tagEditMethods, packageMethods,
		taggedMethods, taggingMethods, buildMethods, buildEditMethods, buildListMethods, targetMethods, taskMethods,
		taskEditMethods, submitMethods, repoMethods, repoRequestMethods, sideTagMethods, hostMethods,
		rpmMethods, rpmInfoMethods, signMethods, buildrootMethods, groupMethods, externalMethods, uploadMethods,
		fileMethods, archiveMethods, generatorMethods, hostEditMethods, hostTaskMethods, noticeMethods, historyMethods,
		volumeMethods, snapshotMethods, userEditMethods, policyMethods, hostImportMethods, adminTaskMethods,
	} {
		add(handlers)
	}
	methods := make(map[string]*method, len(handlers))
	names := make([]string, 0, len(handlers))
	for line := range strings.Lines(methodList) {
		m := parseSignature(strings.TrimSpace(line))
		m.handle = handlers[m.name]
		if m.handle == nil {
			continue
		}
		if py, ok := functions[m.name]; ok {
			m.python = py
		} else {
			m.python, m.self = "RootExports."+m.name, true
		}
		methods[m.name] = m
		names = append(names, m.name)
	}
	if len(names) != len(handlers) {
		for name := range handlers {
			if methods[name] == nil {
				bad("no signature for method %s", name)
			}
		}
	}
	slices.Sort(names)
	return methods, names
}

func parseSignature(line string) *method {
	name, rest, _ := strings.Cut(line, "(")
	m := &method{name: name, desc: "(" + rest}
	for p := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ", ") {
		switch {
		case p == "":
		case strings.HasPrefix(p, "**"):
			m.kw = true
		case strings.HasPrefix(p, "*"):
			m.star = true
		default:
			word, fallback, optional := strings.Cut(p, "=")
			m.params = append(m.params, param{word, literal(fallback), !optional})
		}
	}
	return m
}

// literal reads a default value of a signature.
func literal(s string) any {
	switch s {
	case "", "None":
		return nil
	case "True":
		return true
	case "False":
		return false
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return strings.Trim(s, "'")
}

// functions are the names of methods that are plain functions in the hub;
// fault texts about arguments carry them.
var functions = map[string]string{
	"getBuild": "get_build", "getTag": "get_tag", "getUser": "get_user", "getRepo": "RootExports.getRepo",
	"getBuildTarget": "get_build_target", "getBuildTargets": "get_build_targets", "getEvent": "get_event",
	"createTag": "create_tag", "editTag2": "edit_tag", "deleteTag": "delete_tag", "getRPM": "get_rpm",
	"listBuildRPMs": "list_rpms", "listRPMs": "list_rpms", "listTags": "list_tags", "findBuildID": "find_build_id",
	"getTagID": "get_tag_id", "getPackageID": "get_package_id", "getPackage": "lookup_package",
	"createBuildTarget": "create_build_target", "editBuildTarget": "edit_build_target",
	"deleteBuildTarget": "delete_build_target", "getInheritanceData": "RootExports.getInheritanceData",
	"packageListAdd": "pkglist_add", "packageListRemove": "pkglist_remove", "packageListBlock": "pkglist_block",
	"packageListUnblock": "pkglist_unblock", "packageListSetOwner": "pkglist_setowner",
	"packageListSetArches": "pkglist_setarches", "queryHistory": "query_history", "getVolume": "lookup_volume",
	"getHost": "get_host", "getChannel": "get_channel", "getBuildLogs": "get_build_logs",
	"getNextRelease": "get_next_release", "getBuildType": "get_build_type", "getMavenBuild": "get_maven_build",
	"getWinBuild": "get_win_build", "getImageBuild": "get_image_build", "getArchive": "get_archive",
	"getBuildroot": "get_buildroot", "listBuildroots": "query_buildroots", "repoInfo": "repo_info",
	"login": "login", "sslLogin": "sslLogin", "logout": "logout", "subsession": "subsession",
	"logoutChild": "logoutChild", "exclusiveSession": "exclusiveSession", "sharedSession": "sharedSession",
	"untagBuild": "RootExports.untagBuild", "listSideTags": "listSideTags", "createSideTag": "createSideTag",
	"removeSideTag": "removeSideTag", "editSideTag": "editSideTag", "createUser": "RootExports.createUser",
}

// bind lays arguments on a method's parameters, as Python does.
func (m *method) bind(args []any, kw record) (bound record, rest []any, extra record, f *fault) {
	bound = make(record, len(m.params))
	if len(args) > len(m.params) {
		if !m.star {
			return nil, nil, nil, m.tooMany(len(args))
		}
		args, rest = args[:len(m.params)], args[len(m.params):]
	}
	for i, a := range args {
		bound[m.params[i].name] = a
	}
	for _, k := range sortedKeys(kw) {
		i := slices.IndexFunc(m.params, func(p param) bool { return p.name == k })
		switch {
		case i < 0 && !m.kw:
			return nil, nil, nil, parameter("%s() got an unexpected keyword argument '%s'", m.python, k)
		case i < 0:
			if extra == nil {
				extra = record{}
			}
			extra[k] = kw[k]
		case i < len(args):
			return nil, nil, nil, parameter("%s() got multiple values for argument '%s'", m.python, k)
		default:
			bound[k] = kw[k]
		}
	}
	var missing []string
	for _, p := range m.params {
		if _, ok := bound[p.name]; ok {
			continue
		}
		if p.required {
			missing = append(missing, "'"+p.name+"'")
		}
		bound[p.name] = p.fallback
	}
	if len(missing) > 0 {
		return nil, nil, nil, m.missing(missing)
	}
	return bound, rest, extra, nil
}

func (m *method) tooMany(given int) *fault {
	least, most := 0, len(m.params)
	for _, p := range m.params {
		if p.required {
			least++
		}
	}
	if m.self {
		least, most, given = least+1, most+1, given+1
	}
	takes := strconv.Itoa(most)
	if least != most {
		takes = "from " + strconv.Itoa(least) + " to " + takes
	}
	s := "s"
	if most == 1 && least == most {
		s = ""
	}
	were := "were"
	if given == 1 {
		were = "was"
	}
	return parameter("%s() takes %s positional argument%s but %d %s given", m.python, takes, s, given, were)
}

func (m *method) missing(names []string) *fault {
	list, s := names[0], ""
	switch n := len(names); {
	case n == 2:
		list, s = names[0]+" and "+names[1], "s"
	case n > 2:
		list, s = strings.Join(names[:n-1], ", ")+", and "+names[n-1], "s"
	}
	return parameter("%s() missing %d required positional argument%s: %s", m.python, len(names), s, list)
}
