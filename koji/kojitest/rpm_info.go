// SPDX-License-Identifier: MIT

package kojitest

import (
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"time"
)

func rpmInfoMethods(m map[string]handler) {
	m["getRPMHeaders"] = (*call).getRPMHeaders
	m["getRPMDeps"] = (*call).getRPMDeps
	m["listRPMFiles"] = (*call).listRPMFiles
	m["getRPMFile"] = (*call).getRPMFile
	m["getChangelogEntries"] = (*call).getChangelogEntries
	m["importRPM"] = (*call).importRPM
}

// headerTags are the header fields that can be asked for by name.
var headerTags = map[string]int{
	"NAME": tagName, "VERSION": tagVersion, "RELEASE": tagRelease, "EPOCH": tagEpoch, "SUMMARY": tagSummary,
	"DESCRIPTION": tagDescription, "BUILDTIME": tagBuildTime, "SIZE": tagSize, "ARCH": tagArch, "SOURCERPM": tagSourceRPM,
	"CHANGELOGTIME": tagChangelogTime, "CHANGELOGNAME": tagChangelogName, "CHANGELOGTEXT": tagChangelog,
	"BUILDHOST": 1007, "DISTRIBUTION": 1010, "VENDOR": 1011, "LICENSE": 1014, "PACKAGER": 1015, "GROUP": 1016,
	"URL": 1020, "OS": 1021, "EXCLUDEARCH": 1059, "EXCLUSIVEARCH": 1061, "RPMVERSION": 1064, "OPTFLAGS": 1122,
	"PAYLOADFORMAT": 1124, "PAYLOADCOMPRESSOR": 1125, "BUGURL": 5012, "VCS": 5034,
	"PROVIDES": 1047, "PROVIDENAME": 1047, "REQUIRES": 1049, "REQUIRENAME": 1049, "CONFLICTNAME": 1054,
	"OBSOLETENAME": 1090, "BASENAMES": 1117, "DIRNAMES": 1118, "DIRINDEXES": 1116,
}

// headerOf is the package's header: the real one of an imported file, or one
// that follows from the row and the seed.
func (h *Hub) headerOf(r *rpmRow) rpmHeader {
	if r.header != nil {
		return r.header
	}
	out := r.asHeader()
	var d Deps
	if h.seed.Deps != nil {
		d = h.seed.Deps(r.build.nvr(), r.name, r.arch)
	}
	addDeps(out, 1049, 1050, 1048, append(slices.Clip(d.Requires), "rpmlib(CompressedFileNames) <= 3.0.4-1"))
	addDeps(out, 1047, 1113, 1112, d.Provides)
	return out
}

// addDeps adds dependencies to the three tags of their kind.
func addDeps(h rpmHeader, name, version, flags int, list []string) {
	names, _ := h[name].([]string)
	versions, _ := h[version].([]string)
	senses, _ := h[flags].([]int)
	for _, text := range list {
		n, v, sense := text, "", 0
		if words := strings.Fields(text); len(words) == 3 && text[0] != '(' {
			n, v, sense = words[0], words[2], senseBits(words[1])
		}
		if strings.HasPrefix(n, "rpmlib(") {
			sense |= 1 << 24
		}
		names, versions, senses = append(names, n), append(versions, v), append(senses, sense)
	}
	if len(names) > 0 {
		h[name], h[version], h[flags] = names, versions, senses
	}
}

// senseBits are rpm's flags of an operator: less 2, greater 4, equal 8.
func senseBits(op string) (bits int) {
	for i, c := range "<>=" {
		if strings.ContainsRune(op, c) {
			bits |= 2 << i
		}
	}
	return bits
}

// asHeader is what follows from the row alone.
func (r *rpmRow) asHeader() rpmHeader {
	evr := r.version + "-" + r.release
	if n, ok := asInt(r.epoch); ok {
		evr = pyText(n) + ":" + evr
	}
	h := rpmHeader{
		tagName: r.name, tagVersion: r.version, tagRelease: r.release, tagArch: r.arch, tagBuildTime: []int{r.buildtime},
		tagSize: []int{r.size}, tagSummary: "The " + r.name + " package", tagDescription: "The " + r.name + " package.",
		1047: []string{r.name}, 1113: []string{evr}, 1112: []int{8},
	}
	if n, ok := asInt(r.epoch); ok {
		h[tagEpoch] = []int{n}
	}
	if r.arch == "src" {
		h[tagArch], h[tagSourcePackage] = "noarch", []int{1}
	} else {
		h[tagSourceRPM] = r.build.nvr() + ".src.rpm"
	}
	return h
}

func (c *call) getRPMHeaders() (any, *fault) {
	var h rpmHeader
	switch {
	case c.arg("rpmID") != nil:
		r, f := c.h.rpm(c.arg("rpmID"), c.flag("strict"))
		if f != nil {
			return nil, f
		}
		if r == nil {
			return record{}, nil
		}
		h = c.h.headerOf(r)
	case c.arg("taskID") != nil:
		name := pyTextOr(c.arg("filepath"))
		if name == "" {
			return nil, generic("filepath must be specified with taskID")
		}
		n, _ := asInt(c.arg("taskID"))
		t := c.h.tasks.get(n)
		if t == nil || t.output[name] == nil {
			if c.flag("strict") {
				return nil, generic("no file \"%s\" output by task %s", name, pyText(c.arg("taskID")))
			}
			return record{}, nil
		}
		var err error
		if _, h, err = parseRPM(t.output[name]); err != nil {
			return nil, generic("%s is not an rpm", name)
		}
	default:
		return nil, generic("either rpmID or taskID and filepath must be specified")
	}
	names, _ := c.arg("headers").([]any)
	if c.arg("headers") == nil {
		for _, name := range sortedKeys(headerTags) {
			names = append(names, name)
		}
	}
	out := record{}
	for _, v := range names {
		name := strings.ToUpper(pyText(v))
		if name == "SIGMD5" {
			if sum, err := hex.DecodeString(c.sigMD5()); err == nil {
				out[name] = sum
			}
			continue
		}
		tag, ok := headerTags[name]
		if !ok {
			return nil, generic("unknown rpm header field %s", name)
		}
		out[name] = headerPlain(h[tag])
	}
	return out, nil
}

func (c *call) sigMD5() string {
	if r, _ := c.h.rpm(c.arg("rpmID"), false); r != nil {
		return r.payload
	}
	return ""
}

// headerPlain is a header's value as the wire takes it.
func headerPlain(v any) any {
	switch v := v.(type) {
	case []int:
		if len(v) == 1 {
			return v[0]
		}
		list := make([]any, len(v))
		for i, n := range v {
			list[i] = n
		}
		return list
	case []string:
		return texts(v)
	}
	return v
}

// dependency kinds: name, version and flag tags, and the type on the wire.
var dependencyTags = []struct{ name, version, flags, kind int }{
	{1049, 1050, 1048, 0}, {1047, 1113, 1112, 1}, {1054, 1055, 1053, 3}, {1090, 1115, 1114, 2},
	{5049, 5050, 5051, 4}, {5055, 5056, 5057, 5}, {5052, 5053, 5054, 6}, {5046, 5047, 5048, 7},
}

func (c *call) rpmArg(param string) (*rpmRow, *fault) {
	strict := c.args["strict"] != nil && c.flag("strict")
	return c.h.rpm(c.arg(param), strict)
}

func (c *call) getRPMDeps() (any, *fault) {
	r, f := c.rpmArg("rpmID")
	if f != nil {
		return nil, f
	}
	rows := []record{}
	only, limited, f := c.number("depType")
	if f != nil {
		return nil, f
	}
	if r != nil && !r.bare {
		h := c.h.headerOf(r)
		for _, d := range dependencyTags {
			names, _ := h[d.name].([]string)
			versions, _ := h[d.version].([]string)
			flags, _ := h[d.flags].([]int)
			for i, name := range names {
				if limited && only != d.kind || i >= len(versions) || i >= len(flags) {
					continue
				}
				rows = append(rows, record{"name": name, "version": versions[i], "flags": flags[i], "type": d.kind})
			}
		}
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

var digestAlgorithms = map[int]string{1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}

func (h *Hub) filesOf(r *rpmRow) []record {
	header := h.headerOf(r)
	names, _ := header[1117].([]string)
	dirs, _ := header[1118].([]string)
	dirOf, _ := header[1116].([]int)
	algo := "md5"
	if n, ok := header.number(5011); ok && digestAlgorithms[n] != "" {
		algo = digestAlgorithms[n]
	}
	digests, _ := header[1035].([]string)
	users, _ := header[1039].([]string)
	groups, _ := header[1040].([]string)
	at := func(tag, i int) int {
		if v, _ := header[tag].([]int); i < len(v) {
			return v[i]
		}
		return 0
	}
	text := func(v []string, i int) string {
		if i < len(v) {
			return v[i]
		}
		return ""
	}
	rows := make([]record, 0, len(names))
	for i, name := range names {
		if i < len(dirOf) && dirOf[i] < len(dirs) {
			name = dirs[dirOf[i]] + name
		}
		rows = append(rows, record{
			"name": name, "digest": text(digests, i), "digest_algo": algo, "md5": text(digests, i), "size": at(1028, i),
			"flags": at(1037, i), "user": text(users, i), "group": text(groups, i), "mtime": at(1034, i), "mode": at(1030, i),
		})
	}
	return rows
}

func (c *call) listRPMFiles() (any, *fault) {
	r, f := c.rpmArg("rpmID")
	if f != nil {
		return nil, f
	}
	rows := []record{}
	if r != nil {
		rows = c.h.filesOf(r)
	}
	return applyQuery(rows, c.structArg("queryOpts"), "name")
}

func (c *call) getRPMFile() (any, *fault) {
	r, f := c.rpmArg("rpmID")
	if f != nil {
		return nil, f
	}
	if r != nil {
		for _, one := range c.h.filesOf(r) {
			if one["name"] == c.arg("filename") {
				one["rpm_id"] = r.id
				return one, nil
			}
		}
	}
	if c.flag("strict") {
		return nil, generic("No file: %s found in RPM: %s", pyText(c.arg("filename")), pyText(c.arg("rpmID")))
	}
	return record{}, nil
}

func (c *call) getChangelogEntries() (any, *fault) {
	rows := []record{}
	if info := c.arg("buildID"); info != nil {
		b, f := c.h.build(info, c.flag("strict"))
		if f != nil {
			return nil, f
		}
		if b != nil {
			for _, r := range b.rpms {
				if r.arch == "src" {
					rows = changelog(c.h.headerOf(r))
				}
			}
		}
	} else if c.arg("taskID") == nil {
		return nil, generic("either buildID or taskID and filepath must be specified")
	}
	author, f := c.text("author")
	if f != nil {
		return nil, f
	}
	var keep []record
	for _, r := range rows {
		at := time.Unix(int64(r["date_ts"].(int)), 0)
		if author != "" && !globMatch(author, pyText(r["author"])) {
			continue
		}
		ok := true
		for _, side := range []string{"before", "after"} {
			if v := c.arg(side); v != nil {
				limit, f := parseTime(v)
				if f != nil {
					return nil, f
				}
				ok = ok && (side == "before" && at.Before(limit) || side == "after" && at.After(limit))
			}
		}
		if ok {
			keep = append(keep, r)
		}
	}
	return applyQuery(keep, c.structArg("queryOpts"), "")
}

func changelog(h rpmHeader) []record {
	times, _ := h[tagChangelogTime].([]int)
	names, _ := h[tagChangelogName].([]string)
	texts, _ := h[tagChangelog].([]string)
	rows := []record{}
	for i := range times {
		if i >= len(names) || i >= len(texts) {
			break
		}
		at := time.Unix(int64(times[i]), 0).UTC()
		rows = append(rows, record{
			"date": at.Format("2006-01-02 15:04:05"), "date_ts": times[i], "author": names[i], "text": texts[i],
		})
	}
	return rows
}

func (c *call) importRPM() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	at := "work/" + path.Clean(pyTextOr(c.arg("path"))) + "/" + path.Base(pyTextOr(c.arg("basename")))
	found := c.h.files[at]
	if found == nil {
		return nil, generic("No such file: %s/%s", topDir, at)
	}
	r, h, f := c.importFile(path.Base(at), found.data, nil)
	if f != nil {
		return nil, f
	}
	out := r.record(false)
	out["brootid"], out["external_repo_id"], out["build"] = nil, 0, r.build.record()
	out["sourcepackage"], out["sourcerpm"] = nil, nil
	delete(out, "extra")
	delete(out, "metadata_only")
	if n, ok := h.number(tagSourcePackage); ok {
		out["sourcepackage"] = n
	} else {
		out["sourcerpm"] = h.text(tagSourceRPM)
	}
	return out, nil
}

// importFile adds an rpm file to its build; a source package's build is made
// when there is none.
func (c *call) importFile(name string, data []byte, b *buildRow) (*rpmRow, rpmHeader, *fault) {
	sig, h, err := parseRPM(data)
	if err != nil {
		return nil, nil, generic("%s: %s", name, err)
	}
	r := &rpmRow{
		name: h.text(tagName), version: h.text(tagVersion), release: h.text(tagRelease), arch: h.text(tagArch),
		size: len(data), payload: hex.EncodeToString(sig.bytes(sigTagMD5)), header: h, data: data,
	}
	if n, ok := h.number(tagEpoch); ok {
		r.epoch = n
	}
	r.buildtime, _ = h.number(tagBuildTime)
	_, isSource := h.number(tagSourcePackage)
	if isSource {
		r.arch = "src"
	}
	if want := r.nvra() + ".rpm"; want != name {
		return nil, nil, generic("bad filename: %s (expected %s)", name, want)
	}
	if c.h.findRPM(r.name, r.version, r.release, r.arch) != nil {
		return nil, nil, pythonError("psycopg2.errors.UniqueViolation",
			"duplicate key value violates unique constraint \"rpminfo_unique_nvra_not_draft\"\n"+
				"DETAIL:  Key (name, version, release, arch, external_repo_id)=(%s, %s, %s, %s, 0) already exists.\n",
			r.name, r.version, r.release, r.arch)
	}
	switch {
	case b != nil:
	case isSource:
		if b = c.h.buildByNVR[nvrOf(r)]; b == nil {
			var f *fault
			if b, f = c.addBuild(newBuild{name: r.name, version: r.version, release: r.release, epoch: r.epoch, state: buildComplete}); f != nil {
				return nil, nil, f
			}
		}
	default:
		source := strings.TrimSuffix(path.Base(h.text(tagSourceRPM)), ".src.rpm")
		if b = c.h.buildByNVR[source]; b == nil {
			return nil, nil, generic("No such build: %s", pyRepr(source))
		}
	}
	r.id, r.build = c.h.rpms.next(), b
	r.sigs = []*sigRow{{hash: digestOf("md5", sig.bytes(sigTagMD5))}}
	put(c.tx, b.types, "rpm", nil)
	c.h.rpms.insert(c.tx, r.id, r)
	push(c.tx, &b.rpms, r)
	return r, h, nil
}
