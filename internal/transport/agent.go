// SPDX-License-Identifier: MIT

package transport

import (
	"crypto/tls"
	"runtime/debug"
	"strings"
	"sync"
)

const module = "github.com/seed-f134cc8e/relkit"

// version is relkit's own, as the build recorded it: of the main module when
// that is relkit, else of the dependency.
var version = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	v := ""
	if info.Main.Path == module {
		v = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path != module {
			continue
		}
		if v = dep.Version; dep.Replace != nil {
			v = dep.Replace.Version
		}
	}
	if v == "" || v == "(devel)" {
		return "devel"
	}
	return v
})

// agent is the User-Agent header: the embedding program first, relkit after it.
func agent(user string) string {
	own := "relkit/" + version()
	if user = strings.TrimSpace(user); user == "" {
		return own
	}
	return user + " " + own
}

func tlsConfig() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS12} }
