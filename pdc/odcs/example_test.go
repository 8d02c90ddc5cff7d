// SPDX-License-Identifier: MIT

package odcs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-f134cc8e/relkit/pdc/odcs"
)

// A temporary repository of one build is asked for.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"id":470,"state":2,"source_type":6,"source":"f43","builds":"bash-5.3-2.fc43",
			"result_repofile":"https://odcs.example.com/composes/odcs-470/odcs-470.repo"}`)
	}))
	defer srv.Close()
	c, err := odcs.NewClient(srv.URL, odcs.WithToken("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := c.Request(context.Background(), odcs.Request{SourceType: odcs.Build, Source: []string{"f43"}, Builds: []string{"bash-5.3-2.fc43"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.ID, made.State, made.RepoFile)
	// Output: 470 done https://odcs.example.com/composes/odcs-470/odcs-470.repo
}
