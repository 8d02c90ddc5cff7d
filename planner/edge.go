// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"strconv"
)

// EdgeKind tells in which way one node needs another. The zero value is
// [EdgeBuild].
type EdgeKind uint8

// The edge kinds, each read from the one who needs to the one who is needed.
const (
	EdgeBuild    EdgeKind = iota // needed to build
	EdgeRun                      // needed at run time
	EdgeFrom                     // a binary comes out of that source
	EdgeParent                   // container layer: an image stands on another
	EdgeContains                 // a module, image or compose holds a component
	EdgeOrder                    // sequence only: orders two rebuilds, never causes one
	edgeKinds    = iota
)

var edgeKindNames = [edgeKinds]string{"build", "run", "from", "parent", "contains", "order"}

// String returns the kind's name in lower case, or "EdgeKind(n)" for a number
// outside the list.
func (k EdgeKind) String() string {
	if int(k) >= len(edgeKindNames) {
		return "EdgeKind(" + strconv.Itoa(int(k)) + ")"
	}
	return edgeKindNames[k]
}

// MarshalText returns the kind's name; it fails for a number outside the list.
func (k EdgeKind) MarshalText() ([]byte, error) {
	if int(k) >= len(edgeKindNames) {
		return nil, fmt.Errorf("planner: no edge kind has the number %d: %w", int(k), ErrInvalid)
	}
	return []byte(edgeKindNames[k]), nil
}

// UnmarshalText reads a name as [EdgeKind.String] writes it. Other text is an
// error that wraps [ErrInvalid].
func (k *EdgeKind) UnmarshalText(text []byte) error {
	for i, n := range edgeKindNames {
		if n == string(text) {
			*k = EdgeKind(i)
			return nil
		}
	}
	return fmt.Errorf("planner: unknown edge kind %q: %w", text, ErrInvalid)
}

// An Edge says that From depends on To. Two edges between the same nodes that
// differ in kind, flags, architectures or evidence are both kept; equal ones
// are one edge.
type Edge struct {
	// From is the node that needs, To the node that is needed.
	From ID `json:"from"`
	To   ID `json:"to"`
	// Kind is the way in which From needs To.
	Kind EdgeKind `json:"kind"`
	// Weak marks a dependency that could be dropped (tests, documentation);
	// weak edges are cut first when a cycle must be opened.
	Weak bool `json:"weak,omitempty"`
	// Bootstrap marks a dependency that From's bootstrap variant lacks.
	Bootstrap bool `json:"bootstrap,omitempty"`
	// Possible marks a dependency that holds only under some choice of
	// providers. It never orders, and causes rebuilds only when
	// [Request.Possible] asks for it.
	Possible bool `json:"possible,omitempty"`
	// Arches are the architectures for which the dependency holds; nil
	// means all.
	Arches []string `json:"arches,omitempty"`
	// Evidence is where the edge was seen, for example
	// "BuildRequires: pkgconfig(zlib)".
	Evidence string `json:"evidence,omitempty"`
}

// Attributes of an edge as one byte: flags and, above them, the kind.
const (
	attrWeak      = 0x01
	attrBootstrap = 0x02
	attrPossible  = 0x04
	attrShift     = 3
	attrCount     = edgeKinds << attrShift
)

func (e Edge) attr() uint8 {
	a := uint8(e.Kind) << attrShift
	if e.Weak {
		a |= attrWeak
	}
	if e.Bootstrap {
		a |= attrBootstrap
	}
	if e.Possible {
		a |= attrPossible
	}
	return a
}
