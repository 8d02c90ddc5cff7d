// SPDX-License-Identifier: MIT

package pdctest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// Seed is what a server starts with beside the rows that every new one has.
type Seed struct {
	Users []User

	// Admin are rows of the small tables that only database administrators
	// can add to, by table: "location", "scheme", "releasegrouptype",
	// "releasecomponenttype", "imageformat", "imagetype".
	Admin map[string][]string

	// Rows are created in order, checked as a POST would be. They leave no
	// changesets.
	Rows []Rows

	// Graphs are packages and their dependencies, loaded without checks.
	Graphs []Graph
}

// Rows are rows of one resource.
type Rows struct {
	Resource string // path: "releases/"
	Rows     []any  // values of the client's types, or anything that makes the JSON object
}

// Graph is a release's packages and what they need, as pdc-updater puts it
// into a server: for each binary package a global component, a release
// component of type rpm and an rpm, and a relationship for each edge. The
// release must exist.
type Graph struct {
	Release  string
	Packages []Package
	Edges    []Edge
}

// Package is a binary package.
type Package struct {
	Name    string
	Source  string // name of the source package
	Version string // "1" by default
	Rel     string // "1" by default
	Arch    string // "x86_64" by default
	Branch  string // dist-git branch; "" for the release's
}

// Edge says that one binary package needs another.
type Edge struct {
	From, To string
	Type     string // pdc.RPMRequires, ...; made if the server has no such type
}

func (p *PDC) load(seed Seed) error {
	for _, u := range seed.Users {
		p.addUser(u)
	}
	for _, table := range sorted(seed.Admin) {
		for _, name := range seed.Admin[table] {
			if err := p.adminAdd(table, name); err != nil {
				return err
			}
		}
	}
	root := &user{User: User{Name: "seed", Superuser: true}}
	for _, part := range seed.Rows {
		r := p.resources[part.Resource]
		if r == nil || !r.can('C') {
			return fmt.Errorf("pdctest: seed: %q can't be created", part.Resource)
		}
		for i, x := range part.Rows {
			data, err := plainJSON(x)
			if err != nil {
				return fmt.Errorf("pdctest: seed: %s row %d: %w", part.Resource, i, err)
			}
			c := &call{p: p, user: root, r: &http.Request{Method: http.MethodPost}}
			if _, prob := p.create(c, r, selection{}, data); prob != nil {
				return fmt.Errorf("pdctest: seed: %s row %d: %d %s", part.Resource, i, prob.status, appendJSON(nil, prob.body))
			}
		}
	}
	for _, g := range seed.Graphs {
		if err := p.loadGraph(g); err != nil {
			return err
		}
	}
	p.undo, p.record = nil, nil
	return nil
}

// AdminAdd adds a row to a small table that clients can't write; see
// [Seed.Admin].
func (p *PDC) AdminAdd(table, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.adminAdd(table, name); err != nil {
		return err
	}
	p.keep(entry{Admin: &[2]string{table, name}})
	return nil
}

func (p *PDC) adminAdd(table, name string) error {
	t := p.tables[table]
	if t == nil || len(t.unique) == 0 || t.unique[0].attrs[0] != "name" {
		return fmt.Errorf("pdctest: no table of names %q", table)
	}
	if t.find("name", name) == nil {
		t.insert(map[string]any{"name": name, "has_osbs": false})
		p.version++
	}
	return nil
}

// plainJSON is a row as it would arrive in a request.
func plainJSON(x any) (any, error) {
	if f := pdc.FieldsOf(x); f != nil {
		x = f
	}
	data, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	return parseJSON(data)
}

func (p *PDC) loadGraph(g Graph) error {
	rel := p.tables["release"].find("release_id", g.Release)
	if rel == nil {
		return fmt.Errorf("pdctest: seed: graph of unknown release %q", g.Release)
	}
	or := func(s, d string) string {
		if s == "" {
			return d
		}
		return s
	}
	global, comps, rpms := p.tables["globalcomponent"], p.tables["releasecomponent"], p.tables["rpm"]
	rpmType := p.tables["releasecomponenttype"].find("name", "rpm")
	byName := make(map[string]*row, len(g.Packages))
	noDeps := map[string][]string{}
	linked := []*row{rel}
	sources := map[string]bool{}
	for _, pk := range g.Packages {
		if byName[pk.Name] != nil {
			return fmt.Errorf("pdctest: seed: package %q twice in %s", pk.Name, g.Release)
		}
		gc := global.find("name", pk.Name)
		if gc == nil {
			gc = global.insert(map[string]any{"name": pk.Name, "dist_git_path": nil, "upstream": nil})
		}
		v := map[string]any{"release": rel, "name": pk.Name, "global_component": gc, "type": rpmType, "active": true,
			"dist_git_branch": nil, "brew_package": nil, "bugzilla_component": nil, "srpm": nil}
		if pk.Branch != "" {
			v["dist_git_branch"] = pk.Branch
		}
		byName[pk.Name] = comps.insert(v)

		source, version, release := or(pk.Source, pk.Name), or(pk.Version, "1"), or(pk.Rel, "1")
		rpm := func(name, arch string, srpm any) {
			v := map[string]any{"name": name, "epoch": 0, "version": version, "release": release, "arch": arch,
				"srpm_name": source, "srpm_nevra": srpm, "linked_releases": linked, "dependencies": noDeps,
				"filename":          name + "-" + version + "-" + release + "." + arch + ".rpm",
				"built_for_release": nil, "srpm_commit_hash": nil, "srpm_commit_branch": nil}
			if _, clash := rpms.clash(v, nil); !clash {
				rpms.insert(v)
			}
		}
		if !sources[source] {
			sources[source] = true
			rpm(source, "src", nil)
		}
		rpm(pk.Name, or(pk.Arch, "x86_64"), strings.Join([]string{source, version, release}, "-"))
	}
	return p.loadEdges(g, byName)
}

func (p *PDC) loadEdges(g Graph, byName map[string]*row) error {
	types, edges := p.tables["releasecomponentrelationshiptype"], p.tables["releasecomponentrelationship"]
	byType := map[string]*row{}
	for _, e := range g.Edges {
		from, to := byName[e.From], byName[e.To]
		if from == nil || to == nil {
			return fmt.Errorf("pdctest: seed: edge %s → %s of packages that %s doesn't have", e.From, e.To, g.Release)
		}
		typ := byType[e.Type]
		if typ == nil {
			if typ = types.find("name", e.Type); typ == nil {
				typ = types.insert(map[string]any{"name": e.Type})
			}
			byType[e.Type] = typ
		}
		v := map[string]any{"relation_type": typ, "from_component": from, "to_component": to}
		if _, clash := edges.clash(v, nil); !clash {
			edges.insert(v)
		}
	}
	p.version++
	return nil
}
