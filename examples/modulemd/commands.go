// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

//go:embed demo/*.yaml
var demo embed.FS

// open opens a file, one of the demonstration, or standard input.
func (s *settings) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(s.stdin), nil
	}
	if s.demo {
		return demo.Open(name)
	}
	return os.Open(name)
}

func (s *settings) options(name string) modulemd.Options {
	return modulemd.Options{Name: name, AcceptOverflowedBuildorder: s.overflow}
}

// load reads a file into an index. Faults come back as the error, with the
// good documents in the index.
func (s *settings) load(ctx context.Context, name string, o modulemd.Options) (*modulemd.Index, error) {
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return modulemd.Load(ctx, f, o)
}

// codeOf tells faults of documents from trouble with files.
func codeOf(err error) int {
	var faults modulemd.Failures
	if err == nil {
		return exitGood
	}
	if errors.As(err, &faults) {
		return exitFault
	}
	return exitUsage
}

func (s *settings) answer(v any) error {
	enc := json.NewEncoder(s.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// fault is a modulemd.Error for machines.
type fault struct {
	File     string         `json:"file"`
	Document int            `json:"document"`
	Line     int            `json:"line"`
	Column   int            `json:"column"`
	Path     string         `json:"path"`
	Class    modulemd.Class `json:"class"`
	Message  string         `json:"message"`
}

// validate reads every file as the reference's validator does: strictly,
// giving nameless streams a name, packager documents included.
func validate(ctx context.Context, s *settings) (int, error) {
	worst := exitGood
	found := []fault{}
	for _, name := range s.files {
		err := s.check(ctx, name)
		var faults modulemd.Failures
		switch code := codeOf(err); {
		case code == exitUsage:
			return code, err
		case code == exitFault:
			worst = code
			errors.As(err, &faults)
		case !s.json:
			fmt.Fprintf(s.stdout, "%s: good\n", name)
		}
		for _, e := range faults {
			found = append(found, fault{e.File, e.Document, e.Line, e.Column, e.Path, e.Class, e.Msg})
			if !s.json {
				fmt.Fprintln(s.stdout, strings.TrimPrefix(e.Error(), "modulemd: "))
			}
		}
	}
	if s.json {
		return worst, s.answer(found)
	}
	return worst, nil
}

// check returns everything that is wrong with a file.
func (s *settings) check(ctx context.Context, name string) error {
	f, err := s.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	o := s.options(name)
	o.Strict, o.Recover, o.AutoName = !s.lenient, true, true
	x := modulemd.NewIndex()
	var all modulemd.Failures
	documents := 0
	for doc, err := range modulemd.Read(ctx, f, o) {
		documents++
		var faults modulemd.Failures
		if err == nil {
			if _, ok := doc.(*modulemd.Packager); ok {
				continue
			}
			if stream, ok := doc.(*modulemd.Stream); ok && (stream.Name == "" || stream.Stream == "") {
				continue // nothing to compare it with
			}
			err = x.Add(doc)
		}
		if err != nil && !errors.As(err, &faults) {
			return err
		}
		for _, e := range faults {
			if e.Document == 0 {
				e.File, e.Document = name, documents
			}
		}
		all = append(all, faults...)
	}
	if len(all) > 0 {
		return all
	}
	return nil
}

// dump writes the good documents even when there are bad ones.
func dump(ctx context.Context, s *settings) (int, error) {
	x, err := s.load(ctx, s.files[0], s.options(s.files[0]))
	code := codeOf(err)
	if code == exitUsage {
		return code, err
	}
	if _, werr := x.WriteTo(s.stdout); werr != nil {
		return exitFault, werr
	}
	return code, err
}

func merge(ctx context.Context, s *settings) (int, error) {
	var m modulemd.Merger
	for _, arg := range s.files {
		priority, name := 0, arg
		if number, rest, ok := strings.Cut(arg, "="); ok {
			n, err := strconv.Atoi(number)
			if err != nil {
				return exitUsage, fmt.Errorf("%s: %q is no priority", arg, number)
			}
			priority, name = n, rest
		}
		x, err := s.load(ctx, name, s.options(name))
		if err != nil {
			return codeOf(err), err
		}
		m.Add(priority, x)
	}
	x, err := m.Merge()
	if err != nil {
		return exitFault, err
	}
	if _, err := x.WriteTo(s.stdout); err != nil {
		return exitFault, err
	}
	return exitGood, nil
}

// upgrade takes either one packager document or a file of streams.
func upgrade(ctx context.Context, s *settings) (int, error) {
	name := s.files[0]
	f, err := s.open(name)
	if err != nil {
		return exitUsage, err
	}
	defer f.Close()
	x := modulemd.NewIndex()
	for doc, err := range modulemd.Read(ctx, f, s.options(name)) {
		if err != nil {
			return codeOf(err), err
		}
		if err := s.addUpgraded(x, doc); err != nil {
			return exitFault, err
		}
	}
	x.Upgrade()
	if _, err := x.WriteTo(s.stdout); err != nil {
		return exitFault, err
	}
	return exitGood, nil
}

func (s *settings) addUpgraded(x *modulemd.Index, doc modulemd.Document) error {
	switch doc := doc.(type) {
	case *modulemd.Packager:
		if doc.Name == "" {
			doc.Name = s.name
		}
		if doc.Stream == "" {
			doc.Stream = s.stream
		}
		streams, err := doc.ToIndex()
		if err != nil {
			return err
		}
		return x.Merge(streams, modulemd.MergeOptions{})
	case *modulemd.Stream:
		if doc.Name == "" {
			doc.Name = s.name
		}
		if doc.Stream == "" {
			doc.Stream = s.stream
		}
	}
	return x.Add(doc)
}

// row is a stream in a list.
type row struct {
	NSVCA      string `json:"nsvca"`
	Default    bool   `json:"default"`
	Components int    `json:"components"`
	Artifacts  int    `json:"artifacts"`
	Summary    string `json:"summary"`
	Obsolete   string `json:"obsolete,omitempty"` // the message, when the end has come
}

func list(ctx context.Context, s *settings) (int, error) {
	x, err := s.load(ctx, s.files[0], s.options(s.files[0]))
	code := codeOf(err)
	if code == exitUsage {
		return code, err
	}
	keep := map[string]bool{}
	if s.active {
		a, err := x.Active(modulemd.Selection{Platform: s.platform})
		if err != nil {
			return exitFault, err
		}
		for _, stream := range a.Streams {
			keep[stream.NSVC().NSVCA()] = true
		}
	}
	with := map[string]bool{}
	if s.rpm != "" {
		streams, err := x.SearchRPMs(s.rpm)
		if err != nil {
			return exitFault, err
		}
		for _, stream := range streams {
			with[stream.NSVC().NSVCA()] = true
		}
	}
	rows := []row{}
	for _, b := range x.Search(modulemd.Query{}) {
		stream, err := b.Stream()
		if err != nil {
			return exitFault, err
		}
		id := b.NSVC().NSVCA()
		if s.active && !keep[id] || s.rpm != "" && !with[id] || s.contains != "" && !stream.Contains(s.contains) {
			continue
		}
		m := x.Module(stream.Name)
		standard, ok := m.DefaultStream("")
		r := row{NSVCA: id, Default: ok && standard == stream.Stream, Summary: stream.Summary,
			Components: len(stream.RPMs) + len(stream.Modules), Artifacts: len(stream.Artifacts)}
		if o := m.ObsoletesFor(stream.Stream, stream.Context, time.Now()); o != nil {
			r.Obsolete = o.Message
		}
		rows = append(rows, r)
	}
	if s.json {
		if jerr := s.answer(rows); jerr != nil {
			return exitUsage, jerr
		}
		return code, err
	}
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		mark := ""
		if r.Default {
			mark = "default"
		}
		fmt.Fprintf(w, "%s\t%s\tcomponents: %d\tartifacts: %d\t%s\n", r.NSVCA, mark, r.Components, r.Artifacts, r.Summary)
		if r.Obsolete != "" {
			fmt.Fprintf(w, "  obsolete: %s\n", r.Obsolete)
		}
	}
	if ferr := w.Flush(); ferr != nil {
		return exitUsage, ferr
	}
	return code, err
}

// change is a modulemd.Change for machines.
type change struct {
	Op      modulemd.ChangeOp `json:"op"`
	Kind    modulemd.Kind     `json:"kind"`
	Module  string            `json:"module"`
	ID      string            `json:"id"`
	Was     string            `json:"was,omitempty"`
	Details []string          `json:"details,omitempty"`
}

// diff compares the good documents of two files.
func diff(ctx context.Context, s *settings) (int, error) {
	var x [2]*modulemd.Index
	for i, name := range s.files {
		var err error
		if x[i], err = s.load(ctx, name, s.options(name)); err != nil {
			return exitUsage, err
		}
	}
	changes, err := modulemd.Diff(x[0], x[1])
	if err != nil {
		return exitUsage, err
	}
	code := exitGood
	if len(changes) > 0 {
		code = exitFault
	}
	if s.json {
		out := []change{}
		for _, c := range changes {
			out = append(out, change{c.Op, c.Kind, c.Module, c.ID, c.Was, c.Details})
		}
		return code, s.answer(out)
	}
	for _, c := range changes {
		fmt.Fprintf(s.stdout, "%s %s %s", c.Op, c.Kind, c.ID)
		if c.Was != "" {
			fmt.Fprintf(s.stdout, " (was %s)", c.Was)
		}
		fmt.Fprintln(s.stdout)
		for _, d := range c.Details {
			fmt.Fprintf(s.stdout, "    %s\n", d)
		}
	}
	return code, nil
}
