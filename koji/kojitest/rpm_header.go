// SPDX-License-Identifier: MIT

package kojitest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// An rpmHeader is the header of an RPM file, or its signature header: values
// by tag number, each a string, a list of strings, a list of ints, or bytes.
type rpmHeader map[int]any

// Tags of the two headers that the hub looks at.
const (
	sigTagDSA, sigTagRSA, sigTagMD5, sigTagPGP, sigTagGPG = 267, 268, 1004, 1002, 1005

	tagName, tagVersion, tagRelease, tagEpoch        = 1000, 1001, 1002, 1003
	tagSummary, tagDescription                       = 1004, 1005
	tagBuildTime, tagSize, tagArch                   = 1006, 1009, 1022
	tagSourceRPM, tagSourcePackage                   = 1044, 1106
	tagChangelogTime, tagChangelogName, tagChangelog = 1080, 1081, 1082
)

var (
	errNoRPM    = errors.New("not an rpm file")
	headerMagic = []byte{0x8e, 0xad, 0xe8, 0x01}
	leadMagic   = []byte{0xed, 0xab, 0xee, 0xdb}
)

const leadSize = 96

// parseRPM reads the two headers of an RPM file.
func parseRPM(data []byte) (sig, main rpmHeader, err error) {
	if len(data) < leadSize || !bytes.HasPrefix(data, leadMagic) {
		return nil, nil, errNoRPM
	}
	sig, n, err := parseHeader(data[leadSize:])
	if err != nil {
		return nil, nil, err
	}
	at := leadSize + (n+7)/8*8
	if at > len(data) {
		return nil, nil, errNoRPM
	}
	main, _, err = parseHeader(data[at:])
	return sig, main, err
}

// parseHeader reads one header structure and tells its length.
func parseHeader(data []byte) (rpmHeader, int, error) {
	if len(data) < 16 || !bytes.HasPrefix(data, headerMagic) {
		return nil, 0, errNoRPM
	}
	count := int(binary.BigEndian.Uint32(data[8:]))
	size := int(binary.BigEndian.Uint32(data[12:]))
	if count > 0xffff || count > len(data)/16 || size > len(data) || 16+16*count+size > len(data) {
		return nil, 0, fmt.Errorf("%w: header cut off", errNoRPM)
	}
	store := data[16+16*count : 16+16*count+size]
	h := rpmHeader{}
	for i := range count {
		entry := data[16+16*i:]
		tag, kind := int(binary.BigEndian.Uint32(entry)), binary.BigEndian.Uint32(entry[4:])
		at, n := int(binary.BigEndian.Uint32(entry[8:])), int(binary.BigEndian.Uint32(entry[12:]))
		if at > len(store) || n > len(store) {
			return nil, 0, fmt.Errorf("%w: tag %d lies outside", errNoRPM, tag)
		}
		v, ok := headerValue(store[at:], kind, n)
		if !ok {
			return nil, 0, fmt.Errorf("%w: tag %d is cut off", errNoRPM, tag)
		}
		h[tag] = v
	}
	return h, 16 + 16*count + size, nil
}

func headerValue(b []byte, kind uint32, n int) (any, bool) {
	width := map[uint32]int{1: 1, 2: 1, 3: 2, 4: 4, 5: 8}[kind]
	switch kind {
	case 1, 2, 3, 4, 5:
		if len(b) < n*width {
			return nil, false
		}
		list := make([]int, n)
		for i := range list {
			for _, c := range b[i*width : (i+1)*width] {
				list[i] = list[i]<<8 | int(c)
			}
		}
		return list, true
	case 7:
		if len(b) < n {
			return nil, false
		}
		return b[:n], true
	case 6, 8, 9:
		list := make([]string, 0, min(n, len(b)))
		for range n {
			end := bytes.IndexByte(b, 0)
			if end < 0 {
				return nil, false
			}
			list = append(list, string(b[:end]))
			b = b[end+1:]
		}
		if kind == 6 && len(list) == 1 {
			return list[0], true
		}
		return list, true
	}
	return nil, true
}

func (h rpmHeader) text(tag int) string {
	switch v := h[tag].(type) {
	case string:
		return v
	case []string:
		if len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

func (h rpmHeader) number(tag int) (int, bool) {
	v, _ := h[tag].([]int)
	if len(v) == 0 {
		return 0, false
	}
	return v[0], true
}

func (h rpmHeader) bytes(tag int) []byte { b, _ := h[tag].([]byte); return b }

// signer is the short id of the key that made the signature in a signature
// header; "" when there is none.
func (h rpmHeader) signer() string {
	for _, tag := range []int{sigTagDSA, sigTagRSA, sigTagGPG, sigTagPGP} {
		if id := issuer(h.bytes(tag)); id != "" {
			return id
		}
	}
	return ""
}

// issuer finds the key id in an OpenPGP signature packet and returns its last
// four bytes in hex.
func issuer(p []byte) string {
	if len(p) < 3 || p[0]&0x80 == 0 {
		return ""
	}
	body := p[2:]
	if p[0]&0x40 == 0 { // old format: the length's size is in the tag
		skip := 1 + 1<<(p[0]&3)
		if skip > len(p) {
			return ""
		}
		body = p[skip:]
	} else if p[1] >= 192 && p[1] < 224 {
		body = p[3:]
	} else if p[1] == 255 && len(p) > 6 {
		body = p[6:]
	}
	if len(body) < 15 {
		return ""
	}
	if body[0] == 3 {
		return hex.EncodeToString(body[11:15])
	}
	rest := body[4:]
	for range 2 { // hashed and unhashed subpackets
		if len(rest) < 2 {
			return ""
		}
		n := int(binary.BigEndian.Uint16(rest))
		if len(rest) < 2+n {
			return ""
		}
		for sub := rest[2 : 2+n]; len(sub) > 1; {
			size := int(sub[0])
			if size == 0 || size >= 192 || len(sub) < 1+size {
				break
			}
			if sub[1]&0x7f == 16 && size == 9 {
				return hex.EncodeToString(sub[6:10])
			}
			sub = sub[1+size:]
		}
		rest = rest[2+n:]
	}
	return ""
}
