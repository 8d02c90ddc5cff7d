// SPDX-License-Identifier: MIT

package pdc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// TestCorpusProduction reads what a production server of 2017 answered into
// the types of its generation.
func TestCorpusProduction(t *testing.T) {
	dir := filepath.Join(corpus(t), "production")
	all := files(t, dir)
	judged, differ := 0, 0
	for name, data := range all {
		var e struct {
			Request struct {
				Method string `json:"method"`
				URL    string `json:"url"`
			} `json:"request"`
			Response struct {
				Status  int                 `json:"status"`
				Headers map[string][]string `json:"headers"`
				Body    any                 `json:"body"`
			} `json:"response"`
		}
		require.NoError(t, json.Unmarshal(data, &e), name)
		u, err := url.Parse(e.Request.URL)
		require.NoError(t, err)
		var x exchange
		x.Response.Status, x.Response.Body = e.Response.Status, e.Response.Body
		x.Response.Headers = map[string]string{}
		for k, v := range e.Response.Headers {
			x.Response.Headers[k] = v[0]
		}
		w := &wire{e: x}
		c, err := pdc.NewClient(u.Scheme+"://"+u.Host, pdc.WithHTTPClient(&http.Client{Transport: w}), pdc.WithToken("t"))
		require.NoError(t, err)
		judged++
		p, err := c.UnreleasedVariants().List(t.Context(), queryOf(u.Query()))
		why := ""
		switch got := any(nil); {
		case e.Response.Status == 200 && err != nil:
			why = err.Error()
		case e.Response.Status == 200:
			if got, err = listAnswer(e.Response.Body, p); err != nil {
				why = err.Error()
			} else {
				why = loss(got, e.Response.Body)
			}
		case err == nil:
			why = "a redirect was taken as an answer"
		}
		if w.sent.URL.Path != strings.TrimSuffix(u.Path, "/")+"/" || !reflect.DeepEqual(w.sent.URL.Query(), u.Query()) {
			why = "sent to " + w.sent.URL.String()
		}
		if why != "" {
			differ++
			t.Errorf("%s: %s", name, why)
		}
	}
	t.Logf("corpus pdc/production: %d cases, %d differ", judged, differ)
}
