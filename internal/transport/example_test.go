// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

func Example() {
	busy := 2
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if busy--; busy >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "f42-build")
	}))
	defer srv.Close()

	c, err := transport.New(transport.Options{Retry: transport.Retry{Max: 4, Wait: time.Millisecond}})
	if err != nil {
		panic(err)
	}
	r, err := c.Do(context.Background(), transport.Request{Op: "getTag", URL: srv.URL, Idempotent: true})
	fmt.Println(r.Status, string(r.Body), r.Attempts, err)
	// Output: 200 f42-build 3 <nil>
}
