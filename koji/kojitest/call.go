// SPDX-License-Identifier: MIT

package kojitest

import "strings"

// A call is one method at work: its arguments, who asks, its transaction.
type call struct {
	h       *Hub
	method  string
	args    record
	rest    []any
	kw      record
	session *sessionRow // nil for anonymous callers
	user    *userRow    // nil for anonymous callers
	tx      *tx
	req     *request // what came over the wire; nil for the hub's own calls
	depth   int      // of multicalls
}

// arg is an argument by its parameter's name.
func (c *call) arg(name string) any { return c.args[name] }

// flag is an argument as Python's truth has it.
func (c *call) flag(name string) bool { return truth(c.args[name]) }

// text is an argument that is a string; "" when it is nil.
func (c *call) text(name string) (string, *fault) {
	switch v := c.args[name].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	default:
		return "", parameter("Invalid type for value '%s': %s", pyText(v), pyType(v))
	}
}

// number is an argument that is an integer; ok is false when it is nil.
func (c *call) number(name string) (n int, ok bool, f *fault) {
	v := c.args[name]
	if v == nil {
		return 0, false, nil
	}
	if n, ok = asInt(v); !ok {
		return 0, false, parameter("Invalid type for value '%s': %s", pyText(v), pyType(v))
	}
	return n, true, nil
}

// eventArg is the argument "event"; 0 asks about now.
func (c *call) eventArg() (int, *fault) {
	v := c.args["event"]
	if v == nil {
		return 0, nil
	}
	n, ok := asInt(v)
	if !ok {
		return 0, generic("Invalid event: %s", pyRepr(v))
	}
	return n, nil
}

// structArg is an argument that is a struct; nil when it is nil or empty.
func (c *call) structArg(name string) record {
	m, _ := c.args[name].(map[string]any)
	return m
}

// userID is the id of the one who calls, 0 when anonymous.
func (c *call) userID() int {
	if c.user == nil {
		return 0
	}
	return c.user.id
}

// login asks for any session.
func (c *call) login() *fault {
	if c.user == nil {
		return notAllowed("you must be logged in for this operation")
	}
	return nil
}

// perm asks for a permission; admin always passes.
func (c *call) perm(names ...string) *fault {
	if c.user != nil && (c.user.has("admin") || c.hasAny(names)) {
		return nil
	}
	if c.user == nil {
		return notAllowed("%s permission required", strings.Join(names, " or "))
	}
	return notAllowed("%s permission required (logged in as %s)", names[0], c.user.name)
}

func (c *call) hasAny(names []string) bool {
	for _, name := range names {
		if c.user.has(name) {
			return true
		}
	}
	return false
}

func (c *call) isAdmin() bool { return c.user != nil && c.user.has("admin") }
