// SPDX-License-Identifier: MIT

package repodata

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"
)

// Open returns a reader of the unpacked bytes of the file, whose packed bytes
// r has. Size and checksum of both are verified: where they differ from what
// repomd.xml says, the read that would return io.EOF returns an [*Error]
// wrapping [ErrChecksum] instead, and a file longer than promised ends early.
// So trust what was read only when io.EOF was seen. A file without any
// checksum is [ErrUnsupported]. Close does not close r.
func (d Data) Open(r io.Reader, opts Options) (io.ReadCloser, error) {
	if opts.Name == "" {
		opts.Name = d.Location
	}
	if d.Checksum.Value == "" && d.OpenChecksum.Value == "" {
		return nil, &Error{File: opts.Name, Msg: "repomd.xml gives no checksum", Err: ErrUnsupported}
	}
	v := &verified{name: opts.Name}
	packed := &part{r: r, size: d.Size, sum: d.Checksum, kind: "file"}
	open := &part{size: d.OpenSize, sum: d.OpenChecksum, kind: "unpacked file"}
	for _, p := range []*part{packed, open} {
		if p.sum.Value == "" {
			continue
		}
		if p.hash = newHash(p.sum.Type); p.hash == nil {
			return nil, &Error{File: opts.Name, Msg: "checksum of type " + strconv.Quote(p.sum.Type), Err: ErrUnsupported}
		}
	}
	if d.OpenSize >= 0 && (opts.MaxSize == 0 && d.OpenSize < defaultMaxSize || d.OpenSize < opts.MaxSize || opts.MaxSize < 0) {
		// One byte more, so that the file is told from the limit.
		opts.MaxSize = d.OpenSize + 1
	}
	packed.name, open.name = opts.Name, opts.Name
	inner, err := opts.unpack(packed)
	if err != nil {
		return nil, err
	}
	open.r, v.packed, v.open, v.inner = inner, packed, open, inner
	return v, nil
}

// part counts and hashes what is read of a file.
type part struct {
	r    io.Reader
	name string
	kind string
	size int64
	sum  Checksum
	hash hash.Hash
	n    int64
}

func (p *part) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.n += int64(n)
	if p.hash != nil {
		p.hash.Write(b[:n])
	}
	if p.size >= 0 && p.n > p.size {
		return 0, p.fail("it is longer than " + strconv.FormatInt(p.size, 10) + " bytes")
	}
	return n, err
}

func (p *part) fail(msg string) error {
	return &Error{File: p.name, Offset: p.n, Msg: "the " + p.kind + ": " + msg, Err: ErrChecksum}
}

func (p *part) check() error {
	if p.size >= 0 && p.n != p.size {
		return p.fail("it has " + strconv.FormatInt(p.n, 10) + " bytes, not " + strconv.FormatInt(p.size, 10))
	}
	if p.hash == nil {
		return nil
	}
	if got := hex.EncodeToString(p.hash.Sum(nil)); !strings.EqualFold(got, p.sum.Value) {
		return p.fail(p.sum.Type + " is " + got + ", not " + p.sum.Value)
	}
	return nil
}

type verified struct {
	name         string
	packed, open *part
	inner        io.ReadCloser
	err          error
}

func (v *verified) Read(b []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	n, err := v.open.Read(b)
	if err == nil {
		return n, nil
	}
	if err == io.EOF {
		// What lies behind the packed data counts for the checksum.
		if _, err = io.Copy(io.Discard, v.packed); err == nil {
			if err = v.packed.check(); err == nil {
				if err = v.open.check(); err == nil {
					err = io.EOF
				}
			}
		}
	}
	if err != io.EOF {
		var own *Error
		if errors.As(err, &own) {
			err = own
		} else {
			err = &Error{File: v.name, Offset: v.open.n, Err: readError(err)}
		}
	}
	v.err = err
	return n, err
}

func (v *verified) Close() error { return v.inner.Close() }

func newHash(kind string) hash.Hash {
	switch strings.ToLower(kind) {
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	case "sha384":
		return sha512.New384()
	case "sha224":
		return sha256.New224()
	case "sha", "sha1":
		return sha1.New()
	case "md5":
		return md5.New()
	}
	return nil
}
