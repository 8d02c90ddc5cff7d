// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Negotiator gives the tokens of a Kerberos login. Implementations must be
// safe for concurrent use.
type Negotiator interface {
	// Token returns a fresh SPNEGO token for the service HTTP on the host,
	// which comes without a port. A token is used once.
	Token(ctx context.Context, host string) ([]byte, error)
}

// NegotiationExplainer is implemented by a [Negotiator] that can tell from
// the token of a refusal why the hub refused.
type NegotiationExplainer interface {
	// Explain returns the reason, or nil if the token has none.
	Explain(host string, reply []byte) error
}

// authenticator logs a session in. With renew it sends the old session's
// headers, which are in r.
type authenticator interface {
	login(ctx context.Context, h *hub, s *login) error
}

// login is one login under way.
type login struct {
	renew     bool
	exclusive bool
	header    http.Header // the old session's, for renewals
	query     url.Values  // the same for hubs before 1.31
	reply     sessionReply
}

type sessionReply struct {
	ID         int    `xmlrpc:"session-id"`
	Key        string `xmlrpc:"session-key"`
	HeaderAuth bool   `xmlrpc:"header-auth"`
}

func (l *login) named(n Named) Named {
	if l.renew {
		n["renew"] = true
		n["exclusive"] = l.exclusive
	}
	return n
}

type passwordAuth struct{ user, password string }

func (a *passwordAuth) login(ctx context.Context, h *hub, l *login) error {
	args := []any{a.user, a.password}
	if l.renew {
		args = append(args, l.named(Named{}))
	}
	r := call{op: "login", args: args, result: &l.reply, read: true, header: l.header, query: l.query, hide: []string{a.password}}
	return h.send(ctx, h.tr, &r)
}

// sslLogin is the call that certificates and Kerberos share.
func (h *hub) sslLogin(ctx context.Context, tr *transport.Client, l *login, attempt func(*http.Request) error) error {
	named := l.named(Named{})
	if h.cfg.proxy != "" {
		named["proxyuser"] = h.cfg.proxy
	}
	if h.cfg.proxyAs != nil {
		named["proxyauthtype"] = int(*h.cfg.proxyAs)
	}
	var args []any
	if len(named) > 0 {
		args = []any{named}
	}
	r := call{op: "sslLogin", args: args, result: &l.reply, read: true, header: l.header, query: l.query, path: "/ssllogin", attempt: attempt}
	return h.send(ctx, tr, &r)
}

// certAuth logs in with a client certificate. How a server asks for one
// decides what works: at once, with whatever TLS there is; or late, for
// /ssllogin alone, which Go can only do over TLS 1.2 and HTTP/1.1.
type certAuth struct {
	certFile, keyFile string
	late              atomic.Bool // the late form has worked
}

func (a *certAuth) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(a.certFile, a.keyFile)
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	return &cert, nil
}

func (a *certAuth) login(ctx context.Context, h *hub, l *login) error {
	if !strings.HasPrefix(h.url, "https://") {
		return &Error{Op: "sslLogin", Msg: "a certificate login needs an https hub URL", Err: ErrInvalid}
	}
	if _, err := a.certificate(nil); err != nil {
		return &Error{Op: "sslLogin", Err: fmt.Errorf("%w: %w", ErrUnauthorized, err)}
	}
	if a.late.Load() {
		return a.attempt(ctx, h, l, true)
	}
	first := a.attempt(ctx, h, l, false)
	if first == nil || !asksLate(first) {
		return first
	}
	second := a.attempt(ctx, h, l, true)
	if second == nil {
		a.late.Store(true)
		return nil
	}
	e := &Error{Op: "sslLogin", Err: second}
	e.Msg = fmt.Sprintf("the server asks for the client certificate late, which Go supports over TLS 1.2 only: first try: %v; over TLS 1.2 with renegotiation: %v", cause(first), cause(second))
	if strings.Contains(second.Error(), "protocol version not supported") {
		e.Msg = "the server asks for the client certificate late and over TLS 1.3 only, which Go does not support: ask its administrator for SSLVerifyClient in the virtual host, or for TLS 1.2; " + e.Msg
	}
	var known *Error
	if errors.As(second, &known) {
		e.Status, e.Code = known.Status, known.Code
	}
	return e
}

// cause is an error's text without the words that its wrapper repeats.
func cause(err error) string {
	return strings.TrimPrefix(err.Error(), "koji: sslLogin: ")
}

// asksLate recognises the ways in which a server that asks for a certificate
// late turns down a client that can't do so.
func asksLate(err error) bool {
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusForbidden && e.Code == 0 {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "no renegotiation") || strings.Contains(text, "HTTP_1_1_REQUIRED")
}

func (a *certAuth) attempt(ctx context.Context, h *hub, l *login, late bool) error {
	t, err := h.cfg.transport()
	if err != nil {
		return &Error{Op: "sslLogin", Msg: err.Error(), Err: ErrInvalid}
	}
	// A second login on one connection would make the server renegotiate
	// again, which is refused.
	t.DisableKeepAlives = true
	t.TLSClientConfig.GetClientCertificate = a.certificate
	if late {
		t.TLSClientConfig.MaxVersion = tls.VersionTLS12
		t.TLSClientConfig.Renegotiation = tls.RenegotiateOnceAsClient
		t.TLSClientConfig.NextProtos = nil
		t.ForceAttemptHTTP2 = false
		t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	defer t.CloseIdleConnections()
	hc := http.Client{Transport: t}
	if h.cfg.http != nil {
		hc.Jar, hc.Timeout = h.cfg.http.Jar, h.cfg.http.Timeout
	}
	tr, err := h.transport(&hc, Retry{}, h.cfg.logger)
	if err != nil {
		return &Error{Op: "sslLogin", Msg: err.Error(), Err: ErrInvalid}
	}
	for try := 0; ; try++ {
		err := h.sslLogin(ctx, tr, l, nil)
		// Over TLS 1.3 a server's refusal of the certificate may be lost behind
		// the closing of the connection: ask again to hear it.
		if try < 2 && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)) {
			continue
		}
		return certAdvice(err)
	}
}

// certAdvice says in people's words what TLS alerts mean here.
func certAdvice(err error) error {
	if err == nil {
		return nil
	}
	for _, x := range [...]struct{ alert, advice string }{
		{"unknown certificate authority", "the server does not accept the authority that issued the client certificate"},
		{"expired certificate", "the client certificate has expired"},
		{"certificate required", "the server requires a client certificate and got none"},
		{"could not verify client", "the server did not verify the client certificate"},
	} {
		var e *Error
		if strings.Contains(err.Error(), x.alert) && errors.As(err, &e) {
			e.Msg = x.advice + ": " + e.Msg
			if e.Code == 0 {
				e.Err = fmt.Errorf("%w: %w", ErrUnauthorized, e.Err)
			}
			return e
		}
	}
	return err
}

// gssAuth logs in with Kerberos.
type gssAuth struct{ n Negotiator }

func (a *gssAuth) login(ctx context.Context, h *hub, l *login) error {
	u, err := url.Parse(h.url)
	if err != nil {
		return &Error{Op: "sslLogin", Msg: "hub URL does not parse", Err: ErrInvalid}
	}
	host := u.Hostname()
	var noToken error
	attempt := func(r *http.Request) error {
		token, err := a.n.Token(r.Context(), host)
		if noToken = err; err != nil {
			return err
		}
		r.Header.Set("Authorization", "Negotiate "+base64.StdEncoding.EncodeToString(token))
		return nil
	}
	err = h.sslLogin(ctx, h.tr, l, attempt)
	if noToken != nil {
		return &Error{Op: "sslLogin", Msg: noToken.Error(), Err: fmt.Errorf("%w: %w", ErrUnauthorized, noToken)}
	}
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		e.Err = ErrUnauthorized
		e.Msg = "the hub's web server refused the Kerberos ticket for HTTP/" + host
		if x, ok := a.n.(NegotiationExplainer); ok {
			if why := x.Explain(host, e.reply()); why != nil {
				e.Msg = why.Error()
				e.Err = fmt.Errorf("%w: %w", ErrUnauthorized, why)
			}
		}
	case e.Status == http.StatusForbidden:
		e.Msg = "the hub's web server wants a client certificate for logins, not Kerberos: " + e.Msg
	case e.Code == FaultAuth && strings.Contains(e.Msg, "could not verify client"):
		e.Msg = "this hub's ssllogin does not speak Kerberos: " + e.Msg
	}
	return e
}
