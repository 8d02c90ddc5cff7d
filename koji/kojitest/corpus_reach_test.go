// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"fmt"
	"regexp"
	"strings"
)

// outside says why a situation is outside of what a replay can bring about.
func (p *player) outside(s *situation) string {
	switch {
	case s.headers.Request["Authorization"] != "":
		p.foreign[s.newKey()] = true
		return "its token is not in the recording"
	case strings.HasPrefix(s.headers.Request["Host"], "https"):
		return "it is about TLS"
	case !s.xml && s.headers.Status >= 401 && s.headers.Status != 404 && s.headers.Status != 405:
		return "the web server answered, not the hub"
	case s.method == "sslLogin" && (s.fault == nil || !strings.HasSuffix(s.fault.String, "NONE")):
		p.foreign[s.newKey()] = true
		return "the certificate is not in the recording"
	case s.session() != "" && p.foreign[s.session()]:
		return "its session began with a certificate or a token"
	case s.headers.Method == "GET" && !s.xml && s.headers.Status == 200 && !strings.HasPrefix(s.text, "<"):
		return "what the file holds is not in other answers"
	}
	return ""
}

// newKey is the key of the session that an answer opens.
func (s *situation) newKey() string {
	m, _ := s.answer.(row)
	return textOf(m["session-key"])
}

// unknown says what a recorded answer speaks of that the replay's hub does not
// have, or what its own answer misses: then no recording tells of it, and its
// state could not be rebuilt.
func (p *player) unknown(s *situation, got answer) string {
	if f := got.fault; f != nil && s.fault == nil || f != nil && f.Code == 1000 && f.String != s.fault.String {
		if strings.HasPrefix(f.String, "Invalid method") {
			return "the method is not modelled"
		}
		missing := lacking.FindStringSubmatch(f.String)
		if missing != nil && s.fault != nil {
			mine, _, _ := strings.Cut(f.String, ":")
			theirs, _, _ := strings.Cut(s.fault.String, ":")
			name := strings.TrimSpace(missing[1])
			if mine == theirs || digits.ReplaceAllString(name, "") != "" && strings.Contains(s.fault.String, name) {
				return "" // the recorded fault is about the same thing
			}
		}
		if missing != nil && !p.made[strings.TrimSpace(missing[1])] {
			return "no answer tells of what it needs: " + f.String
		}
	}
	if ofFiles.MatchString(s.method) {
		return "what the rpm's file holds is not in other answers"
	}
	if s.method == "_listapi" || s.method == "system.listMethods" {
		return p.methods(s, got)
	}
	if why := p.absent(s.answer); why != "" {
		return why
	}
	if why := p.unnamed(s); why != "" {
		return why
	}
	if n, ok := s.answer.(int64); ok && strings.Contains(strings.ToLower(s.method), "list") || s.method == "count" {
		return fmt.Sprintf("it counts %d, of which not all are told of", n)
	}
	return ""
}

// methods says how many of the methods that a recorded list has are not
// modelled, when the others agree.
func (p *player) methods(s *situation, got answer) string {
	entry := func(v any) (string, any) {
		m, ok := v.(row)
		if !ok {
			return textOf(v), nil
		}
		return textOf(m["name"]), m["argdesc"]
	}
	mine := map[string]any{}
	list, _ := got.answer.([]any)
	for _, v := range list {
		name, args := entry(v)
		mine[name] = args
	}
	recorded, _ := s.answer.([]any)
	missing := 0
	for _, v := range recorded {
		name, args := entry(v)
		if have, ok := mine[name]; !ok {
			missing++
		} else if have != args {
			return ""
		}
	}
	return fmt.Sprintf("%d of %d methods are not modelled", missing, len(recorded))
}

// unnamed looks for a build or task that a request names by a number that the
// hub does not have.
func (p *player) unnamed(s *situation) string {
	for i, v := range p.translate(s) {
		names := p.know.params[s.method]
		if i >= len(names) || s.answer == nil && s.fault == nil {
			continue
		}
		switch v.(type) {
		case int64, string:
		default:
			continue
		}
		method := map[string]string{"build": "getBuild", "task": "getTaskInfo", "tag": "getTag"}[kindOf(names[i])]
		if text, ok := v.(string); method == "" || ok && p.made[text] {
			continue
		}
		if found, err := p.admin.bare().call(method, v); err == nil && found == nil {
			return fmt.Sprintf("no answer tells enough of %s %v to make it", kindOf(names[i]), v)
		}
	}
	return ""
}

var (
	makes   = regexp.MustCompile(`^(create|add|new|edit|packageList|grant|groupListAdd|import|CGI)`)
	creates = regexp.MustCompile(`^(create|add|new|grant)`)
	lacking = regexp.MustCompile(`^(?:No such [\w ]+|invalid repo info): (?:(?:table )?\w+: )?['{]*([^'{}]+)`)
	ofFiles = regexp.MustCompile(`^(getRPM(Deps|File|Headers|Checksums)|listRPMFiles|getChangelogEntries|queryRPMSigs)$`)
)

// absent looks for what an answer names and the hub does not have.
func (p *player) absent(v any) string {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if why := p.absent(e); why != "" {
				return why
			}
		}
	case row:
		ask := func(method string, arg any) string {
			found, err := p.admin.bare().call(method, arg)
			if err == nil && found == nil {
				return fmt.Sprintf("no answer tells enough of %v to make it", arg)
			}
			return ""
		}
		switch {
		case has(v, "br_type"), has(v, "is_update"):
			return "buildroots are made by builds, of which the recording tells too little"
		case has(v, "id", "method", "state", "channel_id"), has(v, "id", "waiting", "weight"):
			found, _ := p.admin.bare().call("getTaskInfo", p.taskID(toText(v["id"])))
			mine, _ := found.(row)
			if mine == nil {
				return fmt.Sprintf("no answer tells enough of task %v to make it", v["id"])
			}
			if v["state"] != nil && num(mine["state"]) != num(v["state"]) {
				return fmt.Sprintf("task %v went on between two recordings", v["id"])
			}
		case has(v, "nvr", "build_id", "package_name") && !p.made[textOf(v["nvr"])]:
			if why := ask("getBuild", v["nvr"]); why != "" {
				return why
			}
		case has(v, "name", "version", "release", "arch") && !has(v, "filename"):
			return ask("getRPM", fmt.Sprintf("%s-%s-%s.%s", v["name"], v["version"], v["release"], v["arch"]))
		case has(v, "btype", "checksum_type"):
			return ask("getArchive", v["id"])
		case has(v, "archive_id"):
			return ask("getArchive", v["archive_id"])
		case has(v, "build_id", "group_id"):
			return ask("getBuild", v["build_id"])
		case has(v, "task_id", "host_id") && !has(v, "channel_id"):
			return ask("getTaskInfo", v["task_id"])
		}
		for _, e := range v {
			if why := p.absent(e); why != "" {
				return why
			}
		}
	}
	return ""
}
