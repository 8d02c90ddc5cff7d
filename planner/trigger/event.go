// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"
)

// A Payload is the typed body of a known topic: one of the pointers that
// [Topics] lists, such as [*Build], [*Push] or [*Module]. Use a type switch.
type Payload interface {
	// check says what the body lacks that it cannot do without.
	check(Topic) error
	// outcomes are what the event means for artifacts.
	outcomes(Topic) []outcome
}

// An Event is a message whose body is understood. Payload is nil when the
// topic is unknown: the message then passes through as it is.
type Event struct {
	Message
	// Payload holds the typed members.
	Payload Payload
	// Mismatch, when not nil, names the first member whose type is not the
	// one that its topic has. Its field is zero and its value in
	// [Event.Extra].
	Mismatch error
}

// Decode takes the envelope off a message and reads its body by its topic. The
// error is an [*Error] with [ErrMalformed].
func Decode(data []byte) (Event, error) {
	m, err := openMessage(data)
	if err != nil {
		return Event{}, err
	}
	return m.Event()
}

// Event reads the body by the topic. A message of an unknown topic becomes an
// event without payload. The error is an [*Error] with [ErrMalformed]: the
// body of a known topic is no object, or lacks what it cannot do without.
func (m Message) Event() (Event, error) {
	ev := Event{Message: m}
	if err := m.check(); err != nil {
		return Event{}, err
	}
	topic := ParseTopic(m.Topic)
	p := topic.payload()
	if p == nil {
		if !json.Valid(m.Body) {
			return Event{}, malformed(m.Topic, m.ID, "the body is not JSON")
		}
		return ev, nil
	}
	if !isObject(m.Body) {
		return Event{}, malformed(m.Topic, m.ID, "the body is no object")
	}
	if err := json.Unmarshal(m.Body, p); err != nil {
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) {
			return Event{}, malformed(m.Topic, m.ID, "the body is not JSON: %w", err)
		}
		ev.Mismatch = err
	}
	if err := p.check(topic); err != nil {
		return Event{}, malformed(m.Topic, m.ID, "%w", err)
	}
	ev.Payload = p
	return ev, nil
}

// Extra returns the members of the body that the payload's own encoding does
// not reproduce: those without a field, and those spelled in another way (a
// null, a number as a string, a time with another layout), inside nested
// objects too. It is nil when there are none and without a payload.
func (e Event) Extra() (map[string]json.RawMessage, error) {
	_, rest, err := e.parts()
	if err != nil || rest == nil {
		return nil, err
	}
	out := make(map[string]json.RawMessage, len(rest))
	for k, v := range rest {
		if out[k], err = json.Marshal(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EncodeBody writes the body again from the payload and [Event.Extra]: every
// member that came in is in it with its value. Without payload it is the body
// as it came.
func (e Event) EncodeBody() (json.RawMessage, error) {
	if e.Payload == nil {
		return e.Body, nil
	}
	typed, rest, err := e.parts()
	if err != nil {
		return nil, err
	}
	if rest == nil {
		return json.Marshal(typed)
	}
	return json.Marshal(overlay(typed, rest))
}

// parts returns the payload as JSON values and what it leaves out.
func (e Event) parts() (typed any, rest map[string]any, err error) {
	if e.Payload == nil {
		return nil, nil, nil
	}
	data, err := json.Marshal(e.Payload)
	if err != nil {
		return nil, nil, err
	}
	if typed, err = decodeAny(data); err != nil {
		return nil, nil, err
	}
	if len(e.Body) == 0 {
		return typed, nil, nil
	}
	whole, err := decodeAny(e.Body)
	if err != nil {
		return nil, nil, malformed(e.Topic, e.ID, "the body is not JSON: %w", err)
	}
	left, _ := missing(whole, typed)
	rest, _ = left.(map[string]any)
	return typed, rest, nil
}
