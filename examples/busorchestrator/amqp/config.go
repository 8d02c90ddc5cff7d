// SPDX-License-Identifier: MIT

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	amqp "github.com/rabbitmq/amqp091-go"
)

// config is what a consumer needs of fedora-messaging's config.toml.
type config struct {
	URL              string              `toml:"amqp_url"`
	PassiveDeclares  bool                `toml:"passive_declares"`
	TLS              tlsFiles            `toml:"tls"`
	ClientProperties map[string]any      `toml:"client_properties"`
	Exchanges        map[string]exchange `toml:"exchanges"`
	Queues           map[string]queue    `toml:"queues"`
	Bindings         []binding           `toml:"bindings"`
	QoS              qos                 `toml:"qos"`
}

type tlsFiles struct {
	CACert   string `toml:"ca_cert"`
	KeyFile  string `toml:"keyfile"`
	CertFile string `toml:"certfile"`
}

type exchange struct {
	Type       string         `toml:"type"`
	Durable    bool           `toml:"durable"`
	AutoDelete bool           `toml:"auto_delete"`
	Arguments  map[string]any `toml:"arguments"`
}

type queue struct {
	Durable    bool           `toml:"durable"`
	AutoDelete bool           `toml:"auto_delete"`
	Exclusive  bool           `toml:"exclusive"`
	Arguments  map[string]any `toml:"arguments"`
}

// binding leads messages to a queue; to every queue when none is named.
type binding struct {
	Queue       string   `toml:"queue"`
	Exchange    string   `toml:"exchange"`
	RoutingKeys []string `toml:"routing_keys"`
}

type qos struct {
	PrefetchSize  int `toml:"prefetch_size"`
	PrefetchCount int `toml:"prefetch_count"`
}

// others are the settings of publishers and of the Python consumer.
var others = []string{"callback", "publish_exchange", "topic_prefix", "publish_priority", "consumer_config", "monitoring", "log_config"}

// defaultQueue is the name of the queue that is there when none is configured:
// the broker names it, and it goes with the connection.
const defaultQueue = ""

// parseConfig reads the file. What it leaves out has fedora-messaging's
// defaults. Settings that nobody knows are errors: they are misspelt.
func parseConfig(text string) (*config, error) {
	c := &config{URL: "amqp://", QoS: qos{PrefetchCount: 10}}
	meta, err := toml.Decode(text, c)
	if err != nil {
		return nil, err
	}
	for _, key := range meta.Undecoded() {
		if !slices.Contains(others, key[0]) {
			return nil, fmt.Errorf("unknown setting %s", key)
		}
	}
	if len(c.Queues) == 0 {
		c.Queues = map[string]queue{defaultQueue: {AutoDelete: true, Exclusive: true}}
	}
	if len(c.Bindings) == 0 {
		c.Bindings = []binding{{}}
	}
	for i := range c.Bindings {
		b := &c.Bindings[i]
		if _, known := c.Queues[b.Queue]; b.Queue != "" && !known {
			return nil, fmt.Errorf("binding %d: there is no queue %q", i, b.Queue)
		}
		if b.Exchange == "" {
			b.Exchange = "amq.topic"
		}
		if b.RoutingKeys == nil {
			b.RoutingKeys = []string{"#"}
		}
	}
	for name, e := range c.Exchanges {
		if e.Type == "" {
			return nil, fmt.Errorf("exchange %q has no type", name)
		}
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		return nil, errors.New("tls: certfile and keyfile go together")
	}
	if c.QoS.PrefetchCount < 0 || c.QoS.PrefetchSize < 0 {
		return nil, errors.New("qos: negative prefetch")
	}
	return c, nil
}

// dial returns the address and how to connect to it. Errors never hold the
// URL: it may have a password in it.
func (c *config) dial() (string, amqp.Config, error) {
	out := amqp.Config{Heartbeat: 30 * time.Second, Properties: amqp.NewConnectionProperties(), Dial: amqp.DefaultDial(30 * time.Second)}
	out.Properties["product"] = "relkit busorchestrator"
	for key, v := range c.ClientProperties {
		out.Properties[key] = v
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "amqp" && u.Scheme != "amqps" {
		return "", out, errors.New("amqp_url is no amqp or amqps URL")
	}
	// The other parameters are of the Python client: how often and how long it
	// tries. This one tries until it is stopped.
	query := url.Values{}
	if seconds := u.Query().Get("heartbeat"); seconds != "" {
		query.Set("heartbeat", seconds)
		out.Heartbeat = 0
	}
	u.RawQuery = query.Encode()
	if _, err := amqp.ParseURI(u.String()); err != nil {
		return "", out, errors.New("amqp_url does not parse")
	}
	if u.Scheme != "amqps" {
		return u.String(), out, nil
	}
	out.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS.CACert != "" {
		pem, err := os.ReadFile(c.TLS.CACert)
		if err != nil {
			return "", out, err
		}
		out.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !out.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return "", out, fmt.Errorf("%s: no certificate in it", c.TLS.CACert)
		}
	}
	if c.TLS.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.TLS.CertFile, c.TLS.KeyFile)
		if err != nil {
			return "", out, err
		}
		out.TLSClientConfig.Certificates = []tls.Certificate{pair}
		out.SASL = []amqp.Authentication{&amqp.ExternalAuth{}}
	}
	return u.String(), out, nil
}

// address is what may be told of the broker: host and virtual host.
func address(uri string) string {
	u, err := amqp.ParseURI(uri)
	if err != nil {
		return "the broker"
	}
	return fmt.Sprintf("%s:%d/%s", u.Host, u.Port, strings.TrimPrefix(u.Vhost, "/"))
}
