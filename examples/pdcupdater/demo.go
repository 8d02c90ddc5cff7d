// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

//go:embed demo
var demoFiles embed.FS

var demoDay = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// stage is a small world in memory: PDC, a hub, a module build service,
// composes and dist-git, each behind a port of its own.
type stage struct {
	dir   string
	now   time.Time
	pdc   *pdctest.PDC
	hub   *kojitest.Hub
	alice *koji.Client // at the hub
	flags []string     // that lead to the world
	close []func()
}

// demonstrate shows the commands in a world of its own.
func demonstrate(ctx context.Context, out io.Writer) (err error) {
	s := &stage{now: demoDay}
	defer s.end()
	if err := s.set(ctx); err != nil {
		return err
	}
	show := func(text string, commands ...string) {
		if err == nil {
			_, err = fmt.Fprintf(out, "# %s\n", text)
		}
		for _, line := range commands {
			if err == nil {
				err = s.command(ctx, out, line)
			}
		}
	}
	show("Messages come: one twice, one forged, one cut off, and one about curl gets lost.",
		"listen -messages bus.jsonl -write")
	show("An audit finds what the lost message left wrong, and nothing else.",
		"audit -release fedora-rawhide", "audit -release fedora-rawhide -repair", "audit -release fedora-rawhide")
	if err == nil {
		err = s.tagBash(ctx)
	}
	s.pdc.Fail("", "", pdctest.Status(http.StatusServiceUnavailable).Times(-1))
	show("PDC is down: messages wait on the disk ...", "listen -messages later.jsonl -queue waiting.jsonl -write")
	s.pdc.Heal()
	show("... until it is back; the program was started anew.", "listen -messages none.jsonl -queue waiting.jsonl -write")
	s.now = demoDay.AddDate(0, 0, 1) // what was retired counts until midnight
	s.pdc.SetNow(s.now)
	branch := "branch f43 -from fedora-rawhide -eol bug_fixes=2027-12-01"
	show("Fedora 43 branches off. Told again, it would go on with what is missing.", branch, branch+" -write", branch+" -write")
	return err
}

// command runs one command line in the world.
func (s *stage) command(ctx context.Context, out io.Writer, line string) error {
	fmt.Fprintf(out, "$ pdcupdater %s\n", line)
	args := strings.Fields(line)
	for i, a := range args {
		if strings.HasSuffix(a, ".jsonl") {
			args[i] = filepath.Join(s.dir, a)
		}
	}
	o, err := parse(append(args, s.flags...), out)
	if err != nil {
		return err
	}
	a := &app{options: o, errs: out, now: func() time.Time { return s.now }}
	err = a.run(ctx, out)
	if err == nil || errors.Is(err, errDiffers) {
		_, err = fmt.Fprintf(out, "exit code %d\n\n", exitCode(ctx, err))
	}
	return err
}

func (s *stage) end() {
	for _, f := range s.close {
		f()
	}
}

func (s *stage) set(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "pdcupdater-demo-"); err != nil {
		return err
	}
	s.close = append(s.close, func() { os.RemoveAll(s.dir) })
	const token = "demo"
	files := map[string][]byte{"token": []byte(token), "none.jsonl": nil}
	for _, name := range []string{"bus.jsonl", "later.jsonl"} {
		if files[name], err = demoFiles.ReadFile("demo/" + name); err != nil {
			return err
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
			return err
		}
	}
	s.flags = []string{"-retries", "0", "-tags", "f43=fedora-rawhide", "-token-file", filepath.Join(s.dir, "token")}
	for _, step := range []func(context.Context) error{s.setPDC, s.setHub, s.setGit, s.setWeb} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

// setPDC makes a PDC that knows two branches of dist-git.
func (s *stage) setPDC(context.Context) (err error) {
	sla := func(name string) any {
		return pdc.BranchSLA{SLA: "bug_fixes", EOL: "2027-12-01", Branch: pdc.BranchRef{Name: "rawhide", GlobalComponent: name, Type: "rpm"}}
	}
	s.pdc, err = pdctest.New(pdctest.Seed{
		Users: []pdctest.User{{Name: "updater", Token: "demo", Superuser: true}},
		Rows: []pdctest.Rows{
			{Resource: "component-sla-types/", Rows: []any{pdc.NamedType{Name: "bug_fixes"}}},
			{Resource: "global-components/", Rows: []any{pdc.GlobalComponent{Name: "oldtool"}, pdc.GlobalComponent{Name: "zlib"}}},
			{Resource: "component-branch-slas/", Rows: []any{sla("oldtool"), sla("zlib")}},
		},
	}, pdctest.Options{})
	if err != nil {
		return err
	}
	s.pdc.SetNow(demoDay)
	srv := pdctest.NewServer(s.pdc)
	s.close = append(s.close, srv.Close)
	s.flags = append(s.flags, "-pdc", srv.URL)
	return nil
}

// setHub makes a hub with three builds that were imported and one that was
// built there, so that its build root is known.
func (s *stage) setHub(ctx context.Context) (err error) {
	const modular = "module-tidy-2-4320261120-c0ffee42"
	deps := map[string]kojitest.Deps{
		"glibc":      {Provides: []string{"libc.so.6()(64bit)"}},
		"zlib":       {Provides: []string{"libz.so.1()(64bit)"}, Requires: []string{"libc.so.6()(64bit)"}},
		"zlib-devel": {Requires: []string{"zlib = 1.3.1-2.fc43"}},
		"libcurl":    {Provides: []string{"libcurl.so.4()(64bit)"}, Requires: []string{"libz.so.1()(64bit)", "libc.so.6()(64bit)"}},
		"curl":       {Requires: []string{"libcurl.so.4()(64bit)", "libc.so.6()(64bit)"}},
		"bash":       {Requires: []string{"libc.so.6()(64bit)"}},
	}
	source := func(name string) string {
		return "git+https://src.example.org/rpms/" + name + ".git#" + strings.Repeat("0123456789", 4)
	}
	s.hub = kojitest.NewHub(kojitest.Seed{
		Now:   demoDay.Add(-24 * time.Hour),
		Users: []kojitest.User{{Name: "alice", Password: "demo", Permissions: []string{"admin"}}},
		Tags: []kojitest.Tag{{Name: "f43", Arches: "x86_64"}, {Name: "f43-build", Arches: "x86_64", Parents: []string{"f43"}},
			{Name: modular, Arches: "x86_64"}},
		Packages: []kojitest.Package{{Name: "bash", Owner: "alice", Tags: []string{"f43"}}},
		Targets:  []kojitest.Target{{Name: "f43", BuildTag: "f43-build", DestTag: "f43"}},
		Builds: []kojitest.Build{
			{NVR: "glibc-2.42-1.fc43", Source: source("glibc"), Tags: []string{"f43"}},
			{NVR: "zlib-1.3.1-2.fc43", Source: source("zlib"), Tags: []string{"f43"}, RPMs: []string{"zlib", "zlib-devel"}},
			{NVR: "curl-8.16-1.fc43", Source: source("curl"), Tags: []string{"f43"}, RPMs: []string{"curl", "libcurl"}},
			{NVR: "tidy-2-1.module_c0ffee42", Source: source("tidy"), Tags: []string{modular}},
		},
		Source:  func(string) (string, error) { return "bash-5.3-1.fc43", nil },
		Needs:   func(string) []kojitest.Need { return []kojitest.Need{{Package: "glibc"}, {Package: "zlib"}} },
		Deps:    func(_, name, _ string) kojitest.Deps { return deps[name] },
		Builder: kojitest.Builder{Build: time.Minute},
	})
	srv := kojitest.NewServer(s.hub)
	s.close = append(s.close, srv.Close)
	s.flags = append(s.flags, "-koji", srv.URL)
	if s.alice, err = srv.Client(koji.WithPassword("alice", "demo")); err != nil {
		return err
	}
	if _, err := s.alice.StartBuild(ctx, koji.BuildRequest{Source: source("bash"), Target: "f43", SkipTag: true}); err != nil {
		return err
	}
	s.hub.Advance(time.Hour)
	return nil
}

// tagBash lets the build of bash into the release.
func (s *stage) tagBash(ctx context.Context) error {
	_, err := s.alice.TagBuild(ctx, "f43", "bash-5.3-1.fc43", false)
	s.hub.Advance(time.Hour)
	return err
}

// setGit makes a dist-git in which oldtool is retired.
func (s *stage) setGit(context.Context) error {
	srv, err := distgittest.NewServer(distgittest.Options{Dir: filepath.Join(s.dir, "git")})
	if err != nil {
		return err
	}
	s.close = append(s.close, func() { srv.Close() })
	s.flags = append(s.flags, "-distgit", srv.URL)
	return errors.Join(
		srv.Add(distgit.Repo{Namespace: "rpms", Name: "zlib"}, distgittest.Package(map[string]string{"zlib.spec": "Name: zlib\n"})),
		srv.Add(distgit.Repo{Namespace: "rpms", Name: "oldtool"}, distgittest.Seed{Commits: []distgittest.Commit{
			{Files: map[string]string{"oldtool.spec": "Name: oldtool\n"}},
			{Files: map[string]string{"dead.package": "Nobody needs it.\n"}, Remove: []string{"oldtool.spec"}},
		}}))
}

// setWeb serves the composes, a list of packages, and a module build service
// with one build.
func (s *stage) setWeb(context.Context) error {
	composes, err := fs.Sub(demoFiles, "demo/compose")
	if err != nil {
		return err
	}
	document, err := demoFiles.ReadFile("demo/tidy.yaml")
	if err != nil {
		return err
	}
	build := map[string]any{"id": 11, "name": "tidy", "stream": "2", "version": "4320261120", "context": "c0ffee42", "state": 5,
		"state_name": "ready", "koji_tag": "module-tidy-2-4320261120-c0ffee42", "modulemd": string(document)}
	mux := http.NewServeMux()
	mux.Handle("/compose/", http.StripPrefix("/compose/", http.FileServerFS(composes)))
	const builds = "/module-build-service/2/module-builds/"
	mux.HandleFunc("GET "+builds+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"items": []any{build}, "meta": map[string]any{"page": 1, "pages": 1, "total": 1, "next": nil}})
	})
	mux.HandleFunc("GET "+builds+"11", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(build) })
	mux.HandleFunc("GET /groups.json", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, demoFiles, "demo/groups.json") })
	srv := httptest.NewServer(mux)
	s.close = append(s.close, srv.Close)
	s.flags = append(s.flags, "-mbs", srv.URL, "-composes", srv.URL+"/compose", "-groups", "atomic-docker-host="+srv.URL+"/groups.json")
	return nil
}
