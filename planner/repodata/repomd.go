// SPDX-License-Identifier: MIT

package repodata

import (
	"io"
	"strconv"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/decompress"
)

// Checksum is a digest as repomd.xml gives it. The zero value is none.
type Checksum struct {
	Type  string // "sha256", "sha512", "sha", ...
	Value string // hexadecimal
}

// Data is one file of a repository.
type Data struct {
	Type     string // "primary", "filelists", "group", "modules", ...
	Location string // relative to the repository, "repodata/...-primary.xml.gz"
	Base     string // URL that Location is relative to instead, mostly empty
	// Checksum and Size are those of the file, OpenChecksum and OpenSize
	// those of what it unpacks to; a zero checksum or a negative size was not
	// given.
	Checksum     Checksum
	OpenChecksum Checksum
	Size         int64
	OpenSize     int64
	Timestamp    time.Time // zero when not given
}

// Repomd is a repository's table of contents.
type Repomd struct {
	Revision string
	Data     []Data // in the order of the file
}

// Find returns the file of the first type that the repository has, or an
// [*Error] wrapping [ErrNotFound].
func (m *Repomd) Find(types ...string) (Data, error) {
	for _, t := range types {
		for _, d := range m.Data {
			if d.Type == t {
				return d, nil
			}
		}
	}
	name := ""
	if len(types) > 0 {
		name = types[0]
	}
	return Data{}, &Error{File: "repodata/repomd.xml", Msg: "no data of type " + name, Err: ErrNotFound}
}

// maxRepomd is the most that repomd.xml may take.
const maxRepomd = 16 << 20

// ReadRepomd reads repomd.xml; name is for errors, which are of type
// [*Error]. A file without any data, or with data that has no location, is
// [ErrInvalid].
func ReadRepomd(r io.Reader, name string) (*Repomd, error) {
	d, err := decompress.NewReader(r, decompress.Options{Name: name, MaxSize: maxRepomd})
	if err != nil {
		return nil, &Error{File: name, Err: readError(err)}
	}
	defer d.Close()
	s := newXML(d, name)
	m := &Repomd{}
	root := true
	for {
		start, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if !start {
			continue
		}
		if root && string(s.name) != "repomd" {
			return nil, s.fail(ErrInvalid, "the document is <"+cutText(s.name)+">, not <repomd>")
		}
		root = false
		switch s.level {
		case 2:
			err = m.child(s)
		case 3:
			if len(m.Data) > 0 && string(s.top2()) == "data" {
				err = m.Data[len(m.Data)-1].child(s)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if len(m.Data) == 0 {
		return nil, s.fail(ErrInvalid, "no data section")
	}
	for _, d := range m.Data {
		if d.Location == "" || d.Type == "" {
			return nil, s.fail(ErrInvalid, "data "+strconv.Quote(d.Type)+" without a type or a location")
		}
	}
	return m, nil
}

// top2 is the name of the element at level 2.
func (s *xmlScanner) top2() []byte {
	if len(s.marks) < 2 {
		return nil
	}
	end := len(s.stack)
	if len(s.marks) > 2 {
		end = s.marks[2]
	}
	return s.stack[s.marks[1]:end]
}

func (m *Repomd) child(s *xmlScanner) (err error) {
	switch string(s.name) {
	case "revision":
		m.Revision, err = s.textString()
	case "data":
		d := Data{Size: -1, OpenSize: -1}
		if d.Type, err = s.find("type"); err == nil {
			m.Data = append(m.Data, d)
		}
	}
	return err
}

// find returns the value of an attribute, empty when it is not there.
func (s *xmlScanner) find(key string) (string, error) {
	for {
		more, err := s.attr()
		if err != nil || !more {
			return "", err
		}
		if string(s.key) == key {
			return s.value()
		}
	}
}

func (d *Data) child(s *xmlScanner) (err error) {
	switch string(s.name) {
	case "checksum":
		err = d.Checksum.read(s)
	case "open-checksum":
		err = d.OpenChecksum.read(s)
	case "size":
		d.Size, err = s.number()
	case "open-size":
		d.OpenSize, err = s.number()
	case "timestamp":
		var text string
		if text, err = s.textString(); err == nil {
			// Some tools write a fraction; others leave nonsense, which
			// matters to nobody.
			if sec, perr := strconv.ParseFloat(text, 64); perr == nil && sec > 0 && sec < 1e12 {
				d.Timestamp = time.Unix(int64(sec), 0).UTC()
			}
		}
	case "location":
		for {
			more, err := s.attr()
			if err != nil || !more {
				return err
			}
			switch string(s.key) {
			case "href":
				d.Location, err = s.value()
			case "xml:base":
				d.Base, err = s.value()
			}
			if err != nil {
				return err
			}
		}
	}
	return err
}

func (c *Checksum) read(s *xmlScanner) (err error) {
	if c.Type, err = s.find("type"); err == nil {
		c.Value, err = s.textString()
	}
	return err
}

func (s *xmlScanner) number() (int64, error) {
	text, err := s.textString()
	if err != nil {
		return 0, err
	}
	n, perr := strconv.ParseInt(text, 10, 64)
	if perr != nil || n < 0 {
		return 0, s.fail(ErrInvalid, "not a size: "+strconv.Quote(text))
	}
	return n, nil
}
