// SPDX-License-Identifier: MIT

package updater

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrCorrupt means that a queue's file holds something that this package did
// not write there.
var ErrCorrupt = errors.New("damaged queue")

// Queue keeps messages in a file until PDC can be told: while it is down,
// messages are added; when it is back, [Queue.Drain] tells them in order. A
// message may be told twice when the process dies in between, which does no
// harm since what is written is what is still owed. One process uses the file
// at a time; a Queue is for one goroutine at a time.
type Queue struct {
	path  string
	file  *os.File
	lines []queued
	first int // those before are done
	size  int64
}

type queued struct {
	Message json.RawMessage `json:"message,omitzero"`
	Reason  string          `json:"reason,omitzero"`
	Done    int             `json:"done,omitzero"` // so many of the oldest are done
}

// OpenQueue opens the queue in a file, which is made when there is none. A
// last line that was written in part is dropped; other damage is
// [ErrCorrupt].
func OpenQueue(path string) (*Queue, error) {
	q := &Queue{path: path}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("updater: %w", err)
	}
	r := bufio.NewReader(bytes.NewReader(data))
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var e queued
		if json.Unmarshal(line, &e) != nil || e.Done < 0 || e.Done > len(q.lines)-q.first || (e.Done == 0) == (e.Message == nil) {
			return nil, fmt.Errorf("updater: %s: line %d: %w", path, n, ErrCorrupt)
		}
		if e.Done > 0 {
			q.first += e.Done
		} else {
			q.lines = append(q.lines, e)
		}
	}
	if err := q.rewrite(); err != nil {
		return nil, err
	}
	return q, nil
}

// rewrite puts what is left into a new file, which takes the old one's place
// at once.
func (q *Queue) rewrite() error {
	q.lines, q.first = append([]queued(nil), q.lines[q.first:]...), 0
	f, err := os.CreateTemp(filepath.Dir(q.path), filepath.Base(q.path)+".new-*")
	if err != nil {
		return fmt.Errorf("updater: %w", err)
	}
	q.size = 0
	var b bytes.Buffer
	for _, e := range q.lines {
		if err = encode(&b, e); err != nil {
			break
		}
	}
	if err == nil {
		_, err = f.Write(b.Bytes())
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), q.path)
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return fmt.Errorf("updater: %w", err)
	}
	if q.file != nil {
		q.file.Close()
	}
	q.file, q.size = f, int64(b.Len())
	return nil
}

func encode(b *bytes.Buffer, e queued) error {
	line, err := json.Marshal(e)
	b.Write(append(line, '\n'))
	return err
}

// append writes a line and waits until it is on the disk. A line that could
// not be written whole is taken back.
func (q *Queue) append(e queued) error {
	var b bytes.Buffer
	err := encode(&b, e)
	if err == nil {
		if _, err = q.file.WriteAt(b.Bytes(), q.size); err == nil {
			err = q.file.Sync()
		}
	}
	if err != nil {
		return fmt.Errorf("updater: %s: %w", q.path, errors.Join(err, q.file.Truncate(q.size)))
	}
	q.size += int64(b.Len())
	return nil
}

// Len returns how many messages wait.
func (q *Queue) Len() int { return len(q.lines) - q.first }

// Add puts a message, which must be JSON, at the end, with the reason why it
// waits. It is on the disk when Add returns.
func (q *Queue) Add(message []byte, reason error) error {
	e := queued{Message: json.RawMessage(message)}
	if reason != nil {
		e.Reason = reason.Error()
	}
	if err := q.append(e); err != nil {
		return err
	}
	q.lines = append(q.lines, e)
	return nil
}

// Drain tells the waiting messages, oldest first, until one fails: that one
// and those behind it stay. It returns how many were told.
func (q *Queue) Drain(ctx context.Context, tell func(ctx context.Context, message []byte) error) (int, error) {
	n := 0
	for ; q.Len() > 0; n++ {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if err := tell(ctx, q.lines[q.first].Message); err != nil {
			return n, err
		}
		if err := q.append(queued{Done: 1}); err != nil {
			return n, err
		}
		q.lines[q.first] = queued{}
		q.first++
	}
	if n > 0 {
		return n, q.rewrite()
	}
	return 0, nil
}

// Close closes the file. What waits, waits there.
func (q *Queue) Close() error { return q.file.Close() }
