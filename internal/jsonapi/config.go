// SPDX-License-Identifier: MIT

package jsonapi

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Config is what the options of a client set. Each client declares its own
// option type over it, so that its documentation stands alone.
type Config struct {
	transport.Options
	// Token, if not empty, is sent as a bearer token with every request.
	Token string
	// Prefix, if not empty, takes the place of the usual path below the URL.
	Prefix string
}

// SetHTTPClient makes requests go through hc; nil is an error.
func (c *Config) SetHTTPClient(hc *http.Client) error {
	if hc == nil {
		return errors.New("nil http client")
	}
	c.HTTPClient = hc
	return nil
}

// SetToken makes requests carry a bearer token; an empty one is an error.
func (c *Config) SetToken(token string) error {
	if token == "" {
		return errors.New("empty token")
	}
	c.Token = token
	return nil
}

// Open is [New] with a client's options applied. The defaults are 4 retries
// and answers of at most 64 MiB.
func Open[O ~func(*Config) error](base, prefix string, opts []O) (*Service, error) {
	c := Config{Options: transport.Options{Retry: transport.Retry{Max: 4}, MaxBody: 64 << 20}}
	for _, o := range opts {
		if err := o(&c); err != nil {
			return nil, err
		}
	}
	s, err := New(base, cmp.Or(c.Prefix, prefix), c.Options)
	if err == nil && c.Token != "" {
		s.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return s, err
}
