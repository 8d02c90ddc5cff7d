// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"bytes"

	kolo "github.com/kolo/xmlrpc"
)

// MethodName reports whether s can be a method's name: letters, digits and
// the characters _ . : / only, at most 256 of them.
func MethodName(s string) bool {
	if s == "" || len(s) > 256 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '_', c == '.', c == ':', c == '/':
		default:
			return false
		}
	}
	return true
}

// EncodeCall writes a methodCall. The same arguments always give the same
// bytes.
func EncodeCall(method string, params []any) ([]byte, error) {
	if !MethodName(method) {
		return nil, encodeError("%s is not a method name", quoted([]byte(method)))
	}
	envelope, err := kolo.EncodeMethodCall(method)
	if err != nil {
		return nil, &Error{Offset: -1, Msg: err.Error(), Err: ErrEncode}
	}
	const end = "</methodCall>"
	head, ok := bytes.CutSuffix(envelope, []byte(end))
	if !ok {
		return nil, encodeError("unexpected envelope %s", quoted(envelope))
	}
	out := append(head, "<params>\n"...)
	for i, p := range params {
		out = append(out, "<param>\n"...)
		if out, err = AppendValue(out, p); err != nil {
			return nil, within(err, "params"+step(i))
		}
		out = append(out, "</param>\n"...)
	}
	out = append(out, "</params>"...)
	return append(out, end...), nil
}

// EncodeResponse writes a methodResponse, as a Python server writes it.
func EncodeResponse(result any) ([]byte, error) {
	out := []byte("<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n")
	out, err := AppendValue(out, result)
	if err != nil {
		return nil, within(err, "result")
	}
	return append(out, "</param>\n</params>\n</methodResponse>\n"...), nil
}

// EncodeFault writes a methodResponse with a fault, as a Python server writes
// it. Characters of the text that XML can't carry become U+FFFD.
func EncodeFault(f FaultError) []byte {
	out := []byte("<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n")
	out = appendInt(out, int64(f.Code))
	out = append(out, "</member>\n<member>\n<name>faultString</name>\n<value><string>"...)
	text := bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return '\uFFFD'
		}
		return r
	}, bytes.ToValidUTF8([]byte(f.String), []byte("\uFFFD")))
	out, _ = appendText(out, string(text)) // nothing is left that it refuses
	return append(out, "</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n"...)
}
