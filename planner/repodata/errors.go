// SPDX-License-Identifier: MIT

package repodata

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-f134cc8e/relkit/internal/decompress"
)

// What is wrong with a repository's data, for errors.Is.
var (
	// ErrInvalid means that a file is not what it should be: broken XML,
	// text that is not UTF-8, a package without a name, a number that is none.
	ErrInvalid = errors.New("invalid")
	// ErrTruncated means that a file ends too early.
	ErrTruncated = errors.New("truncated")
	// ErrChecksum means that a file's checksum or size is not the one that
	// repomd.xml promises.
	ErrChecksum = errors.New("checksum differs")
	// ErrCount means that a file holds another number of packages than it
	// says itself.
	ErrCount = errors.New("number of packages differs")
	// ErrTooLarge means that a limit of [Options] was reached.
	ErrTooLarge = errors.New("too large")
	// ErrUnsupported means a format, checksum or kind of package that this
	// package does not read.
	ErrUnsupported = errors.New("unsupported")
	// ErrNotFound means that a repository has no file of the kind.
	ErrNotFound = errors.New("not found")
)

// Error says where a repository's data is wrong. It wraps one of the
// package's sentinels, or the error of the underlying reader.
type Error struct {
	File    string // as given, may be empty
	Package string // the package being read, as far as it was known
	Offset  int64  // in bytes of the unpacked file (of the packed one for its checksum)
	Msg     string
	Err     error
}

// Error returns "repodata: FILE: offset N: package P: what is wrong".
func (e *Error) Error() string {
	s := "repodata: "
	if e.File != "" {
		s += e.File + ": "
	}
	s += fmt.Sprintf("offset %d: ", e.Offset)
	if e.Package != "" {
		s += "package " + e.Package + ": "
	}
	s += e.Err.Error()
	if e.Msg != "" {
		s += ": " + e.Msg
	}
	return s
}

// Unwrap returns the sentinel or the reader's error.
func (e *Error) Unwrap() error { return e.Err }

// readError turns an error of a reader into one of this package.
func readError(err error) error {
	for _, m := range [...]struct{ from, to error }{
		{decompress.ErrTruncated, ErrTruncated},
		{decompress.ErrCorrupt, ErrInvalid},
		{decompress.ErrTooLarge, ErrTooLarge},
		{decompress.ErrUnsupported, ErrUnsupported},
		{io.ErrUnexpectedEOF, ErrTruncated},
	} {
		if errors.Is(err, m.from) {
			return fmt.Errorf("%w: %w", m.to, err)
		}
	}
	return err
}
