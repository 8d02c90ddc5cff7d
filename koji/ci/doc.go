// SPDX-License-Identifier: MIT

// Package ci reads and writes what tests said about builds: results
// ([ResultsDB]), waivers ([WaiverDB]) and the decisions made from both
// ([Greenwave]).
//
// A build that a rebuild depends on is of use only once it has passed its
// gate. A test system stores a [Result] for each test case, a person who
// accepts a failure stores a [Waiver], and Greenwave answers whether a
// subject satisfies the policies of a decision context.
//
// # A first call
//
//	g, err := ci.NewGreenwave("https://greenwave.example.com")
//	d, err := g.Decide(ctx, ci.DecisionRequest{
//		ProductVersion:    "fedora-43",
//		DecisionContext:   []string{"bodhi_update_push_stable"},
//		SubjectType:       ci.KojiBuild,
//		SubjectIdentifier: "bash-5.3-1.fc43",
//	})
//	if !d.Satisfied { fmt.Println(d.Summary) }
//
// # Authentication
//
// Reading needs none. Writing takes a bearer token ([WithToken]) or whatever
// the http.Client given by [WithHTTPClient] adds.
//
// # Lists
//
// Plural nouns are iterators over all pages and stop asking when the loop
// ends. ResultsDB pages from 0 and WaiverDB from 1; both are hidden.
//
// # Errors
//
// Every failure is an [*Error]; callers branch on [ErrNotFound],
// [ErrUnauthorized], [ErrForbidden], [ErrInvalid], [ErrConflict] and
// [ErrUnavailable], or on fs.ErrNotExist and kin.
//
// # Retries
//
// Reads and decisions are repeated after connection errors, 429 and 5xx.
// Writes are sent again only when they did not reach the server.
//
// # Testing
//
// Package citest holds all three services in memory, with decisions computed
// from the results and waivers that it was given.
//
// # Not covered
//
// ResultsDB's v3 API, messaging, and permission administration.
package ci
