// SPDX-License-Identifier: MIT

package modulemd

// Upgrade brings a stream of version 1 to version 2. The one stream per
// module that version 1 names becomes the only combination of dependencies;
// an end of life is a service level in both. Nothing is lost: the identity
// stays. Streams of version 2 are left alone.
func (s *Stream) Upgrade() {
	s.MDVersion = 2 // dependencies are held in the newer form already
}
