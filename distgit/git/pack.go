// SPDX-License-Identifier: MIT

package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
)

// pack is a pack file held as it came, compressed; objects are inflated when
// asked for. go-git's memory storage keeps every object inflated, some fifty
// times the size of the pack.
type pack struct {
	data    []byte
	entries []packEntry
	index   map[plumbing.Hash]int32
	offsets map[int64]int32
	zr      io.ReadCloser // reused inflater
	src     bytes.Reader

	cache     map[int32][]byte // inflated bases of deltas
	cacheSize int64
}

type packEntry struct {
	typ    plumbing.ObjectType // of the object; of the delta until resolved
	base   int32               // index of the delta's base, noBase, or byName
	ref    plumbing.Hash       // of a base by name
	stream int64               // offset of the zlib stream
	size   int64               // inflated, of the delta itself for deltas
}

// Values of packEntry.base that are no index.
const (
	noBase = -1 // not a delta
	byName = -2 // a delta whose base is not found yet
)

const (
	maxDeltaDepth = 4095    // git's own
	packCacheSize = 8 << 20 // of inflated bases
)

var errPack = errors.New("malformed pack")

// packLimits bound what is accepted from a server.
type packLimits struct {
	bytes   int64 // of the pack
	object  int64 // one object, inflated
	objects int64 // all objects, inflated
}

// readPack reads a pack to its end and finds the objects in it.
func readPack(r io.Reader, lim packLimits) (*pack, error) {
	var buf bytes.Buffer
	n, err := buf.ReadFrom(io.LimitReader(r, lim.bytes+1))
	if err != nil {
		return nil, err
	}
	if n > lim.bytes {
		return nil, fmt.Errorf("%w: pack is over %d bytes", ErrTooLarge, lim.bytes)
	}
	p := &pack{data: buf.Bytes(), cache: map[int32][]byte{}}
	if len(p.data) < 12+sha1.Size || string(p.data[:4]) != "PACK" {
		return nil, fmt.Errorf("%w: no header", errPack)
	}
	if v := binary.BigEndian.Uint32(p.data[4:]); v != 2 {
		return nil, fmt.Errorf("%w: version %d", errPack, v)
	}
	end := len(p.data) - sha1.Size
	if sum := sha1.Sum(p.data[:end]); !bytes.Equal(sum[:], p.data[end:]) {
		return nil, fmt.Errorf("%w: checksum does not match", errPack)
	}
	count := int64(binary.BigEndian.Uint32(p.data[8:]))
	if count > int64(len(p.data)) { // each takes more than a byte
		return nil, fmt.Errorf("%w: %d objects in %d bytes", errPack, count, len(p.data))
	}
	p.index = make(map[plumbing.Hash]int32, count)
	p.offsets = make(map[int64]int32, count)
	p.entries = make([]packEntry, 0, count)
	if err := p.scan(count, int64(end), lim); err != nil {
		return nil, err
	}
	return p, p.resolve(lim)
}

// scan walks the entries and hashes those that are no deltas.
func (p *pack) scan(count, end int64, lim packLimits) error {
	pos, total := int64(12), int64(0)
	h := sha1.New()
	for i := range count {
		start := pos
		e, pos2, err := p.header(pos, end)
		if err != nil {
			return err
		}
		if total += e.size; e.size > lim.object || total > lim.objects {
			return fmt.Errorf("%w: an object of %d bytes", ErrTooLarge, e.size)
		}
		var sink io.Writer = io.Discard
		if e.base == noBase {
			startHash(h, e.typ, e.size)
			sink = h
		}
		e.stream = pos2
		if pos, err = p.skip(pos2, end, e.size, sink); err != nil {
			return fmt.Errorf("%w: object at %d: %w", errPack, start, err)
		}
		p.offsets[start] = int32(i)
		p.entries = append(p.entries, e)
		if sink == h {
			p.index[plumbing.Hash(h.Sum(nil))] = int32(i)
		}
	}
	if pos != end {
		return fmt.Errorf("%w: %d bytes after the last object", errPack, end-pos)
	}
	return nil
}

func startHash(h hash.Hash, t plumbing.ObjectType, size int64) {
	h.Reset()
	h.Write(append(strconv.AppendInt(append(t.Bytes(), ' '), size, 10), 0))
}

// header reads an entry's header at pos and returns where its stream begins.
func (p *pack) header(pos, end int64) (packEntry, int64, error) {
	e := packEntry{base: noBase}
	next := func() (byte, error) {
		if pos >= end {
			return 0, fmt.Errorf("%w: ends within a header", errPack)
		}
		pos++
		return p.data[pos-1], nil
	}
	start := pos
	b, err := next()
	if err != nil {
		return e, 0, err
	}
	e.typ, e.size = plumbing.ObjectType(b>>4&7), int64(b&15)
	for shift := 4; b&0x80 != 0; shift += 7 {
		if b, err = next(); err != nil {
			return e, 0, err
		}
		if shift > 48 {
			return e, 0, fmt.Errorf("%w: object size", errPack)
		}
		e.size |= int64(b&0x7f) << shift
	}
	switch e.typ {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
	case plumbing.OFSDeltaObject:
		if b, err = next(); err != nil {
			return e, 0, err
		}
		back := int64(b & 0x7f)
		for b&0x80 != 0 {
			if b, err = next(); err != nil {
				return e, 0, err
			}
			if back > 1<<48 {
				return e, 0, fmt.Errorf("%w: delta offset", errPack)
			}
			back = (back+1)<<7 | int64(b&0x7f)
		}
		base, ok := p.offsets[start-back]
		if !ok {
			return e, 0, fmt.Errorf("%w: delta without base", errPack)
		}
		e.base = base
	case plumbing.REFDeltaObject:
		if pos+sha1.Size > end {
			return e, 0, fmt.Errorf("%w: ends within a header", errPack)
		}
		e.base = byName
		copy(e.ref[:], p.data[pos:])
		pos += sha1.Size
	default:
		return e, 0, fmt.Errorf("%w: object type %d", errPack, e.typ)
	}
	return e, pos, nil
}

// skip inflates the stream at pos into w and returns where it ends.
func (p *pack) skip(pos, end, size int64, w io.Writer) (int64, error) {
	p.src.Reset(p.data[pos:end])
	if err := p.inflater(); err != nil {
		return 0, err
	}
	n, err := io.Copy(w, io.LimitReader(p.zr, size))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, err
	}
	var one [1]byte
	if n, err := p.zr.Read(one[:]); n != 0 || err != io.EOF { // reads the checksum too
		return 0, fmt.Errorf("object is longer than declared")
	}
	return end - int64(p.src.Len()), nil
}

func (p *pack) inflater() error {
	if p.zr == nil {
		zr, err := zlib.NewReader(&p.src)
		p.zr = zr
		return err
	}
	return p.zr.(zlib.Resetter).Reset(&p.src, nil)
}

func (p *pack) inflate(i int32) ([]byte, error) {
	e := p.entries[i]
	p.src.Reset(p.data[e.stream:])
	if err := p.inflater(); err != nil {
		return nil, err
	}
	out := make([]byte, e.size)
	_, err := io.ReadFull(p.zr, out)
	return out, err
}

// resolve hashes the deltas. Bases named by hash may come later than their
// deltas, so it goes on until a round brings nothing new.
func (p *pack) resolve(lim packLimits) error {
	var total int64
	h := sha1.New()
	todo := make([]int32, 0, len(p.entries))
	for i, e := range p.entries {
		if e.base != noBase {
			todo = append(todo, int32(i))
		}
	}
	for len(todo) > 0 {
		var left []int32
		for _, i := range todo {
			e := &p.entries[i]
			if e.base == byName {
				base, ok := p.index[e.ref]
				if !ok {
					left = append(left, i)
					continue
				}
				e.base = base
			}
			if t := p.entries[e.base].typ; t.IsDelta() { // its own base is still to come
				left = append(left, i)
				continue
			}
			content, err := p.content(i, lim.object)
			if err != nil {
				return err
			}
			if total += int64(len(content)); total > lim.objects {
				return fmt.Errorf("%w: objects of more than %d bytes", ErrTooLarge, lim.objects)
			}
			e.typ = p.entries[e.base].typ
			startHash(h, e.typ, int64(len(content)))
			h.Write(content)
			p.index[plumbing.Hash(h.Sum(nil))] = i
			p.keep(i, content)
		}
		if len(left) == len(todo) {
			return fmt.Errorf("%w: %d deltas without base", errPack, len(left))
		}
		todo = left
	}
	p.offsets = nil
	return nil
}

// content returns an object's bytes, which must not be changed.
func (p *pack) content(i int32, max int64) ([]byte, error) {
	var chain []int32
	var data []byte
	for at := i; ; at = p.entries[at].base {
		if c, ok := p.cache[at]; ok {
			data = c
			break
		}
		if p.entries[at].base < 0 {
			var err error
			if data, err = p.inflate(at); err != nil {
				return nil, fmt.Errorf("%w: %w", errPack, err)
			}
			if at != i {
				p.keep(at, data)
			}
			break
		}
		if chain = append(chain, at); len(chain) > maxDeltaDepth {
			return nil, fmt.Errorf("%w: chain of more than %d deltas", errPack, maxDeltaDepth)
		}
	}
	for k := len(chain) - 1; k >= 0; k-- {
		delta, err := p.inflate(chain[k])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errPack, err)
		}
		if data, err = applyDelta(data, delta, max); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (p *pack) keep(i int32, data []byte) {
	if int64(len(data)) > packCacheSize/4 {
		return
	}
	if _, ok := p.cache[i]; ok {
		return
	}
	if p.cacheSize += int64(len(data)); p.cacheSize > packCacheSize {
		clear(p.cache)
		p.cacheSize = int64(len(data))
	}
	p.cache[i] = data
}

// applyDelta builds an object from its base and a delta.
func applyDelta(base, delta []byte, max int64) ([]byte, error) {
	bad := fmt.Errorf("%w: delta", errPack)
	src, n := binary.Uvarint(delta)
	if n <= 0 || src != uint64(len(base)) {
		return nil, bad
	}
	delta = delta[n:]
	dst, n := binary.Uvarint(delta)
	if n <= 0 {
		return nil, bad
	}
	if dst > uint64(max) {
		return nil, fmt.Errorf("%w: an object of %d bytes", ErrTooLarge, dst)
	}
	delta = delta[n:]
	out := make([]byte, 0, dst)
	for len(delta) > 0 {
		op := delta[0]
		delta = delta[1:]
		switch {
		case op&0x80 != 0: // copy from the base
			var off, size uint32
			for bit := range 7 {
				if op&(1<<bit) == 0 {
					continue
				}
				if len(delta) == 0 {
					return nil, bad
				}
				if bit < 4 {
					off |= uint32(delta[0]) << (8 * bit)
				} else {
					size |= uint32(delta[0]) << (8 * (bit - 4))
				}
				delta = delta[1:]
			}
			if size == 0 {
				size = 0x10000
			}
			if uint64(off)+uint64(size) > uint64(len(base)) || uint64(len(out))+uint64(size) > dst {
				return nil, bad
			}
			out = append(out, base[off:off+size]...)
		case op == 0:
			return nil, bad
		default: // literal bytes
			if int(op) > len(delta) || uint64(len(out))+uint64(op) > dst {
				return nil, bad
			}
			out = append(out, delta[:op]...)
			delta = delta[op:]
		}
	}
	if uint64(len(out)) != dst {
		return nil, bad
	}
	return out, nil
}

// object returns an object by its hash.
func (p *pack) object(h plumbing.Hash, lim packLimits) (plumbing.ObjectType, []byte, error) {
	i, ok := p.index[h]
	if !ok {
		return 0, nil, plumbing.ErrObjectNotFound
	}
	data, err := p.content(i, lim.object)
	return p.entries[i].typ, data, err
}
