// SPDX-License-Identifier: MIT

package compose

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
)

// Status is the word in a compose's STATUS file. Unknown ones are kept.
type Status string

// The states of a compose. A finished one never changes again.
const (
	Started            Status = "STARTED"
	Finished           Status = "FINISHED"
	FinishedIncomplete Status = "FINISHED_INCOMPLETE" // some deliverables failed
	Doomed             Status = "DOOMED"              // failed
	Terminated         Status = "TERMINATED"          // killed
)

// Good reports whether the compose can be used: FINISHED or FINISHED_INCOMPLETE.
func (s Status) Good() bool { return s == Finished || s == FinishedIncomplete }

// Terminal reports whether the status is a final one.
func (s Status) Terminal() bool { return s.Good() || s == Doomed || s == Terminated }

// maxFile bounds the metadata files that are read whole, in bytes.
const maxFile = 512 << 20

// Status reads a compose's STATUS.
func (c *Client) Status(ctx context.Context, id string) (Status, error) {
	if err := checkID(id); err != nil {
		return "", err
	}
	b, err := readAll(ctx, c.files, id+"/STATUS", 4096)
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(b))
	if s == "" || strings.ContainsAny(s, " \n<") {
		return "", invalid("STATUS", id, "%.40q is not a status", s)
	}
	return Status(s), nil
}

func checkID(id string) error {
	if id == "" || id == "." || strings.Contains(id, "/") || !fs.ValidPath(id) {
		return invalid("compose", "", "%q is not the name of a compose", id)
	}
	return nil
}

// legacyNames are the files' names in folders from before compose/metadata.
var legacyNames = map[string]string{"images.json": "image-manifest.json", "rpms.json": "rpm-manifest.json"}

// metadata opens a metadata file, in compose/metadata or in the older layout
// <version>/metadata.
func (c *Client) metadata(ctx context.Context, id, name string, fn func(io.Reader) error) error {
	if err := checkID(id); err != nil {
		return err
	}
	first := c.files.open(ctx, id+"/compose/metadata/"+name, fn)
	if !errors.Is(first, ErrNotFound) {
		return first
	}
	dirs, err := c.files.list(ctx, id)
	if err != nil {
		return first
	}
	for _, d := range dirs {
		for _, n := range []string{name, legacyNames[name]} {
			if n == "" || d == "compose" || d == "logs" || d == "work" || strings.ToUpper(d) == d && !strings.ContainsAny(d, "0123456789") {
				continue
			}
			if err := c.files.open(ctx, id+"/"+d+"/metadata/"+n, fn); !errors.Is(err, ErrNotFound) {
				return err
			}
		}
	}
	return first
}

func (c *Client) read(ctx context.Context, id, name string, into Document) error {
	return c.metadata(ctx, id, name, func(r io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
		if err != nil {
			return err
		}
		if len(data) > maxFile {
			return invalid(name, "", "over %d bytes", maxFile)
		}
		return into.UnmarshalJSON(data)
	})
}

// Info reads composeinfo.json of a compose.
func (c *Client) Info(ctx context.Context, id string) (*Info, error) {
	return readInto(ctx, c, id, "composeinfo.json", new(Info))
}

// Images reads images.json of a compose.
func (c *Client) Images(ctx context.Context, id string) (*Images, error) {
	return readInto(ctx, c, id, "images.json", new(Images))
}

// Modules reads modules.json of a compose; composes without modules have none.
func (c *Client) Modules(ctx context.Context, id string) (*Modules, error) {
	return readInto(ctx, c, id, "modules.json", new(Modules))
}

func readInto[D Document](ctx context.Context, c *Client, id, name string, d D) (D, error) {
	if err := c.read(ctx, id, name, d); err != nil {
		var none D
		return none, err
	}
	return d, nil
}

// RPMs returns the entries of a compose's rpms.json while reading it, as
// [RPMReader.All] does. It can be ranged over again, which reads again.
func (c *Client) RPMs(ctx context.Context, id string) iter.Seq2[RPM, error] {
	return func(yield func(RPM, error) bool) {
		err := c.metadata(ctx, id, "rpms.json", func(r io.Reader) error {
			return NewRPMReader(r).each(func(p *RPM) error {
				if !yield(*p, nil) {
					return errStop
				}
				return nil
			})
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(RPM{}, err)
		}
	}
}

// Packages summarises a compose's rpms.json, reading it as a stream.
func (c *Client) Packages(ctx context.Context, id string) (*Packages, error) {
	var p *Packages
	err := c.metadata(ctx, id, "rpms.json", func(r io.Reader) (err error) {
		p, err = ReadPackages(r)
		return err
	})
	return p, err
}

// Query chooses composes. The zero value means all.
type Query struct {
	Prefix string // see [Prefix]; Fedora-40-updates does not choose Fedora-40-updates-testing
	Type   Type   // "" means any; nightly and test composes of a day interleave
	// Status is what is acceptable; nil means any to List, and the good ones,
	// FINISHED and FINISHED_INCOMPLETE, to LastGood.
	Status []Status
}

// Found is a compose in a folder.
type Found struct {
	Name   string
	ID     ID
	Status Status // "" if there is no STATUS file
}

// List returns the composes in the folder that the query chooses, oldest
// first. Names that are not compose ids, such as latest links, are skipped.
func (c *Client) List(ctx context.Context, q Query) ([]Found, error) {
	found, err := c.names(ctx, q)
	if err != nil {
		return nil, err
	}
	out := found[:0]
	for _, f := range found {
		if f.Status, err = c.Status(ctx, f.Name); err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if q.Status == nil || slices.Contains(q.Status, f.Status) {
			out = append(out, f)
		}
	}
	return out, nil
}

func (c *Client) names(ctx context.Context, q Query) ([]Found, error) {
	names, err := c.files.list(ctx, ".")
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, n := range names {
		id, err := ParseID(n)
		if err != nil || strings.HasPrefix(n, "latest") || q.Prefix != "" && id.Prefix != q.Prefix || q.Type != "" && id.Type != q.Type {
			continue
		}
		found = append(found, Found{Name: n, ID: id})
	}
	slices.SortFunc(found, func(a, b Found) int {
		if c := a.ID.Compare(b.ID); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return found, nil
}

// LastGood returns the newest compose that the query chooses, that has an
// acceptable status and whose composeinfo can be read. It is ErrNotFound if
// there is none. Symbolic links named latest are not believed: they may point
// to composes that are incomplete.
func (c *Client) LastGood(ctx context.Context, q Query) (Found, error) {
	found, err := c.names(ctx, q)
	if err != nil {
		return Found{}, err
	}
	for _, f := range slices.Backward(found) {
		f.Status, err = c.Status(ctx, f.Name)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return Found{}, err
		case q.Status == nil && !f.Status.Good(), q.Status != nil && !slices.Contains(q.Status, f.Status):
			continue
		}
		switch _, err := c.Info(ctx, f.Name); {
		case err == nil:
			return f, nil
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrInvalid):
			return Found{}, err
		}
	}
	return Found{}, &Error{Op: "last good compose", Path: q.Prefix, Msg: "there is none", Err: ErrNotFound}
}
