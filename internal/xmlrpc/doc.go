// SPDX-License-Identifier: MIT

// Package xmlrpc speaks XML-RPC as Koji hubs speak it: it writes calls,
// responses and faults, and reads them as a stream.
//
// # Values
//
// On the wire and in Go:
//
//	nil                    nil, a nil pointer or a nil interface
//	int, i4, i8, i1, i2    int64 (any integer kind with a typed target)
//	boolean                bool
//	double                 float64
//	string                 string
//	dateTime.iso8601       [time.Time] in UTC
//	base64                 []byte
//	array                  []any, never nil
//	struct                 map[string]any, never nil
//
// Nil is kept apart from "" and 0: in the generic form as nil, in the typed
// form with pointer fields. A nil that meets a field without a pointer leaves
// the field's zero value.
//
// # Typed targets
//
// Struct fields are matched by their tag, xmlrpc:"name". A tag may list
// several names, xmlrpc:"start_time,start_ts", when two members carry the same
// fact; the first that is not nil wins. A field map[string]any tagged
// xmlrpc:",extra" takes every member that no other field takes; without one,
// unknown members are skipped. Embedded structs are read as if their fields
// stood in the outer struct. [Tuple] reads an array of fixed positions.
//
// Numbers are taken leniently, as the values allow: an integral double or a
// string of digits into an integer, an integer into a float, 0 and 1 into a
// bool. Times are read from Koji's text form, from seconds since 1970, and
// from dateTime.iso8601. Anything else is an [Error] that names the place.
//
// # Limits
//
// Documents are limited in size, texts in length, values in depth: see
// [Options]. DTDs and entities other than XML's five are refused. No input
// makes the package panic.
package xmlrpc
