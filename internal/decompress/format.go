// SPDX-License-Identifier: MIT

package decompress

import (
	"bytes"
	"fmt"
	"strings"
)

// Format is a way of packing a byte stream.
type Format int

// The formats that [NewReader] reads.
const (
	Plain Format = iota
	Gzip
	Bzip2
	XZ
	Zstd
)

var formatNames = [...]string{"plain", "gzip", "bzip2", "xz", "zstd"}

// String returns the tool's name for the format; an unknown value prints as
// Format(7).
func (f Format) String() string {
	if f < 0 || int(f) >= len(formatNames) {
		return fmt.Sprintf("Format(%d)", int(f))
	}
	return formatNames[f]
}

// sniffLen is how many bytes the longest magic number needs.
const sniffLen = 6

var magics = []struct {
	magic  string
	format Format
}{
	{"\x1f\x8b", Gzip},
	{"BZh", Bzip2},
	{"\xfd7zXZ\x00", XZ},
	{"\x28\xb5\x2f\xfd", Zstd},
}

// unsupported names formats that would otherwise pass for garbled text.
var unsupported = []struct{ magic, name string }{
	{"\x00ZCK1", "zchunk"},
	{"\x00ZHR1", "zchunk header"},
	{"\x04\x22\x4d\x18", "lz4"},
	{"\x1f\x9d", "compress"},
	{"PK\x03\x04", "zip"},
	{"7z\xbc\xaf\x27\x1c", "7z"},
	{"\x5d\x00\x00", "lzma"},
}

// Detect tells the format of data that begins with head, of which six bytes
// are enough. Bytes that begin no known format are Plain.
func Detect(head []byte) Format {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.format
		}
	}
	if len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18" {
		return Zstd // a skippable frame
	}
	return Plain
}

func detectUnsupported(head []byte) string {
	for _, m := range unsupported {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.name
		}
	}
	return ""
}

// FormatOf tells the format that the suffix of a file name or URL path
// promises; Plain when it promises none.
func FormatOf(name string) Format {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return Plain
	}
	switch strings.ToLower(name[dot+1:]) {
	case "gz", "gzip", "gunzip":
		return Gzip
	case "bz2", "bzip2":
		return Bzip2
	case "xz":
		return XZ
	case "zst", "zstd":
		return Zstd
	}
	return Plain
}

// startsLike reports whether head, being shorter than the format's magic
// number, is the beginning of it.
func startsLike(head []byte, f Format) bool {
	for _, m := range magics {
		if m.format == f && len(head) < len(m.magic) && strings.HasPrefix(m.magic, string(head)) {
			return true
		}
	}
	return false
}
