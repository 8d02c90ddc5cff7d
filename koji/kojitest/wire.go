// SPDX-License-Identifier: MIT

package kojitest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// A letter is a request as it came over the wire: what the journal keeps and
// replays.
type letter struct {
	Path      string            `json:"path,omitempty"`
	Query     string            `json:"query,omitempty"`
	Binary    bool              `json:"binary,omitempty"` // an upload
	Session   string            `json:"session,omitempty"`
	Key       string            `json:"key,omitempty"`
	Callnum   string            `json:"callnum,omitempty"`
	Address   string            `json:"address,omitempty"`
	Principal string            `json:"principal,omitempty"`
	Cert      string            `json:"cert,omitempty"`
	Subject   string            `json:"subject,omitempty"`
	Sources   map[string]source `json:"sources,omitempty"`
	Body      []byte            `json:"body,omitempty"`
}

// A refusal is an answer that is not XML-RPC.
type refusal struct {
	status int
	text   string
}

func (h *Hub) maxRequest() int64 {
	if h.seed.MaxRequest > 0 {
		return h.seed.MaxRequest
	}
	return 4 << 20
}

// receive reads an HTTP request.
func (h *Hub) receive(r *http.Request) (*letter, *refusal) {
	l := &letter{
		Path: r.URL.Path, Query: r.URL.RawQuery, Session: r.Header.Get("Koji-Session-Id"),
		Key: r.Header.Get("Koji-Session-Key"), Callnum: r.Header.Get("Koji-Session-Callnum"),
		Binary: r.Header.Get("Content-Type") == "application/octet-stream",
	}
	if l.Callnum == "" {
		l.Callnum = r.Header.Get("Koji-Callnum")
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		l.Address = host
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		cert := r.TLS.PeerCertificates[0]
		l.Cert, l.Subject = cert.Subject.CommonName, cert.Subject.String()
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Negotiate "); ok && h.seed.Negotiate != nil {
		if who, ok := h.seed.Negotiate(token); ok {
			l.Principal = who
		}
	}
	if l.Principal == "" && l.Cert == "" && h.seed.Negotiate != nil && strings.HasSuffix(l.Path, "/ssllogin") {
		return nil, &refusal{http.StatusUnauthorized, "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n" +
			"<html><head>\n<title>401 Unauthorized</title>\n</head><body>\n<h1>Unauthorized</h1>\n</body></html>\n"}
	}
	most := h.maxRequest()
	body := io.Reader(r.Body)
	if !l.Binary {
		body = io.LimitReader(body, most+1)
	}
	var err error
	if l.Body, err = io.ReadAll(body); err != nil {
		return nil, &refusal{http.StatusRequestTimeout, "Request Timeout\n"}
	}
	if !l.Binary && int64(len(l.Body)) > most {
		return nil, &refusal{http.StatusBadRequest, "Invalid request: Request too long\n"}
	}
	return l, nil
}

var entityName = regexp.MustCompile(`<!ENTITY\s+(?:%\s+)?(\S+)`)

// read turns a letter into a request.
func (l *letter) read() (*request, *refusal) {
	r := &request{callnum: -1, address: l.Address, principal: l.Principal, certificate: l.Cert, subject: l.Subject, sources: l.Sources}
	query, _ := url.ParseQuery(l.Query)
	l.credentials(r, query)
	if l.Binary {
		r.method = UploadMethod
		r.upload = &upload{query: query, data: l.Body}
		return r, nil
	}
	name, params, err := xmlrpc.DecodeCall(bytes.NewReader(l.Body), xmlrpc.Options{})
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "Invalid request: " + expat(l.Body, err) + "\n"}
	}
	r.method, r.params = name, params
	return r, nil
}

func (l *letter) credentials(r *request, query url.Values) {
	id, key, callnum := l.Session, l.Key, l.Callnum
	if id == "" && l.Query != "" {
		for _, name := range []string{"session-id", "session-key"} {
			if !query.Has(name) {
				r.missing = name
				return
			}
		}
		id, key, callnum = query.Get("session-id"), query.Get("session-key"), query.Get("callnum")
	}
	if id == "" {
		return
	}
	r.hasSession = true
	r.session, _ = strconv.Atoi(id)
	r.key = key
	if n, err := strconv.Atoi(callnum); err == nil {
		r.callnum = n
	}
}

// expat says in the hub's parser's words why a body is not a call.
func expat(body []byte, err error) string {
	text := strings.TrimSpace(string(body))
	if m := entityName.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("EntitiesForbidden(name='%s', system_id=None, public_id=None)", m[1])
	}
	switch {
	case text == "":
		return "no element found: line 1, column 0"
	case strings.HasPrefix(text, "<!DOCTYPE") || strings.Contains(text, "<!DOCTYPE"):
		return "DTDForbidden(name='methodCall', system_id=None, public_id=None)"
	case text[0] >= 'a' && text[0] <= 'z' || text[0] >= 'A' && text[0] <= 'Z':
		return "syntax error: line 1, column 0"
	case text[0] != '<':
		return "not well-formed (invalid token): line 1, column 0"
	}
	if x, ok := errors.AsType[*xmlrpc.Error](err); ok {
		return x.Msg
	}
	return err.Error()
}

// sources asks the embedder what the sources named in a request make. It is
// called before the hub is locked.
func (h *Hub) sources(method string, params []any) map[string]source {
	if h.seed.Source == nil {
		return nil
	}
	found := map[string]source{}
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			if !strings.Contains(v, "://") {
				return
			}
			if _, known := found[v]; known {
				return
			}
			nvr, err := h.seed.Source(v)
			s := source{NVR: nvr}
			if err != nil {
				s.Err = err.Error()
			}
			found[v] = s
		case []any:
			for _, e := range v {
				look(e)
			}
		}
	}
	switch method {
	case "build", "chainBuild":
		args, kw := splitNamed(params)
		if len(args) > 0 {
			look(args[0])
		}
		look(kw["src"])
		look(kw["srcs"])
	case "multiCall", "system.multicall":
		if len(params) > 0 {
			list, _ := params[0].([]any)
			for _, e := range list {
				one, _ := e.(map[string]any)
				name, _ := one["methodName"].(string)
				inner, _ := one["params"].([]any)
				for url, s := range h.sources(name, inner) {
					found[url] = s
				}
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// answer writes a response or fault.
func answer(v any, f *fault) []byte {
	if f != nil {
		return xmlrpc.EncodeFault(xmlrpc.FaultError{Code: f.code, String: f.whole()})
	}
	body, err := xmlrpc.EncodeResponse(v)
	if err != nil {
		return xmlrpc.EncodeFault(xmlrpc.FaultError{Code: codeUnexpected, String: "<class 'TypeError'>: " + err.Error()})
	}
	return body
}
