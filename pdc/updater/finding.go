// SPDX-License-Identifier: MIT

package updater

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// Verdict says how PDC and the facts disagree.
type Verdict uint8

// The verdicts.
const (
	Missing  Verdict = iota + 1 // the facts have it, PDC does not
	Extra                       // PDC has it, the facts do not
	Differs                     // both have it, with other contents
	Conflict                    // which side is right is for a person to say
)

var verdictNames = []string{"", "missing", "extra", "differs", "conflict"}

// String returns the verdict's word, "Verdict(99)" for an unknown one.
func (v Verdict) String() string {
	if v > 0 && int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// MarshalText returns the verdict's word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a verdict's word; others are an error.
func (v *Verdict) UnmarshalText(text []byte) error {
	i := slices.Index(verdictNames, string(text))
	if i <= 0 {
		return fmt.Errorf("updater: unknown verdict %q", text)
	}
	*v = Verdict(i)
	return nil
}

// Finding is one disagreement between the facts and PDC.
type Finding struct {
	Kind     Kind    `json:"kind"`
	Verdict  Verdict `json:"verdict"`
	Resource string  `json:"resource"` // "rpms/"
	// Name tells the row from others of the resource: "fedora-24 rpm bash".
	Name   string `json:"name"`
	Detail string `json:"detail,omitzero"` // what differs, for people
	// Write repairs it; nil when nothing may, or when a person must decide.
	Write *Write `json:"write,omitzero"`
}

// String returns a line for people.
func (f Finding) String() string {
	s := fmt.Sprintf("%s: %s %s %s", f.Kind, f.Verdict, strings.TrimSuffix(f.Resource, "/"), f.Name)
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	return s
}

// Write is one request that PDC is owed.
type Write struct {
	Method   string     `json:"method"`       // POST, PATCH, PUT or DELETE
	Resource string     `json:"resource"`     // path below the API root, with a slash at its end
	Key      string     `json:"key,omitzero"` // of the row; "" for POST
	Fields   pdc.Fields `json:"fields,omitzero"`
}

// Ref stands in a write for the id of a row that another write makes. It is
// resolved by [Applier.Apply].
type Ref struct {
	Resource string `json:"resource"`
	Name     string `json:"name"` // as in [Finding.Name]
}

// stage orders writes so that rows come after what they refer to, and what
// goes is taken away at the end.
func (f Finding) stage() int {
	if f.Write == nil {
		return 9
	}
	switch f.Write.Method {
	case "DELETE":
		return 8
	case "POST":
		switch f.Resource {
		case releases, arches, slaTypes:
			return 0
		case relationshipTypes, groupTypes, bugzillaComponents:
			return 1
		case globalComponents:
			return 2
		case releaseComponents:
			return 3
		case relationships, groups:
			return 5
		}
		return 4
	}
	return 6
}

func (f Finding) compare(g Finding) int {
	return cmp.Or(cmp.Compare(f.stage(), g.stage()), cmp.Compare(f.Resource, g.Resource), cmp.Compare(f.Kind, g.Kind),
		cmp.Compare(f.Name, g.Name), cmp.Compare(f.Verdict, g.Verdict))
}

// Paths of the resources that are written.
const (
	releases           = "releases/"
	arches             = "arches/"
	globalComponents   = "global-components/"
	releaseComponents  = "release-components/"
	relationships      = "release-component-relationships/"
	relationshipTypes  = "component-relationship-types/"
	rpms               = "rpms/"
	composes           = "composes/"
	composeImages      = "compose-images/"
	composeRPMs        = "compose-rpms/"
	modules            = "modules/"
	oldModules         = "unreleasedvariants/"
	branches           = "component-branches/"
	branchSLAs         = "component-branch-slas/"
	slaTypes           = "component-sla-types/"
	groups             = "component-groups/"
	groupTypes         = "component-group-types/"
	buildImages        = "build-images/"
	bugzillaComponents = "bugzilla-components/"
	releaseClone       = "rpc/release/clone/"
)

// ReadOnlyError says that a resource of PDC takes no writes, why, and where
// the knowledge goes instead. It is what [CheckWritable] and [Applier.Apply]
// return.
type ReadOnlyError struct {
	Resource string
	Reason   string
	Instead  string
}

// Error names the resource, the reason and the way out.
func (e *ReadOnlyError) Error() string {
	return fmt.Sprintf("updater: %s takes no writes: %s; %s", strings.TrimSuffix(e.Resource, "/"), e.Reason, e.Instead)
}

// Unwrap returns [pdc.ErrInvalid].
func (e *ReadOnlyError) Unwrap() error { return pdc.ErrInvalid }

// CheckWritable returns a [*ReadOnlyError] for resources that one would like
// to write and cannot: changesets are PDC's record of its own edits, and images
// come with composes only.
func CheckWritable(resource string) error {
	switch strings.TrimSuffix(resource, "/") {
	case "changesets":
		return &ReadOnlyError{resource, "it lists PDC's own edits and has no POST",
			"a commit of dist-git is kept as srpm_commit_hash and srpm_commit_branch of the rpms built from it, and the message that told of it as the comment of the changes that followed"}
	case "images":
		return &ReadOnlyError{resource, "it lists the images that were imported with composes",
			"an image of a compose goes to compose-images, one that was built alone to build-images"}
	}
	return nil
}
