// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// envelope is a message as datagrepper has it, and as bus clients store it.
type envelope struct {
	ID        string          `json:"id"`
	MsgID     string          `json:"msg_id"`
	Topic     string          `json:"topic"`
	Timestamp float64         `json:"timestamp"`
	Body      json.RawMessage `json:"body"`
	Msg       json.RawMessage `json:"msg"`
	Headers   struct {
		SentAt string `json:"sent-at"`
	} `json:"headers"`
}

func parseMessage(line []byte) (distgit.Message, error) {
	var e envelope
	if err := json.Unmarshal(line, &e); err != nil {
		return distgit.Message{}, err
	}
	m := distgit.Message{ID: e.ID, Topic: e.Topic, Body: e.Body}
	if m.ID == "" {
		m.ID = e.MsgID
	}
	if m.Body == nil {
		m.Body = e.Msg
	}
	switch t, err := time.Parse(time.RFC3339, e.Headers.SentAt); {
	case err == nil:
		m.Sent = t
	case e.Timestamp > 0 && e.Timestamp < 1<<40:
		m.Sent = time.Unix(int64(e.Timestamp), 0)
	}
	if m.Topic == "" {
		return m, errors.New("no topic")
	}
	return m, nil
}

// record adds messages from standard input. A line that cannot be right is
// told and left out; the others count.
func (a *app) record() error {
	sc := bufio.NewScanner(a.stdin)
	sc.Buffer(nil, 16<<20)
	var failed error
	added, other := 0, 0
	for n := 1; sc.Scan(); n++ {
		if len(sc.Bytes()) == 0 {
			continue
		}
		k, err := a.observe(sc.Bytes())
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("line %d (%s): %w", n, firstWord(sc.Text()), err))
			continue
		}
		if added += k; k == 0 {
			other++
		}
	}
	fmt.Fprintf(a.out, "%d observations; %d messages told nothing new\n", added, other)
	return errors.Join(failed, sc.Err())
}

// observe adds what one message tells.
func (a *app) observe(line []byte) (int, error) {
	m, err := parseMessage(line)
	if err != nil {
		return 0, err
	}
	obs, err := distgit.Observe(m)
	if err != nil {
		return 0, err
	}
	return a.history.Add(obs...)
}
