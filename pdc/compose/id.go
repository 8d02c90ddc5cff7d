// SPDX-License-Identifier: MIT

package compose

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Type is the kind of a compose. Unknown ones are kept as they are.
type Type string

// The types that productmd knows, in the order in which composes of one day sort.
const (
	Development Type = "development"
	Test        Type = "test"
	CI          Type = "ci"
	Nightly     Type = "nightly"
	Production  Type = "production"
)

var (
	typeOrder = []Type{Development, Test, CI, Nightly, Production}
	suffixes  = map[string]Type{"": Production, "n": Nightly, "nightly": Nightly, "ci": CI,
		"t": Test, "test": Test, "d": Development, "development": Development}
)

// Suffix returns what ids of this type carry after the date: "", ".n", ".ci",
// ".t" or ".d". Unknown types have none.
func (t Type) Suffix() string {
	switch t {
	case Nightly, Test, Development:
		return "." + string(t[:1])
	case CI:
		return ".ci"
	}
	return ""
}

// ID is a compose id taken apart from the right.
type ID struct {
	Prefix string // release, and base product if layered: Fedora-Rawhide
	Date   string // YYYYMMDD
	Type   Type
	Respin int
}

// idPattern also reads the respin before the type, as some early ids have it.
var idPattern = regexp.MustCompile(`^(.*[^0-9])([0-9]{8})(?:\.([a-z]+))?(?:\.([0-9]{1,9}))?(?:\.([a-z]+))?$`)

// ParseID takes an id such as Fedora-Rawhide-20240105.n.0 apart. A missing
// respin reads as 0. The error is ErrInvalid.
func ParseID(s string) (ID, error) {
	bad := invalid("compose id", "", "%q is not <release>-<date>[.<type>].<respin>", s)
	m := idPattern.FindStringSubmatch(s)
	if m == nil || m[3] != "" && m[5] != "" || !strings.HasSuffix(m[1], "-") || len(m[1]) < 2 {
		return ID{}, bad
	}
	t, ok := suffixes[m[3]+m[5]]
	if !ok {
		return ID{}, bad
	}
	id := ID{Prefix: strings.TrimSuffix(m[1], "-"), Date: m[2], Type: t}
	if m[4] != "" {
		n, err := strconv.Atoi(m[4])
		if err != nil {
			return ID{}, bad
		}
		id.Respin = n
	}
	return id, nil
}

// String returns the id with the short suffix of its type.
func (id ID) String() string {
	return fmt.Sprintf("%s-%s%s.%d", id.Prefix, id.Date, id.Type.Suffix(), id.Respin)
}

// Compare orders composes of one release: by date, then type (development,
// test, ci, nightly, production), then respin as a number. The prefix only
// breaks ties.
func (id ID) Compare(o ID) int {
	return cmp.Or(cmp.Compare(id.Date, o.Date),
		cmp.Compare(slices.Index(typeOrder, id.Type), slices.Index(typeOrder, o.Type)),
		cmp.Compare(id.Respin, o.Respin), cmp.Compare(id.Prefix, o.Prefix))
}

// Prefix returns what the ids of a release's composes begin with:
// <short>-<version>[-<type>], and the same of the base product if base is not
// nil. A release type of ga, or none, is left out.
func Prefix(r Release, base *Release) string {
	one := func(r Release) string {
		s := r.Short + "-" + r.Version
		if r.Type != "" && r.Type != "ga" {
			s += "-" + r.Type
		}
		return s
	}
	if base == nil {
		return one(r)
	}
	return one(r) + "-" + one(*base)
}

// Milestones are the names that a label may begin with, in order.
var milestones = []string{"EA", "DevelPhaseExit", "InternalAlpha", "Alpha", "InternalSnapshot",
	"Beta", "Snapshot", "RC", "Update", "SecurityFix"}

// Label is a compose label such as RC-1.2. The zero value is no label.
type Label struct {
	Milestone    string // EA, DevelPhaseExit, InternalAlpha, Alpha, InternalSnapshot, Beta, Snapshot, RC, Update or SecurityFix
	Major, Minor int
}

var labelPattern = regexp.MustCompile(`^([A-Za-z]+)-([0-9]{1,9})\.([0-9]{1,9})$`)

// ParseLabel reads <milestone>-<number>.<number>. The error is ErrInvalid.
func ParseLabel(s string) (Label, error) {
	m := labelPattern.FindStringSubmatch(s)
	if m == nil || !slices.Contains(milestones, m[1]) {
		return Label{}, invalid("compose label", "", "%q is not one of %s, followed by -<number>.<number>",
			s, strings.Join(milestones, ", "))
	}
	l := Label{Milestone: m[1]}
	l.Major, _ = strconv.Atoi(m[2])
	l.Minor, _ = strconv.Atoi(m[3])
	return l, nil
}

// String returns the label, "" for the zero value.
func (l Label) String() string {
	if l == (Label{}) {
		return ""
	}
	return fmt.Sprintf("%s-%d.%d", l.Milestone, l.Major, l.Minor)
}

// Compare orders labels by milestone, then by number.
func (l Label) Compare(o Label) int {
	return cmp.Or(cmp.Compare(slices.Index(milestones, l.Milestone), slices.Index(milestones, o.Milestone)),
		cmp.Compare(l.Major, o.Major), cmp.Compare(l.Minor, o.Minor))
}
