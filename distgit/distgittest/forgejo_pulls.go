// SPDX-License-Identifier: MIT

package distgittest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (h *Host) forgejoPull(q request, rec record, p pull) map[string]any {
	from := q.repo
	if p.Fork != "" {
		from = h.forkOf(q.repo, p.Fork)
	}
	fromRec, err := h.recordOf(from)
	var head any
	if err == nil {
		head = h.forgejoProject(q, from, fromRec, false)
	}
	state := p.State
	if state == "merged" {
		state = "closed"
	}
	m := map[string]any{
		"number": p.ID, "title": p.Title, "body": p.Body, "state": state, "merged": p.State == "merged", "merge_commit_sha": nil,
		"user": map[string]string{"login": p.User}, "html_url": "http://" + q.Host + "/" + q.repo.String() + "/pulls/" + strconv.Itoa(p.ID),
		"base":       map[string]any{"ref": p.To, "label": p.To, "repo": h.forgejoProject(q, q.repo, rec, false)},
		"head":       map[string]any{"ref": p.From, "label": p.From, "sha": p.Tip, "repo": head},
		"created_at": time.Unix(p.Created, 0).UTC(),
	}
	if p.Merged != "" {
		m["merge_commit_sha"] = p.Merged
	}
	return m
}

func (h *Host) forgejoPulls(w http.ResponseWriter, q request, rec record, s []string) {
	switch {
	case len(s) == 0 && q.Method == http.MethodGet:
		state := cmpOr(q.URL.Query().Get("state"), "open")
		var out []any
		for _, p := range slices.Backward(rec.Pulls) {
			open := p.State == "open"
			if poster := q.URL.Query().Get("poster"); state != "all" && open != (state == "open") || poster != "" && poster != p.User {
				continue
			}
			out = append(out, h.forgejoPull(q, rec, p))
		}
		answer(w, 200, page(w, q, out))
	case len(s) == 0 && q.Method == http.MethodPost:
		h.forgejoNewPull(w, q)
	default:
		id, _ := strconv.Atoi(s[0])
		i := slices.IndexFunc(rec.Pulls, func(p pull) bool { return p.ID == id })
		if i < 0 {
			h.forgejoFailure(w, q, fs.ErrNotExist)
			return
		}
		if len(s) == 2 && s[1] == "merge" && q.Method == http.MethodPost {
			switch err := h.mergePull(q.repo, id); {
			case errors.Is(err, errNotForward):
				forgejoError(w, q.Request, http.StatusConflict, "merge failed")
			case err != nil:
				h.forgejoFailure(w, q, err)
			default:
				w.WriteHeader(http.StatusOK)
			}
			return
		}
		answer(w, 200, h.forgejoPull(q, rec, rec.Pulls[i]))
	}
}

func (h *Host) forgejoNewPull(w http.ResponseWriter, q request) {
	var in struct{ Title, Head, Base, Body string }
	if err := json.NewDecoder(q.Body).Decode(&in); err != nil || in.Title == "" {
		forgejoError(w, q.Request, http.StatusUnprocessableEntity, "[Title]: Required")
		return
	}
	p := pull{Title: in.Title, Body: in.Body, To: in.Base, From: in.Head, User: q.user}
	if fork, branch, ok := strings.Cut(in.Head, ":"); ok {
		p.Fork, p.From = fork, branch
	}
	if p.Fork == "" && p.From == p.To {
		forgejoError(w, q.Request, http.StatusUnprocessableEntity, "head and base are the same")
		return
	}
	p, err := h.newPull(q.repo, p)
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	rec, err := h.recordOf(q.repo)
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	answer(w, 201, h.forgejoPull(q, rec, p))
}

func (h *Host) forgejoFork(w http.ResponseWriter, q request) {
	to, err := h.fork(q.repo, q.user)
	if errors.Is(err, fs.ErrExist) {
		forgejoError(w, q.Request, http.StatusConflict, "repository is already forked by user")
		return
	}
	if err == nil {
		var rec record
		if rec, err = h.recordOf(to); err == nil {
			answer(w, http.StatusAccepted, h.forgejoProject(q, to, rec, true))
			return
		}
	}
	h.forgejoFailure(w, q, err)
}
