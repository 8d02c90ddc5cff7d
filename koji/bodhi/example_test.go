// SPDX-License-Identifier: MIT

package bodhi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
)

// An update is read and its way to users told.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"update":{"alias":"FEDORA-2026-0123abcd","status":"testing","test_gating_status":"passed",
			"builds":[{"nvr":"bash-5.3-2.fc43","epoch":0,"signed":true}]},"can_edit":false}`)
	}))
	defer srv.Close()
	c, err := bodhi.NewClient(srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	u, err := c.Update(context.Background(), "FEDORA-2026-0123abcd")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Alias, u.Status, u.Gating, u.Builds[0].NVR)
	// Output: FEDORA-2026-0123abcd testing passed bash-5.3-2.fc43
}
