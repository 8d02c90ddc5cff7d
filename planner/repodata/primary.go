// SPDX-License-Identifier: MIT

package repodata

import (
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/seed-f134cc8e/relkit/internal/decompress"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// Options limit what reading may cost and say where packages come from. The
// zero value is right for files of unknown origin.
type Options struct {
	// Name is the file's name or URL, for errors. [Repo] puts its own there.
	Name string
	// MaxSize is how many bytes a file may unpack to; 0 means 4 GiB, negative
	// no limit. Where repomd.xml tells a smaller size, that one holds.
	MaxSize int64
	// MaxPackage is how many bytes of XML one package may take; 0 means
	// 64 MiB.
	MaxPackage int64
	// Repo and Priority are put into every package.
	Repo     string
	Priority int
}

const (
	defaultMaxSize    = 4 << 30
	defaultMaxPackage = 64 << 20
)

func (o Options) maxSize() int64 {
	if o.MaxSize == 0 {
		return defaultMaxSize
	}
	return o.MaxSize
}

func (o Options) maxPackage() int64 {
	if o.MaxPackage <= 0 {
		return defaultMaxPackage
	}
	return o.MaxPackage
}

// unpack returns a reader of the unpacked bytes of r.
func (o Options) unpack(r io.Reader) (io.ReadCloser, error) {
	d, err := decompress.NewReader(r, decompress.Options{Name: o.Name, MaxSize: o.maxSize()})
	if err != nil {
		var own *Error
		if errors.As(err, &own) {
			return nil, own
		}
		return nil, &Error{File: o.Name, Err: readError(err)}
	}
	return d, nil
}

// Packages reads primary.xml, plain or packed (gz, bz2, xz, zst), and yields
// its packages in the order of the file, one at a time. Source packages are
// yielded too: their Requires are their BuildRequires. An error, always an
// [*Error], is yielded at most once and ends the sequence; the packages before
// it are good but not all. A file that holds another number of packages than
// it says gives [ErrCount] behind the last. r is read once, so the sequence
// can be ranged over once.
func Packages(r io.Reader, opts Options) iter.Seq2[rpm.Package, error] {
	return func(yield func(rpm.Package, error) bool) {
		d, err := opts.unpack(r)
		if err != nil {
			yield(rpm.Package{}, err)
			return
		}
		defer d.Close()
		p := primary{xmlScanner: newXML(d, opts.Name), opts: opts}
		if err := p.read(yield); err != nil {
			yield(rpm.Package{}, err)
		}
	}
}

// errStop ends a reader whose consumer has seen enough.
var errStop = errors.New("stop")

// elements goes through the document: a root with the given name, and each
// below a child, for which one is called behind its start tag. It checks the
// number of children against the root's count.
func (s *xmlScanner) elements(root, child string, one func() error) error {
	start, err := s.next()
	if err != nil {
		return err
	}
	if !start || string(s.name) != root {
		return s.fail(ErrInvalid, "the document is <"+cutText(s.name)+">, not <"+root+">")
	}
	declared, n := -1, 0
	for {
		more, err := s.attr()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if string(s.key) == "packages" {
			if declared, err = strconv.Atoi(string(s.val)); err != nil || declared < 0 {
				return s.fail(ErrInvalid, "packages is not a number: "+cutText(s.val))
			}
		}
	}
	for {
		start, err := s.next()
		if err == io.EOF {
			if declared >= 0 && n != declared {
				return s.fail(ErrCount, "it says "+strconv.Itoa(declared)+" and holds "+strconv.Itoa(n))
			}
			return nil
		}
		if err != nil {
			return err
		}
		if !start || s.level != 2 {
			continue
		}
		if string(s.name) != child {
			if string(s.name) == "package" {
				return s.fail(ErrInvalid, "an unexpected <package>")
			}
			continue
		}
		n++
		if err := one(); err != nil {
			return err
		}
		s.what = ""
	}
}

// primary reads packages out of primary.xml.
type primary struct {
	*xmlScanner
	opts    Options
	scratch []rpm.Relation
	files   []string
}

func (p *primary) read(yield func(rpm.Package, error) bool) error {
	err := p.elements("metadata", "package", func() error {
		var pkg rpm.Package
		if err := p.pkg(&pkg); err != nil {
			return err
		}
		if !yield(pkg, nil) {
			return errStop
		}
		return nil
	})
	if err == errStop {
		return nil
	}
	return err
}

func (p *primary) pkg(pkg *rpm.Package) error {
	begin := p.offset()
	pkg.Repo, pkg.Priority = p.opts.Repo, p.opts.Priority
	for {
		more, err := p.attr()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if string(p.key) == "type" && string(p.val) != "rpm" {
			return p.fail(ErrUnsupported, "a package of type "+cutText(p.val))
		}
	}
	var list *[]rpm.Relation // of the section that entries belong to
	p.scratch, p.files = p.scratch[:0], p.files[:0]
	format := false
	for alone := p.empty; !alone; {
		start, err := p.next()
		if err != nil {
			return err
		}
		if p.offset()-begin > p.opts.maxPackage() {
			return p.fail(ErrTooLarge, "a package takes more than "+strconv.FormatInt(p.opts.maxPackage(), 10)+" bytes")
		}
		if !start {
			if p.level == 2 {
				break
			}
			if p.level == 4 && list != nil {
				*list = append(*list, p.scratch...)
				list, p.scratch = nil, p.scratch[:0]
			}
			continue
		}
		switch p.level {
		case 3:
			format = string(p.name) == "format"
			err = p.identity(pkg)
		case 4:
			if !format {
				break
			}
			if list = section(pkg, p.name); list != nil {
				if p.empty {
					list = nil
				}
				break
			}
			switch string(p.name) {
			case "sourcerpm":
				pkg.Source, err = p.textString()
			case "file":
				var b []byte
				if b, err = p.text(); err == nil {
					p.files = append(p.files, string(b))
				}
			}
		case 5:
			if list != nil && string(p.name) == "entry" {
				err = p.entry()
			}
		}
		if err != nil {
			return err
		}
	}
	switch {
	case pkg.Name == "":
		return p.fail(ErrInvalid, "a package without a name")
	case pkg.Arch == "":
		return p.fail(ErrInvalid, "no architecture")
	case pkg.Version == "":
		return p.fail(ErrInvalid, "no version")
	}
	pkg.Files = slices.Clone(p.files)
	return nil
}

// identity reads the children of <package>.
func (p *primary) identity(pkg *rpm.Package) (err error) {
	switch string(p.name) {
	case "name":
		pkg.Name, err = p.textString()
		p.what = pkg.Name
	case "arch":
		pkg.Arch, err = p.textString()
	case "version":
		if pkg.EVR, err = p.evr(); err == nil {
			p.what = pkg.NEVRA.String()
		}
	case "checksum":
		for {
			more, err := p.attr()
			if err != nil {
				return err
			}
			if !more {
				return nil
			}
			if string(p.key) == "pkgid" {
				var b []byte
				if b, err = p.text(); err != nil {
					return err
				}
				pkg.ID = string(b)
				return nil
			}
		}
	case "location":
		for {
			more, err := p.attr()
			if err != nil || !more {
				return err
			}
			if string(p.key) == "href" {
				b, err := p.unescape(p.val)
				if err != nil {
					return err
				}
				pkg.Location = string(b)
			}
		}
	}
	return err
}

// section returns the list that the entries of an element belong to.
func section(pkg *rpm.Package, name []byte) *[]rpm.Relation {
	switch string(name) {
	case "provides":
		return &pkg.Provides
	case "requires":
		return &pkg.Requires
	case "recommends":
		return &pkg.Recommends
	case "suggests":
		return &pkg.Suggests
	case "supplements":
		return &pkg.Supplements
	case "enhances":
		return &pkg.Enhances
	}
	return nil
}

// evr reads the version attributes of the current tag.
func (p *primary) evr() (rpm.EVR, error) {
	var r rpm.Relation
	err := p.relation(&r)
	return r.EVR, err
}

func (p *primary) entry() error {
	p.scratch = append(p.scratch, rpm.Relation{})
	r := &p.scratch[len(p.scratch)-1]
	if err := p.relation(r); err != nil {
		return err
	}
	if r.Name == "" {
		return p.fail(ErrInvalid, "an entry without a name")
	}
	if r.Sense == 0 {
		r.EVR = rpm.EVR{}
	}
	return nil
}

func (p *primary) relation(r *rpm.Relation) error {
	for {
		more, err := p.attr()
		if err != nil || !more {
			return err
		}
		switch string(p.key) {
		case "name":
			r.Name, err = p.value()
		case "flags":
			if r.Sense, err = rpm.ParseSense(string(p.val)); err != nil {
				err = p.fail(ErrInvalid, "flags "+cutText(p.val))
			}
		case "epoch":
			if len(p.val) == 1 && p.val[0] == '0' || len(p.val) == 0 {
				break
			}
			n, perr := strconv.ParseUint(string(p.val), 10, 32)
			if perr != nil {
				err = p.fail(ErrInvalid, "epoch "+cutText(p.val))
			}
			r.EVR.Epoch = uint32(n)
		case "ver":
			r.EVR.Version, err = p.value()
		case "rel":
			r.EVR.Release, err = p.value()
		}
		if err != nil {
			return err
		}
	}
}
