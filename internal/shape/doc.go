// SPDX-License-Identifier: MIT

// Package shape holds the module to its design: what may stand at the top
// level, who may import whom, that the three clients look alike, that the
// planner stays pure, and that everything exported is documented.
//
// It has no code of its own, only tests that read the source tree.
package shape
