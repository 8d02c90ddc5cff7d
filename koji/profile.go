// SPDX-License-Identifier: MIT

package koji

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Profile is what a section of the koji command's configuration says of a
// hub. Zero fields were not set, or have the zero value as their default.
type Profile struct {
	Name   string
	Server string // hub URL
	WebURL string
	TopURL string
	TopDir string // where the hub's files are mounted

	AuthType  string // "ssl", "password", "kerberos", "noauth"; "" for the first that fits
	Cert      string // client certificate and key in one file
	ServerCA  string // authorities to check the server against; "" for the system's
	Principal string
	Keytab    string
	CCache    string
	RunAs     string // user to proxy
	User      string // the koji command reads no password from files, and this neither

	NoSSLVerify     bool
	MaxRetries      int
	RetryInterval   time.Duration
	AnonRetry       bool
	OfflineRetry    bool
	OfflineInterval time.Duration
	Timeout         time.Duration
	AuthTimeout     time.Duration
	PollInterval    time.Duration
	UploadChunk     int

	Values map[string]string // all options of the section as they stand, by lower-case key
}

// LoadProfile reads a profile as the koji command does: /etc/koji.conf.d/*.conf
// in order of names, /etc/koji.conf, ~/.koji/config.d/*.conf, ~/.koji/config,
// each option's last value counting. A profile in none of them is
// [ErrNotFound], a file that does not read [ErrInvalid] with its line.
func LoadProfile(name string) (Profile, error) {
	home, _ := os.UserHomeDir()
	files := confFiles("/etc/koji.conf.d", "/etc/koji.conf")
	if home != "" {
		files = append(files, confFiles(filepath.Join(home, ".koji", "config.d"), filepath.Join(home, ".koji", "config"))...)
	}
	return loadProfile(name, files, home)
}

// LoadProfileFrom is [LoadProfile] with a configuration file given by hand in
// the place of those below the home directory; it must exist. A folder stands
// for its *.conf files.
func LoadProfileFrom(name, config string) (Profile, error) {
	info, err := os.Stat(config)
	if err != nil {
		return Profile{}, &Error{Op: "load profile", Err: err}
	}
	files := confFiles("/etc/koji.conf.d", "/etc/koji.conf")
	if info.IsDir() {
		files = append(files, confFiles(config, "")...)
	} else {
		files = append(files, config)
	}
	home, _ := os.UserHomeDir()
	return loadProfile(name, files, home)
}

// confFiles lists a folder's .conf files, and a file, where they exist.
func confFiles(dir, file string) []string {
	out, _ := filepath.Glob(filepath.Join(dir, "*.conf"))
	slices.Sort(out)
	if file != "" {
		if _, err := os.Stat(file); err == nil {
			out = append(out, file)
		}
	}
	return out
}

func loadProfile(name string, files []string, home string) (Profile, error) {
	const op = "load profile"
	values := map[string]string{}
	found := false
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return Profile{}, &Error{Op: op, Err: err}
		}
		sections, err := parseINI(string(data))
		if err != nil {
			return Profile{}, invalid(op, "%s: %v", file, err)
		}
		section, ok := sections[name]
		if !ok {
			continue
		}
		found = true
		for key := range section {
			v, err := interpolate(section, key)
			if err != nil {
				return Profile{}, invalid(op, "%s: [%s] %s: %v", file, name, key, err)
			}
			values[key] = v
		}
	}
	if !found {
		return Profile{}, notFound(op, "no profile %q in %s", name, strings.Join(files, ", "))
	}
	p, err := readProfile(name, values, home)
	if err != nil {
		return Profile{}, invalid(op, "profile %s: %v", name, err)
	}
	return p, nil
}

func readProfile(name string, v map[string]string, home string) (Profile, error) {
	r := profileReader{values: v, home: home}
	p := Profile{
		Name: name, Server: r.text("server", "http://localhost/kojihub"), WebURL: r.text("weburl", "http://localhost/koji"),
		TopURL: r.text("topurl", ""), TopDir: r.path("topdir", "/mnt/koji"),
		AuthType: r.text("authtype", ""), Principal: r.text("principal", ""), User: r.text("user", ""), RunAs: r.text("runas", ""),
		Cert: r.existing("cert", "~/.koji/client.crt"), ServerCA: r.existing("serverca", "~/.koji/serverca.crt"),
		Keytab: r.path("keytab", ""), CCache: r.text("ccache", ""),
		NoSSLVerify: v["no_ssl_verify"] != "", // any text is true, as in the koji command
		MaxRetries:  r.number("max_retries", 30), RetryInterval: r.seconds("retry_interval", 20),
		AnonRetry: r.boolean("anon_retry"), OfflineRetry: r.boolean("offline_retry"),
		OfflineInterval: r.seconds("offline_retry_interval", 20), Timeout: r.seconds("timeout", 12*60*60),
		AuthTimeout: r.seconds("auth_timeout", 60), PollInterval: r.seconds("poll_interval", 6),
		UploadChunk: r.number("upload_blocksize", 1<<20), Values: v,
	}
	switch p.AuthType {
	case "", "ssl", "password", "kerberos", "noauth":
	default:
		r.fail(fmt.Errorf("authtype: %q is none of ssl, password, kerberos, noauth", p.AuthType))
	}
	return p, r.err
}

// profileReader reads options and keeps the first error.
type profileReader struct {
	values map[string]string
	home   string
	err    error
}

func (r *profileReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *profileReader) text(key, fallback string) string {
	if v, ok := r.values[key]; ok {
		return v
	}
	return fallback
}

func (r *profileReader) path(key, fallback string) string {
	v := r.text(key, fallback)
	if v == "~" || strings.HasPrefix(v, "~/") {
		return filepath.Join(r.home, strings.TrimPrefix(v[1:], "/"))
	}
	return v
}

// existing is a path whose fallback counts only if the file is there.
func (r *profileReader) existing(key, fallback string) string {
	if r.values[key] != "" {
		return r.path(key, "")
	}
	p := r.path("\x00", fallback)
	if _, err := os.Stat(p); err != nil {
		return ""
	}
	return p
}

func (r *profileReader) number(key string, fallback int) int {
	v, ok := r.values[key]
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 0 {
		r.fail(fmt.Errorf("%s: %q is no number", key, v))
	}
	return n
}

func (r *profileReader) seconds(key string, fallback int) time.Duration {
	return time.Duration(r.number(key, fallback)) * time.Second
}

func (r *profileReader) boolean(key string) bool {
	switch strings.ToLower(r.values[key]) {
	case "", "0", "no", "false", "off":
		return false
	case "1", "yes", "true", "on":
		return true
	}
	r.fail(fmt.Errorf("%s: %q is neither true nor false", key, r.values[key]))
	return false
}

// FromProfile returns a client for the hub that a profile names, as
// [LoadProfile] finds it, with the profile's way to log in; opts come after
// and win. Which way is used follows the koji command: noauth; the
// certificate, if authtype is ssl or unset and the file is there; else
// Kerberos, which needs [WithNegotiator] among opts, and without it the client
// is anonymous. The koji command's endless patience (30 retries of 20 s) is not
// taken over; give [WithRetry].
func FromProfile(name string, opts ...Option) (*Client, error) {
	p, err := LoadProfile(name)
	if err != nil {
		return nil, err
	}
	return p.NewClient(opts...)
}

// NewClient returns a client for the profile; see [FromProfile].
func (p Profile) NewClient(opts ...Option) (*Client, error) {
	from, err := p.options()
	if err != nil {
		return nil, invalid("new client", "profile %s: %v", p.Name, err)
	}
	given := config{}
	for _, o := range opts {
		if err := o(&given); err != nil {
			return nil, invalid("new client", "%v", err)
		}
	}
	switch {
	case given.auth != nil || p.AuthType == "noauth":
	case p.AuthType == "ssl" && p.Cert == "":
		return nil, invalid("new client", "profile %s: authtype is ssl and there is no certificate", p.Name)
	case p.Cert != "" && (p.AuthType == "ssl" || p.AuthType == ""):
		from = append(from, WithClientCert(p.Cert, ""))
	}
	if p.RunAs != "" && (given.auth != nil || p.Cert != "") {
		from = append(from, WithProxyUser(p.RunAs))
	}
	return NewClient(p.Server, append(from, opts...)...)
}

func (p Profile) options() ([]Option, error) {
	var out []Option
	if p.WebURL != "" {
		out = append(out, WithWebURL(p.WebURL))
	}
	if p.TopURL != "" {
		out = append(out, WithTopURL(p.TopURL))
	}
	if p.UploadChunk > 0 {
		out = append(out, WithUploadChunk(p.UploadChunk))
	}
	if p.OfflineRetry && p.OfflineInterval > 0 {
		out = append(out, WithOfflineWait(p.OfflineInterval))
	}
	if p.ServerCA != "" {
		pem, err := os.ReadFile(p.ServerCA)
		if err != nil {
			return nil, fmt.Errorf("serverca: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("serverca: %s holds no certificates", p.ServerCA)
		}
		out = append(out, WithRootCAs(pool))
	}
	if p.NoSSLVerify {
		out = append(out, func(c *config) error { c.insecure = true; return nil })
	}
	return out, nil
}

// parseINI reads the dialect of Python's ConfigParser: sections, "key = value"
// or "key: value", comment lines, values that go on in indented lines, and
// defaults for all sections in [DEFAULT].
func parseINI(text string) (map[string]map[string]string, error) {
	sections := map[string]map[string]string{}
	defaults := map[string]string{}
	var section map[string]string
	key, indent := "", 0
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimRight(line, " \t\r")
		trimmed := strings.TrimLeft(line, " \t")
		depth := len(line) - len(trimmed)
		switch {
		case trimmed == "":
			continue
		case trimmed[0] == '#' || trimmed[0] == ';':
			continue
		case key != "" && depth > indent:
			section[key] += "\n" + trimmed
			continue
		case trimmed[0] == '[':
			name, _, ok := strings.Cut(trimmed[1:], "]")
			if !ok {
				return nil, fmt.Errorf("line %d: section without ]", i+1)
			}
			key = ""
			if name == "DEFAULT" {
				section = defaults
				continue
			}
			if sections[name] == nil {
				sections[name] = map[string]string{}
			}
			section = sections[name]
			continue
		case section == nil:
			return nil, fmt.Errorf("line %d: text before the first section", i+1)
		}
		at := strings.IndexAny(trimmed, "=:")
		if at <= 0 {
			return nil, fmt.Errorf("line %d: neither section, key nor comment", i+1)
		}
		key, indent = strings.ToLower(strings.TrimSpace(trimmed[:at])), depth
		section[key] = strings.TrimSpace(trimmed[at+1:])
	}
	for _, s := range sections {
		for k, v := range defaults {
			if _, ok := s[k]; !ok {
				s[k] = v
			}
		}
	}
	return sections, nil
}

// interpolate resolves %(other)s and %% in a value.
func interpolate(section map[string]string, key string) (string, error) {
	return expand(section, section[key], 10)
}

func expand(section map[string]string, v string, depth int) (string, error) {
	if depth == 0 {
		return "", errors.New("interpolation goes in circles")
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(v, "%")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		switch {
		case strings.HasPrefix(after, "%"):
			b.WriteByte('%')
			v = after[1:]
		case strings.HasPrefix(after, "("):
			name, rest, ok := strings.Cut(after[1:], ")s")
			if !ok {
				return "", errors.New("'%(' without ')s'")
			}
			other, known := section[strings.ToLower(name)]
			if !known {
				return "", fmt.Errorf("%%(%s)s names no option", name)
			}
			sub, err := expand(section, other, depth-1)
			if err != nil {
				return "", err
			}
			b.WriteString(sub)
			v = rest
		default:
			return "", errors.New("'%' must be followed by '%' or '('")
		}
	}
}
