// SPDX-License-Identifier: MIT

package shape

import (
	"go/ast"
	"slices"
	"testing"
)

// Rooms that are pure: planner itself, the status type, and the gate.
var pureRooms = []string{"planner", "planner/status", "planner/gate"}

func TestThePlannerIsPure(t *testing.T) {
	for _, p := range packages(t) {
		if !slices.Contains(pureRooms, p.dir) {
			continue
		}
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, imp := range f.imports {
				if !matches(imp, pure) {
					t.Errorf("%s imports %s, which is not pure", f.path, imp)
				}
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					t.Errorf("%s starts a goroutine", f.path)
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && x.Obj == nil && !slices.Contains(timeNames, n.Sel.Name) {
						t.Errorf("%s uses time.%s; time enters the planner only as a Duration in an event", f.path, n.Sel.Name)
					}
				case *ast.FuncDecl:
					if n.Recv == nil && n.Name.Name == "init" {
						t.Errorf("%s has an init function", f.path)
					}
				}
				return true
			})
		}
	}
}

// Package-level variables in the library are tables: they are never assigned
// after their declaration.
func TestNoGlobalStateChanges(t *testing.T) {
	for _, p := range packages(t) {
		if !p.module {
			continue
		}
		globals := map[string]bool{}
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, d := range f.ast.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok {
					continue
				}
				for _, s := range g.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && g.Tok.String() == "var" {
						for _, n := range v.Names {
							globals[n.Name] = true
						}
					}
				}
			}
		}
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, d := range f.ast.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					a, ok := n.(*ast.AssignStmt)
					if !ok || a.Tok.String() == ":=" {
						return true
					}
					for _, l := range a.Lhs {
						if id, ok := l.(*ast.Ident); ok && id.Name != "_" && globals[id.Name] && declaredOutside(fn, id) {
							t.Errorf("%s: %s assigns the package variable %s", f.path, fn.Name.Name, id.Name)
						}
					}
					return true
				})
			}
		}
	}
}

// declaredOutside reports whether id, used in fn, is not one of fn's own
// parameters or variables, by the parser's scope resolution.
func declaredOutside(fn *ast.FuncDecl, id *ast.Ident) bool {
	if id.Obj == nil || id.Obj.Decl == nil {
		return true // another file's package variable
	}
	d, ok := id.Obj.Decl.(ast.Node)
	return !ok || d.Pos() < fn.Pos() || d.Pos() > fn.End()
}
