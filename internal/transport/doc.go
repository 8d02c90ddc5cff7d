// SPDX-License-Identifier: MIT

// Package transport is the one HTTP layer under every relkit client. It
// retries what may be retried, refuses what would lose data or leak
// credentials, limits what is read and tells a logger about each attempt.
//
// # Requests
//
// [Client.Do] reads the whole answer, [Client.Stream] hands the body of a 2xx
// answer to a function, for answers too large to keep. Both return the final
// answer whatever its status: only the calling client knows what a 404 means.
// An error means that there was no complete answer.
//
// # Retries
//
// A connection that could not be made is always tried again: the server has
// seen nothing. Everything else (429, 5xx, cut connections) is tried again
// only when the request says [Request.Idempotent]. Waits double from
// [Retry.Wait] to [Retry.MaxWait] with full jitter; Retry-After is obeyed up to
// MaxWait; when the context would end before the next attempt, the last
// outcome is returned at once. TLS certificate errors, refused redirects and
// exceeded limits are never retried.
//
// # Redirects and credentials
//
// Only GET and HEAD follow redirects. Any other method gets a
// [*RedirectError], since following would drop the body or send it somewhere
// else. Authorization, Cookie, Referer and the headers named in
// [Options.SecretHeaders] are dropped as soon as a redirect leaves the scheme,
// host and port of the first request, and stay dropped.
//
// # Limits
//
// Compressed and decompressed sizes of an answer are limited; see
// [Options.MaxBody]. Bodies of answers other than 2xx are cut at 1 MiB, so that
// an endless error page can't hide its status.
//
// # Secrets
//
// Neither errors nor log records hold a query, user information or the value
// of a credential header.
package transport
