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
