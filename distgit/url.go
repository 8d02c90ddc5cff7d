// SPDX-License-Identifier: MIT

package distgit

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Source is where a commit of a repository can be fetched from: what any of
// the URL forms in use says.
type Source struct {
	// URL is the address git is given: without "git+", fragment, query.
	URL string
	// Repo is the repository as far as the path tells: namespace, name and
	// fork owner. Host specific prefixes ("/git", "/cgit") are removed.
	Repo Repo
	// Host is the host name with its port; empty for a local path.
	Host string
	// User is the user name of an ssh address.
	User string
	// Ref is the commit (or branch) after '#', empty when there is none.
	Ref string
	// Subdir is the folder that an old Koji source names after '?'.
	Subdir string
}

// ParseURL reads every address form in use: anonymous and fork URLs, ssh and
// scp-like ones, Koji sources ("git+https://host/rpms/x.git#<hash>", the older
// "git://host/rpms/x?#<hash>" and "...?subdir#<hash>"), file URLs and plain
// absolute paths. The error wraps [ErrInvalid]. A password in the URL is
// dropped.
func ParseURL(s string) (Source, error) {
	fail := func(why string) (Source, error) {
		return Source{}, &Error{Op: "parse url", Msg: why, Err: ErrInvalid}
	}
	if s == "" {
		return fail("empty")
	}
	rest, ref, _ := strings.Cut(s, "#")
	rest, query, _ := strings.Cut(rest, "?")
	src := Source{Ref: ref, Subdir: strings.Trim(query, "/")}
	if err := cleanSubdir(src.Subdir); err != nil {
		return fail(err.Error())
	}
	if strings.ContainsAny(s, "\n\r\t \x00") {
		return fail("blank or control character in the address")
	}

	switch {
	case strings.Contains(rest, "://"):
		u, err := url.Parse(strings.TrimPrefix(rest, "git+"))
		if err != nil {
			return fail("not a URL")
		}
		src.Host = u.Host
		if u.User != nil {
			src.User = u.User.Username()
			u.User = nil
			if u.Scheme == "ssh" {
				u.User = url.User(src.User)
			}
		}
		switch u.Scheme {
		case "http", "https", "ssh", "git", "file":
		default:
			return fail(fmt.Sprintf("scheme %q is not one git is fetched with", u.Scheme))
		}
		if u.Scheme != "file" && u.Host == "" {
			return fail("no host")
		}
		src.URL = u.String()
		return src.withPath(u.Path)
	case strings.HasPrefix(rest, "/"):
		src.URL = rest
		return src.withPath(rest)
	}
	// scp-like: user@host:path, split at the first colon after the '@'.
	at := strings.IndexByte(rest, '@')
	colon := strings.IndexByte(rest[at+1:], ':')
	if colon <= 0 {
		return fail("neither a URL nor an absolute path")
	}
	colon += at + 1
	if at > 0 {
		src.User = rest[:at]
	}
	src.Host, src.URL = rest[at+1:colon], rest
	return src.withPath(rest[colon+1:])
}

func cleanSubdir(s string) error {
	if s != "" && (path.Clean("/"+s) != "/"+s || strings.Contains(s, "\\")) {
		return fmt.Errorf("folder %q leaves the repository", s)
	}
	return nil
}

func (s Source) withPath(p string) (Source, error) {
	p = strings.TrimSuffix(strings.Trim(p, "/"), ".git")
	for _, prefix := range []string{"git/", "cgit/", "srv/git/", "repositories/"} {
		if t, ok := strings.CutPrefix(p, prefix); ok && t != "" {
			p = t
			break
		}
	}
	r, err := ParseRepo(p)
	if err != nil {
		// A local folder may be called anything.
		if s.Host != "" {
			return Source{}, &Error{Op: "parse url", Msg: fmt.Sprintf("path %q names no repository", p), Err: ErrInvalid}
		}
		r = Repo{Name: path.Base(p)}
	}
	s.Repo = r
	return s, nil
}

// KojiSource returns the address in the form Koji builds from:
// "git+https://host/rpms/x.git#<commit>".
func (s Source) KojiSource() string {
	u := s.URL
	if strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "ssh://") || strings.HasPrefix(u, "file://") {
		u = "git+" + u
	}
	if s.Subdir != "" || strings.HasPrefix(u, "git://") {
		u += "?" + s.Subdir
	}
	return u + "#" + s.Ref
}

// Site says how the addresses of one dist-git are made. The zero value of each
// field means "derived from Root".
type Site struct {
	// Root is the web front end and anonymous git, such as
	// "https://src.fedoraproject.org".
	Root string
	// SSH is the root for pushes over ssh, with "{user}" where the account's
	// name goes: "ssh://{user}@pkgs.fedoraproject.org".
	SSH string
	// Forge is the software behind Root; it decides how forks and web pages
	// are addressed.
	Forge Forge
	// Group stands before every namespace, as GitLab's
	// "redhat/centos-stream".
	Group string
}

// Fedora returns the addresses of Fedora's dist-git.
func Fedora() Site {
	return Site{Root: "https://src.fedoraproject.org", SSH: "ssh://{user}@pkgs.fedoraproject.org", Forge: Pagure}
}

// CentOSStream returns the addresses of CentOS Stream's dist-git on GitLab.
func CentOSStream() Site {
	return Site{Root: "https://gitlab.com", SSH: "ssh://git@gitlab.com", Forge: GitLab, Group: "redhat/centos-stream"}
}

// CloneURL returns the anonymous address of r: "<root>/rpms/bash.git".
func (s Site) CloneURL(r Repo) string {
	return strings.TrimSuffix(s.Root, "/") + "/" + s.gitPath(r) + ".git"
}

// PushURL returns the ssh address of r for the given account. Without
// [Site.SSH] it is the anonymous address: pushes go over HTTP there.
func (s Site) PushURL(r Repo, user string) string {
	if s.SSH == "" {
		return s.CloneURL(r)
	}
	return strings.ReplaceAll(strings.TrimSuffix(s.SSH, "/"), "{user}", url.PathEscape(user)) + "/" + s.gitPath(r)
}

// SourceURL returns what Koji is asked to build: r at a commit.
func (s Site) SourceURL(r Repo, commit string) string {
	return Source{URL: s.CloneURL(r), Ref: commit}.KojiSource()
}

// WebURL returns the page of r.
func (s Site) WebURL(r Repo) string {
	root := strings.TrimSuffix(s.Root, "/")
	if s.Forge == Pagure && r.Fork != "" {
		return root + "/fork/" + escapePath(r.Fork+"/"+r.namespace()+"/"+r.Name) // singular on the web
	}
	return root + "/" + s.gitPath(r)
}

// CommitURL returns the page of one commit.
func (s Site) CommitURL(r Repo, commit string) string {
	switch s.Forge {
	case Forgejo:
		return s.WebURL(r) + "/commit/" + url.PathEscape(commit)
	case GitLab:
		return s.WebURL(r) + "/-/commit/" + url.PathEscape(commit)
	}
	return s.WebURL(r) + "/c/" + url.PathEscape(commit)
}

func (s Site) gitPath(r Repo) string {
	ns := r.namespace()
	if s.Group != "" && ns != s.Group && !strings.HasPrefix(ns, s.Group+"/") {
		ns = strings.Trim(s.Group, "/") + "/" + ns
	}
	switch {
	case r.Fork == "":
		return escapePath(ns + "/" + r.Name)
	case s.Forge == Forgejo || s.Forge == GitLab:
		return escapePath(r.Fork + "/" + r.Name) // the namespace is not part of a fork's path
	}
	return escapePath("forks/" + r.Fork + "/" + ns + "/" + r.Name)
}

// escapePath escapes each segment of a slash separated path; '+' stays, as it
// is legal in a path and names have it.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		parts[i] = url.PathEscape(s)
	}
	return strings.Join(parts, "/")
}
