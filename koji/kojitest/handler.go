// SPDX-License-Identifier: MIT

package kojitest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HubPath and FilesPath are where a [Server] has its hub and its files; the
// hub itself takes calls at any path that is not below FilesPath.
const (
	HubPath   = "/kojihub"
	FilesPath = "/kojifiles"
)

// ServeHTTP answers XML-RPC calls and uploads (POST), and files below
// [FilesPath] (GET).
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Koji-Version", Version)
	if r.Method != http.MethodPost {
		if rel, ok := strings.CutPrefix(r.URL.Path, FilesPath+"/"); ok && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			h.serveFile(w, r, rel)
			return
		}
		w.Header().Set("Allow", "POST")
		refuse(w, &refusal{http.StatusMethodNotAllowed,
			"Method Not Allowed\nThis is an XML-RPC server. Only POST requests are accepted.\n"})
		return
	}
	l, no := h.receive(r)
	if no != nil {
		refuse(w, no)
		return
	}
	req, no := l.read()
	if no != nil {
		refuse(w, no)
		return
	}
	l.Sources = h.sources(req.method, req.params)
	req.sources = l.Sources
	body, in := h.handle(l, req)
	if in == nil {
		in = &injection{}
	}
	if in.slow > 0 {
		late := time.NewTimer(in.slow)
		select {
		case <-late.C:
		case <-r.Context().Done():
			late.Stop()
		}
	}
	switch {
	case in.status != 0:
		if in.retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(in.retryAfter.Seconds())))
		}
		refuse(w, &refusal{in.status, proxyPage(in.status)})
	case in.cutBefore || in.cutAfter:
		panic(http.ErrAbortHandler)
	case in.truncate:
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body[:min(in.keep, len(body))])
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if l.Principal != "" {
			w.Header().Set("WWW-Authenticate", "Negotiate oRQwEqADCgEAoQsGCSqGSIb3EgECAg==")
		}
		w.Write(body)
	}
}

// handle works on one request with the hub locked. The injection is what is
// to happen to the answer; nil is nothing.
func (h *Hub) handle(l *letter, r *request) ([]byte, *injection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	in := h.injected(r)
	if in != nil {
		if in.expire {
			h.expire(r.session)
		}
		if in.cutBefore || in.status != 0 || in.fault != nil {
			i := h.record(&call{h: h, req: r, method: r.method}, r.params)
			h.calls[i].Injected = in.String()
			if in.fault != nil {
				h.calls[i].Code, h.calls[i].Fault = in.fault.code, in.fault.text
			}
			return answer(nil, in.fault), in
		}
	}
	at := len(h.calls)
	v, f := h.serve(r)
	if at < len(h.calls) {
		if in != nil {
			h.calls[at].Injected = in.String()
		}
		if h.calls[at].Committed {
			h.note(entry{Letter: l})
		}
	}
	return answer(v, f), in
}

func refuse(w http.ResponseWriter, no *refusal) {
	kind := "text/plain"
	if strings.HasPrefix(no.text, "<") {
		kind = "text/html; charset=iso-8859-1"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(no.text)))
	if no.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Negotiate")
	}
	w.WriteHeader(no.status)
	w.Write([]byte(no.text))
}

// proxyPage is what a reverse proxy in front of a hub says.
func proxyPage(status int) string {
	what := strconv.Itoa(status) + " " + http.StatusText(status)
	return "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>" + what +
		"</title>\n</head><body>\n<h1>" + http.StatusText(status) + "</h1>\n</body></html>\n"
}
