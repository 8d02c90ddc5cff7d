// SPDX-License-Identifier: MIT

package distgit

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// ErrMalformed says that a line of a sources file can't be read. The error
// that wraps it is a [*SourcesError].
var ErrMalformed = errors.New("malformed line")

// SourcesError says what is wrong with a sources file, and where.
type SourcesError struct {
	File string // name as given, may be empty
	Line int    // 1-based
	Msg  string
	Err  error // ErrMalformed, ErrInvalid or ErrConflict
}

// Error returns "distgit: FILE:LINE: text".
func (e *SourcesError) Error() string {
	s := "distgit: "
	if e.File != "" {
		s += e.File + ":"
	}
	s += fmt.Sprintf("%d: %v", e.Line, e.Err)
	if e.Msg != "" {
		s += ": " + e.Msg
	}
	return s
}

// Unwrap returns the sentinel.
func (e *SourcesError) Unwrap() error { return e.Err }

// SourceEntry is one archive that a sources file names. It is comparable.
type SourceEntry struct {
	HashType string // lower case: "md5", "sha512"
	Hash     string // hexadecimal, as written
	File     string // base name
}

// String returns the entry in the format written today:
// "SHA512 (file) = hash".
func (e SourceEntry) String() string {
	return strings.ToUpper(e.HashType) + " (" + e.File + ") = " + e.Hash
}

// hashSizes are the lengths, in hexadecimal digits, of the hashes that are
// known here.
var hashSizes = map[string]int{"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}

// Valid returns nil when the entry can be written to a sources file, looked up
// and stored: a base name that leads nowhere else, and a hash that fits its
// type. The error wraps [ErrInvalid].
func (e SourceEntry) Valid() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
	}
	if err := validArchive(e.File); err != nil {
		return fail("file name %v", err)
	}
	size, known := hashSizes[e.HashType]
	switch {
	case e.HashType == "" || strings.ContainsFunc(e.HashType, func(r rune) bool { return !isHashTypeRune(r) }):
		return fail("hash type %q", e.HashType)
	case e.Hash == "" || strings.Trim(e.Hash, "0123456789abcdefABCDEF") != "":
		return fail("hash of %s is not hexadecimal", e.File)
	case known && len(e.Hash) != size:
		return fail("%s hash of %s has %d digits, not %d", e.HashType, e.File, len(e.Hash), size)
	}
	return nil
}

func isHashTypeRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// validArchive refuses names that would be written elsewhere, or into git's
// own files.
func validArchive(name string) error {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return errors.New("is empty")
	case len(name) > 255:
		return errors.New("is longer than 255 bytes")
	case strings.ContainsAny(name, "/\\"):
		return fmt.Errorf("%q leads into another folder", name)
	case name == "." || name == "..":
		return fmt.Errorf("%q is a folder", name)
	case strings.HasPrefix(lower, ".git"):
		return fmt.Errorf("%q belongs to git", name)
	case name[0] == '-':
		return fmt.Errorf("%q begins with a hyphen", name)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("%q holds control characters", name)
	case strings.ContainsAny(name, "()"):
		return fmt.Errorf("%q holds parentheses", name)
	}
	return nil
}

// SourcesReading chooses whose rules a sources file is read by.
type SourcesReading int

// The readings. The tools disagree on odd lines; builds follow the tool.
const (
	// ReadSources reads every format in use: "SHA512 (file) = hash", the old
	// "hash  file" with MD5, and the ".metadata" of git.centos.org, "hash
	// SOURCES/file" with the type by its length. It checks names and hashes.
	ReadSources SourcesReading = iota
	// ReadSourcesPyrpkg reads as fedpkg and centpkg do: whatever fits
	// "TYPE (file) = hash" or holds two blanks, unchecked.
	ReadSourcesPyrpkg
	// ReadSourcesSplit reads as the dist-git client of COPR and mock does: two
	// or four words, unchecked.
	ReadSourcesSplit
)

var readingNames = [...]string{"sources", "pyrpkg", "split"}

// String returns "sources", "pyrpkg" or "split".
func (r SourcesReading) String() string {
	if r >= 0 && int(r) < len(readingNames) {
		return readingNames[r]
	}
	return fmt.Sprintf("SourcesReading(%d)", int(r))
}

// sourcesLine is one line as it stands in the file, with what it says.
type sourcesLine struct {
	raw   string
	entry SourceEntry
	ok    bool // entry holds something
}

// Sources is the text file in which a package repository names the archives
// that are kept in the lookaside cache. What is not edited stays as it was,
// byte by byte. It is not safe for concurrent edits.
type Sources struct {
	lines []sourcesLine
}

// ParseSources reads a sources file; the name is for messages. With
// [ReadSources], the result is there even with an error: it holds the good
// entries, and the error joins one [*SourcesError] for each bad line, so that
// a lenient caller goes on with what there is. With the tools' readings, as
// with the tools, the first bad line ends it.
//
// Errors wrap ErrMalformed (lines of no format, conflict markers), ErrInvalid
// (names and hashes that don't hold) or ErrConflict (two hashes for a file).
func ParseSources(name string, data []byte, reading SourcesReading) (*Sources, error) {
	if reading != ReadSources {
		return parseAsTool(name, data, reading)
	}
	s := &Sources{}
	var problems []error
	seen := map[string]SourceEntry{}
	for i, raw := range splitLines(string(data)) {
		text := raw
		if i == 0 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		line := sourcesLine{raw: raw}
		fail := func(err error, msg string) {
			problems = append(problems, &SourcesError{File: name, Line: i + 1, Msg: msg, Err: err})
		}
		if text = strings.TrimSpace(text); text != "" {
			entry, err := readEntry(text)
			var before SourceEntry
			if err == nil {
				before = seen[entry.File]
			}
			switch {
			case err != nil:
				sentinel := ErrInvalid
				if errors.Is(err, ErrMalformed) {
					sentinel = ErrMalformed
				}
				fail(sentinel, strings.TrimPrefix(strings.TrimPrefix(err.Error(), sentinel.Error()), ": "))
			case before.File != "" && !sameContent(before, entry):
				fail(ErrConflict, fmt.Sprintf("%s has two hashes", entry.File))
			default:
				line.entry, line.ok = entry, true
				seen[entry.File] = entry
			}
		}
		s.lines = append(s.lines, line)
	}
	return s, errors.Join(problems...)
}

// sameContent reports whether two entries of one file say the same, or can't
// contradict each other because their hash types differ.
func sameContent(a, b SourceEntry) bool {
	return a.HashType == b.HashType && strings.EqualFold(a.Hash, b.Hash)
}

var (
	bsdLine      = regexp.MustCompile(`^([A-Za-z0-9_-]+) \((.+)\) = (\S+)$`)
	oldLine      = regexp.MustCompile(`^(\S+)  (\S.*)$`)
	metadataLine = regexp.MustCompile(`^([0-9A-Fa-f]+) (?:SOURCES/)?([^\s*][^\s]*)$`)
)

// readEntry reads one line in any format, and checks it.
func readEntry(text string) (SourceEntry, error) {
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if strings.HasPrefix(text, mark) {
			return SourceEntry{}, fmt.Errorf("%w: merge conflict marker", ErrMalformed)
		}
	}
	var e SourceEntry
	if m := bsdLine.FindStringSubmatch(text); m != nil {
		e = SourceEntry{HashType: strings.ToLower(m[1]), File: m[2], Hash: m[3]}
	} else if m := oldLine.FindStringSubmatch(text); m != nil {
		e = SourceEntry{HashType: "md5", Hash: m[1], File: m[2]}
	} else if m := metadataLine.FindStringSubmatch(text); m != nil {
		e = SourceEntry{Hash: m[1], File: m[2]}
		for kind, size := range hashSizes {
			if len(m[1]) == size {
				e.HashType = kind
			}
		}
		if e.HashType == "" {
			return e, fmt.Errorf("%w: no hash has %d digits", ErrInvalid, len(m[1]))
		}
	} else {
		return e, fmt.Errorf("%w: %.80q", ErrMalformed, text)
	}
	return e, e.Valid()
}

var pyrpkgLine = regexp.MustCompile(`^([^ ]+) \(([^ )]+)\) = ([^ ]+)$`)

// parseAsTool reads without judgement of its own.
func parseAsTool(name string, data []byte, reading SourcesReading) (*Sources, error) {
	s := &Sources{}
	seen := map[SourceEntry]bool{}
	if reading != ReadSourcesPyrpkg && reading != ReadSourcesSplit {
		return nil, &Error{Op: "parse sources", Msg: fmt.Sprintf("unknown reading %v", reading), Err: ErrInvalid}
	}
	for i, raw := range splitLines(string(data)) {
		line := sourcesLine{raw: raw}
		fail := func(msg string) (*Sources, error) {
			return nil, &SourcesError{File: name, Line: i + 1, Msg: msg, Err: ErrMalformed}
		}
		text := strings.TrimSpace(raw)
		switch {
		case reading == ReadSourcesPyrpkg && !utf8.ValidString(raw):
			return fail("not UTF-8")
		case text == "":
		case reading == ReadSourcesSplit:
			e := SourceEntry{HashType: "md5"}
			switch w := strings.Fields(text); {
			case len(w) == 2:
				e.Hash, e.File = w[0], w[1]
			case len(w) == 4 && w[2] == "=":
				e.HashType, e.File, e.Hash = strings.ToLower(w[0]), w[1], w[3]
			default:
				return fail("neither two words nor four")
			}
			e.File = strings.Trim(e.File[strings.LastIndexByte(e.File, '/')+1:], "()")
			line.entry, line.ok = e, true
		default:
			if m := pyrpkgLine.FindStringSubmatch(text); m != nil {
				line.entry = SourceEntry{HashType: strings.ToLower(m[1]), File: m[2], Hash: m[3]}
			} else if hash, file, ok := strings.Cut(text, "  "); ok {
				line.entry = SourceEntry{HashType: "md5", Hash: hash, File: file}
			} else {
				return fail("neither TYPE (file) = hash nor hash and file with two blanks between them")
			}
			line.ok = !seen[line.entry] // it drops repetitions
			seen[line.entry] = true
		}
		s.lines = append(s.lines, line)
	}
	return s, nil
}

// splitLines splits after each line end.
func splitLines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		out = append(out, l)
	}
	return out
}
