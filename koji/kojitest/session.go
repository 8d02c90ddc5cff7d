// SPDX-License-Identifier: MIT

package kojitest

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// Ways of logging in, as authtype says them.
const (
	authPassword = 0
	authSSL      = 2
	authGSSAPI   = 3
)

type sessionRow struct {
	id        int
	key       string
	user      *userRow
	auth      int
	principal string
	master    int
	exclusive bool
	closed    bool
	expired   bool
	callnum   int // the last committed one; -1 before
	start     time.Time
	update    time.Time
	renewed   time.Time
	renewals  int
	address   string
}

// retryable are the methods that may be repeated under a call number that was
// already used: they do the same thing twice without harm.
var retryable = map[string]bool{
	"host.taskWait": true, "host.taskUnwait": true, "host.taskSetWait": true, "host.updateHost": true,
	"host.setBuildRootState": true, "repoExpire": true, "repoDelete": true, "repoProblem": true,
}

// authenticate finds the session of a request and checks its call number.
func (c *call) authenticate() *fault {
	r := c.req
	if r.missing != "" {
		return authError("'%s' not specified in session args", r.missing)
	}
	if !r.hasSession {
		return nil
	}
	h := c.h
	s := h.sessions.get(r.session)
	if s == nil || s.key != r.key || s.closed || r.address != "" && s.address != "" && r.address != s.address {
		return authError("Invalid session or bad credentials")
	}
	if timeout := h.sessionTimeout(); timeout > 0 {
		since := s.start
		if s.renewed.After(since) {
			since = s.renewed
		}
		if h.now.Sub(since) > timeout {
			s.expired = true
		}
	}
	c.session = s
	if s.expired {
		if !r.renewal() {
			return faultf(codeAuthExpired, `session "%d" has expired`, s.id)
		}
		return nil
	}
	if r.callnum >= 0 && s.callnum >= 0 {
		if s.callnum > r.callnum {
			return faultf(codeSequence, "%d > %d (session %d)", s.callnum, r.callnum, s.id)
		}
		if s.callnum == r.callnum && !retryable[r.method] {
			return faultf(codeRetry, "unable to retry call %d (method %s) for session %d", r.callnum, r.method, s.id)
		}
	}
	if s.user.blocked {
		return authError("logins by %s are not allowed", s.user.name)
	}
	s.update = h.now
	c.user = s.user
	switch r.method {
	case "exclusiveSession", "login", "sslLogin", "logout":
	default:
		if x := h.exclusiveOf(s.user); x != nil && x != s && x.id != s.master {
			return faultf(codeAuthLock, "User locked by another session")
		}
	}
	return nil
}

func (h *Hub) sessionTimeout() time.Duration {
	switch t := h.seed.SessionTimeout; {
	case t == 0:
		return 24 * time.Hour
	case t < 0:
		return 0
	default:
		return t
	}
}

func (h *Hub) exclusiveOf(u *userRow) *sessionRow {
	for _, s := range h.sessions.rows {
		if s.user == u && s.exclusive && !s.closed {
			return s
		}
	}
	return nil
}

func sessionMethods(m map[string]handler) {
	m["login"] = (*call).passwordLogin
	m["sslLogin"] = (*call).sslLogin
	m["logout"] = (*call).logout
	m["logoutChild"] = (*call).logoutChild
	m["subsession"] = (*call).subsession
	m["exclusiveSession"] = (*call).exclusiveSession
	m["sharedSession"] = (*call).sharedSession
	m["getSessionInfo"] = (*call).sessionInfo
	m["showSession"] = (*call).showSession
	m["getLoggedInUser"] = (*call).loggedInUser
}

// Logins take their arguments through *args, **opts; these are the
// signatures behind.
var (
	loginSignature     = parseSignature("login(user, password, opts=None, renew=False, exclusive=False)")
	sslLoginSignature  = parseSignature("sslLogin(proxyuser=None, proxyauthtype=None, renew=False, exclusive=None)")
	exclusiveSignature = parseSignature("makeExclusive(force=False)")
)

func (c *call) rebind(m *method) *fault {
	as := *m
	as.python, as.self = "Session."+m.name, true
	bound, _, _, f := as.bind(c.rest, c.kw)
	c.args = bound
	return f
}

func (c *call) passwordLogin() (any, *fault) {
	if f := c.rebind(loginSignature); f != nil {
		return nil, f
	}
	password, _ := c.arg("password").(string)
	if password == "" {
		return nil, authError("invalid username or password")
	}
	if c.user != nil {
		return nil, authError("Already logged in")
	}
	name, _ := c.arg("user").(string)
	u := c.h.userByName[name]
	if u == nil || u.password == "" || u.password != password {
		return nil, authError("invalid username or password")
	}
	return c.openSession(u, authPassword, "")
}

// openSession makes a session, or renews the expired one that the request
// came with.
func (c *call) openSession(u *userRow, auth int, principal string) (any, *fault) {
	if u.blocked {
		return nil, authError("logins by %s are not allowed", u.name)
	}
	h := c.h
	s := c.session
	if s != nil && c.flag("renew") {
		if s.user != u {
			return nil, authError("Invalid session or bad credentials")
		}
		next := *s
		next.renewed, next.update, next.expired = h.now, h.now, false
		next.renewals = s.renewals + 1
		next.key = sessionKey(u.id, s.id, next.renewals)
		set(c.tx, s, next)
	} else {
		s = c.newSession(u, auth, 0)
		s.principal = principal
	}
	c.user = u
	if c.flag("exclusive") && !s.exclusive {
		if f := c.makeExclusive(s, false); f != nil {
			return nil, f
		}
	}
	return s.credentials(), nil
}

func (c *call) newSession(u *userRow, auth, master int) *sessionRow {
	h := c.h
	id := h.sessions.next()
	s := &sessionRow{id: id, key: sessionKey(u.id, id, 0), user: u, auth: auth, master: master,
		callnum: -1, start: h.now, update: h.now}
	if c.req != nil {
		s.address = c.req.address
	}
	h.sessions.insert(c.tx, id, s)
	return s
}

// sessionKey has the form of a real key; the same session of the same hub
// gets the same one.
func sessionKey(user, session, renewals int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%d", user, session, renewals))
	key := make([]byte, 19)
	for i := range key {
		key[i] = letters[int(sum[i])%len(letters)]
	}
	return fmt.Sprintf("%d-%s", user, key)
}

func (s *sessionRow) credentials() record {
	return record{"session-id": s.id, "session-key": s.key, "header-auth": true}
}

func (c *call) sslLogin() (any, *fault) {
	if f := c.rebind(sslLoginSignature); f != nil {
		return nil, f
	}
	if c.user != nil {
		return nil, authError("Already logged in")
	}
	who, auth := c.req.principal, authGSSAPI
	if who == "" {
		who, auth = c.req.certificate, authSSL
	}
	if who == "" {
		return nil, authError("could not verify client: NONE")
	}
	var principal string
	if auth == authGSSAPI {
		principal = who
	}
	if proxied := c.arg("proxyuser"); proxied != nil {
		dn := who
		if auth == authSSL {
			dn = c.req.subject
		}
		allowed := false
		for _, p := range c.h.seed.Proxies {
			allowed = allowed || p == who || p == dn
		}
		if !allowed {
			return nil, authError("%s is not authorized to login other users", dn)
		}
		if t := c.arg("proxyauthtype"); t != nil {
			if n, _ := asInt(t); n != auth {
				return nil, authError("Proxy must use same auth mechanism as hub " +
					"(behaviour can be overriden via AllowProxyAuthType hub option)")
			}
		}
		who, principal = pyText(proxied), ""
	}
	u := c.loginUser(who)
	if u == nil {
		return nil, authError("Unknown user: %s", who)
	}
	return c.openSession(u, auth, principal)
}

func (c *call) logout() (any, *fault) {
	if c.user == nil {
		return nil, authError("Not logged in")
	}
	id := c.session.id
	if n, ok, _ := c.number("session_id"); ok {
		s := c.h.sessions.get(n)
		if s == nil || s.user != c.user && !c.isAdmin() {
			return nil, notAllowed("only admins or owner may logout other session")
		}
		id = n
	}
	for _, s := range c.h.sessions.rows {
		if s.id == id || s.master == id {
			set(c.tx, &s.closed, true)
			set(c.tx, &s.exclusive, false)
		}
	}
	return nil, nil
}

func (c *call) logoutChild() (any, *fault) {
	if c.user == nil {
		return nil, authError("Not logged in")
	}
	n, _, f := c.number("session_id")
	if f != nil {
		return nil, f
	}
	if s := c.h.sessions.get(n); s != nil && s.master == c.session.id {
		set(c.tx, &s.closed, true)
	}
	return nil, nil
}

func (c *call) subsession() (any, *fault) {
	if c.user == nil {
		return nil, authError("Not logged in")
	}
	master := c.session.master
	if master == 0 {
		master = c.session.id
	}
	return c.newSession(c.user, c.session.auth, master).credentials(), nil
}

func (c *call) exclusiveSession() (any, *fault) {
	if f := c.rebind(exclusiveSignature); f != nil {
		return nil, f
	}
	if c.session == nil {
		return nil, authError("Not logged in")
	}
	return nil, c.makeExclusive(c.session, c.flag("force"))
}

func (c *call) makeExclusive(s *sessionRow, force bool) *fault {
	if s.master != 0 {
		return generic("subsessions cannot become exclusive")
	}
	if s.exclusive {
		return generic("session is already exclusive")
	}
	if x := c.h.exclusiveOf(s.user); x != nil {
		if !force {
			return faultf(codeAuthLock, "Cannot get exclusive session")
		}
		set(c.tx, &x.closed, true)
		set(c.tx, &x.exclusive, false)
	}
	set(c.tx, &s.exclusive, true)
	return nil
}

func (c *call) sharedSession() (any, *fault) {
	if c.session == nil {
		return nil, authError("Not logged in")
	}
	set(c.tx, &c.session.exclusive, false)
	return nil, nil
}
