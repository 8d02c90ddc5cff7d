// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

const published = `---
document: modulemd
version: 2
data:
  name: perl
  stream: 5.30
  version: 8040020200923213406
  context: 466ea64f
  arch: x86_64
  summary: Practical Extraction and Report Language
  description: The Perl interpreter and its core modules.
  license:
    module: [MIT]
  dependencies:
  - buildrequires: {platform: [el8.4.0]}
    requires: {platform: [el8]}
  components:
    rpms:
      perl: {rationale: The interpreter., ref: stream-5.30, buildorder: 1}
      perl-Encode: {rationale: Core module., buildorder: 2}
      perl-libs: {rationale: Needed first.}
  artifacts:
    rpms: ["perl-4:5.30.1-451.module+el8.4.0+7872+a0f9d6c5.x86_64"]
...
---
document: modulemd-defaults
version: 1
data:
  module: perl
  stream: 5.30
  profiles: {5.30: [common]}
...
`

func Example() {
	x, err := modulemd.Load(context.Background(), strings.NewReader(published), modulemd.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	streams, err := x.Containing("perl-Encode")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range streams {
		fmt.Println(s.NSVC(), "is rebuilt after perl-Encode")
	}
	stream, _ := x.Module("perl").DefaultStream("")
	fmt.Println("default:", stream)
	// Output:
	// perl:5.30:8040020200923213406:466ea64f is rebuilt after perl-Encode
	// default: 5.30
}

func ExampleLoad_faults() {
	broken := strings.Replace(published, "buildorder: 2", "buildorder: second", 1)
	broken = strings.Replace(broken, "perl-4:5.30.1-451", "perl-5.30.1-451", 1)
	x, err := modulemd.Load(context.Background(), strings.NewReader(broken), modulemd.Options{Name: "modules.yaml"})
	fmt.Println(err)
	fmt.Println("good documents are there:", x.DefaultStreams(""))
	// Output:
	// modulemd: modules.yaml:20:58: data.components.rpms.perl-Encode.buildorder: "second" is no whole number of 64 bits
	// modulemd: modules.yaml:23:12: data.artifacts.rpms[0]: "perl-5.30.1-451.module+el8.4.0+7872+a0f9d6c5.x86_64" is not of the form name-epoch:version-release.arch
	// good documents are there: map[perl:5.30]
}

func ExampleStream_Batches() {
	for doc, err := range modulemd.Read(context.Background(), strings.NewReader(published), modulemd.Options{}) {
		s, ok := doc.(*modulemd.Stream)
		if err != nil || !ok {
			continue
		}
		batches, err := s.Batches()
		if err != nil {
			fmt.Println(err)
			return
		}
		for i, b := range batches {
			fmt.Println(i, b.RPMs)
		}
	}
	// Output:
	// 0 [perl-libs]
	// 1 [perl]
	// 2 [perl-Encode]
}

func ExampleMerger() {
	load := func(text string) *modulemd.Index {
		x, err := modulemd.Load(context.Background(), strings.NewReader(text), modulemd.Options{})
		if err != nil {
			fmt.Println(err)
		}
		return x
	}
	var m modulemd.Merger
	m.Add(0, load(published))
	m.Add(1000, load("document: modulemd-defaults\nversion: 1\ndata: {module: perl, stream: 5.32}\n"))
	x, err := m.Merge()
	fmt.Println(x.DefaultStreams(""), err)
	// Output:
	// map[perl:5.32] <nil>
}

func ExampleStream_Format() {
	s := &modulemd.Stream{
		Name: "hello", Stream: "1.10", Summary: "A greeting", Description: "Says hello.",
		ModuleLicenses: []string{"MIT"},
		RPMs:           map[string]modulemd.RPMComponent{"hello": {Rationale: "The program.", Ref: "main"}},
	}
	out, err := s.Format()
	if err != nil {
		fmt.Println(err)
	}
	os.Stdout.Write(out)
	// Output:
	// ---
	// document: modulemd
	// version: 2
	// data:
	//   name: hello
	//   stream: "1.10"
	//   summary: A greeting
	//   description: >-
	//     Says hello.
	//   license:
	//     module:
	//     - MIT
	//   components:
	//     rpms:
	//       hello:
	//         rationale: The program.
	//         ref: main
	// ...
}
