// SPDX-License-Identifier: MIT

package distgittest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

const maxPush = 1 << 30

// smart answers the smart HTTP protocol.
func (h *Host) smart(w http.ResponseWriter, q request) {
	if err := h.ensure(q.repo); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			http.Error(w, "Repository not found", http.StatusNotFound)
			return
		}
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	agent := ""
	if q.op == OpPush || q.op == OpRefsW {
		name, ok := h.account(q.Request)
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="dist-git"`)
			http.Error(w, "authentication required", http.StatusUnauthorized)
			return
		}
		agent = name
	}
	l := h.lock(q.repo)
	switch q.op {
	case OpPush:
		l.Lock()
		defer l.Unlock()
		h.receive(w, q, agent)
	case OpFetch:
		l.RLock()
		defer l.RUnlock()
		body, err := limitBody(q.Request, 64<<20)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		h.backend(w, q, body, agent, "")
	default:
		l.RLock()
		defer l.RUnlock()
		h.backend(w, q, nil, agent, "")
	}
}

// backend hands one request to git http-backend, or to go-git.
func (h *Host) backend(w http.ResponseWriter, q request, body []byte, agent, refuse string) {
	if h.git == "" {
		h.goGit(w, q, body)
		return
	}
	r := q.Request.Clone(q.Context())
	// The repository's own path, whatever alias the client used.
	rel, err := filepath.Rel(filepath.Join(h.dir, "repos"), h.path(q.repo))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	service := r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]
	if service == "/refs" {
		service = "/info/refs"
	}
	r.URL.Path = "/" + filepath.ToSlash(rel) + service
	r.URL.RawPath = ""
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	r.Header.Del("Authorization") // cgi would put it nowhere, and git needs none
	config := [][2]string{
		{"http.receivepack", "true"}, {"safe.directory", "*"}, {"receive.autogc", "false"}, {"gc.auto", "0"}, {"receive.fsckObjects", "true"},
	}
	if refuse != "" {
		config = append(config, [2]string{"core.hooksPath", filepath.Join(h.dir, "hooks")})
	}
	if h.opt.AllowAnyCommit {
		config = append(config, [2]string{"uploadpack.allowAnySHA1InWant", "true"}, [2]string{"uploadpack.allowFilter", "true"})
	}
	env := []string{
		"GIT_PROJECT_ROOT=" + filepath.Join(h.dir, "repos"), "GIT_HTTP_EXPORT_ALL=1",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HOME=" + h.dir,
		"GIT_CONFIG_COUNT=" + strconv.Itoa(len(config)),
	}
	for i, kv := range config {
		env = append(env, "GIT_CONFIG_KEY_"+strconv.Itoa(i)+"="+kv[0], "GIT_CONFIG_VALUE_"+strconv.Itoa(i)+"="+kv[1])
	}
	if agent != "" {
		env = append(env, "REMOTE_USER="+agent)
	}
	if refuse != "" {
		env = append(env, "DISTGITTEST_REFUSE="+refuse)
	}
	(&cgi.Handler{Path: h.git, Dir: h.dir, Env: env, Stderr: io.Discard}).ServeHTTP(w, r)
}

// receive runs one push: asks the hook, lets a prepared race win, hands the
// request to git and writes down what became of each ref.
func (h *Host) receive(w http.ResponseWriter, q request, agent string) {
	body, err := limitBody(q.Request, maxPush)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	req, err := updateRequest(q.Request, body)
	if err != nil {
		h.backend(w, q, body, agent, "") // let git word the complaint
		return
	}
	st := storage(h.path(q.repo))
	var refuse string
	pushes := make([]Push, 0, len(req.Commands))
	for _, c := range req.Commands {
		p := Push{
			Time: h.opt.Now().UTC(), Repo: q.repo.Normal(), Ref: c.Name.String(), Agent: agent,
			Old: hashText(c.Old), New: hashText(c.New),
		}
		h.mu.Lock()
		hook := h.hook
		h.mu.Unlock()
		if hook != nil && refuse == "" {
			if err := hook(p); err != nil {
				refuse = err.Error()
			}
		}
		pushes = append(pushes, p)
	}
	if refuse == "" {
		if err := h.lose(st, q.repo, req.Commands); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	rec := httptest.NewRecorder()
	if h.git == "" {
		h.goGitReceive(rec, st, req, refuse)
	} else {
		h.backend(rec, q, body, agent, refuse)
	}
	after := storage(h.path(q.repo))
	for _, p := range pushes {
		now := plumbing.ZeroHash
		if ref, err := after.Reference(plumbing.ReferenceName(p.Ref)); err == nil {
			now = ref.Hash()
		}
		if p.Accepted = hashText(now) == p.New && rec.Code == http.StatusOK && refuse == ""; !p.Accepted {
			p.Reason = refuse
			if refuse == "" {
				p.Reason = "ref not updated"
			}
		}
		p.Forced = p.Accepted && p.Old != "" && p.New != "" && !reachable(after, p.New, p.Old)
		h.record(p)
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func updateRequest(r *http.Request, body []byte) (*packp.ReferenceUpdateRequest, error) {
	var in io.Reader = bytes.NewReader(body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		gz, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = gz
	}
	req := packp.NewReferenceUpdateRequest()
	if err := req.Decode(in); err != nil {
		return nil, err
	}
	// A branch named twice is git's to refuse.
	var names []plumbing.ReferenceName
	for _, c := range req.Commands {
		if slices.Contains(names, c.Name) {
			return nil, errors.New("ref named twice")
		}
		names = append(names, c.Name)
	}
	return req, nil
}

func hashText(h plumbing.Hash) string {
	if h.IsZero() {
		return ""
	}
	return h.String()
}
