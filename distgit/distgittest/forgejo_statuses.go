// SPDX-License-Identifier: MIT

package distgittest

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

func (h *Host) forgejoStatus(s status) map[string]any {
	return map[string]any{
		"id": s.ID, "status": s.State, "context": s.Context, "description": s.Description, "target_url": s.URL,
		"creator": map[string]string{"login": s.User}, "created_at": time.Unix(s.Created, 0).UTC(), "updated_at": time.Unix(s.Updated, 0).UTC(),
	}
}

func (h *Host) forgejoStatuses(w http.ResponseWriter, q request, rec record, ref string, combined bool) {
	hash, ok := resolve(storage(h.path(q.repo)), ref)
	if !ok {
		h.forgejoFailure(w, q, fs.ErrNotExist)
		return
	}
	rows := slices.Clone(rec.Statuses[hash.String()])
	slices.Reverse(rows)
	if !combined {
		var out []any
		for _, s := range rows {
			out = append(out, h.forgejoStatus(s))
		}
		answer(w, 200, page(w, q, out))
		return
	}
	if len(rows) == 0 {
		answer(w, 200, map[string]any{"state": "", "sha": "", "total_count": 0, "statuses": nil})
		return
	}
	order := []string{"success", "pending", "warning", "failure", "error"}
	worst, seen, latest := 0, map[string]bool{}, []any{}
	for _, s := range rows {
		if !seen[s.Context] {
			seen[s.Context] = true
			latest = append(latest, h.forgejoStatus(s))
			worst = max(worst, slices.Index(order, s.State))
		}
	}
	answer(w, 200, map[string]any{"state": order[worst], "sha": hash.String(), "total_count": len(latest), "statuses": latest})
}

func (h *Host) forgejoSetStatus(w http.ResponseWriter, q request, hash string) {
	var in struct {
		State, Context, Description string
		TargetURL                   string `json:"target_url"`
	}
	if err := json.NewDecoder(q.Body).Decode(&in); err != nil {
		forgejoError(w, q.Request, http.StatusUnprocessableEntity, err.Error())
		return
	}
	_, err := object.GetCommit(storage(h.path(q.repo)), plumbing.NewHash(hash))
	if err != nil || !slices.Contains([]string{"pending", "success", "error", "failure", "warning"}, in.State) {
		forgejoError(w, q.Request, http.StatusInternalServerError, "") // so says the server of both
		return
	}
	now := h.opt.Now().Unix()
	s := status{Context: in.Context, State: in.State, Description: in.Description, URL: in.TargetURL, User: q.user, Created: now, Updated: now}
	err = h.change(q.repo, func(rec *record) error {
		if rec.Statuses == nil {
			rec.Statuses = map[string][]status{}
		}
		s.ID = len(rec.Statuses[hash]) + 1
		rec.Statuses[hash] = append(rec.Statuses[hash], s) // a row each time
		return nil
	})
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	answer(w, 201, h.forgejoStatus(s))
}
