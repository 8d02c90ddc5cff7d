// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// messageOf makes a message of a delivery: the routing key is the topic, the
// body is bare. The error is a trigger.Error.
func messageOf(d *amqp.Delivery) (trigger.Message, error) {
	if e := d.ContentEncoding; e != "" && !strings.EqualFold(e, "utf-8") {
		return trigger.Message{}, &trigger.Error{Topic: d.RoutingKey, ID: d.MessageId,
			Err: fmt.Errorf("%w: content encoding %q", trigger.ErrMalformed, e)}
	}
	m, err := trigger.NewMessage(d.RoutingKey, d.MessageId, d.Headers, d.Body)
	if err == nil && m.Time.IsZero() {
		m.Time = d.Timestamp
	}
	return m, err
}

// verdict is what becomes of a delivery.
type verdict int

const (
	keep   verdict = iota // the work could not be done: not settled
	ack                   // done, or done before
	reject                // set aside, not to come again
)

// judge says what becomes of a delivery by what its message led to.
func judge(err error) verdict {
	aside, ok := errors.AsType[*trigger.Error](err)
	switch {
	case err == nil, ok && errors.Is(aside, trigger.ErrDuplicate):
		return ack
	case ok:
		return reject
	}
	return keep
}
