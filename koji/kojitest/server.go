// SPDX-License-Identifier: MIT

package kojitest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/seed-f134cc8e/relkit/koji"
)

// A Server is a hub that listens on a loopback port.
type Server struct {
	// URL is the hub's address, as koji.NewClient takes it.
	URL string
	// TopURL is the address of the files.
	TopURL string
	// Hub answers.
	Hub *Hub

	http *httptest.Server
}

// NewServer starts to listen. The caller closes it.
func NewServer(h *Hub) *Server {
	s := httptest.NewServer(h)
	return &Server{URL: s.URL + HubPath, TopURL: s.URL + FilesPath, Hub: h, http: s}
}

// Close stops listening and cuts open connections.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Client returns a real client of the hub, anonymous unless an option says
// how to log in.
func (s *Server) Client(opts ...koji.Option) (*koji.Client, error) {
	return koji.NewClient(s.URL, opts...)
}

// Transport is a round tripper that reaches the hub without a network,
// whatever host the request names.
func (h *Hub) Transport() http.RoundTripper { return memory{h} }

type memory struct{ h *Hub }

// RoundTrip hands the request to the hub. A connection that the hub cuts is
// an error around io.ErrUnexpectedEOF.
func (m memory) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	w := httptest.NewRecorder()
	cut := serveCut(m.h, w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp = w.Result()
	resp.Request = r
	if cut {
		body := w.Body.Bytes()
		if len(body) == 0 {
			return nil, fmt.Errorf("connection cut: %w", io.ErrUnexpectedEOF)
		}
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{}))
	}
	return resp, nil
}

func serveCut(h http.Handler, w http.ResponseWriter, r *http.Request) (cut bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			cut = true
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
