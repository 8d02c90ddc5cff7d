// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
)

const maxPost = 16 << 20

// serve answers questions and records posts until ctx ends.
func (a *app) serve(ctx context.Context) error {
	secret := ""
	if a.secretFile != "" {
		data, err := os.ReadFile(a.secretFile)
		if err != nil {
			return err
		}
		if secret = strings.TrimSpace(string(data)); secret == "" {
			return fmt.Errorf("%s is empty", a.secretFile)
		}
	}
	l, err := net.Listen("tcp", a.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "listening on http://%s\n", l.Addr())
	srv := &http.Server{Handler: a.handler(secret), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(deadline)
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler has GET /at, /between and /whohas, and POST /webhook.
func (a *app) handler(secret string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /at", func(w http.ResponseWriter, r *http.Request) {
		repo, times, err := question(r, "time")
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		tip := a.history.At(repo, r.FormValue("branch"), times[0])
		if tip.Confidence == distgit.Unknown {
			fail(w, http.StatusNotFound, errUnknown)
			return
		}
		reply(w, newAnswer(tip))
	})
	mux.HandleFunc("GET /between", func(w http.ResponseWriter, r *http.Request) {
		repo, times, err := question(r, "from", "to")
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		reply(w, newAnswers(a.history.Between(repo, r.FormValue("branch"), times[0], times[1])))
	})
	mux.HandleFunc("GET /whohas", func(w http.ResponseWriter, r *http.Request) {
		reply(w, newAnswers(a.history.WhoHas(r.FormValue("commit"))))
	})
	mux.HandleFunc("POST /webhook", func(w http.ResponseWriter, r *http.Request) {
		if secret == "" {
			fail(w, http.StatusForbidden, errors.New("started without -secret-file: posts are refused"))
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPost))
		if err != nil {
			fail(w, http.StatusRequestEntityTooLarge, err)
			return
		}
		obs, err := distgit.ObserveWebhook(r.Header, body, secret, a.now())
		switch {
		case errors.Is(err, distgit.ErrUnauthorized):
			fail(w, http.StatusUnauthorized, err)
			return
		case err != nil:
			fail(w, http.StatusBadRequest, err)
			return
		}
		n, err := a.history.Add(obs...)
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		reply(w, map[string]int{"observations": n})
	})
	return mux
}

func question(r *http.Request, names ...string) (distgit.Repo, []time.Time, error) {
	repo, err := distgit.ParseRepo(r.FormValue("repo"))
	if err != nil {
		return repo, nil, err
	}
	if r.FormValue("branch") == "" {
		return repo, nil, errors.New("which branch?")
	}
	var times []time.Time
	for _, n := range names {
		t, err := parseTime(r.FormValue(n))
		if err != nil {
			return repo, nil, err
		}
		times = append(times, t)
	}
	return repo, times, nil
}

func newAnswers(tips []distgit.Tip) []answer {
	out := make([]answer, len(tips))
	for i, t := range tips {
		out[i] = newAnswer(t)
	}
	return out
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
