// SPDX-License-Identifier: MIT

package transport

import (
	"net/http"
	"net/url"
	"strings"
)

// redirect is http.Client's CheckRedirect: net/http would turn a POST into a
// GET without its body, and keeps credentials for subdomains.
func (k *call) redirect(req *http.Request, via []*http.Request) error {
	if m := via[0].Method; m != http.MethodGet && m != http.MethodHead {
		return k.refuse(req, m)
	}
	if s := req.URL.Scheme; s != "http" && s != "https" {
		return k.refuse(req, via[0].Method)
	}
	if len(via) >= 10 {
		return errRedirects
	}
	left := origin(req.URL) != origin(via[0].URL)
	for _, r := range via { // a host visited in between could send us back
		left = left || origin(r.URL) != origin(via[0].URL)
	}
	if left {
		for _, name := range k.c.secret {
			req.Header.Del(name)
		}
	}
	if k.c.user != nil && k.c.user.CheckRedirect != nil {
		return k.c.user.CheckRedirect(req, via)
	}
	return nil
}

func (k *call) refuse(req *http.Request, method string) error {
	to := withoutUser(req.URL)
	to.RawQuery, to.Fragment = "", ""
	e := &RedirectError{Method: method, Location: to.String()}
	if req.Response != nil {
		e.Status = req.Response.StatusCode
	}
	return e
}

func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
