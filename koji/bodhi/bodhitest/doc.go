// SPDX-License-Identifier: MIT

// Package bodhitest is a Bodhi in memory, for tests and demos of programs that
// bring builds to users.
//
// It speaks the real wire from state: any order of requests gets the answer
// that the service would give. An update made from a side tag takes the tag's
// builds, waits until all of them are signed, goes to testing and, when it may,
// to stable. A second update from the same side tag is refused. What Koji says
// of a side tag is asked of [Seed].SideTag.
//
//	srv := bodhitest.NewServer(bodhitest.Seed{
//		Releases: []bodhi.Release{{Name: "F43", IDPrefix: "FEDORA", StableTag: "f43-updates", ComposedByBodhi: true}},
//		Users:    []bodhitest.User{{Name: "releng", Token: "secret", Groups: []string{"packager"}}},
//		SideTag:  tags,
//	})
//	defer srv.Close()
//	c, err := srv.Client("secret")
//
// # Login
//
// As at the real service, a bearer token is good for GET /oidc/login-token
// alone, which answers with a cookie; a write needs that cookie, and the CSRF
// token of the session whose cookie came with it.
//
// # What moves
//
// Nothing moves by itself. [Bodhi.Sign] does what the signing service does,
// [Bodhi.SetGating] what the tests say, [Bodhi.Approve] what time and testers
// do, [Bodhi.Compose] what the composer does. Requests of users come over the
// wire (POST /updates/ALIAS/request) and are judged by the service's rules.
//
// # Not modelled
//
// Comments and karma, overrides, composes as objects, editing, updates that
// obsolete older ones or are split over releases, critical paths, access to
// packages by anything but groups and side tag ownership, HTML, and tags: what
// Bodhi would have Koji do is left to the caller. Paths outside the model
// answer 404.
package bodhitest
