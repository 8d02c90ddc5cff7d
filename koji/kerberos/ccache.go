// SPDX-License-Identifier: MIT

package kerberos

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
)

// cacheSource reads tickets that others have got.
type cacheSource struct {
	cache string // as given
	found string // as resolved, for errors
}

func (s *cacheSource) name() string {
	if s.found != "" {
		return s.found
	}
	return s.cache
}

func (s *cacheSource) client(ctx context.Context, conf *Conf, krb *config.Config, set settings) (*client.Client, error) {
	name := cacheName(s.cache, conf)
	blob, err := readCache(ctx, name, conf)
	if err != nil {
		return nil, err
	}
	cache, err := parseCache(blob, name)
	if err != nil {
		return nil, err
	}
	realm := cache.DefaultPrincipal.Realm
	who := strings.Join(cache.DefaultPrincipal.PrincipalName.NameString, "/") + "@" + realm
	var tgt *credentials.Credential
	for _, c := range cache.GetEntries() {
		if n := c.Server.PrincipalName.NameString; len(n) == 2 && n[0] == "krbtgt" && n[1] == realm {
			if tgt == nil || c.EndTime.After(tgt.EndTime) {
				tgt = c
			}
		}
	}
	now := set.now()
	switch {
	case tgt == nil:
		return nil, &Error{Msg: fmt.Sprintf("there is no ticket in %s: run kinit %s", name, who)}
	case !tgt.EndTime.After(now):
		return nil, &Error{Msg: fmt.Sprintf("the ticket of %s in %s expired at %s: run kinit again, or use a keytab", who, name, tgt.EndTime.UTC().Format("2006-01-02 15:04 MST"))}
	}
	return client.NewFromCCache(cache, krb, client.DisablePAFXFAST(set.noFAST))
}

// parseCache reads a cache in the form of files. gokrb5 panics on short ones.
func parseCache(blob []byte, name string) (cache *credentials.CCache, err error) {
	defer func() {
		if p := recover(); p != nil {
			cache, err = nil, &Error{Msg: "the cache " + name + " is damaged: run kinit"}
		}
	}()
	if len(blob) == 0 {
		return nil, &Error{Msg: "the cache " + name + " is empty: run kinit"}
	}
	cache = new(credentials.CCache)
	if err := cache.Unmarshal(blob); err != nil {
		return nil, &Error{Msg: "the cache " + name + " does not read: run kinit", Err: err}
	}
	if len(cache.DefaultPrincipal.PrincipalName.NameString) == 0 {
		return nil, &Error{Msg: "the cache " + name + " names nobody: run kinit"}
	}
	return cache, nil
}

// cacheName resolves the name of the cache that is meant.
func cacheName(given string, conf *Conf) string {
	name := given
	if name == "" {
		name = os.Getenv("KRB5CCNAME")
	}
	if name == "" {
		name = expand(conf.DefaultCache)
	}
	if name == "" {
		name = "FILE:/tmp/krb5cc_" + strconv.Itoa(os.Getuid())
	}
	return name
}

// expand fills in what default_ccache_name may hold.
func expand(name string) string {
	if !strings.Contains(name, "%{") {
		return name
	}
	username := ""
	if u, err := user.Current(); err == nil {
		username = u.Username
	}
	return strings.NewReplacer(
		"%{uid}", strconv.Itoa(os.Getuid()), "%{euid}", strconv.Itoa(os.Geteuid()), "%{USERID}", strconv.Itoa(os.Getuid()),
		"%{username}", username, "%{TEMP}", os.TempDir(), "%{null}", "",
	).Replace(name)
}

// readCache returns a cache's bytes in the form of files.
func readCache(ctx context.Context, name string, conf *Conf) ([]byte, error) {
	kind, rest, typed := strings.Cut(name, ":")
	if !typed || strings.HasPrefix(name, "/") {
		kind, rest = "FILE", name
	}
	switch kind {
	case "FILE":
		return readFile(rest, name)
	case "DIR":
		if file, ok := strings.CutPrefix(rest, ":"); ok {
			return readFile(file, name)
		}
		primary, err := os.ReadFile(filepath.Join(rest, "primary"))
		file := strings.TrimSpace(string(primary))
		if err != nil || file == "" {
			file = "tkt"
		}
		if !filepath.IsLocal(file) || strings.ContainsRune(file, filepath.Separator) {
			return nil, &Error{Msg: fmt.Sprintf("the cache %s points outside of itself", name)}
		}
		return readFile(filepath.Join(rest, file), name)
	case "KCM":
		return readKCM(ctx, conf.KCMSocket, rest)
	}
	return nil, &Error{Msg: fmt.Sprintf("caches of type %s can't be read; give kinit one that can: export KRB5CCNAME=FILE:/tmp/krb5cc_%d; kinit USER@REALM", kind, os.Getuid())}
}

func readFile(path, name string) ([]byte, error) {
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return nil, &Error{Msg: "there is no cache " + name + ": run kinit", Err: err}
	}
	if err != nil {
		return nil, &Error{Msg: "the cache " + name + " does not read", Err: err}
	}
	if info.Size() > maxCache || !info.Mode().IsRegular() {
		return nil, &Error{Msg: name + " is no cache"}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Msg: "the cache " + name + " does not read", Err: err}
	}
	return data, nil
}

const maxCache = 10 << 20
