// SPDX-License-Identifier: MIT

package decompress

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzReader reads the .xz container (format version 1.1) around LZMA2 data.
// The container is taken apart here, and not by the xz package, because the
// dictionary size that each block header asks for must be known before the
// memory is spent.
type xzReader struct {
	in        *xzInput
	maxWindow int64

	newHash func() hash.Hash
	flags   [2]byte
	records []xzRecord // blocks of the current stream, to check its index

	block     *lzma.Reader2
	sum       hash.Hash
	start     int64 // input position of the block header
	dataStart int64
	out       int64
	sizes     [2]int64 // packed and unpacked size as the header promises, -1 if not
	inStream  bool
}

type xzRecord struct{ unpadded, unpacked int64 }

// xzError is a finding about the container; Reader turns it into an Error.
type xzError struct {
	kind error
	msg  string
}

func (e *xzError) Error() string { return e.kind.Error() + ": " + e.msg }
func (e *xzError) Unwrap() error { return e.kind }

func splitXZ(err error) (msg string, kind error) {
	var x *xzError
	if errors.As(err, &x) {
		return x.msg, x.kind
	}
	return err.Error(), ErrCorrupt
}

func xzCorrupt(msg string) error { return &xzError{ErrCorrupt, msg} }

// xzInput counts bytes so that padding and sizes can be checked.
type xzInput struct {
	r *bufio.Reader
	n int64
}

func (in *xzInput) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	in.n += int64(n)
	return n, err
}

func (in *xzInput) ReadByte() (byte, error) {
	b, err := in.r.ReadByte()
	if err == nil {
		in.n++
	}
	return b, err
}

// full reads len(p) bytes; an end anywhere is unexpected.
func (in *xzInput) full(p []byte) error {
	_, err := io.ReadFull(in, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// zeros reads padding up to a multiple of four counted from start.
func (in *xzInput) zeros(start int64, what string) error {
	for (in.n-start)%4 != 0 {
		b, err := in.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		if b != 0 {
			return xzCorrupt(what + " padding is not zero")
		}
	}
	return nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func newXZReader(r *bufio.Reader, maxWindow int64) *xzReader {
	return &xzReader{in: &xzInput{r: r}, maxWindow: maxWindow}
}

func (x *xzReader) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := x.block.Read(p)
		x.out += int64(n)
		if x.sum != nil {
			x.sum.Write(p[:n])
		}
		switch {
		case err == io.EOF:
			if err := x.endBlock(); err != nil {
				return n, err
			}
		case err != nil:
			return n, unexpected(err)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// next goes on to the next block: over a stream header, an index with its
// footer, or padding between streams. At the end of all streams it returns
// io.EOF.
func (x *xzReader) next() error {
	if !x.inStream {
		return x.startStream()
	}
	x.start = x.in.n
	size, err := x.in.ReadByte()
	if err != nil {
		return unexpected(err)
	}
	if size == 0 {
		return x.endStream()
	}
	return x.startBlock(size)
}

func (x *xzReader) startStream() error {
	var head [12]byte
	for {
		if x.in.n > 0 {
			if _, err := x.in.r.Peek(1); err != nil {
				return err // the only place for a proper end
			}
		}
		if err := x.in.full(head[:4]); err != nil {
			return err
		}
		if head[0]|head[1]|head[2]|head[3] != 0 || x.in.n == 4 {
			break
		}
	}
	if err := x.in.full(head[4:]); err != nil {
		return err
	}
	if string(head[:6]) != "\xfd7zXZ\x00" {
		return xzCorrupt("unknown data after the stream")
	}
	if crc32.ChecksumIEEE(head[6:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return xzCorrupt("stream header checksum")
	}
	x.flags = [2]byte{head[6], head[7]}
	if head[6] != 0 {
		return &xzError{ErrUnsupported, "stream flags"}
	}
	switch head[7] {
	case 0:
		x.newHash = nil
	case 1:
		x.newHash = func() hash.Hash { return crc32.NewIEEE() }
	case 4:
		x.newHash = func() hash.Hash { return crc64.New(crc64Table) }
	case 10:
		x.newHash = sha256.New
	default:
		return &xzError{ErrUnsupported, fmt.Sprintf("check type %d", head[7])}
	}
	x.records = x.records[:0]
	x.inStream = true
	return nil
}

var crc64Table = crc64.MakeTable(crc64.ECMA)

func (x *xzReader) startBlock(size byte) error {
	head := make([]byte, (int(size)+1)*4)
	head[0] = size
	if err := x.in.full(head[1:]); err != nil {
		return err
	}
	body := head[:len(head)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(head[len(body):]) {
		return xzCorrupt("block header checksum")
	}
	flags := body[1]
	if flags&0x3c != 0 {
		return &xzError{ErrUnsupported, "block flags"}
	}
	r := bytes.NewReader(body[2:])
	x.sizes = [2]int64{-1, -1}
	for i, bit := range []byte{0x40, 0x80} {
		if flags&bit == 0 {
			continue
		}
		n, err := xzNumber(r)
		if err != nil {
			return err
		}
		x.sizes[i] = n
	}
	window, err := x.filters(r, int(flags&3)+1)
	if err != nil {
		return err
	}
	for r.Len() > 0 {
		if b, _ := r.ReadByte(); b != 0 {
			return xzCorrupt("block header padding is not zero")
		}
	}
	if window > x.maxWindow {
		return &xzError{ErrTooLarge, fmt.Sprintf("dictionary of %d bytes, the limit is %d", window, x.maxWindow)}
	}
	x.dataStart, x.out = x.in.n, 0
	if x.sum = nil; x.newHash != nil {
		x.sum = x.newHash()
	}
	x.block, err = lzma.Reader2Config{DictCap: int(max(window, lzma.MinDictCap))}.NewReader2(x.in)
	if err != nil {
		return unexpected(err)
	}
	return nil
}

// filters reads the filter list, of which only LZMA2 alone is used outside
// of executables, and returns the dictionary size.
func (x *xzReader) filters(r *bytes.Reader, count int) (int64, error) {
	id, err := xzNumber(r)
	if err != nil {
		return 0, err
	}
	if count != 1 || id != 0x21 {
		return 0, &xzError{ErrUnsupported, fmt.Sprintf("filter %#x", id)}
	}
	if n, err := xzNumber(r); err != nil || n != 1 {
		return 0, xzCorrupt("filter properties")
	}
	b, err := r.ReadByte()
	if err != nil || b > 40 {
		return 0, xzCorrupt("dictionary size")
	}
	if b == 40 {
		return 1<<32 - 1, nil
	}
	return int64(2|b&1) << (b/2 + 11), nil
}

func (x *xzReader) endBlock() error {
	packed := x.in.n - x.dataStart
	if x.sizes[0] >= 0 && x.sizes[0] != packed || x.sizes[1] >= 0 && x.sizes[1] != x.out {
		return xzCorrupt("block sizes differ from its header")
	}
	unpadded := x.in.n - x.start
	if err := x.in.zeros(x.start, "block"); err != nil {
		return err
	}
	if x.sum != nil {
		want := make([]byte, x.sum.Size())
		if err := x.in.full(want); err != nil {
			return err
		}
		got := x.sum.Sum(nil)
		if len(got) <= 8 { // the CRCs are stored little-endian
			for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
				got[i], got[j] = got[j], got[i]
			}
		}
		if !bytes.Equal(got, want) {
			return xzCorrupt("block checksum")
		}
		unpadded += int64(len(want))
	}
	x.records = append(x.records, xzRecord{unpadded, x.out})
	x.block = nil
	return nil
}

// endStream checks the index, whose first byte has been read, and the footer.
func (x *xzReader) endStream() error {
	start := x.start
	sum := crc32.NewIEEE()
	sum.Write([]byte{0})
	in := &summingReader{x.in, sum}
	count, err := xzNumber(in)
	if err != nil {
		return err
	}
	if count != int64(len(x.records)) {
		return xzCorrupt("index counts other blocks than were read")
	}
	for _, rec := range x.records {
		for _, want := range []int64{rec.unpadded, rec.unpacked} {
			n, err := xzNumber(in)
			if err != nil {
				return err
			}
			if n != want {
				return xzCorrupt("index differs from the blocks")
			}
		}
	}
	for (x.in.n-start)%4 != 0 {
		b, err := in.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		if b != 0 {
			return xzCorrupt("index padding is not zero")
		}
	}
	var tail [16]byte
	if err := x.in.full(tail[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(tail[:]) != sum.Sum32() {
		return xzCorrupt("index checksum")
	}
	footer := tail[4:]
	indexSize := x.in.n - 12 - start
	if string(footer[10:]) != "YZ" || crc32.ChecksumIEEE(footer[4:10]) != binary.LittleEndian.Uint32(footer) {
		return xzCorrupt("stream footer")
	}
	if (int64(binary.LittleEndian.Uint32(footer[4:]))+1)*4 != indexSize || [2]byte(footer[8:10]) != x.flags {
		return xzCorrupt("stream footer differs from header or index")
	}
	x.inStream = false
	return nil
}

// summingReader feeds a checksum with the bytes it hands out.
type summingReader struct {
	in  *xzInput
	sum hash.Hash32
}

func (s *summingReader) ReadByte() (byte, error) {
	b, err := s.in.ReadByte()
	if err == nil {
		s.sum.Write([]byte{b})
	}
	return b, err
}

// xzNumber reads a variable-length integer of at most 63 bits.
func xzNumber(r io.ByteReader) (int64, error) {
	var n uint64
	for i := range 9 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			if b == 0 && i > 0 {
				break
			}
			return int64(n), nil
		}
	}
	return 0, xzCorrupt("number")
}
