// SPDX-License-Identifier: MIT

package transport

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// body reads an answer: undoes gzip and holds both limits.
type body struct {
	wire    *limited
	coding  string
	max     int64
	n       int64 // bytes handed out
	err     error // sticky, io.EOF included
	opened  bool
	content io.Reader
}

func newBody(resp *http.Response, max, wire int64) *body {
	b := &body{wire: &limited{r: resp.Body, max: wire}, max: max}
	if !resp.Uncompressed {
		b.coding = strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	}
	return b
}

// raw hands out the bytes as they came.
func (b *body) raw() { b.coding = "" }

func (b *body) open() error {
	b.opened = true
	switch b.coding {
	case "", "identity":
		b.content = b.wire
	case "gzip", "x-gzip":
		gz, err := gzip.NewReader(b.wire)
		if err == io.EOF { // HEAD, 204, 304: a header without a body
			return io.EOF
		}
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		b.content = gz
	default:
		return fmt.Errorf("%w %q", errEncoding, b.coding)
	}
	return nil
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if !b.opened {
		if b.err = b.open(); b.err != nil {
			return 0, b.err
		}
	}
	if len(p) == 0 {
		return 0, nil
	}
	if b.max >= 0 && int64(len(p)) > b.max-b.n {
		p = p[:b.max-b.n+1] // one more byte tells full from too long
	}
	n, err := b.content.Read(p)
	if b.max >= 0 && b.n+int64(n) > b.max {
		n = int(b.max - b.n)
		err = fmt.Errorf("%w of %d bytes", ErrTooLarge, b.max)
	}
	b.n += int64(n)
	b.err = err
	return n, err
}

// all reads everything; hint is the Content-Length or negative.
func (b *body) all(hint int64) ([]byte, error) {
	if b.coding != "" || hint < 0 {
		hint = 0
	}
	buf := make([]byte, 0, max(512, min(hint, 16<<20)+1))
	for {
		n, err := b.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// prefix reads at most max bytes.
func (b *body) prefix(max int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(b, max))
	if errors.Is(err, errEncoding) { // better than nothing in an error
		err = nil
	}
	return data, err
}

// finish reads the little that may be left, so that the connection is kept.
func (b *body) finish() {
	if b.err == nil {
		_, _ = io.CopyN(io.Discard, b.wire, 4096)
	}
}

// limited counts and limits what comes over the wire.
type limited struct {
	r   io.Reader
	max int64
	n   int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.max >= 0 && int64(len(p)) > l.max-l.n {
		p = p[:max(0, l.max-l.n+1)]
	}
	if len(p) == 0 && l.max >= 0 {
		return 0, fmt.Errorf("%w of %d bytes before decompression", ErrTooLarge, l.max)
	}
	n, err := l.r.Read(p)
	if l.n += int64(n); l.max >= 0 && l.n > l.max {
		return n - 1, fmt.Errorf("%w of %d bytes before decompression", ErrTooLarge, l.max)
	}
	return n, err
}
