// SPDX-License-Identifier: MIT

package koji

import (
	"encoding/json"
	"strconv"
	"strings"
)

// A Ref says which tag, build, package, user, target, host or rpm is meant:
// by its name, which is the Ref's text ("f41-build", "bash-5.2-1.f41",
// "alice"), or by its number, made by [ID]. Untyped string constants serve as
// Refs. The zero Ref means none.
type Ref string

// ID returns the Ref of what has the number id at the hub.
func ID(id int) Ref { return Ref("#" + strconv.Itoa(id)) }

// ID returns the number that r was made of, and false if r is a name.
func (r Ref) ID() (int, bool) {
	digits, ok := strings.CutPrefix(string(r), "#")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// String returns the name, or "#7" for a number.
func (r Ref) String() string {
	if strings.HasPrefix(string(r), "{") {
		if n, ok := r.nvr(); ok {
			return n.String()
		}
	}
	return string(r)
}

// nvr returns the build that r was made of by [NVR.Ref].
func (r Ref) nvr() (NVR, bool) {
	var n NVR
	if !strings.HasPrefix(string(r), "{") || json.Unmarshal([]byte(r), &n) != nil {
		return n, false
	}
	return n, true
}

// arg is what goes to the hub: an int, a string or a struct; nil for none.
func (r Ref) arg() any {
	if r == "" {
		return nil
	}
	if id, ok := r.ID(); ok {
		return id
	}
	if n, ok := r.nvr(); ok {
		m := map[string]any{"name": n.Name, "version": n.Version, "release": n.Release}
		if n.Epoch != nil {
			m["epoch"] = *n.Epoch
		}
		return m
	}
	return string(r)
}

// MarshalXMLRPC returns what stands for r in a call: a number, a text, or a
// struct; nil for none.
func (r Ref) MarshalXMLRPC() any { return r.arg() }
