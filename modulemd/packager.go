// SPDX-License-Identifier: MIT

package modulemd

import (
	"slices"
	"strconv"
	"strings"
)

// Packager is what a packager writes for the build system: a
// modulemd-packager document of version 3. Documents of version 2 are read as
// a [Stream].
type Packager struct {
	Name           string // may be empty: then the repository's name
	Stream         string // may be empty: then the branch's name
	Summary        string
	Description    string
	Licenses       []string // empty means MIT
	XMD            Value
	Configurations []Configuration
	References     References
	Profiles       map[string]Profile
	API            []string
	Filter         []string
	Demodularized  []string
	RPMs           map[string]RPMComponent
	Modules        map[string]ModuleComponent

	empty emptyKeys
}

// Configuration is one way in which a module is built; each becomes a stream
// of its own with a context that was chosen.
type Configuration struct {
	Context       string // 1 to 10 letters and digits
	Platform      string // stream of the platform module
	BuildRequires map[string]string
	Requires      map[string]string
	BuildOpts     *BuildOpts
}

// Kind returns KindPackager.
func (p *Packager) Kind() Kind { return KindPackager }

// ModuleName returns the name of the module, which may be empty.
func (p *Packager) ModuleName() string { return p.Name }

// Validate returns everything that is wrong as Failures, nil if nothing.
// Summary and description are asked for only by the conversions.
func (p *Packager) Validate() error { return validate(p) }

func (p *Packager) check(r *report) {
	seen := map[string]bool{}
	for i, c := range p.Configurations {
		at := func(key, format string, args ...any) {
			r.inItem(ClassValidate, i, []string{"configurations"}, []string{key}, format, args...)
		}
		switch {
		case c.Context == "":
			at("context", "context is missing")
		case len(c.Context) > 10 || !alphanumeric(c.Context):
			at("context", "a context has 1 to 10 letters and digits, not %q", c.Context)
		case seen[c.Context]:
			at("context", "context %q appears twice", c.Context)
		}
		seen[c.Context] = true
		if c.Platform == "" {
			at("platform", "platform is missing")
		}
	}
	checkComponents(r, p.RPMs)
}

// Format returns the document as YAML, in the order of keys of the reference.
func (p *Packager) Format() ([]byte, error) { return formatDocument(p) }

func (d *decoder) packager(h header) *Packager {
	d.strict = true // always, for this version
	p := &Packager{}
	for k, v := range d.pairs(h.data) {
		switch d.toks[k].text {
		case "name":
			d.optional(v, &p.Name, &p.empty, emptyName)
		case "stream":
			d.optional(v, &p.Stream, &p.empty, emptyStream)
		case "summary":
			d.optional(v, &p.Summary, &p.empty, emptySummary)
		case "description":
			d.optional(v, &p.Description, &p.empty, emptyDescription)
		case "license":
			d.set(v, &p.Licenses)
		case "xmd":
			d.xmd(v, &p.XMD)
		case "configurations":
			d.configurations(v, p)
		case "references":
			d.references(v, &p.References)
		case "profiles":
			d.profiles(v, &p.Profiles)
		case "api":
			d.rpmSet(v, &p.API)
		case "filter":
			d.rpmSet(v, &p.Filter)
		case "demodularized":
			d.rpmSet(v, &p.Demodularized)
		case "components":
			d.components(v, &p.RPMs, &p.Modules)
		default:
			d.unknownKey(k, v)
		}
	}
	return p
}

func (d *decoder) configurations(v int, p *Packager) {
	if !d.expect(v, kindSeq) {
		return
	}
	for item := v + 1; item < int(d.toks[v].end); item = int(d.toks[item].end) {
		if !d.expect(item, kindMap) {
			continue
		}
		var c Configuration
		for k, v := range d.pairs(item) {
			switch d.toks[k].text {
			case "context":
				d.text(v, &c.Context)
			case "platform":
				d.text(v, &c.Platform)
			case "buildrequires":
				d.oneStreamEach(v, &c.BuildRequires)
			case "requires":
				d.oneStreamEach(v, &c.Requires)
			case "buildopts":
				d.buildOpts(v, &c.BuildOpts)
			default:
				d.unknownKey(k, v)
			}
		}
		p.Configurations = append(p.Configurations, c)
	}
}

func (d *decoder) oneStreamEach(v int, dst *map[string]string) {
	var deps map[string][]string
	d.requires(v, &deps)
	*dst = map[string]string{}
	for k, v := range d.pairs(v) {
		name := d.toks[k].text
		if len(deps[name]) != 1 {
			d.fail(v, ClassParse, "exactly one stream expected, got %d", len(deps[name]))
			continue
		}
		(*dst)[name] = deps[name][0]
	}
}

func (p *Packager) write(e *emitter) {
	e.startDocument("modulemd-packager", 3)
	if p.empty.has(emptyName, p.Name) {
		e.key("name")
		e.plain(p.Name)
	}
	if p.empty.has(emptyStream, p.Stream) {
		e.key("stream")
		e.quoted(p.Stream)
	}
	if p.empty.has(emptySummary, p.Summary) {
		e.key("summary")
		e.plain(p.Summary)
	}
	if p.empty.has(emptyDescription, p.Description) {
		e.key("description")
		e.folded(p.Description)
	}
	if len(p.Licenses) > 0 {
		e.key("license")
		e.blockList(p.Licenses, true)
	}
	if !p.XMD.IsZero() {
		e.key("xmd")
		e.value(p.XMD)
	}
	if len(p.Configurations) > 0 {
		e.key("configurations")
		e.openSeq()
		for _, c := range p.sorted() {
			e.item()
			c.write(e)
		}
		e.closeSeq()
	}
	p.References.write(e)
	writeProfiles(e, p.Profiles)
	writeRPMSet(e, "api", p.API)
	writeRPMSet(e, "filter", p.Filter)
	writeRPMSet(e, "demodularized", p.Demodularized)
	writeComponents(e, p.RPMs, p.Modules)
	e.endDocument()
}

func (c *Configuration) write(e *emitter) {
	e.openMap()
	e.key("context")
	e.text(c.Context)
	e.key("platform")
	e.text(c.Platform)
	writeRequires(e, "buildrequires", lists(c.BuildRequires))
	writeRequires(e, "requires", lists(c.Requires))
	c.BuildOpts.write(e)
	e.closeMap()
}

func lists(deps map[string]string) map[string][]string {
	out := make(map[string][]string, len(deps))
	for name, stream := range deps {
		out[name] = []string{stream}
	}
	return out
}

// sorted returns the configurations in byte order of their contexts.
func (p *Packager) sorted() []Configuration {
	out := slices.Clone(p.Configurations)
	slices.SortStableFunc(out, func(a, b Configuration) int { return strings.Compare(a.Context, b.Context) })
	return out
}

// ToStream converts the document to one stream of version 2 that has every
// configuration as a combination of dependencies. The context and the build
// options are those of the first configuration, the context only when there
// is no other. Without a name or stream placeholders stand in, which are
// never written. The stream shares lists and maps with the document.
func (p *Packager) ToStream() (*Stream, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	configs := p.sorted()
	if len(configs) == 0 {
		return nil, Failures{{Class: ClassValidate, Path: "data.configurations", Msg: "a document without configurations cannot become a stream"}}
	}
	s := p.base()
	if len(configs) == 1 {
		s.Context = configs[0].Context
	}
	s.BuildOpts = configs[0].BuildOpts
	for _, c := range configs {
		s.Dependencies = append(s.Dependencies, c.dependencies())
	}
	return s, s.Validate()
}

// ToIndex converts the document to one stream of version 2 per configuration
// and, where profiles are marked as default, a defaults document.
func (p *Packager) ToIndex() (*Index, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	configs := p.sorted()
	if len(configs) == 0 {
		return nil, Failures{{Class: ClassValidate, Path: "data.configurations", Msg: "a document without configurations cannot become streams"}}
	}
	x := NewIndex()
	for _, c := range configs {
		s := p.base()
		s.Context, s.BuildOpts = c.Context, c.BuildOpts
		s.Dependencies = []Dependencies{c.dependencies()}
		if err := x.Add(s); err != nil {
			return nil, err
		}
	}
	var profiles []string
	for _, name := range sortedKeys(p.Profiles) {
		if p.Profiles[name].Default {
			profiles = append(profiles, name)
		}
	}
	if profiles == nil {
		return x, nil
	}
	for _, f := range []struct{ key, value string }{{"name", p.Name}, {"stream", p.Stream}} {
		if f.value == "" {
			return nil, Failures{{Class: ClassMissing, Path: "data." + f.key, Msg: f.key + " is missing, which default profiles need"}}
		}
	}
	return x, x.Add(&Defaults{Module: p.Name, Profiles: map[string][]string{p.Stream: profiles}})
}

// base returns a stream with everything but the configurations.
func (p *Packager) base() *Stream {
	s := &Stream{
		MDVersion: 2, Name: p.Name, Stream: p.Stream, Summary: p.Summary, Description: p.Description,
		ModuleLicenses: p.Licenses, XMD: p.XMD, References: p.References, API: p.API, Filter: p.Filter,
		Demodularized: p.Demodularized, RPMs: p.RPMs, Modules: p.Modules, empty: p.empty,
	}
	if len(s.ModuleLicenses) == 0 {
		s.ModuleLicenses = []string{"MIT"}
	}
	if len(p.Profiles) > 0 {
		s.Profiles = map[string]Profile{}
	}
	for name, profile := range p.Profiles {
		profile.Default = false
		s.Profiles[name] = profile
	}
	autoName(s, 0)
	return s
}

func (c *Configuration) dependencies() Dependencies {
	add := func(deps map[string]string) map[string][]string {
		out := lists(deps)
		out["platform"] = set(append(out["platform"], c.Platform))
		return out
	}
	return Dependencies{BuildRequires: add(c.BuildRequires), Requires: add(c.Requires)}
}

// autoName gives a stream placeholders for what it lacks.
func autoName(s *Stream, n int) {
	if !s.empty.has(emptyName, s.Name) {
		s.Name = unnamedModule + strconv.Itoa(n)
	}
	if !s.empty.has(emptyStream, s.Stream) {
		s.Stream = unnamedStream + strconv.Itoa(n)
	}
}
