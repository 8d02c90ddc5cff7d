// SPDX-License-Identifier: MIT

package kojitest

// A groupRow is a package group in a tag.
type groupRow struct {
	name *groupName
	conf []*groupConfig
	pkgs []*groupPackage
	reqs []*groupReq
}

// A groupName gives a group its id, the same in every tag.
type groupName struct {
	id   int
	name string
}

type groupConfig struct {
	span
	values  record
	blocked bool
}

type groupPackage struct {
	span
	name    string
	values  record
	blocked bool
}

type groupReq struct {
	span
	req     *groupName
	values  record
	blocked bool
}

func (t *tagRow) groupChanges(visit func(*span)) {
	for _, g := range t.groups {
		for _, r := range g.conf {
			visit(&r.span)
		}
		for _, r := range g.pkgs {
			visit(&r.span)
		}
		for _, r := range g.reqs {
			visit(&r.span)
		}
	}
}

// externalRow, cgRow, archiveRow and file: rows of the rarer tables.
type externalRow struct {
	id   int
	name string
	url  string
}

type cgRow struct {
	id    int
	name  string
	users []*userRow
}

type archiveRow struct {
	id       int
	btype    *btypeRow
	filename string
}

type file struct{}

type rpmHeader struct{}
