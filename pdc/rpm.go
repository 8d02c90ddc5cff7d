// SPDX-License-Identifier: MIT

package pdc

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// RPM is a binary or source package. They can't be deleted.
type RPM struct {
	ID               int          `json:"id" pdc:"ro"`
	Name             string       `json:"name" pdc:"req"`
	Version          string       `json:"version" pdc:"req"`
	Epoch            int          `json:"epoch" pdc:"req"`
	Release          string       `json:"release" pdc:"req"`
	Arch             string       `json:"arch" pdc:"req"`
	SRPMName         string       `json:"srpm_name" pdc:"req"`
	SRPMNEVRA        string       `json:"srpm_nevra"` // empty if and only if arch is "src"
	Filename         string       `json:"filename"`   // the server makes one by default
	LinkedReleases   []string     `json:"linked_releases"`
	LinkedComposes   []string     `json:"linked_composes" pdc:"ro"`
	Dependencies     Dependencies `json:"dependencies"`
	BuiltForRelease  string       `json:"built_for_release"`
	SRPMCommitHash   string       `json:"srpm_commit_hash"`
	SRPMCommitBranch string       `json:"srpm_commit_branch"`
	Extra            Extra        `json:"-"`
}

// Dependencies are an rpm's, each "name" or "name OP version". Rich ones are
// refused by the server. An update replaces all six lists.
type Dependencies struct {
	Provides   []string `json:"provides"`
	Requires   []string `json:"requires"`
	Obsoletes  []string `json:"obsoletes"`
	Conflicts  []string `json:"conflicts"`
	Recommends []string `json:"recommends"`
	Suggests   []string `json:"suggests"`
}

func (d Dependencies) write() any {
	out := Fields{}
	for name, list := range map[string][]string{"provides": d.Provides, "requires": d.Requires, "obsoletes": d.Obsoletes,
		"conflicts": d.Conflicts, "recommends": d.Recommends, "suggests": d.Suggests} {
		if len(list) > 0 {
			out[name] = list
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// RPMs are the packages; keyed by id. Their name filter takes regular
// expressions.
func (c *Client) RPMs() Resource[RPM] { return numbered[RPM](c, "rpms/") }

// exactly is the regular expression for one name.
func exactly(name string) string { return "^" + regexp.QuoteMeta(name) + "$" }

// RPMLink is an rpm as modules and images refer to it: read as
// "name-epoch:version-release.arch.rpm", written as an object. The server
// looks for the first five members and makes the rpm if it has none; the rest
// is used only then.
type RPMLink struct {
	Name             string   `json:"name" pdc:"req"`
	Epoch            int      `json:"epoch" pdc:"req"`
	Version          string   `json:"version" pdc:"req"`
	Release          string   `json:"release" pdc:"req"`
	Arch             string   `json:"arch" pdc:"req"`
	SRPMName         string   `json:"srpm_name" pdc:"req"`
	SRPMNEVRA        string   `json:"srpm_nevra"`
	Filename         string   `json:"filename"`
	SRPMCommitHash   string   `json:"srpm_commit_hash"`
	SRPMCommitBranch string   `json:"srpm_commit_branch"`
	LinkedReleases   []string `json:"linked_releases"`
}

// String is the form in which the server tells it.
func (l RPMLink) String() string {
	return fmt.Sprintf("%s-%d:%s-%s.%s.rpm", l.Name, l.Epoch, l.Version, l.Release, l.Arch)
}

// MarshalText returns [RPMLink.String].
func (l RPMLink) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalJSON reads both forms.
func (l *RPMLink) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		type plain RPMLink
		return json.Unmarshal(data, (*plain)(l))
	}
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	return l.parse(s)
}

func (l *RPMLink) parse(s string) error {
	bad := fmt.Errorf("%q is no name-epoch:version-release.arch.rpm", s)
	rest, ok := strings.CutSuffix(s, ".rpm")
	dot := strings.LastIndexByte(rest, '.')
	if !ok || dot < 0 {
		return bad
	}
	rest, l.Arch = rest[:dot], rest[dot+1:]
	dash := strings.LastIndexByte(rest, '-')
	if dash < 0 {
		return bad
	}
	rest, l.Release = rest[:dash], rest[dash+1:]
	if dash = strings.LastIndexByte(rest, '-'); dash < 0 {
		return bad
	}
	l.Name = rest[:dash]
	epoch, version, ok := strings.Cut(rest[dash+1:], ":")
	n, err := strconv.Atoi(epoch)
	if !ok || err != nil {
		return bad
	}
	l.Epoch, l.Version = n, version
	return nil
}
