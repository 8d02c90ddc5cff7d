// SPDX-License-Identifier: MIT

package updater

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says what sort of knowledge in PDC something is about.
type Kind uint8

// The kinds. Each has its rules in a function of its own; see the package
// comment for which message leads to which.
const (
	KindRelease    Kind = iota + 1 // releases themselves
	KindPackage                    // packages and their branches in releases
	KindRPM                        // rpms of builds, linked to releases
	KindDependency                 // what rpms need: relationships
	KindContainer                  // which rpms containers hold: relationships
	KindCompose                    // composes with their rpms and images
	KindModule                     // module builds, and what modules need: relationships
	KindRetirement                 // ends of life of branches
	KindPerson                     // contacts
	KindGroup                      // groups of components
	KindImage                      // images built alone
	KindBugzilla                   // bugzilla components of packages
	KindBranching                  // a release that branches off another
	numKinds       = int(KindBranching)
	kindNames      = "release package rpm dependency container compose module retirement person group image bugzilla branching"
	unknownNames   = "updater: unknown kind"
)

// Kinds returns all kinds, in the order in which they are repaired.
func Kinds() []Kind {
	out := make([]Kind, numKinds)
	for i := range out {
		out[i] = Kind(i + 1)
	}
	return out
}

// String returns the kind's word, "Kind(99)" for an unknown one.
func (k Kind) String() string {
	if names := strings.Fields(kindNames); k > 0 && int(k) <= len(names) {
		return names[k-1]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// MarshalText returns the kind's word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a kind's word; others are an error.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(strings.Fields(kindNames), string(text))
	if i < 0 {
		return fmt.Errorf("%s %q", unknownNames, text)
	}
	*k = Kind(i + 1)
	return nil
}

// patterns are the topics that lead to facts of a kind, as
// [trigger.Topic.Matches] takes them.
func (k Kind) patterns() []string {
	switch k {
	case KindPackage:
		return []string{"pkgdb.package.new", "pkgdb.package.branch.new"}
	case KindRPM:
		return []string{"buildsys.tag"}
	case KindDependency, KindContainer:
		return []string{"buildsys.tag", "brew.build.tag"}
	case KindCompose:
		return []string{"pungi.compose.status.change"}
	case KindModule:
		return []string{"mbs.module.state.change"}
	case KindRetirement:
		return []string{"git.receive"}
	case KindPerson:
		return []string{"fas.user.create"}
	case KindGroup:
		return []string{"trac.git.receive"}
	}
	return nil
}

// Topics returns the full topics under which messages of a kind arrive, to
// subscribe to: prefix ("org.fedoraproject"), environment ("prod") and what
// the service says. A bridge to STOMP has no environments and carries tags of
// builds alone, for the kinds that read dependencies. Kinds that no message
// leads to have none.
func (k Kind) Topics(prefix, env string) []string {
	var out []string
	for _, p := range k.patterns() {
		switch {
		case env != "":
			out = append(out, prefix+"."+env+"."+p)
		case p == "brew.build.tag" || len(k.patterns()) == 1:
			out = append(out, prefix+"."+p)
		}
	}
	return out
}
