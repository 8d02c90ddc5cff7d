// SPDX-License-Identifier: MIT

package kerberos

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"
)

// Conf is what counts of krb5.conf for a client.
type Conf struct {
	DefaultRealm string
	KDCs         map[string][]string // by realm; "host" or "host:port"
	DomainRealm  map[string]string   // host or .domain to realm
	DNSLookupKDC bool                // ask DNS for KDCs of other realms
	ClockSkew    int                 // seconds
	DefaultCache string              // default_ccache_name as it stands
	KCMSocket    string              // "-" means none
	Canonicalize bool                // try the name that DNS has for a host, too

	proxied map[string]bool // realms whose KDCs are reached over HTTPS only
}

const (
	usualConf   = "/etc/krb5.conf"
	usualSocket = "/var/run/.heim_org.h5l.kcm-socket"
	maxIncludes = 100
)

// LoadConf reads the files of a list separated by colons; "" means KRB5_CONFIG,
// or /etc/krb5.conf, which may be missing. The first value of a setting
// counts, KDCs add up.
func LoadConf(path string) (*Conf, error) {
	optional := false
	if path == "" {
		path = os.Getenv("KRB5_CONFIG")
	}
	if path == "" {
		path, optional = usualConf, true
	}
	r := confReader{values: map[string]string{}, conf: &Conf{
		KDCs: map[string][]string{}, DomainRealm: map[string]string{}, proxied: map[string]bool{},
		DNSLookupKDC: true, ClockSkew: 300, KCMSocket: usualSocket, Canonicalize: true,
	}}
	for _, file := range filepath.SplitList(path) {
		err := r.file(file, 0)
		if optional && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, &Error{Msg: "the Kerberos configuration does not read", Err: err}
		}
	}
	return r.conf, r.finish()
}

// confReader reads files in the dialect of MIT Kerberos.
type confReader struct {
	conf     *Conf
	values   map[string]string // of [libdefaults], the first counting
	includes int
}

func (r *confReader) file(path string, depth int) error {
	if r.includes++; r.includes > maxIncludes || depth > 10 {
		return errors.New("too many includes")
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	section := ""
	var blocks []string
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if word, arg, ok := strings.Cut(line, " "); ok && len(blocks) == 0 {
			arg = strings.TrimSpace(arg)
			switch word {
			case "include":
				if err := r.file(arg, depth+1); err != nil {
					return err
				}
				continue
			case "includedir":
				if err := r.dir(arg, depth+1); err != nil {
					return err
				}
				continue
			case "module":
				continue
			}
		}
		switch {
		case line[0] == '[':
			end := strings.IndexByte(line, ']')
			if end < 0 {
				return fmt.Errorf("%s:%d: section without ]", path, i+1)
			}
			section, blocks = strings.ToLower(strings.TrimSpace(line[1:end])), nil
		case line[0] == '}':
			if len(blocks) > 0 {
				blocks = blocks[:len(blocks)-1]
			}
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				continue
			}
			key, value = strings.TrimSpace(key), clean(value)
			if strings.HasPrefix(value, "{") {
				if !strings.HasSuffix(value, "}") || value == "{" {
					blocks = append(blocks, key)
				}
				continue
			}
			r.set(section, blocks, key, value)
		}
	}
	return nil
}

// clean drops blanks, quotes and a comment behind a value.
func clean(v string) string {
	v = strings.TrimSpace(v)
	if len(v) > 1 && v[0] == '"' {
		if end := strings.IndexByte(v[1:], '"'); end >= 0 {
			return v[1 : 1+end]
		}
	}
	for _, mark := range []string{" #", "\t#", " ;", "\t;"} {
		v, _, _ = strings.Cut(v, mark)
	}
	return strings.TrimSuffix(strings.TrimSpace(v), "*")
}

// dir includes the files of a folder whose names MIT takes: of letters,
// digits, - and _, or ending in .conf.
func (r *confReader) dir(path string, depth int) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && name[0] != '.' && (strings.HasSuffix(name, ".conf") || wordy(name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := r.file(filepath.Join(path, name), depth); err != nil {
			return err
		}
	}
	return nil
}

func wordy(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

func (r *confReader) set(section string, blocks []string, key, value string) {
	switch {
	case section == "libdefaults" && len(blocks) == 0:
		key = strings.ToLower(key)
		if _, known := r.values[key]; !known {
			r.values[key] = value
		}
	case section == "realms" && len(blocks) == 1 && strings.EqualFold(key, "kdc"):
		realm := blocks[0]
		for _, kdc := range strings.Fields(value) {
			if strings.HasPrefix(strings.ToLower(kdc), "https://") {
				r.conf.proxied[realm] = true
				continue
			}
			kdc = strings.TrimPrefix(strings.TrimPrefix(kdc, "tcp/"), "udp/")
			if !slices.Contains(r.conf.KDCs[realm], kdc) {
				r.conf.KDCs[realm] = append(r.conf.KDCs[realm], kdc)
			}
		}
	case section == "domain_realm" && len(blocks) == 0:
		if key = strings.ToLower(key); r.conf.DomainRealm[key] == "" {
			r.conf.DomainRealm[key] = value
		}
	}
}

func (r *confReader) finish() error {
	c := r.conf
	c.DefaultRealm = r.values["default_realm"]
	c.DefaultCache = r.values["default_ccache_name"]
	if v := r.values["kcm_socket"]; v != "" {
		c.KCMSocket = v
	}
	if v, ok := r.values["dns_lookup_kdc"]; ok {
		c.DNSLookupKDC = truth(v)
	}
	if v, ok := r.values["dns_canonicalize_hostname"]; ok {
		c.Canonicalize = strings.EqualFold(v, "fallback") || truth(v)
	}
	if v, ok := r.values["clockskew"]; ok {
		if n, err := strconv.Atoi(strings.TrimSuffix(v, "s")); err == nil && n > 0 {
			c.ClockSkew = n
		}
	}
	return nil
}

func truth(v string) bool {
	switch strings.ToLower(v) {
	case "1", "y", "yes", "t", "true", "on":
		return true
	}
	return false
}

// library writes the configuration as gokrb5 reads it: it fails on files that
// Fedora ships, and knows no includes.
func (c *Conf) library() (krb *config.Config, err error) {
	defer func() {
		if p := recover(); p != nil {
			krb, err = nil, &Error{Msg: "the Kerberos configuration does not read", Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	var b strings.Builder
	b.WriteString("[libdefaults]\n")
	if plain(c.DefaultRealm) {
		fmt.Fprintf(&b, " default_realm = %s\n", c.DefaultRealm)
	}
	fmt.Fprintf(&b, " dns_lookup_kdc = %v\n dns_lookup_realm = false\n clockskew = %d\n", c.DNSLookupKDC, c.ClockSkew)
	b.WriteString("[realms]\n")
	for _, realm := range sorted(c.KDCs) {
		if !plain(realm) {
			continue
		}
		fmt.Fprintf(&b, " %s = {\n", realm)
		for _, kdc := range c.KDCs[realm] {
			if plain(kdc) {
				fmt.Fprintf(&b, "  kdc = %s\n", kdc)
			}
		}
		b.WriteString(" }\n")
	}
	b.WriteString("[domain_realm]\n")
	for _, d := range sorted(c.DomainRealm) {
		if plain(d) && plain(c.DomainRealm[d]) {
			fmt.Fprintf(&b, " %s = %s\n", d, c.DomainRealm[d])
		}
	}
	krb, err = config.NewFromString(b.String())
	if err != nil {
		return nil, &Error{Msg: "the Kerberos configuration does not read", Err: err}
	}
	return krb, nil
}

// plain keeps out what could be read as something else.
func plain(s string) bool { return s != "" && !strings.ContainsAny(s, " \t\r\n{}=[]#;\"") }

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
