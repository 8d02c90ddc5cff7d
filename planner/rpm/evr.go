// SPDX-License-Identifier: MIT

package rpm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/rpmver"
)

// EVR is an epoch, version and release. The zero value is empty: it names no
// version. A missing epoch is 0, as in rpm; an empty Release means that none
// was given, which matters only where a dependency is matched.
type EVR struct {
	Epoch   uint32
	Version string
	Release string
}

// ParseEVR reads "[epoch:]version[-release]". The version ends at the last
// dash. It returns an error wrapping [ErrSyntax] for an empty version, an
// epoch that is no number, or a second dash.
func ParseEVR(s string) (EVR, error) {
	var e EVR
	rest := s
	if epoch, after, ok := strings.Cut(s, ":"); ok {
		n, err := strconv.ParseUint(epoch, 10, 32)
		if err != nil && epoch != "" {
			return e, syntax(s, 0, "the epoch is not a number")
		}
		e.Epoch, rest = uint32(n), after
	}
	e.Version = rest
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		e.Version, e.Release = rest[:i], rest[i+1:]
		if e.Release == "" {
			return EVR{}, syntax(s, len(s), "the release is empty")
		}
	}
	if e.Version == "" {
		return EVR{}, syntax(s, len(s)-len(rest), "the version is empty")
	}
	if i := strings.IndexByte(e.Version, '-'); i >= 0 {
		return EVR{}, syntax(s, len(s)-len(rest)+i, "a version holds no dash")
	}
	return e, nil
}

// String returns "[epoch:]version[-release]"; an epoch of 0 is left out.
func (e EVR) String() string {
	s := e.Version
	if e.Release != "" {
		s += "-" + e.Release
	}
	if e.Epoch != 0 {
		s = strconv.FormatUint(uint64(e.Epoch), 10) + ":" + s
	}
	return s
}

// Compare returns -1, 0 or +1 by rpm's order: epoch, then version, then
// release. A missing release is older than any. It does not allocate.
func (e EVR) Compare(o EVR) int {
	switch {
	case e.Epoch < o.Epoch:
		return -1
	case e.Epoch > o.Epoch:
		return 1
	}
	if c := CompareVersions(e.Version, o.Version); c != 0 {
		return c
	}
	return CompareVersions(e.Release, o.Release)
}

// CompareVersions orders two versions or two releases as rpm's rpmvercmp
// does: runs of digits as numbers, runs of letters by bytes, other characters
// only separate; a tilde is older than the end of the text, a caret newer than
// the end but older than anything else. It does not allocate.
func CompareVersions(a, b string) int { return rpmver.Compare(a, b) }

// NEVRA names one package file.
type NEVRA struct {
	Name string
	EVR
	Arch string
}

// String returns "name-[epoch:]version-release.arch".
func (n NEVRA) String() string {
	s := n.Name + "-" + n.EVR.String()
	if n.Arch != "" {
		s += "." + n.Arch
	}
	return s
}

// ParseNEVRA reads "name-[epoch:]version-release.arch", also with the epoch in
// front of the name ("1:name-version-release.arch") and with ".rpm" at the
// end. Names hold dashes, so it reads from the right. It returns an error
// wrapping [ErrSyntax] that says what is missing.
func ParseNEVRA(s string) (NEVRA, error) {
	var n NEVRA
	rest := strings.TrimSuffix(s, ".rpm")
	dot := strings.LastIndexByte(rest, '.')
	if dot < 0 {
		return n, syntax(s, 0, "no architecture")
	}
	n.Arch, rest = rest[dot+1:], rest[:dot]
	name, evr, err := splitNVR(s, rest)
	if err != nil {
		return NEVRA{}, err
	}
	if epoch, after, ok := strings.Cut(name, ":"); ok && evr.Epoch == 0 {
		v, err := strconv.ParseUint(epoch, 10, 32)
		if err != nil {
			return NEVRA{}, syntax(s, 0, "the epoch is not a number")
		}
		evr.Epoch, name = uint32(v), after
	}
	if name == "" || n.Arch == "" {
		return NEVRA{}, syntax(s, 0, "the name or the architecture is empty")
	}
	n.Name, n.EVR = name, evr
	return n, nil
}

func splitNVR(whole, rest string) (string, EVR, error) {
	r := strings.LastIndexByte(rest, '-')
	if r <= 0 {
		return "", EVR{}, syntax(whole, 0, "no release")
	}
	v := strings.LastIndexByte(rest[:r], '-')
	if v < 0 {
		return "", EVR{}, syntax(whole, 0, "no version")
	}
	evr, err := ParseEVR(rest[v+1:])
	return rest[:v], evr, err
}

// SourceName returns the name of the source package out of a file name as
// binary packages give it ("bash-5.3-1.fc43.src.rpm"). It returns an error
// wrapping [ErrSyntax] for any other text.
func SourceName(file string) (string, error) {
	base, ok := strings.CutSuffix(file, ".rpm")
	if !ok {
		return "", syntax(file, len(file), "no .rpm at the end")
	}
	base, ok = strings.CutSuffix(base, ".src")
	if !ok {
		if base, ok = strings.CutSuffix(base, ".nosrc"); !ok {
			return "", syntax(file, 0, "not the file of a source package")
		}
	}
	name, _, err := splitNVR(file, base)
	if err == nil && name == "" {
		err = syntax(file, 0, "no name")
	}
	return name, err
}

func syntax(text string, at int, msg string) error {
	return &SyntaxError{Text: text, Offset: at, Msg: msg}
}

// SyntaxError says where a version, a package name or a dependency can't be
// read. It wraps [ErrSyntax].
type SyntaxError struct {
	Text   string // what was read
	Offset int    // in bytes, from 0
	Msg    string
}

// Error returns "rpm: TEXT: offset N: what is wrong"; long texts are cut.
func (e *SyntaxError) Error() string {
	text := e.Text
	if len(text) > 120 {
		text = text[:117] + "..."
	}
	return fmt.Sprintf("rpm: %q: offset %d: %s", text, e.Offset, e.Msg)
}

// Unwrap returns [ErrSyntax].
func (e *SyntaxError) Unwrap() error { return ErrSyntax }
