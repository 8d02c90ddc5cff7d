// SPDX-License-Identifier: MIT

package modulemd

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// NSVC identifies a build of a stream. It is comparable.
type NSVC struct {
	Name    string
	Stream  string
	Version uint64 // 0 means not built
	Context string
	Arch    string // empty in the arch-independent form
}

// String returns name:stream:version[:context], as build systems print it.
func (n NSVC) String() string {
	s := n.Name + ":" + n.Stream + ":" + strconv.FormatUint(n.Version, 10)
	if n.Context != "" {
		s += ":" + n.Context
	}
	return s
}

// NSVCA returns name:stream:version:context:arch, as package managers print
// it: absent parts are empty and colons at the end are left out. Dumps are
// sorted by it.
func (n NSVC) NSVCA() string {
	version := ""
	if n.Version != 0 {
		version = strconv.FormatUint(n.Version, 10)
	}
	return strings.TrimRight(n.Name+":"+n.Stream+":"+version+":"+n.Context+":"+n.Arch, ":")
}

// Compare orders by name and stream as text, then by version as number, then
// by context and arch.
func (n NSVC) Compare(m NSVC) int {
	return cmp.Or(cmp.Compare(n.Name, m.Name), cmp.Compare(n.Stream, m.Stream), cmp.Compare(n.Version, m.Version),
		cmp.Compare(n.Context, m.Context), cmp.Compare(n.Arch, m.Arch))
}

// ParseNSVC reads name:stream[:version[:context[:arch]]]. An empty version
// counts as 0. Streams with colons cannot be told apart in this form.
func ParseNSVC(s string) (NSVC, error) {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 5 || parts[0] == "" || parts[1] == "" {
		return NSVC{}, &Error{Class: ClassParse, Msg: fmt.Sprintf("%q is not of the form name:stream[:version[:context[:arch]]]", s)}
	}
	n := NSVC{Name: parts[0], Stream: parts[1]}
	parts = append(parts, "", "", "")
	if v := parts[2]; v != "" {
		var ok bool
		if n.Version, ok = parseUint(v); !ok || !digits(v) {
			return NSVC{}, &Error{Class: ClassParse, Msg: fmt.Sprintf("%q: version %q is no number", s, v)}
		}
	}
	n.Context, n.Arch = parts[3], parts[4]
	return n, nil
}

// NEVRA is the name of a built package, taken apart.
type NEVRA struct {
	Name    string
	Epoch   int64
	Version string
	Release string
	Arch    string
}

// String returns name-epoch:version-release.arch.
func (n NEVRA) String() string {
	return n.Name + "-" + strconv.FormatInt(n.Epoch, 10) + ":" + n.Version + "-" + n.Release + "." + n.Arch
}

// ParseNEVRA reads name-epoch:version-release.arch as artifact lists have it.
// The epoch is mandatory. What modules are allowed to contain is a little
// more than this: see [ValidArtifact].
func ParseNEVRA(s string) (NEVRA, error) {
	bad := func(why string) (NEVRA, error) {
		return NEVRA{}, &Error{Class: ClassParse, Msg: fmt.Sprintf("%q is not of the form name-epoch:version-release.arch: %s", s, why)}
	}
	name, epoch, version, release, arch, ok := cutNEVRA(s)
	if !ok {
		return bad("a separator is missing")
	}
	e, ok := parseInt(epoch)
	if !ok || !digits(epoch) {
		return bad("the epoch is no number")
	}
	if name == "" || version == "" || release == "" || arch == "" {
		return bad("a part is empty")
	}
	return NEVRA{name, e, version, release, arch}, nil
}

// cutNEVRA takes a name apart from its end: the epoch ends at the first colon
// before the release.
func cutNEVRA(s string) (name, epoch, version, release, arch string, ok bool) {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return
	}
	arch, s = s[dot+1:], s[:dot]
	dash := strings.LastIndexByte(s, '-')
	if dash < 0 {
		return
	}
	release, s = s[dash+1:], s[:dash]
	sep := strings.LastIndexAny(s, ":-")
	if sep < 0 || s[sep] == '-' {
		return
	}
	version, s = s[sep+1:], s[:sep]
	dash = strings.LastIndexByte(s, '-')
	if dash < 0 {
		return
	}
	name, epoch = s[:dash], s[dash+1:]
	if i := strings.IndexByte(epoch, ':'); i >= 0 {
		epoch, version = epoch[:i], epoch[i+1:]+":"+version
	}
	return name, epoch, version, release, arch, true
}

// ValidArtifact reports whether an artifact list may contain s. The rule is
// the reference's: it looks at the separators and at where the epoch begins,
// so that odd names such as -0:1-1.x pass.
func ValidArtifact(s string) bool { return validArtifact(s) }

func validArtifact(s string) bool {
	_, epoch, _, _, _, ok := cutNEVRA(s)
	return ok && epoch != "" && epoch[0] >= '0' && epoch[0] <= '9'
}

func (m *RPMMapEntry) nevra() string {
	return m.Name + "-" + strconv.FormatUint(m.Epoch, 10) + ":" + m.Version + "-" + m.Release + "." + m.Arch
}
