// SPDX-License-Identifier: MIT

package distgittest

import (
	"net/http/httptest"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Server is a [Host] behind a listener on the loopback interface.
type Server struct {
	*Host
	// URL is the root of the web front end and of anonymous git; repositories
	// are at URL/rpms/name.git.
	URL string

	http *httptest.Server
}

// NewServer starts a host on a loopback port. Its Close ends both.
func NewServer(opt Options) (*Server, error) {
	h, err := NewHost(opt)
	if err != nil {
		return nil, err
	}
	srv := httptest.NewServer(h)
	return &Server{Host: h, URL: srv.URL, http: srv}, nil
}

// Client returns a client of the web front end, of the right forge.
func (s *Server) Client(opts ...distgit.Option) (*distgit.Client, error) {
	opts = append([]distgit.Option{distgit.WithForge(s.opt.Forge), distgit.WithHTTPClient(s.http.Client())}, opts...)
	return distgit.NewClient(s.URL, opts...)
}

// Close stops listening and closes the host.
func (s *Server) Close() error {
	s.http.Close()
	return s.Host.Close()
}
