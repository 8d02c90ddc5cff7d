// SPDX-License-Identifier: MIT

package updater

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// Ask is what an event makes one want to know: either facts that the message
// told itself, or what to ask [Sources] for.
type Ask struct {
	Kind    Kind
	Release string // of PDC; "" where it plays no part

	// Facts are set when the message said all there is to know.
	Facts *Facts

	BuildID   int64           // KindRPM, KindDependency, KindContainer
	Module    *trigger.Module // KindModule
	ComposeID string          // KindCompose
	Location  string          // KindCompose: URL of its folder "compose"
	Branch    *Branch         // KindRetirement: to be looked at in dist-git
	Group     string          // KindGroup: type of the group
}

// Asks returns what an event is about: none if PDC need not know of it. It is
// pure. An error says what the message lacks.
func (p Policy) Asks(ev trigger.Event) ([]Ask, error) {
	topic := trigger.ParseTopic(ev.Topic)
	switch body := ev.Payload.(type) {
	case *trigger.Tag:
		if topic.Event != "tag" || body.Instance != "" && body.Instance != p.instance() {
			return nil, nil
		}
		return p.tagged(body.Tag, body.BuildID, true), nil
	case *trigger.Compose:
		if body.Good() {
			return []Ask{{Kind: KindCompose, ComposeID: body.ComposeID, Location: body.Location}}, nil
		}
	case *trigger.Module:
		if body.State == nil || body.Scratch != nil && *body.Scratch {
			return nil, nil
		}
		switch *body.State {
		case trigger.ModuleWait, trigger.ModuleBuilding, trigger.ModuleDone, trigger.ModuleReady:
			return []Ask{{Kind: KindModule, Module: body}}, nil
		}
	case *trigger.Push:
		if topic.App == "trac" { // the old forge holds no packages
			if group, ok := p.groupOf(body.Commit.Repo); ok {
				return []Ask{{Kind: KindGroup, Group: group}}, nil
			}
			return nil, nil
		}
		repo, branch := body.Where(topic)
		namespace, name, _ := strings.Cut(repo, "/")
		typ, ok := typeOfNamespace[namespace]
		if ok && body.Commit.Retires() {
			return []Ask{{Kind: KindRetirement, Branch: &Branch{Component: name, Type: typ, Name: branch}}}, nil
		}
	case *trigger.Pkgdb:
		return p.listed(body, topic.Event)
	case *trigger.FAS:
		if topic.Event == "user.create" && body.User != "" {
			return []Ask{{Kind: KindPerson, Facts: &Facts{People: []Person{{Username: string(body.User)}}}}}, nil
		}
	case nil:
		return p.untyped(ev, topic)
	}
	return nil, nil
}

// typeOfNamespace maps dist-git's words to PDC's.
var typeOfNamespace = map[string]string{"rpms": "rpm", "modules": "module", "container": "container", "containers": "container"}

func (p Policy) instance() string {
	if p.Instance == "" {
		return "primary"
	}
	return p.Instance
}

// tagged are the questions about a build that came into a tag. Rows of rpms
// come from Koji's own messages, dependencies from those of a bridge, too.
func (p Policy) tagged(tag string, build int64, rpms bool) (out []Ask) {
	if build == 0 {
		return nil
	}
	if release, ok := p.ReleaseOfTag(tag); ok {
		if rpms {
			out = append(out, Ask{Kind: KindRPM, Release: release, BuildID: build})
		}
		out = append(out, Ask{Kind: KindDependency, Release: release, BuildID: build})
	}
	if release, ok := p.ReleaseOfContainerTag(tag); ok {
		out = append(out, Ask{Kind: KindContainer, Release: release, BuildID: build})
	}
	return out
}

// listed: a package that pkgdb lists in a collection.
func (p Policy) listed(body *trigger.Pkgdb, event string) ([]Ask, error) {
	if event != "package.new" && event != "package.branch.new" || body.PackageListing == nil {
		return nil, nil
	}
	l := body.PackageListing
	name := l.Package.Name
	if body.PackageName != "" {
		name = body.PackageName
	}
	if l.Package.Namespace != "" && l.Package.Namespace != "rpms" {
		return nil, nil
	}
	release, err := ReleaseOfCollection(l.Collection)
	if err != nil {
		return nil, err
	}
	pkg := Package{Name: name, Release: release, Branch: l.Collection.BranchName, ReleaseName: l.Collection.Name}
	return []Ask{{Kind: KindPackage, Release: release, Facts: &Facts{Packages: []Package{pkg}}}}, nil
}

// untyped reads the body that package trigger passes through: a build that was
// tagged, as bridges tell it.
func (p Policy) untyped(ev trigger.Event, topic trigger.Topic) ([]Ask, error) {
	if topic.String() != "brew.build.tag" {
		return nil, nil
	}
	var body struct {
		Build struct {
			ID      int64 `json:"id"`
			BuildID int64 `json:"build_id"`
		} `json:"build"`
		BuildID int64 `json:"build_id"`
		Tag     struct {
			Name string `json:"name"`
		} `json:"tag"`
	}
	if err := json.Unmarshal(ev.Body, &body); err != nil {
		return nil, err
	}
	tag, header := body.Tag.Name, ev.Headers["tag"]
	if tag == "" && header != nil {
		if err := json.Unmarshal(header, &tag); err != nil {
			return nil, err
		}
	}
	build := max(body.Build.BuildID, body.Build.ID, body.BuildID)
	if tag == "" || build == 0 {
		return nil, errors.New("a tagged build without its tag or id")
	}
	return p.tagged(tag, build, false), nil
}

func (p Policy) groupOf(repo string) (string, bool) {
	repos := p.GroupRepos
	if repos == nil {
		repos = map[string]string{"fedora-atomic": "atomic-docker-host"}
	}
	group, ok := repos[repo]
	return group, ok
}
