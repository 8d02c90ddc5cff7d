// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"

	"github.com/seed-f134cc8e/relkit/planner"
)

// A library changes: which packages are rebuilt, and in which order?
func Example() {
	var b planner.Builder
	for _, id := range []planner.ID{"rpms/zlib", "rpms/curl", "rpms/git", "rpms/bash"} {
		b.AddNode(planner.Node{ID: id, Kind: planner.KindSource})
	}
	b.AddNode(planner.Node{ID: "binary/zlib-devel", Kind: planner.KindBinary, Conduit: true})
	b.AddNode(planner.Node{ID: "binary/libcurl-devel", Kind: planner.KindBinary, Conduit: true})
	b.AddEdge(planner.Edge{From: "binary/zlib-devel", To: "rpms/zlib", Kind: planner.EdgeFrom})
	b.AddEdge(planner.Edge{From: "binary/libcurl-devel", To: "rpms/curl", Kind: planner.EdgeFrom})
	b.AddEdge(planner.Edge{From: "rpms/curl", To: "binary/zlib-devel", Evidence: "BuildRequires: zlib-devel"})
	b.AddEdge(planner.Edge{From: "rpms/git", To: "binary/zlib-devel", Evidence: "BuildRequires: zlib-devel"})
	b.AddEdge(planner.Edge{From: "rpms/git", To: "binary/libcurl-devel", Evidence: "BuildRequires: curl-devel"})
	g, err := b.Graph()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := g.Plan(planner.Request{Changed: []planner.ID{"rpms/zlib"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(p.Text())
	// Output:
	// 3 rebuilds in 3 tiers, of 4 that could be
	//
	// tier  rebuild    why
	//    0  rpms/zlib  changed
	//    1  rpms/curl  needs binary/zlib-devel -> rpms/zlib (BuildRequires: zlib-devel)
	//    2  rpms/git   needs binary/zlib-devel -> rpms/zlib (BuildRequires: zlib-devel)
}

func ExampleParseGraphText() {
	g, err := planner.ParseGraphText(`
		release f41
		node rpms/ocaml source
		node rpms/dune source
		node rpms/lwt source duration=5m
		rpms/dune build rpms/ocaml
		rpms/lwt build rpms/dune "BuildRequires: dune"
	`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Release(), g.Len(), "nodes", g.Size(), "edges")
	// Output: f41 3 nodes 2 edges
}

func ExamplePlan_Explain() {
	g, _ := planner.ParseGraphText(`
		node rpms/openssl source
		node rpms/curl source
		node rpms/git source
		rpms/curl build rpms/openssl "BuildRequires: openssl-devel"
		rpms/git build rpms/curl "BuildRequires: libcurl-devel"
	`)
	p, _ := g.Plan(planner.Request{Changed: []planner.ID{"rpms/openssl"}})
	x, _ := p.Explain("rpms/git")
	fmt.Print(x.Text())
	x, _ = p.Explain("rpms/curl")
	fmt.Println(x.Brings, "rebuilds fall out without rpms/curl")
	// Output:
	// rpms/git is rebuilt in tier 2: needs rpms/curl -> rpms/openssl
	//   rpms/git -> rpms/curl (build: BuildRequires: libcurl-devel)
	//   rpms/curl -> rpms/openssl (build: BuildRequires: openssl-devel)
	//   without rpms/curl it would not be
	// 2 rebuilds fall out without rpms/curl
}

func ExamplePlan_Cycle() {
	g, _ := planner.ParseGraphText(`
		node rpms/perl source
		node rpms/perl-Test source
		node rpms/app source
		rpms/perl build rpms/perl-Test weak "BuildRequires: perl(Test::More)"
		rpms/perl-Test build rpms/perl
		rpms/app build rpms/perl-Test
	`)
	p, _ := g.Plan(planner.Request{Changed: []planner.ID{"rpms/perl"}})
	c, _ := p.Cycle(0)
	for _, e := range c.Cut {
		fmt.Println("goes without", e.From, "->", e.To, e.Evidence)
	}
	for _, pass := range c.Passes {
		fmt.Println("pass", pass.Number, pass.Tiers)
	}
	// Output:
	// goes without rpms/perl -> rpms/perl-Test BuildRequires: perl(Test::More)
	// pass 1 [[rpms/perl] [rpms/perl-Test]]
	// pass 2 [[rpms/perl] [rpms/perl-Test]]
}

func ExampleGraph_Measure() {
	g, _ := planner.ParseGraphText(`
		node rpms/glibc source
		node rpms/bash source
		node rpms/zsh source
		rpms/bash build rpms/glibc
		rpms/zsh build rpms/glibc
	`)
	size, _ := g.Measure(planner.Request{
		Changed: []planner.ID{"rpms/glibc"},
		Limits:  planner.Limits{Nodes: 2},
	})
	fmt.Println(size.Rebuild, size.Held)
	// Output: 3 [3 rebuilds, limit 2]
}

func ExampleDiffPlans() {
	g, _ := planner.ParseGraphText(`
		node rpms/a source
		node rpms/b source
		node rpms/c source
		rpms/b build rpms/a
		rpms/c build rpms/b
	`)
	before, _ := g.Plan(planner.Request{Changed: []planner.ID{"rpms/a"}})
	after, _ := g.Plan(planner.Request{Changed: []planner.ID{"rpms/a"}, Exclude: []planner.ID{"rpms/b"}})
	fmt.Print(planner.DiffPlans(before, after).Text())
	// Output:
	// - rpms/b
	// - rpms/c
	// 0 added, 2 removed, 0 moved; 3 tiers before, 1 after
}
