// SPDX-License-Identifier: MIT

// Package services runs the demo distribution as the services that a release
// engineer meets: a Koji hub with builders, a PDC, a dist-git, and a test
// system with its results. Each listens on a loopback port of its own and
// speaks the real wire.
//
// Time in the world runs faster than outside ([Options.Speed]), so that an
// afternoon of builds passes in seconds. People live in it too: when a build
// or a test of a package fails, its maintainer commits a fix after a while and
// builds it.
//
// With a folder ([Options.Dir]) everything survives the process, killed or
// stopped, and goes on where it was.
package services
