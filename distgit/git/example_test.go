// SPDX-License-Identifier: MIT

package git_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

// A rebuild's commit, made once however often it is asked for.
func Example() {
	bash := distgit.Repo{Namespace: "rpms", Name: "bash"}
	srv, err := distgittest.NewServer(distgittest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	err = srv.Add(bash, distgittest.Package(map[string]string{
		"bash.spec": "Name: bash\nVersion: 5.3\nRelease: 1%{?dist}\nSummary: The GNU shell\nLicense: GPL-3.0-or-later\n\n%description\nA shell.\n\n%changelog\n",
	}))
	if err != nil {
		fmt.Println(err)
		return
	}

	client, err := git.NewClient(srv.URL, git.WithNow(func() time.Time { return time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC) }))
	if err != nil {
		fmt.Println(err)
		return
	}
	req := git.BumpRequest{
		Repo: bash, Branch: "rawhide", Author: git.Signature{Name: "Jane", Email: "jane@example.org"},
		Message: "Rebuilt for readline 9", Reason: "readline-9",
	}
	for range 2 {
		b, err := client.Bump(context.Background(), req)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(b.Outcome, b.Files)
	}
	file, err := client.File(context.Background(), bash, "rawhide", "bash.spec")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.34s\n", file.Data)
	// Output:
	// pushed [bash.spec]
	// already done []
	// Name: bash
	// Version: 5.3
	// Release: 2
}

// What a bump would do, without doing it.
func ExampleClient_Bump_dryRun() {
	srv, err := distgittest.NewServer(distgittest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	gone := distgit.Repo{Name: "gone"}
	if err := srv.Add(gone, distgittest.Package(map[string]string{"dead.package": "Orphaned for 6+ weeks\n"})); err != nil {
		fmt.Println(err)
		return
	}
	client, err := git.NewClient(srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Bump(context.Background(), git.BumpRequest{
		Repo: gone, Branch: "rawhide", Author: git.Signature{Name: "Jane", Email: "jane@example.org"}, Message: "Rebuilt", DryRun: true,
	})
	fmt.Println(errors.Is(err, git.ErrRetired))
	fmt.Println(err)
	// Output:
	// true
	// git: bump rpms/gone rawhide dead.package: package is retired on this branch: Orphaned for 6+ weeks
}
