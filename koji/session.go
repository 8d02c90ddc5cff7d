// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	headerID      = "Koji-Session-Id"
	headerKey     = "Koji-Session-Key"
	headerCallnum = "Koji-Session-Callnum"
	// Hubs from 1.31 to 1.34 look for the number under this name by mistake.
	headerOldCallnum = "Koji-Callnum"
	headerVersion    = "Koji-Version"
)

// session is one ordered stream of calls at the hub. The hub wants each call
// that changes something to have a higher number than the one before, so
// numbered calls hold the stream from taking their number to their answer.
type session struct {
	auth   authenticator
	stream chan struct{} // held by the numbered call under way
	entry  chan struct{} // held while logging in, renewing, logging out

	mu        sync.Mutex // guards what follows
	reply     sessionReply
	in        bool
	closed    bool // the hub no longer knows the session
	exclusive bool
	callnum   int
	gen       int // counts logins and renewals
}

func newSession(a authenticator) *session {
	return &session{auth: a, stream: make(chan struct{}, 1), entry: make(chan struct{}, 1)}
}

func hold(ctx context.Context, lock chan struct{}) error {
	select {
	case lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sign puts the session's credentials on a call and returns the generation
// that they belong to.
func (s *session) sign(r *call) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.hide = append(r.hide[:0:0], s.reply.Key)
	number := ""
	if r.numbered {
		number = strconv.Itoa(s.callnum)
		s.callnum++
	}
	s.credentials(number, r.setCredentials)
	return s.gen
}

func (s *session) credentials(number string, set func(http.Header, url.Values)) {
	id := strconv.Itoa(s.reply.ID)
	h := http.Header{headerID: {id}, headerKey: {s.reply.Key}}
	if number != "" {
		h[headerCallnum] = []string{number}
		h[headerOldCallnum] = []string{number}
	}
	if s.reply.HeaderAuth {
		set(h, nil)
		return
	}
	// Hubs before 1.31 know no headers and want it in the query.
	q := url.Values{"session-id": {id}, "session-key": {s.reply.Key}}
	if number != "" {
		q.Set("callnum", number)
	}
	set(h, q)
}

// setCredentials keeps what else the call has in its query.
func (r *call) setCredentials(h http.Header, q url.Values) {
	r.header = h
	for _, k := range []string{"session-id", "session-key", "callnum"} {
		delete(r.query, k)
	}
	if r.query == nil && q != nil {
		r.query = url.Values{}
	}
	for k, v := range q {
		r.query[k] = v
	}
}

// do sends a call in the client's session, or without one.
func (c *Client) do(ctx context.Context, r *call) error {
	if err := r.encode(); err != nil {
		return err
	}
	s := c.sess
	if s == nil {
		return c.hub.patiently(ctx, r)
	}
	if err := s.enter(ctx, c.hub, false); err != nil {
		return failed(r.op, err)
	}
	switch {
	case r.rows != nil: // the caller may make other calls while reading
	case r.read:
		select {
		case s.stream <- struct{}{}:
			r.numbered = true
			defer func() { <-s.stream }()
		default: // beside the others, without a number
		}
	default:
		if err := hold(ctx, s.stream); err != nil {
			return failed(r.op, err)
		}
		r.numbered = true
		defer func() { <-s.stream }()
	}
	return s.run(ctx, c.hub, r)
}

// run sends a call until the session lets it through.
func (s *session) run(ctx context.Context, h *hub, r *call) error {
	for round := 0; ; round++ {
		gen := s.sign(r)
		err := h.patiently(ctx, r)
		var e *Error
		if err == nil || !errors.As(err, &e) || round == 3 || errors.Is(err, ErrOutcomeUnknown) || r.handed {
			return err
		}
		var again error
		switch {
		case e.Code == FaultAuthExpired:
			again = s.renew(ctx, h, gen)
		case e.Code == FaultAuth && strings.Contains(e.Msg, "Invalid session or bad credentials"):
			if s.generation() != gen {
				continue // renewed by another call in between
			}
			if !h.cfg.relogin {
				s.markClosed(gen)
				return err
			}
			s.markClosed(gen)
			again = s.enter(ctx, h, true)
		default:
			return err
		}
		if again != nil {
			return notRenewed(r.op, again)
		}
	}
}

// notRenewed is the error of a call that was not carried out because there is
// no session for it any more.
func notRenewed(op string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return broken(op, err)
	}
	out := *e
	out.Op = op
	out.Msg = "the session was not renewed: " + strings.TrimPrefix(e.Error(), "koji: ")
	return &out
}

// failed gives an error the operation that it belongs to.
func failed(op string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return broken(op, err)
}

func (s *session) generation() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gen
}

func (s *session) markClosed(gen int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gen == gen {
		s.closed = true
	}
}

// enter logs in if there is no session yet; with fresh also if the hub has
// closed the one there was.
func (s *session) enter(ctx context.Context, h *hub, fresh bool) error {
	if s.ready(fresh) {
		return nil
	}
	if err := hold(ctx, s.entry); err != nil {
		return err
	}
	defer func() { <-s.entry }()
	if s.ready(fresh) {
		return nil
	}
	l := &login{}
	if err := s.auth.login(ctx, h, l); err != nil {
		return err
	}
	return s.adopt(l)
}

func (s *session) ready(fresh bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in && !(fresh && s.closed)
}

func (s *session) adopt(l *login) error {
	if l.reply.ID == 0 || l.reply.Key == "" {
		return &Error{Op: "login", Msg: "the hub's answer holds no session", Err: ErrUnavailable}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply, s.in, s.closed = l.reply, true, false
	s.gen++
	if !l.renew { // a renewed session goes on with its call numbers: the hub keeps the last
		s.exclusive, s.callnum = false, 0
	}
	return nil
}

// renew gets a new key for an expired session, or a new session from hubs
// that can't renew. gen is the generation that has expired.
func (s *session) renew(ctx context.Context, h *hub, gen int) error {
	if err := hold(ctx, s.entry); err != nil {
		return err
	}
	defer func() { <-s.entry }()
	s.mu.Lock()
	if s.gen != gen {
		s.mu.Unlock()
		return nil
	}
	l := &login{renew: true, exclusive: s.exclusive}
	s.credentials(strconv.Itoa(s.callnum), func(h http.Header, q url.Values) { l.header, l.query = h, q })
	s.callnum++
	s.mu.Unlock()
	err := s.auth.login(ctx, h, l)
	// A renewal whose answer was lost leaves a session of which nobody has the
	// key: the next try with the old key is refused.
	if errors.Is(err, FaultParameter) || errors.Is(err, errNoRenewal) || refusesOld(err) {
		l = &login{}
		err = s.auth.login(ctx, h, l)
	}
	if err != nil {
		return err
	}
	return s.adopt(l)
}

func refusesOld(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == FaultAuth &&
		(strings.Contains(e.Msg, "Invalid session or bad credentials") || strings.Contains(e.Msg, "Already logged in"))
}

var errNoRenewal = errors.New("this kind of session is not renewed")

// patiently sends a call and, with WithOfflineWait, waits for an offline hub.
func (h *hub) patiently(ctx context.Context, r *call) error {
	var offline error
	for {
		err := h.send(ctx, h.tr, r)
		switch {
		case offline != nil && err != nil && ctx.Err() != nil:
			return &Error{Op: r.op, Msg: "gave up waiting: " + offline.Error(), Err: ctx.Err()}
		case h.cfg.offline == 0 || !errors.Is(err, FaultOffline):
			return err
		}
		offline = err
		if h.cfg.logger != nil {
			h.cfg.logger.InfoContext(ctx, "hub is offline, waiting", "op", r.op, "retry_in", h.cfg.offline, "error", err)
		}
		if err := sleep(ctx, h.cfg.offline); err != nil {
			return &Error{Op: r.op, Msg: "gave up waiting: " + offline.Error(), Err: err}
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
