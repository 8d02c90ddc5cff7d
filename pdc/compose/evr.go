// SPDX-License-Identifier: MIT

package compose

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/rpmver"
)

// NEVRA is the identity of an RPM as metadata spells it: name-E:V-R.arch.
type NEVRA struct {
	Name    string
	Epoch   string // digits; "" is read as 0
	Version string
	Release string
	Arch    string // src for a source package
}

// ParseNEVRA splits name-epoch:version-release.arch. The epoch may be left
// out, a ".rpm" at the end is ignored. The error is ErrInvalid.
func ParseNEVRA(s string) (NEVRA, error) {
	n, ok := splitNEVRA(s)
	if !ok {
		return NEVRA{}, invalid("", "", "%q is not name-epoch:version-release.arch", s)
	}
	return n, nil
}

func splitNEVRA(s string) (NEVRA, bool) {
	s = strings.TrimSuffix(s, ".rpm")
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 || dot == len(s)-1 {
		return NEVRA{}, false
	}
	rest, arch := s[:dot], s[dot+1:]
	r := strings.LastIndexByte(rest, '-')
	if r <= 0 || r == len(rest)-1 {
		return NEVRA{}, false
	}
	v := strings.LastIndexByte(rest[:r], '-')
	if v <= 0 || v == r-1 {
		return NEVRA{}, false
	}
	n := NEVRA{Name: rest[:v], Epoch: "0", Version: rest[v+1 : r], Release: rest[r+1:], Arch: arch}
	if colon := strings.IndexByte(n.Version, ':'); colon >= 0 {
		n.Epoch, n.Version = n.Version[:colon], n.Version[colon+1:]
		if n.Version == "" || n.Epoch == "" || strings.Trim(n.Epoch, "0123456789") != "" {
			return NEVRA{}, false
		}
	}
	return n, true
}

// String returns name-epoch:version-release.arch.
func (n NEVRA) String() string {
	return fmt.Sprintf("%s-%s:%s-%s.%s", n.Name, cmp.Or(n.Epoch, "0"), n.Version, n.Release, n.Arch)
}

// Compare orders by epoch, version and release as RPM does, with ~ before and
// ^ after the bare version; name and architecture are not looked at.
func (n NEVRA) Compare(o NEVRA) int {
	return cmp.Or(rpmver.Compare(cmp.Or(n.Epoch, "0"), cmp.Or(o.Epoch, "0")),
		rpmver.Compare(n.Version, o.Version), rpmver.Compare(n.Release, o.Release))
}
