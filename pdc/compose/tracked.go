// SPDX-License-Identifier: MIT

package compose

import "encoding/json"

// Tracked is a compose as the Compose Tracking Service (CTS) knows it, a
// database of composes that Pungi and ODCS reserve their ids in. "The last
// nightly that worked" is there the first of a list that is filtered by a tag
// and ordered by -date.
//
//	var page struct{ Items []compose.Tracked `json:"items"` }
//	err := json.Unmarshal(answer, &page) // of GET /api/1/composes/?tag=nightly&order_by=-date
type Tracked struct {
	Info     *Info    `json:"compose_info"` // its composeinfo.json; variants are empty until it is made
	URL      string   `json:"compose_url"`  // "" until known
	Builder  string   `json:"builder"`      // who made it: "odcs", "pungi"
	Tags     []string `json:"tags"`         // "nightly", "periodic"
	Parents  []string `json:"parents"`      // ids of the composes that it was made from
	Children []string `json:"children"`     // ids of the composes that were made from it
	RespinOf string   `json:"respin_of"`    // id, "" if none
	RespunBy []string `json:"respun_by"`    // ids

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads a compose as CTS answers with it. The error is an
// *[Error].
func (t *Tracked) UnmarshalJSON(data []byte) error {
	var n Tracked
	if err := decodeObject(data, &n, &n.src, &n.Extra); err != nil {
		return wrapJSON("tracked compose", "", err)
	}
	if n.Info == nil {
		return invalid("tracked compose", "compose_info", "missing")
	}
	*t = n
	return nil
}

// MarshalJSON writes an equal JSON value back.
func (t Tracked) MarshalJSON() ([]byte, error) { return encodeObject(&t, t.src, t.Extra) }
