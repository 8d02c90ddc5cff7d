// SPDX-License-Identifier: MIT

// Package bodhi reads updates from Bodhi, the service through which builds
// reach users, creates one from a side tag, and waits for its state.
//
// A rebuild in a side tag ends in one update: Bodhi tests it, gates it and
// pushes it to stable.
//
// # A first call
//
//	c, err := bodhi.NewClient("https://bodhi.example.com")
//	u, err := c.Update(ctx, "FEDORA-2026-0123abcd")
//	fmt.Println(u.Status, u.Gating)
//
// # Authentication
//
// Reading needs none. Writing takes a bearer token ([WithToken]), with which the
// client logs in, or whatever login the http.Client given by [WithHTTPClient]
// carries. A login is a cookie, and a CSRF token, asked for at each write, is
// good for the session in another: a client without a cookie jar gets its own.
//
// # Lists
//
// [Client.Updates] and [Client.Releases] are iterators over all pages.
//
// # Errors
//
// Every failure is an [*Error]; callers branch on [ErrNotFound],
// [ErrUnauthorized], [ErrForbidden], [ErrInvalid], [ErrConflict] and
// [ErrUnavailable], or on fs.ErrNotExist and kin.
//
// # Retries
//
// Reads are repeated after connection errors, 429 and 5xx. A write is sent
// once; [Client.CreateFromSideTag] looks for an update of the side tag first,
// so that calling it again after a lost answer does no harm.
//
// # Testing
//
// The package bodhitest has the service in memory, over the real wire.
//
// # Not covered
//
// Comments, karma, overrides, and composes have no typed methods; use
// [Client.Do].
package bodhi
