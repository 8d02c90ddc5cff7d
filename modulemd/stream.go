// SPDX-License-Identifier: MIT

package modulemd

import (
	"strings"
	"time"
)

// Stream is one stream of a module: a modulemd document of version 1 or 2, as
// a packager wrote it or a build system published it. Its fields may be set
// freely; [Stream.Validate] and [Stream.Format] say what is wrong with them.
// Lists are sets unless said otherwise: order and repetition carry no meaning
// and they are written sorted. A Stream is safe for concurrent readers.
type Stream struct {
	MDVersion     int    // version of the document format, 1 or 2; 0 means 2
	Name          string // of the module
	Stream        string // text, so that 5.10 stays 5.10
	Version       uint64 // of the build, by custom a time stamp; 0 when not built
	Context       string // tells builds of one version apart; may be empty
	StaticContext bool   // the context was chosen, not computed
	Arch          string
	Summary       string
	Description   string

	ServiceLevels   map[string]ServiceLevel
	ModuleLicenses  []string // of the module metadata itself
	ContentLicenses []string // of the packages in it
	XMD             Value    // for build systems; opaque
	Dependencies    []Dependencies
	References      References
	Profiles        map[string]Profile
	API             []string // packages whose interface is promised
	Filter          []string // packages that are built but not shipped
	Demodularized   []string // packages that left the module
	BuildOpts       *BuildOpts
	RPMs            map[string]RPMComponent
	Modules         map[string]ModuleComponent
	Artifacts       []string // what was built, as name-epoch:version-release.arch
	// RPMMap holds what is known of artifacts by digest type and digest.
	RPMMap map[string]map[string]RPMMapEntry

	// Unknown holds what lenient reading passed over. It is not written.
	Unknown []UnknownKey

	empty emptyKeys
}

// UnknownKey is a key that lenient reading did not know.
type UnknownKey struct {
	Path  string // "data.components.rpms.bash.preserve"
	Line  int    // in the file
	Value Value
}

// emptyKeys remembers which text keys were there without a text: an absent
// summary is an error, an empty one is not, and dumps show the difference.
type emptyKeys uint16

const (
	emptyName emptyKeys = 1 << iota
	emptyStream
	emptyContext
	emptyArch
	emptySummary
	emptyDescription
	emptyCommunity
	emptyDocumentation
	emptyTracker
	emptyRationale
	emptyRepository
	emptyCache
	emptyRef
	emptyMacros
)

// has reports whether a key is present: it has a text, or was read as empty.
func (e emptyKeys) has(bit emptyKeys, text string) bool { return text != "" || e&bit != 0 }

// same reports whether two values agree on a key, absence included.
func (e emptyKeys) same(f, bit emptyKeys, a, b string) bool {
	return a == b && e.has(bit, a) == f.has(bit, b)
}

// ServiceLevel says how long a promise about a stream holds.
type ServiceLevel struct {
	EOL time.Time // day on which it ends, in UTC; zero when open
}

// Dependencies is one combination of modules that a stream can be built and
// used with. The keys are module names. A list of streams means: empty, any;
// all with a leading dash, any but these; otherwise one of these.
type Dependencies struct {
	BuildRequires map[string][]string
	Requires      map[string][]string
}

// References point to a module's web pages.
type References struct {
	Community, Documentation, Tracker string
	empty                             emptyKeys
}

// Profile is a set of packages that are installed together.
type Profile struct {
	Description string
	RPMs        []string
	Default     bool
	empty       emptyKeys
}

// BuildOpts are settings of the build environment.
type BuildOpts struct {
	Macros    string   // lines of an rpm macro file
	Whitelist []string // packages that may be built in the module
	Arches    []string // what the module is built for; empty means all
	empty     emptyKeys
}

// RPMComponent is a source package of a module. Its key in Stream.RPMs is
// the package's name unless Name says otherwise.
type RPMComponent struct {
	Rationale     string
	Name          string
	Repository    string
	Cache         string
	Ref           string // branch, tag or commit; commit in built modules
	BuildOnly     bool
	BuildRoot     bool
	SRPMBuildRoot bool
	BuildOrder    int64    // batch; lower is earlier
	BuildAfter    []string // keys of components that are built before
	Arches        []string // empty means all
	Multilib      []string
	empty         emptyKeys
}

// ModuleComponent is a module that is built into another one.
type ModuleComponent struct {
	Rationale  string
	Repository string
	Ref        string
	BuildOrder int64
	BuildOnly  bool
	empty      emptyKeys
}

// RPMMapEntry describes an artifact by its parts.
type RPMMapEntry struct {
	Name    string
	Epoch   uint64
	Version string
	Release string
	Arch    string
	NEVRA   string
}

// Kind returns KindStream.
func (s *Stream) Kind() Kind { return KindStream }

// ModuleName returns the name of the module.
func (s *Stream) ModuleName() string { return s.Name }

// NSVC returns the identity of the build.
func (s *Stream) NSVC() NSVC {
	return NSVC{Name: s.Name, Stream: s.Stream, Version: s.Version, Context: s.Context, Arch: s.Arch}
}

// DependsOn reports whether the stream needs stream of module at run time,
// in any of its combinations.
func (s *Stream) DependsOn(module, stream string) bool {
	for _, d := range s.Dependencies {
		if matchesStream(d.Requires, module, stream) {
			return true
		}
	}
	return false
}

// BuildDependsOn reports whether the stream can be built with stream of
// module, in any of its combinations.
func (s *Stream) BuildDependsOn(module, stream string) bool {
	for _, d := range s.Dependencies {
		if matchesStream(d.BuildRequires, module, stream) {
			return true
		}
	}
	return false
}

func matchesStream(deps map[string][]string, module, stream string) bool {
	streams, ok := deps[module]
	return ok && allows(streams, stream)
}

// allows reports whether a stream meets a list of streams. An excluded one may
// also be named as it is written, with its dash.
func allows(streams []string, stream string) bool {
	negative := false
	for _, s := range streams {
		if s == stream {
			return true
		}
		if n, ok := strings.CutPrefix(s, "-"); ok {
			negative = true
			if n == stream {
				return false
			}
		}
	}
	return negative || len(streams) == 0
}

// Contains reports whether a source package is a component of the stream, by
// its key or by its overriding name.
func (s *Stream) Contains(component string) bool {
	if c, ok := s.RPMs[component]; ok && (c.Name == "" || c.Name == component) {
		return true
	}
	for _, c := range s.RPMs {
		if c.Name == component {
			return true
		}
	}
	return false
}
