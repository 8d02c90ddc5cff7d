// SPDX-License-Identifier: MIT

// Package decompress reads the files that repositories and build systems
// publish, whatever they were packed with.
//
// # Formats
//
// Plain bytes, gzip, bzip2, xz and zstd, also several packed parts behind one
// another. The format is told by the first bytes; a suffix that lies is
// ignored. The name only helps where the bytes cannot: an empty file called
// x.yaml.gz is a truncated gzip file, not an empty text. Formats that can be
// recognised but not read (zchunk, lz4, lzma, zip) are refused by name rather
// than handed on as text.
//
// # Limits
//
// Output is limited by [Options].MaxSize and window memory by
// [Options].MaxWindow, so that a small hostile file costs neither the memory
// nor the time of an unbounded one. Everything streams; nothing holds a whole
// file except [ReadAll].
//
// # Errors
//
// Every failure after the start is an [*Error] that wraps [ErrTruncated],
// [ErrCorrupt], [ErrTooLarge], [ErrUnsupported] or the error of the
// underlying reader, and names the file, the format and how much had been
// read.
package decompress
