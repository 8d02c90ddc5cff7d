// SPDX-License-Identifier: MIT

package koji

import "context"

// An InheritanceLink joins a tag (the child) to one that it inherits from.
type InheritanceLink struct {
	ChildID      int    `xmlrpc:"child_id"`
	ParentID     int    `xmlrpc:"parent_id"`
	Name         string `xmlrpc:"name"` // of the parent; of the child in a reverse listing
	Priority     int    `xmlrpc:"priority"`
	MaxDepth     *int   `xmlrpc:"maxdepth"`     // how many levels further it goes; nil: no limit
	Intransitive bool   `xmlrpc:"intransitive"` // not for tags that inherit from the child
	NoConfig     bool   `xmlrpc:"noconfig"`     // builds only, no arches and settings
	PkgFilter    string `xmlrpc:"pkg_filter"`   // regular expression that package names must match; "" for all

	// Of [Client.FullInheritance] only.
	TagID     int      `xmlrpc:"tag_id"`
	CurrDepth int      `xmlrpc:"currdepth"` // 1: a direct parent
	NextDepth *int     `xmlrpc:"nextdepth"` // levels left; nil: no limit
	Filter    []string `xmlrpc:"filter"`    // all package filters on the way

	// Delete, in [Client.SetInheritance], removes the link to ParentID.
	Delete bool           `xmlrpc:"-"`
	More   map[string]any `xmlrpc:",extra"` // members that have no field here
}

// Inheritance returns a tag's own links, by priority; event 0 is now. It calls
// getInheritanceData.
func (c *Client) Inheritance(ctx context.Context, tag Ref, event int) ([]InheritanceLink, error) {
	return list[InheritanceLink](ctx, c, "getInheritanceData", arguments([]any{tag}, at(event))...)
}

// FullInheritance returns all tags that a tag inherits from, in the order in
// which the hub looks into them; event 0 is now. With reverse it returns those
// that inherit from the tag. It calls getFullInheritance.
func (c *Client) FullInheritance(ctx context.Context, tag Ref, event int, reverse bool) ([]InheritanceLink, error) {
	n := at(event)
	if reverse {
		if n == nil {
			n = Named{}
		}
		n["reverse"] = true
	}
	return list[InheritanceLink](ctx, c, "getFullInheritance", arguments([]any{tag}, n)...)
}

// SetInheritance adds and changes links of a tag, and removes those with
// Delete; with replace it removes all others too. No two links of a tag may
// have one priority. It needs the permission tag. It calls setInheritanceData.
func (c *Client) SetInheritance(ctx context.Context, tag Ref, links []InheritanceLink, replace bool) error {
	data := make([]any, len(links))
	for i, l := range links {
		m := map[string]any{"parent_id": l.ParentID, "priority": l.Priority}
		if l.Delete {
			m["delete link"] = true
		} else {
			m["maxdepth"], m["intransitive"], m["noconfig"], m["pkg_filter"] = l.MaxDepth, l.Intransitive, l.NoConfig, l.PkgFilter
		}
		data[i] = m
	}
	n := Named{}
	if replace {
		n["clear"] = true
	}
	return c.Call(ctx, "setInheritanceData", arguments([]any{tag, data}, n), nil)
}
