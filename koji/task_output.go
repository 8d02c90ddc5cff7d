// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"encoding/base64"
	"strings"
	"time"
)

// A TaskFile is one file of a task's output.
type TaskFile struct {
	Name     string
	Volumes  []string // where it is kept: "DEFAULT"
	Size     int64
	Modified time.Time
}

// TaskOutput lists the names of a task's output files; none is no error. Old
// tasks' files are purged. It calls listTaskOutput.
func (c *Client) TaskOutput(ctx context.Context, id int) ([]string, error) {
	return list[string](ctx, c, "listTaskOutput", id)
}

// TaskFiles lists a task's output files with sizes and volumes, by name. It
// calls listTaskOutput.
func (c *Client) TaskFiles(ctx context.Context, id int) ([]TaskFile, error) {
	type stat struct {
		Size     int64     `xmlrpc:"st_size"`
		Modified time.Time `xmlrpc:"st_mtime"`
	}
	m, err := value[map[string]map[string]stat](ctx, c, "listTaskOutput", id, Named{"stat": true, "all_volumes": true})
	if err != nil {
		return nil, err
	}
	out := []TaskFile{}
	for _, name := range sortedKeys(m) {
		f := TaskFile{Name: name, Volumes: sortedKeys(m[name])}
		for _, s := range m[name] {
			f.Size, f.Modified = s.Size, s.Modified
		}
		out = append(out, f)
	}
	return out, nil
}

// TaskOutputVolumes lists a task's output files with the volumes that hold
// them. It calls listTaskOutput.
func (c *Client) TaskOutputVolumes(ctx context.Context, id int) (map[string][]string, error) {
	return value[map[string][]string](ctx, c, "listTaskOutput", id, Named{"all_volumes": true})
}

// TaskOutputPart reads size bytes of an output file from offset on; a negative
// size reads to the end, a negative offset counts from it. Past the end it
// returns nothing and no error, so that growing logs can be polled. It calls
// downloadTaskOutput.
func (c *Client) TaskOutputPart(ctx context.Context, id int, name string, offset int64, size int) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	n := Named{}
	if offset != 0 {
		n["offset"] = offset
	}
	if size > 0 {
		n["size"] = size
	}
	text, err := value[string](ctx, c, "downloadTaskOutput", arguments([]any{id, name}, n)...)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == ' ' {
			return -1
		}
		return r
	}, text))
	if err != nil {
		return nil, &Error{Op: "downloadTaskOutput", Msg: "the hub's answer is not base64", Err: ErrUnavailable}
	}
	return data, nil
}
