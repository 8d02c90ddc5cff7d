// SPDX-License-Identifier: MIT

package distro

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the distribution itself
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Names of the demo distribution in the services that hold it.
const (
	Release  = "fedora-43" // PDC's release id, and the product version of its tests
	Branch   = "f43"       // dist-git branch
	Tag      = "f43"       // Koji destination tag
	BuildTag = "f43-build" // what the buildroot is made of
	Target   = "f43"       // Koji build target
	Dist     = ".fc43"     // the %{?dist} of its releases
	Arch     = "x86_64"    // the one architecture it is built for
)

//go:embed graph.json.gz
var graphFile []byte

//go:embed modules.yaml
var moduleFile []byte

// A Package is a source package and what is built from it.
type Package struct {
	Name          string
	Version       string
	BuildRequires []string // names of binaries, sorted
	Binaries      []Binary // sorted by name
	// Maintainer is the user who answers for the package.
	Maintainer string
	// Duration is how long its build takes.
	Duration time.Duration
	// Autorelease tells that its spec file leaves the release to the tools.
	Autorelease bool
}

// A Binary is a package that is installed.
type Binary struct {
	Name     string
	Source   string   // name of the source package
	Requires []string // names of binaries, sorted
}

// A Module is a published module stream that the distribution holds.
type Module struct {
	Name, Stream string
	Version      uint64
	Context      string
	Components   []string // names of source packages that the distribution has, sorted
	Document     []byte   // the YAML document it was published as
}

// ID returns the module's name in a graph: "modules/perl:5.26".
func (m Module) ID() planner.ID { return planner.ID("modules/" + m.Name + ":" + m.Stream) }

// Distro is the distribution. It is not changed after [Load] and is safe for
// concurrent use.
type Distro struct {
	Packages []Package // sorted by name
	Modules  []Module  // sorted by name and stream

	byName map[string]int
	binary map[string]*Binary
}

// Load reads the embedded data. It fails only if that was damaged.
func Load() (*Distro, error) {
	z, err := gzip.NewReader(bytes.NewReader(graphFile))
	if err != nil {
		return nil, fmt.Errorf("distro: %w", err)
	}
	var file struct {
		Nodes []struct {
			ID   string `json:"id"`
			Kind string `json:"kind"`
		} `json:"nodes"`
		Edges []edge `json:"edges"`
	}
	if err := json.NewDecoder(z).Decode(&file); err != nil {
		return nil, fmt.Errorf("distro: %w", err)
	}
	name := func(i int) string {
		_, n, _ := strings.Cut(file.Nodes[i].ID, "/")
		return n
	}
	d := &Distro{byName: map[string]int{}, binary: map[string]*Binary{}}
	for i, n := range file.Nodes {
		if n.Kind == "source" {
			d.Packages = append(d.Packages, newPackage(name(i)))
		} else {
			d.binary[name(i)] = &Binary{Name: name(i)}
		}
	}
	slices.SortFunc(d.Packages, func(a, b Package) int { return strings.Compare(a.Name, b.Name) })
	for i, p := range d.Packages {
		d.byName[p.Name] = i
	}
	for _, e := range file.Edges {
		switch e.kind {
		case "build":
			p := &d.Packages[d.byName[name(e.from)]]
			p.BuildRequires = append(p.BuildRequires, name(e.to))
		case "run":
			b := d.binary[name(e.from)]
			b.Requires = append(b.Requires, name(e.to))
		case "from":
			d.binary[name(e.from)].Source = name(e.to)
		}
	}
	for _, b := range d.binary {
		slices.Sort(b.Requires)
		p := &d.Packages[d.byName[b.Source]]
		p.Binaries = append(p.Binaries, *b)
	}
	for i := range d.Packages {
		p := &d.Packages[i]
		slices.Sort(p.BuildRequires)
		slices.SortFunc(p.Binaries, func(a, b Binary) int { return strings.Compare(a.Name, b.Name) })
	}
	return d, d.loadModules()
}

// edge is [from, to, kind] in the file.
type edge struct {
	from, to int
	kind     string
}

func (e *edge) UnmarshalJSON(data []byte) error {
	var fields [3]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for i, target := range []any{&e.from, &e.to, &e.kind} {
		if err := json.Unmarshal(fields[i], target); err != nil {
			return err
		}
	}
	return nil
}

// number returns a hash of a name: the source of everything that is made up.
func number(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()
}

var maintainers = []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"}

func newPackage(name string) Package {
	n := number("rpms/" + name)
	return Package{
		Name:        name,
		Version:     fmt.Sprintf("%d.%d", 1+n%7, n/7%40),
		Maintainer:  maintainers[n%uint32(len(maintainers))],
		Duration:    time.Duration(60+n%300) * time.Second,
		Autorelease: n/11%4 == 0,
	}
}

// Package returns a source package by name, or false.
func (d *Distro) Package(name string) (Package, bool) {
	i, ok := d.byName[name]
	if !ok {
		return Package{}, false
	}
	return d.Packages[i], true
}

// Binary returns a binary package by name, or false.
func (d *Distro) Binary(name string) (Binary, bool) {
	b, ok := d.binary[name]
	if !ok {
		return Binary{}, false
	}
	return *b, true
}

// NVR returns name-version-release of the package's given release number.
func (p Package) NVR(release int) string {
	return fmt.Sprintf("%s-%s-%d%s", p.Name, p.Version, release, Dist)
}

// Graph returns what depends on what: packages as sources with their binaries
// as conduits, modules by what they contain.
func (d *Distro) Graph() (*planner.Graph, error) {
	b := planner.Builder{Release: Release}
	for _, p := range d.Packages {
		source := planner.ID("rpms/" + p.Name)
		b.AddNode(planner.Node{ID: source, Kind: "source", Duration: p.Duration})
		for _, r := range p.BuildRequires {
			b.AddEdge(planner.Edge{From: source, To: planner.ID("binary/" + r), Kind: planner.EdgeBuild, Evidence: "BuildRequires: " + r})
		}
		for _, bin := range p.Binaries {
			id := planner.ID("binary/" + bin.Name)
			b.AddNode(planner.Node{ID: id, Kind: "binary", Conduit: true})
			b.AddEdge(planner.Edge{From: id, To: source, Kind: planner.EdgeFrom})
			for _, r := range bin.Requires {
				b.AddEdge(planner.Edge{From: id, To: planner.ID("binary/" + r), Kind: planner.EdgeRun, Evidence: "Requires: " + r})
			}
		}
	}
	for _, m := range d.Modules {
		b.AddNode(planner.Node{ID: m.ID(), Kind: "module", Duration: 10 * time.Minute})
		for _, c := range m.Components {
			b.AddEdge(planner.Edge{From: m.ID(), To: planner.ID("rpms/" + c), Kind: planner.EdgeContains, Evidence: "components.rpms." + c})
		}
	}
	return b.Graph()
}

// Spec returns the package's spec file at its first release.
func (p Package) Spec() []byte {
	var b bytes.Buffer
	release := "1%{?dist}"
	if p.Autorelease {
		release = "%autorelease"
	}
	fmt.Fprintf(&b, "Name:           %s\nVersion:        %s\nRelease:        %s\n", p.Name, p.Version, release)
	fmt.Fprintf(&b, "Summary:        The %s package of the demo distribution\nLicense:        MIT\n", p.Name)
	fmt.Fprintf(&b, "URL:            https://example.com/%s\nSource0:        %%{url}/%%{name}-%%{version}.tar.gz\n\n", p.Name)
	for _, r := range p.BuildRequires {
		fmt.Fprintf(&b, "BuildRequires:  %s\n", r)
	}
	main := -1
	for i, bin := range p.Binaries {
		if bin.Name == p.Name {
			main = i
			requires(&b, bin)
		}
	}
	fmt.Fprintf(&b, "\n%%description\nThe %s package.\n", p.Name)
	for i, bin := range p.Binaries {
		if i == main {
			continue
		}
		fmt.Fprintf(&b, "\n%%package -n %s\nSummary:        %s of %s\n", bin.Name, bin.Name, p.Name)
		requires(&b, bin)
		fmt.Fprintf(&b, "\n%%description -n %s\nPart of %s.\n", bin.Name, p.Name)
	}
	b.WriteString("\n%prep\n%autosetup\n\n%build\n%configure\n%make_build\n\n%install\n%make_install\n")
	for i, bin := range p.Binaries {
		if i == main {
			b.WriteString("\n%files\n")
		} else {
			fmt.Fprintf(&b, "\n%%files -n %s\n", bin.Name)
		}
	}
	b.WriteString("\n%changelog\n")
	if p.Autorelease {
		b.WriteString("%autochangelog\n")
	} else {
		fmt.Fprintf(&b, "* Thu Jan 01 2026 %s <%s@example.com> - %s-1\n- First build\n", p.Maintainer, p.Maintainer, p.Version)
	}
	return b.Bytes()
}

func requires(b *bytes.Buffer, bin Binary) {
	for _, r := range bin.Requires {
		fmt.Fprintf(b, "Requires:       %s\n", r)
	}
}
