// SPDX-License-Identifier: MIT

package kojitest

import "fmt"

// Fault codes of a hub, as [Call] records them and [Fault] injects them.
const (
	codeUnexpected    = 1
	codeGeneric       = 1000
	codeLock          = 1001
	codeAuth          = 1002
	codeTag           = 1003
	codeNotAllowed    = 1004
	codeBuild         = 1005
	codeAuthLock      = 1006
	codeAuthExpired   = 1007
	codeSequence      = 1008
	codeRetry         = 1009
	codeBuildroot     = 1012
	codeServerOffline = 1014
	codeParameter     = 1019
)

// fault is what a method answers instead of a value.
type fault struct {
	code int
	text string
	// class is the Python class behind an unexpected error (code 1).
	class string
}

func (f *fault) Error() string { return fmt.Sprintf("fault %d: %s", f.code, f.whole()) }

// whole is the text as a call of its own answers it; inside a multicall an
// unexpected error comes without its class.
func (f *fault) whole() string {
	if f.code == codeUnexpected && f.class != "" {
		return fmt.Sprintf("<class '%s'>: %s", f.class, f.text)
	}
	return f.text
}

func faultf(code int, format string, args ...any) *fault {
	return &fault{code: code, text: fmt.Sprintf(format, args...)}
}

func generic(format string, args ...any) *fault   { return faultf(codeGeneric, format, args...) }
func authError(format string, args ...any) *fault { return faultf(codeAuth, format, args...) }
func tagError(format string, args ...any) *fault  { return faultf(codeTag, format, args...) }
func parameter(format string, args ...any) *fault { return faultf(codeParameter, format, args...) }
func notAllowed(format string, args ...any) *fault {
	return faultf(codeNotAllowed, format, args...)
}

// pythonError is a fault for what the real hub does not foresee.
func pythonError(class, format string, args ...any) *fault {
	return &fault{code: codeUnexpected, class: class, text: fmt.Sprintf(format, args...)}
}
