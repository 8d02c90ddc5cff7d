// SPDX-License-Identifier: MIT

package koji

import (
	"crypto/tls"
	"errors"
	"net/http"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// transport returns a transport of its own with the configured authorities.
func (c *config) transport() (*http.Transport, error) {
	var t *http.Transport
	switch rt := c.given().(type) {
	case nil:
		t = transport.NewTransport()
	case *http.Transport:
		t = rt.Clone()
	default:
		return nil, errors.New("certificates and authorities can only be set on an *http.Transport; set them in the RoundTripper of WithHTTPClient")
	}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if c.roots != nil {
		t.TLSClientConfig.RootCAs = c.roots
	}
	if c.insecure {
		t.TLSClientConfig.InsecureSkipVerify = true
	}
	return t, nil
}

func (c *config) given() http.RoundTripper {
	if c.http == nil {
		return nil
	}
	return c.http.Transport
}

// httpClient returns what all calls but logins go through; nil is the
// transport package's own choice.
func (c *config) httpClient() (*http.Client, error) {
	cert, _ := c.auth.(*certAuth)
	if c.roots == nil && !c.insecure && cert == nil {
		return c.http, nil
	}
	t, err := c.transport()
	if err != nil {
		return nil, err
	}
	if cert != nil {
		// Some servers ask for it on every path.
		t.TLSClientConfig.GetClientCertificate = cert.certificate
	}
	hc := &http.Client{Transport: t}
	if c.http != nil {
		hc.Jar, hc.Timeout, hc.CheckRedirect = c.http.Jar, c.http.Timeout, c.http.CheckRedirect
	}
	return hc, nil
}
