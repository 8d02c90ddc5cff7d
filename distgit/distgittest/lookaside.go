// SPDX-License-Identifier: MIT

package distgittest

import (
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Store puts an archive into the lookaside, as an upload would, and returns
// its sha512.
func (h *Host) Store(r distgit.Repo, file string, content []byte) (string, error) {
	sum := sha512.Sum512(content)
	text := hex.EncodeToString(sum[:])
	return text, h.store(r, file, "sha512", text, content)
}

// archive returns the path of an archive below the state folder.
func (h *Host) archive(r distgit.Repo, file, kind, sum string) string {
	r = r.Normal()
	return filepath.Join(h.dir, "lookaside", filepath.FromSlash(r.Namespace), r.Name, file, kind, sum, file)
}

func (h *Host) store(r distgit.Repo, file, kind, sum string, content []byte) error {
	if err := r.Valid(); err != nil {
		return err
	}
	if !baseName(file) {
		return fmt.Errorf("distgittest: file name %q", file)
	}
	path := h.archive(r, file, kind, sum)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Join(h.dir, "tmp"), "archive-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err = tmp.Write(content); err == nil {
		err = tmp.Close()
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func baseName(s string) bool {
	return s != "" && s != "." && s != ".." && !strings.ContainsAny(s, "/\\\x00")
}

// download serves <base>/<ns>/<name>/<file>/[<hashtype>/]<hash>/<file>.
func (h *Host) download(w http.ResponseWriter, q request) {
	_, rest, _ := strings.Cut(strings.TrimPrefix(q.URL.EscapedPath(), "/"), "/pkgs/")
	parts := segments(rest)
	n := len(parts)
	if n < 4 {
		http.NotFound(w, q.Request)
		return
	}
	file, sum, kind, before := parts[n-1], parts[n-2], parts[n-3], parts[:n-3]
	if kind == file { // the old layout: no hash type, md5
		kind, before = "md5", parts[:n-2]
	}
	if len(before) < 2 || before[len(before)-1] != file || !baseName(file) || !baseName(sum) || !baseName(kind) {
		http.NotFound(w, q.Request)
		return
	}
	r, err := distgit.ParseRepo(strings.Join(before[:len(before)-1], "/"))
	if err != nil {
		http.NotFound(w, q.Request)
		return
	}
	f, err := os.Open(h.archive(r, file, kind, sum))
	if err != nil {
		http.NotFound(w, q.Request)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		http.NotFound(w, q.Request)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, q.Request, "", info.ModTime(), f) // ranges included
}

// upload is the server's upload.cgi.
func (h *Host) upload(w http.ResponseWriter, q request) {
	say := func(status int, format string, args ...any) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(status)
		fmt.Fprintf(w, format+"\n", args...)
	}
	if h.opt.NoUpload || q.Method != http.MethodPost {
		say(http.StatusMethodNotAllowed, "not here")
		return
	}
	if _, ok := h.account(q.Request); !ok {
		w.Header().Set("WWW-Authenticate", "Negotiate")
		say(http.StatusUnauthorized, "authentication required")
		return
	}
	if err := q.ParseMultipartForm(32 << 20); err != nil {
		say(http.StatusBadRequest, "%v", err)
		return
	}
	defer q.MultipartForm.RemoveAll()
	name := strings.Trim(q.FormValue("name"), "/")
	kind, sum := "sha512", strings.ToLower(q.FormValue("sha512sum"))
	if sum == "" {
		kind, sum = "md5", strings.ToLower(q.FormValue("md5sum"))
	}
	if name == "" || sum == "" {
		say(http.StatusBadRequest, "Required field missing: name, sha512sum or md5sum")
		return
	}
	r, err := distgit.ParseRepo(name)
	if err == nil {
		err = h.ensure(r)
	}
	if err != nil {
		say(http.StatusNotFound, "Module %q does not exist!", name)
		return
	}
	if !baseName(sum) || strings.Trim(sum, "0123456789abcdef") != "" {
		say(http.StatusBadRequest, "%s is no checksum", kind)
		return
	}
	if file := q.FormValue("filename"); file != "" { // a check, whatever else is sent
		_, err := os.Stat(h.archive(r, file, kind, sum))
		switch {
		case !baseName(file):
			say(http.StatusBadRequest, "filename %q", file)
		case err == nil:
			say(http.StatusOK, "Available")
		case errors.Is(err, fs.ErrNotExist):
			say(http.StatusOK, "Missing")
		default:
			say(http.StatusInternalServerError, "%v", err)
		}
		return
	}
	if kind == "md5" {
		say(http.StatusNotAcceptable, "Uploads with md5 are no longer allowed.")
		return
	}
	part, header, err := q.FormFile("file")
	if err != nil {
		say(http.StatusBadRequest, "Required field \"file\" is not present.")
		return
	}
	defer part.Close()
	file := filepath.Base(header.Filename)
	content, err := io.ReadAll(part)
	if err != nil {
		say(http.StatusBadRequest, "%v", err)
		return
	}
	if _, err := os.Stat(h.archive(r, file, kind, sum)); err == nil {
		say(http.StatusOK, "File %s already exists\n%s %d", file, h.archive(r, file, kind, sum), len(content))
		return
	}
	if got := digest(kind, content); got != sum {
		say(http.StatusBadRequest, "%s check failed. Received %s instead of %s", strings.ToUpper(kind), got, sum)
		return
	}
	if err := h.store(r, file, kind, sum, content); err != nil {
		say(http.StatusInternalServerError, "%v", err)
		return
	}
	say(http.StatusOK, "File %s size %d %s %s stored OK", file, len(content), strings.ToUpper(kind), sum)
}

func digest(kind string, content []byte) string {
	if kind == "md5" {
		s := md5.Sum(content)
		return hex.EncodeToString(s[:])
	}
	s := sha512.Sum512(content)
	return hex.EncodeToString(s[:])
}
