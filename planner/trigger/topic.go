// SPDX-License-Identifier: MIT

package trigger

import (
	"maps"
	"slices"
	"strings"
)

// A Topic is a routing key taken apart.
type Topic struct {
	// Prefix is what stands before the environment ("org.fedoraproject"),
	// "VirtualTopic.eng" on a bridge, and "" for a bare topic.
	Prefix string
	// Env is "prod", "stg" or "dev", and "" where the topic does not say.
	Env string
	// App is the publishing service: "buildsys", "git", "mbs".
	App string
	// Event is the rest: "build.state.change".
	Event string
}

// ParseTopic takes a topic apart: prefix.env.app.event, or a bridge's
// "/topic/VirtualTopic.eng.app.event". A topic with another or no prefix is
// read from the first place where a known topic stands in its tail, as
// consumers match topics by suffix.
func ParseTopic(topic string) Topic {
	topic = strings.TrimPrefix(topic, "/topic/")
	words := strings.Split(topic, ".")
	at := 0
	env := ""
	switch {
	case words[0] == "VirtualTopic":
		at = min(2, len(words)-1)
	case len(words) > 3 && slices.Contains([]string{"prod", "stg", "dev"}, words[2]):
		at, env = 3, words[2]
	default:
		for i := range words {
			if find(strings.Join(words[i:], ".")) != nil {
				at = i
				break
			}
		}
	}
	t := Topic{Env: env, App: words[at], Event: strings.Join(words[at+1:], ".")}
	end := at
	if env != "" {
		end--
	}
	t.Prefix = strings.Join(words[:end], ".")
	return t
}

// String returns app and event, as [Topics] lists them.
func (t Topic) String() string {
	if t.Event == "" {
		return t.App
	}
	return t.App + "." + t.Event
}

// Matches reports whether app and event are equal to the pattern, word by
// word: "*" stands for one word and "#" for any number of them, as in AMQP
// bindings.
func (t Topic) Matches(pattern string) bool {
	return matchWords(strings.Split(pattern, "."), strings.Split(t.String(), "."))
}

// matchWords keeps, for each prefix of the pattern, which prefixes of the
// words it matches: the work is their product, whatever the pattern.
func matchWords(pattern, words []string) bool {
	reach := make([]bool, len(words)+1)
	reach[0] = true
	for _, p := range pattern {
		next := make([]bool, len(words)+1)
		for i := range reach {
			switch {
			case p == "#":
				next[i] = reach[i] || i > 0 && next[i-1]
			case i > 0 && reach[i-1]:
				next[i] = p == "*" || p == words[i-1]
			}
		}
		reach = next
	}
	return reach[len(words)]
}

// exact are the topics that stand alone.
var exact = map[string]func() Payload{
	"buildsys.build.state.change":  func() Payload { return new(Build) },
	"buildsys.task.state.change":   func() Payload { return new(Task) },
	"buildsys.tag":                 func() Payload { return new(Tag) },
	"buildsys.untag":               func() Payload { return new(Tag) },
	"buildsys.repo.init":           func() Payload { return new(Repo) },
	"buildsys.repo.done":           func() Payload { return new(Repo) },
	"buildsys.package.list.change": func() Payload { return new(PackageList) },
	"buildsys.rpm.sign":            func() Payload { return new(Sign) },

	"git.receive":               func() Payload { return new(Push) },
	"git.branch":                func() Payload { return new(Branch) },
	"git.lookaside.new":         func() Payload { return new(Upload) },
	"git.pkgdb2branch.start":    func() Payload { return new(Branching) },
	"git.pkgdb2branch.complete": func() Payload { return new(Branching) },
	"git.mass_branch.start":     func() Payload { return new(Branching) },
	"git.mass_branch.complete":  func() Payload { return new(Branching) },
	"trac.git.receive":          func() Payload { return new(Push) },
	"pagure.git.receive":        func() Payload { return new(PagurePush) },

	"mbs.module.state.change":  func() Payload { return new(Module) },
	"rida.module.state.change": func() Payload { return new(Module) },

	"pungi.compose.status.change": func() Payload { return new(Compose) },
	"pungi.tree":                  func() Payload { return new(Tree) },
	"odcs.compose.state-changed":  func() Payload { return new(ODCS) },
	"odcs.state.change":           func() Payload { return new(ODCS) },

	"taskotron.result.new":      func() Payload { return new(TaskotronResult) },
	"resultsdb.result.new":      func() Payload { return new(Result) },
	"waiverdb.waiver.new":       func() Payload { return new(Waiver) },
	"greenwave.decision.update": func() Payload { return new(Decision) },

	"openqa.job.done":              func() Payload { return new(OpenQAJob) },
	"mdapi.repo.update":            func() Payload { return new(Mdapi) },
	"koschei.package.state.change": func() Payload { return new(Koschei) },
}

// families are topics that share their first words. The first match counts.
var families = []struct {
	pattern string
	payload func() Payload
}{
	{"brew.task.*", func() Payload { return new(Task) }},
	{"git.receive.#", func() Payload { return new(Push) }},
	{"git.branch.#", func() Payload { return new(Branch) }},
	{"git.lookaside.#", func() Payload { return new(Upload) }},
	{"pagure.pull-request.#", func() Payload { return new(PullRequest) }},
	{"pagure.commit.flag.*", func() Payload { return new(PullRequest) }},
	{"pungi.compose.#", func() Payload { return new(ComposeStep) }},
	{"compose.*.#", func() Payload { return new(ComposeStep) }},
	{"autocloud.image.*", func() Payload { return new(Image) }},
	{"fedimg.image.*", func() Payload { return new(Image) }},
	{"releng.atomic.twoweek.*", func() Payload { return new(TwoWeek) }},
	{"bodhi.update.#", func() Payload { return new(Update) }},
	{"bodhi.errata.publish", func() Payload { return new(Update) }},
	{"bodhi.buildroot_override.*", func() Payload { return new(Override) }},
	{"bodhi.compose.#", func() Payload { return new(UpdatesPush) }},
	{"bodhi.composer.start", func() Payload { return new(UpdatesPush) }},
	{"bodhi.masher.start", func() Payload { return new(UpdatesPush) }},
	{"bodhi.mashtask.#", func() Payload { return new(UpdatesPush) }},
	{"bodhi.repo.done", func() Payload { return new(UpdatesPush) }},
	{"bodhi.updates.*.sync", func() Payload { return new(MirrorSync) }},
	{"ci.pipeline.#", func() Payload { return new(Pipeline) }},
	{"ci.#.queued", func() Payload { return new(CI) }},
	{"ci.#.running", func() Payload { return new(CI) }},
	{"ci.#.complete", func() Payload { return new(CI) }},
	{"ci.#.error", func() Payload { return new(CI) }},
	{"pdc.*", func() Payload { return new(PDC) }},
	{"pkgdb.#", func() Payload { return new(Pkgdb) }},
	{"fas.user.*", func() Payload { return new(FAS) }},
	{"fas.group.#", func() Payload { return new(FAS) }},
	{"freshmaker.event.state.changed.#", func() Payload { return new(FreshmakerEvent) }},
	{"freshmaker.build.state.changed", func() Payload { return new(FreshmakerBuild) }},
	{"freshmaker.manage.eventcancel", func() Payload { return new(FreshmakerCancel) }},
}

// familyApps are the first words of the families.
var familyApps = map[string]bool{
	"brew": true, "git": true, "pagure": true, "pungi": true, "compose": true, "autocloud": true, "fedimg": true, "releng": true,
	"bodhi": true, "ci": true, "pdc": true, "pkgdb": true, "fas": true, "freshmaker": true,
}

// find returns the constructor for app and event, nil when unknown.
func find(name string) func() Payload {
	if f := exact[name]; f != nil {
		return f
	}
	words := strings.Split(name, ".")
	if !familyApps[words[0]] {
		return nil
	}
	for _, f := range families {
		if strings.HasPrefix(f.pattern, words[0]) && matchWords(strings.Split(f.pattern, "."), words) {
			return f.payload
		}
	}
	return nil
}

// payload returns a new payload for the topic, nil when it is unknown.
func (t Topic) payload() Payload {
	if f := find(t.String()); f != nil {
		return f()
	}
	return nil
}

// Topics lists what ends in a typed event, sorted: app and event, with "*" for
// one word and "#" for any number.
func Topics() []string {
	names := slices.Collect(maps.Keys(exact))
	for _, f := range families {
		names = append(names, f.pattern)
	}
	slices.Sort(names)
	return names
}
