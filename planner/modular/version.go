// SPDX-License-Identifier: MIT

package modular

import (
	"strconv"
	"strings"
	"time"
)

// StreamVersion returns the number by which streams of a base module are
// compared: f27 is 270000, el8.2.0 is 80200, el8.2.0.z the same. It takes the
// digits and dots from the first digit on, two digits a section, filled up with
// zeros to six. It reports false for streams without digits and for numbers
// beyond 64 bits.
func StreamVersion(stream string) (uint64, bool) { return streamNumber(stream, true) }

func streamNumber(stream string, fill bool) (uint64, bool) {
	i := strings.IndexAny(stream, "0123456789")
	if i < 0 {
		return 0, false
	}
	text := stream[i:]
	if end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		text = text[:end]
	}
	var b strings.Builder
	for _, section := range strings.Split(strings.TrimRight(text, "."), ".") {
		if len(section) < 2 {
			b.WriteString("00"[len(section):])
		}
		b.WriteString(section)
	}
	for fill && b.Len() < 6 {
		b.WriteByte('0')
	}
	n, err := strconv.ParseUint(b.String(), 10, 64)
	return n, err == nil
}

// BuildVersion returns the version of a module build as the Module Build
// Service makes it: the time of the commit, in UTC, after the number of the
// base stream: el8.2.0 and 2020-07-15 12:45:51 make 8020020200715124551. A base
// stream without digits, or with too many, is left out.
func BuildVersion(base string, commit time.Time) uint64 {
	stamp := commit.UTC().Format("20060102150405")
	if n, ok := streamNumber(base, false); ok {
		if v, err := strconv.ParseUint(strconv.FormatUint(n, 10)+stamp, 10, 64); err == nil {
			return v
		}
	}
	v, err := strconv.ParseUint(stamp, 10, 64)
	if err != nil {
		return 0 // a year outside 0 to 9999
	}
	return v
}
