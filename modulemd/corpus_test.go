// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// corpus returns the folder of recorded behaviour, or skips.
func corpus(t testing.TB) string {
	t.Helper()
	root := os.Getenv("RELKIT_CORPUS")
	if root == "" {
		t.Skip("RELKIT_CORPUS is not set")
	}
	dir := filepath.Join(root, "modulemd")
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	return dir
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
			strictJSON(t, path, &c)
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
	if c.StrictDump == "none" && c.Strict != nil && c.Strict.DumpOK {
		add("strict_dump and dump_ok contradict each other")
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
		if path := base + ".packager-stream.dump.yaml"; exists(path) {
			got, err := doc.Format()
			if err != nil {
				add("dump: %v", err)
			}
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

// defaultStreams returns the general default streams under "", and those of
// intents where they differ.
func defaultStreams(x *modulemd.Index) map[string]map[string]string {
	general := x.DefaultStreams("")
	out := map[string]map[string]string{"": general}
	for m := range x.Modules() {
		d := m.Defaults()
		if d == nil {
			continue
		}
		for intent := range d.Intents {
			if got := x.DefaultStreams(intent); !reflect.DeepEqual(got, general) {
				out[intent] = got
			}
		}
	}
	return out
}

func sameDocuments(mode string, want, got []map[string]any) (diffs []string) {
	if len(want) != len(got) {
		diffs = append(diffs, fmt.Sprintf("%s: %d documents, reference %d", mode, len(got), len(want)))
	}
	for i := range min(len(want), len(got)) {
		if !sameSummary(want[i], got[i]) {
			diffs = append(diffs, fmt.Sprintf("%s: document %d\n\t\t is %v\n\t\twant %v", mode, i, got[i], want[i]))
		}
	}
	return diffs
}

func sameSummary(want, got map[string]any) bool { return reflect.DeepEqual(want, got) }

// summaries describes the documents of an index as the golden set does.
func summaries(x *modulemd.Index, now modulemd.Minute) []map[string]any {
	var out []map[string]any
	for m := range x.Modules() {
		for d, err := range m.Documents() {
			if err != nil {
				out = append(out, map[string]any{"error": err.Error()})
				continue
			}
			out = append(out, normal(summary(m, d, now)))
		}
	}
	return out
}

// normal sends a summary through JSON, so that it compares with a recorded one.
func normal(m map[string]any) map[string]any {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil {
		panic(err)
	}
	return out
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func minuteOrNil(m modulemd.Minute) any {
	if m == 0 {
		return nil
	}
	return uint64(m)
}

func keys[V any](m map[string]V) []string {
	out := []string{}
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func summary(m *modulemd.Module, d modulemd.Document, now modulemd.Minute) map[string]any {
	s := map[string]any{"kind": d.Kind().String(), "mdversion": 1, "name": d.ModuleName()}
	switch d := d.(type) {
	case *modulemd.Stream:
		s["mdversion"] = d.MDVersion
		s["stream"], s["version"], s["context"], s["arch"] = d.Stream, d.Version, orNil(d.Context), orNil(d.Arch)
		s["nsvc"], s["nsvca"] = d.NSVC().String(), d.NSVC().NSVCA()
		s["profiles"], s["api"], s["filters"], s["artifacts"] = keys(d.Profiles), len(d.API), len(d.Filter), len(d.Artifacts)
		s["rpm_components"], s["module_components"] = len(d.RPMs), len(d.Modules)
		if d.MDVersion == 2 {
			s["dependencies"], s["static_context"] = len(d.Dependencies), d.StaticContext
			if o := m.ObsoletesFor(d.Stream, d.Context, now.Time()); o != nil {
				s["obsoletes_resolved"] = map[string]any{"context": orNil(o.Context), "message": o.Message, "modified": uint64(o.Modified)}
			}
		}
	case *modulemd.Defaults:
		s["modified"] = d.Modified
		s["stream"] = nil
		if stream, ok := d.DefaultStream(""); ok {
			s["stream"] = stream
		}
		profiles := map[string][]string{}
		for stream, list := range d.Profiles {
			profiles[stream] = append([]string{}, list...)
		}
		s["profile_streams"] = profiles
	case *modulemd.Obsoletes:
		s["modified"], s["stream"], s["context"], s["message"] = uint64(d.Modified), d.Stream, orNil(d.Context), d.Message
		s["eol_date"], s["reset"], s["obsoleted_by"] = minuteOrNil(d.EOL), d.Reset, nil
		if by := d.ObsoletedBy; by != nil {
			s["obsoleted_by"] = []string{by.Module, by.Stream}
		}
	case *modulemd.Translations:
		s["stream"], s["modified"], s["locales"] = d.Stream, d.Modified, keys(d.Locales)
	}
	return s
}

// lateObsoletes takes out of our summaries what the reference does not tell:
// obsoletes for all contexts that stand before their stream in the input. It
// is wanted that their order does not matter.
func lateObsoletes(t *testing.T, input []byte, want, got []map[string]any) {
	before := map[string]bool{} // streams that obsoletes for all contexts were there before
	streams := map[string]bool{}
	for d := range modulemd.Read(t.Context(), bytes.NewReader(input), modulemd.Options{}) {
		switch d := d.(type) {
		case *modulemd.Obsoletes:
			if d.Context == "" && !streams[d.Module+":"+d.Stream] {
				before[d.Module+":"+d.Stream] = true
			}
		case *modulemd.Stream:
			streams[d.Name+":"+d.Stream] = true
		}
	}
	for i := range min(len(want), len(got)) {
		o, ok := got[i]["obsoletes_resolved"].(map[string]any)
		if !ok || want[i]["obsoletes_resolved"] != nil || o["context"] != nil {
			continue
		}
		if before[fmt.Sprint(got[i]["name"], ":", got[i]["stream"])] {
			delete(got[i], "obsoletes_resolved")
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// readMaybePacked reads a file that may be kept with .gz appended.
func readMaybePacked(t testing.TB, path string) []byte {
	t.Helper()
	if exists(path) && !strings.HasSuffix(path, ".gz") {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		return b
	}
	if !strings.HasSuffix(path, ".gz") {
		path += ".gz"
	}
	f, err := os.Open(path)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return b
}

// strictJSON decodes a sidecar and fails on what no judgement looks at.
func strictJSON(t testing.TB, path string, into any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(readMaybePacked(t, path)))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func sameBytes(what string, want, got []byte) []string {
	if bytes.Equal(want, got) {
		return nil
	}
	w, g := strings.SplitAfter(string(want), "\n"), strings.SplitAfter(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return []string{fmt.Sprintf("%s, line %d: %q, want %q", what, i+1, g[i], w[i])}
		}
	}
	return []string{fmt.Sprintf("%s: %d lines, want %d", what, cmp.Compare(len(g), 0)*len(g), len(w))}
}
