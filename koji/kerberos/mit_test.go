// SPDX-License-Identifier: MIT

package kerberos

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/service"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
)

// realm is a KDC of MIT Kerberos with a user, a service and their keytabs.
type realm struct {
	dir, conf, userKeytab, hubKeytab string
	env                              []string
}

// kdc starts MIT's KDC, where it is installed.
func kdc(t *testing.T) *realm {
	t.Helper()
	path := os.Getenv("PATH") + ":/usr/sbin:/usr/local/sbin"
	t.Setenv("PATH", path)
	for _, tool := range []string{"krb5kdc", "kdb5_util", "kadmin.local", "kinit"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("MIT Kerberos is not installed: no %s", tool)
		}
	}
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	l.Close()
	r := &realm{dir: dir, conf: filepath.Join(dir, "krb5.conf"), userKeytab: filepath.Join(dir, "alice.keytab"), hubKeytab: filepath.Join(dir, "hub.keytab")}
	write(t, r.conf, "[libdefaults]\ndefault_realm = EXAMPLE.COM\ndns_lookup_kdc = false\ndns_canonicalize_hostname = fallback\nrdns = false\n"+
		"[realms]\nEXAMPLE.COM = {\n kdc = "+address+"\n}\n[domain_realm]\nkoji.example.com = EXAMPLE.COM\nlocalhost = EXAMPLE.COM\n127.0.0.1 = EXAMPLE.COM\n")
	write(t, filepath.Join(dir, "kdc.conf"), fmt.Sprintf("[kdcdefaults]\nkdc_listen = %s\nkdc_tcp_listen = %s\n[realms]\nEXAMPLE.COM = {\n database_name = %s/db\n key_stash_file = %s/stash\n acl_file = %s/acl\n}\n", port, port, dir, dir, dir))
	r.env = append(os.Environ(), "KRB5_CONFIG="+r.conf, "KRB5_KDC_PROFILE="+filepath.Join(dir, "kdc.conf"), "KRB5RCACHETYPE=none")
	r.run(t, "", "kdb5_util", "create", "-s", "-P", "master", "-r", "EXAMPLE.COM")
	for _, q := range []string{"addprinc -pw alice-pw alice", "addprinc -randkey HTTP/koji.example.com", "ktadd -norandkey -k " + r.userKeytab + " alice", "ktadd -k " + r.hubKeytab + " HTTP/koji.example.com"} {
		r.run(t, "", "kadmin.local", "-q", q)
	}
	cmd := exec.Command("krb5kdc", "-n", "-P", filepath.Join(dir, "pid"))
	cmd.Env = r.env
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return r
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the KDC did not start")
	return nil
}

func (r *realm) run(t *testing.T, stdin string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdin = r.env, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %v: %s", name, args, out)
}

func TestAgainstMIT(t *testing.T) {
	r := kdc(t)
	kt, err := keytab.Load(r.hubKeytab)
	require.NoError(t, err)
	users := make(chan string, 10)
	hub := spnego.SPNEGOKRB5Authenticate(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		users <- "in"
		_, _ = io.WriteString(w, `<methodResponse><params><param><value><struct><member><name>session-id</name><value><int>5</int></value></member><member><name>session-key</name><value>k</value></member><member><name>header-auth</name><value><boolean>1</boolean></value></member></struct></value></param></params></methodResponse>`)
	}), kt, service.DecodePAC(false))
	srv := httptest.NewServer(hub)
	defer srv.Close()

	file := filepath.Join(r.dir, "cc")
	r.run(t, "alice-pw\n", "kinit", "-c", "FILE:"+file, "alice")
	folder := filepath.Join(r.dir, "ccdir")
	require.NoError(t, os.Mkdir(folder, 0o700))
	r.run(t, "alice-pw\n", "kinit", "-c", "DIR:"+folder, "alice")

	make := func(n *Negotiator, err error) *Negotiator { require.NoError(t, err); return n }
	conf := WithConfig(r.conf)
	for name, n := range map[string]*Negotiator{
		"keytab":       make(FromKeytab("alice@EXAMPLE.COM", r.userKeytab, conf)),
		"password":     make(FromPassword("alice", "alice-pw", conf)),
		"FILE cache":   make(FromCCache("FILE:"+file, conf)),
		"plain cache":  make(FromCCache(file, conf)),
		"DIR cache":    make(FromCCache("DIR:"+folder, conf)),
		"DIR's member": make(FromCCache("DIR::"+filepath.Join(folder, "tkt"), conf)),
	} {
		t.Run(name, func(t *testing.T) {
			first, err := n.Token(t.Context(), "koji.example.com")
			require.NoError(t, err)
			second, err := n.Token(t.Context(), "koji.example.com")
			require.NoError(t, err)
			assert.NotEqual(t, first, second, "each token is new")
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL, nil)
			require.NoError(t, err)
			req.Header.Set("Authorization", "Negotiate "+base64.StdEncoding.EncodeToString(first))
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			resp.Body.Close()
			assert.Equal(t, 200, resp.StatusCode)
			<-users
		})
	}

	// The whole way, through the client.
	dial := &http.Client{Transport: &http.Transport{Proxy: nil, DialContext: (&toServer{srv.Listener.Addr().String()}).dial}}
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithHTTPClient(dial), koji.WithNegotiator(make(FromCCache(file, conf))))
	require.NoError(t, err)
	require.NoError(t, c.Login(t.Context()))

	for name, x := range map[string]struct {
		n    *Negotiator
		host string
		text string
	}{
		"a wrong password":   {make(FromPassword("alice", "guess", conf)), "koji.example.com", "wrong password for alice"},
		"an unknown user":    {make(FromPassword("nobody", "x", conf)), "koji.example.com", "no principal nobody in realm EXAMPLE.COM"},
		"an unknown service": {make(FromCCache(file, conf)), "localhost", "no service HTTP/localhost"},
		"an address":         {make(FromCCache(file, conf)), "127.0.0.1", "use its host name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := x.n.Token(t.Context(), x.host)
			assert.ErrorContains(t, err, x.text)
		})
	}

	t.Run("the canonical name as the second try", func(t *testing.T) {
		n := make(FromCCache(file, conf))
		n.set.cname = func(_ ctxt, host string) (string, error) {
			assert.Equal(t, "localhost", host)
			return "Koji.Example.com.", nil
		}
		_, err := n.Token(t.Context(), "localhost")
		assert.NoError(t, err)
	})
}

type ctxt = context.Context

// toServer connects to one address whatever is asked for.
type toServer struct{ address string }

func (s *toServer) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, s.address)
}
