// SPDX-License-Identifier: MIT

package distgittest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/seed-f134cc8e/relkit/distgit"
)

func forgejoError(w http.ResponseWriter, r *http.Request, status int, text string) {
	body := map[string]any{"message": text, "url": "http://" + r.Host + "/api/swagger"}
	if status == http.StatusNotFound {
		body["errors"] = []string{}
	}
	answer(w, status, body)
}

func (h *Host) forgejoFailure(w http.ResponseWriter, q request, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		forgejoError(w, q.Request, http.StatusNotFound, "The target couldn't be found.")
	case errors.Is(err, fs.ErrPermission):
		forgejoError(w, q.Request, http.StatusUnauthorized, "token is required")
	case errors.Is(err, fs.ErrExist):
		forgejoError(w, q.Request, http.StatusConflict, "already exists")
	default:
		forgejoError(w, q.Request, http.StatusInternalServerError, "") // as to normal users
	}
}

// forgejo routes /api/v1/<segments>.
func (h *Host) forgejo(q *request, s []string) http.HandlerFunc {
	switch {
	case len(s) == 1 && s[0] == "version":
		return func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, map[string]string{"version": "12.0.0+gitea-1.22.0"})
		}
	case len(s) == 1 && s[0] == "user":
		return func(w http.ResponseWriter, r *http.Request) {
			user, ok := h.account(r)
			if !ok {
				h.forgejoFailure(w, *q, fs.ErrPermission)
				return
			}
			answer(w, 200, map[string]string{"login": user, "username": user})
		}
	case len(s) == 3 && s[0] == "orgs" && s[2] == "repos":
		return func(w http.ResponseWriter, _ *http.Request) { h.forgejoRepos(w, *q, s[1]) }
	case len(s) < 3 || s[0] != "repos":
		return nil
	}
	q.repo = distgit.Repo{Namespace: s[1], Name: s[2]}
	if q.repo.Valid() != nil {
		return nil
	}
	rest := s[3:]
	return func(w http.ResponseWriter, _ *http.Request) { h.forgejoRepo(w, *q, rest) }
}

func (h *Host) forgejoRepo(w http.ResponseWriter, q request, s []string) {
	rec, err := h.recordOf(q.repo)
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	user, allowed := h.account(q.Request)
	if q.Method != http.MethodGet && !allowed {
		h.forgejoFailure(w, q, fs.ErrPermission)
		return
	}
	q.user = user
	first := ""
	if len(s) > 0 {
		first = s[0]
	}
	switch {
	case len(s) == 0:
		answer(w, 200, h.forgejoProject(q, q.repo, rec, true))
	case first == "branches":
		h.forgejoBranches(w, q, rec, s[1:])
	case first == "git" && len(s) >= 2 && s[1] == "refs":
		h.forgejoRefs(w, q, strings.Join(s[2:], "/"))
	case first == "git" && len(s) == 3 && s[1] == "commits":
		h.forgejoCommit(w, q, s[2])
	case first == "raw" && len(s) > 1:
		h.forgejoRaw(w, q, strings.Join(s[1:], "/"))
	case first == "contents" && len(s) > 1 && q.Method == http.MethodGet:
		h.forgejoContents(w, q, strings.Join(s[1:], "/"))
	case first == "commits" && len(s) == 1:
		h.forgejoCommits(w, q, rec)
	case first == "commits" && len(s) == 3 && (s[2] == "statuses" || s[2] == "status"):
		h.forgejoStatuses(w, q, rec, s[1], s[2] == "status")
	case first == "statuses" && len(s) == 2 && q.Method == http.MethodPost:
		h.forgejoSetStatus(w, q, s[1])
	case first == "pulls":
		h.forgejoPulls(w, q, rec, s[1:])
	case first == "forks" && q.Method == http.MethodPost:
		h.forgejoFork(w, q)
	case first == "collaborators":
		h.forgejoCollaborators(w, q, rec, s[1:])
	case first == "teams":
		if rec.Parent != "" {
			forgejoError(w, q.Request, http.StatusMethodNotAllowed, "repo is not owned by an organization")
			return
		}
		teams := []any{}
		for _, g := range rec.Groups {
			teams = append(teams, map[string]string{"name": g, "permission": "write"})
		}
		answer(w, 200, teams)
	default:
		forgejoError(w, q.Request, http.StatusNotFound, "The target couldn't be found.")
	}
}

func (h *Host) forgejoProject(q request, r distgit.Repo, rec record, parent bool) map[string]any {
	heads, _ := branches(storage(h.path(r)))
	root := "http://" + q.Host + "/" + r.Namespace + "/" + r.Name
	m := map[string]any{
		"id": rec.ID, "owner": map[string]any{"login": r.Namespace, "username": r.Namespace}, "name": r.Name,
		"full_name": r.Namespace + "/" + r.Name, "description": rec.Description, "empty": len(heads) == 0, "fork": rec.Parent != "",
		"parent": nil, "default_branch": rec.Default, "clone_url": root + ".git", "html_url": root,
		"ssh_url": "ssh://git@" + q.Host + "/" + r.Namespace + "/" + r.Name + ".git", "archived": false,
		"created_at": time.Unix(rec.Created, 0).UTC(), "object_format_name": "sha1", "permissions": map[string]bool{"pull": true},
	}
	if p, err := distgit.ParseRepo(rec.Parent); err == nil && rec.Parent != "" && parent {
		if prec, err := h.recordOf(p); err == nil {
			m["parent"] = h.forgejoProject(q, p, prec, false)
		}
	}
	return m
}

// page cuts out the page that a request asks for and sets the paging headers.
func page[T any](w http.ResponseWriter, q request, all []T) []T {
	n, limit := 1, 30
	if v, err := strconv.Atoi(q.URL.Query().Get("page")); err == nil && v > 0 {
		n = v
	}
	if v, err := strconv.Atoi(q.URL.Query().Get("limit")); err == nil && v > 0 {
		limit = min(v, 50)
	}
	from, to := min((n-1)*limit, len(all)), min(n*limit, len(all))
	w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	if to < len(all) {
		u := *q.URL
		v := u.Query()
		v.Set("page", strconv.Itoa(n+1))
		u.RawQuery = v.Encode()
		w.Header().Set("Link", fmt.Sprintf("<http://%s%s>; rel=\"next\"", q.Host, u.RequestURI()))
		w.Header().Set("X-HasMore", "true")
	}
	return append([]T{}, all[from:to]...)
}

func (h *Host) forgejoRepos(w http.ResponseWriter, q request, org string) {
	repos, err := h.Repos()
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	var out []any
	for _, r := range repos {
		if r.Namespace != org {
			continue
		}
		if rec, err := h.recordOf(r); err == nil {
			out = append(out, h.forgejoProject(q, r, rec, true))
		}
	}
	answer(w, 200, page(w, q, out))
}

func (h *Host) forgejoBranches(w http.ResponseWriter, q request, rec record, s []string) {
	if q.Method == http.MethodPost {
		var in struct {
			Name string `json:"new_branch_name"`
			Ref  string `json:"old_ref_name"`
		}
		if json.NewDecoder(q.Body).Decode(&in) != nil || in.Name == "" {
			forgejoError(w, q.Request, http.StatusUnprocessableEntity, "[BranchName]: Required")
			return
		}
		from, ok := resolve(storage(h.path(q.repo)), cmpOr(in.Ref, rec.Default))
		if !ok {
			h.forgejoFailure(w, q, fs.ErrNotExist)
			return
		}
		if _, err := h.Head(q.repo, in.Name); err == nil {
			forgejoError(w, q.Request, http.StatusConflict, "The branch already exists.")
			return
		}
		if err := h.SetRef(q.repo, in.Name, from.String()); err != nil {
			h.forgejoFailure(w, q, err)
			return
		}
		answer(w, 201, h.forgejoBranch(in.Name, from.String()))
		return
	}
	heads, err := branches(storage(h.path(q.repo)))
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	if len(s) > 0 {
		name := strings.Join(s, "/")
		hash, ok := heads[name]
		if !ok {
			h.forgejoFailure(w, q, fs.ErrNotExist)
			return
		}
		answer(w, 200, h.forgejoBranch(name, hash))
		return
	}
	var out []any
	for _, n := range sortedNames(heads) {
		out = append(out, h.forgejoBranch(n, heads[n]))
	}
	if len(out) == 0 { // an empty repository
		answer(w, 200, nil)
		return
	}
	answer(w, 200, page(w, q, out))
}

func (h *Host) forgejoBranch(name, hash string) map[string]any {
	return map[string]any{"name": name, "commit": map[string]any{"id": hash}, "protected": false}
}

func (h *Host) forgejoRefs(w http.ResponseWriter, q request, prefix string) {
	heads, err := branches(storage(h.path(q.repo)))
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	out := []any{}
	for _, n := range sortedNames(heads) {
		if strings.HasPrefix("heads/"+n, prefix) { // a plain prefix: heads/epel9 brings epel9-next
			out = append(out, map[string]any{"ref": "refs/heads/" + n, "object": map[string]string{"type": "commit", "sha": heads[n]}})
		}
	}
	if len(out) == 0 {
		h.forgejoFailure(w, q, fs.ErrNotExist)
		return
	}
	answer(w, 200, out)
}

func forgejoCommit(c *object.Commit) map[string]any {
	who := func(s object.Signature) map[string]any {
		return map[string]any{"name": s.Name, "email": s.Email, "date": s.When}
	}
	parents := []any{}
	for _, p := range c.ParentHashes {
		parents = append(parents, map[string]string{"sha": p.String()})
	}
	return map[string]any{
		"sha": c.Hash.String(), "created": c.Committer.When, "parents": parents, "files": nil,
		"commit": map[string]any{"message": c.Message, "author": who(c.Author), "committer": who(c.Committer), "tree": map[string]string{"sha": c.TreeHash.String()}},
	}
}

func (h *Host) forgejoCommit(w http.ResponseWriter, q request, ref string) {
	st := storage(h.path(q.repo))
	hash, ok := resolve(st, ref)
	if !ok {
		h.forgejoFailure(w, q, fs.ErrNotExist)
		return
	}
	c, err := object.GetCommit(st, hash)
	if err != nil {
		h.forgejoFailure(w, q, err)
		return
	}
	answer(w, 200, forgejoCommit(c))
}

func (h *Host) forgejoCommits(w http.ResponseWriter, q request, rec record) {
	st := storage(h.path(q.repo))
	if heads, err := branches(st); err == nil && len(heads) == 0 {
		forgejoError(w, q.Request, http.StatusConflict, "Git Repository is empty.")
		return
	}
	hash, ok := resolve(st, cmpOr(q.URL.Query().Get("sha"), rec.Default))
	if !ok {
		h.forgejoFailure(w, q, fs.ErrNotExist)
		return
	}
	var all []any
	for !hash.IsZero() {
		c, err := object.GetCommit(st, hash)
		if err != nil {
			h.forgejoFailure(w, q, err)
			return
		}
		all = append(all, forgejoCommit(c))
		hash = plumbing.ZeroHash
		if len(c.ParentHashes) > 0 {
			hash = c.ParentHashes[0]
		}
	}
	answer(w, 200, page(w, q, all))
}

// forgejoFile is a file at the asked ref; when there is none it has answered.
func (h *Host) forgejoFile(w http.ResponseWriter, q request, path string) ([]byte, bool) {
	rec, err := h.recordOf(q.repo)
	var data []byte
	if err == nil {
		data, err = h.File(q.repo, cmpOr(q.URL.Query().Get("ref"), rec.Default), path)
	}
	if err != nil {
		h.forgejoFailure(w, q, err)
	}
	return data, err == nil
}

func (h *Host) forgejoRaw(w http.ResponseWriter, q request, path string) {
	data, ok := h.forgejoFile(w, q, path)
	if !ok {
		return
	}
	w.Header().Set("X-Forgejo-Object-Type", "file")
	w.Header().Set("ETag", `"`+plumbing.ComputeHash(plumbing.BlobObject, data).String()+`"`)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(data) // empty files too
}

func (h *Host) forgejoContents(w http.ResponseWriter, q request, path string) {
	data, ok := h.forgejoFile(w, q, path)
	if !ok {
		return
	}
	answer(w, 200, map[string]any{
		"name": path[strings.LastIndexByte(path, '/')+1:], "path": path, "type": "file", "size": len(data), "encoding": "base64",
		"sha": plumbing.ComputeHash(plumbing.BlobObject, data).String(), "content": base64.StdEncoding.EncodeToString(data),
	})
}

func (h *Host) forgejoCollaborators(w http.ResponseWriter, q request, rec record, s []string) {
	all := append(slices.Clone(rec.Admins), rec.Committers...)
	slices.Sort(all)
	switch {
	case len(s) == 0 && q.user == "":
		h.forgejoFailure(w, q, fs.ErrPermission)
	case len(s) == 0:
		var out []any
		for _, n := range all {
			out = append(out, map[string]string{"login": n, "username": n})
		}
		answer(w, 200, page(w, q, out))
	case len(s) == 2 && s[1] == "permission":
		p := "read"
		switch {
		case s[0] == rec.Owner:
			p = "owner"
		case slices.Contains(rec.Admins, s[0]):
			p = "admin"
		case slices.Contains(rec.Committers, s[0]):
			p = "write"
		}
		answer(w, 200, map[string]any{"permission": p, "role_name": p, "user": map[string]string{"login": s[0]}})
	case slices.Contains(all, s[0]):
		w.WriteHeader(http.StatusNoContent)
	default:
		h.forgejoFailure(w, q, fs.ErrNotExist)
	}
}
