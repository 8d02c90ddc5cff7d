// SPDX-License-Identifier: MIT

package bodhitest

import (
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
)

// Server serves a [Bodhi] on a loopback address.
type Server struct {
	*Bodhi
	// URL is the service's root, without a slash at the end.
	URL  string
	http *httptest.Server
}

// NewServer starts a server. It panics when the seed's folder can't be used,
// or when no port can be had.
func NewServer(seed Seed) *Server {
	b, err := New(seed)
	if err != nil {
		panic(err)
	}
	h := httptest.NewServer(b)
	return &Server{Bodhi: b, URL: h.URL, http: h}
}

// Close stops the server.
func (s *Server) Close() { s.http.Close() }

// Client returns a client of the server with quick retries, which logs in with
// a user's token; with an empty one it only reads. Further options come after.
func (s *Server) Client(token string, opts ...bodhi.Option) (*bodhi.Client, error) {
	all := []bodhi.Option{bodhi.WithRetry(bodhi.Retry{Max: 2, Wait: time.Millisecond, MaxWait: time.Millisecond})}
	if token != "" {
		all = append(all, bodhi.WithToken(token))
	}
	return bodhi.NewClient(s.URL, append(all, opts...)...)
}

var _ http.Handler = (*Bodhi)(nil)
