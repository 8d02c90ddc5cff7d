// SPDX-License-Identifier: MIT

package shape

import (
	"go/ast"
	"go/doc"
	"strings"
	"testing"
)

func TestEverythingExportedIsDocumented(t *testing.T) {
	for _, p := range packages(t) {
		hasDoc := false
		for _, f := range p.files {
			if f.test {
				continue
			}
			if f.ast.Doc != nil {
				hasDoc = true
			}
			for _, d := range f.ast.Decls {
				checkDoc(t, f, d)
			}
		}
		if !hasDoc && hasCode(p) {
			t.Errorf("%s has no package comment", p.dir)
		}
	}
}

func hasCode(p pkg) bool {
	for _, f := range p.files {
		if !f.test {
			return true
		}
	}
	return false
}

func checkDoc(t *testing.T, f file, d ast.Decl) {
	t.Helper()
	switch d := d.(type) {
	case *ast.FuncDecl:
		if !d.Name.IsExported() || d.Recv != nil && !exportedReceiver(d) {
			return
		}
		if d.Doc == nil || strings.TrimSpace(d.Doc.Text()) == "" {
			t.Errorf("%s: %s has no doc comment", f.path, d.Name.Name)
			return
		}
		if first, _, _ := strings.Cut(strings.TrimSpace(d.Doc.Text()), " "); first != d.Name.Name {
			t.Errorf("%s: the comment of %s starts with %q", f.path, d.Name.Name, first)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					t.Errorf("%s: type %s has no doc comment", f.path, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						t.Errorf("%s: %s has no doc comment", f.path, n.Name)
					}
				}
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	name := strings.TrimLeft(render(d.Recv.List[0].Type), "*")
	name, _, _ = strings.Cut(name, "[")
	return ast.IsExported(name)
}

// An Example without Output only compiles; it proves nothing.
func TestEveryExampleRuns(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			if !f.test {
				continue
			}
			for _, ex := range doc.Examples(f.ast) {
				if ex.Output == "" && !ex.EmptyOutput {
					t.Errorf("%s: Example%s has no Output", f.path, ex.Name)
				}
			}
		}
	}
}

// Packages that people import show at least one example in their docs.
func TestEveryLibraryPackageHasAnExample(t *testing.T) {
	for _, p := range packages(t) {
		if strings.HasPrefix(p.dir, "internal") || strings.HasPrefix(p.dir, "examples") || strings.Contains(p.dir, "/internal/") || !p.module || !hasCode(p) {
			continue
		}
		found := false
		for _, f := range p.files {
			if f.test && len(doc.Examples(f.ast)) > 0 {
				found = true
			}
		}
		if !found {
			t.Errorf("%s has no Example", p.dir)
		}
	}
}
