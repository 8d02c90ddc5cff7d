// SPDX-License-Identifier: MIT

// Package kojitest is a Koji hub in memory, for tests and demonstrations of
// programs that use package koji.
//
// # What the service is
//
// Koji builds a distribution's packages and remembers what was built from
// what. This hub answers from state, not from scripts: tags inherit, package
// lists block, events count, tasks go through their states, repos regenerate,
// sessions expire. A real client talks to it over the real wire, and gets the
// answers, texts and codes that a hub of release 1.35 gives; recordings of one
// judge it.
//
// # A first call
//
//	hub := kojitest.NewHub(kojitest.Seed{ ... })
//	srv := kojitest.NewServer(hub)
//	defer srv.Close()
//	c, err := srv.Client(koji.WithPassword("alice", "secret"))
//
// The package example shows a whole test. [Hub.Transport] reaches the hub
// without a network. A hub panics with a "kojitest:" text on a seed that
// contradicts itself, and never on what comes over the wire.
//
// # Authentication
//
// Passwords stand in the seed. Client certificates count by their common name
// and are to be verified by the TLS server in front; tokens of GSSAPI are
// handed to [Seed].Negotiate. Sessions expire by the hub's time, are renewed,
// exclusive, nested and tied to an address as on a real hub, with credentials
// in headers or in the query.
//
// # Time and builds
//
// The hub has no clock. [Hub.Advance] lets time pass: free tasks are opened,
// builds make their rpms and are tagged, changed build tags get new repos, as
// [Builder] says. A build fails when the repo that it starts with lacks what
// [Seed].Needs asks for, or when a [Failure] says so; its logs tell why, as
// mock's would. [Hub.Next] says when something happens next. With
// Builder.Manual nothing moves until [Hub.FinishTask] or the calls of a
// builder (host.openTask and so on).
//
// # Disturbances
//
// [Hub.Fail] disturbs coming calls: faults, HTTP errors, connections cut before
// or after the hub has committed, truncated and late answers, sessions that
// expire. [Hub.SetOffline] and [Hub.SetLockOut] take it out of service.
// [Hub.Calls] tells what reached the hub and what was committed,
// [Hub.BuildAttempts] whether something was built twice.
//
// # Transactions
//
// Every call is one transaction; one that fails leaves nothing behind, and in a
// multicall each call has a savepoint of its own. A session's call number is
// stored only when a call commits something, so that a repeated write is
// refused (fault 1009) and a repeated read is not.
//
// # State in a folder
//
// [Open] makes a hub that survives its process: what changes it is appended to
// a file before it is answered, and done again at the next start.
//
// # What is not modelled
//
// A method without a model is answered as an unknown one. These are missing:
// the parts of builders that make Maven, Windows and image builds
// (host.completeImageBuild, host.completeMavenBuild, host.completeWinBuild,
// host.createMavenBuild, host.importArchive, host.importImage,
// host.importWrapperRPMs, host.initImageBuild, host.initMavenBuild,
// host.initWinBuild, host.moveImageBuildToScratch,
// host.moveMavenBuildToScratch, host.moveWinBuildToScratch,
// host.updateBuildrootArchives, host.updateMavenBuildRootList) and dist repos
// (host.distRepoMove); mail (host.tagNotification); policies other than the
// default ones (host.assertPolicy, host.checkPolicy, applyVolumePolicy);
// mergeScratch; rpms of external repos (addExternalRPM,
// repo.getExternalRepoData, repo.setExternalRepoData); the hub's own
// configuration (showOpts).
//
// Tasks other than build, chainbuild, tagBuild, newRepo and waitrepo end after
// Builder.Build with a nil result and make nothing. Repos have
// the metadata of their packages below the top URL (repomd.xml, primary.xml and
// filelists.xml, made when somebody asks), but no groups and nothing of external
// repos. Rpms that no file was imported for have made-up contents, headers
// without files, and checksums of those contents. A repo's
// end_event stays nil. Rows that a real hub gives in an order of the
// database's choice come by id. The history of hosts and channels is not
// kept. There is no message bus.
package kojitest
