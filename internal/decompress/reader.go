// SPDX-License-Identifier: MIT

package decompress

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Defaults of [Options].
const (
	DefaultMaxSize   = 1 << 30   // 1 GiB of output
	DefaultMaxWindow = 128 << 20 // 128 MiB, what the packers' highest normal levels need
)

// Options limit what a reader may cost. The zero value is safe for files of
// unknown origin.
type Options struct {
	// Name is the file's name or URL, for errors and for telling an empty or
	// very short packed file from a plain one.
	Name string
	// MaxSize is how many bytes of output are allowed, packed or plain; 0
	// means DefaultMaxSize, negative means no limit.
	MaxSize int64
	// MaxWindow is how many bytes of history a packed file may ask for
	// (xz dictionary, zstd window); 0 means DefaultMaxWindow.
	MaxWindow int64
}

// Reader delivers unpacked bytes. It is not safe for concurrent use.
type Reader struct {
	opts   Options
	format Format
	src    *countingReader
	r      io.Reader
	close  func()
	closer io.Closer // the file, for Open
	out    int64
	err    error
}

// NewReader looks at the first bytes of r and returns a reader of the
// unpacked data. It fails at once when the format is recognised but cannot be
// read, or when its header is broken. Close frees decoder memory; it does not
// close r.
func NewReader(r io.Reader, opts Options) (*Reader, error) {
	if opts.MaxSize == 0 {
		opts.MaxSize = DefaultMaxSize
	}
	if opts.MaxWindow <= 0 {
		opts.MaxWindow = DefaultMaxWindow
	}
	d := &Reader{opts: opts, src: &countingReader{r: r}}
	buf := bufio.NewReaderSize(d.src, 64<<10)
	head, err := buf.Peek(sniffLen)
	if err != nil && err != io.EOF {
		return nil, d.fail(err)
	}
	err = nil
	d.format = Detect(head)
	if d.format == Plain {
		if name := detectUnsupported(head); name != "" {
			return nil, d.failure(ErrUnsupported, name+" is not read")
		}
		if f := FormatOf(opts.Name); f != Plain && startsLike(head, f) {
			d.format = f
			return nil, d.failure(ErrTruncated, fmt.Sprintf("%d bytes are no %s file", len(head), f))
		}
	}
	switch d.format {
	case Gzip:
		var z *gzip.Reader
		if z, err = gzip.NewReader(buf); err == nil {
			d.r = z
		}
	case Bzip2:
		d.r = bzip2.NewReader(buf)
	case XZ:
		d.r = newXZReader(buf, opts.MaxWindow)
	case Zstd:
		var z *zstd.Decoder
		z, err = zstd.NewReader(buf, zstd.WithDecoderMaxWindow(uint64(max(opts.MaxWindow, zstd.MinWindowSize))),
			zstd.WithDecoderMaxMemory(1<<62), zstd.WithDecoderLowmem(true))
		if err == nil {
			d.r, d.close = z, z.Close
		}
	default:
		d.r = buf
	}
	if err != nil {
		return nil, d.fail(err)
	}
	return d, nil
}

// Open opens the file at path and returns a reader of its unpacked data;
// Close closes the file too. Options.Name defaults to path.
func Open(path string, opts Options) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if opts.Name == "" {
		opts.Name = path
	}
	d, err := NewReader(f, opts)
	if err != nil {
		f.Close()
		return nil, err
	}
	d.closer = f
	return d, nil
}

// ReadAll returns all unpacked bytes of r. Where the output goes beyond the
// limit, nothing but the error is returned.
func ReadAll(r io.Reader, opts Options) ([]byte, error) {
	d, err := NewReader(r, opts)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(d); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Format returns what the first bytes said.
func (d *Reader) Format() Format { return d.format }

// Read implements io.Reader. Bytes read before a failure are good as far as
// the format's checksums had covered them: a checksum at the end can still
// fail, so trust a file only once io.EOF was seen.
func (d *Reader) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	// One byte beyond the limit is asked for, to tell a file of exactly
	// MaxSize from a longer one.
	if d.opts.MaxSize >= 0 && int64(len(p)) > d.opts.MaxSize-d.out {
		p = p[:d.opts.MaxSize-d.out+1]
	}
	n, err := d.r.Read(p)
	if d.opts.MaxSize >= 0 && d.out+int64(n) > d.opts.MaxSize {
		n = int(d.opts.MaxSize - d.out)
		d.out += int64(n)
		d.err = d.failure(ErrTooLarge, fmt.Sprintf("limit of %d bytes of output", d.opts.MaxSize))
		return n, d.err
	}
	d.out += int64(n)
	if err != nil {
		d.err = d.fail(err)
		return n, d.err
	}
	return n, nil
}

// Close frees what the decoder holds and closes the file that [Open] opened.
// Reading afterwards fails with os.ErrClosed. A second Close does nothing.
func (d *Reader) Close() error {
	if d.close != nil {
		d.close()
		d.close = nil
	}
	d.err = os.ErrClosed
	d.r = nil
	if d.closer != nil {
		c := d.closer
		d.closer = nil
		return c.Close()
	}
	return nil
}

func (d *Reader) failure(kind error, msg string) *Error {
	return &Error{Name: d.opts.Name, Format: d.format, In: d.src.n.Load(), Out: d.out, Msg: msg, Err: kind}
}

// fail translates a decoder's error. The source's own errors keep their
// identity; io.EOF stays io.EOF.
func (d *Reader) fail(err error) error {
	var corrupt bzip2.StructuralError
	switch {
	case d.src.failure() != nil:
		return d.failure(d.src.failure(), "")
	case err == io.EOF && d.r != nil:
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF:
		return d.failure(ErrTruncated, "")
	case errors.Is(err, ErrCorrupt), errors.Is(err, ErrTooLarge), errors.Is(err, ErrUnsupported):
		msg, kind := splitXZ(err)
		return d.failure(kind, msg)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return d.failure(ErrTooLarge, fmt.Sprintf("window over the limit of %d bytes", d.opts.MaxWindow))
	case errors.As(err, &corrupt):
		return d.failure(ErrCorrupt, string(corrupt))
	default:
		return d.failure(ErrCorrupt, err.Error())
	}
}

// countingReader counts what the source gave and keeps its error, so that a
// failing network is not mistaken for a broken file. The zstd decoder reads
// from a goroutine of its own.
type countingReader struct {
	r   io.Reader
	n   atomic.Int64
	err atomic.Pointer[error]
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	if err != nil && err != io.EOF {
		c.err.Store(&err)
	}
	return n, err
}

func (c *countingReader) failure() error {
	if err := c.err.Load(); err != nil {
		return *err
	}
	return nil
}
