// SPDX-License-Identifier: MIT

package transport

import (
	"errors"
	"io/fs"
)

// Sentinels are what a client calls the failures that have a counterpart in
// the standard library.
type Sentinels struct{ NotFound, Unauthorized, Forbidden, Conflict error }

// Standard reports whether target is io/fs's word for what err is by one of
// the sentinels, so that one check serves all clients: fs.ErrNotExist,
// fs.ErrPermission and fs.ErrExist.
func (s Sentinels) Standard(err, target error) bool {
	switch target {
	case fs.ErrNotExist:
		return errors.Is(err, s.NotFound)
	case fs.ErrPermission:
		return errors.Is(err, s.Unauthorized) || errors.Is(err, s.Forbidden)
	case fs.ErrExist:
		return errors.Is(err, s.Conflict)
	}
	return false
}
