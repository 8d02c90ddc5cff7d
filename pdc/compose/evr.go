// SPDX-License-Identifier: MIT

package compose

import (
	"cmp"
	"fmt"
	"strings"
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
	return cmp.Or(rpmvercmp(cmp.Or(n.Epoch, "0"), cmp.Or(o.Epoch, "0")),
		rpmvercmp(n.Version, o.Version), rpmvercmp(n.Release, o.Release))
}

// rpmvercmp is the order of rpm's own function of that name (lib/rpmvercmp).
func rpmvercmp(a, b string) int {
	if a == b {
		return 0
	}
	for a != "" || b != "" {
		a, b = skipSeparators(a), skipSeparators(b)
		at, bt := strings.HasPrefix(a, "~"), strings.HasPrefix(b, "~")
		if at || bt {
			if !at || !bt {
				return pick(bt)
			}
			a, b = a[1:], b[1:]
			continue
		}
		ac, bc := strings.HasPrefix(a, "^"), strings.HasPrefix(b, "^")
		if ac || bc {
			switch {
			case ac && bc:
				a, b = a[1:], b[1:]
				continue
			case a == "":
				return -1
			case b == "":
				return 1
			}
			return pick(bc)
		}
		if a == "" || b == "" {
			break
		}
		digits := isDigit(a[0])
		class := isLetter
		if digits {
			class = isDigit
		}
		i, j := span(a, class), span(b, class)
		if j == 0 { // of different kinds: numbers are newer than letters
			return pick(digits)
		}
		x, y := a[:i], b[:j]
		a, b = a[i:], b[j:]
		if digits {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Compare(len(x), len(y)); c != 0 {
				return c
			}
		}
		if c := strings.Compare(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(min(len(a), 1), min(len(b), 1))
}

func pick(first bool) int {
	if first {
		return 1
	}
	return -1
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func span(s string, class func(byte) bool) int {
	i := 0
	for i < len(s) && class(s[i]) {
		i++
	}
	return i
}

func skipSeparators(s string) string {
	i := 0
	for i < len(s) && !isDigit(s[i]) && !isLetter(s[i]) && s[i] != '~' && s[i] != '^' {
		i++
	}
	return s[i:]
}
