// SPDX-License-Identifier: MIT

// Package rebuild holds what programs that rebuild packages share: a [Builder]
// that bumps in dist-git and builds in a side tag of Koji, for an actor of
// package drive to stand on; the side tag itself; the folder in which a run is
// remembered; and the clock of a demo world. examples/orchestrator and
// examples/sidetag are two such programs; copy from them what a third needs.
package rebuild
