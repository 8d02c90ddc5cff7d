// SPDX-License-Identifier: MIT

package koji

import (
	"path"
	"strconv"
	"strings"
)

// taskParameters are the names of the positional arguments that tasks are
// stored with, by method.
var taskParameters = map[string]string{
	"build":             "src target opts",
	"buildArch":         "pkg root arch keep_srpm opts",
	"buildSRPMFromSCM":  "url build_tag opts",
	"rebuildSRPM":       "srpm build_tag opts",
	"tagBuild":          "tag_id build_id force fromtag ignore_success",
	"tagNotification":   "recipients is_successful tag_info from_info build_info user_info ignore_success failure_msg",
	"buildNotification": "recipients build target weburl",
	"chainbuild":        "srcs target opts",
	"waitrepo":          "tag newer_than nvrs min_event",
	"newRepo":           "tag event src debuginfo separate_src opts",
	"createrepo":        "repo_id arch oldrepo",
	"distRepo":          "tag repo_id keys task_opts",
	"createdistrepo":    "tag repo_id arch keys opts",
	"maven":             "url target opts",
	"buildMaven":        "url build_tag opts",
	"wrapperRPM":        "spec_url build_target build task opts",
	"chainmaven":        "builds target opts",
	"winbuild":          "name source_url target opts",
	"vmExec":            "name task_info opts",
	"image":             "name version arches target inst_tree opts",
	"createImage":       "name version release arch target_info build_tag repo_info inst_tree opts",
	"livecd":            "name version arch target ksfile opts",
	"appliance":         "name version arch target ksfile opts",
	"createLiveCD":      "name version release arch target_info build_tag repo_info ksfile opts",
	"createAppliance":   "name version release arch target_info build_tag repo_info ksfile opts",
	"livemedia":         "name version arches target ksfile opts",
	"createLiveMedia":   "name version release arch target_info build_tag repo_info ksfile opts",
	"indirectionimage":  "opts",
	"kiwiBuild":         "target arches desc_url desc_path opts",
	"osbuildImage":      "name version distro image_types target arches opts",
	"buildContainer":    "src target opts",
	"runroot":           "root arch command keep packages mounts repo_id skip_setarch weight upload_logs new_chroot",
	"saveFailedTree":    "buildrootID full",
	"dependantTask":     "wait_list task_list",
	"sleep":             "n",
}

// Parameters returns the task's arguments by name, whichever of the hub's
// three ways of storing them was used. It returns false when the task came
// without its request, or has positional arguments of a method that is not
// known here; those are then under "0", "1" and so on.
func (t Task) Parameters() (map[string]any, bool) {
	list, ok := t.Request.([]any)
	if !ok {
		return nil, false
	}
	out := map[string]any{}
	if n := len(list); n > 0 {
		if m, ok := list[n-1].(map[string]any); ok && (m[starstar] == true || n == 1 && m["__method__"] != nil) {
			for k, v := range m {
				if k != starstar && k != "__method__" {
					out[k] = v
				}
			}
			list = list[:n-1]
		}
	}
	names := strings.Fields(taskParameters[t.Method])
	known := len(list) <= len(names)
	for i, v := range list {
		if i < len(names) {
			out[names[i]] = v
		} else {
			out[strconv.Itoa(i)] = v
		}
	}
	return out, known
}

// Source returns what a task builds from, "" where it has no such argument.
func (t Task) Source() string {
	p, _ := t.Parameters()
	for _, key := range []string{"src", "url", "pkg", "srpm", "source_url", "desc_url"} {
		if s, ok := p[key].(string); ok {
			return s
		}
	}
	return ""
}

// Package returns the name of the package that a task builds, as its source
// tells: the name of the repository, or of the source rpm. It returns "" for
// other tasks.
func (t Task) Package() string {
	src := t.Source()
	if src == "" {
		return ""
	}
	src, _, _ = strings.Cut(src, "#")
	src, _, _ = strings.Cut(src, "?")
	name := path.Base(strings.TrimSuffix(src, "/"))
	if strings.HasSuffix(name, ".src.rpm") {
		if n, err := ParseNVRA(name); err == nil {
			return n.Name
		}
	}
	return strings.TrimSuffix(name, ".git")
}
