// SPDX-License-Identifier: MIT

package trigger

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Inbox decides which messages are heard. What it sets aside comes back as
// an [*Error] with the reason; the next message is not touched by it. The zero
// value hears every topic, up to 16 MiB a message, and remembers the last
// 100,000 ids. An Inbox is for one goroutine at a time.
type Inbox struct {
	// Trusted are prefixes of topics; when not nil, a topic that begins
	// with none of them is forged ("org.fedoraproject.prod.").
	Trusted []string
	// MaxBytes is the longest message; 0 means 16 MiB.
	MaxBytes int
	// Remember is how many messages are remembered to find duplicates; 0
	// means 100,000.
	Remember int

	seen  map[string][sha256.Size]byte
	order []string
	next  int
}

// Accept decodes one message and checks it against what came before. key is
// the routing key under which the transport delivered it, "" where there is
// none; an envelope that says another topic is forged, and so is a second
// message with the id of a first but other contents. A repetition is a
// duplicate; messages without id are repetitions when topic and body are
// equal and they were sent at the same time.
func (in *Inbox) Accept(key string, data []byte) (Event, error) {
	if err := in.checkSize(len(data)); err != nil {
		return Event{}, &Error{Err: err}
	}
	m, err := openMessage(data)
	if err != nil {
		return Event{}, err
	}
	return in.accept(key, m)
}

// AcceptMessage is [Inbox.Accept] for a message whose envelope is off already,
// such as [NewMessage] makes it.
func (in *Inbox) AcceptMessage(m Message) (Event, error) {
	if err := in.checkSize(len(m.Body)); err != nil {
		return Event{}, &Error{Topic: m.Topic, ID: m.ID, Err: err}
	}
	return in.accept("", m)
}

// Forget takes back that the message was accepted: its next delivery is no
// duplicate. Call it when the work that a message asks for could not be done
// and the message goes back to the broker.
func (in *Inbox) Forget(m Message) {
	name, _ := nameOf(m)
	delete(in.seen, name)
}

func (in *Inbox) checkSize(size int) error {
	limit := in.MaxBytes
	if limit == 0 {
		limit = 16 << 20
	}
	if size > limit {
		return fmt.Errorf("%w: %d bytes, more than %d", ErrTooLarge, size, limit)
	}
	return nil
}

func (in *Inbox) accept(key string, m Message) (Event, error) {
	ev, err := m.Event()
	if err != nil {
		return Event{}, err
	}
	if err := in.judge(key, m); err != nil {
		return Event{}, &Error{Topic: m.Topic, ID: m.ID, Err: err}
	}
	return ev, nil
}

func (in *Inbox) judge(key string, m Message) error {
	if key != "" && key != m.Topic {
		return fmt.Errorf("%w: it came as %q", ErrForged, key)
	}
	if in.Trusted != nil && !slices.ContainsFunc(in.Trusted, func(p string) bool { return strings.HasPrefix(m.Topic, p) }) {
		return fmt.Errorf("%w: nobody trusted publishes that topic", ErrForged)
	}
	name, digest := nameOf(m)
	if old, ok := in.seen[name]; ok {
		if old != digest {
			return fmt.Errorf("%w: another message had this id", ErrForged)
		}
		return ErrDuplicate
	}
	in.remember(name, digest)
	return nil
}

// nameOf returns the name under which a message is remembered: its id, or the
// digest of a message without.
func nameOf(m Message) (string, [sha256.Size]byte) {
	digest := digestOf(m)
	if m.ID == "" {
		return string(digest[:]), digest
	}
	return m.ID, digest
}

// digestOf is equal for messages of the same topic and body, however these are
// spelled: bridges write members in another order. Without an id the time
// counts too.
func digestOf(m Message) [sha256.Size]byte {
	body := []byte(m.Body)
	if v, err := decodeAny(m.Body); err == nil {
		if canonical, err := json.Marshal(v); err == nil {
			body = canonical
		}
	}
	stamp := ""
	if m.ID == "" && !m.Time.IsZero() {
		stamp = m.Time.UTC().String()
	}
	return sha256.Sum256(append([]byte(m.Topic+"\x00"+stamp+"\x00"), body...))
}

func (in *Inbox) remember(name string, digest [sha256.Size]byte) {
	size := in.Remember
	if size <= 0 {
		size = 100_000
	}
	if in.seen == nil {
		in.seen = make(map[string][sha256.Size]byte)
	}
	if len(in.order) < size {
		in.order = append(in.order, name)
	} else {
		delete(in.seen, in.order[in.next])
		in.order[in.next] = name
		in.next = (in.next + 1) % len(in.order)
	}
	in.seen[name] = digest
}

// Reason returns the word for which a message was set aside: "malformed",
// "too large", "forged", "duplicate", or "" for another error and nil.
func Reason(err error) string {
	for reason, word := range map[error]string{ErrMalformed: "malformed", ErrTooLarge: "too large", ErrForged: "forged", ErrDuplicate: "duplicate"} {
		if errors.Is(err, reason) {
			return word
		}
	}
	return ""
}
