// SPDX-License-Identifier: MIT

package repodata

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// Repo is a repository's metadata in a file system, in which "repodata" lies
// at the top. It holds no open files and is safe for concurrent use.
type Repo struct {
	// Repomd is the table of contents.
	Repomd *Repomd

	fsys fs.FS
	opts Options
}

// Open reads repodata/repomd.xml. Options.Name is ignored: errors name the
// files. Errors are of type [*Error]; without the file they wrap
// [fs.ErrNotExist].
func Open(fsys fs.FS, opts Options) (*Repo, error) {
	const name = "repodata/repomd.xml"
	f, err := fsys.Open(name)
	if err != nil {
		return nil, &Error{File: name, Err: err}
	}
	defer f.Close()
	m, err := ReadRepomd(f, name)
	if err != nil {
		return nil, err
	}
	return &Repo{Repomd: m, fsys: fsys, opts: opts}, nil
}

type file struct {
	io.ReadCloser
	f fs.File
}

func (f file) Close() error { return errors.Join(f.ReadCloser.Close(), f.f.Close()) }

// OpenData returns a reader of the unpacked bytes of the first of the types
// that the repository has, verified as by [Data.Open]: "modules" for
// modules.yaml, "group" or "group_gz" for comps, and so on. Without any of the
// types the error wraps [ErrNotFound]. The caller closes the reader.
func (r *Repo) OpenData(types ...string) (io.ReadCloser, error) {
	rc, _, err := r.open(types...)
	return rc, err
}

func (r *Repo) open(types ...string) (io.ReadCloser, Data, error) {
	d, err := r.Repomd.Find(types...)
	if err != nil {
		return nil, d, err
	}
	name := path.Clean(d.Location)
	if d.Base != "" || !fs.ValidPath(name) {
		return nil, d, &Error{File: d.Location, Msg: "it lies outside of the repository", Err: ErrUnsupported}
	}
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, d, &Error{File: name, Err: err}
	}
	opts := r.opts
	opts.Name = name
	rc, err := d.Open(f, opts)
	if err != nil {
		f.Close()
		return nil, d, err
	}
	return file{rc, f}, d, nil
}

// Packages yields the packages of primary.xml, as the function [Packages]
// does; a checksum that differs is told behind the last package. It can be
// ranged over again.
func (r *Repo) Packages() iter.Seq2[rpm.Package, error] {
	return func(yield func(rpm.Package, error) bool) {
		rc, d, err := r.open("primary")
		if err != nil {
			yield(rpm.Package{}, err)
			return
		}
		defer rc.Close()
		opts := r.opts
		opts.Name = d.Location
		Packages(plain{rc}, opts)(yield)
	}
}

// FileLists yields the files of all packages, as the function [FileLists]
// does; a checksum that differs is told behind the last package.
func (r *Repo) FileLists() iter.Seq2[FileList, error] {
	return r.fileLists(nil)
}

func (r *Repo) fileLists(want func([]byte) bool) iter.Seq2[FileList, error] {
	return func(yield func(FileList, error) bool) {
		rc, d, err := r.open("filelists")
		if err != nil {
			yield(FileList{}, err)
			return
		}
		defer rc.Close()
		opts := r.opts
		opts.Name = d.Location
		fileLists(plain{rc}, opts, want)(yield)
	}
}

// plain hides everything but Read.
type plain struct{ io.Reader }

// Load reads all packages. Where one depends on a file that primary.xml does
// not list, filelists.xml is read too, and the files that packages ask for,
// nothing else, are added to Files. Nothing is returned beside an error.
func (r *Repo) Load() ([]rpm.Package, error) {
	var pkgs []rpm.Package
	for p, err := range r.Packages() {
		if err != nil {
			return nil, err
		}
		pkgs = append(pkgs, p)
	}
	if err := r.AddFiles(pkgs, MissingFiles(pkgs)); err != nil {
		return nil, err
	}
	return pkgs, nil
}

// MissingFiles returns the paths that packages depend on and none of them is
// known to hold, sorted. Give it the packages of all repositories that serve
// one buildroot.
func MissingFiles(pkgs []rpm.Package) []string {
	wanted := map[string]bool{}
	want := func(name string) {
		if name[0] == '/' {
			wanted[name] = true
		}
	}
	for i := range pkgs {
		for _, list := range [][]rpm.Relation{pkgs[i].Requires, pkgs[i].Recommends, pkgs[i].Supplements} {
			for _, r := range list {
				if r.Name == "" || r.Name[0] != '/' && (r.Name[0] != '(' || !strings.Contains(r.Name, "/")) {
					continue
				}
				if r.Name[0] == '/' {
					want(r.Name)
				} else if d, err := rpm.Parse(r.Name); err == nil {
					d.Relations(func(r rpm.Relation) bool {
						if r.Name != "" {
							want(r.Name)
						}
						return true
					})
				}
			}
		}
	}
	for i := range pkgs {
		for _, f := range pkgs[i].Files {
			delete(wanted, f)
		}
		for _, r := range pkgs[i].Provides {
			delete(wanted, r.Name)
		}
	}
	out := make([]string, 0, len(wanted))
	for f := range wanted {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

// AddFiles looks the paths up in filelists.xml and adds them to the Files of
// this repository's packages among pkgs, which are told by their ID. Without
// paths nothing is read; a repository without file lists is [ErrNotFound].
func (r *Repo) AddFiles(pkgs []rpm.Package, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	wanted := make(map[string]bool, len(paths))
	for _, p := range paths {
		wanted[p] = true
	}
	byID := make(map[string][]int32, len(pkgs))
	for i := range pkgs {
		if pkgs[i].ID != "" && pkgs[i].Repo == r.opts.Repo {
			byID[pkgs[i].ID] = append(byID[pkgs[i].ID], int32(i))
		}
	}
	for l, err := range r.fileLists(func(b []byte) bool { return wanted[string(b)] }) {
		if err != nil {
			return err
		}
		for _, i := range byID[l.ID] {
			if p := &pkgs[i]; p.Name == l.Name && p.Arch == l.Arch {
				for _, f := range l.Files {
					if !slices.Contains(p.Files, f) {
						p.Files = append(p.Files, f)
					}
				}
			}
		}
	}
	return nil
}
