// SPDX-License-Identifier: MIT

package pdc

import (
	"encoding/json"
	"strconv"
)

// Person is a contact with an account. Servers of 2017 had them at persons/.
type Person struct {
	ID       int    `json:"id" pdc:"ro"`
	Username string `json:"username" pdc:"req"`
	Email    string `json:"email" pdc:"req"`
	Extra    Extra  `json:"-"`
}

// People are keyed by id.
func (c *Client) People() Resource[Person] { return numbered[Person](c, "contacts/people/") }

// MailingList is a contact that is a list.
type MailingList struct {
	ID       int    `json:"id" pdc:"ro"`
	MailName string `json:"mail_name" pdc:"req"`
	Email    string `json:"email" pdc:"req"`
	Extra    Extra  `json:"-"`
}

// MailingLists are keyed by id.
func (c *Client) MailingLists() Resource[MailingList] {
	return numbered[MailingList](c, "contacts/mailing-lists/")
}

// ContactRole is what a contact is to a package.
type ContactRole struct {
	Name       string     `json:"name" pdc:"req"`
	CountLimit CountLimit `json:"count_limit" pdc:"req"`
	Extra      Extra      `json:"-"`
}

// CountLimit is how many contacts of a role a package may have; zero means
// any number, which the server writes as "unlimited".
type CountLimit int

// MarshalJSON writes a number or "unlimited".
func (l CountLimit) MarshalJSON() ([]byte, error) {
	if l == 0 {
		return []byte(`"unlimited"`), nil
	}
	return strconv.AppendInt(nil, int64(l), 10), nil
}

// UnmarshalJSON reads a number or "unlimited".
func (l *CountLimit) UnmarshalJSON(data []byte) error {
	if string(data) == `"unlimited"` {
		*l = 0
		return nil
	}
	return json.Unmarshal(data, (*int)(l))
}

// ContactRoles are keyed by name.
func (c *Client) ContactRoles() Resource[ContactRole] {
	return Resource[ContactRole]{c: c, path: "contact-roles/"}
}

// Contact is a person (with Username) or a mailing list (with MailName).
// Writing one that the server doesn't know makes it.
type Contact struct {
	ID       int    `json:"id" pdc:"ro"`
	Username string `json:"username,omitempty"`
	MailName string `json:"mail_name,omitempty"`
	Email    string `json:"email" pdc:"req"`
}

// GlobalContact is a contact of a package in all releases.
type GlobalContact struct {
	ID        int     `json:"id" pdc:"ro"`
	Component string  `json:"component" pdc:"req"`
	Role      string  `json:"role" pdc:"req"`
	Contact   Contact `json:"contact" pdc:"req"`
	Extra     Extra   `json:"-"`
}

// GlobalContacts are keyed by id.
func (c *Client) GlobalContacts() Resource[GlobalContact] {
	return numbered[GlobalContact](c, "global-component-contacts/")
}

// ReleaseContact is a contact of a package in one release.
type ReleaseContact struct {
	ID        int          `json:"id" pdc:"ro"`
	Component ComponentRef `json:"component" pdc:"req"`
	Role      string       `json:"role" pdc:"req"`
	Contact   Contact      `json:"contact" pdc:"req"`
	Extra     Extra        `json:"-"`
}

// ReleaseContacts are keyed by id.
func (c *Client) ReleaseContacts() Resource[ReleaseContact] {
	return numbered[ReleaseContact](c, "release-component-contacts/")
}
