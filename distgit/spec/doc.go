// SPDX-License-Identifier: MIT

// Package spec reads RPM spec files without running anything, increases their
// release and writes their changelog.
//
// # A first call
//
// [Bump] takes the bytes of a spec file and gives the bytes to commit:
// see its example. [Parse] gives the lines with their positions.
package spec
