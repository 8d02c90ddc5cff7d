// SPDX-License-Identifier: MIT

package pdc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// demo is a server with a small release.
func demo() (*pdctest.PDC, *pdc.Client) {
	p, err := pdctest.New(pdctest.Seed{
		Users: []pdctest.User{{Name: "releng", Token: "secret", Superuser: true}},
		Rows: []pdctest.Rows{{Resource: "releases/", Rows: []any{
			pdc.Release{Short: "fedora", Version: "42", Name: "Fedora", ReleaseType: "ga"}}}},
		Graphs: []pdctest.Graph{{Release: "fedora-42",
			Packages: []pdctest.Package{{Name: "glibc"}, {Name: "bash"}, {Name: "openssl-libs", Source: "openssl"}, {Name: "httpd"}},
			Edges: []pdctest.Edge{{From: "bash", To: "glibc", Type: pdc.RPMRequires}, {From: "httpd", To: "openssl-libs", Type: pdc.RPMRequires},
				{From: "openssl-libs", To: "glibc", Type: pdc.RPMRequires}}}},
	}, pdctest.Options{})
	if err != nil {
		panic(err)
	}
	c, err := pdc.NewClient("http://pdc.example.com", pdc.WithToken("secret"),
		pdc.WithHTTPClient(&http.Client{Transport: p.Transport()}))
	if err != nil {
		panic(err)
	}
	return p, c
}

func Example() {
	_, c := demo()
	ctx := context.Background()

	r, err := c.Releases().Get(ctx, "fedora-42")
	fmt.Println(r.Name, r.Version, r.Active, err)

	_, err = c.Releases().Get(ctx, "fedora-99")
	fmt.Println(errors.Is(err, pdc.ErrNotFound), err)

	_, err = c.Releases().Create(ctx, pdc.Release{Short: "Fedora", Version: "43", ReleaseType: "ga"})
	var e *pdc.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			fmt.Println(f.Path, f.Messages)
		}
	}
	// Output:
	// Fedora 42 true <nil>
	// true pdc: GET /rest_api/v1/releases/fedora-99/: 404 Not found.
	// name [This field may not be blank.]
	// short [Only accept lowercase letters, numbers or -]
}

func ExampleClient_Dependents() {
	_, c := demo()
	ctx := context.Background()
	sources, err := c.Sources(ctx, "fedora-42", nil)
	if err != nil {
		panic(err)
	}
	for e, err := range c.Dependents(ctx, pdc.DependencyQuery{Release: "fedora-42", Names: []string{"glibc"}}) {
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s (from %s) %s %s\n", e.From.Name, sources[e.From.Name], e.Type, e.To.Name)
	}
	// Output:
	// bash (from bash) RPMRequires glibc
	// openssl-libs (from openssl) RPMRequires glibc
}

func ExampleResource_All() {
	_, c := demo()
	q := pdc.Query{Filter: url.Values{"linked_release": {"fedora-42"}, "arch": {"src"}}, Fields: []string{"name", "filename"}, Order: []string{"-name"}}
	for rpm, err := range c.RPMs().All(context.Background(), q) {
		if err != nil {
			panic(err)
		}
		fmt.Println(rpm.Name, rpm.Filename)
	}
	// Output:
	// openssl openssl-1-1.src.rpm
	// httpd httpd-1-1.src.rpm
	// glibc glibc-1-1.src.rpm
	// bash bash-1-1.src.rpm
}

func ExampleResource_Update() {
	_, c := demo()
	ctx := pdc.WithComment(context.Background(), "end of life")
	r, err := c.Releases().Update(ctx, "fedora-42", pdc.Fields{"active": false})
	fmt.Println(r.ReleaseID, r.Active, err)
	page, err := c.Changesets().List(ctx, pdc.Query{})
	fmt.Println(page.Items[0].Author, page.Items[0].Comment, err)
	// Output:
	// fedora-42 false <nil>
	// releng end of life <nil>
}

func ExampleClient_Do() {
	_, c := demo()
	// What resources the server has, from the root of its API.
	var out map[string]string
	err := c.Do(context.Background(), http.MethodGet, "", nil, nil, &out)
	fmt.Println(out["rpms"], err)
	// Output: http://pdc.example.com/rest_api/v1/rpms/ <nil>
}
