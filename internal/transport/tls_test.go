// SPDX-License-Identifier: MIT

package transport_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

func TestCertificateErrorsAreNotRetried(t *testing.T) {
	var hellos atomic.Int32
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		hellos.Add(1)
		return nil, nil
	}}
	srv.StartTLS()
	defer srv.Close()
	c, err := transport.New(transport.Options{Retry: transport.Retry{Max: 3, Wait: time.Millisecond}})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), transport.Request{URL: srv.URL, Idempotent: true})
	require.Error(t, err)
	var ce *tls.CertificateVerificationError
	require.ErrorAs(t, err, &ce)
	assert.EqualValues(t, 1, hellos.Load())
}

func TestAnOwnTransportCarriesClientCertificates(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.Organization[0])
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()

	tr := transport.NewTransport()
	tr.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c, err := transport.New(transport.Options{HTTPClient: &http.Client{Transport: tr}, Retry: transport.Retry{Max: 2, Wait: time.Millisecond}})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), transport.Request{URL: srv.URL, Idempotent: true})
	require.ErrorContains(t, err, "certificate", "the server's alert")

	tr.CloseIdleConnections()
	tr = transport.NewTransport()
	tr.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	tr.TLSClientConfig.Certificates = srv.TLS.Certificates
	c, err = transport.New(transport.Options{HTTPClient: &http.Client{Transport: tr}})
	require.NoError(t, err)
	r, err := c.Do(t.Context(), transport.Request{URL: srv.URL})
	require.NoError(t, err)
	assert.Equal(t, "Acme Co", string(r.Body))
	assert.EqualValues(t, tls.VersionTLS12, tr.TLSClientConfig.MinVersion)
}

// TestAnExecutedPostIsNotExecutedTwice is the case that go-retryablehttp's own
// policy gets wrong: the server does the work, then drops the connection.
func TestAnExecutedPostIsNotExecutedTwice(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	var executed atomic.Int32
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := make([]byte, 4096)
			for text := ""; !strings.Contains(text, "tagBuild"); {
				n, err := conn.Read(r)
				if err != nil {
					break
				}
				text += string(r[:n])
			}
			executed.Add(1)
			conn.Close()
		}
	}()
	c, err := transport.New(transport.Options{Retry: transport.Retry{Max: 4, Wait: time.Millisecond}})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), transport.Request{Method: "POST", URL: "http://" + l.Addr().String(), Body: []byte("tagBuild")})
	require.Error(t, err)
	assert.EqualValues(t, 1, executed.Load())
	_, err = c.Do(t.Context(), transport.Request{Method: "POST", URL: "http://" + l.Addr().String(), Body: []byte("tagBuild"), Idempotent: true})
	require.Error(t, err)
	assert.EqualValues(t, 6, executed.Load())
}
