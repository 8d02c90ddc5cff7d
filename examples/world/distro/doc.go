// SPDX-License-Identifier: MIT

// Package distro is the demo distribution that the examples share: 3,057
// source packages and 7,391 binaries with the dependencies that public spec
// files of a real RPM distribution declare, and three module streams as a
// distribution published them.
//
// It is data and pure functions of it. What is not in the sources (versions,
// maintainers, how long a build takes) is derived from a package's name, so
// that every process sees the same distribution.
package distro
