// SPDX-License-Identifier: MIT

package updater

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// Owed returns how PDC and the facts disagree, with the writes that make them
// agree, in the order in which these can be made. It is pure: the same facts
// and rows give the same findings, and none once these are repaired.
//
// Rows must hold everything that the facts speak of, as [Load] and
// [LoadScope] read it: a row that is left out is taken for missing.
func Owed(f Facts, r Rows, p Policy) []Finding {
	o := &owing{Policy: p, have: newIndex(r), facts: f, found: map[string]int{}, whole: map[Scope]bool{}}
	for _, s := range f.Whole {
		o.whole[s] = true
	}
	each(f.Packages, o.packageOwed)
	o.packagesExtra()
	each(f.Builds, o.buildOwed)
	o.rpmsExtra()
	each(f.Needs, o.needsOwed)
	o.edgesExtra()
	each(f.Composes, o.composeOwed)
	each(f.Modules, o.moduleOwed)
	o.modulesExtra()
	each(f.Branches, o.branchOwed)
	o.branchesExtra()
	each(f.People, o.personOwed)
	o.peopleExtra()
	each(f.Groups, o.groupOwed)
	each(f.Images, o.imageOwed)
	each(f.Bugzilla, o.bugzillaOwed)
	each(f.Branchings, o.branchingOwed)
	slices.SortStableFunc(o.out, Finding.compare)
	return o.out
}

func each[T any](facts []T, judge func(T)) {
	for _, x := range facts {
		judge(x)
	}
}

// owing gathers findings.
type owing struct {
	Policy
	have  *index
	facts Facts
	whole map[Scope]bool
	out   []Finding
	found map[string]int // place in out, by what makes a finding the same
}

// isWhole reports whether the facts are all there is of a kind in a release.
func (o *owing) isWhole(k Kind, release string) bool {
	return o.whole[Scope{k, release}] || o.whole[Scope{Kind: k}]
}

// add notes a finding once. The place in out stays valid until Owed sorts.
func (o *owing) add(f Finding) int {
	key := sameKey(f.Verdict, f.Resource, f.Name)
	if i, ok := o.found[key]; ok {
		return i
	}
	o.found[key] = len(o.out)
	o.out = append(o.out, f)
	return len(o.out) - 1
}

// sameKey tells findings apart.
func sameKey(v Verdict, resource, name string) string {
	return v.String() + " " + resource + " " + name
}

func (o *owing) missing(k Kind, resource, name string, fields pdc.Fields) {
	o.add(Finding{k, Missing, resource, name, "", &Write{Method: "POST", Resource: resource, Fields: fields}})
}

func (o *owing) differs(k Kind, resource, name, detail, key string, fields pdc.Fields) {
	o.add(Finding{k, Differs, resource, name, detail, &Write{"PATCH", resource, key, fields}})
}

func (o *owing) conflict(k Kind, resource, name, format string, a ...any) {
	o.add(Finding{Kind: k, Verdict: Conflict, Resource: resource, Name: name, Detail: fmt.Sprintf(format, a...)})
}

// release sees to it that a release exists. It reports whether it can.
func (o *owing) release(id, name string) bool {
	if o.have.releases[id] != nil {
		return true
	}
	row, err := releaseRow(id, name)
	if err != nil {
		o.conflict(KindRelease, releases, id, "%v", err)
		return false
	}
	if base, ok := row["base_product"].(string); ok && base == "" {
		delete(row, "base_product")
	}
	o.missing(KindRelease, releases, id, row)
	return true
}

func (o *owing) global(name string) {
	if !o.have.globals[name] {
		o.missing(KindPackage, globalComponents, name, pdc.Fields{"name": name})
	}
}

// component sees to it that a component exists and returns what refers to it:
// an id, or a [Ref]. nil if it can't exist.
func (o *owing) component(release, typ, name, branch string) any {
	typ = typeOr(typ)
	key := componentName(release, typ, name)
	if c := o.have.components[key]; c != nil {
		return c.ID
	}
	if typ != "rpm" && len(o.have.ComponentTypes) > 0 && !o.have.componentTypes[typ] {
		o.conflict(KindPackage, releaseComponents, key, "the server has no component type %q; its administrators can add it", typ)
		return nil
	}
	if !o.release(release, "") {
		return nil
	}
	global := name
	if typ == "module" {
		global, _, _ = strings.Cut(name, ":")
	}
	o.global(global)
	f := pdc.Fields{"name": name, "release": release, "global_component": global, "type": typ, "active": true}
	if branch != "" {
		f["dist_git_branch"] = branch
	}
	if typ == "rpm" {
		f["brew_package"] = name
	}
	o.missing(KindPackage, releaseComponents, key, f)
	return Ref{releaseComponents, key}
}

// packageOwed: a package of pkgdb has a global component and, in each release
// that it is in, a component with its branch (facts: pkgdb.package.new).
func (o *owing) packageOwed(p Package) {
	typ := typeOr(p.Type)
	key := componentName(p.Release, typ, p.Name)
	c := o.have.components[key]
	if c == nil {
		if o.release(p.Release, p.ReleaseName) {
			o.component(p.Release, typ, p.Name, p.Branch)
		}
		return
	}
	f, detail := pdc.Fields{}, []string{}
	switch {
	case p.Branch == "" || c.DistGitBranch == p.Branch:
	case c.DistGitBranch == "": // made for a relationship, before the package was listed
		f["dist_git_branch"] = p.Branch
		detail = append(detail, "no branch")
	default:
		// Both systems can be edited: pdc-updater compared (name, release,
		// branch) and left the choice to people.
		o.conflict(KindPackage, releaseComponents, key, "built from branch %q, in PDC from %q", p.Branch, c.DistGitBranch)
	}
	if !c.Active {
		f["active"] = true
		detail = append(detail, "not active")
	}
	if len(f) > 0 {
		o.differs(KindPackage, releaseComponents, key, strings.Join(detail, "; "), fmt.Sprint(c.ID), f)
	}
}

func (o *owing) packagesExtra() {
	known := map[string]bool{}
	for _, p := range o.facts.Packages {
		known[componentName(p.Release, typeOr(p.Type), p.Name)] = true
	}
	for i := range o.have.ReleaseComponents {
		c := &o.have.ReleaseComponents[i]
		key := componentName(c.Release.ReleaseID, c.Type, c.Name)
		if c.Type != "rpm" || !c.Active || known[key] || !o.isWhole(KindPackage, c.Release.ReleaseID) {
			continue
		}
		o.add(Finding{Kind: KindPackage, Verdict: Extra, Resource: releaseComponents, Name: key, Detail: "known to PDC alone"})
	}
}

// personOwed: everybody with an account is a contact, where the server has
// contacts.
func (o *owing) personOwed(p Person) {
	if o.have.PeoplePath == "" {
		return
	}
	domain := o.MailDomain
	if domain == "" {
		domain = "fedoraproject.org"
	}
	email := p.Email
	if email == "" {
		email = p.Username + "@" + domain
	}
	switch row := o.have.people[p.Username]; {
	case row == nil:
		o.missing(KindPerson, o.have.PeoplePath, p.Username, pdc.Fields{"username": p.Username, "email": email})
	case p.Email != "" && row.Email != p.Email:
		o.conflict(KindPerson, o.have.PeoplePath, p.Username, "another address in PDC")
	}
}

func (o *owing) peopleExtra() {
	if !o.isWhole(KindPerson, "") {
		return
	}
	known := map[string]bool{}
	for _, p := range o.facts.People {
		known[p.Username] = true
	}
	for _, row := range o.have.People {
		if !known[row.Username] {
			o.add(Finding{Kind: KindPerson, Verdict: Extra, Resource: o.have.PeoplePath, Name: row.Username, Detail: "known to PDC alone"})
		}
	}
}

// groupOwed: a group holds exactly the packages of its list, and its release
// has a component for each.
func (o *owing) groupOwed(g Group) {
	if !o.release(g.Release, "") {
		return
	}
	if !o.have.groupTypes[g.Type] {
		o.missing(KindGroup, groupTypes, g.Type, pdc.Fields{"name": g.Type})
	}
	want := slices.Compact(slices.Sorted(slices.Values(g.Packages)))
	refs := []any{}
	for _, name := range want {
		if ref := o.component(g.Release, "rpm", name, ""); ref != nil {
			refs = append(refs, componentValue(ref))
		}
	}
	key := g.Release + " " + g.Type
	row := o.have.groups[key]
	if row == nil {
		o.missing(KindGroup, groups, key, pdc.Fields{"group_type": g.Type, "release": g.Release, "description": g.Description, "components": refs})
		return
	}
	var now []string
	for _, c := range row.Components {
		now = append(now, c.Name)
	}
	slices.Sort(now)
	if !slices.Equal(now, want) {
		o.differs(KindGroup, groups, key, listChange(now, want), fmt.Sprint(row.ID), pdc.Fields{"components": refs})
	}
}

// componentValue is a component as writes refer to it.
func componentValue(ref any) any {
	if r, ok := ref.(Ref); ok {
		return r
	}
	return pdc.Fields{"id": ref}
}

// listChange tells in words how a sorted list becomes another.
func listChange(old, now []string) string {
	var plus, minus []string
	for _, n := range now {
		if _, ok := slices.BinarySearch(old, n); !ok {
			plus = append(plus, "+"+n)
		}
	}
	for _, n := range old {
		if _, ok := slices.BinarySearch(now, n); !ok {
			minus = append(minus, "-"+n)
		}
	}
	all := append(minus, plus...)
	if more := len(all) - 10; more > 0 {
		all = append(all[:10], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, " ")
}

// imageOwed: an image that was built alone is a build image.
func (o *owing) imageOwed(i Image) {
	for _, r := range i.Releases {
		if !o.release(r, "") {
			return
		}
	}
	key := i.ID + " " + i.Format
	row := o.have.images[key]
	if row == nil {
		o.missing(KindImage, buildImages, key, pdc.Fields{"image_id": i.ID, "image_format": i.Format, "md5": i.MD5,
			"rpms": written(o.links(i.RPMs, "")), "archives": append([]pdc.Archive{}, i.Archives...), "releases": append([]string{}, i.Releases...)})
		return
	}
	if row.MD5 != i.MD5 {
		o.conflict(KindImage, buildImages, key, "another checksum in PDC")
		return
	}
	if add := without(i.Releases, row.Releases); len(add) > 0 {
		o.differs(KindImage, buildImages, key, "not in "+strings.Join(add, ", "), fmt.Sprint(row.ID()),
			pdc.Fields{"releases": slices.Concat(row.Releases, add)})
	}
}

// without returns the members of a that b lacks.
func without(a, b []string) []string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// bugzillaOwed: a package's bugs go to a component of Bugzilla, which is below
// its parents.
func (o *owing) bugzillaOwed(b Bugzilla) {
	key := componentName(b.Release, "rpm", b.Package)
	row := o.have.components[key]
	if row == nil {
		o.conflict(KindBugzilla, releaseComponents, key, "no such component; packages come first")
		return
	}
	parts := strings.Split(b.Path, "/")
	if slices.Contains(parts, "") {
		o.conflict(KindBugzilla, bugzillaComponents, b.Path, "a path with an empty part")
		return
	}
	var parent any
	for i := range parts {
		path := strings.Join(parts[:i+1], "/")
		if c := o.have.bugzilla[path]; c != nil {
			parent = c.ID
			continue
		}
		o.missing(KindBugzilla, bugzillaComponents, path, pdc.Fields{"name": parts[i], "parent_pk": parent})
		parent = Ref{bugzillaComponents, path}
	}
	now := ""
	if row.Bugzilla != nil {
		now = strings.TrimPrefix(row.Bugzilla.Parent+"/"+row.Bugzilla.Name, "/")
	}
	if now != b.Path {
		o.differs(KindBugzilla, releaseComponents, key, fmt.Sprintf("bugs go to %q, not %q", now, b.Path), fmt.Sprint(row.ID),
			pdc.Fields{"bugzilla_component": b.Path})
	}
}
