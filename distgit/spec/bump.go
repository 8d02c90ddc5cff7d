// SPDX-License-Identifier: MIT

package spec

import (
	"fmt"
	"strings"
	"time"
)

// BumpMode chooses between the two ways of editing.
type BumpMode int

// The ways of bumping.
const (
	// BumpSmart follows the reference tool where it is right and departs from
	// it, by name (see [Difference]), where it would break or miss something.
	BumpSmart BumpMode = iota
	// BumpCompat edits lines exactly as rpmdev-bumpspec 1.0.13 does, its
	// mistakes included.
	BumpCompat
)

var bumpModeNames = [...]string{"smart", "compat"}

// String returns "smart" or "compat".
func (m BumpMode) String() string { return enumName("BumpMode", int(m), bumpModeNames[:]) }

// MarshalText returns the mode as a word.
func (m BumpMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (m *BumpMode) UnmarshalText(text []byte) error {
	i, err := enumValue("BumpMode", string(text), bumpModeNames[:])
	*m = BumpMode(i)
	return err
}

// BumpOptions says how to bump and what to write into the changelog.
type BumpOptions struct {
	File    string    // name for messages, such as "bash.spec"
	Author  string    // "Name <mail>" of the changelog entry; required
	Date    time.Time // of the changelog entry, written as a UTC day; required
	Comment string    // text of the entry; "" is "- rebuilt", or "- new version" with Version

	Minor   bool   // bump the trailing ".<number>", or append ".1": for branches behind the newest
	Suffix  string // like Minor, with ".SUFFIX<number>"
	Version string // set this version and reset the release; not together with Minor or Suffix
	Release string // the release that goes with Version; "" is "1%{?dist}"

	Mode BumpMode
	// Macros is the macro set of the build, for which the result is verified.
	// Nil means [DefaultMacros]. The changelog entry is always computed with
	// an empty dist tag.
	Macros map[string]string
	// Oracle is asked for versions and releases that only rpm can know; see
	// the interface for the danger in that. Nil asks nobody.
	Oracle Oracle
	// AutoreleaseNumber is what %autorelease stands for after the bump; it
	// takes the package's history to know. 0 means unknown.
	AutoreleaseNumber int
	// NoAutorelease treats %autorelease as any other text, as the reference
	// tool does where rpmautospec is not installed. Only for BumpCompat.
	NoAutorelease bool
}

// BumpResult is an edited spec file and what is known about it.
type BumpResult struct {
	Data    []byte // the file after the edit, the input where nothing changed
	Changed bool   // whether Data differs from the input
	// Autorelease means that the release counts commits: the caller makes a
	// commit, an empty one unless Changed.
	Autorelease bool
	// Autochangelog means that the changelog is made of commit messages: no
	// entry was written.
	Autochangelog bool
	Entry         string // the changelog entry as written, "" if none was
	Before, After EVR    // under the given macros; zero where not known
	// Verified means that both are known and After is newer than Before, or
	// that it is not for the spec file to say (Autorelease).
	Verified    bool
	Differences []Difference // departures from the reference tool
	Notes       []string     // what a person should know, such as a missing %changelog
}

// Bump increases the release of a spec file and adds a changelog entry. The
// package comment has the rules. It works on bytes: encoding and line ends
// stay, nothing but the lines concerned changes.
//
// Where the release is %autorelease, the result says so and the caller makes
// the commit that increases it.
//
// Errors are [*Error] and wrap ErrInvalid, ErrTooLarge, ErrBinary,
// ErrConflict, ErrSyntax, ErrProcessed, ErrNoRelease, ErrNotBumpable or
// ErrNotIncreased; the result is then zero. Bump never runs anything.
func Bump(data []byte, opts BumpOptions) (BumpResult, error) {
	if err := opts.check(); err != nil {
		return BumpResult{}, err
	}
	if err := checkBytes(opts.File, data); err != nil {
		return BumpResult{}, err
	}
	if opts.Mode == BumpCompat {
		return bumpCompat(data, opts)
	}
	return bumpSmart(data, opts)
}

func (o *BumpOptions) check() error {
	fail := func(format string, args ...any) error {
		return &Error{File: o.File, Err: ErrInvalid, Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case o.Mode != BumpSmart && o.Mode != BumpCompat:
		return fail("unknown %v", o.Mode)
	case o.Author == "" || strings.ContainsAny(o.Author, "\r\n\x00"):
		return fail("author %q", o.Author)
	case o.Date.IsZero():
		return fail("no date")
	case strings.ContainsRune(o.Comment, 0):
		return fail("NUL in the comment")
	case o.Version != "" && (o.Minor || o.Suffix != ""):
		return fail("a new version resets the release: neither minor nor suffix can be asked for")
	case o.Release != "" && o.Version == "":
		return fail("release %q without a version", o.Release)
	case strings.ContainsAny(o.Version+o.Release, "- \t\r\n\x00"):
		return fail("version %q, release %q", o.Version, o.Release)
	case strings.ContainsAny(o.Suffix, "- \t\r\n\x00/%"):
		return fail("suffix %q", o.Suffix)
	case o.NoAutorelease && o.Mode != BumpCompat:
		return fail("NoAutorelease is for %v alone", BumpCompat)
	}
	return nil
}

// suffix returns what bumpValue wants: nil for the leading number.
func (o *BumpOptions) suffix() *string {
	if o.Minor || o.Suffix != "" {
		return &o.Suffix
	}
	return nil
}

func (o *BumpOptions) release() string {
	if o.Release != "" {
		return o.Release
	}
	return "1%{?dist}"
}

func (o *BumpOptions) comment() string {
	switch {
	case o.Comment != "":
		return changelogComment(strings.TrimRight(o.Comment, " \t\r\n"))
	case o.Version != "":
		return "- new version"
	default:
		return "- rebuilt"
	}
}
