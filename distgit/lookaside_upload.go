// SPDX-License-Identifier: MIT

package distgit

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Uploaded says what came of an upload.
type Uploaded struct {
	SourceEntry
	Path    string // of the local file
	Size    int64
	Already bool // the cache had it: nothing was sent
}

// HashArchive reads a local file and returns the entry, with its SHA512, under
// which it goes into a sources file. The error wraps [ErrInvalid] for a name
// that can't stand there, or tells why the file can't be read.
func HashArchive(path string) (SourceEntry, int64, error) {
	e := SourceEntry{HashType: "sha512", File: filepath.Base(path)}
	f, err := os.Open(path)
	if err != nil {
		return e, 0, err
	}
	defer f.Close()
	h := sha512.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return e, 0, err
	}
	e.Hash = hex.EncodeToString(h.Sum(nil))
	return e, n, e.Valid()
}

// Check asks the upload script whether the cache has an archive. Side effect on
// the server: one that is there in the old MD5 layout is linked into the new
// one. The hash type must be sha512 or md5. Errors wrap ErrUnauthorized,
// ErrForbidden, ErrNotFound (no such repository), ErrInvalid or ErrUnavailable.
func (l *Lookaside) Check(ctx context.Context, repo Repo, e SourceEntry) (bool, error) {
	op := "check " + e.File
	fields, err := uploadFields(op, repo, e)
	if err != nil {
		return false, err
	}
	text, err := l.post(ctx, op, append(fields, [2]string{"filename", e.File}), nil)
	if err != nil {
		return false, err
	}
	switch strings.TrimSpace(text) {
	case "Available":
		return true, nil
	case "Missing":
		return false, nil
	}
	return false, &Error{Op: op, Status: http.StatusOK, Msg: fmt.Sprintf("neither Available nor Missing: %.100q", text), Err: ErrUnavailable}
}

// Upload puts a local file into the cache under its base name, unless it is
// there: it hashes the file, checks, and sends it. Archives are addressed by
// their content: two uploads of one file are harmless, and what the cache has
// can't be changed or removed.
//
// Upload before the commit that names the archive is pushed. Errors are those
// of [Lookaside.Check].
func (l *Lookaside) Upload(ctx context.Context, repo Repo, path string) (Uploaded, error) {
	op := "upload " + filepath.Base(path)
	e, size, err := HashArchive(path)
	if err != nil {
		return Uploaded{}, &Error{Op: op, Err: err}
	}
	u := Uploaded{SourceEntry: e, Path: path, Size: size}
	if u.Already, err = l.Check(ctx, repo, e); err != nil || u.Already {
		return u, err
	}
	fields, err := uploadFields(op, repo, e)
	if err != nil {
		return u, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return u, &Error{Op: op, Err: err}
	}
	fields = append(fields, [2]string{"mtime", strconv.FormatInt(info.ModTime().Unix(), 10)})
	text, err := l.post(ctx, op, fields, &u)
	if err != nil {
		return u, err
	}
	// "File x already exists" comes when somebody else was faster.
	u.Already = strings.Contains(text, "already exists")
	if !u.Already && !strings.Contains(text, "stored OK") {
		return u, &Error{Op: op, Status: http.StatusOK, Msg: fmt.Sprintf("the server does not say that it was stored: %.100q", text), Err: ErrUnavailable}
	}
	return u, nil
}

func uploadFields(op string, repo Repo, e SourceEntry) ([][2]string, error) {
	fail := func(why string) ([][2]string, error) {
		return nil, &Error{Op: op, Msg: why, Err: ErrInvalid}
	}
	if err := repo.Valid(); err != nil {
		return fail(err.Error())
	}
	if err := e.Valid(); err != nil {
		return fail(strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": "))
	}
	if repo.Fork != "" {
		return fail("forks share the cache of the main repository: name that")
	}
	if e.HashType != "sha512" && e.HashType != "md5" {
		return fail("the upload script takes sha512 and md5, not " + e.HashType)
	}
	return [][2]string{{"name", repo.Normal().String()}, {e.HashType + "sum", strings.ToLower(e.Hash)}}, nil
}

// post sends a form to the upload script. It is repeated like a read: asking
// does no harm, and a file that was stored is found to be there.
func (l *Lookaside) post(ctx context.Context, op string, fields [][2]string, file *Uploaded) (string, error) {
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return "", &Error{Op: op, Err: err}
		}
	}
	req := transport.Request{Op: op, Method: http.MethodPost, URL: l.base + "/upload.cgi", Header: l.header(), Idempotent: true, MaxBody: 1 << 20}
	req.Header.Set("Content-Type", w.FormDataContentType())
	if file != nil {
		if _, err := w.CreateFormFile("file", file.File); err != nil {
			return "", &Error{Op: op, Err: err}
		}
	}
	before := head.Len()
	if err := w.Close(); err != nil {
		return "", &Error{Op: op, Err: err}
	}
	if form := head.Bytes(); file == nil {
		req.Body = form
	} else {
		req.BodySize = int64(len(form)) + file.Size
		req.BodyFunc = func() (io.ReadCloser, error) {
			f, err := os.Open(file.Path)
			if err != nil {
				return nil, err
			}
			body := io.MultiReader(bytes.NewReader(form[:before]), io.LimitReader(f, file.Size), bytes.NewReader(form[before:]))
			return struct {
				io.Reader
				io.Closer
			}{body, f}, nil
		}
	}
	resp, err := l.tr.Do(ctx, req)
	if err != nil {
		return "", callError(op, err)
	}
	text := strings.TrimSpace(string(resp.Body))
	switch {
	case resp.Status == http.StatusNotAcceptable:
		return "", &Error{Op: op, Status: resp.Status, Msg: text, Err: ErrUnsupported}
	case resp.Status != http.StatusOK:
		return "", answerError(op, resp)
	case isHTML(resp.Header, resp.Body):
		return "", &Error{Op: op, Status: resp.Status, Msg: "a web page where the upload script was expected", Err: ErrUnavailable}
	}
	return text, nil
}

// NewSources is a change of a package's archives.
type NewSources struct {
	Repo      Repo
	Files     []string // local paths; each goes in under its base name
	Sources   []byte   // the present sources file, nil for none
	Gitignore []byte   // the present .gitignore, nil for none
	// Replace drops all archives that are not among Files, as "new-sources"
	// does; otherwise they are added or replaced by name, as "upload" does.
	Replace bool
}

// SourcesUpdate is what is left to commit after [Lookaside.NewSources].
type SourcesUpdate struct {
	Uploaded  []Uploaded
	Sources   []byte
	Gitignore []byte
}

// NewSources puts files into the cache and returns the sources and .gitignore
// to commit after that. Everything that can be known to go wrong is checked
// before the first byte is sent: files, names, hash types that don't mix. Once
// uploads have begun, an error leaves the cache with archives that nothing
// refers to, which is harmless, and returns those that are done; doing it again
// sends the rest.
//
// Errors are those of [Lookaside.Upload], [ParseSources] and [Sources.Set].
func (l *Lookaside) NewSources(ctx context.Context, n NewSources) (SourcesUpdate, error) {
	op := "new sources of " + n.Repo.String()
	if len(n.Files) == 0 {
		return SourcesUpdate{}, &Error{Op: op, Msg: "no files", Err: ErrInvalid}
	}
	s := &Sources{}
	if !n.Replace {
		var err error
		if s, err = ParseSources("sources", n.Sources, ReadSources); err != nil {
			return SourcesUpdate{}, err
		}
	}
	var entries []SourceEntry
	var names []string
	for _, path := range n.Files {
		e, _, err := HashArchive(path)
		if err != nil {
			return SourcesUpdate{}, &Error{Op: op, Err: err}
		}
		for i, name := range names {
			if name == e.File && entries[i] != e {
				return SourcesUpdate{}, &Error{Op: op, Msg: "two files are named " + name, Err: ErrConflict}
			}
		}
		entries, names = append(entries, e), append(names, e.File)
	}
	edit := s.Set
	if n.Replace {
		edit = s.Replace
	}
	if err := edit(entries...); err != nil {
		return SourcesUpdate{}, err
	}
	var update SourcesUpdate
	for i, path := range n.Files {
		u, err := l.Upload(ctx, n.Repo, path)
		if err != nil {
			return update, err
		}
		if u.SourceEntry != entries[i] {
			return update, &Error{Op: op, Msg: path + " changed while it was uploaded", Err: errors.Join(ErrConflict, ErrChecksum)}
		}
		update.Uploaded = append(update.Uploaded, u)
	}
	update.Sources = s.Bytes()
	update.Gitignore = IgnoreArchives(n.Gitignore, names...)
	return update, nil
}
