// SPDX-License-Identifier: MIT

package kojitest

// A request is what came over the wire.
type request struct {
	method string
	params []any

	hasSession bool
	session    int
	key        string
	callnum    int    // -1 when none was sent
	missing    string // the credential that a query string lacks
	address    string

	principal   string // of a Negotiate token
	certificate string // common name of a client certificate
	subject     string // whole name of a client certificate

	// sources are the builds that the embedder named for source URLs of this
	// request, before the hub was locked.
	sources map[string]source
	upload  *upload
}

type source struct {
	NVR string `json:"nvr,omitempty"`
	Err string `json:"err,omitempty"`
}

// renewal reports whether the request is a login that renews its session.
func (r *request) renewal() bool {
	if r.method != "login" && r.method != "sslLogin" {
		return false
	}
	_, kw := splitNamed(r.params)
	if truth(kw["renew"]) {
		return true
	}
	at := 3 // login(user, password, opts, renew)
	if r.method == "sslLogin" {
		at = 2
	}
	return len(r.params) > at && truth(r.params[at])
}
