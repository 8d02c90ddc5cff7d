// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// A consumer takes messages from a broker, one after another. A message is
// acknowledged when its work is done and not before: what was under way when
// the program or the connection ended comes again.
type consumer struct {
	config *config
	hear   func(trigger.Message) error
	log    *slog.Logger
	// wait is how long it waits after the first failure; then twice as long,
	// up to mostWait.
	wait, mostWait time.Duration
	// attempts is how often the work of one message is tried.
	attempts int
}

// errStopped ends a session because the program is to end.
var errStopped = errors.New("stopped")

// run consumes until ctx is done, which is no error. It connects again, with
// patience, when the connection is lost. It gives up when the broker refuses
// what it asks for, and when the work of one message fails time and again:
// that message, and all that were prefetched, go back to their queue.
func (c *consumer) run(ctx context.Context) error {
	uri, how, err := c.config.dial()
	if err != nil {
		return err
	}
	for wait := c.wait; ; {
		began := time.Now()
		err := c.session(ctx, uri, how)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errRefused), errors.Is(err, errWork):
			return err
		}
		if time.Since(began) > c.mostWait {
			wait = c.wait
		}
		c.log.Warn("no connection", "broker", address(uri), "err", err, "again in", wait)
		if !sleep(ctx, wait) {
			return nil
		}
		wait = min(2*wait, c.mostWait)
	}
}

// errRefused says that asking again would change nothing.
var errRefused = errors.New("refused")

// refusal marks errors at the beginning of a session that asking again does
// not change: a wrong login or certificate, a queue that is not there or that
// others have with other properties.
func refusal(uri string, err error) error {
	permanent := []int{amqp.AccessRefused, amqp.NotFound, amqp.ResourceLocked, amqp.PreconditionFailed, amqp.NotAllowed}
	reply, isReply := errors.AsType[*amqp.Error](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	if untrusted || isReply && slices.Contains(permanent, reply.Code) {
		return fmt.Errorf("%s: %w: %w", address(uri), errRefused, err)
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// session consumes over one connection until it is lost or ctx is done.
func (c *consumer) session(ctx context.Context, uri string, how amqp.Config) error {
	conn, err := amqp.DialConfig(uri, how)
	if err != nil {
		return refusal(uri, err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	lost := conn.NotifyClose(make(chan *amqp.Error, 1))
	closed := ch.NotifyClose(make(chan *amqp.Error, 1))
	queues, err := c.declare(ch)
	if err != nil {
		return refusal(uri, err)
	}
	deliveries := make(chan amqp.Delivery)
	done := make(chan struct{})
	var readers sync.WaitGroup
	defer readers.Wait()
	defer conn.Close() // ends the readers' channels
	defer close(done)
	for _, name := range queues {
		in, err := ch.Consume(name, "", false, false, false, false, nil)
		if err != nil {
			return refusal(uri, err)
		}
		readers.Go(func() {
			for d := range in {
				select {
				case deliveries <- d:
				case <-done:
				}
			}
		})
	}
	c.log.Info("consuming", "broker", address(uri), "queues", queues)
	for {
		select {
		case <-ctx.Done():
			return errStopped
		case err := <-lost:
			return orClosed(err)
		case err := <-closed:
			return orClosed(err)
		case d := <-deliveries:
			if err := c.handle(ctx, &d); err != nil {
				return err
			}
		}
	}
}

func orClosed(err *amqp.Error) error {
	if err == nil {
		return amqp.ErrClosed
	}
	return err
}

// declare makes exchanges, queues and bindings, or only looks whether they are
// there, and returns the names of the queues.
func (c *consumer) declare(ch *amqp.Channel) ([]string, error) {
	if err := ch.Qos(c.config.QoS.PrefetchCount, c.config.QoS.PrefetchSize, false); err != nil {
		return nil, err
	}
	makeExchange, makeQueue := ch.ExchangeDeclare, ch.QueueDeclare
	if c.config.PassiveDeclares {
		makeExchange, makeQueue = ch.ExchangeDeclarePassive, ch.QueueDeclarePassive
	}
	for name, e := range c.config.Exchanges {
		if err := makeExchange(name, e.Type, e.Durable, e.AutoDelete, false, false, e.Arguments); err != nil {
			return nil, err
		}
	}
	named := map[string]string{}
	for name, q := range c.config.Queues {
		made, err := makeQueue(name, q.Durable, q.AutoDelete, q.Exclusive, false, q.Arguments)
		if err != nil {
			return nil, err
		}
		named[name] = made.Name
	}
	for _, b := range c.config.Bindings {
		for name, queue := range named {
			if b.Queue != "" && b.Queue != name {
				continue
			}
			for _, key := range b.RoutingKeys {
				if err := ch.QueueBind(queue, key, b.Exchange, false, nil); err != nil {
					return nil, err
				}
			}
		}
	}
	return slices.Sorted(maps.Values(named)), nil
}

// errWork says that the work of a message could not be done.
var errWork = errors.New("the work of a message failed")

// handle does the work of one delivery and settles it.
func (c *consumer) handle(ctx context.Context, d *amqp.Delivery) error {
	wait := c.wait
	for attempt := 1; ; attempt++ {
		m, err := messageOf(d)
		if err == nil {
			err = c.hear(m)
		}
		switch judge(err) {
		case ack:
			return d.Ack(false)
		case reject:
			c.log.Warn("set aside", "err", err)
			return d.Nack(false, false)
		}
		if attempt >= c.attempts {
			_ = d.Nack(false, true)
			return fmt.Errorf("%w: %s %s: %w", errWork, d.RoutingKey, d.MessageId, err)
		}
		c.log.Warn("the work failed", "topic", d.RoutingKey, "id", d.MessageId, "err", err, "again in", wait)
		if !sleep(ctx, wait) {
			return errStopped
		}
		wait = min(2*wait, c.mostWait)
	}
}
