// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

// demo pushes to a dist-git of its own, with a rewind that Pagure tells nobody
// of, and shows what can be known from the messages, and after a look.
func (a *app) demo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "branchhistory-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if a.history, err = distgit.OpenHistory(filepath.Join(dir, "history.jsonl")); err != nil {
		return err
	}
	defer a.history.Close()

	clock := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	srv, err := distgittest.NewServer(distgittest.Options{Now: func() time.Time { return clock }})
	if err != nil {
		return err
	}
	defer srv.Close()
	repo := distgit.Repo{Namespace: "rpms", Name: "bash"}
	if err := pushes(srv, repo, &clock); err != nil {
		return err
	}
	messages, err := srv.Messages()
	if err != nil {
		return err
	}
	for _, m := range messages {
		obs, err := distgit.Observe(m)
		if err != nil {
			return err
		}
		if _, err := a.history.Add(obs...); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "%d pushes, %d messages about them. What f43 was, by the messages:\n", len(srv.Pushes()), len(messages))
	if err := a.print(a.history.Between(repo, "f43", time.Time{}, time.Time{})...); err != nil {
		return err
	}

	clock = clock.Add(24 * time.Hour)
	client, err := git.NewClient(srv.URL)
	if err != nil {
		return err
	}
	heads, err := client.Heads(ctx, repo)
	if err != nil {
		return err
	}
	if _, err := a.history.Add(a.history.Poll(heads, clock)...); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\nAfter a look at the heads, %s:\n", clock.Format("2006-01-02 15:04:05"))
	if err := a.print(a.history.Between(repo, "f43", time.Time{}, time.Time{})...); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "\nWho has had the commit that was rewound to?")
	return a.print(a.history.WhoHas(srv.Pushes()[0].New)...)
}

// pushes does what maintainers do, an hour apart.
func pushes(srv *distgittest.Server, repo distgit.Repo, clock *time.Time) error {
	if err := srv.Add(repo, distgittest.Seed{Default: "f43"}); err != nil {
		return err
	}
	var made []string
	for _, message := range []string{"Import", "Update to 5.3", "Break it"} {
		hash, err := srv.Commit(repo, distgittest.Commit{Branch: "f43", Message: message, Files: map[string]string{"bash.spec": message}})
		if err != nil {
			return err
		}
		made = append(made, hash)
		*clock = clock.Add(time.Hour)
	}
	if err := srv.SetRef(repo, "f43", made[0]); err != nil { // a rewind: no message
		return err
	}
	*clock = clock.Add(time.Hour)
	for _, message := range []string{"Update to 5.3 again", "Fix it"} {
		if _, err := srv.Commit(repo, distgittest.Commit{Branch: "f43", Message: message, Files: map[string]string{"bash.spec": message}}); err != nil {
			return err
		}
		*clock = clock.Add(time.Hour)
	}
	return nil
}
