// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
)

// Login logs in now instead of at the first call, and anew when the hub has
// closed the session. Without credentials it fails with [ErrInvalid], when
// they are refused with [ErrUnauthorized] or [ErrForbidden]. It calls login or
// sslLogin.
func (c *Client) Login(ctx context.Context) error {
	if c.sess == nil {
		return invalid("login", "the client has no credentials")
	}
	return c.sess.enter(ctx, c.hub, true)
}

// Logout ends the session, and its subsessions with it. A later call logs in
// anew. Logging out where there is no session does nothing. It calls logout.
func (c *Client) Logout(ctx context.Context) error {
	s := c.sess
	if s == nil {
		return nil
	}
	s.mu.Lock()
	in, dead := s.in, s.closed
	s.mu.Unlock()
	if !in {
		return nil
	}
	var err error
	if !dead {
		err = c.Call(ctx, "logout", nil, nil)
	}
	if err == nil || errors.Is(err, FaultAuth) {
		s.mu.Lock()
		s.in, s.reply = false, sessionReply{}
		s.mu.Unlock()
		return nil
	}
	return err
}

// LogoutChild ends a subsession by its session's number. It calls logoutChild.
func (c *Client) LogoutChild(ctx context.Context, sessionID int) error {
	return c.Call(ctx, "logoutChild", []any{sessionID}, nil)
}

// Subsession opens a session below c's, with an order of its own: for calls
// that change something side by side. It ends with its own Logout or with c's.
// It calls subsession.
func (c *Client) Subsession(ctx context.Context) (*Client, error) {
	if c.sess == nil {
		return nil, invalid("subsession", "the client has no credentials")
	}
	sub := &Client{hub: c.hub, sess: newSession(&childAuth{parent: c})}
	if err := sub.sess.enter(ctx, sub.hub, false); err != nil {
		return nil, err
	}
	return sub, nil
}

// childAuth opens subsessions.
type childAuth struct{ parent *Client }

func (a *childAuth) login(ctx context.Context, _ *hub, l *login) error {
	if l.renew {
		return errNoRenewal
	}
	return a.parent.Call(ctx, "subsession", nil, &l.reply)
}

// ExclusiveSession makes the session the only one of its user; all others get
// faults until it ends. When another is exclusive it fails with
// [FaultAuthLock], unless force closes that one. It calls exclusiveSession.
func (c *Client) ExclusiveSession(ctx context.Context, force bool) error {
	var args []any
	if force {
		args = []any{Named{"force": true}}
	}
	err := c.Call(ctx, "exclusiveSession", args, nil)
	c.setExclusive(err, true)
	return err
}

// SharedSession gives up what [Client.ExclusiveSession] got. It calls
// sharedSession.
func (c *Client) SharedSession(ctx context.Context) error {
	err := c.Call(ctx, "sharedSession", nil, nil)
	c.setExclusive(err, false)
	return err
}

func (c *Client) setExclusive(err error, to bool) {
	if err == nil && c.sess != nil {
		c.sess.mu.Lock()
		c.sess.exclusive = to
		c.sess.mu.Unlock()
	}
}
