// SPDX-License-Identifier: MIT

package kojitest

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/adler32"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// UploadMethod is the name under which raw uploads stand in [Call.Method] and
// in [Hub.Fail].
const UploadMethod = "upload"

type upload struct {
	query url.Values
	data  []byte
}

// A file lies below the top URL.
type file struct {
	data []byte
	at   time.Time
}

const topDir = "/mnt/koji"

func uploadMethods(m map[string]handler) {
	m["checkUpload"] = (*call).checkUpload
	m["uploadFile"] = (*call).uploadFile
}

func newDigest(name string) hash.Hash {
	switch name {
	case "adler32":
		return adler32.New()
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	}
	return nil
}

func digestOf(name string, data []byte) string {
	h := newDigest(name)
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// uploadPath checks an upload's place and returns it relative to the top.
func (c *call) uploadPath(dir, name string, create bool) (string, *fault) {
	clean := path.Clean(dir)
	if clean == "." || strings.HasPrefix(clean, "..") || strings.HasPrefix(clean, "/") {
		return "", generic("Invalid upload directory: %s", dir)
	}
	if name == "" || strings.ContainsAny(name, "/") || strings.HasPrefix(name, ".") {
		return "", generic("Invalid upload name: %s", name)
	}
	at := "work/" + clean + "/" + name
	if !create {
		return at, nil
	}
	parts := strings.Split(clean, "/")
	if parts[0] == "tasks" {
		if len(parts) < 3 {
			return "", generic("Invalid upload path: %s", dir)
		}
		id, err := strconv.Atoi(parts[2])
		if err != nil {
			return "", generic("Invalid task directory: %s", dir)
		}
		o, f := c.asHost()
		if f != nil {
			return "", f
		}
		t, f := c.h.task(id)
		if f != nil {
			return "", f
		}
		return at, c.ownedBy(t, o)
	}
	if owner, ok := c.h.uploadDirs[clean]; ok && owner != c.userID() {
		return "", generic("Invalid upload directory, not owner: %s", dir)
	} else if !ok {
		put(c.tx, c.h.uploadDirs, clean, c.userID())
	}
	return at, nil
}

// rawUpload answers a chunk that was sent as it is.
func (c *call) rawUpload() (any, *fault) {
	if c.user == nil {
		return nil, notAllowed("you must be logged-in to upload a file")
	}
	q := c.req.upload.query
	if !q.Has("filename") {
		return nil, pythonError("KeyError", "'filename'")
	}
	offset := 0
	if s := q.Get("offset"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, pythonError("ValueError", "invalid literal for int() with base 10: %s", pyRepr(s))
		}
		offset = n
	}
	at, f := c.uploadPath(q.Get("filepath"), q.Get("filename"), true)
	if f != nil {
		return nil, f
	}
	overwrite := q.Get("overwrite") != ""
	if c.h.files[at] != nil && offset == 0 && !overwrite {
		return nil, generic("upload path exists: %s/%s", topDir, at)
	}
	verify := q.Get("fileverify")
	if verify == "" {
		return nil, pythonError("TypeError", "'NoneType' object is not callable")
	}
	if verify != "adler32" && verify != "md5" && verify != "sha256" {
		return nil, generic("Unsupported verify type: %s", verify)
	}
	data := c.req.upload.data
	size := c.writeFile(at, offset, data, overwrite)
	if offset >= 0 && size != offset+len(data) {
		return nil, generic("Incorrect upload length")
	}
	return record{"size": len(data), "fileverify": verify, "offset": offset, "hexdigest": digestOf(verify, data)}, nil
}

// writeFile puts data at an offset (-1 appends) and returns the file's new
// size; with cut, the file ends where the data begin before they are written.
func (c *call) writeFile(at string, offset int, data []byte, cut bool) int {
	var old []byte
	if f := c.h.files[at]; f != nil {
		old = f.data
	}
	if offset < 0 {
		offset = len(old)
	}
	var whole []byte
	switch {
	case offset == len(old):
		whole = append(old, data...)
	default:
		keep := len(old)
		if cut {
			keep = min(keep, offset)
		}
		whole = make([]byte, max(keep, offset+len(data)))
		copy(whole, old[:min(keep, len(old))])
		copy(whole[offset:], data)
	}
	put(c.tx, c.h.files, at, &file{data: whole, at: c.h.now})
	return len(whole)
}

func (c *call) checkUpload() (any, *fault) {
	if c.user == nil {
		return nil, notAllowed("you must be logged-in to upload a file")
	}
	at, f := c.uploadPath(pyTextOr(c.arg("path")), pyTextOr(c.arg("name")), false)
	if f != nil {
		return nil, f
	}
	found := c.h.files[at]
	if found == nil {
		return nil, nil
	}
	r := record{"size": len(found.data), "mtime": timeNumber(found.at)}
	verify, f := c.text("verify")
	if f != nil || verify == "" {
		return r, f
	}
	if newDigest(verify) == nil {
		return nil, generic("Unsupported verify type: %s", verify)
	}
	data := found.data
	if n, ok, f := c.number("tail"); f != nil {
		return nil, f
	} else if ok {
		data = data[max(0, len(data)-n):]
	}
	r["sumlength"], r["hexdigest"] = len(data), digestOf(verify, data)
	return r, nil
}

// uploadFile is the older way, with the data inside the call.
func (c *call) uploadFile() (any, *fault) {
	if c.user == nil {
		return nil, notAllowed("you must be logged in for this operation")
	}
	data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(pyTextOr(c.arg("data")), "\n", ""))
	if err != nil {
		return nil, pythonError("binascii.Error", "Incorrect padding")
	}
	size, hasSize, f := c.number("size")
	if f != nil {
		return nil, f
	}
	offset, _, f := c.number("offset")
	if f != nil {
		return nil, f
	}
	at, f := c.uploadPath(pyTextOr(c.arg("path")), pyTextOr(c.arg("name")), true)
	if f != nil {
		return nil, f
	}
	kind, want := "md5", c.arg("md5sum")
	if pair, ok := want.([]any); ok && len(pair) == 2 {
		kind, want = pyText(pair[0]), pair[1]
	}
	if newDigest(kind) == nil {
		return nil, generic("Unsupported verify type: %s", kind)
	}
	if offset == -1 { // the last call: the digest of the whole
		found := c.h.files[at]
		return found != nil && (!hasSize || size == len(found.data)) && (want == nil || digestOf(kind, found.data) == want), nil
	}
	if hasSize && size != len(data) || want != nil && digestOf(kind, data) != want {
		return false, nil
	}
	c.writeFile(at, offset, data, offset == 0)
	return true, nil
}
