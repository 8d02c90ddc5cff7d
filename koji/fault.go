// SPDX-License-Identifier: MIT

package koji

import (
	"strconv"
	"strings"
)

// A FaultCode is the number that a hub's fault carries. Each is an error, for
// errors.Is(err, koji.FaultTag); a code also matches its parents, as Koji's
// exception classes do: FaultAuthExpired is a FaultAuth, and every code from
// 1000 on is a FaultGeneric.
type FaultCode int

// The codes of Koji's errors. FaultUnexpected stands for any error of the hub
// that is not Koji's own: a bug, a wrong type, an SQL error.
const (
	FaultUnexpected    FaultCode = 1
	FaultGeneric       FaultCode = 1000
	FaultLock          FaultCode = 1001
	FaultAuth          FaultCode = 1002
	FaultTag           FaultCode = 1003
	FaultNotAllowed    FaultCode = 1004
	FaultBuild         FaultCode = 1005
	FaultAuthLock      FaultCode = 1006
	FaultAuthExpired   FaultCode = 1007
	FaultSequence      FaultCode = 1008
	FaultRetry         FaultCode = 1009
	FaultPreBuild      FaultCode = 1010
	FaultPostBuild     FaultCode = 1011
	FaultBuildroot     FaultCode = 1012
	FaultDeprecated    FaultCode = 1013
	FaultOffline       FaultCode = 1014
	FaultLiveCD        FaultCode = 1015
	FaultPlugin        FaultCode = 1016
	FaultCallback      FaultCode = 1017
	FaultAppliance     FaultCode = 1018
	FaultParameter     FaultCode = 1019
	FaultImport        FaultCode = 1020
	FaultConfiguration FaultCode = 1021
	FaultLiveMedia     FaultCode = 1022
	FaultGSSAPI        FaultCode = 1023
	FaultName          FaultCode = 1024
)

var faultNames = map[FaultCode]string{
	FaultUnexpected: "unexpected error", FaultGeneric: "GenericError", FaultLock: "LockError", FaultAuth: "AuthError",
	FaultTag: "TagError", FaultNotAllowed: "ActionNotAllowed", FaultBuild: "BuildError", FaultAuthLock: "AuthLockError",
	FaultAuthExpired: "AuthExpired", FaultSequence: "SequenceError", FaultRetry: "RetryError", FaultPreBuild: "PreBuildError",
	FaultPostBuild: "PostBuildError", FaultBuildroot: "BuildrootError", FaultDeprecated: "FunctionDeprecated",
	FaultOffline: "ServerOffline", FaultLiveCD: "LiveCDError", FaultPlugin: "PluginError", FaultCallback: "CallbackError",
	FaultAppliance: "ApplianceError", FaultParameter: "ParameterError", FaultImport: "ImportError",
	FaultConfiguration: "ConfigurationError", FaultLiveMedia: "LiveMediaError", FaultGSSAPI: "GSSAPIAuthError",
	FaultName: "NameValidationError",
}

// String returns the name of Koji's exception class, or "FaultCode(7)".
func (c FaultCode) String() string {
	if n, ok := faultNames[c]; ok {
		return n
	}
	return "FaultCode(" + strconv.Itoa(int(c)) + ")"
}

// Error returns the code's name, so that it can stand as an error.
func (c FaultCode) Error() string { return c.String() }

// Parent returns the code of the class that c's class comes from, 0 at the
// top.
func (c FaultCode) Parent() FaultCode {
	switch c {
	case FaultAuthLock, FaultAuthExpired, FaultSequence, FaultRetry, FaultGSSAPI:
		return FaultAuth
	case FaultPreBuild, FaultPostBuild, FaultBuildroot:
		return FaultBuild
	case FaultCallback:
		return FaultPlugin
	}
	if c > FaultGeneric {
		return FaultGeneric
	}
	return 0
}

// sentinel says what a fault means to a caller. Codes decide; the text only
// where a code stands for many things.
func (c FaultCode) sentinel(text string) error {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch c {
	case FaultRetry:
		return ErrAlreadyApplied
	case FaultOffline:
		return ErrUnavailable
	case FaultNotAllowed:
		return ErrForbidden
	case FaultParameter, FaultDeprecated, FaultName:
		return ErrInvalid
	case FaultLock, FaultAuthLock, FaultSequence:
		return ErrConflict
	case FaultTag:
		if has("already tagged") {
			return ErrConflict
		}
		if has(" not in tag ") {
			return ErrNotFound
		}
	case FaultGeneric:
		switch {
		case has("Invalid method", "invalid format", "Invalid "):
			return ErrInvalid
		case has("No such", "no such", "query returned no rows", "Could not find", "could not find", "does not exist", "no file ",
			"No group: ", "has no data for package"):
			return ErrNotFound
		case has("already exists", "upload path exists", "already in use", "already taken", "already in group",
			"already associated with", "already has access", "Existing build found"):
			return ErrConflict
		case has("not owner"):
			return ErrForbidden
		}
	}
	if c == FaultAuth && has("access required", "is not a host", "requires an exclusive session", "not authorized") {
		return ErrForbidden
	}
	for p := c; p != 0; p = p.Parent() {
		if p == FaultAuth {
			return ErrUnauthorized
		}
	}
	return c
}
