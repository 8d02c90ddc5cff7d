// SPDX-License-Identifier: MIT

package kojitest

import (
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
)

// A Seed is what a hub starts with. The zero Seed is a new hub as an
// installation leaves it: permissions, channels, build types and archive
// types, one builder, no users but those of the builder and the repo daemon.
//
// Numbers named ID may be given, to match other data; 0 takes the next one.
//
// Functions in a Seed are called while the hub works; they must not call the
// hub. Source may be called for several requests at the same time.
type Seed struct {
	// Now is the hub's first time; zero is 2026-01-01 00:00 UTC.
	Now time.Time
	// Users, in the order of their ids.
	Users []User
	// Tags, in the order of their ids; a parent stands before its children.
	Tags []Tag
	// Packages that are listed in tags. A package that only appears in Builds
	// is listed in the tags of the build and needs no entry here.
	Packages []Package
	// Builds that exist, oldest first.
	Builds []Build
	// Targets, in the order of their ids.
	Targets []Target
	// Tasks of the past, parents before their children.
	Tasks []Task
	// Hosts that tasks run on; nil is one named "builder". The first takes the
	// tasks that move on their own.
	Hosts []Host
	// Repos names tags that have a READY repo at the start. Nil gives every
	// build tag of a target one; an empty list gives none.
	Repos []string

	// Builder says how tasks move when time is told to go on.
	Builder Builder
	// Source tells which build a source URL makes: "bash-5.3-1.fc42" for
	// "git+https://src.example.com/rpms/bash#0123abcd". Nil takes the name
	// from the URL's last path element and the first seven characters of the
	// fragment as the release, with version 1. Its error fails the SRPM task.
	// An SRPM's NVR comes from its file name.
	Source func(url string) (nvr string, err error)
	// Needs tells what a build of a package must find in its buildroot repo;
	// the build fails otherwise. Nil means nothing.
	Needs func(pkg string) []Need
	// Deps tells what a package offers and asks for, by its build's NVR, its
	// own name and arch; what the source package (arch "src") asks for are the
	// BuildRequires. Every package offers its own name and version besides, and
	// asks for a feature of rpm. Nil means nothing more. Imported files have
	// headers that tell it.
	Deps func(nvr, name, arch string) Deps

	// SessionTimeout is the age at which a session expires and must be
	// renewed; zero is 24 hours, negative is never.
	SessionTimeout time.Duration
	// MaxRequest is the largest XML request in bytes; zero is 4 MiB.
	MaxRequest int64
	// Negotiate turns the token of an "Authorization: Negotiate" header into a
	// principal, for logins at /ssllogin. With nil the hub takes TLS client
	// certificates only.
	Negotiate func(token string) (principal string, ok bool)
	// Proxies are the users, principals and certificate names that may log in
	// other users.
	Proxies []string
}

// A User may log in, own builds and hold permissions.
type User struct {
	ID   int
	Name string
	// Password for login; a user without one can only log in by certificate
	// or principal.
	Password string
	// Principals are Kerberos names.
	Principals []string
	// Permissions held directly; "admin" implies all.
	Permissions []string
	// Groups the user is in; a group comes into being when first named.
	Groups []string
	// Blocked users can't log in.
	Blocked bool
}

// A Tag of the seed.
type Tag struct {
	ID   int
	Name string
	// Arches, separated by spaces; empty is none.
	Arches string
	// Parents in the order of their priority, which is 0, 10, 20…; what else
	// inheritance can say is set by setInheritanceData.
	Parents []string
	// Permission that is needed to change the tag's contents; empty is none.
	Permission string
	// Locked tags take no builds.
	Locked bool
	// Extra is the tag's extra configuration.
	Extra map[string]any
}

// A Package of the seed, listed in tags.
type Package struct {
	ID   int
	Name string
	// Owner is a user's name; empty is the first user.
	Owner string
	// Tags that list the package.
	Tags []string
	// Blocked lists the package as blocked.
	Blocked bool
	// ExtraArches are arches beyond the tag's, separated by spaces.
	ExtraArches string
}

// A Build of the seed, complete unless State says otherwise.
type Build struct {
	ID int
	// NVR is name-version-release.
	NVR string
	// Epoch is nil for none.
	Epoch *int
	// Owner is a user's name; empty is the first user.
	Owner string
	// Source is the source URL; empty is none.
	Source string
	// Tags that hold the build; its package is listed there when it is not
	// listed by inheritance.
	Tags []string
	// RPMs are the names of binary packages; nil takes Builder.RPMs.
	RPMs []string
	// Files are the rpms themselves, source package first; they override RPMs.
	Files []RPM
	// Failed builds are in state FAILED and can't be tagged.
	Failed bool
	// Task is the id of the task that made the build; 0 is none.
	Task int
	// Extra is the build's extra data; nil holds Source alone. The types that
	// its typeinfo names are those of the build; the hub knows them from then on.
	Extra map[string]any
	// Started and Completed are the times of the build; zero is the hub's
	// first time.
	Started   time.Time
	Completed time.Time
}

// An RPM of a build of the seed.
type RPM struct {
	ID   int
	Name string
	// Arch is "src" for the source package.
	Arch string
	// Size of the file, and the MD5 sum of its header and payload; zero values
	// are made up.
	Size   int
	SigMD5 string
	// BuildTime is when the package was built; zero is the build's completion.
	BuildTime time.Time
	// MetadataOnly means that the hub knows of the package but has no file.
	MetadataOnly bool
}

// A Task of the past.
type Task struct {
	ID     int
	Method string
	// Request holds the parameters, as the wire has them.
	Request []any
	// Owner is a user's name; empty is the first user.
	Owner string
	// Parent is the id of the parent task; 0 for a top-level one.
	Parent int
	Label  string
	Arch   string
	// Priority is absolute; 0 is the usual 20.
	Priority int
	// State of the task: CLOSED with Result, FAILED with Code and Fault, or
	// FREE to be worked on.
	State  koji.TaskState
	Result any
	Code   int
	Fault  string
	// Created, Started and Completed are the task's times; zero is the hub's
	// first time for a task that is finished.
	Created   time.Time
	Started   time.Time
	Completed time.Time
	// Output are the task's files.
	Output []File
}

// A File that a task put out.
type File struct {
	Name string
	Data string
}

// A Host of the seed: a builder.
type Host struct {
	ID   int
	Name string
	// Password lets the host log in.
	Password string
	// Arches, separated by spaces.
	Arches   string
	Capacity float64
	// Disabled hosts take no tasks.
	Disabled bool
	// Seen is when the host last checked in; zero is never.
	Seen time.Time
	// Channels by name; nil is "default" and "createrepo".
	Channels []string
}

// A Target of the seed.
type Target struct {
	ID       int
	Name     string
	BuildTag string
	DestTag  string
}

// Deps are dependencies as spec files write them: "zlib-devel >= 1.3",
// "libz.so.1()(64bit)", "(a if b)". A word that starts with a slash is a file.
type Deps struct {
	Provides []string
	Requires []string
}

// A Need is a package that a build must find in the repo it is built against.
type Need struct {
	// Package is the name of the source package.
	Package string
	// NVR, when not empty, asks for this build or one made after it.
	NVR string
	// Event, when not zero, asks for a build that was tagged at this event or
	// later.
	Event int
}

// Builder says how tasks move on their own. Time that a field leaves at zero
// passes in no time, but only inside [Hub.Advance].
type Builder struct {
	// Manual leaves all tasks to [Hub.FinishTask] and to the calls of a
	// builder (host.openTask and so on).
	Manual bool
	// Slots is how many builds run at the same time; zero is no limit. The
	// rest waits FREE, by priority and age.
	Slots int
	// Assign is the time from FREE to OPEN.
	Assign time.Duration
	// SRPM is the time for making a source package.
	SRPM time.Duration
	// Build is the time for building a package; Duration overrides it.
	Build time.Duration
	// Duration, when not nil, is the time for building this package.
	Duration func(pkg string) time.Duration
	// Tag is the time of a tagBuild task.
	Tag time.Duration
	// RepoDelay is the time from a change of a build tag to the newRepo task.
	RepoDelay time.Duration
	// RepoTime is the time of a newRepo task.
	RepoTime time.Duration
	// ManualRepos leaves repos to newRepo and repo.request.
	ManualRepos bool
	// RPMs names the binary packages of a source package; nil is one of the
	// same name.
	RPMs func(pkg string) []string
	// Failures that the first builds meet.
	Failures []Failure
}

// A Failure makes builds fail that would otherwise work.
type Failure struct {
	// Package whose builds fail; or NVR, when only this one does.
	Package string
	NVR     string
	// Times is how many builds fail; zero is one, negative is all.
	Times int
	// Text of the fault; empty is mock's usual "exited with status 1".
	Text string
	// Log is the end of build.log; empty is a compiler's error.
	Log string
}
