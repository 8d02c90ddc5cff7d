// SPDX-License-Identifier: MIT

package compose

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// TreeInfo is a .treeinfo file: what an installer needs to know of a tree.
// Sections, options and comments are kept as they are, in their order, so
// that files from before productmd and unknown parts survive; the methods
// read the parts that are known.
type TreeInfo struct {
	Sections []TreeSection
}

// TreeSection is one [section] of a .treeinfo file.
type TreeSection struct {
	Name    string
	Options []TreeOption
}

// TreeOption is a line "key = value", or a comment, which has an empty Key
// and its text, with ; or #, as Value.
type TreeOption struct{ Key, Value string }

// ParseTreeInfo reads a .treeinfo file. Checksums and images of paths that
// lead out of the tree are refused with ErrPath (repositories may point to
// other trees, and do). Text before the first section, lines that are neither
// option nor comment, and anything that is there twice is ErrInvalid; the
// error names the line.
func ParseTreeInfo(data []byte) (*TreeInfo, error) {
	t := &TreeInfo{}
	var s *TreeSection
	for i, line := range strings.Split(string(bytes.TrimPrefix(data, []byte("\uFEFF"))), "\n") {
		bad := func(format string, args ...any) error {
			return invalid("treeinfo", fmt.Sprintf("line %d", i+1), format, args...)
		}
		if strings.ContainsRune(line, 0) {
			return nil, bad("zero byte")
		}
		indented := line != "" && (line[0] == ' ' || line[0] == '\t')
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case s == nil && line[0] != '[':
			return nil, bad("text before the first section")
		case line[0] == '[' && !indented:
			name := strings.TrimSuffix(line[1:], "]")
			if !strings.HasSuffix(line, "]") || name == "" || strings.ContainsAny(name, "[]") {
				return nil, bad("%q is not a section", line)
			}
			if t.section(name) != nil {
				return nil, bad("section %s is there twice", name)
			}
			t.Sections = append(t.Sections, TreeSection{Name: name})
			s = &t.Sections[len(t.Sections)-1]
		case line[0] == ';' || line[0] == '#':
			s.Options = append(s.Options, TreeOption{Value: line})
		case indented && len(s.Options) > 0 && s.Options[len(s.Options)-1].Key != "":
			s.Options[len(s.Options)-1].Value += "\n" + line
		default:
			cut := strings.IndexAny(line, "=:")
			if cut <= 0 {
				return nil, bad("%q is not key = value", line)
			}
			key := strings.TrimSpace(line[:cut])
			if _, ok := t.Get(s.Name, key); ok {
				return nil, bad("%s is there twice", key)
			}
			s.Options = append(s.Options, TreeOption{key, strings.TrimSpace(line[cut+1:])})
		}
	}
	return t, t.checkPaths()
}

func (t *TreeInfo) checkPaths() error {
	for _, s := range t.Sections {
		for _, o := range s.Options {
			p := ""
			switch {
			case s.Name == "checksums":
				p = o.Key
			case o.Key != "" && (s.Name == "stage2" || strings.HasPrefix(s.Name, "images-")):
				p = o.Value
			}
			if err := checkPath("treeinfo", s.Name, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bytes writes the file: "[section]", "key = value" lines, comments as they
// were, and an empty line after each section.
func (t *TreeInfo) Bytes() []byte {
	var b bytes.Buffer
	for _, s := range t.Sections {
		fmt.Fprintf(&b, "[%s]\n", s.Name)
		for _, o := range s.Options {
			if o.Key == "" {
				fmt.Fprintln(&b, o.Value)
				continue
			}
			fmt.Fprintf(&b, "%s = %s\n", o.Key, strings.ReplaceAll(o.Value, "\n", "\n\t"))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// Normalize brings the file into the order that productmd writes: sections
// by name, and in them comments first, then options by key.
func (t *TreeInfo) Normalize() {
	slices.SortStableFunc(t.Sections, func(a, b TreeSection) int { return cmp.Compare(a.Name, b.Name) })
	for _, s := range t.Sections {
		slices.SortStableFunc(s.Options, func(a, b TreeOption) int { return cmp.Compare(a.Key, b.Key) })
	}
}

func (t *TreeInfo) section(name string) *TreeSection {
	for i := range t.Sections {
		if t.Sections[i].Name == name {
			return &t.Sections[i]
		}
	}
	return nil
}

// Get returns an option's value, and whether it is there.
func (t *TreeInfo) Get(section, key string) (string, bool) {
	if s := t.section(section); s != nil && key != "" {
		for _, o := range s.Options {
			if o.Key == key {
				return o.Value, true
			}
		}
	}
	return "", false
}

// Set sets an option, adding it and its section as needed.
func (t *TreeInfo) Set(section, key, value string) {
	s := t.section(section)
	if s == nil {
		t.Sections = append(t.Sections, TreeSection{Name: section})
		s = &t.Sections[len(t.Sections)-1]
	}
	for i := range s.Options {
		if s.Options[i].Key == key {
			s.Options[i].Value = value
			return
		}
	}
	s.Options = append(s.Options, TreeOption{key, value})
}

// first returns the first of the options that is there; they are section and
// key in turn.
func (t *TreeInfo) first(where ...string) string {
	for i := 0; i+1 < len(where); i += 2 {
		if v, ok := t.Get(where[i], where[i+1]); ok {
			return v
		}
	}
	return ""
}

// Header returns the [header], the zero value for files from before productmd.
func (t *TreeInfo) Header() Header {
	return Header{Version: t.first("header", "version"), Type: t.first("header", "type")}
}

// Release returns the release; of old files, from [general] or [product].
func (t *TreeInfo) Release() Release {
	return Release{Name: t.first("release", "name", "product", "name", "general", "family"),
		Short:   t.first("release", "short", "product", "short"),
		Version: t.first("release", "version", "product", "version", "general", "version"),
		Type:    t.first("release", "type"), Layered: strings.EqualFold(t.first("release", "is_layered"), "true")}
}

// Arch returns the tree's architecture.
func (t *TreeInfo) Arch() string { return t.first("tree", "arch", "general", "arch") }

// Timestamp returns when the tree was made, in seconds since 1970, 0 if that
// is not said.
func (t *TreeInfo) Timestamp() float64 {
	f, _ := strconv.ParseFloat(t.first("tree", "build_timestamp", "general", "timestamp"), 64)
	return f
}

// Platforms returns what the tree boots on, such as x86_64 and xen.
func (t *TreeInfo) Platforms() []string {
	return words(t.first("tree", "platforms", "general", "platforms", t.Arch(), "platforms"))
}

// Variants returns the UIDs of the variants in the tree.
func (t *TreeInfo) Variants() []string {
	return words(t.first("tree", "variants", "general", "variants", "general", "variant"))
}

// Images returns the boot images of a platform, path by role (kernel, initrd,
// boot.iso), nil if there are none.
func (t *TreeInfo) Images(platform string) map[string]string { return t.options("images-" + platform) }

// Checksums returns "algorithm:hex" by path, nil if there are none.
func (t *TreeInfo) Checksums() map[string]string { return t.options("checksums") }

func (t *TreeInfo) options(section string) map[string]string {
	var m map[string]string
	if s := t.section(section); s != nil {
		m = map[string]string{}
		for _, o := range s.Options {
			if o.Key != "" {
				m[o.Key] = o.Value
			}
		}
	}
	return m
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// Validate checks what an installer needs: release, version, architecture,
// time, the form of checksums, and a section for each variant in files that
// have a header. Errors are ErrInvalid or ErrVersion.
func (t *TreeInfo) Validate() error {
	var errs []error
	add := func(path, format string, args ...any) {
		errs = append(errs, invalid("treeinfo", path, format, args...))
	}
	h := t.Header()
	if h.Version != "" {
		errs = append(errs, h.validate("treeinfo")...)
		for _, v := range t.Variants() {
			if t.section("variant-"+v) == nil && t.section("addon-"+v) == nil {
				add("tree.variants", "no section for %s", v)
			}
		}
	}
	if r := t.Release(); r.Name == "" || r.Version == "" {
		add("release", "name or version is missing")
	}
	if t.Arch() == "" {
		add("tree.arch", "missing")
	}
	if ts := t.first("tree", "build_timestamp", "general", "timestamp"); t.Timestamp() <= 0 {
		add("tree.build_timestamp", "%q is not a time", ts)
	}
	for p, sum := range t.Checksums() {
		if a, hex, ok := strings.Cut(sum, ":"); !ok || a == "" || hex == "" || strings.Trim(hex, "0123456789abcdef") != "" {
			add("checksums."+p, "%q is not algorithm:hex", sum)
		}
	}
	return errors.Join(append(errs, t.checkPaths())...)
}
