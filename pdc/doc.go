// SPDX-License-Identifier: MIT

// Package pdc is a client of the Product Definition Center, the database that
// knows a distribution's releases, packages, modules and composes, and which
// package needs which. Fedora and Red Hat ran it; its successors speak much of
// the same language.
//
// # A first call
//
//	c, err := pdc.NewClient("https://pdc.example.com")
//	r, err := c.Releases().Get(ctx, "fedora-42")
//
// # Resources
//
// Each kind of object is a [Resource] of a Go type: [Client.Releases],
// [Client.RPMs], [Client.Modules], [Client.Relationships] and so on. All have
// the same verbs: Get, List, All, Count, Create, Update, Replace, Delete and
// their bulk forms. Types have what the server of 2018 has; members of other
// generations are kept in Extra. The zero value of a member that may be null
// means null.
//
// # Authentication
//
// Reads are mostly open. Writes need a token: [WithToken], or
// [WithTokenSource] for tokens that change; [Client.ObtainToken] asks the
// server for one when the front end has authenticated the caller, by a
// transport given to [WithHTTPClient]. [FromConfig] reads the configuration
// files of the Python client.
//
// # Lists
//
// List is one request and returns a [Page], All is an iterator over all pages.
// [Query] says which rows and which of their members. Lists are no snapshots:
// rows that come or go between two pages shift the rest. Members that aren't
// needed are best left out; some are expensive for the server.
//
// # What depends on what
//
// [Client.Dependents] and [Client.Dependencies] read edges between packages,
// whole releases too; [Client.Sources] maps binary packages to their sources;
// [Client.LatestModules] finds the module builds that hold a package.
//
// # Errors
//
// Every error is an [*Error]: errors.Is tells [ErrNotFound], [ErrConflict] and
// the like, errors.As the members that the server found wrong
// ([Error.Fields]) and which element of a bulk request ([Error.Item]).
//
// # Retries
//
// Reads are repeated as [WithRetry] says. Writes are repeated only when no
// connection could be made: PDC has no way to tell whether one was done. Read
// back before repeating, or rely on [ErrConflict].
//
// # The server's cache
//
// Stock servers answer a repeated GET from a cache for half a minute, also
// after a write by the same caller. [Query.Fresh] asks past it.
//
// # Raw calls
//
// [Client.Do] reaches what has no method; [NewResource] makes a resource of
// any type.
//
// # Testing
//
// Package pdctest is a server in memory with the behaviour of the real one.
//
// # What is not covered
//
// The browsable HTML pages, OPTIONS, and the search for composes with whole
// rpm rows (to_dict) have no typed call; [Client.Do] reaches them.
package pdc
