// SPDX-License-Identifier: MIT

package kojitest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// No bytes make the reader of RPM files panic.
func FuzzParseRPM(f *testing.F) {
	for _, name := range []string{"testdata/tiny-1.2-3.noarch.rpm", "testdata/tiny-1.2-3.src.rpm"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sig, main, err := parseRPM(data)
		if err != nil {
			return
		}
		sig.signer()
		r := rpmRow{header: main}
		new(Hub).filesOf(&r)
		changelog(main)
		for _, v := range main {
			headerPlain(v)
		}
	})
}

// No call makes the hub panic, whatever its arguments are.
func FuzzCall(f *testing.F) {
	calls := []string{
		"<int>1</int>", "<string>f42</string>", "<nil/>", "<array><data><value><int>7</int></value></data></array>",
		"<struct><member><name>__starstar</name><value><boolean>1</boolean></value></member></struct>", "<double>1.5</double>",
	}
	for i := range 40 {
		f.Add(uint16(i*8), calls[i%len(calls)], calls[(i+1)%len(calls)], calls[(i+3)%len(calls)])
	}
	h := NewHub(Seed{
		Users:   []User{{Name: "admin", Password: "x", Permissions: []string{"admin"}}},
		Tags:    []Tag{{Name: "f42", Arches: "x86_64"}},
		Targets: []Target{{Name: "f42", BuildTag: "f42", DestTag: "f42"}},
		Builds:  []Build{{NVR: "bash-1-1", Tags: []string{"f42"}}},
	})
	c := h.system(h.users.get(1))
	s := c.newSession(c.user, authPassword, 0)
	s.exclusive = true
	f.Fuzz(func(t *testing.T, which uint16, a, b, last string) {
		name := h.names[int(which)%len(h.names)]
		if name == "logout" || name == "disableUser" || name == "sharedSession" {
			return
		}
		body := "<?xml version='1.0'?><methodCall><methodName>" + name + "</methodName><params><param><value>" + a +
			"</value></param><param><value>" + b + "</value></param><param><value>" + last + "</value></param></params></methodCall>"
		for _, cut := range []string{body, strings.Replace(body, "<param><value>"+last+"</value></param>", "", 1)} {
			r := httptest.NewRequest(http.MethodPost, "/kojihub", strings.NewReader(cut))
			r.RemoteAddr = ""
			r.Header.Set("Koji-Session-Id", "1")
			r.Header.Set("Koji-Session-Key", s.key)
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		h.Advance(0)
	})
}
