// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func FuzzRequests(f *testing.F) {
	f.Add("GET", "rpms/?name=%5Eb&fields=name", "")
	f.Add("POST", "release-component-relationships/", `[{"type":"RPMRequires","from_component":{"id":1},"to_component":{"id":2}}]`)
	f.Add("PATCH", "modules/", `{"a:b:c:d":{"active":true}}`)
	f.Add("POST", "compose-rpms/", `{"release_id":"fedora-42","composeinfo":{"payload":{"compose":{"id":"a","date":"20260101","type":"test"}}},"rpm_manifest":{"payload":{"compose":{"id":"a"}}}}`)
	f.Add("PUT", "composes/a/rpm-mapping/b/", `{"Server":{"x86_64":{"a":[1]}}}`)
	f.Add("DELETE", "labels/", `[1,"a",null]`)
	f.Add("POST", "rpc/release/clone/", `{"old_release_id":"fedora-42","version":[]}`)
	f.Add("POST", "build-images/", `{"image_id":"a","image_format":"iso","md5":"a","rpms":[{"name":{}}],"archives":[1]}`)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		if _, err := url.Parse("http://x/" + path); err != nil || strings.ContainsAny(path, " \n\r\t") || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || method == "" {
			t.Skip("no request that a client could send")
		}
		p := small(t, pdctest.Options{})
		req, err := http.NewRequest(method, "http://pdc.example.com/rest_api/v1/"+path, strings.NewReader(body))
		if err != nil {
			t.Skip("no request that a client could send")
		}
		req.Header.Set("Authorization", "Token secret")
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, req)
		if ct := w.Header().Get("Content-Type"); ct == "application/json" && w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %s answered what is no JSON: %q", method, path, w.Body)
		}
	})
}
