// SPDX-License-Identifier: MIT

package distgittest

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/seed-f134cc8e/relkit/distgit"
)

func pagureError(w http.ResponseWriter, status int, code, text string, errs any) {
	body := map[string]any{"error": text, "error_code": code}
	if errs != nil {
		body["errors"] = errs
	}
	answer(w, status, body)
}

func pagureFailure(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		pagureError(w, http.StatusNotFound, "ENOPROJECT", "Project not found", nil)
	case errors.Is(err, fs.ErrPermission):
		pagureError(w, http.StatusUnauthorized, "EINVALIDTOK", "Invalid or expired token. Please visit the settings page to get or renew your API token.", nil)
	default:
		pagureError(w, http.StatusInternalServerError, "ENOCODE", err.Error(), nil)
	}
}

// pagure routes /api/0/<segments>.
func (h *Host) pagure(q *request, s []string) http.HandlerFunc {
	if len(s) == 1 && s[0] == "version" {
		return func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, map[string]string{"version": "0.40"}) }
	}
	if len(s) == 2 && s[0] == "-" && s[1] == "whoami" && q.Method == http.MethodPost {
		return func(w http.ResponseWriter, r *http.Request) {
			user, ok := h.account(r)
			if !ok {
				pagureFailure(w, fs.ErrPermission)
				return
			}
			answer(w, 200, map[string]string{"username": user})
		}
	}
	if len(s) == 1 && s[0] == "projects" {
		return func(w http.ResponseWriter, _ *http.Request) { h.pagureProjects(w, q) }
	}
	if len(s) == 1 && s[0] == "fork" && q.Method == http.MethodPost {
		return func(w http.ResponseWriter, _ *http.Request) { h.pagureFork(w, q) }
	}
	fork := ""
	if len(s) > 2 && s[0] == "fork" {
		fork, s = s[1], s[2:]
	}
	if len(s) < 2 {
		return nil
	}
	q.repo = distgit.Repo{Namespace: s[0], Name: s[1], Fork: fork}
	if q.repo.Valid() != nil {
		return nil
	}
	rest := s[2:]
	return func(w http.ResponseWriter, _ *http.Request) { h.pagureRepo(w, *q, rest) }
}

func (h *Host) pagureRepo(w http.ResponseWriter, q request, s []string) {
	rec, err := h.recordOf(q.repo)
	if err != nil {
		pagureFailure(w, err)
		return
	}
	call := q.Method + " " + strings.Join(s, "/")
	switch {
	case call == "GET ":
		answer(w, 200, h.pagureProject(q.repo, rec, true))
	case call == "GET git/branches":
		h.pagureBranches(w, q, rec)
	case call == "POST git/branch":
		h.pagureNewBranch(w, q)
	case call == "GET git/alias":
		refs := map[string]string{}
		for a, t := range rec.Aliases {
			refs["refs/heads/"+a] = "refs/heads/" + t
		}
		answer(w, 200, refs)
	case call == "GET git/urls":
		answer(w, 200, map[string]any{"total_urls": 2, "urls": map[string]string{
			"git": "http://" + q.Host + "/" + q.repo.String() + ".git", "ssh": "ssh://git@" + q.Host + "/" + q.repo.String() + ".git"}})
	case len(s) == 3 && s[0] == "c" && s[2] == "info":
		h.pagureCommit(w, q, s[1])
	case len(s) == 3 && s[0] == "c" && s[2] == "flag":
		h.pagureFlags(w, q, s[1])
	case len(s) >= 1 && (s[0] == "pull-requests" || s[0] == "pull-request"):
		h.pagurePulls(w, q, s)
	default:
		pagureError(w, http.StatusNotFound, "ENOCODE", "Not found", nil)
	}
}

func (h *Host) pagureProject(r distgit.Repo, rec record, parent bool) map[string]any {
	user := func(name string) map[string]string {
		return map[string]string{"name": name, "fullname": name, "url_path": "user/" + name}
	}
	m := map[string]any{
		"id": rec.ID, "name": r.Name, "namespace": r.Normal().Namespace, "fullname": r.String(), "description": rec.Description,
		"url_path": strings.Replace(r.String(), "forks/", "fork/", 1), "date_created": strconv.FormatInt(rec.Created, 10),
		"date_modified": strconv.FormatInt(rec.Created, 10), "user": user(rec.Owner), "parent": nil, "tags": []string{},
		"access_users": map[string][]string{
			"owner": {rec.Owner}, "admin": list(rec.Admins), "commit": list(rec.Committers), "collaborator": {}, "ticket": {}},
		"access_groups": map[string][]string{"admin": {}, "commit": list(rec.Groups), "collaborator": {}, "ticket": {}},
	}
	if rec.Parent != "" && parent {
		if p, err := distgit.ParseRepo(rec.Parent); err == nil {
			if prec, err := h.recordOf(p); err == nil {
				m["parent"] = h.pagureProject(p, prec, false)
			}
		}
	}
	return m
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (h *Host) pagureProjects(w http.ResponseWriter, q *request) {
	query := q.URL.Query()
	per, page := 20, 1
	if v := query.Get("per_page"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 100 {
			pagureError(w, http.StatusBadRequest, "EINVALIDPERPAGEVALUE", "The per_page value must be between 1 and 100", nil)
			return
		}
		per = n
	}
	if n, err := strconv.Atoi(query.Get("page")); err == nil && n > 0 {
		page = n
	}
	repos, err := h.Repos()
	if err != nil {
		pagureFailure(w, err)
		return
	}
	var found []any
	for _, r := range repos {
		ok, _ := path.Match(cmpOr(query.Get("pattern"), "*"), r.Name)
		if !ok || query.Get("namespace") != "" && query.Get("namespace") != r.Normal().Namespace || query.Get("fork") == "false" && r.Fork != "" {
			continue
		}
		rec, err := h.recordOf(r)
		if err != nil {
			pagureFailure(w, err)
			return
		}
		owner := query.Get("owner")
		if not, ok := strings.CutPrefix(owner, "!"); ok && not == rec.Owner || owner != "" && !ok && owner != rec.Owner {
			continue
		}
		if u := query.Get("username"); u != "" && u != rec.Owner && !slices.Contains(rec.Admins, u) && !slices.Contains(rec.Committers, u) {
			continue
		}
		found = append(found, h.pagureProject(r, rec, true))
	}
	total := len(found)
	pages := (total + per - 1) / per
	from, to := min((page-1)*per, total), min(page*per, total)
	u := *q.URL
	u.Host, u.Scheme = q.Host, "http"
	link := func(n int) any {
		if n < 1 || n > pages {
			return nil
		}
		v := u.Query()
		v.Set("page", strconv.Itoa(n))
		v.Set("per_page", strconv.Itoa(per))
		u.RawQuery = v.Encode()
		return u.String()
	}
	answer(w, 200, map[string]any{
		"projects": append([]any{}, found[from:to]...), "total_projects": total,
		"pagination": map[string]any{"page": page, "pages": pages, "per_page": per, "first": link(1), "last": link(pages), "next": link(page + 1), "prev": link(page - 1)},
	})
}

func cmpOr(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func (h *Host) pagureBranches(w http.ResponseWriter, q request, rec record) {
	heads, err := branches(storage(h.path(q.repo)))
	if err != nil {
		pagureFailure(w, err)
		return
	}
	out := map[string]any{"total_branches": len(heads)}
	if with := q.URL.Query().Get("with_commits"); with == "1" || with == "true" {
		def := map[string]string{}
		if hash, ok := heads[rec.Default]; ok {
			def[rec.Default] = hash
		}
		out["branches"], out["default"] = heads, def
	} else {
		out["branches"], out["default"] = sortedNames(heads), rec.Default
	}
	answer(w, 200, out)
}

func (h *Host) pagureNewBranch(w http.ResponseWriter, q request) {
	if _, ok := h.account(q.Request); !ok {
		pagureFailure(w, fs.ErrPermission)
		return
	}
	name, from, commit := q.FormValue("branch"), q.FormValue("from_branch"), q.FormValue("from_commit")
	switch {
	case name == "":
		pagureError(w, 400, "EINVALIDREQ", "Invalid or incomplete input submitted", map[string][]string{"branch": {"This field is required."}})
		return
	case from != "" && commit != "":
		pagureError(w, 400, "EINVALIDREQ", "Invalid or incomplete input submitted", "from_branch and from_commit exclude each other")
		return
	case commit == "":
		head, err := h.Head(q.repo, cmpOr(from, "master"))
		if err != nil {
			pagureError(w, 404, "EBRANCHNOTFOUND", "Branch not found in this git repository", nil)
			return
		}
		commit = head
	}
	if _, err := h.Head(q.repo, name); err == nil {
		pagureError(w, 400, "ENOCODE", "The branch already exists", nil)
		return
	}
	if err := h.SetRef(q.repo, name, commit); err != nil {
		pagureError(w, 400, "ENOCODE", err.Error(), nil)
		return
	}
	answer(w, 200, map[string]string{"message": "Project branch was created"})
}

func (h *Host) pagureCommit(w http.ResponseWriter, q request, hash string) {
	c, err := object.GetCommit(storage(h.path(q.repo)), plumbing.NewHash(hash))
	if err != nil {
		pagureError(w, 404, "ENOCOMMIT", "Commit not found in this repository", nil)
		return
	}
	parents := []string{}
	for _, p := range c.ParentHashes {
		parents = append(parents, p.String())
	}
	_, offset := c.Committer.When.Zone()
	answer(w, 200, map[string]any{
		"author": c.Author.Name, "committer": c.Committer.Name, "commit_time": c.Committer.When.Unix(),
		"commit_time_offset": offset / 60, "hash": c.Hash.String(), "message": c.Message, "parent_ids": parents, "tree_id": c.TreeHash.String(),
	})
}

func (h *Host) pagureFlags(w http.ResponseWriter, q request, hash string) {
	if _, err := object.GetCommit(storage(h.path(q.repo)), plumbing.NewHash(hash)); err != nil {
		pagureError(w, 404, "ENOCOMMIT", "Commit not found in this repository", nil)
		return
	}
	show := func(s status) map[string]any {
		return map[string]any{
			"commit_hash": hash, "username": s.Context, "percent": s.Percent, "comment": s.Description, "status": s.State, "url": s.URL,
			"date_created": strconv.FormatInt(s.Created, 10), "date_updated": strconv.FormatInt(s.Updated, 10),
			"user": map[string]string{"name": s.User, "fullname": s.User, "url_path": "user/" + s.User},
		}
	}
	if q.Method == http.MethodGet {
		rec, err := h.recordOf(q.repo)
		if err != nil {
			pagureFailure(w, err)
			return
		}
		flags := []any{}
		for _, s := range slices.Backward(rec.Statuses[hash]) {
			flags = append(flags, show(s))
		}
		answer(w, 200, map[string]any{"flags": flags, "total_flags": len(flags)})
		return
	}
	user, ok := h.account(q.Request)
	if !ok {
		pagureFailure(w, fs.ErrPermission)
		return
	}
	missing := map[string][]string{}
	for _, f := range []string{"username", "comment", "url"} {
		if q.FormValue(f) == "" {
			missing[f] = []string{"This field is required."}
		}
	}
	if len(missing) > 0 {
		pagureError(w, 400, "EINVALIDREQ", "Invalid or incomplete input submitted", missing)
		return
	}
	s := status{
		Context: q.FormValue("username"), Description: q.FormValue("comment"), URL: q.FormValue("url"), UID: q.FormValue("uid"),
		State: q.FormValue("status"), User: user, Created: h.opt.Now().Unix(), Updated: h.opt.Now().Unix(),
	}
	if n, err := strconv.Atoi(q.FormValue("percent")); err == nil {
		s.Percent = &n
	}
	if s.State == "" {
		s.State = "pending"
		if s.Percent != nil && *s.Percent == 100 {
			s.State = "success"
		}
	}
	if !slices.Contains([]string{"pending", "success", "error", "failure", "canceled"}, s.State) {
		pagureError(w, 400, "EINVALIDREQ", "Invalid or incomplete input submitted", map[string][]string{"status": {"Not a valid choice"}})
		return
	}
	message := "Flag added"
	err := h.change(q.repo, func(rec *record) error {
		rows := rec.Statuses[hash]
		if s.UID == "" {
			s.UID = strconv.Itoa(rec.ID) + "-" + strconv.Itoa(len(rows)+1)
		}
		if i := slices.IndexFunc(rows, func(o status) bool { return o.UID == s.UID }); i >= 0 {
			message, s.Created = "Flag updated", rows[i].Created
			rows[i] = s
			return nil
		}
		if rec.Statuses == nil {
			rec.Statuses = map[string][]status{}
		}
		rec.Statuses[hash] = append(rows, s)
		return nil
	})
	if err != nil {
		pagureFailure(w, err)
		return
	}
	answer(w, 200, map[string]any{"flag": show(s), "message": message, "uid": s.UID})
}
