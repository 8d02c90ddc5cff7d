// SPDX-License-Identifier: MIT

package kerberos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/seed-f134cc8e/relkit/koji"
)

// Negotiator gives tokens from one source of credentials. It is safe for
// concurrent use.
type Negotiator struct {
	set    settings
	source source
}

var (
	_ koji.Negotiator           = (*Negotiator)(nil)
	_ koji.NegotiationExplainer = (*Negotiator)(nil)
)

// source makes a client that can get service tickets.
type source interface {
	client(ctx context.Context, conf *Conf, krb *config.Config, set settings) (*client.Client, error)
	name() string // of the principal or cache, for errors
}

// Option changes how a [Negotiator] works.
type Option func(*settings)

type settings struct {
	conf    string
	socket  string
	cname   func(ctx context.Context, host string) (string, error)
	now     func() time.Time
	noFAST  bool
	timeout time.Duration
}

// WithConfig names the krb5.conf to read, or several separated by colons,
// instead of KRB5_CONFIG and /etc/krb5.conf.
func WithConfig(path string) Option { return func(s *settings) { s.conf = path } }

// WithKCMSocket names the socket of the KCM daemon.
func WithKCMSocket(path string) Option { return func(s *settings) { s.socket = path } }

// WithoutFAST turns off the negotiation of FAST, which old KDCs of Active
// Directory answer wrongly.
func WithoutFAST() Option { return func(s *settings) { s.noFAST = true } }

// WithTimeout bounds each token where the context doesn't; without it that is
// a minute.
func WithTimeout(d time.Duration) Option { return func(s *settings) { s.timeout = d } }

func newNegotiator(src source, opts []Option) *Negotiator {
	n := &Negotiator{source: src, set: settings{now: time.Now, timeout: time.Minute, cname: net.DefaultResolver.LookupCNAME}}
	for _, o := range opts {
		o(&n.set)
	}
	return n
}

// FromKeytab logs principal ("build/host@REALM"; without @ in the default
// realm) in with a key from a keytab file, which is read at each token.
func FromKeytab(principal, file string, opts ...Option) (*Negotiator, error) {
	if principal == "" || file == "" {
		return nil, &Error{Msg: "a keytab login needs a principal and a file"}
	}
	return newNegotiator(&keytabSource{principal: principal, file: strings.TrimPrefix(file, "FILE:")}, opts), nil
}

// FromPassword logs principal in with a password.
func FromPassword(principal, password string, opts ...Option) (*Negotiator, error) {
	if principal == "" {
		return nil, &Error{Msg: "a password login needs a principal"}
	}
	return newNegotiator(&passwordSource{principal: principal, password: password}, opts), nil
}

// FromCCache uses the tickets in a credential cache: "FILE:/path", "DIR:/path",
// "KCM:" or a plain path; "" is the one that kinit fills. It is looked for at
// the first token.
func FromCCache(name string, opts ...Option) (*Negotiator, error) {
	return newNegotiator(&cacheSource{cache: name}, opts), nil
}

// Token implements koji.Negotiator. It returns a new SPNEGO token for the
// service HTTP on host.
func (n *Negotiator) Token(ctx context.Context, host string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, n.set.timeout)
	defer cancel()
	type result struct {
		token []byte
		err   error
	}
	// gokrb5 knows no contexts and may panic on odd input.
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r = result{err: &Error{Msg: "the Kerberos library failed", Err: fmt.Errorf("panic: %v", p)}}
			}
			done <- r
		}()
		r.token, r.err = n.token(ctx, host)
	}()
	select {
	case r := <-done:
		return r.token, r.err
	case <-ctx.Done():
		return nil, &Error{Msg: "no answer from a KDC yet", Err: ctx.Err()}
	}
}

func (n *Negotiator) token(ctx context.Context, host string) ([]byte, error) {
	conf, err := LoadConf(n.set.conf)
	if err != nil {
		return nil, err
	}
	if n.set.socket != "" {
		conf.KCMSocket = n.set.socket
	}
	krb, err := conf.library()
	if err != nil {
		return nil, err
	}
	cl, err := n.source.client(ctx, conf, krb, n.set)
	if err != nil {
		return nil, n.advise(err, host, conf)
	}
	defer cl.Destroy()
	tkt, key, err := cl.GetServiceTicket("HTTP/" + host)
	if err != nil && strings.Contains(err.Error(), "KDC_ERR_S_PRINCIPAL_UNKNOWN") && conf.Canonicalize {
		// As MIT's "fallback": the name as it was given first, then as DNS has it.
		if name, lerr := n.set.cname(ctx, host); lerr == nil {
			if name = strings.ToLower(strings.TrimSuffix(name, ".")); name != "" && name != host {
				if t, k, err2 := cl.GetServiceTicket("HTTP/" + name); err2 == nil {
					tkt, key, err = t, k, nil
				}
			}
		}
	}
	if err != nil {
		return nil, n.advise(err, host, conf)
	}
	return wrap(cl, tkt, key)
}

// wrap makes a SPNEGO token that asks for mutual authentication: only then
// does the answer to a refused token tell why.
func wrap(cl *client.Client, tkt messages.Ticket, key types.EncryptionKey) ([]byte, error) {
	req, err := spnego.NewKRB5TokenAPREQ(cl, tkt, key,
		[]int{gssapi.ContextFlagInteg, gssapi.ContextFlagConf, gssapi.ContextFlagMutual}, []int{flags.APOptionMutualRequired})
	if err != nil {
		return nil, &Error{Msg: "making the token failed", Err: err}
	}
	inner, err := req.Marshal()
	if err != nil {
		return nil, &Error{Msg: "making the token failed", Err: err}
	}
	token := spnego.SPNEGOToken{Init: true, NegTokenInit: spnego.NegTokenInit{MechTypes: mechanisms, MechTokenBytes: inner}}
	out, err := token.Marshal()
	if err != nil {
		return nil, &Error{Msg: "making the token failed", Err: err}
	}
	return out, nil
}

var mechanisms = []asn1.ObjectIdentifier{gssapi.OIDKRB5.OID()}

type keytabSource struct{ principal, file string }

func (s *keytabSource) name() string { return s.principal }

func (s *keytabSource) client(_ context.Context, conf *Conf, krb *config.Config, set settings) (*client.Client, error) {
	data, err := os.ReadFile(s.file)
	if err != nil {
		return nil, &Error{Msg: "the keytab does not read", Err: err}
	}
	if len(data) < 2 {
		return nil, &Error{Msg: "the keytab " + s.file + " is empty"}
	}
	kt := keytab.New()
	if err := kt.Unmarshal(data); err != nil {
		return nil, &Error{Msg: s.file + " is no keytab", Err: err}
	}
	user, realm := split(s.principal, conf)
	if !holds(kt, user, realm) {
		return nil, &Error{Msg: fmt.Sprintf("the keytab %s has no key for %s@%s: list it with klist -k %s", s.file, user, realm, s.file)}
	}
	cl := client.NewWithKeytab(user, realm, kt, krb, client.DisablePAFXFAST(set.noFAST))
	return cl, login(cl)
}

// holds tells whether a keytab has a key of a principal.
func holds(kt *keytab.Keytab, user, realm string) bool {
	for _, e := range kt.Entries {
		if e.Principal.Realm == realm && strings.Join(e.Principal.Components, "/") == user {
			return true
		}
	}
	return false
}

type passwordSource struct{ principal, password string }

func (s *passwordSource) name() string { return s.principal }

func (s *passwordSource) client(_ context.Context, conf *Conf, krb *config.Config, set settings) (*client.Client, error) {
	user, realm := split(s.principal, conf)
	cl := client.NewWithPassword(user, realm, s.password, krb, client.DisablePAFXFAST(set.noFAST))
	return cl, login(cl)
}

func login(cl *client.Client) error {
	if cl.Credentials.Domain() == "" {
		return &Error{Msg: "no realm: krb5.conf names no default_realm; give the principal as user@REALM"}
	}
	if err := cl.Login(); err != nil {
		cl.Destroy()
		return err
	}
	return nil
}

func split(principal string, conf *Conf) (user, realm string) {
	if i := strings.LastIndexByte(principal, '@'); i >= 0 {
		return principal[:i], principal[i+1:]
	}
	return principal, conf.DefaultRealm
}

// An Error says what is wrong and what helps.
type Error struct {
	Msg string
	Err error // the words of the library, the KDC or the system; nil if there are none
}

// Error returns the advice, and the raw words behind it.
func (e *Error) Error() string {
	if e.Err == nil {
		return "kerberos: " + e.Msg
	}
	return "kerberos: " + e.Msg + ": " + strings.TrimSpace(e.Err.Error())
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
