// SPDX-License-Identifier: MIT

package trigger

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// envelope holds the members of a message that say what is in it. The last of
// msg and body is not checked: whoever reads it does so, and no byte is read
// twice.
type envelope struct {
	topic     string
	id, msgID Text
	time      Time
	severity  int
	headers   map[string]json.RawMessage
	msg, body json.RawMessage
}

// read takes an object apart. The error says where it is no JSON; a member of
// another type than it should have is as if it were not there.
func (e *envelope) read(data []byte) error {
	return eachMember(data, func(key string, value json.RawMessage) error {
		if key == "msg" || key == "body" {
			return e.take(key, value)
		}
		if !isPlainString(value) && !json.Valid(value) {
			return errNotJSON
		}
		switch key {
		case "topic":
			if value[0] == '"' {
				var t Text
				_ = t.UnmarshalJSON(value)
				e.topic = string(t)
			}
		case "id":
			_ = e.id.UnmarshalJSON(value)
		case "msg_id":
			_ = e.msgID.UnmarshalJSON(value)
		case "timestamp":
			_ = e.time.UnmarshalJSON(value)
		case "severity":
			e.severity, _ = strconv.Atoi(string(value))
		case "headers":
			e.headers = nil
			if value[0] == '{' {
				e.headers = map[string]json.RawMessage{}
				return eachMember(value, func(key string, value json.RawMessage) error {
					e.headers[key] = value
					return nil
				})
			}
		}
		return nil
	})
}

// take keeps the inner message. A fedmsg's stands before a bridge's.
func (e *envelope) take(key string, value json.RawMessage) error {
	into := &e.body
	if key == "msg" {
		into = &e.msg
	}
	// What is not going to be read is checked here.
	for _, unread := range []json.RawMessage{e.msg, e.body} {
		if unread != nil && !json.Valid(unread) {
			return errNotJSON
		}
	}
	if e.msg != nil && key == "body" && !json.Valid(value) {
		return errNotJSON
	}
	if *into = value; string(value) == "null" {
		*into = nil
	}
	return nil
}

var errNotJSON = errors.New("not JSON, or cut off")

// eachMember calls fn for each member of a JSON object, in their order. It
// finds where values end and does not check what is in them; what is between
// them is checked, and so are the keys.
func eachMember(data []byte, fn func(key string, value json.RawMessage) error) error {
	i := skipSpace(data, 0)
	if i >= len(data) || data[i] != '{' {
		return errNotJSON
	}
	i = skipSpace(data, i+1)
	if i < len(data) && data[i] == '}' {
		return onlySpace(data, i+1)
	}
	for {
		end := valueEnd(data, i)
		if end < 0 || data[i] != '"' {
			return errNotJSON
		}
		raw := data[i:end]
		if !isPlainString(raw) && !json.Valid(raw) {
			return errNotJSON
		}
		var key Text
		_ = key.UnmarshalJSON(raw)
		i = skipSpace(data, end)
		if i >= len(data) || data[i] != ':' {
			return errNotJSON
		}
		i = skipSpace(data, i+1)
		if end = valueEnd(data, i); end < 0 {
			return errNotJSON
		}
		if err := fn(string(key), json.RawMessage(data[i:end:end])); err != nil {
			return err
		}
		i = skipSpace(data, end)
		switch {
		case i < len(data) && data[i] == ',':
			i = skipSpace(data, i+1)
		case i < len(data) && data[i] == '}':
			return onlySpace(data, i+1)
		default:
			return errNotJSON
		}
	}
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

func onlySpace(data []byte, i int) error {
	if skipSpace(data, i) != len(data) {
		return errors.New("something follows the message")
	}
	return nil
}

// valueEnd returns where the value that begins at i ends, -1 if it does not.
func valueEnd(data []byte, i int) int {
	if i >= len(data) {
		return -1
	}
	switch data[i] {
	case '"':
		return stringEnd(data, i)
	case '{', '[':
		depth := 0
		for i < len(data) {
			switch data[i] {
			case '"':
				if i = stringEnd(data, i); i < 0 {
					return -1
				}
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return -1
	}
	begin := i
	for i < len(data) {
		switch data[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			if i == begin {
				return -1
			}
			return i
		}
		i++
	}
	return -1
}

// stringEnd returns where the string that begins at i ends, -1 if it does not.
func stringEnd(data []byte, i int) int {
	for from := i + 1; ; {
		n := bytes.IndexByte(data[from:], '"')
		if n < 0 {
			return -1
		}
		quote := from + n
		slashes := 0
		for data[quote-1-slashes] == '\\' {
			slashes++
		}
		if from = quote + 1; slashes%2 == 0 {
			return from
		}
	}
}

// isPlainString reports whether a value is a string of printable ASCII
// without escapes, which is valid without a closer look.
func isPlainString(raw []byte) bool {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return false
	}
	for _, c := range raw[1 : len(raw)-1] {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
