// SPDX-License-Identifier: MIT

package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// door is the server's side of a push, opened while the branch is still being
// read: it takes a round trip of its own.
type door struct {
	session transport.ReceivePackSession
	adv     *packp.AdvRefs
	http    bool
	err     error

	opened chan struct{}
	cancel context.CancelFunc
}

// open begins a push to a repository. The caller closes the door.
func (c *Client) open(ctx context.Context, repo distgit.Repo) *door {
	d := &door{opened: make(chan struct{})}
	ctx, d.cancel = context.WithCancel(ctx)
	tr, ep, err := c.endpoint(repo, true)
	if err != nil {
		d.err = err
		close(d.opened)
		return d
	}
	d.http = ep.Protocol == "http" || ep.Protocol == "https"
	go func() {
		defer close(d.opened)
		d.err = c.reading(ctx, func(ctx context.Context) (err error) {
			if d.session != nil { // of an attempt that failed
				d.session.Close()
			}
			if d.session, err = tr.NewReceivePackSession(ep, c.cfg.auth); err != nil {
				d.session = nil
				return err
			}
			d.adv, err = d.session.AdvertisedReferencesContext(ctx)
			return err
		})
	}()
	return d
}

func (d *door) close() {
	d.cancel()
	<-d.opened
	if d.session != nil {
		d.session.Close()
	}
}

// push moves a branch from old to new and sends the objects in out. It names
// the old value in the update itself, so the server moves the branch only from
// there: what a porcelain push can only guess at from the error's text is
// decided by the server's report.
func (c *Client) push(ctx context.Context, d *door, req CommitRequest, old, new plumbing.Hash, out *memory.Storage) error {
	<-d.opened
	if d.err != nil {
		return d.err
	}
	s, adv, x := d.session, d.adv, &exchange{}
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	ref := plumbing.NewBranchReferenceName(req.Branch)
	var pack bytes.Buffer
	var hashes []plumbing.Hash
	for h := range out.Objects {
		hashes = append(hashes, h)
	}
	plumbing.HashesSort(hashes)
	if _, err := packfile.NewEncoder(&pack, out, false).Encode(hashes, 0); err != nil {
		return err
	}
	upd := packp.NewReferenceUpdateRequestFromCapabilities(adv.Capabilities)
	upd.Commands = []*packp.Command{{Name: ref, Old: old, New: new}}
	upd.Packfile = io.NopCloser(&pack)
	var said bytes.Buffer
	upd.Progress = &said
	if adv.Capabilities.Supports(capability.Sideband64k) {
		if err := upd.Capabilities.Set(capability.Sideband64k); err != nil {
			return err
		}
	}
	if !d.http {
		x.sent = true // from here on the server may act
	}
	report, err := s.ReceivePack(ctx, upd)
	if report != nil && (err == nil || len(report.CommandStatuses) > 0 || report.UnpackStatus != "ok") {
		return verdict(report, ref, remoteText(said.String()))
	}
	if err == nil && report == nil { // a server without report-status
		return c.confirm(ctx, req, new)
	}
	return c.unanswered(ctx, err, x)
}

// unanswered tells a push that was not sent from one without an answer.
func (c *Client) unanswered(ctx context.Context, err error, x *exchange) error {
	f := failure(ctx, err, x)
	switch {
	case !x.sent:
		return f
	case errors.Is(f, ErrUnauthorized), errors.Is(f, ErrForbidden), errors.Is(f, ErrNotFound):
		return f
	case ctx.Err() != nil:
		return fmt.Errorf("%w (it may have been pushed; the same request with its reason finds out)", f)
	}
	return &Error{Status: x.status, Err: fmt.Errorf("%w: %w", errUnknown, f)}
}

// confirm looks whether the branch is where a push without a report should
// have put it.
func (c *Client) confirm(ctx context.Context, req CommitRequest, want plumbing.Hash) error {
	heads, err := c.Heads(ctx, req.Repo)
	if err == nil && heads.Branches[req.Branch] == want.String() {
		return nil
	}
	return &Error{Err: errUnknown}
}

// verdict reads a server's report on one ref.
func verdict(r *packp.ReportStatus, ref plumbing.ReferenceName, said string) error {
	status := "no report"
	for _, c := range r.CommandStatuses {
		if c.ReferenceName == ref {
			status = c.Status
		}
	}
	if status == "ok" && r.UnpackStatus == "ok" {
		return nil
	}
	msg := status
	if r.UnpackStatus != "ok" {
		msg = "unpack: " + r.UnpackStatus
	}
	if said != "" {
		msg += ": " + said
	}
	low := strings.ToLower(status + " " + said)
	switch {
	case r.UnpackStatus == "ok" && lostRace(status, said):
		return &Error{Msg: msg, Err: ErrRaced}
	case strings.Contains(low, "protected"):
		return &Error{Msg: msg, Err: ErrProtected}
	}
	return &Error{Msg: msg, Err: ErrRejected}
}

// lostRace tells the refusals that mean "the branch moved" from all others. A
// hook's refusal has the same form and must not be taken for one.
func lostRace(status, said string) bool {
	switch {
	case strings.Contains(status, "hook declined"):
		return false
	case strings.HasPrefix(status, "failed to update ref"), strings.HasPrefix(status, "failed to lock"):
		// Also the words for a disk that is full or read-only.
		return !strings.Contains(said, "Permission denied") && !strings.Contains(said, "No space left") && !strings.Contains(said, "Read-only")
	}
	for _, s := range []string{"fetch first", "non-fast-forward", "cannot lock ref", "stale info", "incorrect old value", "reference already exists"} {
		if strings.Contains(status, s) {
			return true
		}
	}
	return false
}

// remoteText cleans what a server wrote for people: the last lines, without
// control characters.
func remoteText(s string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r", "\n"), "\n") {
		line = strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' || r == 0x7f {
				return -1
			}
			return r
		}, line)
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "Processed ") {
			lines = append(lines, line)
		}
	}
	if len(lines) > 12 {
		lines = lines[len(lines)-12:]
	}
	return strings.Join(lines, " | ")
}
