// SPDX-License-Identifier: MIT

package updater_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// A build was tagged: its rpms and what they need are written, once, however
// often the message comes.
func Example() {
	server, err := pdctest.New(pdctest.Seed{Users: []pdctest.User{{Name: "updater", Token: "secret", Superuser: true}}}, pdctest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	srv := pdctest.NewServer(server)
	defer srv.Close()
	client, err := srv.Client(pdc.WithToken("secret"))
	if err != nil {
		log.Fatal(err)
	}
	u := &updater.Updater{Client: client, Policy: updater.Policy{Rawhide: "43"}, Sources: updater.Sources{
		// In earnest these ask Koji.
		Build: func(_ context.Context, a updater.Ask) (updater.Build, error) {
			return updater.Build{ID: a.BuildID, Name: "bash", Version: "5.3", Release: "1.fc43", RPMs: []updater.RPM{
				{Name: "bash", Version: "5.3", Release: "1.fc43", Arch: "src"},
				{Name: "bash", Version: "5.3", Release: "1.fc43", Arch: "x86_64"},
			}}, nil
		},
		Needs: func(context.Context, updater.Ask) ([]updater.Needs, error) {
			return []updater.Needs{{Name: "bash", On: map[string][]string{pdc.RPMRequires: {"glibc"}}}}, nil
		},
	}}
	event, err := trigger.Decode([]byte(`{"topic": "org.fedoraproject.prod.buildsys.tag", "msg_id": "2026-1",
		"msg": {"tag": "f43", "build_id": 7, "name": "bash", "version": "5.3", "release": "1.fc43", "instance": "primary"}}`))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		r, err := u.Handle(context.Background(), event)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(r.Applied), "writes")
		for _, f := range r.Applied {
			fmt.Println(" ", f)
		}
	}
	// Output:
	// 9 writes
	//   release: missing releases fedora-43
	//   dependency: missing component-relationship-types RPMRequires
	//   package: missing global-components bash
	//   package: missing global-components glibc
	//   package: missing release-components fedora-43 rpm bash
	//   package: missing release-components fedora-43 rpm glibc
	//   rpm: missing rpms bash-0:5.3-1.fc43.src
	//   rpm: missing rpms bash-0:5.3-1.fc43.x86_64
	//   dependency: missing release-component-relationships fedora-43 rpm bash RPMRequires glibc
	// 0 writes
}

// What disagrees is known without any server: facts and rows are data.
func ExampleOwed() {
	facts := updater.Facts{Today: "2026-11-20", Branches: []updater.Branch{{Component: "bash", Type: "rpm", Name: "f41", Dead: true}}}
	rows := updater.Rows{Branches: []pdc.Branch{{GlobalComponent: "bash", Type: "rpm", Name: "f41", Active: true,
		SLAs: []pdc.BranchEOL{{ID: 12, SLA: "bug_fixes", EOL: "2026-12-01"}}}}}
	for _, f := range updater.Owed(facts, rows, updater.Policy{}) {
		fmt.Println(f)
		fmt.Println(f.Write.Method, f.Write.Resource+f.Write.Key, f.Write.Fields)
	}
	// Output:
	// retirement: differs component-branch-slas rpm/bash f41 bug_fixes: until 2026-12-01, not 2026-11-20
	// PATCH component-branch-slas/12 map[eol:2026-11-20]
}
