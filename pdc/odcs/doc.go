// SPDX-License-Identifier: MIT

// Package odcs asks an On Demand Compose Service for temporary composes: a
// repository of given builds, of a Koji tag or of modules, made in minutes and
// kept for a time.
//
// # A first call
//
//	c, err := odcs.NewClient("https://odcs.example.com", odcs.WithToken(token))
//	compose, err := c.Request(ctx, odcs.Request{
//		SourceType: odcs.Build, Builds: []string{"bash-5.3-2.fc43"}, Source: []string{"f43"},
//	})
//	compose, err = c.Wait(ctx, compose.ID, 10*time.Second)
//	fmt.Println(compose.RepoFile)
//
// # Authentication
//
// Reading needs none. Requests take a bearer token ([WithToken]) or whatever
// the http.Client given by [WithHTTPClient] adds.
//
// # Lists
//
// [Client.Composes] is an iterator over all pages.
//
// # Errors and retries
//
// Every failure is an [*Error] with a sentinel. Reads are repeated after
// connection errors, 429 and 5xx; a request for a compose is sent once. The
// service reuses an equal compose unless told otherwise, so that asking again
// after a lost answer costs nothing.
package odcs
