// SPDX-License-Identifier: MIT

package updater_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// lines are findings with their writes, one a line.
func lines(found []updater.Finding) []string {
	var out []string
	for _, f := range found {
		s := f.String()
		if f.Write != nil {
			fields, _ := json.Marshal(f.Write.Fields)
			s += fmt.Sprintf(" => %s %s%s %s", f.Write.Method, f.Write.Resource, f.Write.Key, fields)
		}
		out = append(out, s)
	}
	return out
}

func component(id int, name, typ string) pdc.ReleaseComponent {
	return pdc.ReleaseComponent{ID: id, Name: name, Type: typ, Active: true, Release: pdc.ReleaseRef{ReleaseID: "fedora-43", Active: true}, GlobalComponent: name}
}

func edge(id, from int, fromName, typ string, to int, toName string) pdc.Relationship {
	return pdc.Relationship{ID: id, Type: typ, From: pdc.ComponentRef{ID: from, Name: fromName, Release: "fedora-43"}, To: pdc.ComponentRef{ID: to, Name: toName, Release: "fedora-43"}}
}

const perlMD = `{"document": "modulemd", "version": 2, "data": {"name": "perl", "stream": "5.40", "summary": "s", "description": "d",
  "license": {"module": ["MIT"]}, "xmd": {"mbs": {"rpms": {"perl": {"ref": "abc123"}}}},
  "dependencies": [{"buildrequires": {"platform": ["f43"], "gcc": ["1"]}, "requires": {"platform": ["f43"], "libs": ["2"], "other": ["-3"]}}],
  "components": {"rpms": {"perl": {"rationale": "r", "ref": "5.40"}}}}}`

func TestRules(t *testing.T) {
	fedora43 := []pdc.Release{{ReleaseID: "fedora-43", Short: "fedora", Version: "43", Name: "Fedora"}}
	glibc := component(1, "glibc", "rpm")
	perl := updater.Module{Name: "perl", Stream: "5.40", Version: "1", Context: "c0", State: trigger.ModuleReady, KojiTag: "module-perl", Modulemd: perlMD,
		RPMs: []updater.RPM{{Name: "perl", Version: "5", Release: "1", Arch: "src"}, {Name: "perl-libs", Version: "5", Release: "1", Arch: "x86_64", SRPM: "perl"}}}
	inState := func(s trigger.ModuleState, tag string) updater.Module {
		m := perl
		m.State, m.KojiTag = s, tag
		return m
	}
	needs := func(on map[string][]string) updater.Facts {
		return updater.Facts{Needs: []updater.Needs{{Release: "fedora-43", Name: "bash", On: on}}}
	}
	withEdges := updater.Rows{Releases: fedora43, ReleaseComponents: []pdc.ReleaseComponent{glibc, component(2, "bash", "rpm"), component(3, "bash", "container")},
		RelationshipTypes: []pdc.NamedType{{Name: "RPMRequires"}}, Relationships: []pdc.Relationship{
			edge(10, 2, "bash", "RPMRequires", 1, "glibc"), edge(11, 2, "bash", "RPMRequires", 2, "bash"), edge(12, 2, "bash", "bundles", 1, "glibc"),
			edge(13, 3, "bash", "RPMRequires", 1, "glibc"), edge(14, 2, "bash", "RPMRequires", 1, "glibc")}}
	nightly := &compose.Info{Compose: compose.Compose{ID: "Fedora-43-20260101.n.0"}, Release: compose.Release{Name: "Fedora", Short: "Fedora", Version: "43"},
		Variants: map[string]*compose.Variant{"Server": {UID: "Server", Arches: []string{"armhfp", "x86_64"}}}}
	for _, c := range []struct {
		name  string
		facts updater.Facts
		rows  updater.Rows
		p     updater.Policy
		want  []string
	}{
		{name: "a package makes its release, global component and release component", facts: updater.Facts{Packages: []updater.Package{{Name: "bash", Release: "epel-9-updates", Branch: "epel9", ReleaseName: "Fedora EPEL"}}}, want: []string{
			`release: missing releases epel-9-updates => POST releases/ {"name":"Fedora EPEL","release_type":"updates","short":"epel","version":"9"}`,
			`package: missing global-components bash => POST global-components/ {"name":"bash"}`,
			`package: missing release-components epel-9-updates rpm bash => POST release-components/ {"active":true,"brew_package":"bash","dist_git_branch":"epel9","global_component":"bash","name":"bash","release":"epel-9-updates","type":"rpm"}`}},
		{name: "an id that is no release's is told, not made", facts: updater.Facts{Packages: []updater.Package{{Name: "bash", Release: "Fedora 43"}}},
			want: []string{`release: conflict releases Fedora 43: updater: "Fedora 43" is no release id (short-version, perhaps -type and @base product)`}},
		{name: "a version may be a word, as composes of Rawhide have it", facts: updater.Facts{Builds: []updater.Build{{Name: "bash", Version: "5", Release: "1", Releases: []string{"fedora-Rawhide"}}}},
			want: []string{`release: missing releases fedora-Rawhide => POST releases/ {"name":"Fedora","release_type":"ga","short":"fedora","version":"Rawhide"}`}},
		{name: "a branch that PDC does not know is filled in", facts: updater.Facts{Packages: []updater.Package{{Name: "glibc", Release: "fedora-43", Branch: "f43"}}},
			rows: updater.Rows{Releases: fedora43, ReleaseComponents: []pdc.ReleaseComponent{glibc}},
			want: []string{`package: differs release-components fedora-43 rpm glibc: no branch => PATCH release-components/1 {"dist_git_branch":"f43"}`}},
		{name: "a branch that PDC knows otherwise is for a person", facts: updater.Facts{Packages: []updater.Package{{Name: "glibc", Release: "fedora-43", Branch: "f43"}}},
			rows: updater.Rows{Releases: fedora43, ReleaseComponents: []pdc.ReleaseComponent{func() pdc.ReleaseComponent { c := glibc; c.DistGitBranch = "main"; return c }()}},
			want: []string{`package: conflict release-components fedora-43 rpm glibc: built from branch "f43", in PDC from "main"`}},
		{name: "in a whole listing, what PDC alone knows is told and kept", facts: updater.Facts{Whole: []updater.Scope{{Kind: updater.KindPackage, Release: "fedora-43"}}},
			rows: updater.Rows{ReleaseComponents: []pdc.ReleaseComponent{glibc, component(3, "bash", "container")}},
			want: []string{`package: extra release-components fedora-43 rpm glibc: known to PDC alone`}},

		{name: "rpms of a build are linked to its releases, with their source and commit", facts: updater.Facts{Builds: []updater.Build{{Name: "bash", Version: "5", Release: "1", Epoch: 2, Releases: []string{"fedora-43"}, CommitHash: "abc",
			RPMs: []updater.RPM{{Name: "bash", Version: "5", Release: "1", Epoch: 2, Arch: "x86_64"}, {Name: "bash", Version: "5", Release: "1", Epoch: 2, Arch: "src"}}}}},
			rows: updater.Rows{Releases: fedora43}, want: []string{
				`rpm: missing rpms bash-2:5-1.src => POST rpms/ {"arch":"src","epoch":2,"linked_releases":["fedora-43"],"name":"bash","release":"1","srpm_commit_hash":"abc","srpm_name":"bash","srpm_nevra":null,"version":"5"}`,
				`rpm: missing rpms bash-2:5-1.x86_64 => POST rpms/ {"arch":"x86_64","epoch":2,"linked_releases":["fedora-43"],"name":"bash","release":"1","srpm_commit_hash":"abc","srpm_name":"bash","srpm_nevra":"bash-2:5-1.src","version":"5"}`}},
		{name: "an rpm that came with a compose keeps its row and gets the link", facts: updater.Facts{Builds: []updater.Build{{Name: "bash", Version: "5", Release: "1", Releases: []string{"fedora-43"}, RPMs: []updater.RPM{{Name: "bash", Version: "5", Release: "1", Arch: "x86_64"}}}}},
			rows: updater.Rows{Releases: fedora43, RPMs: []pdc.RPM{{ID: 7, Name: "bash", Version: "5", Release: "1", Arch: "x86_64", SRPMNEVRA: "bash-5-1", LinkedReleases: []string{"fedora-42"}}}},
			want: []string{`rpm: differs rpms bash-0:5-1.x86_64: not linked to fedora-43 => PATCH rpms/7 {"linked_releases":["fedora-42","fedora-43"]}`}},
		{name: "an rpm that left a release loses the link to it and no other", facts: updater.Facts{Whole: []updater.Scope{{Kind: updater.KindRPM, Release: "fedora-43"}}},
			rows: updater.Rows{Releases: fedora43, RPMs: []pdc.RPM{{ID: 7, Name: "bash", Version: "5", Release: "1", Arch: "x86_64", LinkedReleases: []string{"fedora-42", "fedora-43"}}}},
			want: []string{`rpm: extra rpms bash-0:5-1.x86_64: no longer in fedora-43 => PATCH rpms/7 {"linked_releases":["fedora-42"]}`}},

		{name: "of relationships only obsolete ones of the told types go, doubles too", facts: needs(map[string][]string{"RPMRequires": {"glibc"}}), rows: withEdges, want: []string{
			`dependency: extra release-component-relationships fedora-43 rpm bash RPMRequires bash #11 => DELETE release-component-relationships/11 null`,
			`dependency: extra release-component-relationships fedora-43 rpm bash RPMRequires glibc #14 => DELETE release-component-relationships/14 null`}},
		{name: "a type with nothing needed loses all of its relationships", facts: needs(map[string][]string{"RPMRequires": {}}), rows: updater.Rows{Releases: fedora43, ReleaseComponents: withEdges.ReleaseComponents,
			RelationshipTypes: withEdges.RelationshipTypes, Relationships: withEdges.Relationships[:1]},
			want: []string{`dependency: extra release-component-relationships fedora-43 rpm bash RPMRequires glibc #10 => DELETE release-component-relationships/10 null`}},
		{name: "facts that speak of no type change nothing", facts: needs(nil), rows: withEdges},
		{name: "a capability is not taken for a package", facts: needs(map[string][]string{"RPMRequires": {"libc.so.6()(64bit)", "glibc", "/bin/sh"}}), rows: updater.Rows{Releases: fedora43, ReleaseComponents: withEdges.ReleaseComponents,
			RelationshipTypes: withEdges.RelationshipTypes, Relationships: withEdges.Relationships[:1]}, want: []string{
			`dependency: conflict release-component-relationships fedora-43 rpm bash RPMRequires /bin/sh: "/bin/sh" is not the name of a package`,
			`dependency: conflict release-component-relationships fedora-43 rpm bash RPMRequires libc.so.6()(64bit): "libc.so.6()(64bit)" is not the name of a package`}},
		{name: "a new relationship refers to rows by id, or to those made before it", facts: needs(map[string][]string{"RPMRequires": {"glibc", "zlib"}}), rows: updater.Rows{Releases: fedora43, ReleaseComponents: []pdc.ReleaseComponent{glibc, component(2, "bash", "rpm")},
			RelationshipTypes: withEdges.RelationshipTypes}, want: []string{
			`package: missing global-components zlib => POST global-components/ {"name":"zlib"}`,
			`package: missing release-components fedora-43 rpm zlib => POST release-components/ {"active":true,"brew_package":"zlib","global_component":"zlib","name":"zlib","release":"fedora-43","type":"rpm"}`,
			`dependency: missing release-component-relationships fedora-43 rpm bash RPMRequires glibc => POST release-component-relationships/ {"from_component":{"id":2},"to_component":{"id":1},"type":"RPMRequires"}`,
			`dependency: missing release-component-relationships fedora-43 rpm bash RPMRequires zlib => POST release-component-relationships/ {"from_component":{"id":2},"to_component":{"resource":"release-components/","name":"fedora-43 rpm zlib"},"type":"RPMRequires"}`}},
		{name: "a component type that the server lacks is told", facts: updater.Facts{Needs: []updater.Needs{{Release: "fedora-43", Name: "img", Type: "flatpak", On: map[string][]string{"ContainerIncludesRPM": {"glibc"}}}}},
			rows: updater.Rows{Releases: fedora43, ComponentTypes: []pdc.ComponentType{{Name: "rpm"}, {Name: "container"}}},
			want: []string{`package: conflict release-components fedora-43 flatpak img: the server has no component type "flatpak"; its administrators can add it`}},

		{name: "a module that waits is made, without a tag", facts: updater.Facts{Modules: []updater.Module{inState(trigger.ModuleWait, "")}},
			want: []string{`module: missing modules perl:5.40:1:c0 => POST modules/ {"build_deps":[{"dependency":"gcc","stream":"1"},{"dependency":"platform","stream":"f43"}],"context":"c0","koji_tag":"NA","modulemd":` + quoted(perlMD) + `,"name":"perl","runtime_deps":[{"dependency":"libs","stream":"2"},{"dependency":"platform","stream":"f43"}],"stream":"5.40","version":"1"}`}},
		{name: "a module that builds gets its tag", facts: updater.Facts{Modules: []updater.Module{inState(trigger.ModuleBuilding, "module-perl")}}, rows: updater.Rows{Modules: []pdc.Module{{UID: "perl:5.40:1:c0", Name: "perl", Stream: "5.40", Version: "1", Context: "c0", KojiTag: "NA"}}},
			want: []string{`module: differs modules perl:5.40:1:c0: tag NA, not module-perl => PATCH modules/perl:5.40:1:c0 {"koji_tag":"module-perl"}`}},
		{name: "a ready module is active, its sources with their commit", facts: updater.Facts{Modules: []updater.Module{perl}}, rows: updater.Rows{Modules: []pdc.Module{{UID: "perl:5.40:1:c0", Name: "perl", Stream: "5.40", Version: "1", Context: "c0", KojiTag: "module-perl"}}},
			want: []string{`module: differs modules perl:5.40:1:c0: not active; rpms +perl-0:5-1.src.rpm +perl-libs-0:5-1.x86_64.rpm => PATCH modules/perl:5.40:1:c0 {"active":true,"rpms":[` +
				`{"arch":"src","epoch":0,"name":"perl","release":"1","srpm_commit_branch":"5.40","srpm_commit_hash":"abc123","srpm_name":"perl","version":"5"},` +
				`{"arch":"x86_64","epoch":0,"name":"perl-libs","release":"1","srpm_name":"perl","srpm_nevra":"perl-0:5-1.src","version":"5"}]}`}},
		{name: "a late message takes nothing back", facts: updater.Facts{Modules: []updater.Module{inState(trigger.ModuleWait, "")}}, rows: updater.Rows{Modules: []pdc.Module{{UID: "x", Name: "perl", Stream: "5.40", Version: "1", Context: "c0", KojiTag: "module-perl", Active: true}}}},
		{name: "a failed module is nothing that PDC tells of", facts: updater.Facts{Modules: []updater.Module{inState(trigger.ModuleFailed, "t")}}},
		{name: "a module whose document can't be read is told", facts: updater.Facts{Modules: []updater.Module{{Name: "m", Stream: "1", Version: "1", State: trigger.ModuleWait, Modulemd: "a: [b"}}}, want: []string{`module: conflict modules m:1:1:00000000: its modulemd can't be read: `}},
		{name: "older servers get the older words", facts: updater.Facts{Modules: []updater.Module{{Name: "m", Stream: "1", Version: "2", State: trigger.ModuleWait, Modulemd: minimalMD}}}, rows: updater.Rows{OldModules: true},
			want: []string{`module: missing unreleasedvariants m:1:2:00000000 => POST unreleasedvariants/ {"build_deps":[],"koji_tag":"NA","modulemd":` + quoted(minimalMD) +
				`,"runtime_deps":[],"variant_context":"00000000","variant_id":"m","variant_name":"m","variant_release":"2","variant_type":"module","variant_uid":"m:1:2:00000000","variant_version":"1"}`}},
		{name: "what a ready module needs is relationships between streams", facts: updater.Facts{Modules: []updater.Module{func() updater.Module { m := perl; m.Release = "fedora-43"; return m }()}},
			rows: updater.Rows{Releases: fedora43, Modules: []pdc.Module{{UID: "perl:5.40:1:c0", Name: "perl", Stream: "5.40", Version: "1", Context: "c0", KojiTag: "module-perl", Active: true,
				RPMs: []pdc.RPMLink{{Name: "perl", Version: "5", Release: "1", Arch: "src"}, {Name: "perl-libs", Version: "5", Release: "1", Arch: "x86_64"}}}},
				ReleaseComponents: []pdc.ReleaseComponent{component(5, "perl:5.40", "module"), component(6, "gcc:1", "module"), component(7, "libs:2", "module"), component(8, "old:1", "module")},
				RelationshipTypes: []pdc.NamedType{{Name: "ModuleRequires"}, {Name: "ModuleBuildRequires"}},
				Relationships:     []pdc.Relationship{edge(20, 5, "perl:5.40", "ModuleRequires", 8, "old:1")}},
			want: []string{
				`module: missing release-component-relationships fedora-43 module perl:5.40 ModuleBuildRequires gcc:1 => POST release-component-relationships/ {"from_component":{"id":5},"to_component":{"id":6},"type":"ModuleBuildRequires"}`,
				`module: missing release-component-relationships fedora-43 module perl:5.40 ModuleRequires libs:2 => POST release-component-relationships/ {"from_component":{"id":5},"to_component":{"id":7},"type":"ModuleRequires"}`,
				`module: extra release-component-relationships fedora-43 module perl:5.40 ModuleRequires old:1 #20 => DELETE release-component-relationships/20 null`}},

		{name: "a compose makes its release in lower case, unknown architectures, and two imports", facts: updater.Facts{Composes: []updater.Compose{{Info: nightly, InfoJSON: []byte(`{"i":1}`), Images: []byte(`{"payload":{"images":{"Server":{"x86_64":[],"loong":[]}}}}`), RPMs: []byte(`{}`)}}},
			rows: updater.Rows{Arches: []pdc.Name{{Name: "x86_64"}}}, want: []string{
				`compose: missing arches armhfp => POST arches/ {"name":"armhfp"}`,
				`compose: missing arches loong => POST arches/ {"name":"loong"}`,
				`release: missing releases fedora-43 => POST releases/ {"name":"Fedora","release_type":"ga","short":"fedora","version":"43"}`,
				`compose: missing compose-images Fedora-43-20260101.n.0 => POST compose-images/ {"composeinfo":{"i":1},"image_manifest":{"payload":{"images":{"Server":{"x86_64":[],"loong":[]}}}},"release_id":"fedora-43"}`,
				`compose: missing compose-rpms Fedora-43-20260101.n.0 => POST compose-rpms/ {"composeinfo":{"i":1},"release_id":"fedora-43","rpm_manifest":{}}`}},
		{name: "a compose that PDC has is let alone, its modules are active", facts: updater.Facts{Composes: []updater.Compose{{Info: nightly, Images: []byte(`{}`), Modules: []string{"a:1:1:c", "b:1:1:c"}}}},
			rows: updater.Rows{Composes: []pdc.Compose{{ComposeID: "Fedora-43-20260101.n.0"}}, Modules: []pdc.Module{{UID: "a:1:1:c", Name: "a", Stream: "1", Version: "1", Context: "c"}}}, want: []string{
				`module: differs modules a:1:1:c: in compose Fedora-43-20260101.n.0, and not active => PATCH modules/a:1:1:c {"active":true}`,
				`module: conflict modules b:1:1:c: in compose Fedora-43-20260101.n.0, and not in PDC`}},

		{name: "a dead branch ends today, an SLA that ended stays", facts: updater.Facts{Today: "2026-11-20", Branches: []updater.Branch{{Component: "p", Type: "rpm", Name: "f42", Dead: true}}},
			rows: updater.Rows{Branches: []pdc.Branch{{GlobalComponent: "p", Type: "rpm", Name: "f42", Active: true, SLAs: []pdc.BranchEOL{{ID: 1, SLA: "a", EOL: "2026-11-19"}, {ID: 2, SLA: "b", EOL: "2026-11-20"}, {ID: 3, SLA: "c", EOL: "2026-11-21"}}}}},
			want: []string{`retirement: differs component-branch-slas rpm/p f42 c: until 2026-11-21, not 2026-11-20 => PATCH component-branch-slas/3 {"eol":"2026-11-20"}`}},
		{name: "the end of life of a branch shortens what lasts longer", facts: updater.Facts{Today: "2026-11-20", Branches: []updater.Branch{{Component: "p", Type: "rpm", Name: "f42", EOL: "2027-05-01"}}},
			rows: updater.Rows{Branches: []pdc.Branch{{GlobalComponent: "p", Type: "rpm", Name: "f42", Active: true, SLAs: []pdc.BranchEOL{{ID: 1, SLA: "a", EOL: "2027-06-01"}}}}},
			want: []string{`retirement: differs component-branch-slas rpm/p f42 a: until 2027-06-01, not 2027-05-01 => PATCH component-branch-slas/1 {"eol":"2027-05-01"}`}},
		{name: "a branch that lives in dist-git and not in PDC is for a person", facts: updater.Facts{Today: "2026-11-20", Branches: []updater.Branch{{Component: "p", Type: "rpm", Name: "f42"}}, Whole: []updater.Scope{{Kind: updater.KindRetirement}}},
			rows: updater.Rows{Branches: []pdc.Branch{{GlobalComponent: "p", Type: "rpm", Name: "f42"}, {GlobalComponent: "q", Type: "rpm", Name: "f42", Active: true}}},
			want: []string{`retirement: conflict component-branches rpm/p f42: past its end of life in PDC, and not retired in dist-git`, `retirement: extra component-branches rpm/q f42: active, and unknown to dist-git`}},

		{name: "a person is a contact", facts: updater.Facts{People: []updater.Person{{Username: "ralph"}}}, rows: updater.Rows{PeoplePath: "contacts/people/"}, p: updater.Policy{MailDomain: "example.org"},
			want: []string{`person: missing contacts/people ralph => POST contacts/people/ {"email":"ralph@example.org","username":"ralph"}`}},
		{name: "where there are no contacts, no person is owed", facts: updater.Facts{People: []updater.Person{{Username: "ralph"}}}},

		{name: "a group holds exactly its list", facts: updater.Facts{Groups: []updater.Group{{Type: "atomic", Release: "fedora-43", Packages: []string{"bash", "glibc", "bash"}}}},
			rows: updater.Rows{Releases: fedora43, GroupTypes: []pdc.NamedType{{Name: "atomic"}}, ReleaseComponents: []pdc.ReleaseComponent{glibc, component(2, "bash", "rpm")},
				Groups: []pdc.ComponentGroup{{ID: 4, GroupType: "atomic", Release: "fedora-43", Components: []pdc.ComponentRef{{ID: 1, Name: "glibc"}, {ID: 9, Name: "zsh"}}}}},
			want: []string{`group: differs component-groups fedora-43 atomic: -zsh +bash => PATCH component-groups/4 {"components":[{"id":2},{"id":1}]}`}},

		{name: "an image built alone goes to build-images", facts: updater.Facts{Images: []updater.Image{{ID: "httpd-docker-1-1", Format: "tar.gz", MD5: "0123", Releases: []string{"fedora-43"}, RPMs: []updater.RPM{{Name: "httpd", Version: "1", Release: "1", Arch: "x86_64"}}}}},
			rows: updater.Rows{Releases: fedora43},
			want: []string{`image: missing build-images httpd-docker-1-1 tar.gz => POST build-images/ {"archives":[],"image_format":"tar.gz","image_id":"httpd-docker-1-1","md5":"0123","releases":["fedora-43"],"rpms":[{"arch":"x86_64","epoch":0,"name":"httpd","release":"1","srpm_name":"httpd","srpm_nevra":"httpd-0:1-1.src","version":"1"}]}`}},
		{name: "an image with another checksum is for a person", facts: updater.Facts{Images: []updater.Image{{ID: "i", Format: "iso", MD5: "0123"}}}, rows: updater.Rows{Images: []pdc.BuildImage{{ImageID: "i", ImageFormat: "iso", MD5: "4567"}}},
			want: []string{`image: conflict build-images i iso: another checksum in PDC`}},

		{name: "bugs go to a component below its parents", facts: updater.Facts{Bugzilla: []updater.Bugzilla{{Release: "fedora-43", Package: "glibc", Path: "libs/glibc"}}},
			rows: updater.Rows{ReleaseComponents: []pdc.ReleaseComponent{glibc}, BugzillaComponents: []pdc.BugzillaComponent{{ID: 3, Name: "libs"}}}, want: []string{
				`bugzilla: missing bugzilla-components libs/glibc => POST bugzilla-components/ {"name":"glibc","parent_pk":3}`,
				`bugzilla: differs release-components fedora-43 rpm glibc: bugs go to "", not "libs/glibc" => PATCH release-components/1 {"bugzilla_component":"libs/glibc"}`}},

		{name: "a release that branches off is cloned, and live branches get the new one", facts: updater.Facts{Branchings: []updater.Branching{{From: "fedora-43", To: "fedora-44", FromBranch: "rawhide", Branch: "f44", EOL: map[string]pdc.Date{"bugs": "2028-01-01"}}}},
			rows: updater.Rows{Releases: fedora43, SLATypes: []pdc.NamedType{{Name: "bugs"}}, Branches: []pdc.Branch{
				{GlobalComponent: "a", Type: "rpm", Name: "rawhide", Active: true, CriticalPath: true, SLAs: []pdc.BranchEOL{{SLA: "bugs", EOL: "2222-01-01"}, {SLA: "other", EOL: "2222-01-01"}}},
				{GlobalComponent: "dead", Type: "rpm", Name: "rawhide", SLAs: []pdc.BranchEOL{{SLA: "bugs", EOL: "2020-01-01"}}},
				{GlobalComponent: "done", Type: "rpm", Name: "rawhide", Active: true, SLAs: []pdc.BranchEOL{{SLA: "bugs", EOL: "2222-01-01"}}},
				{GlobalComponent: "done", Type: "rpm", Name: "f44", Active: true, SLAs: []pdc.BranchEOL{{SLA: "bugs", EOL: "2027-01-01"}}}}},
			want: []string{
				`branching: missing releases fedora-44: a clone of fedora-43 => POST rpc/release/clone/ {"component_dist_git_branch":"f44","dist_git":{"branch":"f44"},"name":"Fedora","old_release_id":"fedora-43","release_type":"ga","short":"fedora","version":"44"}`,
				`branching: missing component-branch-slas rpm/a f44 bugs => POST component-branch-slas/ {"branch":{"critical_path":true,"global_component":"a","name":"f44","type":"rpm"},"eol":"2028-01-01","sla":"bugs"}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := lines(updater.Owed(c.facts, c.rows, c.p))
			if len(c.want) == 1 && strings.HasSuffix(c.want[0], ": ") && len(got) == 1 {
				assert.Contains(t, got[0], c.want[0])
				return
			}
			assert.Equal(t, c.want, got)
		})
	}
}

const minimalMD = `{"document": "modulemd", "version": 2, "data": {"name": "m", "stream": "1", "summary": "s", "description": "d", "license": {"module": ["MIT"]}}}`

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestTheOrderOfFactsAndRowsPlaysNoPart(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	var f updater.Facts
	var r updater.Rows
	for i := range 60 {
		name := fmt.Sprintf("p%02d", i)
		f.Packages = append(f.Packages, updater.Package{Name: name, Release: "fedora-43", Branch: "f43"})
		f.Needs = append(f.Needs, updater.Needs{Release: "fedora-43", Name: name, On: map[string][]string{"RPMRequires": {fmt.Sprintf("p%02d", dice.IntN(80))}}})
		if i%3 > 0 {
			r.ReleaseComponents = append(r.ReleaseComponents, component(i+1, name, "rpm"))
			r.Relationships = append(r.Relationships, edge(i+1, i+1, name, "RPMRequires", 2, "p01"))
		}
		r.RPMs = append(r.RPMs, pdc.RPM{ID: i, Name: name, Version: "1", Release: "1", Arch: "src", LinkedReleases: []string{"fedora-43"}})
	}
	f.Whole = []updater.Scope{{Kind: updater.KindRPM, Release: "fedora-43"}, {Kind: updater.KindDependency}, {Kind: updater.KindPackage, Release: "fedora-43"}}
	want := lines(updater.Owed(f, r, updater.Policy{}))
	require.Greater(t, len(want), 100)
	for range 20 {
		dice.Shuffle(len(f.Packages), func(i, j int) { f.Packages[i], f.Packages[j] = f.Packages[j], f.Packages[i] })
		dice.Shuffle(len(f.Needs), func(i, j int) { f.Needs[i], f.Needs[j] = f.Needs[j], f.Needs[i] })
		dice.Shuffle(len(r.ReleaseComponents), func(i, j int) {
			r.ReleaseComponents[i], r.ReleaseComponents[j] = r.ReleaseComponents[j], r.ReleaseComponents[i]
		})
		dice.Shuffle(len(r.RPMs), func(i, j int) { r.RPMs[i], r.RPMs[j] = r.RPMs[j], r.RPMs[i] })
		assert.Equal(t, want, lines(updater.Owed(f, r, updater.Policy{})))
	}
}

func TestTagsAndCollectionsBelongToReleases(t *testing.T) {
	p := updater.Policy{Rawhide: "44", Tags: map[string]string{"eln": "eln-1", "f43": ""}}
	for tag, want := range map[string]string{"f44": "fedora-44", "f42": "fedora-42-updates", "f44-updates": "fedora-44-updates", "epel9": "epel-9-updates",
		"dist-6E-epel": "epel-6-updates", "eln": "eln-1", "f43": "", "f42-docker": "", "f42-updates-testing": "", "epel": ""} {
		got, ok := p.ReleaseOfTag(tag)
		assert.Equal(t, want, got, tag)
		assert.Equal(t, want != "", ok, tag)
	}
	got, _ := p.ReleaseOfContainerTag("f42-container")
	assert.Equal(t, "fedora-42-updates", got)
	for _, c := range []struct{ name, version, dist, want string }{
		{"Fedora", "devel", ".fc44", "fedora-44"}, {"Fedora EPEL", "7", ".el7", "epel-7-updates"}, {"Fedora", "devel", "", ""}, {"", "7", ".el7", ""},
	} {
		got, err := updater.ReleaseOfCollection(trigger.Collection{Name: c.name, Version: trigger.Text(c.version), DistTag: c.dist})
		assert.Equal(t, c.want, got)
		assert.Equal(t, c.want == "", err != nil)
	}
}

func TestWordsOfKindsAndVerdicts(t *testing.T) {
	for _, k := range updater.Kinds() {
		text, err := k.MarshalText()
		require.NoError(t, err)
		var again updater.Kind
		require.NoError(t, again.UnmarshalText(text))
		assert.Equal(t, k, again)
	}
	assert.Equal(t, "Kind(99)", updater.Kind(99).String())
	assert.Error(t, new(updater.Kind).UnmarshalText([]byte("nonsense")))
	for _, v := range []updater.Verdict{updater.Missing, updater.Extra, updater.Differs, updater.Conflict} {
		text, err := v.MarshalText()
		require.NoError(t, err)
		var again updater.Verdict
		require.NoError(t, again.UnmarshalText(text))
		assert.Equal(t, v, again)
	}
	assert.Equal(t, "Verdict(9)", updater.Verdict(9).String())
	assert.Error(t, new(updater.Verdict).UnmarshalText(nil))
}
