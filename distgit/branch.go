// SPDX-License-Identifier: MIT

package distgit

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// BranchKind says what a branch of a dist-git repository stands for.
type BranchKind int

// Kinds of branches, by their names alone.
const (
	// BranchStream is any name that follows no release's rule: a module
	// stream ("2.4", "latest") or another free branch. The zero value.
	BranchStream BranchKind = iota
	// BranchRawhide is the development branch: rawhide, main or master.
	BranchRawhide
	// BranchFedora is fNN.
	BranchFedora
	// BranchEPEL is el4 to el6 and epelN.
	BranchEPEL
	// BranchEPELNext is epelN-next, built against CentOS Stream.
	BranchEPELNext
	// BranchEPELMinor is epelN.M, the branch of one minor release.
	BranchEPELMinor
	// BranchEPELPlayground is epelN-playground, a retired idea.
	BranchEPELPlayground
	// BranchCentOS is cN, cNs and cN-beta.
	BranchCentOS
	// BranchRHEL is rhel-X.Y[.Z][-...].
	BranchRHEL
	// BranchModular is a module stream of CentOS or RHEL: cN-stream-S,
	// stream-MODULE-STREAM[-rhel-...].
	BranchModular
	// BranchOLPC is the historic olpcN.
	BranchOLPC
	// BranchPrivate begins with "private-": never built from officially, may
	// be force pushed.
	BranchPrivate
)

var branchKindNames = []string{
	"stream", "rawhide", "fedora", "epel", "epel-next", "epel-minor", "epel-playground",
	"centos", "rhel", "modular", "olpc", "private",
}

// String returns a short word; an unknown kind prints as "BranchKind(99)".
func (k BranchKind) String() string {
	if k < 0 || int(k) >= len(branchKindNames) {
		return fmt.Sprintf("BranchKind(%d)", int(k))
	}
	return branchKindNames[k]
}

// MarshalText returns [BranchKind.String].
func (k BranchKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a word that [BranchKind.String] gives.
func (k *BranchKind) UnmarshalText(text []byte) error {
	for i, n := range branchKindNames {
		if n == string(text) {
			*k = BranchKind(i)
			return nil
		}
	}
	return &Error{Op: "parse branch kind", Msg: fmt.Sprintf("unknown kind %q", text), Err: ErrInvalid}
}

// Branch is what a branch's name tells. Only exact names are recognised, as
// the packaging tools do it: everything else is a [BranchStream] whose dist
// tag somebody must tell.
type Branch struct {
	// Name is the short name, without refs/heads/.
	Name string
	// Kind is the rule the name follows.
	Kind BranchKind
	// Version is the release in digits ("41", "9", "10.0", "9.4"); empty for
	// rawhide, streams and private branches.
	Version string
	// Stream is the module stream of a [BranchModular]; for a [BranchStream]
	// it is the name.
	Stream string
}

var branchRules = []struct {
	kind BranchKind
	re   *regexp.Regexp
}{
	{BranchRawhide, regexp.MustCompile(`^(?:rawhide|main|master)$`)},
	{BranchFedora, regexp.MustCompile(`^f(\d{1,3})$`)},
	{BranchEPEL, regexp.MustCompile(`^el([4-6])$`)},
	{BranchEPEL, regexp.MustCompile(`^epel(\d+)$`)},
	{BranchEPELNext, regexp.MustCompile(`^epel(\d+)-next$`)},
	{BranchEPELMinor, regexp.MustCompile(`^epel(\d+\.\d+)$`)},
	{BranchEPELPlayground, regexp.MustCompile(`^epel(\d+)-playground$`)},
	{BranchModular, regexp.MustCompile(`^c(\d+)s?-stream-(.+)$`)},
	{BranchCentOS, regexp.MustCompile(`^c(\d+)(?:s|-beta)?$`)},
	{BranchModular, regexp.MustCompile(`^stream-(.+?)(?:-rhel-(\d+(?:\.\d+)*).*)?$`)},
	{BranchRHEL, regexp.MustCompile(`^rhel-(\d+\.\d+(?:\.\d+)?)(?:-.*)?$`)},
	{BranchOLPC, regexp.MustCompile(`^(?:dist-)?olpc(\d)$`)},
	{BranchPrivate, regexp.MustCompile(`^private-`)},
}

// ParseBranch classifies a branch name. It takes a short name or a full ref
// ("refs/heads/f41") and never fails: an unknown form is a [BranchStream]. The
// pre-2010 layout "F-13/master" keeps its whole name.
func ParseBranch(name string) Branch {
	name = strings.TrimPrefix(name, "refs/heads/")
	b := Branch{Name: name}
	for _, rule := range branchRules {
		m := rule.re.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		b.Kind = rule.kind
		switch {
		case rule.kind == BranchModular && name[0] == 'c':
			b.Version, b.Stream = m[1], m[2]
		case rule.kind == BranchModular:
			// MODULE-STREAM cannot be told apart by the name alone: both may
			// hold hyphens. The part after the first hyphen is the stream in
			// all names in use.
			b.Stream, b.Version = m[1], m[2]
		case len(m) > 1:
			b.Version = m[1]
		}
		return b
	}
	b.Stream = name
	return b
}

// String returns the name.
func (b Branch) String() string { return b.Name }

// Dist returns the dist tag of builds from this branch, such as ".fc41" or
// ".el9", and whether the name tells it. Rawhide needs the number of the
// release it is becoming (of Koji's rawhide target); 0 means unknown. EPEL
// builds carry ".elN", not ".epelN".
func (b Branch) Dist(rawhide int) (dist string, known bool) {
	major, _, _ := strings.Cut(b.Version, ".")
	switch b.Kind {
	case BranchRawhide:
		if rawhide <= 0 {
			return "", false
		}
		return ".fc" + strconv.Itoa(rawhide), true
	case BranchFedora:
		return ".fc" + b.Version, true
	case BranchEPEL, BranchCentOS, BranchRHEL:
		return ".el" + major, true
	case BranchEPELNext:
		return ".el" + b.Version + ".next", true
	case BranchEPELMinor:
		return ".el" + strings.ReplaceAll(b.Version, ".", "_"), true
	case BranchEPELPlayground:
		return ".el" + b.Version + ".playground", true
	case BranchOLPC:
		return ".olpc" + b.Version, true
	}
	return "", false
}

// Macros returns the macros a build from this branch defines besides those of
// the build root: "dist", and "fedora" or "rhel". Nil when the dist tag is
// unknown.
func (b Branch) Macros(rawhide int) map[string]string {
	dist, ok := b.Dist(rawhide)
	if !ok {
		return nil
	}
	m := map[string]string{"dist": dist}
	major, _, _ := strings.Cut(b.Version, ".")
	switch b.Kind {
	case BranchRawhide:
		m["fedora"] = strconv.Itoa(rawhide)
	case BranchFedora:
		m["fedora"] = b.Version
	case BranchEPEL, BranchEPELNext, BranchEPELMinor, BranchEPELPlayground, BranchCentOS, BranchRHEL:
		m["rhel"] = major
	}
	return m
}

// Target returns the Koji target that Fedora's tools build this branch in, and
// whether there is one by rule. Stream branches say it in package.cfg.
func (b Branch) Target() (target string, known bool) {
	switch b.Kind {
	case BranchRawhide:
		return "rawhide", true
	case BranchFedora, BranchEPEL, BranchEPELNext, BranchEPELMinor, BranchEPELPlayground:
		return b.Name + "-candidate", true
	}
	return "", false
}

// DevelBranch picks the development branch among the branches a repository
// has: rawhide, main and master are one logical branch, preferred in this
// order. It returns "" when there is none.
func DevelBranch(has func(name string) bool) string {
	for _, n := range []string{"rawhide", "main", "master"} {
		if has(n) {
			return n
		}
	}
	return ""
}

// ShortRef removes refs/heads/ from a full branch name; other names come back
// unchanged. Older push messages carry the long form, newer ones the short.
func ShortRef(ref string) string { return strings.TrimPrefix(ref, "refs/heads/") }
