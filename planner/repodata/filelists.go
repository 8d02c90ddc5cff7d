// SPDX-License-Identifier: MIT

package repodata

import (
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// FileList is all files of one package.
type FileList struct {
	ID string // as [rpm.Package.ID]
	rpm.NEVRA
	Files []string // paths, directories and ghosts included
}

// FileLists reads filelists.xml, plain or packed, and yields the packages'
// files in the order of the file. Errors are as for [Packages].
func FileLists(r io.Reader, opts Options) iter.Seq2[FileList, error] {
	return fileLists(r, opts, nil)
}

// fileLists keeps the paths that want wants; nil wants all.
func fileLists(r io.Reader, opts Options, want func([]byte) bool) iter.Seq2[FileList, error] {
	return func(yield func(FileList, error) bool) {
		d, err := opts.unpack(r)
		if err != nil {
			yield(FileList{}, err)
			return
		}
		defer d.Close()
		p := primary{xmlScanner: newXML(d, opts.Name), opts: opts}
		err = p.elements("filelists", "package", func() error {
			l, err := p.fileList(want)
			if err != nil {
				return err
			}
			if !yield(l, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(FileList{}, err)
		}
	}
}

func (p *primary) fileList(want func([]byte) bool) (l FileList, err error) {
	begin, alone := p.offset(), p.empty
	for {
		more, err := p.attr()
		if err != nil {
			return l, err
		}
		if !more {
			break
		}
		switch string(p.key) {
		case "pkgid":
			l.ID = string(p.val)
		case "name":
			l.Name, err = p.value()
			p.what = l.Name
		case "arch":
			l.Arch, err = p.value()
		}
		if err != nil {
			return l, err
		}
	}
	if l.Name == "" {
		return l, p.fail(ErrInvalid, "a package without a name")
	}
	p.files = p.files[:0]
	for !alone {
		start, err := p.next()
		if err != nil {
			return l, err
		}
		if p.offset()-begin > p.opts.maxPackage() {
			return l, p.fail(ErrTooLarge, "a package takes more than "+strconv.FormatInt(p.opts.maxPackage(), 10)+" bytes")
		}
		if !start {
			if p.level == 2 {
				break
			}
			continue
		}
		if p.level != 3 {
			continue
		}
		switch string(p.name) {
		case "version":
			if l.EVR, err = p.evr(); err != nil {
				return l, err
			}
		case "file":
			b, err := p.text()
			if err != nil {
				return l, err
			}
			if want == nil || want(b) {
				p.files = append(p.files, string(b))
			}
		}
	}
	l.Files = slices.Clone(p.files)
	return l, nil
}
