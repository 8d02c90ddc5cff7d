// SPDX-License-Identifier: MIT

package koji

import (
	"encoding/json"
	"time"
)

// CGMetadata describes a build for [Client.ImportCG], in version 0 of the
// format unless Version says another. Extra maps are left out when nil and
// written when empty.
type CGMetadata struct {
	Version    int
	Build      CGMetaBuild
	Buildroots []CGBuildroot
	Output     []CGOutput
	Extra      map[string]any // further members of the document
}

// CGMetaBuild is the build that is imported. Extra must hold "typeinfo", a map
// from build types to what each wants to know: {"module": {...}}.
type CGMetaBuild struct {
	NVR     NVR
	ID      int // of a reservation; 0: none
	TaskID  int // 0: none
	Source  string
	Started time.Time
	Ended   time.Time
	Owner   string // "" for the session's user
	Draft   bool
	Extra   map[string]any
	More    map[string]any // further members
}

// CGBuildroot is an environment that output was made in. Each must be used.
type CGBuildroot struct {
	ID            int // any number; outputs refer to it
	HostOS        string
	HostArch      string
	Generator     string // the content generator; one for all buildroots
	GenVersion    string
	ContainerType string // none, directory, chroot, mock-chroot, kvm, docker
	ContainerArch string
	Tools         []CGTool
	Components    []CGComponent
	Extra         map[string]any
	More          map[string]any // further members
}

// CGTool is a program that took part.
type CGTool struct{ Name, Version string }

// CGOutput is one file that is imported.
type CGOutput struct {
	BuildrootID  int
	Filename     string
	RelPath      string // its folder below the upload's; "" for none
	Subdir       string // its folder below the build's, for logs and typed files
	Size         int64
	Arch         string
	ChecksumType string // "md5", "sha256"
	Checksum     string
	Type         string        // "log", "rpm", or the kind of file
	Components   []CGComponent // what is inside; nil: not told
	Extra        map[string]any
	More         map[string]any // further members
}

// CGComponent is something that went into a buildroot or an output: an rpm, a
// file, or a file of another build.
type CGComponent struct {
	Type string // "rpm", "file", "kojifile"

	// Of rpms.
	NVR       NVR    // with Arch
	SigMD5    string // hex
	Signature string // "" unsigned

	// Of files.
	Filename     string
	Size         int64
	Checksum     string
	ChecksumType string
	BuildNVR     string // of a kojifile
	ArchiveID    int    // of a kojifile

	More map[string]any // further members
}

// MarshalJSON writes the document as it is uploaded, as metadata.json.
func (m CGMetadata) MarshalJSON() ([]byte, error) { return json.Marshal(m.document()) }

func with(m map[string]any, more map[string]any) map[string]any {
	for k, v := range more {
		m[k] = v
	}
	return m
}

// text is a text that is nil when empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (m CGMetadata) document() map[string]any {
	roots, output := make([]any, len(m.Buildroots)), make([]any, len(m.Output))
	for i, r := range m.Buildroots {
		roots[i] = r.document()
	}
	for i, o := range m.Output {
		output[i] = o.document()
	}
	return with(map[string]any{
		"metadata_version": m.Version, "build": m.Build.document(), "buildroots": roots, "output": output,
	}, m.Extra)
}

func (b CGMetaBuild) document() map[string]any {
	m := map[string]any{
		"name": b.NVR.Name, "version": b.NVR.Version, "release": b.NVR.Release, "source": text(b.Source),
		"start_time": moment(b.Started), "end_time": moment(b.Ended),
	}
	set := func(name string, on bool, v any) {
		if on {
			m[name] = v
		}
	}
	if b.NVR.Epoch != nil {
		m["epoch"] = *b.NVR.Epoch
	}
	set("build_id", b.ID != 0, b.ID)
	set("task_id", b.TaskID != 0, b.TaskID)
	set("owner", b.Owner != "", b.Owner)
	set("draft", b.Draft, true)
	set("extra", b.Extra != nil, b.Extra)
	return with(m, b.More)
}

func (r CGBuildroot) document() map[string]any {
	tools := make([]any, len(r.Tools))
	for i, t := range r.Tools {
		tools[i] = map[string]any{"name": t.Name, "version": t.Version}
	}
	m := map[string]any{
		"id": r.ID, "host": map[string]any{"os": r.HostOS, "arch": r.HostArch},
		"content_generator": map[string]any{"name": r.Generator, "version": r.GenVersion},
		"container":         map[string]any{"type": r.ContainerType, "arch": r.ContainerArch},
		"tools":             tools, "components": components(r.Components),
	}
	if r.Extra != nil {
		m["extra"] = r.Extra
	}
	return with(m, r.More)
}

func (o CGOutput) document() map[string]any {
	m := map[string]any{
		"buildroot_id": o.BuildrootID, "filename": o.Filename, "filesize": o.Size, "arch": o.Arch,
		"checksum_type": o.ChecksumType, "checksum": o.Checksum, "type": o.Type,
	}
	set := func(name string, on bool, v any) {
		if on {
			m[name] = v
		}
	}
	set("relpath", o.RelPath != "", o.RelPath)
	set("subdir", o.Subdir != "", o.Subdir)
	set("components", o.Components != nil, components(o.Components))
	set("extra", o.Extra != nil, o.Extra)
	return with(m, o.More)
}

func components(cs []CGComponent) []any {
	out := make([]any, len(cs))
	for i, c := range cs {
		m := map[string]any{"type": c.Type}
		if c.Type == "rpm" {
			m["name"], m["version"], m["release"], m["epoch"] = c.NVR.Name, c.NVR.Version, c.NVR.Release, c.NVR.Epoch
			m["arch"], m["sigmd5"], m["signature"] = c.NVR.Arch, c.SigMD5, text(c.Signature)
		} else {
			m["filename"], m["filesize"], m["checksum"], m["checksum_type"] = c.Filename, c.Size, c.Checksum, c.ChecksumType
			if c.Type == "kojifile" {
				m["nvr"], m["archive_id"] = c.BuildNVR, c.ArchiveID
			}
		}
		out[i] = with(m, c.More)
	}
	return out
}
