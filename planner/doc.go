// SPDX-License-Identifier: MIT

// Package planner turns a dependency graph and a change into ordered rebuild
// tiers. It is pure: no I/O, no clock, no randomness, no goroutines.
package planner
