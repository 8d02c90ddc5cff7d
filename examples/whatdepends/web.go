// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
)

// webFS opens the files below a URL.
type webFS struct {
	ctx  context.Context
	base string
}

// Open fetches a file. It implements [fs.FS].
func (w webFS) Open(name string) (fs.File, error) {
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.base+"/"+name, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		err = fmt.Errorf("GET %s: %s", name, resp.Status)
		if resp.StatusCode == http.StatusNotFound {
			err = fmt.Errorf("%w: %w", err, fs.ErrNotExist)
		}
		return nil, err
	}
	return webFile{resp.Body}, nil
}

// webFile is a file being fetched.
type webFile struct{ io.ReadCloser }

// Stat tells nothing: only reading is of use here.
func (webFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
