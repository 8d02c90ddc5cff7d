// SPDX-License-Identifier: MIT

// Package gonumbench measures the planner beside gonum's graph packages on the
// same inputs. It has a go.mod of its own, so that nobody who imports relkit
// sees gonum.
//
//	cd planner/internal/gonumbench
//	go test -bench . -benchtime 3x
//
// With RELKIT_CORPUS set the graph of 97,724 nodes is a real distribution;
// otherwise one made up in the same size and shape. The graph of 10^6 nodes
// takes gonum minutes and 3 GB, so it needs -large.
package gonumbench
