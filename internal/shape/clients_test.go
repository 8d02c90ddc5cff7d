// SPDX-License-Identifier: MIT

package shape

import (
	"bytes"
	"go/ast"
	"go/printer"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The three clients and what each must export, with the signature or the
// underlying type as it is printed. Each keeps types of its own, so that its
// documentation stands alone; this test is what keeps them alike.
var clientShape = map[string]string{
	"NewClient":       "func(url string, opts ...Option) (*Client, error)",
	"WithHTTPClient":  "func(hc *http.Client) Option",
	"WithUserAgent":   "func(product string) Option",
	"WithRetry":       "func(r Retry) Option",
	"WithLogger":      "func(l *slog.Logger) Option",
	"Option":          "func(*config) error",
	"Client":          "struct",
	"Error":           "struct",
	"Retry":           "struct",
	"ErrNotFound":     "error",
	"ErrUnauthorized": "error",
	"ErrForbidden":    "error",
	"ErrConflict":     "error",
	"ErrInvalid":      "error",
	"ErrUnavailable":  "error",
}

func TestTheThreeClientsLookAlike(t *testing.T) {
	byDir := map[string]pkg{}
	for _, p := range packages(t) {
		byDir[p.dir] = p
	}
	for _, name := range []string{"koji", "pdc", "distgit"} {
		p, ok := byDir[name]
		require.True(t, ok, "package %s", name)
		exported := declarations(p)
		for want, shape := range clientShape {
			d, ok := exported[want]
			if !ok {
				t.Errorf("%s lacks %s", name, want)
				continue
			}
			assert.Equal(t, parameterTypes(shape), parameterTypes(d), "%s.%s", name, want)
		}
		for _, f := range []string{"Max int", "Wait", "MaxWait", "time.Duration"} {
			assert.Contains(t, fields(p, "Retry"), f, "%s.Retry", name)
		}
		for _, f := range []string{"Op string", "Status int", "Msg string", "Err error"} {
			assert.Contains(t, fields(p, "Error"), f, "%s.Error", name)
		}
		for _, m := range []string{"Error", "Unwrap", "Is", "LogValue"} {
			assert.Contains(t, methods(p, "Error"), m, "%s.Error's methods", name)
		}
	}
}

// declarations returns the package-level names of a package with their shape.
func declarations(p pkg) map[string]string {
	out := map[string]string{}
	for _, f := range p.files {
		if f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					out[d.Name.Name] = render(d.Type)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						if _, ok := s.Type.(*ast.StructType); ok {
							out[s.Name.Name] = "struct"
						} else {
							out[s.Name.Name] = render(s.Type)
						}
					case *ast.ValueSpec:
						for _, n := range s.Names {
							if strings.HasPrefix(n.Name, "Err") {
								out[n.Name] = "error"
							}
						}
					}
				}
			}
		}
	}
	return out
}

func render(n ast.Node) string {
	var b bytes.Buffer
	_ = printer.Fprint(&b, token.NewFileSet(), n)
	return b.String()
}

// parameterTypes drops parameter names, which each package may choose.
func parameterTypes(sig string) string {
	inner, ok := strings.CutPrefix(sig, "func(")
	if !ok {
		return sig
	}
	params, rest, _ := strings.Cut(inner, ")")
	var kinds []string
	for p := range strings.SplitSeq(params, ",") {
		parts := strings.Fields(p)
		if len(parts) > 0 {
			kinds = append(kinds, parts[len(parts)-1])
		}
	}
	return "func(" + strings.Join(kinds, ",") + ")" + rest
}

func fields(p pkg, name string) string {
	var out []string
	for _, f := range p.files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.TypeSpec)
			if !ok || f.test || s.Name.Name != name {
				return true
			}
			if st, ok := s.Type.(*ast.StructType); ok {
				for _, fl := range st.Fields.List {
					for _, n := range fl.Names {
						out = append(out, n.Name+" "+render(fl.Type))
					}
				}
			}
			return true
		})
	}
	return strings.Join(out, "; ")
}

func methods(p pkg, name string) []string {
	var out []string
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || len(fn.Recv.List) == 0 {
				continue
			}
			if strings.TrimPrefix(render(fn.Recv.List[0].Type), "*") == name {
				out = append(out, fn.Name.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}
