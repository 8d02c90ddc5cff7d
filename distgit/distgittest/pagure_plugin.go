// SPDX-License-Identifier: MIT

package distgittest

import (
	"errors"
	"io/fs"
	"net/http"
	"slices"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// pagurePlugin routes /_dg/<call>/<ns>/<name>.
func (h *Host) pagurePlugin(q *request, s []string) http.HandlerFunc {
	if len(s) != 3 {
		return nil
	}
	q.repo = distgit.Repo{Namespace: s[1], Name: s[2]}
	call := q.Method + " " + s[0]
	return func(w http.ResponseWriter, _ *http.Request) {
		rec, err := h.recordOf(q.repo)
		if err != nil {
			pagureFailure(w, err)
			return
		}
		user, allowed := h.account(q.Request)
		if q.Method == http.MethodPost && !allowed {
			pagureFailure(w, fs.ErrPermission)
			return
		}
		switch call {
		case "GET orphan":
			answer(w, 200, map[string]any{"orphan": rec.Owner == "orphan", "reason": rec.Orphan, "reason_info": ""})
		case "POST orphan":
			err = h.change(q.repo, func(rec *record) error {
				rec.Owner, rec.Orphan = "orphan", q.FormValue("orphan_reason")
				return nil
			})
		case "POST take_orphan":
			err = h.change(q.repo, func(rec *record) error {
				if rec.Owner != "orphan" {
					return errNotOrphan
				}
				rec.Owner, rec.Orphan = user, ""
				return nil
			})
			if err == nil {
				answer(w, 200, map[string]string{"point_of_contact": user})
			}
		case "GET anitya":
			answer(w, 200, map[string]string{"monitoring": rec.Monitoring})
		case "GET bzoverrides":
			who := map[string]any{"fedora_assignee": nil, "epel_assignee": nil}
			for k, v := range rec.Assignees {
				who[k+"_assignee"] = v
			}
			answer(w, 200, who)
		default:
			http.NotFound(w, q.Request)
		}
		if errors.Is(err, errNotOrphan) {
			pagureError(w, 403, "ENOTHIGHENOUGH", "You do not have sufficient permissions to perform this action", "the package is not orphaned")
		} else if err != nil {
			pagureFailure(w, err)
		} else if call == "POST orphan" {
			answer(w, 200, map[string]any{"orphan": true, "reason": q.FormValue("orphan_reason"), "reason_info": ""})
		}
	}
}

var errNotOrphan = errors.New("not an orphan")

// pagureExtras serves the static lists of all packages on disk.
func (h *Host) pagureExtras(q *request, name string) http.HandlerFunc {
	row := map[string]func(record) any{
		"pagure_owner_alias.json": func(r record) any { return people(r, false) },
		"pagure_bz.json":          func(r record) any { return people(r, true) },
		"pagure_poc.json": func(r record) any {
			return map[string]string{"admin": r.Owner, "fedora": cmpOr(r.Assignees["fedora"], r.Owner), "epel": cmpOr(r.Assignees["epel"], r.Owner)}
		},
	}[name]
	if row == nil || q.Method != http.MethodGet {
		return nil
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		repos, err := h.Repos()
		if err != nil {
			pagureFailure(w, err)
			return
		}
		out := map[string]map[string]any{}
		for _, r := range repos {
			if r.Fork != "" {
				continue
			}
			rec, err := h.recordOf(r)
			if err != nil {
				pagureFailure(w, err)
				return
			}
			if out[r.Namespace] == nil {
				out[r.Namespace] = map[string]any{}
			}
			out[r.Namespace][r.Name] = row(rec)
		}
		answer(w, 200, out)
	}
}

func people(r record, groups bool) []string {
	out := append([]string{r.Owner}, r.Admins...)
	out = append(out, r.Committers...)
	if groups {
		for _, g := range r.Groups {
			out = append(out, "@"+g)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
