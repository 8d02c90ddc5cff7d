// SPDX-License-Identifier: MIT

package koji_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
)

// loginCall judges a login that a hub has answered.
func (j *judges) loginCall(ctx context.Context, s *situation) {
	why, problems, err := j.enter(ctx, s)
	typed := why == ""
	if !typed {
		// Play it as any call, for what can be judged so.
		seat := j.desk.seat(s, "login", false, 1)
		err = seat.c.Call(ctx, s.method, raw(s.params, func(m map[string]any) any { return koji.Named(m) }), nil)
		problems = j.sameRequest(s, seat.p.sent, s.method)
		j.request.because(why, s)
	}
	j.request.count(s.method, typed)
	j.request.verdict(s, problems)
	if s.fault != nil {
		j.fault.count(s.method, typed)
		j.fault.verdict(s, s.rightFault(err, s.method))
		return
	}
	j.response.count(s.method, typed)
	if err != nil {
		problems = append(problems, err.Error())
	}
	j.response.verdict(s, problems)
}

// login judges a login that no hub has answered.
func (j *judges) login(ctx context.Context, s *situation) []string {
	why, problems, err := j.enter(ctx, s)
	if why != "" {
		return []string{why}
	}
	return append(problems, s.refusal(err, s.method)...)
}

// enter logs in as a recording did: anew, or to renew an expired session.
func (j *judges) enter(ctx context.Context, s *situation) (why string, problems []string, err error) {
	bound, err := j.sigs[s.method].bind(s.params)
	if err != nil {
		return "the arguments don't fit the method", nil, nil
	}
	a := &args{m: bound}
	renew, id := a.yes("renew"), s.head.Request["Koji-Session-Id"]
	if renew != (id != "") || a.yes("exclusive") || a.m["opts"] != nil {
		return "no client of ours logs in so", nil, nil
	}
	p := &player{session: session{id: id, key: s.head.Request["Koji-Session-Key"]}}
	opts, address, done := j.credentials(s, a, p)
	defer done()
	c, err := koji.NewClient(address, append(opts, koji.WithRetry(koji.Retry{}))...)
	if err != nil {
		return "", nil, err
	}
	if renew {
		problems = j.renewal(ctx, s, p, c)
		err = j.renewed
	} else {
		p.s = s
		err = c.Login(ctx)
	}
	if len(p.sent) == 0 {
		return "", append(problems, "nothing was sent"), err
	}
	problems = append(problems, j.compareRequest(s, p.sent[0], s.method)...)
	problems = append(problems, j.sameHeaders(s, p.sent)...)
	if want, got := s.head.Request["Authorization"], p.sent[0].header.Get("Authorization"); (want == "") != (got == "") || got != "" && !strings.HasPrefix(got, "Negotiate ") {
		problems = append(problems, "Authorization: "+got)
	}
	if err != nil || s.fault != nil {
		return "", problems, err
	}
	// The session shows in the next call's headers.
	p.sent = nil
	_ = c.Call(ctx, "hello", nil, nil)
	m, _ := s.result.(map[string]any)
	h := p.sent[0].header
	if h.Get("Koji-Session-Id") != fmt.Sprint(m["session-id"]) || h.Get("Koji-Session-Key") != m["session-key"] || h.Get("Koji-Session-Callnum") != "0" && !renew {
		problems = append(problems, fmt.Sprintf("the next call has %v", h))
	}
	return "", problems, nil
}

// renewal has a client find its session expired in the middle of a call.
func (j *judges) renewal(ctx context.Context, s *situation, p *player, c *koji.Client) []string {
	number, _ := strconv.Atoi(s.head.Request["Koji-Session-Callnum"])
	if j.renewed = c.Login(ctx); j.renewed != nil {
		return []string{"the filling login failed"}
	}
	for range number - 1 {
		_ = c.Call(ctx, "hello", nil, nil)
	}
	p.s, p.expired = s, true
	j.renewed = c.Call(ctx, "hello", nil, nil)
	return nil
}

// credentials makes a client log in with what a recording used.
func (j *judges) credentials(s *situation, a *args, p *player) (opts []koji.Option, address string, done func()) {
	address, done = "http://koji.example.com/kojihub", func() {}
	if user := a.str("proxyuser"); user != "" {
		opts = append(opts, koji.WithProxyUser(user))
	}
	if a.m["proxyauthtype"] != nil {
		opts = append(opts, koji.WithProxyAuthType(koji.AuthType(a.num("proxyauthtype"))))
	}
	if s.method == "login" {
		return append(opts, koji.WithPassword(a.str("user"), a.str("password")), koji.WithHTTPClient(&http.Client{Transport: p})), address, done
	}
	if s.head.Request["Authorization"] != "" {
		return append(opts, koji.WithNegotiator(tokens{}), koji.WithHTTPClient(&http.Client{Transport: p})), "https://koji.example.com/kojihub", done
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := p.RoundTrip(r)
		if err != nil {
			panic(err)
		}
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return append(opts, koji.WithClientCert(clientCert(j.t), ""), koji.WithRootCAs(pool)), srv.URL + "/kojihub", srv.Close
}

type tokens struct{}

func (tokens) Token(context.Context, string) ([]byte, error) { return []byte("token"), nil }

// clientCert writes a certificate with its key into one file.
func clientCert(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "client.crt")
	data := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	require.NoError(t, os.WriteFile(file, data, 0o600))
	return file
}

func (j *judges) upload(ctx context.Context, s *situation) {
	u, err := url.Parse(s.head.Path)
	if err != nil {
		j.request.verdict(s, []string{err.Error()})
		return
	}
	q := u.Query()
	var offset int64
	fmt.Sscan(q.Get("offset"), &offset)
	seat := j.desk.seat(s, "typed", false, 1)
	got, err := seat.c.UploadPart(ctx, koji.UploadPart{
		Dir: q.Get("filepath"), Name: q.Get("filename"), Offset: offset, Data: s.request, Verify: q.Get("fileverify"),
		Overwrite: q.Has("overwrite"), Volume: q.Get("volume"),
	})
	problems := j.sameHeaders(s, seat.p.sent)
	if len(seat.p.sent) != 1 || string(seat.p.sent[0].body) != string(s.request) {
		problems = append(problems, "other bytes were sent")
	}
	j.request.verdict(s, problems)
	if s.fault != nil {
		j.fault.verdict(s, s.rightFault(err, "upload"))
		return
	}
	if err != nil {
		j.response.verdict(s, []string{err.Error()})
		return
	}
	m, _ := s.result.(map[string]any)
	if m["size"] != got.Size || m["offset"] != got.Offset || m["hexdigest"] != got.Digest || m["fileverify"] != got.Verify || len(m) != 4+len(got.More) {
		problems = append(problems, fmt.Sprintf("receipt %+v", got))
	}
	j.response.verdict(s, problems)
}

// file judges GETs below the top URL: the path, the bytes, and the rest of the
// bytes from an offset on.
func (j *judges) file(ctx context.Context, s *situation) []string {
	u, err := url.Parse(s.head.Path)
	if err != nil {
		return []string{err.Error()}
	}
	seat := j.desk.seat(s, "file", false, 0)
	var b strings.Builder
	_, err = seat.c.CopyFile(ctx, strings.TrimPrefix(u.Path, "/kojifiles/"), 0, &b)
	if s.head.Status != 200 {
		var e *koji.Error
		if !errors.As(err, &e) || e.Status != s.head.Status || s.head.Status == 404 && !errors.Is(err, koji.ErrNotFound) {
			return []string{fmt.Sprint(err)}
		}
		return nil
	}
	var out []string
	if err != nil || b.String() != string(s.response) {
		out = append(out, fmt.Sprintf("%v, %d bytes", err, b.Len()))
	}
	if seat.p.sent[0].path != u.Path {
		out = append(out, "path "+seat.p.sent[0].path)
	}
	// The player answers with the whole: what comes before is read over.
	half := int64(len(s.response) / 2)
	b.Reset()
	if _, err = seat.c.CopyFile(ctx, strings.TrimPrefix(u.Path, "/kojifiles/"), half, &b); err != nil || b.String() != string(s.response[half:]) {
		out = append(out, fmt.Sprintf("from %d on: %v, %d bytes", half, err, b.Len()))
	}
	if r := seat.p.sent[1].header.Get("Range"); half > 0 && r != fmt.Sprintf("bytes=%d-", half) {
		out = append(out, "Range "+r)
	}
	return out
}
