// SPDX-License-Identifier: MIT

package modulemd

import (
	"bytes"
	"strings"
	"time"
)

// formatDocument validates and writes one document.
func formatDocument(d Document) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	var e emitter
	d.write(&e)
	if e.invalid {
		return nil, errNotUTF8(d)
	}
	return bytes.Clone(e.b), nil
}

func errNotUTF8(d Document) error {
	return Failures{{Class: ClassValidate, Msg: d.Kind().String() + " document of module " + d.ModuleName() + ": a text is not UTF-8"}}
}

// Format returns the stream as one YAML document with its markers, byte for
// byte as the reference writes it. What is invalid is refused as Failures.
// Formatting what was parsed from Format gives the same bytes.
func (s *Stream) Format() ([]byte, error) { return formatDocument(s) }

// Names that begin like this were made up by the library and are not written.
const (
	unnamedModule = "__unnamed_module_"
	unnamedStream = "__unnamed_stream_"
)

func (s *Stream) mdVersion() int {
	if s.MDVersion == 0 {
		return 2
	}
	return s.MDVersion
}

func (s *Stream) write(e *emitter) {
	v1 := s.MDVersion == 1
	e.startDocument("modulemd", s.mdVersion())
	e.optional("name", s.Name, s.empty.has(emptyName, s.Name) && !strings.HasPrefix(s.Name, unnamedModule))
	if s.empty.has(emptyStream, s.Stream) && !strings.HasPrefix(s.Stream, unnamedStream) {
		e.key("stream")
		e.quoted(s.Stream)
	}
	if s.Version != 0 {
		e.key("version")
		e.uint(s.Version)
	}
	e.optional("context", s.Context, s.empty.has(emptyContext, s.Context))
	if s.StaticContext && !v1 {
		e.key("static_context")
		e.true()
	}
	e.optional("arch", s.Arch, s.empty.has(emptyArch, s.Arch))
	e.key("summary")
	e.styled(s.Summary, textStyle(s.Summary, !v1))
	e.key("description")
	e.folded(s.Description)
	s.writeServiceLevels(e)
	e.key("license")
	e.openMap()
	e.key("module")
	e.blockList(s.ModuleLicenses, true)
	if len(s.ContentLicenses) > 0 {
		e.key("content")
		e.blockList(s.ContentLicenses, true)
	}
	e.closeMap()
	if !s.XMD.IsZero() {
		e.key("xmd")
		e.value(s.XMD)
	}
	if v1 {
		s.writeDependenciesV1(e)
	} else {
		s.writeDependencies(e)
	}
	s.References.write(e)
	writeProfiles(e, s.Profiles)
	writeRPMSet(e, "api", s.API)
	writeRPMSet(e, "filter", s.Filter)
	if !v1 {
		writeRPMSet(e, "demodularized", s.Demodularized)
	}
	s.BuildOpts.write(e)
	writeComponents(e, s.RPMs, s.Modules)
	s.writeArtifacts(e)
	e.endDocument()
}

func (s *Stream) writeServiceLevels(e *emitter) {
	if len(s.ServiceLevels) == 0 {
		return
	}
	e.key("servicelevels")
	e.openMap()
	for _, name := range sortedKeys(s.ServiceLevels) {
		e.keyText(name, true)
		if l := s.ServiceLevels[name]; l.EOL.IsZero() {
			e.emptyMap()
		} else {
			e.openMap()
			e.key("eol")
			e.raw(l.EOL.AppendFormat(nil, time.DateOnly))
			e.closeMap()
		}
	}
	e.closeMap()
}

func (s *Stream) writeDependencies(e *emitter) {
	if len(s.Dependencies) == 0 {
		return
	}
	e.key("dependencies")
	e.openSeq()
	for _, d := range s.Dependencies {
		e.item()
		if len(d.BuildRequires)+len(d.Requires) == 0 {
			e.emptyMap()
			continue
		}
		e.openMap()
		writeRequires(e, "buildrequires", d.BuildRequires)
		writeRequires(e, "requires", d.Requires)
		e.closeMap()
	}
	e.closeSeq()
}

func writeRequires(e *emitter, key string, deps map[string][]string) {
	if len(deps) == 0 {
		return
	}
	e.key(key)
	e.openMap()
	for _, name := range sortedKeys(deps) {
		e.keyText(name, true)
		e.flowList(deps[name])
	}
	e.closeMap()
}

func (s *Stream) writeDependenciesV1(e *emitter) {
	if len(s.Dependencies) == 0 {
		return
	}
	d := s.Dependencies[0]
	if len(d.BuildRequires)+len(d.Requires) == 0 {
		return
	}
	e.key("dependencies")
	e.openMap()
	for _, side := range []struct {
		key  string
		deps map[string][]string
	}{{"buildrequires", d.BuildRequires}, {"requires", d.Requires}} {
		if len(side.deps) == 0 {
			continue
		}
		e.key(side.key)
		e.openMap()
		for _, name := range sortedKeys(side.deps) {
			e.keyText(name, false)
			e.plain(strings.Join(side.deps[name], ""))
		}
		e.closeMap()
	}
	e.closeMap()
}

func (r *References) has() bool {
	return r.Community+r.Documentation+r.Tracker != "" || r.empty != 0
}

func (r *References) write(e *emitter) {
	if !r.has() {
		return
	}
	e.key("references")
	e.openMap()
	e.optional("community", r.Community, r.empty.has(emptyCommunity, r.Community))
	e.optional("documentation", r.Documentation, r.empty.has(emptyDocumentation, r.Documentation))
	e.optional("tracker", r.Tracker, r.empty.has(emptyTracker, r.Tracker))
	e.closeMap()
}

func writeProfiles(e *emitter, profiles map[string]Profile) {
	if len(profiles) == 0 {
		return
	}
	e.key("profiles")
	e.openMap()
	for _, name := range sortedKeys(profiles) {
		p := profiles[name]
		e.keyText(name, true)
		described := p.empty.has(emptyDescription, p.Description)
		if !described && len(p.RPMs) == 0 && !p.Default {
			e.emptyMap()
			continue
		}
		e.openMap()
		e.optional("description", p.Description, described)
		if len(p.RPMs) > 0 {
			e.key("rpms")
			e.blockList(p.RPMs, true)
		}
		if p.Default {
			e.key("default")
			e.true()
		}
		e.closeMap()
	}
	e.closeMap()
}

func writeRPMSet(e *emitter, key string, rpms []string) {
	if len(rpms) == 0 {
		return
	}
	e.key(key)
	e.openMap()
	e.key("rpms")
	e.blockList(rpms, true)
	e.closeMap()
}

func (b *BuildOpts) write(e *emitter) {
	if b == nil {
		return
	}
	e.key("buildopts")
	e.openMap()
	e.key("rpms")
	macros := b.empty.has(emptyMacros, b.Macros)
	if !macros && len(b.Whitelist) == 0 {
		e.emptyMap()
	} else {
		e.openMap()
		if macros {
			e.key("macros")
			e.folded(b.Macros)
		}
		if len(b.Whitelist) > 0 {
			e.key("whitelist")
			e.blockList(b.Whitelist, true)
		}
		e.closeMap()
	}
	if len(b.Arches) > 0 {
		e.key("arches")
		e.flowList(b.Arches)
	}
	e.closeMap()
}

func (s *Stream) writeArtifacts(e *emitter) {
	entries := 0
	for _, m := range s.RPMMap {
		entries += len(m)
	}
	if len(s.Artifacts)+entries == 0 {
		return
	}
	e.key("artifacts")
	e.openMap()
	if len(s.Artifacts) > 0 {
		e.key("rpms")
		e.blockList(s.Artifacts, true)
	}
	if entries > 0 {
		e.key("rpm-map")
		e.openMap()
		for _, digest := range sortedKeys(s.RPMMap) {
			if len(s.RPMMap[digest]) == 0 {
				continue
			}
			e.keyText(digest, false)
			e.openMap()
			for _, sum := range sortedKeys(s.RPMMap[digest]) {
				entry := s.RPMMap[digest][sum]
				e.keyText(sum, false)
				entry.write(e)
			}
			e.closeMap()
		}
		e.closeMap()
	}
	e.closeMap()
}

func (m *RPMMapEntry) write(e *emitter) {
	e.openMap()
	e.optional("name", m.Name, true)
	e.key("epoch")
	e.uint(m.Epoch)
	e.optional("version", m.Version, true)
	e.optional("release", m.Release, true)
	e.optional("arch", m.Arch, true)
	e.optional("nevra", m.NEVRA, true)
	e.closeMap()
}
