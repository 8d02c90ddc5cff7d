// SPDX-License-Identifier: MIT

package planner

type reach struct{}
