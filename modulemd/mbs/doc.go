// SPDX-License-Identifier: MIT

// Package mbs submits, lists and watches module builds in a Module Build
// Service, the system that builds a modulemd document's components in Koji.
//
// # A first call
//
//	c, err := mbs.NewClient("https://mbs.example.com", mbs.WithToken(token))
//	builds, err := c.Submit(ctx, mbs.Submission{
//		SCMURL: "https://src.example.com/modules/nodejs?#" + commit, Branch: "18",
//	})
//
// # Authentication
//
// Reading needs none. Submitting and canceling take a bearer token
// ([WithToken]) or whatever the http.Client given by [WithHTTPClient] adds
// (Kerberos by the web server).
//
// # Lists
//
// [Client.Builds] and [Client.Components] are iterators over all pages.
//
// # Errors
//
// Every failure is an [*Error]. [ErrConflict] is the answer to a submission
// whose builds all exist: a rebuild service treats it as done.
//
// # Retries
//
// Reads are repeated after connection errors, 429 and 5xx. A submission is
// sent once; after a lost answer send it again: what exists already is the
// conflict above.
//
// # Not covered
//
// Messages of a build, rebuild strategies and metrics have no typed methods;
// use [Client.Do].
package mbs
