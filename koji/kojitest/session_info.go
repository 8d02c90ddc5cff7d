// SPDX-License-Identifier: MIT

package kojitest

import (
	"fmt"
	"time"
)

func (c *call) sessionInfo() (any, *fault) {
	if c.session == nil {
		return nil, nil
	}
	if who := c.arg("user_id"); who != nil {
		if !c.isAdmin() {
			return nil, notAllowed("only admins or owner may see all active sessions")
		}
		u, f := c.h.user(who, true)
		if f != nil {
			return nil, f
		}
		rows := []any{}
		for _, s := range c.h.sessions.rows {
			if s.user == u && !s.closed {
				rows = append(rows, s.info(true))
			}
		}
		return rows, nil
	}
	return c.session.info(c.flag("details")), nil
}

func (s *sessionRow) info(details bool) record {
	r := record{
		"authtype": s.auth, "callnum": nil, "exclusive": nil, "expired": s.expired, "master": intOrNil(s.master),
		"renew_time": timeText(s.renewed), "renew_ts": timeNumber(s.renewed),
		"start_time": timeText(s.start), "start_ts": timeNumber(s.start),
		"update_time": timeText(s.update), "update_ts": timeNumber(s.update), "user_id": s.user.id,
	}
	if s.callnum >= 0 {
		r["callnum"] = s.callnum
	}
	if s.exclusive {
		r["exclusive"] = true
	}
	if details {
		r["id"], r["hostip"] = s.id, s.hostip()
	}
	return r
}

func (s *sessionRow) hostip() string {
	if s.address == "" {
		return "127.0.0.1"
	}
	return s.address
}

func (c *call) showSession() (any, *fault) {
	s := c.session
	if s == nil {
		return "session None: {'logged_in': False}", nil
	}
	data := fmt.Sprintf("{'authtype': %d, 'callnum': %s, 'exclusive': %s, 'expired': %s, 'master': %s, 'renew_time': %s, "+
		"'renew_ts': %s, 'start_time': %s, 'start_ts': %s, 'update_time': %s, 'update_ts': %s, 'user_id': %d}",
		s.auth, pyRepr(s.info(false)["callnum"]), pyRepr(s.info(false)["exclusive"]), pyRepr(s.expired),
		pyRepr(intOrNil(s.master)), pyTime(s.renewed), pyRepr(timeNumber(s.renewed)), pyTime(s.start),
		pyRepr(timeNumber(s.start)), pyTime(s.update), pyRepr(timeNumber(s.update)), s.user.id)
	return fmt.Sprintf("session %d: {'logged_in': True, 'id': %d, 'master': %s, 'key': '%s', 'user_id': %d, "+
		"'authtype': %d, 'hostip': '%s', 'user_data': {'name': %s, 'status': 0, 'usertype': %d}, 'message': '', "+
		"'exclusive': %s, 'lockerror': None, 'callnum': %d, '_perms': None, '_groups': None, '_host_id': '', 'session_data': %s}",
		s.id, s.id, pyRepr(intOrNil(s.master)), s.key, s.user.id, s.auth, s.hostip(), pyRepr(s.user.name),
		s.user.kind, pyRepr(s.exclusive), max(c.req.callnum, 0), data), nil
}

// pyTime is Python's repr of a time.
func pyTime(t time.Time) string {
	if t.IsZero() {
		return "None"
	}
	text := t.Format("2006, 1, 2, 15, 4, 5")
	if us := t.Nanosecond() / 1000; us != 0 {
		text += fmt.Sprintf(", %d", us)
	}
	return "datetime.datetime(" + text + ", tzinfo=datetime.timezone.utc)"
}

func (c *call) loggedInUser() (any, *fault) {
	if c.user == nil {
		return nil, nil
	}
	r := c.user.record(true)
	r["authtype"] = c.session.auth
	r["krb_principal"] = nil
	if len(c.user.principals) > 0 {
		r["krb_principal"] = c.user.principals[0]
	}
	return r, nil
}
