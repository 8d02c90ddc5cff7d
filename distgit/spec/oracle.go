// SPDX-License-Identifier: MIT

package spec

// Oracle answers what [Spec.Evaluate] can't know, by asking rpm. Parsing a
// spec file with rpm RUNS the shell and Lua code in it: an implementation
// belongs in a sandbox. It carries its own context and limits.
type Oracle interface {
	// QuerySpec returns what rpm says of the main package of a spec file, with
	// the given macros defined. An error leaves things unknown.
	QuerySpec(name string, data []byte, macros map[string]string) (OracleAnswer, error)
}

// OracleAnswer is what rpm says of a spec file.
type OracleAnswer struct {
	Name string
	EVR
	BuildRequires []string // "name op evr", as rpm prints them
}

// ask fills in what is unknown of the main package.
func (ev *Evaluation) ask(o Oracle, file string, data []byte, macros map[string]string) {
	main := &ev.Packages.List[0]
	values := []*Value{&main.Name, &main.Epoch, &main.Version, &main.Release}
	known := ev.BuildRequires.Known()
	for _, v := range values {
		known = known && v.Known()
	}
	if known {
		return
	}
	a, err := o.QuerySpec(file, data, macros)
	if err != nil {
		return
	}
	for i, text := range []string{a.Name, a.Epoch, a.Version, a.Release} {
		if !values[i].Known() {
			*values[i] = Value{Text: text, Line: values[i].Line}
		}
	}
	ev.Package = *main
	if !ev.BuildRequires.Known() {
		ev.BuildRequires = Dependencies{}
		for _, text := range a.BuildRequires {
			if deps, err := ParseDependencies(text); err == nil {
				ev.BuildRequires.List = append(ev.BuildRequires.List, deps...)
			}
		}
	}
}
