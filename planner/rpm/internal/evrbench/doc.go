// SPDX-License-Identifier: MIT

// Package evrbench measures the order of versions beside go-rpm-version on the
// same pairs, and judges that both order them alike. It has a go.mod of its
// own, so that nobody who imports relkit sees that library.
//
//	cd planner/rpm/internal/evrbench
//	go test -bench . -benchtime 1s
//
// The pairs are versions as distributions have them: most are equal up to the
// release or the last number, some have epochs, tildes and carets.
package evrbench
