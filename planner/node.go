// SPDX-License-Identifier: MIT

package planner

import "time"

// ID names a node of a graph. It is opaque to the planner and ordered
// bytewise; by convention it reads like "rpms/bash", "binary/bash-libs",
// "modules/nodejs:18" or "containers/httpd".
type ID string

// NodeKind tells what sort of thing a node is. The set is open: the planner
// attaches no meaning to a kind, rules and renderers show and match it.
type NodeKind string

// The node kinds that relkit's own packages use.
const (
	KindSource    NodeKind = "source"    // source package
	KindModule    NodeKind = "module"    // module stream
	KindComponent NodeKind = "component" // component of a module
	KindImage     NodeKind = "image"     // container or disk image
	KindCompose   NodeKind = "compose"   // compose of a release
	KindBinary    NodeKind = "binary"    // binary package, a conduit
	KindBuildroot NodeKind = "buildroot" // buildroot group of a tag, a conduit
)

// A Node is one thing of a dependency graph. Only ID is required.
type Node struct {
	// ID is the node's name, unique in its graph and not empty.
	ID ID `json:"id"`
	// Kind is what the node is; empty when nobody cares.
	Kind NodeKind `json:"kind,omitempty"`
	// Conduit marks a node that is never built itself and only carries
	// dependencies: a binary package, a virtual name, a buildroot group.
	Conduit bool `json:"conduit,omitempty"`
	// Arches are the architectures the node is built for; nil means any.
	Arches []string `json:"arches,omitempty"`
	// Labels are free marks such as a ring or a team, which limits, gates
	// and rules refer to. A graph keeps them sorted and without repeats.
	Labels []string `json:"labels,omitempty"`
	// Duration is how long a build usually takes; 0 means unknown.
	Duration time.Duration `json:"duration,omitempty"`
	// Bootstrap tells that the node has a bootstrap variant, which is built
	// without the edges flagged [Edge.Bootstrap].
	Bootstrap bool `json:"bootstrap,omitempty"`
}
