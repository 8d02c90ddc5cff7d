// SPDX-License-Identifier: MIT

package modulemd

import (
	"slices"
	"strings"
)

// Validate returns everything that the rules of the format say against the
// stream, as Failures; nil when it can be written and loaded again. Whether
// its name and stream are set is not its business: an index asks for them.
func (s *Stream) Validate() error { return validate(s) }

func (s *Stream) check(r *report) {
	if s.MDVersion < 0 || s.MDVersion > 2 {
		r.at(ClassValidate, nil, "there is no version %d of the modulemd format", s.MDVersion)
	}
	if s.StaticContext && s.MDVersion != 1 && s.empty.has(emptyContext, s.Context) && !staticContext(s.Context) {
		r.at(ClassValidate, []string{"context"}, "a static context has 1 to 13 letters, digits or underscores, not %q", s.Context)
	}
	if !s.empty.has(emptySummary, s.Summary) {
		r.at(ClassMissing, []string{"summary"}, "summary is missing")
	}
	if !s.empty.has(emptyDescription, s.Description) {
		r.at(ClassMissing, []string{"description"}, "description is missing")
	}
	if len(s.ModuleLicenses) == 0 {
		r.at(ClassMissing, []string{"license", "module"}, "a license for the module is missing")
	}
	checkComponents(r, s.RPMs)
	if s.MDVersion != 1 {
		s.checkArches(r)
	}
	for _, a := range s.Artifacts {
		if !validArtifact(a) {
			r.item(ClassValidate, a, []string{"artifacts", "rpms"}, "%q is not of the form name-epoch:version-release.arch", a)
		}
	}
	for _, digest := range sortedKeys(s.RPMMap) {
		for _, sum := range sortedKeys(s.RPMMap[digest]) {
			if e := s.RPMMap[digest][sum]; e.NEVRA != e.nevra() {
				r.at(ClassInconsistent, []string{"artifacts", "rpm-map", digest, sum, "nevra"}, "%q differs from its parts, %q", e.NEVRA, e.nevra())
			}
		}
	}
	for i, d := range s.Dependencies {
		if s.MDVersion == 1 {
			checkDependenciesV1(r, i, d)
			continue
		}
		checkSigns(r, i, "buildrequires", d.BuildRequires)
		checkSigns(r, i, "requires", d.Requires)
	}
}

func staticContext(s string) bool {
	return len(s) >= 1 && len(s) <= 13 && alphanumeric(strings.ReplaceAll(s, "_", "x"))
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// checkComponents holds the rules of build order.
func checkComponents(r *report, rpms map[string]RPMComponent) {
	ordered, after := "", ""
	for _, key := range sortedKeys(rpms) {
		c := rpms[key]
		if c.BuildOrder != 0 {
			ordered = key
		}
		if len(c.BuildAfter) > 0 {
			after = key
		}
		if c.BuildOrder != 0 && len(c.BuildAfter) > 0 {
			r.at(ClassValidate, []string{"components", "rpms", key}, "buildorder and buildafter exclude each other")
			return
		}
		for _, other := range c.BuildAfter {
			if _, ok := rpms[other]; !ok {
				r.item(ClassValidate, other, []string{"components", "rpms", key, "buildafter"}, "there is no component %q to build after", other)
			}
		}
	}
	if ordered != "" && after != "" {
		r.at(ClassValidate, []string{"components", "rpms", after, "buildafter"}, "buildafter cannot be used where another component (%s) has buildorder", ordered)
	}
}

func (s *Stream) checkArches(r *report) {
	if s.BuildOpts == nil || len(s.BuildOpts.Arches) == 0 {
		return
	}
	for _, key := range sortedKeys(s.RPMs) {
		for _, arch := range s.RPMs[key].Arches {
			if !slices.Contains(s.BuildOpts.Arches, arch) {
				r.item(ClassValidate, arch, []string{"components", "rpms", key, "arches"}, "the module is not built for %q", arch)
			}
		}
	}
}

// checkSigns refuses lists that name streams both to have and to avoid.
func checkSigns(r *report, item int, side string, deps map[string][]string) {
	for _, name := range sortedKeys(deps) {
		negative := 0
		for _, s := range deps[name] {
			if strings.HasPrefix(s, "-") {
				negative++
			}
		}
		if negative > 0 && negative < len(deps[name]) {
			r.inItem(ClassValidate, item, []string{"dependencies"}, []string{side, name}, "a list cannot both name streams and exclude streams")
		}
	}
}

func checkDependenciesV1(r *report, item int, d Dependencies) {
	if item > 0 {
		r.at(ClassValidate, []string{"dependencies"}, "version 1 has one combination of dependencies only")
		return
	}
	for _, deps := range []map[string][]string{d.BuildRequires, d.Requires} {
		for _, name := range sortedKeys(deps) {
			if len(deps[name]) != 1 {
				r.at(ClassValidate, []string{"dependencies"}, "version 1 has exactly one stream of a module, %s has %d", name, len(deps[name]))
			}
		}
	}
}
