// SPDX-License-Identifier: MIT

package pdc

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Server is an entry of the Python client's configuration.
type Server struct {
	Host     string   // address of the API root
	Token    string   // "" for none
	Develop  bool     // no authentication at all
	Insecure bool     // certificates aren't checked
	CA       string   // file or folder of certificates to check against; "" for the system's
	Plugins  []string // of the command line tool
}

// ConfigFiles are where the Python client keeps its configuration: JSON
// objects of servers by name.
type ConfigFiles struct {
	User   string   // asked first; its entries hide the system's whole
	System []string // files, and folders of *.json; a name in two files is an error
}

// DefaultConfigFiles are ~/.config/pdc/client_config.json,
// /etc/pdc.d/*.json and /etc/pdc/client_config.json. Files that don't exist are
// empty.
func DefaultConfigFiles() ConfigFiles {
	f := ConfigFiles{System: []string{"/etc/pdc.d", "/etc/pdc/client_config.json"}}
	if home, err := os.UserHomeDir(); err == nil {
		f.User = filepath.Join(home, ".config", "pdc", "client_config.json")
	}
	return f
}

// FromConfig returns a client for a server named in the Python client's
// configuration files, or given by its URL. Options come after those of the
// configuration and so override them. [ErrNotFound] if no file has the name.
func FromConfig(name string, opts ...Option) (*Client, error) {
	return DefaultConfigFiles().NewClient(name, opts...)
}

// NewClient is [FromConfig] for these files.
func (f ConfigFiles) NewClient(name string, opts ...Option) (*Client, error) {
	if strings.Contains(name, "://") {
		return NewClient(name, opts...)
	}
	s, err := f.Server(name)
	if err != nil {
		return nil, err
	}
	own, err := s.options()
	if err != nil {
		return nil, err
	}
	return NewClient(s.Host, append(own, opts...)...)
}

// Server finds an entry by its name.
func (f ConfigFiles) Server(name string) (Server, error) {
	user, err := readServers(f.User)
	if err != nil {
		return Server{}, err
	}
	system := map[string]Server{}
	from := map[string]string{}
	for _, path := range f.systemFiles() {
		list, err := readServers(path)
		if err != nil {
			return Server{}, err
		}
		for n, s := range list {
			if from[n] != "" {
				return Server{}, configError(path, fmt.Sprintf("server %q is in %s too", n, from[n]))
			}
			system[n], from[n] = s, path
		}
	}
	for _, list := range []map[string]Server{user, system} {
		if s, ok := list[name]; ok {
			if s.Host == "" {
				return Server{}, configError(name, "server has no host")
			}
			return s, nil
		}
	}
	known := slices.Sorted(maps.Keys(system))
	known = slices.Compact(slices.Sorted(slices.Values(append(known, slices.Collect(maps.Keys(user))...))))
	return Server{}, &Error{Op: "config", Msg: fmt.Sprintf("no server %q; known: %s", name, strings.Join(known, ", ")), Err: ErrNotFound}
}

func configError(where, why string) *Error {
	return &Error{Op: "config", Msg: where + ": " + why, Err: ErrInvalid}
}

func (f ConfigFiles) systemFiles() []string {
	var out []string
	for _, path := range f.System {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			list, _ := filepath.Glob(filepath.Join(path, "*.json"))
			out = append(out, list...)
			continue
		}
		out = append(out, path)
	}
	return out
}

// readServers reads one file; none is no servers.
func readServers(path string) (map[string]Server, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, configError(path, err.Error())
	}
	var raw map[string]struct {
		Host      string          `json:"host"`
		Token     string          `json:"token"`
		Develop   bool            `json:"develop"`
		SSLVerify json.RawMessage `json:"ssl-verify"`
		Insecure  bool            `json:"insecure"`
		Plugins   []string        `json:"plugins"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, configError(path, err.Error())
	}
	out := map[string]Server{}
	for name, r := range raw {
		s := Server{Host: r.Host, Token: r.Token, Develop: r.Develop, Insecure: r.Insecure, Plugins: r.Plugins}
		var verify any
		if len(r.SSLVerify) > 0 {
			if err := json.Unmarshal(r.SSLVerify, &verify); err != nil {
				return nil, configError(path, err.Error())
			}
		}
		switch v := verify.(type) {
		case nil: // the deprecated "insecure" counts
		case bool:
			s.Insecure = !v
		case string:
			s.Insecure, s.CA = false, v
		default:
			return nil, configError(path, fmt.Sprintf("server %q: ssl-verify is neither a truth value nor a path", name))
		}
		out[name] = s
	}
	return out, nil
}

func (s Server) options() ([]Option, error) {
	var opts []Option
	if s.Token != "" && !s.Develop {
		opts = append(opts, WithToken(s.Token))
	}
	if !s.Insecure && s.CA == "" {
		return opts, nil
	}
	t := transport.NewTransport()
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.InsecureSkipVerify = s.Insecure
	if s.CA != "" {
		pool, err := certificates(s.CA)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig.RootCAs = pool
	}
	return append(opts, WithHTTPClient(&http.Client{Transport: t})), nil
}

func certificates(path string) (*x509.CertPool, error) {
	files := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		files = nil
		for _, pattern := range []string{"*.pem", "*.crt", "*.0"} {
			list, _ := filepath.Glob(filepath.Join(path, pattern))
			files = append(files, list...)
		}
	}
	pool := x509.NewCertPool()
	found := false
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, configError(f, err.Error())
		}
		found = pool.AppendCertsFromPEM(data) || found
	}
	if !found {
		return nil, configError(path, "no certificates")
	}
	return pool, nil
}
