// SPDX-License-Identifier: MIT

package planner

// edgeFilter tells for every edge attribute whether such edges are followed.
type edgeFilter [attrCount]bool
