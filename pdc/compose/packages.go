// SPDX-License-Identifier: MIT

package compose

import (
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// Packages is what a comparison needs to know of rpms.json: much less than
// the file holds.
type Packages struct {
	Header  Header
	Compose Compose

	builds   map[string]*builds
	variants map[string]map[string]uint64 // variant, package name: sum over what is shipped
	arches   map[string]bool              // variant/arch
}

// builds is the source builds of one name.
type builds struct {
	best     NEVRA // the highest
	nevra    string
	binaries map[string]bool // names of the highest one's RPMs, without debug ones
}

// hashSeed makes sums comparable within the process.
var hashSeed = maphash.MakeSeed()

// ReadPackages reads rpms.json as a stream. Errors are those of [RPMReader.All].
func ReadPackages(r io.Reader) (*Packages, error) {
	p := &Packages{builds: map[string]*builds{}, variants: map[string]map[string]uint64{}, arches: map[string]bool{}}
	rr := NewRPMReader(r)
	rr.lean = true
	var (
		b     *builds
		name  string
		ships bool // whether b is the build being read
		sums  map[string]uint64
		bad   error
	)
	rr.open = func(v, a, srpm string) {
		switch {
		case a == "":
			if sums = p.variants[v]; sums == nil {
				sums = map[string]uint64{}
				p.variants[v] = sums
			}
			return
		case srpm == "":
			if a != "src" {
				p.arches[v+"/"+a] = true
			}
			return
		}
		n, ok := splitNEVRA(srpm)
		if !ok {
			bad = invalid("rpms", v+"."+a, "%q is not a NEVRA", srpm)
			return
		}
		name = n.Name
		if b = p.builds[name]; b == nil || n.Compare(b.best) > 0 {
			b = &builds{best: n, nevra: n.String(), binaries: map[string]bool{}}
			p.builds[name] = b
		}
		ships = b.nevra == srpm || b.best == n
	}
	err := rr.each(func(e *RPM) error {
		if bad != nil {
			return bad
		}
		sums[name] += maphash.String(hashSeed, e.NEVRA)
		if ships && (e.Category == "binary" || e.Category == "package") {
			if n, ok := binaryName(e.NEVRA); ok && !b.binaries[n] {
				b.binaries[n] = true
			}
		}
		return nil
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return nil, err
	}
	p.Header, p.Compose = rr.header, rr.compose
	return p, nil
}

// binaryName cuts the name out of a NEVRA.
func binaryName(s string) (string, bool) {
	i := strings.LastIndexByte(s, '-')
	if i <= 0 {
		return "", false
	}
	i = strings.LastIndexByte(s[:i], '-')
	if i <= 0 {
		return "", false
	}
	return s[:i], true
}

// Names returns the names of the source packages in a variant, sorted; of
// all variants if it is "".
func (p *Packages) Names(variant string) []string {
	if variant == "" {
		return sorted(p.builds)
	}
	return sorted(p.variants[variant])
}

// Highest returns the highest build of a source package, and whether there is
// one.
func (p *Packages) Highest(name string) (NEVRA, bool) {
	b, ok := p.builds[name]
	if !ok {
		return NEVRA{}, false
	}
	return b.best, true
}

// Untouched returns the images that need not be made again when the source
// packages change: those of variants that ship none of them. Images of
// variants that p does not know are not among them, since nobody can tell.
// The order is by variant, architecture and that of the file.
func (p *Packages) Untouched(images *Images, changed ...string) []ImageRef {
	return untouched(images, func(v string) bool {
		sums, ok := p.variants[v]
		return ok && !slices.ContainsFunc(changed, func(n string) bool { _, in := sums[n]; return in })
	})
}

func untouched(images *Images, same func(variant string) bool) []ImageRef {
	var refs []ImageRef
	for ref, m := range images.all() {
		if same(ref.Variant) && !slices.ContainsFunc(m.AdditionalVariants, func(v string) bool { return !same(v) }) {
			refs = append(refs, ref)
		}
	}
	return refs
}
