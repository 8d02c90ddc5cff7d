// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/modulemd"
)

// corpus returns the folder of recorded behaviour, or skips.
func corpus(t testing.TB) string {
	t.Helper()
	return golden.Corpus(t, "modulemd")
}

// tally counts the judgements of one kind and logs the differences.
type tally struct {
	t             *testing.T
	what          string
	cases, differ int
}

func (y *tally) judge(name string, diffs []string) {
	y.cases++
	if len(diffs) == 0 {
		return
	}
	y.differ++
	y.t.Errorf("%s: %s", name, strings.Join(diffs, "\n\t"))
}

func (y *tally) log() {
	y.t.Helper()
	y.t.Logf("corpus modulemd/%s: %d cases, %d differ", y.what, y.cases, y.differ)
	if y.cases == 0 {
		y.t.Errorf("modulemd/%s: no cases found", y.what)
	}
}

type refError struct{ Domain, Class, Message string }

type refLoad struct {
	OK       bool
	Strict   bool
	Error    *refError
	Failures []struct {
		Error        *refError
		DoctypeGuess *string `json:"doctype_guess"`
	}
	Documents           []map[string]any
	DefaultStreams      map[string]map[string]string `json:"default_streams"`
	StreamMDVersion     int                          `json:"stream_mdversion"`
	DefaultsMDVersion   int                          `json:"defaults_mdversion"`
	DumpOK              bool                         `json:"dump_ok"`
	DumpError           *refError                    `json:"dump_error"`
	DumpIdempotent      bool                         `json:"dump_idempotent"`
	DumpReloadsStrictly bool                         `json:"dump_reloads_strictly"`
}

type refPackager struct {
	OK           bool
	Error        *refError
	Type         string
	Name, Stream *string
	NameForced   string    `json:"name_forced"`
	StreamForced string    `json:"stream_forced"`
	DumpError    *refError `json:"dump_error"`
	Validate     *struct {
		OK    bool
		Error *refError
	}
	ConvertToIndex *struct {
		OK        bool
		Error     *refError
		Documents []map[string]any
		DumpError *refError `json:"dump_error"`
	} `json:"convert_to_index"`
}

type refCase struct {
	Case, Oracle, Origin, Crash string
	Files                       []string
	Strict, Lenient             *refLoad
	StrictDump                  string `json:"strict_dump"`
	Upgrade                     *struct {
		OK        bool
		DumpError *refError `json:"dump_error"`
	}
	ReadPackager   *refPackager `json:"read_packager"`
	ValidatorExit  *int         `json:"validator_exit"`
	InputBytes     int          `json:"input_bytes"`
	InputSHA256    string       `json:"input_sha256"`
	OverflowOption *struct {
		DumpBytes int `json:"dump_bytes"`
		Failures  int
		OK        bool
	} `json:"overflow_option"`
	Want struct{ Strict, Lenient, Dump, Why string }
}

// TestCorpusLoad judges every document of the golden set: what is accepted in
// both modes, which documents come out of it, and the bytes of every dump.
func TestCorpusLoad(t *testing.T) {
	dir := corpus(t)
	for _, folder := range []string{"valid", "invalid", "real"} {
		y := &tally{t: t, what: folder}
		classes := &classTally{}
		paths, err := filepath.Glob(filepath.Join(dir, folder, "*.json*"))
		require.NoError(t, err)
		for _, path := range paths {
			base, _, _ := strings.Cut(path, ".json")
			var c refCase
			if err := decodeJSON(t, path, &c); err != nil {
				y.judge(path, []string{err.Error()})
				continue
			}
			y.judge(folder+"/"+c.Case, judgeCase(t, base, &c, classes))
		}
		y.log()
		t.Logf("corpus modulemd/%s: %d of %d failures in the reference's class (advisory)", folder, classes.same, classes.all)
	}
}

type classTally struct{ same, all int }

// add compares the class of a reference error with the classes found.
func (c *classTally) add(ref *refError, err error) {
	if ref == nil {
		return
	}
	c.all++
	var f modulemd.Failures
	if asFailures(err, &f) {
		for _, e := range f {
			if e.Class.String() == ref.Class || ref.Class == "PROGRAMMING" && e.Class == modulemd.ClassValidate {
				c.same++
				return
			}
		}
	}
}

func asFailures(err error, f *modulemd.Failures) bool {
	switch e := err.(type) {
	case modulemd.Failures:
		*f = e
		return true
	case *modulemd.Error:
		*f = modulemd.Failures{e}
		return true
	}
	return false
}

func judgeCase(t *testing.T, base string, c *refCase, classes *classTally) (diffs []string) {
	input := readMaybePacked(t, base+".yaml")
	add := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
	if c.InputBytes != 0 && c.InputBytes != len(input) {
		add("the input has %d bytes, %d recorded", len(input), c.InputBytes)
	}
	if sum := sha256.Sum256(input); c.InputSHA256 != "" && c.InputSHA256 != hex.EncodeToString(sum[:]) {
		add("the input is not the recorded one")
	}
	lenient := base + ".dump.yaml"
	strict := lenient
	if c.StrictDump != "same" && c.StrictDump != "none" && c.StrictDump != "" {
		strict = base + ".strict.dump.yaml"
	}
	diffs = append(diffs, judgeLoad(t, "lenient", c, input, c.Lenient, c.Want.Lenient, lenient, modulemd.Options{}, classes)...)
	diffs = append(diffs, judgeLoad(t, "strict", c, input, c.Strict, c.Want.Strict, strict, modulemd.Options{Strict: true}, classes)...)
	if c.Strict != nil && c.Lenient != nil && c.Want.Dump != "own" && c.Want.Dump != "none" && c.Want.Strict != "either" {
		if got := strictDump(t, input); got != c.StrictDump && (got != "other" || c.StrictDump == "same" || c.StrictDump == "none") {
			add("the strict dump, beside the lenient one, is %q, reference %q", got, c.StrictDump)
		}
	}
	for _, w := range []string{c.Want.Strict, c.Want.Lenient} {
		if !slices.Contains([]string{"", "accept", "reject", "either"}, w) {
			add("nobody knows the wish %q", w)
		}
	}
	if u := c.Upgrade; u != nil {
		x, _ := modulemd.Load(t.Context(), bytes.NewReader(input), modulemd.Options{})
		x.Upgrade()
		got, err := x.Format()
		if (err == nil) != (u.OK && u.DumpError == nil) {
			add("upgrade: %v", err)
		} else if err == nil {
			diffs = append(diffs, sameBytes("upgraded dump", readMaybePacked(t, base+".upgraded.dump.yaml"), got)...)
		}
	}
	if c.ReadPackager != nil {
		diffs = append(diffs, judgePackager(t, base, c, input, classes)...)
	}
	if c.ValidatorExit != nil {
		_, err := modulemd.Load(t.Context(), bytes.NewReader(input), modulemd.Options{Strict: true, AutoName: true})
		accept := *c.ValidatorExit == 0
		if !accept && *c.ValidatorExit != 1 && c.Crash == "" && c.Want.Why == "" {
			add("the validator does not exit with %d", *c.ValidatorExit)
		}
		if !allowed(c.Want.Strict, accept, err == nil) {
			add("validator: accepted %v, wanted %v: %v", err == nil, accept, err)
		}
	}
	if o := c.OverflowOption; o != nil {
		x, err := modulemd.Load(t.Context(), bytes.NewReader(input), modulemd.Options{AcceptOverflowedBuildorder: true})
		if (err == nil) != o.OK || countDocuments(err) != o.Failures {
			add("with overflowed buildorder: %v", err)
		}
		got, err := x.Format()
		if err != nil || len(got) != o.DumpBytes {
			add("with overflowed buildorder: %d bytes, %d wanted: %v", len(got), o.DumpBytes, err)
		}
		diffs = append(diffs, sameBytes("overflow dump", readMaybePacked(t, base+".overflow.dump.yaml"), got)...)
	}
	for _, f := range c.Files {
		suffix, _, _ := strings.Cut(f, ".gz")
		if !slices.Contains([]string{"dump.yaml", "strict.dump.yaml", "upgraded.dump.yaml", "packager-stream.dump.yaml",
			"packager-index.dump.yaml", "overflow.dump.yaml"}, suffix) {
			add("nobody judges the file %s", f)
		}
	}
	return diffs
}

// strictDump says how the dump after strict reading relates to the one after
// lenient reading.
func strictDump(t *testing.T, input []byte) string {
	dump := func(strict bool) []byte {
		x, _ := modulemd.Load(t.Context(), bytes.NewReader(input), modulemd.Options{Strict: strict})
		b, _ := x.Format()
		return b
	}
	strict, lenient := dump(true), dump(false)
	switch {
	case bytes.Equal(strict, lenient):
		return "same"
	case strict == nil:
		return "none"
	}
	return "other"
}

// allowed applies a want entry: it overrides what the reference did.
func allowed(want string, ref, got bool) bool {
	switch want {
	case "accept":
		return got
	case "reject":
		return !got
	case "either":
		return true
	}
	return ref == got
}

func judgeLoad(t *testing.T, mode string, c *refCase, input []byte, ref *refLoad, want, dumpPath string, o modulemd.Options, classes *classTally) (diffs []string) {
	add := func(format string, args ...any) { diffs = append(diffs, mode+": "+fmt.Sprintf(format, args...)) }
	x, err := modulemd.Load(t.Context(), bytes.NewReader(input), o)
	ok := err == nil
	if ref == nil { // the reference crashed
		if !allowed(want, false, ok) {
			add("accepted %v, wanted %s: %v", ok, want, err)
		}
		return diffs
	}
	if ref.Strict != o.Strict {
		add("the recorded mode is not the one judged")
	}
	if !allowed(want, ref.OK, ok) {
		add("accepted %v, reference %v, wanted %q: %v", ok, ref.OK, want, err)
		return diffs
	}
	classes.add(ref.Error, err)
	for _, f := range ref.Failures {
		classes.add(f.Error, err)
	}
	if ok != ref.OK {
		return diffs // a want entry decides; what came out differs with it
	}
	if !ok && len(ref.Failures) == 0 && ref.Error == nil {
		add("the record names no reason for not being ok")
	}
	docs := summaries(x, modulemd.MinuteOf(time.Now()))
	lateObsoletes(t, input, ref.Documents, docs)
	if c.Want.Dump == "own" {
		for _, d := range ref.Documents {
			same := func(g map[string]any) bool {
				return d["kind"] == g["kind"] && d["name"] == g["name"] && d["nsvca"] == g["nsvca"]
			}
			if !slices.ContainsFunc(docs, same) {
				add("document is lost: %v", d)
			}
		}
		if want == "accept" && len(docs) != len(ref.Documents) {
			add("%d documents, reference %d", len(docs), len(ref.Documents))
		}
	} else {
		diffs = append(diffs, sameDocuments(mode, ref.Documents, docs)...)
		if ref.Error == nil && countDocuments(err) != len(ref.Failures) {
			add("%d documents fail, reference %d: %v", countDocuments(err), len(ref.Failures), err)
		}
		if got := defaultStreams(x); !reflect.DeepEqual(got, ref.DefaultStreams) {
			add("default streams %v, reference %v", got, ref.DefaultStreams)
		}
		if x.StreamVersion() != ref.StreamMDVersion || x.DefaultsVersion() != ref.DefaultsMDVersion {
			add("versions %d and %d, reference %d and %d", x.StreamVersion(), x.DefaultsVersion(), ref.StreamMDVersion, ref.DefaultsMDVersion)
		}
	}
	return append(diffs, judgeDump(t, mode, c, x, ref, dumpPath)...)
}

func judgeDump(t *testing.T, mode string, c *refCase, x *modulemd.Index, ref *refLoad, dumpPath string) (diffs []string) {
	add := func(format string, args ...any) { diffs = append(diffs, mode+" dump: "+fmt.Sprintf(format, args...)) }
	got, err := x.Format()
	if (err == nil) != ref.DumpOK && c.Want.Dump != "own" {
		add("written %v, reference %v: %v", err == nil, ref.DumpOK, err)
		return diffs
	}
	if (ref.DumpError == nil) != ref.DumpOK {
		add("dump_error and dump_ok contradict each other")
	}
	if err != nil {
		return diffs
	}
	// Whatever the reference did, dumps have to be fixed points that strict
	// reading accepts.
	again, err := modulemd.Load(t.Context(), bytes.NewReader(got), modulemd.Options{Strict: true})
	if (err == nil) != (ref.DumpReloadsStrictly || !ref.DumpOK) {
		add("loads again %v, reference %v: %v", err == nil, ref.DumpReloadsStrictly, err)
	}
	second, err := again.Format()
	if (err == nil && bytes.Equal(second, got)) != (ref.DumpIdempotent || !ref.DumpOK) {
		add("idempotent %v, reference %v: %v", bytes.Equal(second, got), ref.DumpIdempotent, err)
	}
	switch c.Want.Dump {
	case "own", "none":
		return diffs
	case "semantic":
		want, err := modulemd.Load(t.Context(), bytes.NewReader(readMaybePacked(t, dumpPath)), modulemd.Options{Strict: true})
		if err != nil {
			add("the recorded dump does not load: %v", err)
		}
		text, _ := want.Format()
		return append(diffs, sameBytes(mode+" dump, by meaning", text, got)...)
	}
	return append(diffs, sameBytes(mode+" dump", readMaybePacked(t, dumpPath), got)...)
}

func judgePackager(t *testing.T, base string, c *refCase, input []byte, classes *classTally) (diffs []string) {
	add := func(format string, args ...any) {
		diffs = append(diffs, "packager: "+fmt.Sprintf(format, args...))
	}
	ref := c.ReadPackager
	doc, err := modulemd.ParsePackager(input, modulemd.Options{})
	if (err == nil) != ref.OK {
		// A want entry speaks of loading, but the faults it is about are the
		// same here.
		if !allowed(c.Want.Lenient, ref.OK, err == nil) {
			add("accepted %v, reference %v: %v", err == nil, ref.OK, err)
		}
		return diffs
	}
	classes.add(ref.Error, err)
	if err != nil {
		return diffs
	}
	switch doc := doc.(type) {
	case *modulemd.Stream:
		if ref.Type != "ModuleStreamV2" || doc.MDVersion != 2 || ref.ConvertToIndex != nil {
			add("got a stream of version %d, reference %s", doc.MDVersion, ref.Type)
		}
		if ref.NameForced != "" && doc.Name == "" {
			doc.Name = ref.NameForced
		}
		if ref.StreamForced != "" && doc.Stream == "" {
			doc.Stream = ref.StreamForced
		}
		err := doc.Validate()
		if ref.Validate == nil || (err == nil) != ref.Validate.OK {
			add("validates %v, reference %+v: %v", err == nil, ref.Validate, err)
		} else {
			classes.add(ref.Validate.Error, err)
		}
		got, ferr := doc.Format()
		if err == nil && (ferr == nil) != (ref.DumpError == nil) && c.Want.Dump != "own" {
			add("dump: %v", ferr)
		}
		if path := base + ".packager-stream.dump.yaml"; exists(path) {
			diffs = append(diffs, sameBytes("packager stream dump", readMaybePacked(t, path), got)...)
		}
	case *modulemd.Packager:
		if ref.Type != "PackagerV3" || ref.Validate != nil {
			add("got a packager document, reference %s", ref.Type)
		}
		if doc.Name != deref(ref.Name) || doc.Stream != deref(ref.Stream) {
			add("named %q:%q, reference %q:%q", doc.Name, doc.Stream, deref(ref.Name), deref(ref.Stream))
		}
		if ref.ConvertToIndex == nil {
			add("no conversion recorded")
			return diffs
		}
		x, err := doc.ToIndex()
		if (err == nil) != ref.ConvertToIndex.OK {
			add("converts %v, reference %v: %v", err == nil, ref.ConvertToIndex.OK, err)
			return diffs
		}
		classes.add(ref.ConvertToIndex.Error, err)
		if err != nil {
			return diffs
		}
		diffs = append(diffs, sameDocuments("converted", ref.ConvertToIndex.Documents, summaries(x, modulemd.MinuteOf(time.Now())))...)
		got, err := x.Format()
		if (err == nil) != (ref.ConvertToIndex.DumpError == nil) {
			add("converted dump: %v", err)
		}
		diffs = append(diffs, sameBytes("packager index dump", readMaybePacked(t, base+".packager-index.dump.yaml"), got)...)
	}
	return diffs
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// countDocuments returns how many documents an error of Load speaks of.
func countDocuments(err error) int {
	var f modulemd.Failures
	if asFailures(err, &f) {
		return f.Documents()
	}
	return 0
}
