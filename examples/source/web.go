// SPDX-License-Identifier: MIT

package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"time"
)

const (
	stall   = time.Minute // without a byte, a transfer is given up
	maxFile = 4 << 30     // bytes of one file, packed as it is sent
)

var (
	errStalled  = errors.New("no data for " + stall.String())
	errTooLarge = fmt.Errorf("larger than %d bytes", int64(maxFile))
)

// webFS opens the files below a URL.
type webFS struct {
	ctx  context.Context
	base *url.URL
}

// label is a URL as it may be shown: without its password and query.
func label(u *url.URL) string {
	shown := *u
	shown.RawQuery, shown.Fragment = "", ""
	return shown.Redacted()
}

// Open fetches a file. It implements [fs.FS].
func (w webFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	ctx, cancel := context.WithCancelCause(w.ctx)
	f := &webFile{left: maxFile, stop: cancel, ctx: ctx}
	f.watch = time.AfterFunc(stall, func() { cancel(errStalled) })
	fail := func(err error) (fs.File, error) {
		err = f.cause(err)
		f.watch.Stop()
		cancel(nil)
		return nil, &fs.PathError{Op: "GET", Path: name, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base.JoinPath(name).String(), nil)
	if err != nil {
		return fail(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the URL is named already, and may hold a secret
		}
		return fail(err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		err := errors.New(resp.Status)
		switch resp.StatusCode {
		case http.StatusNotFound, http.StatusGone:
			err = fmt.Errorf("%s: %w", resp.Status, fs.ErrNotExist)
		case http.StatusUnauthorized, http.StatusForbidden:
			err = fmt.Errorf("%s: %w", resp.Status, fs.ErrPermission)
		}
		return fail(err)
	}
	f.body = resp.Body
	return f, nil
}

// webFile is a file being fetched.
type webFile struct {
	body  io.ReadCloser
	left  int64
	watch *time.Timer
	stop  context.CancelCauseFunc
	ctx   context.Context
}

func (f *webFile) Read(p []byte) (int, error) {
	f.watch.Reset(stall)
	n, err := f.body.Read(p)
	if f.left -= int64(n); f.left < 0 {
		return 0, errTooLarge
	}
	if err != nil && err != io.EOF {
		err = f.cause(err)
	}
	return n, err
}

// cause tells why a request was ended, if it was ended here.
func (f *webFile) cause(err error) error {
	if errors.Is(context.Cause(f.ctx), errStalled) {
		return errStalled
	}
	return err
}

func (f *webFile) Close() error {
	f.watch.Stop()
	f.stop(nil)
	return f.body.Close()
}

// Stat tells nothing: only reading is of use here.
func (*webFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
