// SPDX-License-Identifier: MIT

package modulemd

import "runtime"

// Options say how documents are read. The zero value reads leniently, as
// package managers do, with limits that suit files of unknown origin.
type Options struct {
	// Name is the file's name or URL, for errors.
	Name string
	// Strict makes unknown keys errors. Packager documents of version 3 are
	// always read strictly.
	Strict bool
	// AutoName gives streams without a name or stream a placeholder instead
	// of refusing them, as the validator program does.
	AutoName bool
	// Recover goes on at the next document after text that is not YAML at
	// all. Without it such text ends the reading, because what follows may
	// not mean what it seems to; documents that are only wrong never do.
	Recover bool
	// AcceptOverflowedBuildorder reads a buildorder of exactly
	// 18446744073709551615 as -1. Published RHEL 8 metadata has such values.
	AcceptOverflowedBuildorder bool
	// Lazy makes an Index keep only each stream's identity and read the rest
	// when it is asked for. Faults inside a document are then found late.
	Lazy bool

	// MaxSize limits the bytes of a file after unpacking; 0 means 256 MiB,
	// negative means no limit.
	MaxSize int64
	// MaxDocument limits the bytes of one document; 0 means 32 MiB.
	MaxDocument int
	// MaxDepth limits how deep collections may nest; 0 means 512.
	MaxDepth int
	// MaxFailures limits how many faults are kept; 0 means 1000.
	MaxFailures int
	// Workers is how many documents are read at a time; 0 means one per
	// processor. The result does not depend on it.
	Workers int
}

// Defaults of [Options].
const (
	DefaultMaxSize     = 256 << 20
	DefaultMaxDocument = 32 << 20
	DefaultMaxDepth    = 512
	DefaultMaxFailures = 1000
)

func (o Options) withDefaults() Options {
	if o.MaxSize == 0 {
		o.MaxSize = DefaultMaxSize
	}
	if o.MaxDocument <= 0 {
		o.MaxDocument = DefaultMaxDocument
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = DefaultMaxDepth
	}
	if o.MaxFailures <= 0 {
		o.MaxFailures = DefaultMaxFailures
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}
