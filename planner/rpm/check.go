// SPDX-License-Identifier: MIT

package rpm

import "strings"

// Check reports what rpm's spec parser (4.18) refuses in a dependency under a
// tag ("Requires", "BuildRequires", "Conflicts", ...): boolean dependencies in
// Provides and Obsoletes, "unless" where everything must hold ("and", the top
// of Requires), "if" where anything may hold ("or", the top of Conflicts,
// Supplements and Enhances), and anything but relations and "or" inside "with"
// and "without". The error wraps [ErrSyntax].
func Check(tag string, d Dep) error {
	if d.Op == None {
		return nil
	}
	tag, _, _ = strings.Cut(tag, "(") // "Requires(post)"
	context := And
	switch tag {
	case "Provides", "Obsoletes":
		return syntax(d.String(), 0, "boolean dependencies are not allowed in "+tag)
	case "Conflicts", "BuildConflicts", "Supplements", "Enhances":
		context = Or
	}
	return check(context, d)
}

func check(context Op, d Dep) error {
	if d.Op == None {
		return nil
	}
	refuse := func(msg string) error { return syntax(d.String(), 0, msg) }
	switch {
	case context == Or && d.Op == If:
		return refuse(`"if" is not allowed where one of several suffices; use "and"`)
	case context == And && d.Op == Unless:
		return refuse(`"unless" is not allowed where all must hold; use "or"`)
	case (context == With || context == Without) && d.Op != With && d.Op != Without && d.Op != Or:
		return refuse(`only names, "or", "with" and "without" may stand inside "with" and "without"`)
	}
	single := context == With || context == Without
	for i, a := range d.Args {
		context := d.Op
		switch {
		case single && d.Op == Or:
			context = With // one package must still satisfy it
		case (d.Op == If || d.Op == Unless) && i == 1:
			context = None // a condition may be anything
		case d.Op == If:
			context = And
		case d.Op == Unless:
			context = Or
		}
		if err := check(context, a); err != nil {
			return err
		}
	}
	return nil
}
