// SPDX-License-Identifier: MIT

package git

import (
	"errors"
	"fmt"
	"strings"
)

func (req *CommitRequest) check() error {
	if req.Committer == (Signature{}) {
		req.Committer = req.Author
	}
	invalid := func(err error) error { return &Error{Msg: err.Error(), Err: ErrInvalid} }
	for _, err := range []error{req.Repo.Valid(), req.Author.check("author"), req.Committer.check("committer"), validBranch(req.Branch)} {
		if err != nil {
			return invalid(err)
		}
	}
	switch {
	case strings.TrimSpace(req.Message) == "":
		return invalid(errors.New("no commit message"))
	case strings.ContainsRune(req.Message, 0):
		return invalid(errors.New("NUL in the commit message"))
	case strings.ContainsAny(req.Reason, " \t\r\n\x00") || len(req.Reason) > 500:
		return invalid(fmt.Errorf("reason %q: want up to 500 bytes without blanks", req.Reason))
	case req.Expect != "" && checkHash(req.Expect) != nil:
		return invalid(fmt.Errorf("expect: %w", checkHash(req.Expect)))
	case req.Reason != "" && findReason(req.Message) != "" && findReason(req.Message) != req.Reason:
		return invalid(errors.New("the message has another reason"))
	}
	return nil
}

// validBranch holds to the rules of git check-ref-format.
func validBranch(b string) error {
	bad := b == "" || b[0] == '-' || b[0] == '/' || strings.HasSuffix(b, "/") || strings.HasSuffix(b, ".") ||
		strings.Contains(b, "..") || strings.Contains(b, "//") || strings.Contains(b, "@{") || b == "@" ||
		strings.HasPrefix(b, "refs/") || strings.ContainsAny(b, " ~^:?*[\\\x7f")
	for part := range strings.SplitSeq(b, "/") {
		bad = bad || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock")
	}
	for _, r := range b {
		bad = bad || r < ' '
	}
	if bad {
		return fmt.Errorf("%q is no branch name", b)
	}
	return nil
}

// message returns the full text with its trailer and final newline.
func (req *CommitRequest) message() string {
	m := strings.TrimRight(strings.ReplaceAll(req.Message, "\r\n", "\n"), " \t\n")
	if req.Reason != "" && findReason(m) == "" {
		sep := "\n\n"
		if last := m[strings.LastIndex(m, "\n\n")+1:]; strings.Contains(m, "\n\n") && onlyTrailers(last) {
			sep = "\n"
		}
		m += sep + ReasonTrailer + ": " + req.Reason
	}
	return m + "\n"
}

func onlyTrailers(paragraph string) bool {
	for line := range strings.SplitSeq(strings.TrimSpace(paragraph), "\n") {
		key, _, ok := strings.Cut(line, ": ")
		if !ok || key == "" || strings.ContainsAny(key, " \t") {
			return false
		}
	}
	return true
}

// findReason returns the reason in a commit message's last paragraph.
func findReason(message string) string {
	m := strings.TrimRight(message, " \t\r\n")
	last := m[strings.LastIndex(m, "\n\n")+1:]
	for line := range strings.SplitSeq(last, "\n") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), ReasonTrailer+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
