// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// With the URL of a broker on which queues may be made, the consumer is tested
// against it:
//
//	go test . -run Broker -amqp.url amqp://guest:guest@localhost
var brokerURL = flag.String("amqp.url", "", "broker to test the consumer against")

// proxy stands between the consumer and the broker, so that connections can
// be cut.
type proxy struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{Listener: l}
	t.Cleanup(func() { l.Close(); p.cut() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil {
				in.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, in, out)
			p.mu.Unlock()
			go func() { _, _ = io.Copy(in, out); in.Close() }()
			go func() { _, _ = io.Copy(out, in); out.Close() }()
		}
	}()
	return p
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func TestBroker(t *testing.T) {
	if *brokerURL == "" {
		t.Skip("-amqp.url is not given")
	}
	direct, err := url.Parse(*brokerURL)
	require.NoError(t, err)
	if direct.Port() == "" {
		direct.Host += ":5672"
	}
	between := newProxy(t, direct.Host)
	through := *direct
	through.Host = between.Addr().String()

	conn, err := amqp.Dial(direct.String())
	require.NoError(t, err)
	defer conn.Close()
	ch, err := conn.Channel()
	require.NoError(t, err)
	name := fmt.Sprintf("relkit-test-%d", time.Now().UnixNano())
	prefix := "org.example." + name
	send := func(id, event, encoding, body string) {
		require.NoError(t, ch.PublishWithContext(t.Context(), "amq.topic", prefix+"."+event, true, false, amqp.Publishing{
			MessageId: id, ContentType: "application/json", ContentEncoding: encoding, DeliveryMode: amqp.Persistent, Body: []byte(body),
			Headers: amqp.Table{"fedora_messaging_severity": int32(20), "sent-at": "2024-01-05T12:00:03+00:00"},
		}))
	}
	depth := func() int {
		q, err := ch.QueueDeclarePassive(name, false, false, false, false, nil)
		require.NoError(t, err)
		return q.Messages
	}

	cfg, err := parseConfig(fmt.Sprintf("amqp_url = %q\n[queues.%s]\n[[bindings]]\nqueue = %q\nrouting_keys = [%q]\n[qos]\nprefetch_count = 3\n",
		through.String(), name, name, prefix+".#"))
	require.NoError(t, err)
	var in trigger.Inbox
	heard := make(chan string, 100)
	work := func(string) error { return nil }
	c := quick(cfg, func(m trigger.Message) error {
		if _, err := in.AcceptMessage(m); err != nil {
			return err
		}
		err := work(m.ID)
		if err != nil {
			in.Forget(m)
		}
		heard <- fmt.Sprint(m.ID, " ", m.Severity, " ", err)
		return err
	})
	begin := func() (stop, wait func() error) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.run(ctx) }()
		wait = func() error { defer cancel(); return <-ended }
		return func() error { cancel(); return wait() }, wait
	}
	expect := func(want ...string) {
		t.Helper()
		for _, w := range want {
			select {
			case got := <-heard:
				assert.Equal(t, w, got)
			case <-time.After(10 * time.Second):
				t.Fatalf("%s was not heard", w)
			}
		}
	}

	// The consumer makes its queue; then everything goes through it.
	stop, _ := begin()
	defer func() { _, _ = ch.QueueDelete(name, false, false, false) }()
	require.Eventually(t, func() bool {
		probe, err := conn.Channel()
		if err != nil {
			return false
		}
		defer probe.Close()
		q, err := probe.QueueDeclarePassive(name, false, false, false, false, nil)
		return err == nil && q.Consumers == 1
	}, 10*time.Second, 20*time.Millisecond)
	send("1", "buildsys.tag", "utf-8", tagging)
	send("1", "buildsys.tag", "utf-8", tagging) // twice
	send("2", "buildsys.tag", "utf-8", `{"tag":`)
	send("3", "buildsys.tag", "latin-1", tagging)
	send("4", "buildsys.tag", "", `{"no":"build"}`)
	send("5", "weather", "utf-8", `{"sky":"blue"}`)
	expect("1 20 <nil>", "5 20 <nil>")

	// A connection that is lost during the work: the message comes again, and
	// is known.
	cut := false
	work = func(id string) error {
		if id == "6" && !cut {
			cut = true
			between.cut()
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	}
	send("6", "buildsys.tag", "utf-8", tagging)
	send("7", "buildsys.tag", "utf-8", tagging)
	expect("6 20 <nil>", "7 20 <nil>")

	// Work that fails at first.
	failures := 2
	away := errors.New("away")
	work = func(string) error {
		if failures > 0 {
			failures--
			return away
		}
		return nil
	}
	send("8", "buildsys.tag", "utf-8", tagging)
	expect("8 20 away", "8 20 away", "8 20 <nil>")
	require.NoError(t, stop())
	assert.Zero(t, depth(), "everything is settled")

	// Work that always fails ends the consumer, and nothing is lost.
	work = func(string) error { return away }
	send("9", "buildsys.tag", "utf-8", tagging)
	send("10", "buildsys.tag", "utf-8", tagging)
	_, wait := begin()
	expect("9 20 away", "9 20 away", "9 20 away")
	require.ErrorIs(t, wait(), errWork)
	require.Eventually(t, func() bool { return depth() == 2 }, 5*time.Second, 20*time.Millisecond)
	work = func(string) error { return nil }
	stop, _ = begin()
	expect("9 20 <nil>", "10 20 <nil>")
	require.NoError(t, stop())

	// A queue that is not there is nothing to wait for, nor is a wrong login.
	missing := *cfg
	missing.PassiveDeclares, missing.Queues, missing.Bindings = true, map[string]queue{"no-such-queue": {}}, nil
	require.ErrorIs(t, quick(&missing, nil).run(t.Context()), errRefused)
	stranger := *cfg
	u := through
	u.User = url.UserPassword("nobody", "secret")
	stranger.URL = u.String()
	err = quick(&stranger, nil).run(t.Context())
	require.ErrorIs(t, err, errRefused)
	assert.NotContains(t, err.Error(), "secret")
}
