// SPDX-License-Identifier: MIT

package distgittest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

// A whole dist-git in a temporary folder: read, push, and be refused.
func Example() {
	bash := distgit.Repo{Namespace: "rpms", Name: "bash"}
	srv, err := distgittest.NewServer(distgittest.Options{
		Now: func() time.Time { return time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	err = srv.Add(bash, distgittest.Package(map[string]string{"README": "The GNU shell\n"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := git.NewClient(srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	push := func() {
		_, err := client.Commit(context.Background(), git.CommitRequest{
			Repo: bash, Branch: "rawhide", Author: git.Signature{Name: "Jane", Email: "jane@example.org"},
			Message: "Say more", Files: map[string][]byte{"README": []byte("The GNU Bourne-Again shell\n")},
		})
		fmt.Println("refused:", errors.Is(err, git.ErrRejected))
	}
	srv.SetHook(func(p distgittest.Push) error { return errors.New("freeze") })
	push()
	srv.SetHook(nil)
	push()

	log, err := srv.Log(bash, "rawhide")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range log {
		fmt.Println(c.Author, "-", strings.TrimSpace(c.Message))
	}
	// Output:
	// refused: true
	// refused: false
	// Jane <jane@example.org> - Say more
	// Demo Packager <packager@example.org> - Initial import
}
