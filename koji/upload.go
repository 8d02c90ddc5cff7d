// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/adler32"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// An UploadPart is one piece of a file that is uploaded.
type UploadPart struct {
	Dir       string // folder below the hub's uploads
	Name      string
	Offset    int64 // where in the file; negative appends
	Data      []byte
	Verify    string // "adler32" (also for ""), "md5", "sha256"
	Overwrite bool   // of what may be there from the offset on
	Volume    string // "" for the usual one
}

// An UploadedPart is the hub's receipt for a piece.
type UploadedPart struct {
	Size   int64          `xmlrpc:"size"`
	Offset int64          `xmlrpc:"offset"`
	Verify string         `xmlrpc:"fileverify"`
	Digest string         `xmlrpc:"hexdigest"`
	More   map[string]any `xmlrpc:",extra"` // members that have no field here
}

// UploadPart sends one piece of a file and checks the hub's receipt against
// it. Most callers want [Client.Upload].
func (c *Client) UploadPart(ctx context.Context, p UploadPart) (UploadedPart, error) {
	const op = "upload"
	var got UploadedPart
	if p.Verify == "" {
		p.Verify = "adler32"
	}
	h := digest(p.Verify)
	if err := uploadName(p.Dir, p.Name); err != nil {
		return got, invalid(op, "%v", err)
	}
	q := url.Values{"filename": {p.Name}, "filepath": {p.Dir}, "fileverify": {p.Verify}, "offset": {strconv.FormatInt(p.Offset, 10)}}
	if p.Overwrite {
		q.Set("overwrite", "1")
	}
	if p.Volume != "" {
		q.Set("volume", p.Volume)
	}
	data := p.Data
	if data == nil {
		data = []byte{}
	}
	r := &call{op: op, raw: data, query: q, result: &got}
	if err := c.do(ctx, r); err != nil {
		return got, err
	}
	if h != nil {
		h.Write(data)
		if sum := hex.EncodeToString(h.Sum(nil)); got.Digest != sum || got.Size != int64(len(data)) {
			return got, &Error{Op: op, Msg: fmt.Sprintf("%s: the hub received %d bytes with %s %s, sent were %d with %s", p.Name, got.Size, p.Verify, got.Digest, len(data), sum), Err: ErrDigest}
		}
	}
	return got, nil
}

// ErrDigest: a file's size or digest is not what it should be.
var ErrDigest = errors.New("digest mismatch")

func digest(name string) hash.Hash {
	switch name {
	case "adler32":
		return adler32.New()
	case "md5":
		return md5.New()
	case "sha256":
		return sha256.New()
	}
	return nil // the hub refuses it in its own words
}

// uploadName checks what the hub would refuse after the bytes were sent.
func uploadName(dir, name string) error {
	switch {
	case name == "" || strings.Contains(name, "/"):
		return fmt.Errorf("%q is no file name", name)
	case dir == "":
		return errors.New("no folder given")
	}
	return nil
}

// An UploadRequest says what is uploaded, and where to.
type UploadRequest struct {
	Dir    string // folder below the hub's uploads; [NewUploadDir] makes a name
	Name   string // "" for the file's own name
	Resume bool   // go on where an earlier upload of the same file ended
	Volume string

	// Progress, if set, is called after each piece with the bytes that are
	// there, and the size of the file.
	Progress func(done, size int64)
}

// NewUploadDir returns a new folder name for uploads that nobody else uses:
// "prefix/1750000000.123456.random".
func NewUploadDir(prefix string, now time.Time) string {
	return fmt.Sprintf("%s/%d.%06d.%s", prefix, now.Unix(), now.Nanosecond()/1000, rand.Text()[:8])
}

// UploadFile uploads a file and returns its path below the hub's uploads, as
// [BuildRequest.Source] and imports take it.
func (c *Client) UploadFile(ctx context.Context, file string, r UploadRequest) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", &Error{Op: "upload", Err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", &Error{Op: "upload", Err: err}
	}
	if info.IsDir() {
		return "", invalid("upload", "%s is a folder", file)
	}
	if r.Name == "" {
		r.Name = filepath.Base(file)
	}
	return c.Upload(ctx, f, info.Size(), r)
}

// Upload uploads size bytes of content in pieces (see [WithUploadChunk]) and
// returns their path below the hub's uploads. Each piece is checked by digest
// and repeated in place after a lost connection; at the end size and digest of
// the whole file at the hub are compared. It calls checkUpload.
func (c *Client) Upload(ctx context.Context, content io.ReaderAt, size int64, r UploadRequest) (string, error) {
	const op = "upload"
	if err := uploadName(r.Dir, r.Name); err != nil {
		return "", invalid(op, "%v", err)
	}
	offset := int64(0)
	if r.Resume {
		var err error
		if offset, err = c.uploaded(ctx, content, size, r); err != nil {
			return "", err
		}
	}
	buf := make([]byte, min(int64(c.hub.cfg.chunk), max(size, 1)))
	for first := true; first || offset < size; first = false {
		n := int(min(int64(len(buf)), size-offset))
		if n == 0 && offset > 0 {
			break
		}
		if _, err := content.ReadAt(buf[:n], offset); err != nil && err != io.EOF {
			return "", &Error{Op: op, Msg: fmt.Sprintf("read %s at byte %d", r.Name, offset), Err: err}
		}
		_, err := c.UploadPart(ctx, UploadPart{Dir: r.Dir, Name: r.Name, Offset: offset, Data: buf[:n], Verify: "adler32", Overwrite: true, Volume: r.Volume})
		if err != nil && !errors.Is(err, ErrAlreadyApplied) { // it is written, and checked below
			return "", err
		}
		offset += int64(n)
		if r.Progress != nil {
			r.Progress(offset, size)
		}
	}
	if err := c.verifyUpload(ctx, content, size, r); err != nil {
		return "", err
	}
	return path.Join(r.Dir, r.Name), nil
}

func (c *Client) verifyUpload(ctx context.Context, content io.ReaderAt, size int64, r UploadRequest) error {
	got, err := c.CheckUpload(ctx, UploadCheck{Dir: r.Dir, Name: r.Name, Verify: "sha256", Volume: r.Volume})
	if err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(content, 0, size)); err != nil {
		return &Error{Op: "upload", Msg: "read " + r.Name, Err: err}
	}
	if sum := hex.EncodeToString(h.Sum(nil)); got.Size != size || got.Digest != sum {
		return &Error{Op: "checkUpload", Msg: fmt.Sprintf("%s: the hub has %d bytes with sha256 %s, sent were %d with %s", r.Name, got.Size, got.Digest, size, sum), Err: ErrDigest}
	}
	return nil
}

// uploaded returns how much of the content is at the hub already.
func (c *Client) uploaded(ctx context.Context, content io.ReaderAt, size int64, r UploadRequest) (int64, error) {
	got, err := c.CheckUpload(ctx, UploadCheck{Dir: r.Dir, Name: r.Name, Verify: "sha256", Volume: r.Volume})
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil || got.Size > size {
		return 0, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(content, 0, got.Size)); err != nil {
		return 0, &Error{Op: "upload", Msg: "read " + r.Name, Err: err}
	}
	if hex.EncodeToString(h.Sum(nil)) != got.Digest {
		return 0, nil
	}
	return got.Size, nil
}

// An UploadCheck asks for an uploaded file.
type UploadCheck struct {
	Dir, Name string
	Verify    string `koji:"verify"` // "sha256" and the like: return its digest; "" does not
	Tail      *int64 `koji:"tail"`   // digest of so many last bytes only; nil: of all
	Volume    string `koji:"volume"`
}

// An UploadInfo is what the hub knows of an uploaded file.
type UploadInfo struct {
	Size     int64          `xmlrpc:"size"`
	Modified time.Time      `xmlrpc:"mtime"`
	Summed   int64          `xmlrpc:"sumlength"` // bytes that the digest is of
	Digest   string         `xmlrpc:"hexdigest"`
	More     map[string]any `xmlrpc:",extra"` // members that have no field here
}

// CheckUpload returns what the hub knows of an uploaded file; what is not
// there is [ErrNotFound]. It calls checkUpload.
func (c *Client) CheckUpload(ctx context.Context, u UploadCheck) (UploadInfo, error) {
	v, err := value[*UploadInfo](ctx, c, "checkUpload", arguments([]any{u.Dir, u.Name}, named(u))...)
	if err != nil {
		return UploadInfo{}, err
	}
	if v == nil {
		return UploadInfo{}, notFound("checkUpload", "no upload %s/%s", u.Dir, u.Name)
	}
	return *v, nil
}
