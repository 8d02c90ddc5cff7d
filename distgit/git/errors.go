// SPDX-License-Identifier: MIT

package git

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// What callers branch on. The first six are distgit's own, so that one check
// serves both packages.
var (
	ErrNotFound     = distgit.ErrNotFound     // no such repository, branch, commit or file
	ErrUnauthorized = distgit.ErrUnauthorized // credentials are missing or wrong
	ErrForbidden    = distgit.ErrForbidden    // the credentials don't allow it
	ErrConflict     = distgit.ErrConflict     // someone else changed it meanwhile
	ErrInvalid      = distgit.ErrInvalid      // the request can't be right
	ErrUnavailable  = distgit.ErrUnavailable  // the server can't answer now

	// ErrEmpty is returned for a repository without any commit.
	ErrEmpty = errors.New("repository is empty")
	// ErrRejected is returned when a hook on the server refused a push; the
	// error's Msg is what the hook said. It is never retried.
	ErrRejected = errors.New("push refused by the server")
	// ErrProtected is returned when the refusal speaks of a protected branch.
	ErrProtected = errors.New("branch is protected")
	// ErrRaced is returned when others were faster at every attempt, or a
	// branch is not where the request expects it. It wraps ErrConflict.
	ErrRaced error = &raced{}
	// ErrRetired is returned for a branch that holds dead.package.
	ErrRetired = errors.New("package is retired on this branch")
	// ErrNoSpec is returned when a branch has no spec file, or several and none
	// with the repository's name.
	ErrNoSpec = errors.New("no spec file to bump")
	// ErrNotFile is returned where a file is needed and a folder, symbolic link
	// or submodule found.
	ErrNotFile = errors.New("not a regular file")
	// ErrTooLarge is returned for packs and files over the client's limits.
	ErrTooLarge = errors.New("over the size limit")
	// ErrNotGit is returned when a server answers something else than git's
	// protocol, such as an HTML page.
	ErrNotGit = errors.New("the server does not speak git's protocol")
)

type raced struct{}

func (*raced) Error() string        { return "the branch moved" }
func (*raced) Is(target error) bool { return target == ErrConflict }

// Error tells what was done to which repository, and what came of it.
type Error struct {
	Op     string       // "heads", "read", "bump", "push", ...
	Repo   distgit.Repo // zero where no repository is concerned
	Ref    string       // branch or commit, if any
	Path   string       // file in the repository, if any
	Status int          // HTTP status, 0 if none
	Msg    string       // the server's or hook's text, without secrets
	Err    error        // a sentinel, or what else went wrong
}

// Error returns "git: <op> <repository> <ref> <path>: <text>".
func (e *Error) Error() string {
	parts := []string{e.Op}
	for _, s := range []string{e.Repo.String(), e.Ref, e.Path} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	text := "git: " + strings.Join(parts, " ")
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Msg != "" {
		text += ": " + e.Msg
	}
	return text
}

// Unwrap returns [Error.Err].
func (e *Error) Unwrap() error { return e.Err }

// Is makes the sentinels match those of io/fs.
func (e *Error) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return errors.Is(e.Err, ErrNotFound)
	case fs.ErrPermission:
		return errors.Is(e.Err, ErrUnauthorized) || errors.Is(e.Err, ErrForbidden) ||
			errors.Is(e.Err, ErrRejected) || errors.Is(e.Err, ErrProtected)
	case fs.ErrExist:
		return errors.Is(e.Err, ErrConflict)
	case fs.ErrInvalid:
		return errors.Is(e.Err, ErrInvalid)
	}
	return false
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("op", e.Op)}
	for _, kv := range [][2]string{{"repo", e.Repo.String()}, {"ref", e.Ref}, {"path", e.Path}, {"msg", e.Msg}} {
		if kv[1] != "" {
			attrs = append(attrs, slog.String(kv[0], kv[1]))
		}
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// at completes an error with where it happened; other errors are wrapped.
func at(err error, op string, repo distgit.Repo, ref string) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) && err == error(e) {
		c := *e
		c.Op, c.Repo = op, repo
		if c.Ref == "" {
			c.Ref = ref
		}
		return &c
	}
	return &Error{Op: op, Repo: repo, Ref: ref, Err: err}
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
