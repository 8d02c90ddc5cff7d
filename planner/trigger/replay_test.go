// SPDX-License-Identifier: MIT

package trigger_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// archive answers as datagrepper does: pages over its messages, oldest first.
func archive(messages []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		page, _ := strconv.Atoi(q.Get("page"))
		rows, _ := strconv.Atoi(q.Get("rows_per_page"))
		raw := []json.RawMessage{}
		for i := (page - 1) * rows; i < min(page*rows, len(messages)); i++ {
			raw = append(raw, json.RawMessage(messages[i]))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"raw_messages": raw, "count": len(raw), "total": len(messages), "pages": (len(messages) + rows - 1) / rows,
			"arguments": map[string]any{"page": page, "rows_per_page": rows, "order": q.Get("order")},
		})
	})
}

func TestAReplayWalksThePages(t *testing.T) {
	var all []string
	for i := range 7 {
		all = append(all, fmt.Sprintf(`{"topic":"buildsys.tag","id":"%d","body":{"tag":"f41","name":"a%d"}}`, i, i))
	}
	all[3] = `{"id":"3","body":{}}` // without topic: set aside, and the others are heard
	srv := httptest.NewServer(archive(all))
	defer srv.Close()
	replay := trigger.Replay{Start: time.Unix(1, 0), End: time.Unix(2, 0), Rows: 3}
	var in trigger.Inbox
	heard, aside := 0, 0
	for n := 1; n != 0; {
		resp, err := http.Get(srv.URL + "/v2/search?" + replay.Query(n).Encode())
		require.NoError(t, err)
		var body json.RawMessage
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
		require.NoError(t, resp.Body.Close())
		page, err := trigger.ParsePage(body)
		require.NoError(t, err)
		assert.Equal(t, n, page.Number())
		for _, raw := range page.Messages {
			if _, err := in.Accept("", raw); err != nil {
				aside++
			} else {
				heard++
			}
		}
		n = page.Next()
	}
	assert.Equal(t, []int{6, 1}, []int{heard, aside})
}

func TestAReplayIsAsked(t *testing.T) {
	r := trigger.Replay{Start: time.Unix(1704459600, 0), End: time.Unix(1704460200, 500e6), Topics: []string{"a", "b"}, Packages: []string{"bash"}}
	assert.Equal(t, url.Values{
		"order": {"asc"}, "page": {"2"}, "rows_per_page": {"100"}, "start": {"1704459600"}, "end": {"1704460200.5"},
		"topic": {"a", "b"}, "package": {"bash"},
	}, r.Query(2))
	assert.Equal(t, url.Values{"order": {"asc"}, "page": {"1"}, "rows_per_page": {"5"}}, trigger.Replay{Rows: 5}.Query(1))
}

func TestBadPagesAreMalformed(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{}`, `null`, `{"raw_messages":null}`, `{"raw_messages":[{}`, `{"error":"timeout","arguments":{}}`,
		`{"raw_messages":[{},{}],"count":3}`, `{"raw_messages":{}}`, `{"raw_messages":[],"pages":"many"}`,
	} {
		_, err := trigger.ParsePage([]byte(text))
		require.ErrorIs(t, err, trigger.ErrMalformed, text)
	}
}

func TestTheLastPageHasNoNext(t *testing.T) {
	for text, want := range map[string]int{
		`{"raw_messages":[{}],"pages":3}`:                            2,
		`{"raw_messages":[{}],"pages":3,"arguments":{"page":2}}`:     3,
		`{"raw_messages":[{}],"pages":3,"arguments":{"page":3}}`:     0,
		`{"raw_messages":[],"pages":3,"arguments":{"page":1}}`:       0,
		`{"raw_messages":[{}],"pages":3,"arguments":{"page":"1"}}`:   2,
		`{"raw_messages":[{}],"arguments":{"page":-4},"pages":2}`:    2,
		`{"raw_messages":[{}],"count":1,"total":1,"arguments":null}`: 0,
	} {
		p, err := trigger.ParsePage([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, p.Next(), text)
	}
}

// TestCorpusReplayPages reads recorded pages: nothing is lost, every message
// decodes, and the pages of one walk add up to their total.
func TestCorpusReplayPages(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t), "rest-synthetic", "datagrepper-*.json"))
	require.NoError(t, err)
	differ := 0
	report := func(format string, args ...any) {
		differ++
		t.Errorf(format, args...)
	}
	walks := map[string]map[int]trigger.Page{}
	for _, file := range files {
		name := filepath.Base(file)
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		p, err := trigger.ParsePage(data)
		if err != nil {
			report("%s: %v", name, err)
			continue
		}
		again, err := json.Marshal(p)
		require.NoError(t, err)
		if !reflect.DeepEqual(golden.JSON(t, data), golden.JSON(t, again)) {
			report("%s: not what came in:\n%s", name, again)
		}
		for i, raw := range p.Messages {
			if ev, err := trigger.Decode(raw); err != nil || ev.Payload == nil || ev.Mismatch != nil {
				report("%s: message %d: %v", name, i, err)
			}
		}
		stem := strings.TrimSuffix(name, ".json")
		walk := strings.TrimRight(stem, "0123456789")
		if stem != walk+strconv.Itoa(p.Number()) {
			report("%s: it says it is page %d", name, p.Number())
		}
		if walks[walk] == nil {
			walks[walk] = map[int]trigger.Page{}
		}
		walks[walk][p.Number()] = p
	}
	for walk, pages := range walks {
		sum, at := 0, 1
		for n := 1; n != 0; n = pages[n].Next() {
			sum, at = sum+pages[n].Count, n
		}
		for n, p := range pages {
			if p.Total != sum || p.Pages != at || p.Count != len(p.Messages) {
				report("%s: page %d says %d of %d messages on %d pages; the walk has %d on %d", walk, n, p.Count, p.Total, p.Pages, sum, at)
			}
		}
	}
	t.Logf("corpus ecosystem/rest-datagrepper: %d cases, %d differ", len(files), differ)
}

func FuzzParsePage(f *testing.F) {
	f.Add([]byte(`{"raw_messages":[{"topic":"a"},7],"count":2,"pages":3,"total":5,"arguments":{"page":2}}`))
	f.Add([]byte(`{"error":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := trigger.ParsePage(data)
		if err != nil {
			require.ErrorIs(t, err, trigger.ErrMalformed)
			return
		}
		require.NotNil(t, p.Messages)
		if n := p.Next(); n != 0 {
			require.Greater(t, n, p.Number())
		}
	})
}
