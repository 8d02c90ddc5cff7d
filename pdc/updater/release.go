// SPDX-License-Identifier: MIT

package updater

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// Policy says how a distribution names things. The zero value knows Fedora's
// and EPEL's names, except which version is rawhide.
type Policy struct {
	// Tags maps tags of Koji to release ids. Tags that are not in it are
	// guessed: "f43" and "f43-updates" are fedora-43-updates ("f43" is fedora-43
	// while 43 is Rawhide), "epel9" is epel-9-updates; others belong to no
	// release.
	Tags map[string]string

	// Rawhide is the version under development, "44".
	Rawhide string

	// Containers maps tags in which containers are to release ids, as Tags
	// does for rpms. Guessed: "f43-docker" and "f43-container" are
	// fedora-43-updates.
	Containers map[string]string

	// Platforms maps streams of the module "platform" ("f43") to the release
	// in which the needs of modules are kept as relationships. nil keeps none.
	Platforms map[string]string

	// MailDomain makes a person's address: username@MailDomain. "" is
	// "fedoraproject.org".
	MailDomain string

	// GroupRepos maps repositories of package lists ("fedora-atomic") to the
	// type of group that they describe. nil is fedora-atomic for
	// atomic-docker-host.
	GroupRepos map[string]string

	// Instance is the build system whose messages count; "" is "primary".
	// Messages that name none count always.
	Instance string

	// PlainSRPM writes a binary rpm's source as pdc-updater did, "bash-5.1-1".
	// Else it is "bash-0:5.1-1.src", as imports of composes write it. Rows are
	// taken for the same whichever of the two they have.
	PlainSRPM bool
}

var (
	fedoraTag    = regexp.MustCompile(`^f(\d+)(-updates)?$`)
	epelTag      = regexp.MustCompile(`^(?:dist-\d+E-epel|epel(\d+))$`)
	oldEpelTag   = regexp.MustCompile(`^dist-(\d+)E-epel$`)
	containerTag = regexp.MustCompile(`^f(\d+)-(docker|container)$`)
	digits       = regexp.MustCompile(`\d+`)
)

// ReleaseOfTag returns the release that rpms in a tag of Koji belong to.
func (p Policy) ReleaseOfTag(tag string) (release string, ok bool) {
	if r, ok := p.Tags[tag]; ok {
		return r, r != ""
	}
	if m := fedoraTag.FindStringSubmatch(tag); m != nil {
		return p.fedora(m[1], m[2] == ""), true
	}
	if m := oldEpelTag.FindStringSubmatch(tag); m != nil {
		return "epel-" + m[1] + "-updates", true
	}
	if m := epelTag.FindStringSubmatch(tag); m != nil {
		return "epel-" + m[1] + "-updates", true
	}
	return "", false
}

func (p Policy) fedora(version string, stable bool) string {
	if stable && version == p.Rawhide {
		return "fedora-" + version
	}
	return "fedora-" + version + "-updates"
}

// ReleaseOfContainerTag returns the release that containers in a tag of Koji
// belong to.
func (p Policy) ReleaseOfContainerTag(tag string) (release string, ok bool) {
	if r, ok := p.Containers[tag]; ok {
		return r, r != ""
	}
	if m := containerTag.FindStringSubmatch(tag); m != nil {
		return p.fedora(m[1], true), true
	}
	return "", false
}

// ReleaseOfCollection returns the release of a collection of pkgdb: version
// "devel" is the one of its dist tag under development, others are updates.
// An error says what the collection lacks.
func ReleaseOfCollection(c trigger.Collection) (release string, err error) {
	words := strings.Fields(c.Name)
	version, suffix := string(c.Version), "-updates"
	if version == "devel" {
		version, suffix = digits.FindString(c.DistTag+c.OldDistTag), ""
	}
	if len(words) == 0 || version == "" {
		return "", fmt.Errorf("updater: the collection %q %q with dist tag %q is of no release", c.Name, c.Version, c.DistTag+c.OldDistTag)
	}
	return strings.ToLower(words[len(words)-1]) + "-" + version + suffix, nil
}

// releaseTypes are the suffixes of release ids that migrations of PDC make.
var releaseTypes = []string{"updates", "eus", "aus", "els", "fast"}

// releaseRow returns what makes a release of an id: short name, version, type
// and base product. The name is the human one, "" derives it.
func releaseRow(id, name string) (pdc.Fields, error) {
	rest, base, _ := strings.Cut(id, "@")
	typ := "ga"
	for _, t := range releaseTypes {
		if r, ok := strings.CutSuffix(rest, "-"+t); ok {
			rest, typ = r, t
		}
	}
	i := strings.LastIndexByte(rest, '-')
	if i <= 0 || i == len(rest)-1 || rest[:i] != strings.ToLower(rest[:i]) { // a version may be a word: "Rawhide"
		return nil, fmt.Errorf("updater: %q is no release id (short-version, perhaps -type and @base product)", id)
	}
	if name == "" {
		name = strings.ToUpper(rest[:1]) + rest[1:i]
	}
	f := pdc.Fields{"short": rest[:i], "version": rest[i+1:], "name": name, "release_type": typ}
	if base != "" {
		f["base_product"] = base
	}
	return f, nil
}

// idOfRelease is what PDC makes of a release's members.
func idOfRelease(short, version, typ, base string) string {
	id := short + "-" + version
	if slices.Contains(releaseTypes, typ) {
		id += "-" + typ
	}
	if base != "" {
		id += "@" + base
	}
	return id
}

// place puts a module's needs into the release of the platform that it runs
// on, when there is just one.
func (p Policy) place(m Module) Module {
	if m.Release != "" || len(p.Platforms) == 0 {
		return m
	}
	s, err := modulemd.ParseLax(m.UID(), []byte(m.Modulemd))
	if err != nil {
		return m
	}
	_, run := flatten(s)
	for _, d := range run {
		if release := p.Platforms[d.Stream]; d.Dependency == "platform" && release != "" {
			if m.Release != "" && m.Release != release {
				m.Release = ""
				return m
			}
			m.Release = release
		}
	}
	return m
}
