// SPDX-License-Identifier: MIT

// Package koji is a client for Koji, the system in which Fedora and its
// relatives build their packages. A Koji hub keeps builds, the tags that hold
// them, and the tasks that make them; this package speaks to the hub, fetches
// from its file server, and uploads to it.
//
// # A first call
//
//	c, err := koji.NewClient("https://koji.fedoraproject.org/kojihub")
//	b, err := c.Build(ctx, "bash-5.2.26-3.fc40")
//
// Most reads need no login. Tags, builds, packages and users are given as a
// [Ref]: a name, as here, or a number by [ID].
//
// # Authentication
//
// Give one of [WithPassword], [WithClientCert] and [WithNegotiator] (Kerberos;
// see koji/kerberos), or start from a profile of the koji command with
// [FromProfile]. The first call logs in, or [Client.Login] does. The session is
// renewed when it expires, in the middle of a call if need be. One client is
// one session: what changes something goes in order, reads run beside it. For
// changes side by side open a [Client.Subsession] each.
//
// # Lists
//
// ListX makes one request and returns a slice. A plural noun such as
// [Client.Builds] is an iterator: page by page where the hub can page, else
// row by row out of one answer, in constant memory.
//
// # Errors
//
// All errors are an [*Error]. Branch on the sentinels with errors.Is
// ([ErrNotFound], [ErrForbidden], ...) or on a hub's fault by its [FaultCode],
// which knows its parents. A getter's missing object is ErrNotFound, an empty
// list is no error. Members of an answer for which a struct has no field are in
// its More.
//
// # Retries
//
// Reads are repeated after lost connections, 5xx and 429. Calls that change
// something carry a number that they keep when they are repeated, by which the
// hub tells a repetition: it is never carried out twice. What remains is told
// apart: [ErrAlreadyApplied] means that it was done and only the answer is
// lost, [ErrOutcomeUnknown] that nobody can tell; look at the hub before asking
// again.
//
// # Many calls at once
//
// A [Batch] sends hundreds of calls in one request, with a typed [Future] for
// each; [Client.BuildsByRef] and [Client.TasksByID] are made of it.
//
// # Raw calls
//
// [Client.Call] reaches all of a hub's methods:
//
//	var hosts []map[string]any
//	err := c.Call(ctx, "listHosts", []any{koji.Named{"enabled": true}}, &hosts)
//
// METHODS.md beside the source says how each of a hub's methods is reached.
//
// # Testing
//
// Package koji/kojitest has a hub in memory that behaves.
//
// # What is not covered
//
// Maven and Windows builds, volumes, builders and the administration of hubs
// have no methods of their own: use Call.
package koji
