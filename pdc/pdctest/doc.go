// SPDX-License-Identifier: MIT

// Package pdctest is a PDC server in memory, for tests of programs that talk
// to one and for demos.
//
//	p, err := pdctest.New(pdctest.Seed{...}, pdctest.Options{})
//	srv := pdctest.NewServer(p)
//	defer srv.Close()
//	c, err := srv.Client()
//
// It answers from its state, in any order of requests, as the server of 2018
// was measured to: strict query parameters, both shapes of lists, the texts of
// its errors, bulk requests in one transaction, change records, computed
// members, and its flaws. Faults can be put in its way with [PDC.Fail], and
// [PDC.Calls] tells what was asked. It has no clock; [PDC.SetNow] sets the
// time. [PDC.Persist] keeps the state in a folder, so that a program that
// serves it can be killed and started again.
//
// # What is not modelled
//
// The browsable HTML pages, the admin interface, the message bus, throttling,
// and multipart uploads of files. Unsupported paths answer as the real server
// answers unknown ones.
package pdctest
