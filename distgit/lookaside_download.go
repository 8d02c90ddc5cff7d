// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// DefaultMaxArchive is the size in bytes beyond which an archive is not
// downloaded unless the request says otherwise.
const DefaultMaxArchive = 16 << 30

// Download says what to fetch and where to put it.
type Download struct {
	Archive
	Dir     string // folder for the file, which gets its own name there
	MaxSize int64  // in bytes; 0 means DefaultMaxArchive
}

// Downloaded says what came of a download.
type Downloaded struct {
	Path    string
	URL     string // where it came from, "" when it was there already
	Size    int64
	Present bool  // the file was there already, with the right content
	Resumed int64 // bytes that an earlier, interrupted download had left
}

// Download fetches an archive into a folder. The content is verified while it
// streams to a temporary file beside the target; only a file with the right
// hash gets its name, in one step, replacing one of other content. An
// interrupted download leaves its part, and the next one goes on from there if
// the server can; a part that turns out wrong is dropped and fetched anew once.
// A file that is there with the right content is not fetched again. Two
// downloads of one archive into one folder at a time are not supported.
//
// Errors wrap ErrNotFound when no layout leads to the archive, ErrChecksum when
// the content is another, ErrInvalid for names and hash types that can't be,
// ErrUnavailable when the server can't answer. Only status 200, or 206 for the
// rest of a part, counts as an answer.
func (l *Lookaside) Download(ctx context.Context, d Download) (Downloaded, error) {
	op := "download " + d.File
	urls, err := l.URLs(d.Archive)
	if err != nil {
		return Downloaded{}, err
	}
	if newHash(d.HashType) == nil {
		return Downloaded{}, &Error{Op: op, Msg: fmt.Sprintf("hash type %q is not known", d.HashType), Err: ErrInvalid}
	}
	if d.MaxSize == 0 {
		d.MaxSize = DefaultMaxArchive
	}
	if d.MaxSize < 0 {
		return Downloaded{}, &Error{Op: op, Msg: "negative size limit", Err: ErrInvalid}
	}
	result := Downloaded{Path: filepath.Join(d.Dir, d.File)}
	if size, ok := hasContent(result.Path, d.SourceEntry); ok {
		result.Size, result.Present = size, true
		return result, nil
	}
	p, err := openPart(d)
	if err != nil {
		return Downloaded{}, &Error{Op: op, Err: err}
	}
	defer p.f.Close()
	result.Resumed = p.size
	for i, u := range urls {
		err = l.fetch(ctx, op, u, p)
		if errors.Is(err, ErrChecksum) && p.resumed {
			// The part was of something else: once more from the beginning.
			if err = p.reset(); err == nil {
				result.Resumed = 0
				err = l.fetch(ctx, op, u, p)
			}
		}
		if err == nil {
			result.URL, result.Size = u, p.size
			break
		}
		if !errors.Is(err, ErrNotFound) || i == len(urls)-1 {
			p.abandon(err)
			return Downloaded{}, err
		}
	}
	if err := p.commit(result.Path); err != nil {
		return Downloaded{}, &Error{Op: op, Err: err}
	}
	return result, nil
}

// hasContent reports whether the file is there with the right content.
func hasContent(path string, e SourceEntry) (int64, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	h := newHash(e.HashType)
	n, err := io.Copy(h, f)
	return n, err == nil && strings.EqualFold(hex.EncodeToString(h.Sum(nil)), e.Hash)
}

// part is a download that is under way.
type part struct {
	d       Download
	f       *os.File
	h       hash.Hash
	size    int64
	head    []byte // first bytes, to recognise web pages
	resumed bool   // some of it is from an earlier download
}

// openPart opens what an earlier download left, or begins anew.
func openPart(d Download) (*part, error) {
	name := filepath.Join(d.Dir, "."+shortName(d.File)+"."+strings.ToLower(d.Hash[:min(16, len(d.Hash))])+".part")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	p := &part{d: d, f: f, h: newHash(d.HashType)}
	if p.size, err = io.Copy(p.h, f); err == nil && p.size > d.MaxSize {
		err = p.reset()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	p.resumed = p.size > 0
	return p, nil
}

// shortName leaves room for what is put around a name.
func shortName(s string) string { return s[:min(len(s), 200)] }

func (p *part) reset() error {
	p.h.Reset()
	p.size, p.resumed, p.head = 0, false, nil
	if err := p.f.Truncate(0); err != nil {
		return err
	}
	_, err := p.f.Seek(0, io.SeekStart)
	return err
}

// take writes the body of an answer; an error of the reader is returned as it
// is, with what was read before it kept.
func (p *part) take(r io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if p.size+int64(n) > p.d.MaxSize {
			return fmt.Errorf("%w: archive is larger than %d bytes", ErrInvalid, p.d.MaxSize)
		}
		if n > 0 {
			if len(p.head) < 64 {
				p.head = append(p.head, buf[:min(n, 64)]...)
			}
			if _, err := p.f.Write(buf[:n]); err != nil {
				return &localError{err}
			}
			p.h.Write(buf[:n])
			p.size += int64(n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// localError is a fault of this machine's disk, not of the server.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

func (p *part) check() error {
	got := hex.EncodeToString(p.h.Sum(nil))
	if strings.EqualFold(got, p.d.Hash) {
		return nil
	}
	return &ChecksumError{Want: p.d.SourceEntry, Got: got, Size: p.size, HTML: isHTML(http.Header{}, p.head)}
}

// abandon keeps a part for the next download unless it can be of no use.
func (p *part) abandon(err error) {
	p.f.Close()
	if p.size == 0 || errors.Is(err, ErrChecksum) || errors.Is(err, ErrInvalid) {
		os.Remove(p.f.Name())
	}
}

func (p *part) commit(path string) error {
	if err := p.f.Sync(); err != nil {
		return err
	}
	if err := p.f.Close(); err != nil {
		return err
	}
	return os.Rename(p.f.Name(), path)
}

// fetch brings a part to its end from one address, going on after cut
// connections as often as the retry policy allows.
func (l *Lookaside) fetch(ctx context.Context, op, u string, p *part) error {
	for cuts := 0; ; cuts++ {
		before := p.size
		err := l.fetchOnce(ctx, op, u, p)
		var local *localError
		switch {
		case err == nil:
			return p.checked(op)
		case ctx.Err() != nil, errors.As(err, &local), p.size == before, cuts >= l.retry.Max:
			return err
		}
		// Something arrived before the connection broke: go on from there.
		wait := time.NewTimer(min(max(l.retry.Wait, 100*time.Millisecond), 5*time.Second))
		select {
		case <-ctx.Done():
			wait.Stop()
			return err
		case <-wait.C:
		}
	}
}

func (p *part) checked(op string) error {
	if err := p.check(); err != nil {
		return &Error{Op: op, Err: err}
	}
	return nil
}

func (l *Lookaside) fetchOnce(ctx context.Context, op, u string, p *part) error {
	req := transport.Request{Op: op, URL: u, Header: l.header(), Raw: true, MaxBody: -1, Idempotent: true}
	from := p.size
	if from > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
	}
	var broken error // of reading the body, or of this machine
	resp, err := l.tr.Stream(ctx, req, func(resp *transport.Response, body io.Reader) error {
		switch {
		case resp.Status == http.StatusPartialContent && from > 0 && rangeBegins(resp.Header, from):
		case resp.Status == http.StatusOK:
			if err := p.reset(); err != nil {
				broken = &localError{err}
				return broken
			}
			from = 0
		default:
			broken = &Error{Op: op, Status: resp.Status, Msg: "neither the archive nor the rest of it", Err: ErrUnavailable}
			return broken
		}
		broken = p.take(body)
		return broken
	})
	var typed *Error
	var local *localError
	switch {
	case errors.As(broken, &typed):
		return typed
	case errors.As(broken, &local), errors.Is(broken, ErrInvalid):
		return &Error{Op: op, Err: broken}
	case err != nil:
		return callError(op, err)
	case resp.Status == http.StatusRequestedRangeNotSatisfiable && from > 0:
		return nil // nothing is left to send; the hash tells whether that is right
	case resp.Status < 200 || resp.Status > 299:
		return answerError(op, resp)
	}
	return nil
}

// rangeBegins reads Content-Range.
func rangeBegins(h http.Header, from int64) bool {
	rest, ok := strings.CutPrefix(h.Get("Content-Range"), "bytes ")
	first, _, dash := strings.Cut(rest, "-")
	n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	return ok && dash && err == nil && n == from
}
