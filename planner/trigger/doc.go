// SPDX-License-Identifier: MIT

// Package trigger reads the message bus of a distribution and says what has
// changed.
//
// Services tell each other over a bus what happened: a commit arrived, a build
// is complete, a module is ready, a check failed. The bus had three
// generations, and every service several forms of its messages; this package
// knows them all and does no I/O: whoever consumes AMQP, or replays a file,
// hands the bytes over. [NewMessage] takes what an AMQP library delivers,
// [Split] the messages of a file, [ParsePage] those of datagrepper, the bus's
// archive.
//
// # A first message
//
// [Decode] takes the envelope off and reads the body by its topic: the
// [Event]'s Payload is [*Build], [*Tag], [*Push], [*Module], [*CI] and so on,
// and nil for topics that [Topics] does not list, which pass through as they
// came. [Routes.Changes] says what the event means for artifacts of a release,
// by node ids of package planner. The package's example does both.
//
// # Nothing is lost
//
// [Event.EncodeBody] writes a body with every member that came in.
// [Event.Extra] holds what the typed fields do not: members without a field,
// nulls, and values of another spelling than the field's own. A member of a
// wrong type leaves its field zero, stays in Extra, and is named in
// [Event.Mismatch].
//
// # Messages set aside
//
// An [Inbox] stands before the loop. What is malformed, too large, forged or a
// duplicate comes back as an [*Error] whose [Reason] is one of these words, and
// the next message is not touched by it. Forged is what contradicts its
// routing key, comes from a topic outside the trusted prefixes, or reuses
// another message's id. The x509 signatures of fedmsg are not verified. When
// the work of a message failed and it goes back to the broker, [Inbox.Forget]
// lets it be heard again.
//
// # Releases, handlers, lists
//
// [Routes] lead branches, tags, dist tags, streams and Bodhi's releases to the
// labels of graphs. [ActiveReleases] collects the releases that live from the
// rows of PDC, Bodhi, dist-git or any other list, and [RoutesTo] makes the
// routes to them. A [Dispatcher] gives events to handlers in their order and
// keeps the error of one from the others. A [Policy] is the allow-list language
// of rebuild services; its patterns are those of package regexp, so that a
// pattern that looks around or back is an error. A [Debounce] collects changes
// as plain data, and so are [Pushes]: the last push of updates into each of
// Bodhi's repositories, when and whether it succeeded.
//
// # What is not covered
//
// PDC, pkgdb, ODCS, FAS, koschei, Freshmaker, image, openQA and waiver messages
// are typed, but become no changes, except retirements in pkgdb. Copr, anitya,
// autocloud composes, openQA comments, git hooks of other forges, errata and
// Pyxis pass through. A result on a whole update names no builds and becomes
// no change. Ring policies are in planner/gate. Consuming AMQP is the
// embedder's; examples/busorchestrator/amqp is one that does.
package trigger
