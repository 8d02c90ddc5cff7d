// SPDX-License-Identifier: MIT

package source

import (
	"bufio"
	"context"
	"io"
	"io/fs"

	"github.com/seed-f134cc8e/relkit/koji"
)

// kojiFile is a file below a hub's top URL, as it arrives.
type kojiFile struct {
	*bufio.Reader
	pipe *io.PipeReader
	stop context.CancelFunc
	done chan struct{}
}

// fetch begins to fetch a file and returns when its first bytes are there.
func fetch(ctx context.Context, c *koji.Client, name string) (fs.File, error) {
	ctx, stop := context.WithCancel(ctx)
	r, w := io.Pipe()
	f := &kojiFile{bufio.NewReader(r), r, stop, make(chan struct{})}
	go func() {
		defer close(f.done)
		_, err := c.CopyFile(ctx, name, 0, w)
		w.CloseWithError(err)
	}()
	if _, err := f.Peek(1); err != nil && err != io.EOF {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close ends the transfer.
func (f *kojiFile) Close() error {
	f.stop()
	f.pipe.Close()
	<-f.done
	return nil
}

// Stat tells nothing: only reading is of use here.
func (*kojiFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
