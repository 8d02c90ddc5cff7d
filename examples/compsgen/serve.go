// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/modulemd/comps"
)

const maxPost = 1 << 20

func (s *store) handler() http.Handler {
	mux := http.NewServeMux()
	for path, what := range map[string]string{"/comps.xml": "comps", "/variants.xml": "variants", "/edits": "edits"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { s.get(w, r, what) })
	}
	mux.HandleFunc("POST /edits", s.post)
	return mux
}

func fail(w http.ResponseWriter, status int, err error) {
	http.Error(w, err.Error(), status)
}

func (s *store) get(w http.ResponseWriter, r *http.Request, what string) {
	s.mu.Lock()
	st, err := s.load(r.Context())
	s.mu.Unlock()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	body, err := st.render(what, r.FormValue("arch"))
	tag := etag(body)
	if err == nil && what == "edits" {
		tag, err = st.revision()
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache")
	if err := st.conflict(); err != nil {
		w.Header().Set("X-Edits-Conflict", err.Error())
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	if what == "edits" {
		w.Header().Set("Content-Type", "application/json")
	}
	// ServeContent answers If-None-Match and ranges.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func (s *store) post(w http.ResponseWriter, r *http.Request) {
	if !s.write {
		fail(w, http.StatusForbidden, errors.New("started without -write"))
		return
	}
	var edits []comps.Edit
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPost))
	d.DisallowUnknownFields()
	if err := d.Decode(&edits); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			fail(w, http.StatusRequestEntityTooLarge, err)
			return
		}
		fail(w, http.StatusBadRequest, fmt.Errorf("the body is no list of edits: %w", err))
		return
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		fail(w, http.StatusBadRequest, errors.New("there is something after the list of edits"))
		return
	}
	match := r.Header.Get("If-Match")
	if match == "" {
		fail(w, http.StatusPreconditionRequired, errors.New("send If-Match with the ETag of /edits"))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.load(r.Context())
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	now, err := st.revision()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	if match != "*" && !slices.Contains(strings.Split(strings.ReplaceAll(match, " ", ""), ","), now) {
		w.Header().Set("ETag", now)
		fail(w, http.StatusPreconditionFailed, errors.New("somebody else has edited, or modules have changed: look at /edits again"))
		return
	}
	changes, err := st.comps.Apply(edits...)
	if err != nil {
		status := http.StatusConflict
		if errors.Is(err, comps.ErrInvalid) {
			status = http.StatusBadRequest
		}
		fail(w, status, err)
		return
	}
	if _, err := st.comps.Format(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if err := s.save(changes); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	if st, err = s.load(r.Context()); err == nil {
		now, err = st.revision()
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("ETag", now)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(changes)
}

// demo edits the groups of the embedded modules, as two people at once.
func demo(ctx context.Context, out io.Writer) error {
	s := &store{variant: "AppStream", arches: []string{"x86_64", "s390x"}, write: true,
		now: func() time.Time { return time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC) }}
	h := s.handler()
	ask := func(method, path, match, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
		if match != "" {
			r.Header.Set("If-Match", match)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Fprintf(out, "%s %s: %d\n", method, path, w.Code)
		if w.Code >= 400 || method == "POST" {
			fmt.Fprint(out, "  ", w.Body.String())
		}
		return w
	}
	first := ask("GET", "/edits", "", "").Header().Get("ETag")
	ask("POST", "/edits", first, `[{"op": "add", "package": "yarn", "group": "nodejs-common", "type": "optional"}]`)
	ask("POST", "/edits", first, `[{"op": "remove", "group": "nodejs-common"}]`)
	second := ask("GET", "/edits", "", "").Header().Get("ETag")
	ask("POST", "/edits", second, `[{"op": "move", "package": "npm", "group": "nodejs-common", "to": "nodejs-tools"}]`)
	ask("POST", "/edits", second, `[{"op": "move", "package": "mod_ssl", "group": "webserver-server", "to": "nodejs-development"}]`)
	for _, path := range []string{"/comps.xml?arch=s390x", "/variants.xml"} {
		fmt.Fprintln(out)
		fmt.Fprint(out, ask("GET", path, "", "").Body.String())
	}
	return ctx.Err()
}
