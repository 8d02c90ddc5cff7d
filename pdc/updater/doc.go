// SPDX-License-Identifier: MIT

// Package updater keeps PDC equal to the systems that know better: Koji of
// builds, the module build service of modules, Pungi of composes, dist-git of
// retirements, pkgdb and FAS (in their time) of packages and people.
//
// PDC, the Product Definition Center, answers what is in a release and what
// needs what; it learns so from an updater that listens to the message bus, as
// Fedora's pdc-updater did. Messages get lost, so that an updater needs an
// audit, too. Both are the same here: facts and today's rows of PDC make
// findings, and a finding carries the write that sets it right.
//
// # The pure part
//
// [Policy.Asks] says what an event is about. [Owed] compares [Facts] with
// [Rows] and returns the [Finding] list in an order in which its writes can be
// made. Neither does I/O; the same input gives the same output.
//
// # The small part that acts
//
// [Updater] ties them together: [Updater.Handle] asks [Sources] for the
// present facts of an event, [Load] for the rows, and has an [Applier] make
// the writes; [Updater.Audit] does so for all of a [Scope];
// [Updater.Repair] writes what an audit found. With DryRun nothing is written.
// [Queue] keeps messages on the disk while PDC is down.
//
// # Which message changes what
//
//	pkgdb.package.new, .branch.new     package     release component, with global component and release
//	buildsys.tag                       rpm         rpms of the build, linked to the tag's release
//	buildsys.tag, brew.build.tag       dependency  relationships of the build's rpms
//	buildsys.tag, brew.build.tag       container   rpms that a container holds, as relationships
//	pungi.compose.status.change        compose     import of images and rpms; modules in it are active
//	mbs.module.state.change            module      the module, its tag and rpms; what it needs, as relationships
//	git.receive with dead.package      retirement  SLAs of the branch end today
//	fas.user.create                    person      contact, where the server has people
//	trac.git.receive                   group       packages of a component group
//
// Images built alone, bugzilla components and releases that branch off have no
// message: their facts are given to [Updater.Update].
//
// # What it does not do
//
// Commits are not written to PDC's changesets, nor images to its images: both
// resources only list (see [CheckWritable]). Nothing is taken away from PDC
// that only people may judge: packages, people, active modules and branches
// which PDC alone knows are findings without a write, and where two systems
// hold different values of something that both let people edit, the verdict is
// [Conflict]. Composes that PDC alone knows are no finding, since old composes
// are deleted from disks.
//
// # Errors
//
// Reading and writing end in the errors of package pdc. A write that PDC
// refuses is in the report and stops no other; when PDC can't be reached,
// [Updater.Handle] returns [pdc.ErrUnavailable] and the message can be told
// again: rows are compared anew, so that nothing is written twice.
//
// # Testing
//
// The fake in pdc/pdctest takes all the writes; see the examples.
package updater
