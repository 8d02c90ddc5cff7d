// SPDX-License-Identifier: MIT

package mbs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-f134cc8e/relkit/modulemd/mbs"
)

// A rebuild service submits a module; that it exists already is fine.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"status":409,"error":"Conflict","message":"All modules already exist. Trying to resubmit the same modules?"}`)
	}))
	defer srv.Close()
	c, err := mbs.NewClient(srv.URL, mbs.WithToken("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Submit(context.Background(), mbs.Submission{
		SCMURL: "https://src.example.com/modules/nodejs?#0123456789abcdef0123456789abcdef01234567", Branch: "18",
	})
	if errors.Is(err, mbs.ErrConflict) {
		fmt.Println("nothing to do")
	}
	// Output: nothing to do
}
