// SPDX-License-Identifier: MIT

package main

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// The demo's repositories: what the demo distribution's packages provide and
// need, written as createrepo would, and read back as any other.

// demoPackages are the binary and source packages of a source. Its libraries
// have sonames, which others need.
func demoPackages(p distro.Package, version, soname string, library func(string) bool) []rpm.Package {
	evr := rpm.EVR{Version: version, Release: "1" + distro.Dist}
	file := p.Name + "-" + version + "-1" + distro.Dist + ".src.rpm"
	source := rpm.Package{NEVRA: rpm.NEVRA{Name: p.Name, EVR: evr, Arch: "src"}}
	for _, r := range p.BuildRequires {
		source.Requires = append(source.Requires, rpm.Relation{Name: r})
	}
	out := []rpm.Package{source}
	for _, b := range p.Binaries {
		x := rpm.Package{NEVRA: rpm.NEVRA{Name: b.Name, EVR: evr, Arch: distro.Arch}, Source: file}
		x.Provides = []rpm.Relation{{Name: b.Name, Sense: rpm.Equal, EVR: evr}}
		if library(b.Name) {
			x.Provides = append(x.Provides, rpm.Relation{Name: b.Name + soname})
		}
		for _, r := range b.Requires {
			if library(r) && !strings.HasSuffix(b.Name, "-devel") {
				own := slices.ContainsFunc(p.Binaries, func(x distro.Binary) bool { return x.Name == r })
				r += map[bool]string{true: soname, false: oldSoname}[own]
			}
			x.Requires = append(x.Requires, rpm.Relation{Name: r})
		}
		out = append(out, x)
	}
	return out
}

const (
	oldSoname = ".so.1()(64bit)"
	newSoname = ".so.2()(64bit)"
)

// writeDemo writes the distribution as it is to dir/old, and the next version
// of one package, with other sonames, to dir/new. It returns that version.
func writeDemo(dir string, d *distro.Distro, bumped string) (string, error) {
	library := func(name string) bool { return strings.HasPrefix(name, "lib") && !strings.HasSuffix(name, "-devel") }
	var all []rpm.Package
	for _, p := range d.Packages {
		all = append(all, demoPackages(p, p.Version, oldSoname, library)...)
	}
	p, ok := d.Package(bumped)
	if !ok {
		return "", fmt.Errorf("the demo distribution has no package %q: %w", bumped, rebuild.ErrUsage)
	}
	major := 0
	if _, err := fmt.Sscanf(p.Version, "%d.", &major); err != nil {
		return "", err
	}
	next := fmt.Sprintf("%d.0", major+1)
	if err := writeRepo(filepath.Join(dir, "old"), all); err != nil {
		return "", err
	}
	return next, writeRepo(filepath.Join(dir, "new"), demoPackages(p, next, newSoname, library))
}

type xmlVersion struct {
	Epoch int    `xml:"epoch,attr"`
	Ver   string `xml:"ver,attr"`
	Rel   string `xml:"rel,attr"`
}

type xmlEntry struct {
	Name  string `xml:"name,attr"`
	Flags string `xml:"flags,attr,omitempty"`
	Epoch string `xml:"epoch,attr,omitempty"`
	Ver   string `xml:"ver,attr,omitempty"`
	Rel   string `xml:"rel,attr,omitempty"`
}

type xmlPackage struct {
	XMLName xml.Name   `xml:"package"`
	Type    string     `xml:"type,attr"`
	Name    string     `xml:"name"`
	Arch    string     `xml:"arch"`
	Version xmlVersion `xml:"version"`
	Sum     struct {
		Type  string `xml:"type,attr"`
		PkgID string `xml:"pkgid,attr"`
		Text  string `xml:",chardata"`
	} `xml:"checksum"`
	Location struct {
		Href string `xml:"href,attr"`
	} `xml:"location"`
	Source   string     `xml:"format>rpm:sourcerpm,omitempty"`
	Provides []xmlEntry `xml:"format>rpm:provides>rpm:entry,omitempty"`
	Requires []xmlEntry `xml:"format>rpm:requires>rpm:entry,omitempty"`
}

func entries(list []rpm.Relation) []xmlEntry {
	var out []xmlEntry
	for _, r := range list {
		e := xmlEntry{Name: r.Name}
		if r.Sense == rpm.Equal {
			e.Flags, e.Epoch, e.Ver, e.Rel = "EQ", "0", r.EVR.Version, r.EVR.Release
		}
		out = append(out, e)
	}
	return out
}

// writeRepo writes packages as a repository.
func writeRepo(dir string, packages []rpm.Package) error {
	var all []xmlPackage
	for _, p := range packages {
		x := xmlPackage{Type: "rpm", Name: p.Name, Arch: p.Arch, Version: xmlVersion{0, p.Version, p.Release}, Source: p.Source}
		x.Location.Href = "Packages/" + p.NEVRA.String() + ".rpm"
		x.Sum.Type, x.Sum.PkgID, x.Sum.Text = "sha256", "YES", fmt.Sprintf("%x", sha256.Sum256([]byte(x.Location.Href)))
		x.Provides, x.Requires = entries(p.Provides), entries(p.Requires)
		all = append(all, x)
	}
	primary, err := xml.Marshal(all)
	if err != nil {
		return err
	}
	primary = fmt.Appendf(nil, `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="%d">%s</metadata>`+"\n", len(all), primary)
	repomd := fmt.Sprintf(`<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision><data type="primary"><checksum type="sha256">%x</checksum><location href="repodata/primary.xml"/><size>%d</size></data></repomd>`+"\n", sha256.Sum256(primary), len(primary))
	if err := os.MkdirAll(filepath.Join(dir, "repodata"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "repodata", "primary.xml"), primary, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "repodata", "repomd.xml"), []byte(repomd), 0o644)
}
