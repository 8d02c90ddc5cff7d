// SPDX-License-Identifier: MIT

package kojitest

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// PutFile puts a file below the top URL, "packages/bash/5.2/1.fc42/x86_64/
// bash-5.2-1.fc42.x86_64.rpm" for example, in place of what the hub would make
// up. Files put by hand are not kept in a state folder.
func (h *Hub) PutFile(name string, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[path.Clean(name)] = &file{data: bytes.Clone(data), at: h.now}
}

// File is a file below the top URL: an upload, a task's output, a build's log
// or package, a repo's metadata; ok is false when there is none.
func (h *Hub) File(name string) (data []byte, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.lookFile(path.Clean(name))
	if f == nil {
		return nil, false
	}
	return bytes.Clone(f.data), true
}

// serveFile answers GET below the top URL, with ranges, and lists folders.
func (h *Hub) serveFile(w http.ResponseWriter, r *http.Request, rel string) {
	rel = path.Clean("/" + rel)[1:]
	h.mu.Lock()
	f := h.lookFile(rel)
	var names []string
	if f == nil {
		names = h.folder(rel)
	}
	h.mu.Unlock()
	switch {
	case f != nil:
		if strings.HasSuffix(rel, ".log") || strings.HasSuffix(rel, ".json") {
			w.Header().Set("Content-Type", "text/plain")
		} else {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		http.ServeContent(w, r, "", f.at, bytes.NewReader(f.data))
	case len(names) > 0:
		var b strings.Builder
		b.WriteString("<html><body>")
		for _, name := range names {
			name = html.EscapeString(name)
			fmt.Fprintf(&b, `<a href="%s">%s</a><br>`, name, name)
		}
		b.WriteString("</body></html>")
		refuse(w, &refusal{http.StatusOK, b.String()})
	default:
		refuse(w, &refusal{http.StatusNotFound, "not found\n"})
	}
}

// lookFile finds a file that was put or uploaded, or one that follows from the
// hub's state.
func (h *Hub) lookFile(rel string) *file {
	if f := h.files[rel]; f != nil {
		return f
	}
	parts := strings.Split(rel, "/")
	switch {
	case len(parts) == 5 && parts[0] == "work" && parts[1] == "tasks":
		id, _ := atoi(parts[3])
		if t := h.tasks.get(id); t != nil && parts[2] == pyText(id%10000) && t.output[parts[4]] != nil {
			return &file{t.output[parts[4]], t.outputTime(h)}
		}
	case len(parts) > 4 && parts[0] == "packages":
		b := h.buildByNVR[strings.Join(parts[1:4], "-")]
		if b == nil || b.state == buildDeleted {
			return nil
		}
		return h.buildFile(b, parts[4:])
	case len(parts) > 3 && parts[0] == "repos":
		if r := h.repoAt(parts[1], parts[2]); r != nil {
			return h.repoFile(r, parts[3:])
		}
	}
	return nil
}

func (h *Hub) buildFile(b *buildRow, parts []string) *file {
	switch {
	case len(parts) == 2:
		for _, r := range b.rpms {
			if !r.bare && r.arch == parts[0] && r.nvra()+".rpm" == parts[1] {
				return &file{r.content(), b.completed}
			}
		}
	case len(parts) == 5 && parts[0] == "data" && parts[1] == "signed":
		for _, r := range b.rpms {
			if s := r.sig(parts[2]); r.arch == parts[3] && r.nvra()+".rpm" == parts[4] && s != nil && s.written {
				return &file{r.signedContent(s), b.completed}
			}
		}
	case len(parts) == 4 && parts[0] == "data" && parts[1] == "logs":
		for _, l := range h.buildLogs(b) {
			if l.dir == parts[2] && l.name == parts[3] {
				return &file{l.data, b.completed}
			}
		}
	}
	return nil
}

// folder lists what lies in a folder, sorted.
func (h *Hub) folder(rel string) []string {
	seen := map[string]bool{}
	add := func(name string) {
		if rest, ok := strings.CutPrefix(name, strings.TrimSuffix(rel+"/", "//")); ok && rest != "" {
			first, _, _ := strings.Cut(rest, "/")
			seen[first] = true
		}
	}
	for name := range h.files {
		add(name)
	}
	parts := strings.Split(rel, "/")
	if len(parts) >= 4 && parts[0] == "packages" {
		if b := h.buildByNVR[strings.Join(parts[1:4], "-")]; b != nil && b.state != buildDeleted {
			dir := strings.Join(parts[:4], "/") + "/"
			for _, r := range b.rpms {
				add(dir + r.arch + "/" + r.nvra() + ".rpm")
			}
			for _, l := range h.buildLogs(b) {
				add(dir + "data/logs/" + l.dir + "/" + l.name)
			}
		}
	}
	return slices.Clip(sortedKeys(seen))
}

// A buildLog is a log that a build keeps.
type buildLog struct {
	dir, name string
	data      []byte
	at        time.Time
}

// buildLogs are the logs of the tasks that made a build, and those that a
// content generator imported.
func (h *Hub) buildLogs(b *buildRow) []buildLog {
	logs := slices.Clone(b.logs)
	if b.state != buildComplete {
		return logs
	}
	for _, t := range h.children[b.task] {
		if t.method != "buildArch" || t.state != taskClosed {
			continue
		}
		for _, name := range t.names {
			if strings.HasSuffix(name, ".log") {
				logs = append(logs, buildLog{dir: t.arch, name: name, data: t.output[name]})
			}
		}
	}
	return logs
}

func fileMethods(m map[string]handler) {
	m["getBuildLogs"] = (*call).getBuildLogs
}

func (c *call) getBuildLogs() (any, *fault) {
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, l := range c.h.buildLogs(b) {
		rows = append(rows, record{
			"name": l.name, "dir": l.dir,
			"path": fmt.Sprintf("packages/%s/%s/%s/data/logs/%s/%s", b.pkg.name, b.version, b.release, l.dir, l.name),
		})
	}
	return rows, nil
}
