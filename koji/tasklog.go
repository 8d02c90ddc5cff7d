// SPDX-License-Identifier: MIT

package koji

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// logPart is how much of a log one request asks for.
const logPart = 256 << 10

// A LogChunk is what a task has added to one of its output files.
type LogChunk struct {
	TaskID int
	File   string
	Offset int64
	Data   []byte
}

// FollowLog returns what a task writes to an output file, from the beginning,
// as it is written, until the task is finished and all is read. A file that is
// never written is [ErrNotFound] at the end. It calls downloadTaskOutput and
// getTaskInfo.
func (c *Client) FollowLog(ctx context.Context, id int, file string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		p := newPoll(0, 0)
		for offset := int64(0); ; {
			t, err := c.TaskState(ctx, id) // before reading: what comes later is in the file then
			if err != nil {
				yield(nil, err)
				return
			}
			data, err := c.TaskOutputPart(ctx, id, file, offset, logPart)
			if errors.Is(err, ErrNotFound) && !t.Finished() {
				err = nil // not begun yet
			}
			if err != nil {
				yield(nil, err)
				return
			}
			offset += int64(len(data))
			if len(data) > 0 && !yield(data, nil) {
				return
			}
			if len(data) == 0 && t.Finished() {
				return
			}
			if len(data) < logPart && !t.Finished() {
				if err := p.wait(ctx, len(data) > 0); err != nil {
					yield(nil, &Error{Op: taskOp(id), Msg: "following " + file, Err: err})
					return
				}
			}
		}
	}
}

// FollowLogs returns what tasks and all that they start write to their logs,
// until the watched tasks are finished. Files whose name does not end in .log
// are left out. It calls getTaskInfo, getTaskDescendents, listTaskOutput and
// downloadTaskOutput, in two or three requests a round.
func (c *Client) FollowLogs(ctx context.Context, w Watch) iter.Seq2[LogChunk, error] {
	return func(yield func(LogChunk, error) bool) {
		f := logFollower{c: c, read: map[logFile]int64{}, states: map[int]TaskState{}, drained: map[int]bool{}}
		open := slices.Clone(w.Tasks)
		p := newPoll(w.Interval, w.MaxInterval)
		for len(open) > 0 {
			_, still, err := c.watchRound(ctx, open, f.states)
			if err == nil {
				err = f.round(ctx, func(ch LogChunk) bool { return yield(ch, nil) })
			}
			if err == errStopped {
				return
			}
			if err != nil {
				yield(LogChunk{}, err)
				return
			}
			open = still
			if len(open) == 0 {
				return
			}
			if err := p.wait(ctx, f.news); err != nil {
				yield(LogChunk{}, &Error{Op: "follow logs", Err: err})
				return
			}
		}
	}
}

type logFile struct {
	task int
	name string
}

type logFollower struct {
	c       *Client
	states  map[int]TaskState
	read    map[logFile]int64
	drained map[int]bool // finished, and read to the end
	news    bool
}

// round reads what is new of all tasks that run or have just ended.
func (f *logFollower) round(ctx context.Context, yield func(LogChunk) bool) error {
	f.news = false
	var tasks []int
	for id, s := range f.states {
		if !f.drained[id] && s != TaskFree && s != TaskAssigned {
			tasks = append(tasks, id)
		}
	}
	slices.Sort(tasks)
	if len(tasks) == 0 {
		return nil
	}
	b := f.c.NewBatch()
	listings := make([]*Future[[]string], len(tasks))
	for i, id := range tasks {
		listings[i] = Add[[]string](b, "listTaskOutput", id)
	}
	if err := b.Do(ctx); err != nil {
		return err
	}
	for i, id := range tasks {
		names, err := listings[i].Get()
		if err != nil {
			return err
		}
		slices.Sort(names)
		for _, name := range names {
			if !strings.HasSuffix(name, ".log") {
				continue
			}
			if err := f.file(ctx, logFile{id, name}, yield); err != nil {
				return err
			}
		}
		if f.states[id].Terminal() {
			f.drained[id] = true
		}
	}
	return nil
}

func (f *logFollower) file(ctx context.Context, l logFile, yield func(LogChunk) bool) error {
	for {
		at := f.read[l]
		data, err := f.c.TaskOutputPart(ctx, l.task, l.name, at, logPart)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil || len(data) == 0 {
			return err
		}
		f.news = true
		f.read[l] = at + int64(len(data))
		if !yield(LogChunk{TaskID: l.task, File: l.name, Offset: at, Data: data}) {
			return errStopped
		}
		if len(data) < logPart {
			return nil
		}
	}
}

// A TaskFailure says why a task failed: which of the tasks below it failed
// first, in what words, and how its log ends.
type TaskFailure struct {
	Task Task   // the failed task furthest down
	Msg  string // the failure's words
	Log  string // name of the log that Tail is of, "" if there is none
	Tail string // its last lines
}

// TaskFailure finds out why a task failed; lines is how many of its log's last
// lines are wanted. A task that did not fail is [ErrInvalid]. It calls
// getTaskInfo, getTaskDescendents, getTaskResult, listTaskOutput and
// downloadTaskOutput.
func (c *Client) TaskFailure(ctx context.Context, id, lines int) (TaskFailure, error) {
	tree, err := c.TaskTree(ctx, id)
	if err != nil {
		return TaskFailure{}, err
	}
	if tree.State != TaskFailed {
		return TaskFailure{}, invalid(taskOp(id), "it is %s, not failed", tree.State)
	}
	leaf := tree
	for {
		next := slices.IndexFunc(leaf.Children, func(t Task) bool { return t.State == TaskFailed })
		if next < 0 {
			break
		}
		for i, t := range leaf.Children {
			if t.State == TaskFailed && t.Completed.Before(leaf.Children[next].Completed) {
				next = i
			}
		}
		leaf = leaf.Children[next]
	}
	f := TaskFailure{Task: leaf}
	var e *Error
	if err := c.outcome(ctx, leaf); errors.As(err, &e) {
		f.Msg = e.Msg
	}
	files, err := c.TaskFiles(ctx, leaf.ID)
	if err != nil {
		return f, err
	}
	sizes := map[string]int64{}
	for _, file := range files {
		sizes[file.Name] = file.Size
	}
	f.Log = telling(sortedKeys(sizes), f.Msg)
	if f.Log == "" || lines <= 0 {
		return f, nil
	}
	const perLine = 200
	data, err := c.TaskOutputPart(ctx, leaf.ID, f.Log, max(0, sizes[f.Log]-int64(perLine*lines)), -1)
	if errors.Is(err, ErrNotFound) {
		return f, nil
	}
	f.Tail = lastLines(data, lines)
	return f, err
}

// telling picks the log that says most: the one that the failure's words name,
// else the build's own, else the buildroot's.
func telling(names []string, msg string) string {
	for _, n := range names {
		if strings.HasSuffix(n, ".log") && strings.Contains(msg, n) {
			return n
		}
	}
	for _, n := range []string{"build.log", "root.log", "mock_output.log"} {
		if slices.Contains(names, n) {
			return n
		}
	}
	for _, n := range names {
		if strings.HasSuffix(n, ".log") {
			return n
		}
	}
	return ""
}

func lastLines(data []byte, n int) string {
	data = bytes.TrimRight(bytes.ToValidUTF8(data, []byte("\uFFFD")), "\n")
	for i := len(data); i > 0; {
		if i = bytes.LastIndexByte(data[:i], '\n'); i < 0 {
			break
		}
		if n--; n == 0 {
			data = data[i+1:]
			break
		}
	}
	return string(data)
}

// DownloadTaskFile fetches an output file of a task through the hub, which
// needs no top URL, to dest, by way of dest with ".part" added; an earlier
// attempt is gone on with. It calls downloadTaskOutput.
func (c *Client) DownloadTaskFile(ctx context.Context, id int, name, dest string) error {
	const op = "downloadTaskOutput"
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return &Error{Op: op, Err: err}
	}
	part := dest + ".part"
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return &Error{Op: op, Err: err}
	}
	defer file.Close()
	offset, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return &Error{Op: op, Err: err}
	}
	for {
		data, err := c.TaskOutputPart(ctx, id, name, offset, 1<<20)
		if err != nil {
			if offset == 0 {
				os.Remove(part)
			}
			return err
		}
		if len(data) == 0 {
			break
		}
		if _, err := file.Write(data); err != nil {
			return &Error{Op: op, Err: err}
		}
		offset += int64(len(data))
	}
	if err := file.Close(); err != nil {
		return &Error{Op: op, Err: err}
	}
	if err := os.Rename(part, dest); err != nil {
		return &Error{Op: op, Err: err}
	}
	return nil
}

// Duration returns how long a finished task ran, 0 for others.
func (t Task) Duration() time.Duration {
	if t.Started.IsZero() || t.Completed.IsZero() {
		return 0
	}
	return t.Completed.Sub(t.Started)
}
