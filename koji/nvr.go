// SPDX-License-Identifier: MIT

package koji

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An NVR names a build: name, version and release, with the epoch where it is
// known. It names an rpm too, with Arch set.
type NVR struct {
	Name    string `json:"name"`
	Epoch   *int   `json:"epoch,omitempty"` // nil: none, or unknown
	Version string `json:"version"`
	Release string `json:"release"`
	Arch    string `json:"arch,omitempty"` // only for rpms
}

// ParseNVR reads "name-version-release", with an optional epoch in one of the
// places where people write it: "1:bash-5.2-1", "bash-1:5.2-1". A directory
// in front is dropped. The error wraps [ErrInvalid].
func ParseNVR(s string) (NVR, error) {
	n, ok := parseNVR(s)
	if !ok {
		return NVR{}, invalid("parse nvr", "%q is not a name-version-release", s)
	}
	return n, nil
}

// ParseNVRA reads "name-version-release.arch", as [ParseNVR] with the arch
// after the last dot; ".rpm" at the end is dropped.
func ParseNVRA(s string) (NVR, error) {
	base := strings.TrimSuffix(s, ".rpm")
	dot := strings.LastIndexByte(base, '.')
	if dot > 0 && dot > strings.LastIndexByte(base, '-') && dot < len(base)-1 {
		if n, ok := parseNVR(base[:dot]); ok {
			n.Arch = base[dot+1:]
			return n, nil
		}
	}
	return NVR{}, invalid("parse nvra", "%q is not a name-version-release.arch", s)
}

func parseNVR(s string) (n NVR, ok bool) {
	s = s[strings.LastIndexByte(s, '/')+1:]
	r := strings.LastIndexByte(s, '-')
	if r <= 0 {
		return n, false
	}
	v := strings.LastIndexByte(s[:r], '-')
	if v <= 0 {
		return n, false
	}
	n = NVR{Name: s[:v], Version: s[v+1 : r], Release: s[r+1:]}
	for _, part := range []*string{&n.Name, &n.Version} {
		if epoch, rest, found := strings.Cut(*part, ":"); found {
			e, err := strconv.Atoi(epoch)
			if err != nil || e < 0 || n.Epoch != nil {
				return n, false
			}
			n.Epoch, *part = &e, rest
		}
	}
	if n.Name == "" || n.Version == "" || n.Release == "" || !utf8.ValidString(s) || strings.ContainsAny(s, " \t\r\n") || strings.ContainsRune(n.Release, ':') {
		return n, false
	}
	return n, true
}

// String returns "name-version-release" and ".arch" if there is one, without
// the epoch: the form that Koji knows a build by.
func (n NVR) String() string {
	s := n.Name + "-" + n.Version + "-" + n.Release
	if n.Arch != "" {
		s += "." + n.Arch
	}
	return s
}

// MarshalText returns what String returns.
func (n NVR) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what [ParseNVR] reads.
func (n *NVR) UnmarshalText(text []byte) error {
	got, err := ParseNVR(string(text))
	if err == nil {
		*n = got
	}
	return err
}

// UnmarshalJSON reads a string as [ParseNVR] does, or an object with the
// members name, version, release and epoch.
func (n *NVR) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		return n.UnmarshalText([]byte(s))
	}
	type plain NVR
	return json.Unmarshal(data, (*plain)(n))
}

// Ref returns the build as an argument. It carries the epoch only when Epoch
// is set; the hub then finds no build with another one.
func (n NVR) Ref() Ref {
	type plain NVR
	data, err := json.Marshal(plain(n))
	if err != nil {
		return Ref(n.String())
	}
	return Ref(data)
}

// Compare orders by name, then by epoch (none counts as 0), version and
// release by rpm's rules, then by arch. It returns -1, 0 or 1.
func (n NVR) Compare(o NVR) int {
	epoch := func(p *int) int {
		if p == nil {
			return 0
		}
		return *p
	}
	return cmp.Or(
		strings.Compare(n.Name, o.Name),
		cmp.Compare(epoch(n.Epoch), epoch(o.Epoch)),
		CompareVersions(n.Version, o.Version),
		CompareVersions(n.Release, o.Release),
		strings.Compare(n.Arch, o.Arch),
	)
}

// CompareVersions orders two versions, or two releases, as rpm does: runs of
// digits by value, runs of letters by code, "~" before the end, "^" after it,
// digits after letters; what separates the runs does not count.
func CompareVersions(a, b string) int {
	for a != "" || b != "" {
		a, b = trimSeparators(a), trimSeparators(b)
		at, bt := strings.HasPrefix(a, "~"), strings.HasPrefix(b, "~")
		if at || bt {
			switch {
			case !at:
				return 1
			case !bt:
				return -1
			}
			a, b = a[1:], b[1:]
			continue
		}
		ac, bc := strings.HasPrefix(a, "^"), strings.HasPrefix(b, "^")
		if ac || bc {
			switch {
			case a == "":
				return -1
			case b == "":
				return 1
			case !ac:
				return 1
			case !bc:
				return -1
			}
			a, b = a[1:], b[1:]
			continue
		}
		if a == "" || b == "" {
			break
		}
		var as, bs string
		if isDigit(a[0]) {
			as, a = run(a, isDigit)
			bs, b = run(b, isDigit)
			if bs == "" {
				return 1 // a number is newer than letters
			}
			as, bs = strings.TrimLeft(as, "0"), strings.TrimLeft(bs, "0")
			if c := cmp.Or(cmp.Compare(len(as), len(bs)), strings.Compare(as, bs)); c != 0 {
				return c
			}
			continue
		}
		as, a = run(a, isLetter)
		bs, b = run(b, isLetter)
		if bs == "" {
			return -1
		}
		if c := strings.Compare(as, bs); c != 0 {
			return c
		}
	}
	return cmp.Compare(min(len(a), 1), min(len(b), 1))
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func trimSeparators(s string) string {
	for s != "" && !isDigit(s[0]) && !isLetter(s[0]) && s[0] != '~' && s[0] != '^' {
		s = s[1:]
	}
	return s
}

func run(s string, in func(byte) bool) (head, rest string) {
	i := 0
	for i < len(s) && in(s[i]) {
		i++
	}
	return s[:i], s[i:]
}
