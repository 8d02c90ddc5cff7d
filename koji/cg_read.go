// SPDX-License-Identifier: MIT

package koji

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strconv"
	"time"
)

// UnmarshalJSON reads a document as content generators write it and hubs keep
// it, such as metadata.json of an image or a container. Members that have no
// field stay in Extra and More, with numbers as int or float64. A member of
// the wrong type is an error that wraps [ErrInvalid] and names the place:
// "output[2].filesize".
func (m *CGMetadata) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return &Error{Op: "reading content generator metadata", Msg: err.Error(), Err: ErrInvalid}
	}
	r := cgReader{}
	top := r.object("", plainNumbers(doc))
	out := CGMetadata{Version: top.int("metadata_version")}
	build := top.object("build")
	out.Build = CGMetaBuild{
		NVR: NVR{Name: build.text("name"), Version: build.text("version"), Release: build.text("release"), Epoch: build.epoch()},
		ID:  build.int("build_id"), TaskID: build.int("task_id"), Source: build.text("source"), Owner: build.text("owner"),
		Started: build.moment("start_time"), Ended: build.moment("end_time"), Draft: build.bool("draft"), Extra: build.extra(), More: build.rest(),
	}
	for _, root := range top.list("buildroots") {
		host, generator, container := root.object("host"), root.object("content_generator"), root.object("container")
		x := CGBuildroot{ID: root.int("id"), HostOS: host.text("os"), HostArch: host.text("arch"),
			Generator: generator.text("name"), GenVersion: generator.text("version"),
			ContainerType: container.text("type"), ContainerArch: container.text("arch"), Extra: root.extra()}
		for _, t := range root.list("tools") {
			x.Tools = append(x.Tools, CGTool{Name: t.text("name"), Version: t.text("version")})
			t.done()
		}
		x.Components = root.components()
		for _, part := range []cgObject{host, generator, container} {
			part.done()
		}
		x.More = root.rest()
		out.Buildroots = append(out.Buildroots, x)
	}
	for _, o := range top.list("output") {
		x := CGOutput{BuildrootID: o.int("buildroot_id"), Filename: o.text("filename"), RelPath: o.text("relpath"), Subdir: o.text("subdir"),
			Size: int64(o.int("filesize")), Arch: o.text("arch"), ChecksumType: o.text("checksum_type"), Checksum: o.text("checksum"), Type: o.text("type"),
			Components: o.components(), Extra: o.extra()}
		x.More = o.rest()
		out.Output = append(out.Output, x)
	}
	out.Extra = top.rest()
	if r.err != nil {
		return r.err
	}
	*m = out
	return nil
}

// plainNumbers replaces numbers by ints, or floats where they are none.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = plainNumbers(x)
		}
	case []any:
		for i, x := range v {
			v[i] = plainNumbers(x)
		}
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

// cgReader keeps the first error.
type cgReader struct{ err error }

// cgObject is an object whose members are taken one by one; what is left then
// has no field.
type cgObject struct {
	r    *cgReader
	path string
	m    map[string]any
}

func (r *cgReader) object(path string, v any) cgObject {
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		r.wrong(path, "an object", v)
	}
	return cgObject{r, path, maps.Clone(m)}
}

func (r *cgReader) wrong(path, want string, v any) {
	if r.err == nil {
		r.err = &Error{Op: "reading content generator metadata", Msg: fmt.Sprintf("%s is %T, not %s", path, v, want), Err: ErrInvalid}
	}
}

func (o cgObject) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// take removes a member. Those that are absent or null have the zero value.
func take[T any](o cgObject, name, want string) T {
	v := o.m[name]
	delete(o.m, name)
	x, ok := v.(T)
	if !ok && v != nil {
		o.r.wrong(o.at(name), want, v)
	}
	return x
}

func (o cgObject) text(name string) string     { return take[string](o, name, "a text") }
func (o cgObject) int(name string) int         { return take[int](o, name, "a whole number") }
func (o cgObject) bool(name string) bool       { return take[bool](o, name, "true or false") }
func (o cgObject) extra() map[string]any       { return take[map[string]any](o, "extra", "an object") }
func (o cgObject) object(name string) cgObject { return o.r.object(o.at(name), take[any](o, name, "")) }

func (o cgObject) epoch() *int {
	v := o.m["epoch"]
	delete(o.m, "epoch")
	n, ok := v.(int)
	switch {
	case v == nil:
		return nil
	case !ok:
		o.r.wrong(o.at("epoch"), "a whole number", v)
	}
	return &n
}

// moment reads seconds, whole or not.
func (o cgObject) moment(name string) time.Time {
	v := o.m[name]
	delete(o.m, name)
	switch n := v.(type) {
	case nil:
	case int:
		if n != 0 {
			return time.Unix(int64(n), 0).UTC()
		}
	case float64:
		whole, part := math.Modf(n)
		if math.Abs(whole) < 1<<40 {
			return time.Unix(int64(whole), int64(math.Round(part*1e6))*1e3).UTC()
		}
		o.r.wrong(o.at(name), "a time in seconds", v)
	default:
		o.r.wrong(o.at(name), "a time in seconds", v)
	}
	return time.Time{}
}

func (o cgObject) list(name string) []cgObject {
	var out []cgObject
	for i, v := range take[[]any](o, name, "a list") {
		out = append(out, o.r.object(fmt.Sprintf("%s[%d]", o.at(name), i), v))
	}
	return out
}

// components are nil when there is no list of them.
func (o cgObject) components() []CGComponent {
	if o.m["components"] == nil {
		delete(o.m, "components")
		return nil
	}
	out := []CGComponent{}
	for _, c := range o.list("components") {
		x := CGComponent{Type: c.text("type")}
		if x.Type == "rpm" {
			x.NVR = NVR{Name: c.text("name"), Version: c.text("version"), Release: c.text("release"), Epoch: c.epoch(), Arch: c.text("arch")}
			x.SigMD5, x.Signature = c.text("sigmd5"), c.text("signature")
		} else {
			x.Filename, x.Size, x.Checksum, x.ChecksumType = c.text("filename"), int64(c.int("filesize")), c.text("checksum"), c.text("checksum_type")
			if x.Type == "kojifile" {
				x.BuildNVR, x.ArchiveID = c.text("nvr"), c.int("archive_id")
			}
		}
		x.More = c.rest()
		out = append(out, x)
	}
	return out
}

// rest is what no field took, nil if nothing.
func (o cgObject) rest() map[string]any {
	if len(o.m) == 0 {
		return nil
	}
	return o.m
}

// done refuses members that have no place to be kept.
func (o cgObject) done() {
	for name, v := range o.m {
		o.r.wrong(o.at(name), "known", v)
		return
	}
}
