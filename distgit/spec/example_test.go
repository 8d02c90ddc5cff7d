// SPDX-License-Identifier: MIT

package spec_test

import (
	"fmt"
	"log"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

const bashSpec = `Name:     bash
Version:  5.2.37
Release:  1%{?dist}
Summary:  The GNU Bourne Again shell
License:  GPL-3.0-or-later

%description
A shell.

%changelog
* Tue Oct 01 2024 Jane Builder <jane@example.com> - 5.2.37-1
- Update to 5.2.37
`

func ExampleBump() {
	r, err := spec.Bump([]byte(bashSpec), spec.BumpOptions{
		File:    "bash.spec",
		Author:  "Jane Builder <jane@example.com>",
		Date:    time.Date(2025, 1, 2, 0, 0, 0, 0, time.UTC),
		Comment: "Rebuilt for readline 9",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Before, "->", r.After)
	fmt.Print(r.Entry)
	// Output:
	// 5.2.37-1 -> 5.2.37-2
	// * Thu Jan 02 2025 Jane Builder <jane@example.com> - 5.2.37-2
	// - Rebuilt for readline 9
}

func ExampleSpec_Evaluate() {
	s, err := spec.Parse("demo.spec", []byte(`%global commit %(git rev-parse HEAD)
Name:     demo
Version:  2.4
Release:  1%{?dist}
Summary:  Shows things, built from %{commit}
License:  MIT
%if 0%{?fedora} >= 41
BuildRequires: (python3-devel >= 3.13 if python3-libs)
%endif
BuildRequires: gcc, make >= 4

%description
A package.
`))
	if err != nil {
		log.Fatal(err)
	}
	ev, err := s.Evaluate(spec.Options{Macros: map[string]string{"dist": ".fc41", "fedora": "41"}})
	if err != nil {
		log.Fatal(err)
	}
	evr, known := ev.EVR()
	fmt.Println(ev.Name, evr, known)
	for _, d := range ev.BuildRequires.List {
		fmt.Println("needs", d)
	}
	fmt.Println(ev.Summary.Unknown[0])
	// Output:
	// demo 2.4-1.fc41 true
	// needs (python3-devel >= 3.13 if python3-libs)
	// needs gcc
	// needs make >= 4
	// line 1: shell: %(git rev-parse HEAD)
}

func ExampleParse() {
	s, err := spec.Parse("bash.spec", []byte(bashSpec))
	if err != nil {
		log.Fatal(err)
	}
	for it := range s.Tags() {
		fmt.Printf("%d: %s = %s\n", it.Pos.Line, it.Tag.Name, it.Tag.Value)
	}
	entries, err := s.Changelog()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(entries[0].EVR(), "by", entries[0].Author())
	// Output:
	// 1: Name = bash
	// 2: Version = 5.2.37
	// 3: Release = 1%{?dist}
	// 4: Summary = The GNU Bourne Again shell
	// 5: License = GPL-3.0-or-later
	// 5.2.37-1 by Jane Builder <jane@example.com>
}
