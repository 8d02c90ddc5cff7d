// SPDX-License-Identifier: MIT

package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// What Fedora and RHEL ship: includes, values that gokrb5 refuses, blocks in
// realms that make it panic.
func TestConfigurationsOfDistributions(t *testing.T) {
	dir := t.TempDir()
	main := write(t, filepath.Join(dir, "krb5.conf"), `# To opt out of the system crypto-policies configuration of krb5, remove the
includedir `+dir+`/krb5.conf.d/

[logging]
    default = FILE:/var/log/krb5libs.log

[libdefaults]
    dns_lookup_realm = false
    ticket_lifetime = 24h
    forwardable = true
    rdns = false
    pkinit_anchors = FILE:/etc/pki/tls/certs/ca-bundle.crt
    spake_preauth_groups = edwards25519
    dns_canonicalize_hostname = fallback
    qualify_shortname = ""
    default_realm = EXAMPLE.COM
    default_ccache_name = KEYRING:persistent:%{uid}
    clockskew = 120

[realms]
EXAMPLE.COM = {
    kdc = kdc1.example.com:88   # the first
    kdc=kdc2.example.com
    admin_server = kdc1.example.com
    auth_to_local_names = {
        root = admin
    }
    kdc = kdc3.example.com
}
OTHER.COM = {
    kdc = https://proxy.other.com/KdcProxy
}

[domain_realm]
 .example.com = EXAMPLE.COM
 example.com = EXAMPLE.COM

[realms]
`)
	write(t, filepath.Join(dir, "krb5.conf.d", "kcm_default_ccache"), "[libdefaults]\n    default_ccache_name = KCM:\n")
	write(t, filepath.Join(dir, "krb5.conf.d", "crypto-policies"), "[libdefaults]\npermitted_enctypes = aes256-cts-hmac-sha1-96\n")
	write(t, filepath.Join(dir, "krb5.conf.d", "old.rpmsave"), "[libdefaults]\ndefault_realm = WRONG.COM\n")
	write(t, filepath.Join(dir, "krb5.conf.d", "more.conf"), "[realms]\nEXAMPLE.COM = {\n kdc = kdc0.example.com\n}\n")
	second := write(t, filepath.Join(dir, "second.conf"), "include "+filepath.Join(dir, "third")+"\n[libdefaults]\ndefault_realm = LATER.COM\nkcm_socket = -\n")
	write(t, filepath.Join(dir, "third"), "[domain_realm]\nhub.net = NET\n")

	c, err := LoadConf(main + ":" + second)
	require.NoError(t, err)
	assert.Equal(t, "EXAMPLE.COM", c.DefaultRealm, "the first counts")
	assert.Equal(t, "KCM:", c.DefaultCache, "an included file comes before what stands below")
	assert.Equal(t, []string{"kdc0.example.com", "kdc1.example.com:88", "kdc2.example.com", "kdc3.example.com"}, c.KDCs["EXAMPLE.COM"])
	assert.Equal(t, map[string]string{".example.com": "EXAMPLE.COM", "example.com": "EXAMPLE.COM", "hub.net": "NET"}, c.DomainRealm)
	assert.Equal(t, 120, c.ClockSkew)
	assert.Equal(t, "-", c.KCMSocket)
	assert.True(t, c.Canonicalize)
	assert.True(t, c.DNSLookupKDC, "on unless it is turned off")
	assert.True(t, c.proxied["OTHER.COM"])
	krb, err := c.library()
	require.NoError(t, err)
	_, kdcs, err := krb.GetKDCs("EXAMPLE.COM", true)
	require.NoError(t, err)
	assert.Len(t, kdcs, 4)
	assert.Equal(t, "EXAMPLE.COM", krb.ResolveRealm("koji.example.com"))
}

func TestConfigurationsThatDoNotRead(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	write(t, loop, "include "+loop+"\n")
	for name, path := range map[string]string{
		"missing": filepath.Join(dir, "nope"), "a folder": dir, "a circle": loop,
		"half a section": write(t, filepath.Join(dir, "half"), "[realms\n"),
	} {
		_, err := LoadConf(path)
		var e *Error
		assert.ErrorAs(t, err, &e, name)
	}
	t.Setenv("KRB5_CONFIG", write(t, filepath.Join(dir, "env"), "[libdefaults]\ndefault_realm = ENV\n"))
	c, err := LoadConf("")
	require.NoError(t, err)
	assert.Equal(t, "ENV", c.DefaultRealm)
	hostile := write(t, filepath.Join(dir, "hostile"), "[libdefaults]\ndefault_realm = A B\n[realms]\n{ = {\nkdc = }\n}\n}\n}\nX\n=\n")
	c, err = LoadConf(hostile)
	require.NoError(t, err)
	_, err = c.library()
	assert.NoError(t, err)
}

func FuzzConf(f *testing.F) {
	f.Add("[realms]\nA = {\n kdc = b\n}\n")
	f.Add("[libdefaults]\nclockskew = 5m # c\n[domain_realm]\n.a=B\n}}}{{{")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "krb5.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Skip("the input could not be written to a file")
		}
		c, err := LoadConf(path)
		if err != nil {
			return
		}
		if _, err := c.library(); err != nil {
			t.Errorf("what was kept does not read: %v\n%q", err, text)
		}
	})
}

// A cache in the form of files, with one ticket.
func cacheBlob(server string, end time.Time) (principal, credential []byte) {
	str := func(b []byte, s string) []byte {
		return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	name := func(parts ...string) []byte {
		b := binary.BigEndian.AppendUint32(nil, 1)
		b = binary.BigEndian.AppendUint32(b, uint32(len(parts)))
		b = str(b, "EXAMPLE.COM")
		for _, p := range parts {
			b = str(b, p)
		}
		return b
	}
	principal = name("alice")
	cred := append(append([]byte{}, principal...), name("krbtgt", server)...)
	cred = binary.BigEndian.AppendUint16(cred, 18)
	cred = str(cred, "0123456789abcdef0123456789abcdef")
	for _, at := range []time.Time{end.Add(-time.Hour), end.Add(-time.Hour), end, end} {
		cred = binary.BigEndian.AppendUint32(cred, uint32(at.Unix()))
	}
	cred = append(cred, 0)
	cred = binary.BigEndian.AppendUint32(cred, 0)                                   // flags
	cred = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(cred, 0), 0) // addresses, authdata
	return principal, str(str(cred, "ticket"), "")
}

func fileBlob(server string, end time.Time) string {
	p, c := cacheBlob(server, end)
	return string([]byte{5, 4, 0, 0}) + string(p) + string(c)
}

func TestCachesThatCanNotBeUsedSayWhatHelps(t *testing.T) {
	dir := t.TempDir()
	conf := write(t, filepath.Join(dir, "krb5.conf"), "[libdefaults]\ndefault_realm = EXAMPLE.COM\ndns_lookup_kdc = false\nkcm_socket = "+filepath.Join(dir, "none")+"\n")
	past := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	blob := fileBlob("EXAMPLE.COM", past)
	for name, c := range map[string]struct{ cache, text string }{
		"missing":           {"FILE:" + filepath.Join(dir, "nope"), "run kinit"},
		"a plain path":      {filepath.Join(dir, "nope"), "run kinit"},
		"empty":             {write(t, filepath.Join(dir, "empty"), ""), "is empty: run kinit"},
		"damaged":           {write(t, filepath.Join(dir, "short"), blob[:40]), "run kinit"},
		"not a cache":       {write(t, filepath.Join(dir, "text"), "hello, this is no cache"), "run kinit"},
		"a folder":          {dir, "is no cache"},
		"without a ticket":  {write(t, filepath.Join(dir, "other"), fileBlob("OTHER.COM", past)), "there is no ticket in"},
		"expired":           {write(t, filepath.Join(dir, "old"), blob), "expired at 2026-01-02 03:04 UTC: run kinit again"},
		"a folder of none":  {"DIR:" + dir, "run kinit"},
		"a folder outside":  {"DIR:" + filepath.Dir(write(t, filepath.Join(dir, "d", "primary"), "../../etc/passwd")), "points outside"},
		"a keyring":         {"KEYRING:persistent:0", "export KRB5CCNAME=FILE:/tmp/krb5cc_"},
		"KCM, not running":  {"KCM:", "systemctl start sssd-kcm.socket"},
		"a folder's member": {"DIR::" + filepath.Join(dir, "old"), "expired at"},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := FromCCache(c.cache, WithConfig(conf))
			require.NoError(t, err)
			_, err = n.Token(t.Context(), "koji.example.com")
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.ErrorContains(t, err, c.text)
		})
	}
	t.Setenv("KRB5CCNAME", "KEYRING:x")
	n, err := FromCCache("", WithConfig(conf))
	require.NoError(t, err)
	_, err = n.Token(t.Context(), "koji.example.com")
	assert.ErrorContains(t, err, "type KEYRING")
}

func TestKeytabsThatCanNotBeUsed(t *testing.T) {
	dir := t.TempDir()
	conf := write(t, filepath.Join(dir, "krb5.conf"), "[libdefaults]\ndefault_realm = EXAMPLE.COM\n")
	kt := keytab.New()
	require.NoError(t, kt.AddEntry("other", "EXAMPLE.COM", "pw", time.Now(), 1, 18))
	other, err := kt.Marshal()
	require.NoError(t, err)
	for name, c := range map[string]struct{ file, text string }{
		"missing":         {filepath.Join(dir, "nope"), "no such file"},
		"empty":           {write(t, filepath.Join(dir, "empty"), ""), "is empty"},
		"no keytab":       {write(t, filepath.Join(dir, "text"), "hello"), "is no keytab"},
		"without the key": {write(t, filepath.Join(dir, "bare"), string(other)), "has no key for svc@EXAMPLE.COM: list it with klist -k"},
	} {
		n, err := FromKeytab("svc", c.file, WithConfig(conf))
		require.NoError(t, err)
		_, err = n.Token(t.Context(), "koji.example.com")
		assert.ErrorContains(t, err, c.text, name)
	}
	_, err = FromKeytab("", "x")
	assert.Error(t, err)
	_, err = FromPassword("", "x")
	assert.Error(t, err)
}

func TestAKDCThatDoesNotAnswerEndsWithTheContext(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0") // hears and says nothing
	require.NoError(t, err)
	defer pc.Close()
	conf := write(t, filepath.Join(t.TempDir(), "krb5.conf"), "[libdefaults]\ndefault_realm = EXAMPLE.COM\n[realms]\nEXAMPLE.COM = {\nkdc = "+pc.LocalAddr().String()+"\n}\n")
	n, err := FromPassword("alice", "pw", WithConfig(conf))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = n.Token(ctx, "koji.example.com")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// refusal is the token of a 401 with a KRB-ERROR.
func refusal(t *testing.T, code int32) []byte {
	t.Helper()
	krb := messages.NewKRBError(types.NewPrincipalName(1, "HTTP/koji.example.com"), "EXAMPLE.COM", code, "")
	inner, err := krb.Marshal()
	require.NoError(t, err)
	oid, err := asn1.Marshal(gssapi.OIDKRB5.OID())
	require.NoError(t, err)
	token := append(append(oid, 3, 0), inner...)
	token = asn1tools.AddASNAppTag(token, 0)
	resp := spnego.NegTokenResp{NegState: asn1.Enumerated(2), ResponseToken: token}
	out, err := resp.Marshal()
	require.NoError(t, err)
	return out
}

func TestRefusalsAreExplained(t *testing.T) {
	n, err := FromCCache("")
	require.NoError(t, err)
	for code, text := range map[int32]string{
		34: "used twice", 35: "does not hold the key for HTTP/koji.example.com", 37: "clocks of this machine and koji.example.com", 44: "outdated", 60: "refused",
	} {
		assert.ErrorContains(t, n.Explain("koji.example.com", refusal(t, code)), text)
	}
	for _, bare := range [][]byte{nil, {}, {0xa1, 7, 0x30, 5, 0xa0, 3, 0x0a, 1, 2}, []byte("garbage"), refusal(t, 35)[:20]} {
		assert.NoError(t, n.Explain("koji.example.com", bare))
	}
}

func FuzzExplain(f *testing.F) {
	f.Add([]byte{0xa1, 7, 0x30, 5, 0xa0, 3, 0x0a, 1, 2})
	n, _ := FromCCache("")
	f.Fuzz(func(t *testing.T, b []byte) { _ = n.Explain("h", b) })
}

func TestAdviceForTheWordsOfTheLibrary(t *testing.T) {
	n, err := FromPassword("alice@EXAMPLE.COM", "pw")
	require.NoError(t, err)
	conf := &Conf{DefaultRealm: "EXAMPLE.COM"}
	for raw, text := range map[string]string{
		"[Root cause: KRB_Error] password/keytab incorrect: clock skew with KDC too large. Greater than 300 seconds": "clocks",
		"KRB Error: (33) KRB_AP_ERR_TKT_NYV Ticket not yet valid":                                                    "not valid yet",
		"KRB Error: (7) KDC_ERR_S_PRINCIPAL_UNKNOWN Server not found":                                                "no service HTTP/koji.example.com",
		"KRB Error: (6) KDC_ERR_C_PRINCIPAL_UNKNOWN Client not found":                                                "no principal alice@EXAMPLE.COM in realm EXAMPLE.COM",
		"error decrypting: integrity verification failed":                                                            "wrong password",
		"cannot login, no user credentials available and no valid existing session":                                  "run kinit",
		"no KDCs defined in configuration for realm X":                                                               "no KDC is known",
		"dial tcp: connection refused":                                                                               "no KDC answers",
		"something else":                                                                                             "getting a ticket for HTTP/koji.example.com failed",
	} {
		err := n.advise(errors.New(raw), "koji.example.com", conf)
		assert.ErrorContains(t, err, text)
		assert.ErrorContains(t, err, raw, "the raw words stay")
	}
	assert.ErrorContains(t, n.advise(errors.New("KDC_ERR_S_PRINCIPAL_UNKNOWN"), "192.0.2.1", conf), "use its host name")
}

// fakeKCM speaks the daemon's side of the protocol.
func fakeKCM(t *testing.T, old bool, principal, cred []byte) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "kcm")
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	serve := func(conn net.Conn) {
		defer conn.Close()
		for {
			var size uint32
			if binary.Read(conn, binary.BigEndian, &size) != nil {
				return
			}
			msg := make([]byte, size)
			if _, err := io.ReadFull(conn, msg); err != nil {
				return
			}
			code, payload := int32(0), []byte(nil)
			switch op := binary.BigEndian.Uint16(msg[2:]); {
			case op == kcmGetDefaultCache:
				payload = []byte("1000\x00")
			case principal == nil:
				code = kcmNoCache
			case op == kcmGetPrincipal:
				payload = principal
			case op == kcmGetCredList && !old:
				payload = append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1), uint32(len(cred))), cred...)
			case op == kcmGetCredUUIDs:
				payload = make([]byte, 16)
			case op == kcmGetCredByUUID:
				payload = cred
			default:
				return // as the daemon does on what it does not know
			}
			out := binary.BigEndian.AppendUint32(nil, uint32(4+len(payload)))
			out = binary.BigEndian.AppendUint32(out, 0)
			out = binary.BigEndian.AppendUint32(out, uint32(code))
			if _, err := conn.Write(append(out, payload...)); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return socket
}

func TestKCM(t *testing.T) {
	principal, cred := cacheBlob("EXAMPLE.COM", time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC))
	for name, old := range map[string]bool{"all at once": false, "one by one, from an old daemon": true} {
		t.Run(name, func(t *testing.T) {
			blob, err := readKCM(t.Context(), fakeKCM(t, old, principal, cred), "")
			require.NoError(t, err)
			assert.Equal(t, fileBlob("EXAMPLE.COM", time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)), string(blob))
		})
	}
	_, err := readKCM(t.Context(), fakeKCM(t, false, nil, nil), "")
	assert.ErrorContains(t, err, "there is no ticket in KCM:1000: run kinit")
	_, err = readKCM(t.Context(), "-", "")
	assert.ErrorContains(t, err, "turns KCM off")
	for _, bad := range [][]byte{nil, {0, 0, 0, 1}, {0, 0, 0, 1, 0, 0, 0, 9, 1}} {
		_, err := credList(bad)
		assert.Error(t, err)
	}
}
