// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// demo shows every command on a hub in memory whose time is let go on quickly.
func demo(ctx context.Context, s *session) error {
	hub := kojitest.NewHub(kojitest.Seed{
		Users: []kojitest.User{{Name: "alice", Password: "demo", Permissions: []string{"admin"}}},
		Tags: []kojitest.Tag{
			{Name: "f43", Arches: "x86_64"}, {Name: "f43-build", Arches: "x86_64", Parents: []string{"f43"}},
		},
		Targets: []kojitest.Target{{Name: "f43", BuildTag: "f43-build", DestTag: "f43"}},
		Builds: []kojitest.Build{
			{NVR: "bash-5.3-1.fc43", Tags: []string{"f43"}, RPMs: []string{"bash"}}, {NVR: "zlib-1.3.1-4.fc43", Tags: []string{"f43"}},
		},
		Source: func(string) (string, error) { return "bash-5.3-2.fc43", nil },
		Builder: kojitest.Builder{
			SRPM: 20 * time.Second, Build: 2 * time.Minute, RepoDelay: 10 * time.Second, RepoTime: time.Minute,
			Failures: []kojitest.Failure{{Package: "bash", Log: "make: *** [Makefile:12: check] Error 1\nerror: Bad exit status from %check"}},
		},
	})
	srv := kojitest.NewServer(hub)
	defer srv.Close()
	stop := make(chan struct{})
	gone := make(chan struct{})
	go func() { // a minute a moment
		defer close(gone)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				hub.Advance(10 * time.Second)
			}
		}
	}()
	defer func() { close(stop); <-gone }()
	dir, err := os.MkdirTemp("", "koji-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if s.c, err = srv.Client(koji.WithPassword("alice", "demo"), koji.WithTopURL(srv.TopURL)); err != nil {
		return err
	}
	s.dir, s.every = dir, 30*time.Millisecond
	const source = "git+https://src.example.com/rpms/bash#0123456789abcdef0123456789abcdef01234567"
	for _, line := range []string{
		"call getTag f43-build",
		"list-tag f43-build",
		"build f43 " + source, // fails: the hub was told so
		"build f43 " + source,
		"wait-repo f43-build bash-5.3-2.fc43",
		"download bash-5.3-2.fc43",
	} {
		fmt.Fprintf(s.out, "$ koji %s\n", line)
		if err := s.do(ctx, strings.Fields(line)); err != nil {
			if ctx.Err() != nil {
				return err
			}
			fmt.Fprintf(s.out, "koji: %s\n", strings.TrimPrefix(err.Error(), "koji: "))
		}
	}
	return nil
}
