// SPDX-License-Identifier: MIT

package koji_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

const sessionReply = `<methodResponse><params><param><value><struct><member><name>session-id</name><value><int>5</int></value></member>` +
	`<member><name>session-key</name><value><string>sesame-key</string></value></member><member><name>header-auth</name><value><boolean>1</boolean></value></member>` +
	`</struct></value></param></params></methodResponse>`

// secure starts a TLS server that answers logins with a session.
func secure(t *testing.T, conf *tls.Config, h http.HandlerFunc) (*httptest.Server, koji.Option) {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.TLS = conf
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return srv, koji.WithRootCAs(pool)
}

func answer200(w http.ResponseWriter, doc string) {
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, doc)
}

func TestCertificateLogin(t *testing.T) {
	srv, roots := secure(t, &tls.Config{ClientAuth: tls.RequestClientCert}, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/kojihub/ssllogin":
			answer200(w, nilReply)
		case len(r.TLS.PeerCertificates) == 0:
			answer200(w, `<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1002</int></value></member><member><name>faultString</name><value>could not verify client: NONE</value></member></struct></value></fault></methodResponse>`)
		default:
			answer200(w, sessionReply)
		}
	})
	c, err := koji.NewClient(srv.URL+"/kojihub", roots, koji.WithClientCert(clientCert(t), ""))
	require.NoError(t, err)
	require.NoError(t, c.Login(t.Context()))
	require.NoError(t, c.Call(t.Context(), "hello", nil, nil))
}

func TestACertificateThatIsAskedForLateIsGivenOverTLS12(t *testing.T) {
	var early, late atomic.Int32
	srv, roots := secure(t, &tls.Config{ClientAuth: tls.RequestClientCert}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/kojihub/ssllogin" {
			answer200(w, nilReply)
			return
		}
		// As Apache: after the handshake nothing can be asked for over TLS 1.3.
		if r.TLS.Version > tls.VersionTLS12 || r.ProtoMajor > 1 {
			early.Add(1)
			http.Error(w, "<html><title>403 Forbidden</title>Reason: Cannot perform Post-Handshake Authentication.</html>", http.StatusForbidden)
			return
		}
		late.Add(1)
		answer200(w, sessionReply)
	})
	c, err := koji.NewClient(srv.URL+"/kojihub", roots, koji.WithClientCert(clientCert(t), ""))
	require.NoError(t, err)
	require.NoError(t, c.Login(t.Context()))
	assert.EqualValues(t, 1, early.Load())
	require.NoError(t, c.Logout(context.WithoutCancel(t.Context())), "the other calls go over the usual transport")
	before := early.Load()
	require.NoError(t, c.Login(t.Context()))
	assert.Equal(t, before, early.Load(), "what worked once is tried first")
	assert.EqualValues(t, 2, late.Load())
}

func TestCertificateLoginsThatCanNotWorkSayWhy(t *testing.T) {
	forbidden := func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) }
	for name, c := range map[string]struct {
		conf *tls.Config
		text string
		is   error
	}{
		"late and over TLS 1.3 only": {&tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}, "TLS 1.3 only, which Go does not support", nil},
		"an unknown authority":       {&tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(), MaxVersion: tls.VersionTLS12}, "does not accept the authority", koji.ErrUnauthorized},
		"forbidden in both ways":     {&tls.Config{ClientAuth: tls.RequestClientCert}, "over TLS 1.2 with renegotiation: HTTP 403", koji.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			srv, roots := secure(t, c.conf, forbidden)
			client, err := koji.NewClient(srv.URL+"/kojihub", roots, koji.WithClientCert(clientCert(t), ""), koji.WithRetry(koji.Retry{}))
			require.NoError(t, err)
			err = client.Login(t.Context())
			assert.ErrorContains(t, err, c.text)
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
		})
	}
	client, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithClientCert("x.pem", ""))
	require.NoError(t, err)
	assert.ErrorIs(t, client.Login(t.Context()), koji.ErrInvalid, "a certificate needs https")
	client, err = koji.NewClient("https://koji.example.com/kojihub", koji.WithClientCert("nope.pem", ""))
	require.NoError(t, err)
	err = client.Login(t.Context())
	assert.ErrorIs(t, err, koji.ErrUnauthorized)
	assert.ErrorContains(t, err, "nope.pem")
	_, err = koji.NewClient("https://koji.example.com/kojihub", koji.WithClientCert("x.pem", ""), koji.WithHTTPClient(&http.Client{Transport: roundTrip(nil)}))
	assert.ErrorIs(t, err, koji.ErrInvalid, "a RoundTripper of the caller's can't be given a certificate")
}

// counting gives a new token at each call.
type counting struct {
	n    atomic.Int32
	fail error
}

func (c *counting) Token(context.Context, string) ([]byte, error) {
	if c.fail != nil {
		return nil, c.fail
	}
	return []byte{byte('a' + c.n.Add(1))}, nil
}

func (c *counting) Explain(host string, reply []byte) error {
	if string(reply) == "SKEW" {
		return errors.New("clock difference to " + host)
	}
	return nil
}

func TestKerberosLogin(t *testing.T) {
	seed := small()
	used := map[string]bool{}
	seed.Negotiate = func(token string) (string, bool) {
		if used[token] {
			return "", false
		}
		used[token] = true
		return "alice@EXAMPLE.COM", true
	}
	seed.Users = []kojitest.User{{Name: "alice", Principals: []string{"alice@EXAMPLE.COM"}}}
	hub := kojitest.NewHub(seed)
	n := &counting{}
	c := connect(t, hub, koji.WithNegotiator(n))
	u, err := c.LoggedInUser(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "alice@EXAMPLE.COM", u.Principal)
	assert.Equal(t, koji.AuthGSSAPI, u.Auth)
	hub.ExpireSessions()
	hub.Fail("sslLogin", kojitest.CutBefore())
	_, err = c.LoggedInUser(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 3, n.n.Load(), "each attempt has a token of its own")
}

func TestKerberosRefusalsAreExplained(t *testing.T) {
	for name, c := range map[string]struct {
		reply  string
		status int
		body   string
		is     error
		text   string
	}{
		"a reason in the token": {"Negotiate " + base64.StdEncoding.EncodeToString([]byte("SKEW")), 401, "<html>", koji.ErrUnauthorized, "clock difference to koji.example.com"},
		"a bare refusal":        {"Negotiate", 401, "<html>", koji.ErrUnauthorized, "refused the Kerberos ticket for HTTP/koji.example.com"},
		"certificates only":     {"", 200, `<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1002</int></value></member><member><name>faultString</name><value>could not verify client: NONE</value></member></struct></value></fault></methodResponse>`, koji.FaultAuth, "does not speak Kerberos"},
		"a certificate first":   {"", 403, "no", koji.ErrForbidden, "wants a client certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			rt := roundTrip(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: c.status, Header: http.Header{"Www-Authenticate": {c.reply}}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
			})
			client, err := koji.NewClient("https://koji.example.com:8443/kojihub", koji.WithHTTPClient(&http.Client{Transport: rt}), koji.WithNegotiator(&counting{}))
			require.NoError(t, err)
			err = client.Login(t.Context())
			assert.ErrorIs(t, err, c.is)
			assert.ErrorContains(t, err, c.text)
		})
	}
	noTicket := errors.New("no ticket: run kinit")
	client, err := koji.NewClient("https://koji.example.com/kojihub", koji.WithNegotiator(&counting{fail: noTicket}))
	require.NoError(t, err)
	err = client.Login(t.Context())
	assert.ErrorIs(t, err, noTicket)
	assert.ErrorIs(t, err, koji.ErrUnauthorized)
	assert.NotErrorIs(t, err, koji.ErrUnavailable)
}

func TestProxyUsers(t *testing.T) {
	seed := small()
	seed.Negotiate = func(string) (string, bool) { return "compose@EXAMPLE.COM", true }
	seed.Proxies = []string{"compose@EXAMPLE.COM"}
	hub := kojitest.NewHub(seed)
	c := connect(t, hub, koji.WithNegotiator(&counting{}), koji.WithProxyUser("bob"))
	u, err := c.LoggedInUser(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "bob", u.Name)

	seed.Proxies = nil
	c = connect(t, kojitest.NewHub(seed), koji.WithNegotiator(&counting{}), koji.WithProxyUser("bob"))
	err = c.Login(t.Context())
	assert.ErrorIs(t, err, koji.ErrForbidden)
	assert.ErrorContains(t, err, "not authorized to login other users")
}
