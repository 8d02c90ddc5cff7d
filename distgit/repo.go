// SPDX-License-Identifier: MIT

package distgit

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// DefaultNamespace is the namespace meant when a repository is named without
// one, as dist-git servers and packaging tools have it.
const DefaultNamespace = "rpms"

// Namespaces of Fedora's dist-git. A server may have others.
const (
	NamespaceRPMs       = "rpms"
	NamespaceModules    = "modules"
	NamespaceContainers = "container" // singular on the server
	NamespaceFlatpaks   = "flatpaks"
	NamespaceTests      = "tests"
)

// Repo names one repository of a dist-git. It is comparable and usable as a
// map key. The zero value names nothing; see [Repo.Valid].
type Repo struct {
	// Namespace is what stands before the name: "rpms", "modules", and on
	// hosts that nest deeper several segments ("redhat/centos-stream/rpms").
	// Empty means [DefaultNamespace].
	Namespace string
	// Name is the package's, module's or container's name.
	Name string
	// Fork is the user who owns the fork; empty for the main repository.
	Fork string
}

// ParseRepo reads "bash", "rpms/bash", "forks/jane/rpms/bash" or
// "fork/jane/rpms/bash", with or without ".git" and outer slashes. A bare name
// is in [DefaultNamespace]. The error wraps [ErrInvalid].
func ParseRepo(s string) (Repo, error) {
	trimmed := strings.TrimSuffix(strings.Trim(s, "/"), ".git")
	parts := strings.Split(trimmed, "/")
	r := Repo{Name: parts[len(parts)-1]}
	if len(parts) >= 3 && (parts[0] == "forks" || parts[0] == "fork") {
		r.Fork, parts = parts[1], parts[2:]
	}
	r.Namespace = strings.Join(parts[:len(parts)-1], "/")
	if r.Namespace == "" {
		r.Namespace = DefaultNamespace
	}
	if err := r.Valid(); err != nil {
		return Repo{}, &Error{Op: "parse repository", Msg: fmt.Sprintf("%q: %v", s, err), Err: ErrInvalid}
	}
	return r, nil
}

// Valid returns nil when every part of r can stand in a path: letters, digits
// and "._-+~@", no empty segment, no "..", nothing that begins with a dot or a
// hyphen. It is checked before anything is asked of a server.
func (r Repo) Valid() error {
	if err := validSegment(r.Name); err != nil {
		return fmt.Errorf("repository name %w", err)
	}
	if r.Namespace != "" {
		for s := range strings.SplitSeq(r.Namespace, "/") {
			if err := validSegment(s); err != nil {
				return fmt.Errorf("namespace %w", err)
			}
		}
	}
	if r.Fork != "" {
		if err := validSegment(r.Fork); err != nil {
			return fmt.Errorf("fork owner %w", err)
		}
	}
	return nil
}

func validSegment(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("is empty")
	case len(s) > 255:
		return fmt.Errorf("is longer than 255 bytes")
	case s[0] == '.' || s[0] == '-':
		return fmt.Errorf("%q begins with %q", s, s[:1])
	case strings.HasSuffix(s, ".git") || strings.HasSuffix(s, ".lock"):
		return fmt.Errorf("%q has a reserved ending", s)
	case strings.Contains(s, ".."):
		return fmt.Errorf("%q contains %q", s, "..")
	}
	for _, c := range []byte(s) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-+~@", c) >= 0
		if !ok {
			return fmt.Errorf("%q contains %q", s, c)
		}
	}
	return nil
}

// String returns "rpms/bash", or "forks/jane/rpms/bash" for a fork: the full
// name Pagure gives. The namespace is written even when it is the default.
func (r Repo) String() string {
	if r == (Repo{}) {
		return ""
	}
	s := r.namespace() + "/" + r.Name
	if r.Fork != "" {
		s = "forks/" + r.Fork + "/" + s
	}
	return s
}

func (r Repo) namespace() string {
	if r.Namespace == "" {
		return DefaultNamespace
	}
	return r.Namespace
}

// Normal returns r with an empty namespace replaced by [DefaultNamespace] and
// the plural "containers", which some message schemas use, by the server's
// "container".
func (r Repo) Normal() Repo {
	switch r.Namespace {
	case "":
		r.Namespace = DefaultNamespace
	case "containers":
		r.Namespace = NamespaceContainers
	}
	return r
}

// Compare orders repositories by namespace, name, fork owner.
func (r Repo) Compare(o Repo) int {
	return slices.Compare([]string{r.namespace(), r.Name, r.Fork}, []string{o.namespace(), o.Name, o.Fork})
}

// BumpsSpec reports whether a rebuild of this repository edits a spec file.
// Modules, containers and flatpaks are rebuilt by an empty commit: what they
// hold does not change, only the commit that names the build.
func (r Repo) BumpsSpec() bool {
	last := r.namespace()
	if i := strings.LastIndexByte(last, '/'); i >= 0 {
		last = last[i+1:]
	}
	switch last {
	case NamespaceModules, NamespaceContainers, "containers", NamespaceFlatpaks, NamespaceTests:
		return false
	}
	return true
}

// MarshalText returns [Repo.String], so that a Repo is a JSON string or key.
func (r Repo) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what [ParseRepo] reads; an empty text is the zero Repo.
func (r *Repo) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = Repo{}
		return nil
	}
	p, err := ParseRepo(string(text))
	if err == nil {
		*r = p
	}
	return err
}

// LogValue logs a repository as its full name.
func (r Repo) LogValue() slog.Value { return slog.StringValue(r.String()) }
