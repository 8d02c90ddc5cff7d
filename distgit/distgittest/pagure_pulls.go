// SPDX-License-Identifier: MIT

package distgittest

import (
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// pagurePulls routes pull-requests, pull-request/new, pull-request/<id> and
// pull-request/<id>/{merge,close}.
func (h *Host) pagurePulls(w http.ResponseWriter, q request, s []string) {
	rec, err := h.recordOf(q.repo)
	if err != nil {
		pagureFailure(w, err)
		return
	}
	if len(s) == 1 && s[0] == "pull-requests" {
		state := strings.ToLower(cmpOr(q.URL.Query().Get("status"), "open"))
		list := []any{}
		for _, p := range slices.Backward(rec.Pulls) {
			if state != "all" && state != p.State && state != "0" || q.URL.Query().Get("author") != "" && q.URL.Query().Get("author") != p.User {
				continue
			}
			list = append(list, h.pagurePull(q.repo, rec, p))
		}
		answer(w, 200, map[string]any{"requests": list, "total_requests": len(list), "pagination": map[string]any{"page": 1, "pages": 1, "next": nil, "prev": nil}})
		return
	}
	if len(s) == 2 && s[1] == "new" && q.Method == http.MethodPost {
		h.pagureNewPull(w, q)
		return
	}
	if len(s) < 2 {
		http.NotFound(w, q.Request)
		return
	}
	id, _ := strconv.Atoi(s[1])
	i := slices.IndexFunc(rec.Pulls, func(p pull) bool { return p.ID == id })
	if i < 0 {
		pagureError(w, 404, "ENOREQ", "Pull-Request not found", nil)
		return
	}
	if len(s) == 2 {
		answer(w, 200, h.pagurePull(q.repo, rec, rec.Pulls[i]))
		return
	}
	h.pagurePullAction(w, q, id, s[2])
}

func (h *Host) pagurePullAction(w http.ResponseWriter, q request, id int, action string) {
	if _, ok := h.account(q.Request); !ok {
		pagureFailure(w, fs.ErrPermission)
		return
	}
	var err error
	switch action {
	case "merge":
		err = h.mergePull(q.repo, id)
	case "close":
		err = h.setPull(q.repo, id, func(p *pull) { p.State = "closed" })
	default:
		http.NotFound(w, q.Request)
		return
	}
	if errors.Is(err, errNotForward) {
		pagureError(w, 409, "EPRCONFLICTS", "This pull-request conflicts and thus cannot be merged", nil)
		return
	}
	if err != nil {
		pagureFailure(w, err)
		return
	}
	answer(w, 200, map[string]string{"message": map[string]string{"merge": "Changes merged!", "close": "Pull-request closed!"}[action]})
}

var errNotForward = errors.New("not a fast-forward")

func (h *Host) setPull(r distgit.Repo, id int, f func(*pull)) error {
	return h.change(r, func(rec *record) error {
		i := slices.IndexFunc(rec.Pulls, func(p pull) bool { return p.ID == id })
		if i < 0 {
			return fs.ErrNotExist
		}
		f(&rec.Pulls[i])
		return nil
	})
}

// mergePull fast-forwards the target branch; other merges are refused. A fork
// shares no objects here, so its commits must be in the target already.
func (h *Host) mergePull(r distgit.Repo, id int) error {
	rec, err := h.recordOf(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rec.Pulls, func(p pull) bool { return p.ID == id })
	if i < 0 {
		return fs.ErrNotExist
	}
	p := rec.Pulls[i]
	to, err := h.Head(r, p.To)
	if err != nil {
		return err
	}
	if p.Fork != "" || !reachable(storage(h.path(r)), p.Tip, to) {
		return errNotForward
	}
	if err := h.SetRef(r, p.To, p.Tip); err != nil {
		return err
	}
	return h.setPull(r, id, func(p *pull) { p.State, p.Merged = "merged", p.Tip })
}

// newPull opens a pull request. The error is fs.ErrNotExist when a branch is
// not there, fs.ErrExist when the same one is open.
func (h *Host) newPull(r distgit.Repo, p pull) (pull, error) {
	if _, err := h.Head(r, p.To); err != nil {
		return p, err
	}
	from := r
	if p.Fork != "" {
		from = h.forkOf(r, p.Fork)
	}
	tip, err := h.Head(from, p.From)
	if err != nil {
		return p, err
	}
	p.Tip, p.State, p.Created = tip, "open", h.opt.Now().Unix()
	err = h.change(r, func(rec *record) error {
		for _, o := range rec.Pulls {
			if o.State == "open" && o.From == p.From && o.Fork == p.Fork && o.To == p.To {
				return fs.ErrExist
			}
		}
		p.ID = len(rec.Pulls) + 1
		rec.Pulls = append(rec.Pulls, p)
		return nil
	})
	return p, err
}

func (h *Host) forkOf(r distgit.Repo, user string) distgit.Repo {
	if h.opt.Forge == distgit.Forgejo {
		return distgit.Repo{Namespace: user, Name: r.Name}
	}
	r.Fork = user
	return r
}

// fork copies a repository for a user; one that is there already stays.
func (h *Host) fork(r distgit.Repo, user string) (distgit.Repo, error) {
	to := h.forkOf(r.Normal(), user)
	rec, err := h.recordOf(r)
	if err != nil {
		return to, err
	}
	if err := to.Valid(); err != nil {
		return to, err
	}
	if _, err := h.recordOf(to); err == nil {
		return to, fs.ErrExist
	}
	l := h.lock(to)
	l.Lock()
	defer l.Unlock()
	rec.ID = recordID(to)
	rec.Parent, rec.Owner, rec.Admins, rec.Committers, rec.Groups = r.Normal().String(), user, nil, nil, nil
	rec.Pulls, rec.Statuses, rec.Orphan, rec.Created = nil, nil, "", h.opt.Now().Unix()
	return to, copyRepo(h.path(r), h.path(to), rec)
}

func (h *Host) pagurePull(r distgit.Repo, rec record, p pull) map[string]any {
	from := r
	if p.Fork != "" {
		from = h.forkOf(r, p.Fork)
	}
	word := map[string]string{"open": "Open", "merged": "Merged", "closed": "Closed"}[p.State]
	return map[string]any{
		"id": p.ID, "title": p.Title, "initial_comment": p.Body, "status": word, "branch": p.To, "branch_from": p.From,
		"commit_stop": p.Tip, "user": map[string]string{"name": p.User, "fullname": p.User}, "date_created": strconv.FormatInt(p.Created, 10),
		"repo_from": h.pagureProject(from, record{Owner: p.User, ID: rec.ID}, false), "project": h.pagureProject(r, rec, false),
	}
}

func (h *Host) pagureNewPull(w http.ResponseWriter, q request) {
	user, ok := h.account(q.Request)
	if !ok {
		pagureFailure(w, fs.ErrPermission)
		return
	}
	p := pull{
		Title: q.FormValue("title"), Body: q.FormValue("initial_comment"), From: q.FormValue("branch_from"), To: q.FormValue("branch_to"),
		Fork: q.FormValue("repo_from_username"), User: user,
	}
	missing := map[string][]string{}
	for k, v := range map[string]string{"title": p.Title, "branch_from": p.From, "branch_to": p.To} {
		if v == "" {
			missing[k] = []string{"This field is required."}
		}
	}
	if len(missing) > 0 {
		pagureError(w, 400, "EINVALIDREQ", "Invalid or incomplete input submitted", missing)
		return
	}
	p, err := h.newPull(q.repo, p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		pagureError(w, 400, "EINVALIDREQ", "Invalid or incomplete input submitted", "Branch "+p.From+" could not be found in the repo") // a string, not a map
	case err != nil:
		pagureError(w, 400, "ENOCODE", err.Error(), nil)
	default:
		rec, err := h.recordOf(q.repo)
		if err != nil {
			pagureFailure(w, err)
			return
		}
		answer(w, 200, h.pagurePull(q.repo, rec, p))
	}
}

func (h *Host) pagureFork(w http.ResponseWriter, q *request) {
	user, ok := h.account(q.Request)
	if !ok {
		pagureFailure(w, fs.ErrPermission)
		return
	}
	r := distgit.Repo{Namespace: q.FormValue("namespace"), Name: q.FormValue("repo")}
	to, err := h.fork(r, user)
	switch {
	case errors.Is(err, fs.ErrExist):
		pagureError(w, 400, "ENOCODE", "Repo \""+to.String()+"\" already exists", nil)
	case err != nil:
		pagureFailure(w, err)
	default:
		answer(w, 200, map[string]string{"message": "Repo \"" + r.Normal().String() + "\" cloned to \"" + to.String() + "\""})
	}
}
