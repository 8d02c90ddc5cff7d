// SPDX-License-Identifier: MIT

package compose

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
)

// Diff is what changed between two composes. All lists are sorted and never
// nil, so that its JSON form always has all members.
type Diff struct {
	Old      string                    `json:"old"` // compose ids
	New      string                    `json:"new"`
	Packages PackageDiff               `json:"packages"`
	Variants map[string]VariantChanges `json:"variants"`
	Images   ImageDiff                 `json:"images"`
	Modules  ModuleDiff                `json:"modules"`
	Arches   ArchDiff                  `json:"arches"`
}

// PackageDiff compares source packages by name. Of several builds of one name
// the highest counts.
type PackageDiff struct {
	Added      []string        `json:"added"`   // NEVRAs
	Dropped    []string        `json:"dropped"` // NEVRAs
	Upgraded   []PackageChange `json:"upgraded"`
	Downgraded []PackageChange `json:"downgraded"`
	Unchanged  int             `json:"unchanged"`
}

// PackageChange is another build of a package. The lists hold names of binary
// packages; in JSON those of a downgrade are left out when nothing changed.
type PackageChange struct {
	Name        string   `json:"name"`
	Old         string   `json:"old"` // NEVRA
	New         string   `json:"new"`
	AddedRPMs   []string `json:"added_rpms,omitzero"`
	DroppedRPMs []string `json:"dropped_rpms,omitzero"`
}

// VariantChanges names the source packages of which a variant ships other
// RPMs than before.
type VariantChanges struct {
	Changed []string `json:"changed"`
}

// ImageDiff compares images by identity.
type ImageDiff struct {
	Added    []ImageRef   `json:"added"`
	Dropped  []ImageRef   `json:"dropped"`
	Resized  []ImageDelta `json:"size_changed"`
	SameSize []ImageRef   `json:"same_size"`
}

// ImageRef names an image: its place in images.json and its identity.
type ImageRef struct {
	Variant, Arch string
	ID            ImageID
}

// String returns "variant/arch subvariant type", and the disc's number if it
// is not the first.
func (r ImageRef) String() string {
	var s strings.Builder
	s.WriteString(r.Variant + "/" + r.Arch)
	for _, part := range []string{r.ID.Subvariant, r.ID.Type} {
		if part != "" {
			s.WriteString(" " + part)
		}
	}
	if r.ID.Arch != r.Arch {
		s.WriteString(" " + r.ID.Arch)
	}
	if r.ID.DiscNumber > 1 {
		s.WriteString(" disc " + itoa(int64(r.ID.DiscNumber)))
	}
	return s.String()
}

// MarshalText returns String.
func (r ImageRef) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// ImageDelta is an image of another size, in bytes.
type ImageDelta struct {
	Image ImageRef `json:"image"`
	Old   int64    `json:"old"`
	New   int64    `json:"new"`
	Delta int64    `json:"delta"`
}

// ModuleDiff compares modules by name and stream.
type ModuleDiff struct {
	Added     []string       `json:"added"`   // name:stream:version:context
	Dropped   []string       `json:"dropped"` // likewise
	Updated   []ModuleChange `json:"updated"`
	Unchanged []string       `json:"unchanged"`
}

// ModuleChange is another version or context of a stream. Where a stream has
// several contexts they are joined by commas.
type ModuleChange struct {
	Stream string `json:"stream"` // name:stream
	Old    string `json:"old"`
	New    string `json:"new"`
}

// ArchDiff names the trees, as variant/arch, that one compose has and the
// other has not.
type ArchDiff struct {
	Added   []string `json:"added"`
	Dropped []string `json:"dropped"`
}

// Contents is what a comparison looks at of one compose. Nil parts are empty.
type Contents struct {
	Name     string // the compose id
	Packages *Packages
	Images   *Images
	Modules  *Modules
}

// Contents reads what a comparison needs. A compose without rpms.json,
// images.json or modules.json has nil there, one without any is ErrNotFound.
func (c *Client) Contents(ctx context.Context, id string) (Contents, error) {
	out := Contents{Name: id}
	var err, last error
	note := func(e error) {
		if last = e; e != nil && !errors.Is(e, ErrNotFound) {
			err = cmp.Or(err, e)
		}
	}
	out.Packages, last = c.Packages(ctx, id)
	note(last)
	out.Images, last = c.Images(ctx, id)
	note(last)
	out.Modules, last = c.Modules(ctx, id)
	note(last)
	if err != nil {
		return Contents{}, err
	}
	if out.Packages == nil && out.Images == nil && out.Modules == nil {
		return Contents{}, &Error{Op: "compose " + id, Msg: "no metadata found", Err: ErrNotFound}
	}
	return out, nil
}

// Diff reads two composes and compares them.
func (c *Client) Diff(ctx context.Context, old, new string) (*Diff, error) {
	a, err := c.Contents(ctx, old)
	if err != nil {
		return nil, err
	}
	b, err := c.Contents(ctx, new)
	if err != nil {
		return nil, err
	}
	return Compare(a, b), nil
}

// Compare compares two composes.
func Compare(old, new Contents) *Diff {
	if old.Packages == nil {
		old.Packages = &Packages{}
	}
	if new.Packages == nil {
		new.Packages = &Packages{}
	}
	d := &Diff{Old: old.Name, New: new.Name, Variants: map[string]VariantChanges{}}
	d.Packages = comparePackages(old.Packages, new.Packages)
	for _, v := range union(old.Packages.variants, new.Packages.variants) {
		a, b := old.Packages.variants[v], new.Packages.variants[v]
		changed := []string{}
		for _, n := range union(a, b) {
			if x, ok := a[n]; !ok || x != b[n] {
				changed = append(changed, n)
			}
		}
		d.Variants[v] = VariantChanges{changed}
	}
	d.Arches.Added, d.Arches.Dropped = addedDropped(old.Packages.arches, new.Packages.arches)
	d.Images = compareImages(old.Images, new.Images)
	d.Modules = compareModules(old.Modules, new.Modules)
	return d
}

func comparePackages(old, new *Packages) PackageDiff {
	d := PackageDiff{Added: []string{}, Dropped: []string{}, Upgraded: []PackageChange{}, Downgraded: []PackageChange{}}
	for _, name := range union(old.builds, new.builds) {
		a, b := old.builds[name], new.builds[name]
		switch {
		case a == nil:
			d.Added = append(d.Added, b.nevra)
			continue
		case b == nil:
			d.Dropped = append(d.Dropped, a.nevra)
			continue
		}
		c := PackageChange{Name: name, Old: a.nevra, New: b.nevra}
		order := b.best.Compare(a.best)
		if order == 0 {
			d.Unchanged++
			continue
		}
		c.AddedRPMs, c.DroppedRPMs = addedDropped(a.binaries, b.binaries)
		if order > 0 {
			d.Upgraded = append(d.Upgraded, c)
			continue
		}
		if len(c.AddedRPMs)+len(c.DroppedRPMs) == 0 {
			c.AddedRPMs, c.DroppedRPMs = nil, nil
		}
		d.Downgraded = append(d.Downgraded, c)
	}
	return d
}

func compareImages(old, new *Images) ImageDiff {
	d := ImageDiff{Added: []ImageRef{}, Dropped: []ImageRef{}, Resized: []ImageDelta{}, SameSize: []ImageRef{}}
	a, b := byKey(old), byKey(new)
	for key, m := range b {
		o, ok := a[key]
		switch {
		case !ok:
			d.Added = append(d.Added, m.ref)
		case o.size == m.size:
			d.SameSize = append(d.SameSize, m.ref)
		default:
			d.Resized = append(d.Resized, ImageDelta{m.ref, o.size, m.size, m.size - o.size})
		}
	}
	for key, o := range a {
		if _, ok := b[key]; !ok {
			d.Dropped = append(d.Dropped, o.ref)
		}
	}
	for _, l := range [][]ImageRef{d.Added, d.Dropped, d.SameSize} {
		slices.SortFunc(l, compareRefs)
	}
	slices.SortFunc(d.Resized, func(a, b ImageDelta) int { return compareRefs(a.Image, b.Image) })
	return d
}

type sized struct {
	ref  ImageRef
	size int64
}

// byKey returns the images by identity; of repeated ones the first.
func byKey(x *Images) map[any]sized {
	m := map[any]sized{}
	if x == nil {
		return m
	}
	for ref, im := range x.all() {
		key := imageKey(ref.Variant, im)
		if _, ok := m[key]; !ok {
			m[key] = sized{ref, im.Bytes()}
		}
	}
	return m
}

func compareRefs(a, b ImageRef) int {
	return cmp.Or(strings.Compare(a.String(), b.String()), strings.Compare(a.ID.Format, b.ID.Format),
		strings.Compare(a.ID.AdditionalVariants, b.ID.AdditionalVariants))
}

func compareModules(old, new *Modules) ModuleDiff {
	d := ModuleDiff{Added: []string{}, Dropped: []string{}, Updated: []ModuleChange{}, Unchanged: []string{}}
	a, b := streams(old), streams(new)
	for _, s := range union(a, b) {
		switch {
		case a[s] == nil:
			d.Added = append(d.Added, sorted(b[s])...)
		case b[s] == nil:
			d.Dropped = append(d.Dropped, sorted(a[s])...)
		default:
			x, y := strings.Join(sorted(a[s]), ","), strings.Join(sorted(b[s]), ",")
			if x == y {
				d.Unchanged = append(d.Unchanged, sorted(a[s])...)
				continue
			}
			d.Updated = append(d.Updated, ModuleChange{s, x, y})
		}
	}
	return d
}

// streams returns the modules of each name:stream.
func streams(x *Modules) map[string]map[string]bool {
	m := map[string]map[string]bool{}
	if x == nil {
		return m
	}
	for _, mod := range x.all() {
		if mod == nil {
			continue
		}
		n, s, v, c := mod.NSVC()
		if m[n+":"+s] == nil {
			m[n+":"+s] = map[string]bool{}
		}
		m[n+":"+s][strings.TrimRight(strings.Join([]string{n, s, v, c}, ":"), ":")] = true
	}
	return m
}

// Untouched returns the images of x whose variants ship the same RPMs in both
// composes; they need not be made again.
func (d *Diff) Untouched(x *Images) []ImageRef {
	return untouched(x, func(v string) bool {
		c, ok := d.Variants[v]
		return ok && len(c.Changed) == 0
	})
}

func union[V, W any](a map[string]V, b map[string]W) []string {
	keys := sorted(a)
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func addedDropped(a, b map[string]bool) (added, dropped []string) {
	added, dropped = []string{}, []string{}
	for _, k := range union(a, b) {
		switch {
		case !a[k]:
			added = append(added, k)
		case !b[k]:
			dropped = append(dropped, k)
		}
	}
	return added, dropped
}
