// SPDX-License-Identifier: MIT

package distgit

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// ErrChecksum says that an archive is not the one that was asked for. The
// error that wraps it is a [*ChecksumError].
var ErrChecksum = errors.New("checksum mismatch")

// ChecksumError says which archive arrived with which hash instead of its own.
type ChecksumError struct {
	Want SourceEntry
	Got  string // hexadecimal, of the same type
	Size int64  // bytes that arrived
	HTML bool   // whether they look like a web page
}

// Error returns what was expected and what arrived.
func (e *ChecksumError) Error() string {
	s := fmt.Sprintf("%v: %s: expected %s %s, got %s (%d bytes)", ErrChecksum, e.Want.File, e.Want.HashType, e.Want.Hash, e.Got, e.Size)
	if e.HTML {
		s += ", a web page"
	}
	return s
}

// Unwrap returns [ErrChecksum].
func (e *ChecksumError) Unwrap() error { return ErrChecksum }

// Layout says where below its base URL a lookaside cache keeps an archive:
// a path with {namespace}, {name}, {branch}, {file}, {hashtype} and {hash} in
// it. Values are escaped; a namespace may hold several segments.
type Layout string

// Layouts in use.
const (
	// LayoutFedora is that of Fedora, CentOS Stream, and of COPR, where the
	// namespace is "owner/project".
	LayoutFedora Layout = "{namespace}/{name}/{file}/{hashtype}/{hash}/{file}"
	// LayoutFedoraMD5 is Fedora's old layout, for MD5 alone.
	LayoutFedoraMD5 Layout = "{namespace}/{name}/{file}/{hash}/{file}"
	// LayoutNoNamespace is that of CentOS SIGs.
	LayoutNoNamespace Layout = "{name}/{file}/{hashtype}/{hash}/{file}"
	// LayoutNoNamespaceMD5 is Fedora's oldest layout.
	LayoutNoNamespaceMD5 Layout = "{name}/{file}/{hash}/{file}"
	// LayoutBranch is that of git.centos.org for CentOS 7 and 8.
	LayoutBranch Layout = "{name}/{branch}/{hash}"
	// LayoutBlob is that of stores by hash alone, such as Rocky Linux's.
	LayoutBlob Layout = "{hash}"
)

// Archive names one archive of one package.
type Archive struct {
	Repo   Repo
	Branch string // needed by layouts that name it
	SourceEntry
}

// path fills in the template. The error wraps [ErrInvalid].
func (l Layout) path(a Archive) (string, error) {
	fail := func(format string, args ...any) (string, error) {
		return "", &Error{Op: "lookaside path", Msg: fmt.Sprintf(format, args...), Err: ErrInvalid}
	}
	if err := a.Repo.Valid(); err != nil {
		return fail("%v", err)
	}
	if err := a.Valid(); err != nil {
		return fail("%s", strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": "))
	}
	repo := a.Repo.Normal()
	var namespace []string
	for s := range strings.SplitSeq(repo.Namespace, "/") {
		namespace = append(namespace, url.PathEscape(s))
	}
	values := map[string]string{
		"namespace": strings.Join(namespace, "/"), "name": url.PathEscape(repo.Name), "branch": url.PathEscape(a.Branch),
		"file": url.PathEscape(a.File), "hashtype": a.HashType, "hash": strings.ToLower(a.Hash),
	}
	if a.Branch == "" || a.Branch == "." || a.Branch == ".." {
		delete(values, "branch")
	}
	var b strings.Builder
	rest := string(l)
	for {
		before, after, ok := strings.Cut(rest, "{")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		name, after, ok := strings.Cut(after, "}")
		value, known := values[name]
		if !ok || !known {
			return fail("layout %q: no value for {%s}", string(l), name)
		}
		b.WriteString(value)
		rest = after
	}
}

// Lookaside is the cache in which a dist-git keeps archives outside git. It is
// immutable and safe for concurrent use.
type Lookaside struct {
	base    string
	layouts []Layout
	token   string
	retry   Retry
	tr      *transport.Client
}

// NewLookaside returns a client for the lookaside cache at url, such as
// "https://src.fedoraproject.org/repo/pkgs". Archives are looked for by each
// layout in turn; none means [LayoutFedora], and [LayoutFedoraMD5] after it for
// MD5. It does no I/O. The options are those of [NewClient]; WithForge, WithGroup
// and WithMaxBody have no effect. Client certificates belong into
// [WithHTTPClient]. The error wraps [ErrInvalid].
func NewLookaside(url string, layouts []Layout, opts ...Option) (*Lookaside, error) {
	fail := func(why string) (*Lookaside, error) {
		return nil, &Error{Op: "new lookaside", Msg: why, Err: ErrInvalid}
	}
	var cfg config
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return fail(err.Error())
		}
	}
	base, err := parseRoot(url)
	if err != nil {
		return fail(err.Error())
	}
	for _, l := range layouts {
		if strings.HasPrefix(string(l), "/") || !strings.Contains(string(l), "{hash}") || strings.ContainsAny(string(l), "?# ") {
			return fail(fmt.Sprintf("layout %q: want a relative path with {hash}", string(l)))
		}
	}
	tr, err := transport.New(transport.Options{
		HTTPClient: cfg.http, UserAgent: cfg.agent, Logger: cfg.logger,
		Retry: transport.Retry{Max: cfg.retry.Max, Wait: cfg.retry.Wait, MaxWait: cfg.retry.MaxWait},
	})
	if err != nil {
		return fail(err.Error())
	}
	return &Lookaside{base: base, layouts: append([]Layout(nil), layouts...), token: cfg.token, retry: cfg.retry, tr: tr}, nil
}

// URLs returns where the archive may be, best guess first: one address for
// each layout. The error wraps [ErrInvalid]: names and hashes are checked before
// anything is asked of a server.
func (l *Lookaside) URLs(a Archive) ([]string, error) {
	layouts := l.layouts
	if len(layouts) == 0 {
		layouts = []Layout{LayoutFedora}
		if a.HashType == "md5" {
			layouts = append(layouts, LayoutFedoraMD5)
		}
	}
	var out []string
	for _, layout := range layouts {
		path, err := layout.path(a)
		if err != nil {
			return nil, err
		}
		out = append(out, l.base+"/"+path)
	}
	return out, nil
}

func (l *Lookaside) header() http.Header {
	h := http.Header{}
	if l.token != "" {
		h.Set("Authorization", "token "+l.token)
	}
	return h
}

// newHash returns the hash of a type, nil for one that is not known here.
func newHash(kind string) hash.Hash {
	switch kind {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha224":
		return sha256.New224()
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	}
	return nil
}
