// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

func TestLoginsAreRefusedInTheHubsWords(t *testing.T) {
	seed := small()
	seed.Users = append(seed.Users, kojitest.User{Name: "dave", Password: "d", Blocked: true}, kojitest.User{Name: "nopw"})
	c := &caller{t: t, hub: kojitest.NewHub(seed)}
	c.fails(1002, "invalid username or password", "login", "alice", "x")
	c.fails(1002, "invalid username or password", "login", "alice", "")
	c.fails(1002, "invalid username or password", "login", "nobody", "x")
	c.fails(1002, "invalid username or password", "login", "nopw", "")
	c.fails(1002, "invalid username or password", "login", "dave", "x")
	c.fails(1002, "logins by dave are not allowed", "login", "dave", "d")
	c.fails(1002, "could not verify client: NONE", "sslLogin")
	c.fails(1002, "Not logged in", "logout")
	c.login("alice", "wonder")
	c.fails(1002, "Already logged in", "login", "alice", "wonder")
	c.key += "x"
	c.fails(1002, "Invalid session or bad credentials", "getLoggedInUser")
}

func TestOnlyOneSessionOfAUserIsExclusive(t *testing.T) {
	hub := kojitest.NewHub(small())
	a, b := &caller{t: t, hub: hub}, &caller{t: t, hub: hub}
	a.login("alice", "wonder")
	b.login("alice", "wonder")
	a.must("exclusiveSession")
	b.fails(1006, "User locked by another session", "getLoggedInUser")
	b.fails(1006, "Cannot get exclusive session", "exclusiveSession")
	b.must("exclusiveSession", opts("force", true))
	a.fails(1002, "Invalid session or bad credentials", "getLoggedInUser")
	b.must("sharedSession")

	child := b.must("subsession").(map[string]any)
	sub := &caller{t: t, hub: hub, session: toText(child["session-id"]), key: child["session-key"].(string)}
	assert.Equal(t, "alice", sub.must("getLoggedInUser").(map[string]any)["name"])
	sub.fails(1000, "subsessions cannot become exclusive", "exclusiveSession")
	b.must("logout")
	sub.fails(1002, "Invalid session or bad credentials", "getLoggedInUser")
}

func TestARenewedSessionHasANewKeyAndItsCallNumber(t *testing.T) {
	seed := small()
	seed.SessionTimeout = time.Hour
	hub := kojitest.NewHub(seed)
	c := &caller{t: t, hub: hub, callnum: ""}
	c.login("alice", "wonder")
	c.callnum = "7"
	c.must("untagBuild", "f42", "emacs-30.1-2.fc42")
	hub.Advance(2 * time.Hour)
	c.fails(1007, `session "1" has expired`, "getLoggedInUser")
	c.fails(1007, `session "1" has expired`, "login", "alice", "wonder")
	old := c.key
	c.callnum = "8"
	s := c.must("login", "alice", "wonder", opts("renew", true)).(map[string]any)
	assert.Equal(t, int64(1), s["session-id"])
	assert.NotEqual(t, old, s["session-key"])
	c.fails(1002, "Invalid session or bad credentials", "getLoggedInUser")
	c.key, c.callnum = s["session-key"].(string), "0"
	c.fails(1008, "7 > 0 (session 1)", "untagBuild", "f42", "bash-5.2.32-1.fc42")
	c.callnum = "9"
	c.must("untagBuild", "f42", "bash-5.2.32-1.fc42")
	c.callnum = "10"
	c.fails(1002, "Already logged in", "login", "alice", "wonder", opts("renew", true))
}

func TestCredentialsInTheQueryAreTaken(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := &caller{t: t, hub: hub}
	c.login("alice", "wonder")
	anonymous := &caller{t: t, hub: hub}
	body, err := xmlrpc.EncodeCall("getLoggedInUser", nil)
	require.NoError(t, err)
	read := func(path string) (v any, err error) {
		resp := anonymous.post(path, string(body))
		return v, decode(resp.Body, &v)
	}
	v, err := read("/kojihub?session-id=" + c.session + "&session-key=" + c.key + "&callnum=3")
	require.NoError(t, err)
	assert.Equal(t, "alice", v.(map[string]any)["name"])
	_, err = read("/kojihub?session-id=" + c.session)
	wantFault(t, err, 1002, "'session-key' not specified in session args")
}

func TestAPrincipalLogsInAndBecomesAUser(t *testing.T) {
	seed := small()
	seed.Proxies = []string{"alice@EXAMPLE.COM"}
	seed.Negotiate = func(token string) (string, bool) { return strings.CutPrefix(token, "for ") }
	hub := kojitest.NewHub(seed)
	login := func(token string, params ...any) (*http.Response, any, error) {
		body, err := xmlrpc.EncodeCall("sslLogin", params)
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/kojihub/ssllogin", strings.NewReader(string(body)))
		if token != "" {
			r.Header.Set("Authorization", "Negotiate "+token)
		}
		w := httptest.NewRecorder()
		hub.ServeHTTP(w, r)
		var v any
		if w.Code == http.StatusOK {
			err = decode(w.Body, &v)
		}
		return w.Result(), v, err
	}
	resp, _, _ := login("")
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.Equal(t, "Negotiate", resp.Header.Get("WWW-Authenticate"))
	resp, v, err := login("for gina@EXAMPLE.COM")
	require.NoError(t, err)
	assert.NotEqual(t, "Negotiate", resp.Header.Get("WWW-Authenticate"))
	s := v.(map[string]any)
	c := &caller{t: t, hub: hub, session: toText(s["session-id"]), key: s["session-key"].(string)}
	me := c.must("getLoggedInUser").(map[string]any)
	assert.Equal(t, "gina", me["name"])
	assert.Equal(t, int64(3), me["authtype"])
	assert.Equal(t, "gina@EXAMPLE.COM", me["krb_principal"])
	_, _, err = login("for gina@EXAMPLE.COM", "admin")
	wantFault(t, err, 1002, "gina@EXAMPLE.COM is not authorized to login other users")
	_, _, err = login("for alice@EXAMPLE.COM", "admin", 2)
	wantFault(t, err, 1002, "Proxy must use same auth mechanism as hub (behaviour can be overriden via AllowProxyAuthType hub option)")
	_, _, err = login("for alice@EXAMPLE.COM", "admin")
	assert.NoError(t, err)
}

func TestACertificateLogsIn(t *testing.T) {
	hub := kojitest.NewHub(small())
	body, err := xmlrpc.EncodeCall("sslLogin", nil)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/kojihub/ssllogin", strings.NewReader(string(body)))
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Subject: pkix.Name{CommonName: "alice"}}}}
	w := httptest.NewRecorder()
	hub.ServeHTTP(w, r)
	var v any
	require.NoError(t, decode(w.Body, &v))
	assert.Contains(t, v, "session-key")
}

func TestABuilderPlaysItsPart(t *testing.T) {
	seed := small()
	seed.Builder.Manual = true
	seed.Hosts = []kojitest.Host{{Name: "builder01", Password: "b", Arches: "x86_64"}}
	hub := kojitest.NewHub(seed)
	client := clientOf(t, hub, "alice", "wonder")
	id := submit(t, client, "zlib", "zlib-2-1")
	alice := &caller{t: t, hub: hub}
	alice.login("alice", "wonder")
	alice.fails(1002, "User 2 is not a host", "host.getID")
	b := &caller{t: t, hub: hub}
	b.login("builder01", "b")
	b.fails(1002, "This method requires an exclusive session", "host.getID")
	b.must("exclusiveSession")
	b.must("host.updateHost", 0.5, true)
	assert.Nil(t, b.must("host.openTask", id), "not ours before it is assigned")
	admin := &caller{t: t, hub: hub}
	admin.login("admin", "secret")
	assert.Equal(t, true, admin.must("assignTask", id, "builder01"))
	opened := b.must("host.openTask", id).(map[string]any)
	assert.Contains(t, opened["request"], "<methodName>build</methodName>")
	child := b.must("host.subtask", "buildArch", []any{"x"}, id, opts("label", "x86_64", "arch", "x86_64"))
	assert.Equal(t, child, b.must("host.subtask", "buildArch", []any{"x"}, id, opts("label", "x86_64")), "the same label is the same task")
	b.must("host.taskSetWait", id, []any{child})
	assert.Equal(t, []any{[]any{}, []any{child}}, b.must("host.taskWait", id))
	admin.must("assignTask", child, "builder01")
	b.must("host.openTask", child)
	b.must("host.failTask", child, string(xmlrpc.EncodeFault(xmlrpc.FaultError{Code: 1005, String: "no"})))
	b.fails(1005, "no", "host.taskWaitResults", id, []any{child})
	build := b.must("host.initBuild", map[string]any{"task_id": id, "name": "zlib", "version": "2", "release": "1", "epoch": nil})
	b.must("host.failBuild", id, build)
	result, err := xmlrpc.EncodeResponse([]any{"done"})
	require.NoError(t, err)
	b.must("host.closeTask", id, string(result))
	b.fails(1004, "host 1 does not own task 1", "host.closeTask", id, "x")
	assert.Equal(t, koji.TaskClosed, stateOf(t, client, id))
}
