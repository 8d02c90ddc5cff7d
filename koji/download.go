// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// A FileRequest names a file under the top URL and what it should be.
type FileRequest struct {
	Path         string // as [RPMPath] and its like give it
	Size         int64  // expected; 0: not known
	Checksum     string // expected, in hex; "": not known
	ChecksumType string // "md5", "sha1", "sha256"

	// Progress, if set, is called as bytes arrive, with those that are there
	// and the size, 0 if that is not known.
	Progress func(done, size int64)
}

// CopyFile copies a file under the top URL to w, from the offset on. It
// returns how many bytes were written. A missing file is [ErrNotFound], which
// is normal for deleted builds and old tasks. It is not repeated once bytes
// were written.
func (c *Client) CopyFile(ctx context.Context, p string, offset int64, w io.Writer) (int64, error) {
	n, _, err := c.fetch(ctx, FileRequest{Path: p}, offset, func() (io.Writer, error) { return w, nil })
	return n, err
}

// fetch streams a file from the offset on to what open returns for each
// answer.
func (c *Client) fetch(ctx context.Context, f FileRequest, offset int64, open func() (io.Writer, error)) (n, size int64, err error) {
	const op = "download"
	if err := checkPath(f.Path); err != nil {
		return 0, 0, err
	}
	address := c.FileURL(f.Path)
	if address == "" {
		return 0, 0, invalid(op, "the client has no top URL; use WithTopURL or a profile")
	}
	if offset < 0 {
		return 0, 0, invalid(op, "negative offset")
	}
	req := transport.Request{Op: op, Method: http.MethodGet, URL: address, Header: http.Header{}, Idempotent: true, Raw: true, MaxBody: -1}
	if offset > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(offset, 10)+"-")
	}
	var local error
	resp, err := c.hub.tr.Stream(ctx, req, func(resp *transport.Response, body io.Reader) error {
		at := int64(0)
		if resp.Status == http.StatusPartialContent {
			if at, size, local = contentRange(resp.Header.Get("Content-Range")); local != nil || at != offset {
				local = &Error{Op: op, Msg: "the file server sent another range than the one asked for", Err: ErrUnavailable}
				return local
			}
		} else if l, err := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64); err == nil {
			size = l
		}
		var w io.Writer
		if w, local = open(); local != nil {
			return local
		}
		if at < offset { // no ranges here: read over what is there already
			skipped, err := io.CopyN(io.Discard, body, offset-at)
			if err != nil {
				return err
			}
			at += skipped
		}
		if f.Progress != nil {
			w = &progress{w: w, done: at, size: size, tell: f.Progress}
		}
		n, err = io.Copy(w, body)
		return err
	})
	switch {
	case local != nil:
		return n, size, failed(op, local)
	case err != nil:
		e := broken(op, err)
		if e.Msg == "" {
			e.Msg = f.Path + ": " + e.Err.Error()
		}
		return n, size, e
	case resp.Status/100 != 2:
		e := refused(op, resp, nil)
		e.Msg = f.Path
		return 0, 0, e
	}
	return n, size, nil
}

// contentRange reads "bytes 100-199/200".
func contentRange(s string) (at, size int64, err error) {
	rest, ok := strings.CutPrefix(s, "bytes ")
	first, rest, ok2 := strings.Cut(rest, "-")
	_, total, ok3 := strings.Cut(rest, "/")
	if !ok || !ok2 || !ok3 {
		return 0, 0, errors.New("malformed Content-Range")
	}
	if at, err = strconv.ParseInt(first, 10, 64); err != nil {
		return 0, 0, err
	}
	if total != "*" {
		size, err = strconv.ParseInt(total, 10, 64)
	}
	return at, size, err
}

// progress tells how far a copy is.
type progress struct {
	w          io.Writer
	done, size int64
	tell       func(done, size int64)
}

// Write implements io.Writer.
func (p *progress) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.done += int64(n)
	p.tell(p.done, p.size)
	return n, err
}

// DownloadFile fetches a file to dest. It writes to dest with ".part" added,
// goes on where an earlier attempt ended, checks size and checksum, and only
// then gives the file its name; folders are made as needed. A file that is
// there already with the right size and checksum is left alone. What does not
// match is [ErrDigest], and the partial file is removed.
func (c *Client) DownloadFile(ctx context.Context, f FileRequest, dest string) error {
	const op = "download"
	if err := checkPath(f.Path); err != nil {
		return err
	}
	if f.Checksum != "" && fileDigest(f.ChecksumType) == nil {
		return invalid(op, "unknown checksum type %q", f.ChecksumType)
	}
	if f.Checksum != "" && check(dest, f) == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return &Error{Op: op, Err: err}
	}
	part := dest + ".part"
	if err := c.resume(ctx, f, part); err != nil {
		return err
	}
	if err := check(part, f); err != nil {
		os.Remove(part)
		return err
	}
	if err := os.Rename(part, dest); err != nil {
		return &Error{Op: op, Err: err}
	}
	return nil
}

// resume fetches what a partial file lacks; after a lost connection it goes
// on from there, as often as the retry policy allows.
func (c *Client) resume(ctx context.Context, f FileRequest, part string) error {
	const op = "download"
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return &Error{Op: op, Err: err}
	}
	defer file.Close()
	for try := 0; ; try++ {
		offset, err := file.Seek(0, io.SeekEnd)
		if err != nil {
			return &Error{Op: op, Err: err}
		}
		if f.Size > 0 && offset > f.Size {
			offset = 0
		}
		if f.Size > 0 && offset == f.Size {
			return file.Close()
		}
		n, size, err := c.fetch(ctx, f, offset, func() (io.Writer, error) {
			if err := file.Truncate(offset); err != nil {
				return nil, err
			}
			_, err := file.Seek(offset, io.SeekStart)
			return file, err
		})
		if err == nil && f.Size == 0 && size > 0 && offset+n != size {
			err = &Error{Op: op, Msg: fmt.Sprintf("%s: got %d of %d bytes", f.Path, offset+n, size), Err: io.ErrUnexpectedEOF}
		}
		var e *Error
		switch {
		case err == nil:
			return file.Close()
		case errors.As(err, &e) && e.Status == http.StatusRequestedRangeNotSatisfiable && offset > 0:
			// The partial file is longer than the file: begin anew.
			if err := file.Truncate(0); err != nil {
				return &Error{Op: op, Err: err}
			}
		case n == 0, try >= c.hub.cfg.retry.Max, ctx.Err() != nil:
			return err
		default:
			if err := sleep(ctx, c.hub.cfg.retry.Wait); err != nil {
				return &Error{Op: op, Msg: f.Path, Err: err}
			}
		}
		if try > c.hub.cfg.retry.Max {
			return err
		}
	}
}

func fileDigest(name string) hash.Hash {
	switch strings.ToLower(name) {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	}
	return nil
}

// check compares a file with what it should be.
func check(file string, f FileRequest) error {
	r, err := os.Open(file)
	if err != nil {
		return &Error{Op: "download", Err: err}
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return &Error{Op: "download", Err: err}
	}
	if f.Size > 0 && info.Size() != f.Size {
		return &Error{Op: "download", Msg: fmt.Sprintf("%s has %d bytes, want %d", f.Path, info.Size(), f.Size), Err: ErrDigest}
	}
	if f.Checksum == "" {
		return nil
	}
	h := fileDigest(f.ChecksumType)
	if _, err := io.Copy(h, r); err != nil {
		return &Error{Op: "download", Err: err}
	}
	if sum := hex.EncodeToString(h.Sum(nil)); !strings.EqualFold(sum, f.Checksum) {
		return &Error{Op: "download", Msg: fmt.Sprintf("%s has %s %s, want %s", f.Path, f.ChecksumType, sum, f.Checksum), Err: ErrDigest}
	}
	return nil
}

// A BuildDownload says which files of a build are fetched.
type BuildDownload struct {
	Dir      string   // where to; files are named as at the hub
	Arches   []string // empty: all, "src" included
	SigKey   string   // signed copies of this key; "" for the unsigned ones
	Archives bool     // archives too
	Logs     bool     // logs too, in a folder per arch
	Progress func(file string, done, size int64)
}

// DownloadBuild fetches a build's rpms, and what else is asked for, checks
// sizes and checksums, and returns the files' names. Checksums of rpms are
// known from Koji 1.31 on; without them sizes are checked. It calls getBuild,
// listBuildRPMs, getRPMChecksums, listArchives and getBuildLogs.
func (c *Client) DownloadBuild(ctx context.Context, ref Ref, d BuildDownload) ([]string, error) {
	b, err := c.Build(ctx, ref)
	if err != nil {
		return nil, err
	}
	requests, err := c.rpmRequests(ctx, b, d)
	if err != nil {
		return nil, err
	}
	if d.Archives {
		archives, err := c.ListArchives(ctx, ArchiveQuery{BuildID: b.ID})
		if err != nil {
			return nil, err
		}
		for _, a := range archives {
			if !a.MetadataOnly {
				requests = append(requests, FileRequest{Path: ArchivePath(b, a), Size: a.Size, Checksum: a.Checksum, ChecksumType: a.ChecksumType.String()})
			}
		}
	}
	names := make([]string, len(requests))
	for i, r := range requests {
		names[i] = path.Base(r.Path)
	}
	if d.Logs {
		logs, err := c.BuildLogs(ctx, ID(b.ID))
		if err != nil {
			return nil, err
		}
		for _, l := range logs {
			requests = append(requests, FileRequest{Path: l.Path})
			names = append(names, path.Join(l.Dir, l.Name))
		}
	}
	var out []string
	for i, r := range requests {
		if !filepath.IsLocal(names[i]) {
			return out, invalid("download", "%q is no file name", names[i])
		}
		dest := filepath.Join(d.Dir, filepath.FromSlash(names[i]))
		if d.Progress != nil {
			r.Progress = func(done, size int64) { d.Progress(names[i], done, size) }
		}
		if err := c.DownloadFile(ctx, r, dest); err != nil {
			return out, err
		}
		out = append(out, dest)
	}
	return out, nil
}

func (c *Client) rpmRequests(ctx context.Context, b Build, d BuildDownload) ([]FileRequest, error) {
	rpms, err := c.BuildRPMs(ctx, ID(b.ID))
	if err != nil {
		return nil, err
	}
	batch := c.NewBatch()
	var wanted []RPM
	var sums []*Future[map[string]map[string]string]
	for _, r := range rpms {
		if r.MetadataOnly || len(d.Arches) > 0 && !contains(d.Arches, r.Arch) {
			continue
		}
		wanted = append(wanted, r)
		sums = append(sums, Add[map[string]map[string]string](batch, "getRPMChecksums", r.ID, Named{"cacheonly": true}))
	}
	if err := batch.Do(ctx); err != nil {
		return nil, err
	}
	var out []FileRequest
	for i, r := range wanted {
		f := FileRequest{Path: RPMPath(b, r), Size: r.Size}
		if d.SigKey != "" {
			f.Path, f.Size = SignedRPMPath(b, r, d.SigKey), 0
		}
		known, err := sums[i].Get()
		if err != nil && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if sum := known[strings.ToLower(d.SigKey)]["sha256"]; sum != "" {
			f.Checksum, f.ChecksumType = sum, "sha256"
		}
		out = append(out, f)
	}
	return out, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
