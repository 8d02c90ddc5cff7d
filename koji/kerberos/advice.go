// SPDX-License-Identifier: MIT

package kerberos

import (
	"fmt"
	"net"
	"strings"

	"github.com/jcmturner/gokrb5/v8/spnego"
)

// advise turns the flat texts of gokrb5 and KDCs into what helps.
func (n *Negotiator) advise(err error, host string, conf *Conf) error {
	if e, ok := asError(err); ok {
		return e
	}
	text := err.Error()
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	who := n.source.name()
	_, realm := split(who, conf)
	msg := "getting a ticket for HTTP/" + host + " failed"
	switch {
	case has("clock skew with KDC too large", "KRB_AP_ERR_SKEW"):
		// Before the words about password or keytab, which stand in one line with it.
		msg = "the clocks of this machine and the KDC differ by more than five minutes: check with timedatectl"
	case has("KRB_AP_ERR_TKT_NYV"):
		msg = "the ticket is not valid yet: it was issued by a KDC whose clock is ahead, or this KDC's is behind; check clocks with timedatectl, then run kinit"
	case has("KDC_ERR_S_PRINCIPAL_UNKNOWN"):
		msg = fmt.Sprintf("there is no service HTTP/%s in the realm: use the hub's canonical name in its URL", host)
		if net.ParseIP(host) != nil {
			msg = fmt.Sprintf("the hub's URL has the address %s: use its host name", host)
		}
	case has("KDC_ERR_C_PRINCIPAL_UNKNOWN"):
		msg = fmt.Sprintf("there is no principal %s in realm %s", who, realm)
	case has("KDC_ERR_KEY_EXPIRED"):
		msg = "the password of " + who + " has expired: change it with kpasswd"
	case has("KDC_ERR_CLIENT_REVOKED"):
		msg = "the account of " + who + " is locked"
	case has("integrity verification failed", "KDC_ERR_PREAUTH_FAILED"):
		msg = "wrong password for " + who + ", or its keytab is outdated"
	case has("no user credentials available"):
		msg = "the ticket in " + who + " has expired: run kinit"
	case has("TGT not found in CCache"):
		msg = "there is no ticket in " + who + ": run kinit"
	case has("no KDCs defined in configuration", "no KDC SRV records"):
		msg = "no KDC is known for the realm: krb5.conf names none and DNS has none"
	case has("connection refused", "i/o timeout", "no such host", "failed to communicate with KDC", "communication error with KDC"):
		msg = "no KDC answers"
	}
	return &Error{Msg: msg, Err: err}
}

// Explain implements koji.NegotiationExplainer: it reads the token that came
// with a refusal.
func (n *Negotiator) Explain(host string, reply []byte) (why error) {
	defer func() {
		if recover() != nil { // the bytes are the server's
			why = nil
		}
	}()
	if len(reply) == 0 {
		return nil
	}
	var token spnego.SPNEGOToken
	if err := token.Unmarshal(reply); err != nil || !token.Resp {
		return nil
	}
	var inner spnego.KRB5Token
	if err := inner.Unmarshal(token.NegTokenResp.ResponseToken); err != nil || !inner.IsKRBError() {
		return nil
	}
	const repeat, skew, notUs, badVersion = 34, 37, 35, 44
	code := inner.KRBError.ErrorCode
	raw := fmt.Errorf("KRB-ERROR %d", code)
	switch code {
	case repeat:
		return &Error{Msg: "the token was used twice", Err: raw}
	case notUs:
		return &Error{Msg: fmt.Sprintf("the hub does not hold the key for HTTP/%s: use its canonical name in the URL", host), Err: raw}
	case skew:
		return &Error{Msg: "the clocks of this machine and " + host + " differ by more than five minutes", Err: raw}
	case badVersion:
		return &Error{Msg: fmt.Sprintf("the hub's key for HTTP/%s is outdated; its administrator must renew the keytab", host), Err: raw}
	}
	return &Error{Msg: "the hub refused the ticket", Err: raw}
}
