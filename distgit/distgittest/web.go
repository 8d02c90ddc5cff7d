// SPDX-License-Identifier: MIT

package distgittest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// api returns the handler of a web API request and sets its repository.
func (h *Host) api(q *request) http.HandlerFunc {
	path := q.URL.EscapedPath()
	if h.opt.Forge == distgit.Forgejo {
		if rest, ok := strings.CutPrefix(path, "/api/v1/"); ok {
			return h.forgejo(q, segments(rest))
		}
		return nil
	}
	if rest, ok := strings.CutPrefix(path, "/api/0/"); ok {
		return h.pagure(q, segments(rest))
	}
	if rest, ok := strings.CutPrefix(path, "/_dg/"); ok {
		return h.pagurePlugin(q, segments(rest))
	}
	if strings.HasPrefix(path, "/extras/") {
		return h.pagureExtras(q, strings.TrimPrefix(path, "/extras/"))
	}
	return nil
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

// branches returns the branches of a repository by name, aliases resolved.
func branches(st *filesystem.Storage) (map[string]string, error) {
	out := map[string]string{}
	it, err := st.IterReferences()
	if err != nil {
		return nil, err
	}
	return out, it.ForEach(func(ref *plumbing.Reference) error {
		if !ref.Name().IsBranch() {
			return nil
		}
		full, err := storer.ResolveReference(st, ref.Name())
		if errors.Is(err, plumbing.ErrReferenceNotFound) {
			return nil // an alias of a branch that is not there
		}
		if err != nil {
			return err
		}
		out[ref.Name().Short()] = full.Hash().String()
		return nil
	})
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// raw serves a file by the web front end of either forge.
func (h *Host) raw(w http.ResponseWriter, q request) {
	if err := h.ensure(q.repo); err != nil {
		http.NotFound(w, q.Request)
		return
	}
	var ref, path string
	if h.opt.Forge == distgit.Pagure { // <ref>/f/<path>
		i := slices.Index(q.rest, "f")
		if i < 1 {
			http.NotFound(w, q.Request)
			return
		}
		ref, path = strings.Join(q.rest[:i], "/"), strings.Join(q.rest[i+1:], "/")
	} else { // branch/<b>/<path>, commit/<sha>/<path>
		if len(q.rest) < 3 {
			http.NotFound(w, q.Request)
			return
		}
		ref, path = q.rest[1], strings.Join(q.rest[2:], "/")
	}
	data, err := h.File(q.repo, ref, path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(data) == 0 && h.opt.Forge == distgit.Pagure:
		// Pagure has no content to show for an empty file either.
		http.Error(w, "No content found", http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(data)
	}
}
