// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

const (
	topic   = "org.fedoraproject.prod.buildsys.tag"
	tagging = `{"tag":"f41","name":"zlib","version":"1.3","release":"2.fc41"}`
)

func TestADeliveryBecomesAMessage(t *testing.T) {
	sent := time.Date(2024, 1, 5, 12, 0, 0, 0, time.UTC)
	m, err := messageOf(&amqp.Delivery{
		RoutingKey: topic, MessageId: "u-1", ContentEncoding: "UTF-8", Timestamp: sent, Body: []byte(tagging),
		Headers: amqp.Table{"fedora_messaging_severity": int32(20), "sent-at": "2024-01-05T12:00:03+00:00", "fedora_messaging_schema": "base.message",
			"x-death": []any{amqp.Table{"count": int64(2)}}},
	})
	require.NoError(t, err)
	assert.Equal(t, trigger.Message{ID: "u-1", Topic: topic, Time: sent.Add(3 * time.Second), Severity: 20, Headers: m.Headers, Body: []byte(tagging)}, m)
	assert.Equal(t, `[{"count":2}]`, string(m.Headers["x-death"]))

	m, err = messageOf(&amqp.Delivery{RoutingKey: topic, Timestamp: sent, Body: []byte(tagging)})
	require.NoError(t, err)
	assert.Equal(t, sent, m.Time, "without headers the broker's time counts")

	for _, d := range []amqp.Delivery{
		{RoutingKey: topic, Body: []byte(tagging), ContentEncoding: "gzip"},
		{RoutingKey: topic, Body: []byte(tagging[:20])},
		{Body: []byte(tagging)},
	} {
		_, err := messageOf(&d)
		assert.Equal(t, "malformed", trigger.Reason(err))
	}
}

// settled records what becomes of deliveries.
type settled []string

func (s *settled) Ack(uint64, bool) error { *s = append(*s, "ack"); return nil }
func (s *settled) Nack(_ uint64, _, requeue bool) error {
	*s = append(*s, map[bool]string{true: "requeue", false: "reject"}[requeue])
	return nil
}
func (s *settled) Reject(uint64, bool) error { return errors.New("not used") }

func TestADeliveryIsSettledByWhatItLedTo(t *testing.T) {
	away := errors.New("away")
	aside := func(reason error) error { return &trigger.Error{Err: reason} }
	for _, c := range []struct {
		rule    string
		results []error
		want    string
		fails   error
	}{
		{"work done", []error{nil}, "ack", nil},
		{"done before", []error{aside(trigger.ErrDuplicate)}, "ack", nil},
		{"forged", []error{aside(trigger.ErrForged)}, "reject", nil},
		{"too large", []error{aside(trigger.ErrTooLarge)}, "reject", nil},
		{"done at the third attempt", []error{away, away, nil}, "ack", nil},
		{"never done", []error{away, away, away}, "requeue", errWork},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var s settled
			calls := 0
			consumer := quick(nil, func(trigger.Message) error { calls++; return c.results[calls-1] })
			err := consumer.handle(t.Context(), &amqp.Delivery{Acknowledger: &s, RoutingKey: topic, Body: []byte(tagging)})
			require.ErrorIs(t, err, c.fails)
			assert.Equal(t, settled{c.want}, s)
			assert.Equal(t, len(c.results), calls)
		})
	}
	var s settled
	require.NoError(t, quick(nil, nil).handle(t.Context(), &amqp.Delivery{Acknowledger: &s, RoutingKey: topic, Body: []byte("{")}))
	assert.Equal(t, settled{"reject"}, s, "what is malformed does not reach the work")

	s = nil
	ctx, cancel := context.WithCancel(t.Context())
	slow := quick(nil, func(trigger.Message) error { cancel(); return away })
	slow.wait = time.Hour
	require.ErrorIs(t, slow.handle(ctx, &amqp.Delivery{Acknowledger: &s, RoutingKey: topic, Body: []byte(tagging)}), errStopped)
	assert.Empty(t, s, "stopped in between: the broker gives it to the next")
}

// quick returns a consumer that does not wait long.
func quick(c *config, hear func(trigger.Message) error) *consumer {
	return &consumer{config: c, hear: hear, log: slog.New(slog.DiscardHandler), wait: time.Millisecond, mostWait: 20 * time.Millisecond, attempts: 3}
}

func TestABrokerThatIsAwayIsAskedAgainUntilStopped(t *testing.T) {
	var log bytes.Buffer
	cfg, err := parseConfig(`amqp_url = "amqp://user:secret@127.0.0.1:1/?connection_attempts=3"`)
	require.NoError(t, err)
	c := quick(cfg, nil)
	c.log = slog.New(slog.NewTextHandler(&log, nil))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.NoError(t, c.run(ctx))
	assert.GreaterOrEqual(t, bytes.Count(log.Bytes(), []byte("no connection")), 2)
	assert.NotContains(t, log.String(), "secret")
}

func TestTheConfigurationOfFedoraMessaging(t *testing.T) {
	c, err := parseConfig("")
	require.NoError(t, err)
	assert.Equal(t, &config{
		URL: "amqp://", QoS: qos{PrefetchCount: 10}, Queues: map[string]queue{"": {AutoDelete: true, Exclusive: true}},
		Bindings: []binding{{Exchange: "amq.topic", RoutingKeys: []string{"#"}}},
	}, c)

	data, err := os.ReadFile("testdata/config.toml")
	require.NoError(t, err)
	c, err = parseConfig(string(data))
	require.NoError(t, err)
	const name = "4f3c7a52-0b6d-4a5e-9c1e-000000000000"
	assert.Equal(t, &config{
		URL: "amqps://fedora:@rabbitmq.example.org/%2Fpublic_pubsub?heartbeat=20&retry_delay=5", PassiveDeclares: true,
		TLS:              tlsFiles{CACert: "/etc/fedora-messaging/cacert.pem", KeyFile: "/etc/fedora-messaging/fedora-key.pem", CertFile: "/etc/fedora-messaging/fedora-cert.pem"},
		ClientProperties: map[string]any{"app": "rebuilder"},
		Exchanges:        map[string]exchange{"amq.topic": {Type: "topic", Durable: true, Arguments: map[string]any{}}},
		Queues:           map[string]queue{name: {AutoDelete: true, Arguments: map[string]any{"x-message-ttl": int64(86400000)}}},
		Bindings:         []binding{{Queue: name, Exchange: "amq.topic", RoutingKeys: []string{"org.fedoraproject.prod.buildsys.#", "org.fedoraproject.prod.mbs.#"}}},
		QoS:              qos{PrefetchCount: 25},
	}, c)

	for text, says := range map[string]string{
		`amqp_ulr = "amqp://"`:          "amqp_ulr",
		"[queues.a]\ndurabel = true":    "queues.a.durabel",
		"[[bindings]]\nqueue = \"a\"":   `no queue "a"`,
		"[tls]\ncertfile = \"a\"":       "go together",
		"[qos]\nprefetch_count = -1":    "negative",
		"[exchanges.x]\ndurable = true": "no type",
		"amqp_url = 7":                  "amqp_url",
		"[":                             "line 1",
	} {
		_, err := parseConfig(text)
		assert.ErrorContains(t, err, says, text)
	}
}

func TestTheAddressOfTheBroker(t *testing.T) {
	c := &config{URL: "amqp://me:secret@broker:5673/%2Fpublic_pubsub?connection_attempts=3&heartbeat=20", ClientProperties: map[string]any{"app": "x"}}
	uri, how, err := c.dial()
	require.NoError(t, err)
	assert.Equal(t, "amqp://me:secret@broker:5673/%2Fpublic_pubsub?heartbeat=20", uri)
	assert.Equal(t, "broker:5673/public_pubsub", address(uri))
	assert.Equal(t, "x", how.Properties["app"])
	assert.Nil(t, how.TLSClientConfig)
	_, how, err = (&config{URL: "amqps://broker"}).dial()
	require.NoError(t, err)
	assert.NotNil(t, how.TLSClientConfig)
	for _, url := range []string{"http://me:secret@broker", "amqp://me:secret@broker:port", "amqp://me:sec ret@\x7f", "secret"} {
		_, _, err := (&config{URL: url}).dial()
		require.Error(t, err, url)
		assert.NotContains(t, err.Error(), "sec")
	}
	for _, files := range []tlsFiles{{CACert: "/no/such"}, {CACert: "testdata/config.toml"}, {CertFile: "/no", KeyFile: "/no"}} {
		_, _, err := (&config{URL: "amqps://broker", TLS: files}).dial()
		assert.Error(t, err, files)
	}
}

func TestExitStatus(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.toml")
	require.NoError(t, os.WriteFile(bad, []byte(`amqp_url = "http://broker"`), 0o644))
	good := filepath.Join(t.TempDir(), "good.toml")
	require.NoError(t, os.WriteFile(good, []byte(`amqp_url = "amqp://127.0.0.1:1"`), 0o644))
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	t.Setenv("FEDORA_MESSAGING_CONF", good)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-h"}, 0, "-config file"},
		{[]string{"-nonsense"}, 2, "-nonsense"},
		{[]string{"file"}, 2, `unexpected argument "file"`},
		{[]string{"-config", "/no/such"}, 2, "/no/such"},
		{[]string{"-config", bad}, 2, "amqp_url"},
		{[]string{"-releases", "nobody"}, 1, "bodhi=URL"},
		{nil, 0, ""},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, c.code, run(stopped, c.args, &out, &errs), c.args)
		assert.Contains(t, errs.String(), c.says, c.args)
	}
}
