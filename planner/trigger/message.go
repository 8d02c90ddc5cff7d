// SPDX-License-Identifier: MIT

package trigger

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"strings"
	"time"
)

// A Message is what the bus carried, whichever generation of it: fedmsg,
// fedora-messaging, a bridge of CI messages, or a consumer's view in which the
// topic stands among the members of the body.
type Message struct {
	// ID is unique on the bus; "" in early messages.
	ID string
	// Topic is as it was sent, with prefix and environment.
	Topic string
	// Time is when it was sent; zero when the envelope does not say.
	Time time.Time
	// Severity is 10, 20, 30 or 40 for debug, info, warning and error; 0
	// when not said.
	Severity int
	// Headers are those of the transport, as they came.
	Headers map[string]json.RawMessage
	// Body is the untouched JSON of the inner message.
	Body json.RawMessage
}

// maxTopic is the longest routing key that AMQP can carry.
const maxTopic = 255

// ParseMessage takes an envelope off. The generation is told by its members:
// "msg" is fedmsg; "body" with "id" is fedora-messaging; "body" alone is a
// bridge, whose inner "msg" is the body when there is one; none of them is a
// bare body with "topic" mixed in. The error is an [*Error] with
// [ErrMalformed].
func ParseMessage(data []byte) (Message, error) {
	m, err := openMessage(data)
	if err == nil && !json.Valid(m.Body) {
		return Message{}, malformed(m.Topic, m.ID, "the body is not JSON")
	}
	return m, err
}

// openMessage is ParseMessage that leaves it to the reader of the body whether
// that is JSON.
func openMessage(data []byte) (Message, error) {
	var m Message
	if !isObject(data) {
		if !json.Valid(data) {
			return m, malformed("", "", "not JSON, or cut off after %d bytes", len(data))
		}
		return m, malformed("", "", "not a JSON object")
	}
	var e envelope
	if err := e.read(data); err != nil {
		return m, malformed(e.topic, string(e.id), "%d bytes: %w", len(data), err)
	}
	m.Topic, m.ID, m.Time = e.topic, string(e.msgID), e.time.Time
	m.Headers, m.Severity = e.headers, e.severity
	switch {
	case e.msg != nil:
		m.Body = e.msg
	case e.body == nil:
		var err error
		m.Body, err = withoutTopic(data)
		if err != nil {
			return m, malformed(m.Topic, m.ID, "%w", err)
		}
	case e.id != "":
		m.ID, m.Body = string(e.id), e.body
	default:
		m.bridge(e.body)
	}
	m.fill()
	return m, m.check()
}

// NewMessage makes a message of an AMQP delivery of fedora-messaging: the
// routing key is the topic, the body bare JSON, and everything else lies in the
// properties and headers. Values of headers are those of an AMQP library:
// texts, numbers, booleans, times, tables and lists of these. The error is an
// [*Error] with [ErrMalformed].
func NewMessage(routingKey, id string, headers map[string]any, body []byte) (Message, error) {
	m := Message{ID: id, Topic: routingKey, Body: body}
	for name, v := range headers {
		if text, ok := v.([]byte); ok {
			v = string(text)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return Message{}, malformed(routingKey, id, "header %q: %w", name, err)
		}
		if m.Headers == nil {
			m.Headers = make(map[string]json.RawMessage, len(headers))
		}
		m.Headers[name] = raw
	}
	m.fill()
	if err := m.check(); err != nil {
		return Message{}, err
	}
	if !json.Valid(body) {
		return Message{}, malformed(routingKey, id, "the body is not JSON, or cut off after %d bytes", len(body))
	}
	return m, nil
}

// bridge looks into the payload of a STOMP or UMB bridge, where the message
// may lie one level deeper together with what the outer level lacks.
func (m *Message) bridge(body json.RawMessage) {
	m.Body = body
	var inner envelope
	if inner.read(body) != nil || inner.msg == nil {
		return
	}
	m.Body = inner.msg
	if m.Topic == "" {
		m.Topic = inner.topic
	}
	if m.ID == "" {
		m.ID = string(inner.msgID)
	}
	if m.Time.IsZero() {
		m.Time = inner.time.Time
	}
	if m.Headers == nil {
		m.Headers = inner.headers
	}
}

// fill takes from the headers what the envelope did not say.
func (m *Message) fill() {
	text := func(name string) string {
		var t Text
		if raw := m.Headers[name]; len(raw) > 0 {
			_ = t.UnmarshalJSON(raw)
		}
		return string(t)
	}
	if m.ID == "" {
		m.ID = text("message-id")
	}
	if m.Time.IsZero() {
		t, _ := ParseTime(text("sent-at"))
		m.Time = t.Time
	}
	if raw := m.Headers["fedora_messaging_severity"]; m.Severity == 0 && len(raw) > 0 {
		_ = json.Unmarshal(raw, &m.Severity)
	}
}

func (m *Message) check() error {
	switch {
	case m.Topic == "":
		return malformed("", m.ID, "no topic")
	case len(m.Topic) > maxTopic:
		return malformed(m.Topic[:maxTopic], m.ID, "the topic has %d bytes, more than %d", len(m.Topic), maxTopic)
	case strings.ContainsAny(m.Topic, " \t\r\n\x00"):
		return malformed(m.Topic, m.ID, "the topic holds white space")
	case len(m.Body) == 0:
		return malformed(m.Topic, m.ID, "no body")
	}
	return nil
}

// withoutTopic returns a bare body without the topic that was mixed in.
func withoutTopic(data []byte) (json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	delete(all, "topic")
	return json.Marshal(all)
}

// MarshalJSON writes the form in which tools of fedora-messaging keep
// messages: id, topic, headers, body and severity. [ParseMessage] reads it
// back; a time that no header carries is written as "sent-at".
func (m Message) MarshalJSON() ([]byte, error) {
	headers := m.Headers
	if _, ok := headers["sent-at"]; !ok && !m.Time.IsZero() {
		headers = maps.Clone(headers)
		if headers == nil {
			headers = map[string]json.RawMessage{}
		}
		stamp, err := json.Marshal(m.Time)
		if err != nil {
			return nil, err
		}
		headers["sent-at"] = stamp
	}
	body := m.Body
	if len(body) == 0 {
		body = json.RawMessage("null")
	}
	return json.Marshal(struct {
		ID       string                     `json:"id"`
		Topic    string                     `json:"topic"`
		Headers  map[string]json.RawMessage `json:"headers,omitempty"`
		Body     json.RawMessage            `json:"body"`
		Severity int                        `json:"severity,omitempty"`
	}{m.ID, m.Topic, headers, body, m.Severity})
}

// UnmarshalJSON reads a message as [ParseMessage] does.
func (m *Message) UnmarshalJSON(data []byte) (err error) {
	*m, err = ParseMessage(data)
	return err
}

// Split walks over the messages of a replay: JSON lines, concatenated JSON, an
// array, or pages of a datagrepper answer ("raw_messages"). A piece that is
// not JSON yields an error with [ErrMalformed]; where lines are told apart,
// the walk goes on with the next line.
func Split(data []byte) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for len(data) > 0 {
			data = bytes.TrimLeft(data, " \t\r\n")
			if len(data) == 0 {
				return
			}
			d := json.NewDecoder(bytes.NewReader(data))
			var one json.RawMessage
			if err := d.Decode(&one); err != nil {
				line, rest, _ := bytes.Cut(data, []byte("\n"))
				data = rest
				if !yield(bytes.Clone(line), malformed("", "", "not JSON: %w", err)) {
					return
				}
				continue
			}
			data = data[d.InputOffset():]
			for _, m := range unpack(one) {
				if !yield(m, nil) {
					return
				}
			}
		}
	}
}

func unpack(one json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(one, &list) == nil && list != nil {
		return list
	}
	if isObject(one) && bytes.Contains(one, []byte(`"raw_messages"`)) {
		var page struct {
			Messages []json.RawMessage `json:"raw_messages"`
		}
		if json.Unmarshal(one, &page) == nil && page.Messages != nil {
			return page.Messages
		}
	}
	return []json.RawMessage{one}
}
