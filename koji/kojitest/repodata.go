// SPDX-License-Identifier: MIT

package kojitest

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/koji"
)

// A repoMetadata is what one repo has for one arch, by file name. It is made
// when somebody asks for it, and kept until another is asked for.
type repoMetadata struct {
	repo  int
	arch  string
	files map[string][]byte
}

// repoFile finds a file in a repo's folder: "repo.json", or an arch's
// "x86_64/repodata/repomd.xml" and so on.
func (h *Hub) repoFile(r *repoRow, parts []string) *file {
	if len(parts) == 1 && parts[0] == "repo.json" {
		return &file{repoJSON(r), r.created}
	}
	if len(parts) != 3 || parts[1] != "repodata" {
		return nil
	}
	m := &h.metadata
	if m.repo != r.id || m.arch != parts[0] {
		rows, ok := h.rpmsOf(r, parts[0])
		if !ok {
			return nil
		}
		*m = repoMetadata{repo: r.id, arch: parts[0], files: h.metadataOf(r, rows)}
	}
	if data := m.files[parts[2]]; data != nil {
		return &file{data, r.created}
	}
	return nil
}

// repoAt is a tag's repo whose files are there, by its number; "latest" is the
// tag's newest.
func (h *Hub) repoAt(tag, number string) *repoRow {
	for _, r := range slices.Backward(h.repos.rows) {
		if r.tag.name == tag && !r.dist && (r.state == repoReady || r.state == repoExpired) && (number == "latest" || number == strconv.Itoa(r.id)) {
			return r
		}
	}
	return nil
}

func repoJSON(r *repoRow) []byte {
	v := map[string]any{
		"id": r.id, "tag": r.tag.name, "tag_id": r.tag.id, "task_id": nil, "event_id": r.event.id, "opts": r.opts, "custom_opts": r.custom,
		"with_src": r.opts["src"], "with_separate_src": r.opts["separate_src"], "with_debuginfo": r.opts["debuginfo"],
	}
	if r.task != nil {
		v["task_id"] = r.task.id
	}
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		bad("a repo's options are no JSON: %v", err)
	}
	return data
}

// rpmsOf are the packages that a repo has for an arch, by name; ok is false
// when the repo was not made for the arch.
func (h *Hub) rpmsOf(r *repoRow, arch string) (rows []*rpmRow, ok bool) {
	arches := []string{}
	for _, a := range archesOf(h.buildConfig(r.tag, r.event.id)["arches"]) {
		arches = append(arches, koji.RepoArch(a))
	}
	separate := truth(r.opts["separate_src"]) && arch == "src"
	if !separate && !slices.Contains(arches, arch) {
		return nil, false
	}
	for _, e := range h.tagged(r.tag, tagQuery{event: r.event.id, inherit: true, latest: 1}) {
		for _, p := range e.build.rpms {
			switch {
			case p.bare, !truth(r.opts["debuginfo"]) && isDebuginfo(p.name):
			case p.arch == "src" && (separate || truth(r.opts["src"])),
				p.arch == "noarch" && !separate,
				p.arch != "src" && !separate && koji.RepoArch(p.arch) == arch:
				rows = append(rows, p)
			}
		}
	}
	slices.SortFunc(rows, func(a, b *rpmRow) int { return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	return rows, true
}

func isDebuginfo(name string) bool {
	return strings.HasSuffix(name, "-debuginfo") || strings.HasSuffix(name, "-debugsource") || strings.Contains(name, "-debuginfo-")
}

// metadataOf writes the metadata of packages.
func (h *Hub) metadataOf(r *repoRow, rows []*rpmRow) map[string][]byte {
	files := map[string][]byte{}
	md := fmt.Appendf(nil, "%s<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n  <revision>%d</revision>\n", xml.Header, r.created.Unix())
	var primary, lists packedXML
	primary.begin("metadata xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\"", len(rows))
	lists.begin("filelists xmlns=\"http://linux.duke.edu/metadata/filelists\"", len(rows))
	for _, p := range rows {
		id := fmt.Sprintf("%x", sha256.Sum256(p.content()))
		header, held := h.headerOf(p), h.filesOf(p)
		primary.write(func(b *bytes.Buffer) { writePackage(b, p, id, header, held) })
		lists.write(func(b *bytes.Buffer) { writeFiles(b, p, id, held) })
	}
	for _, one := range []struct {
		kind, end string
		xml       *packedXML
	}{{"primary", "</metadata>\n", &primary}, {"filelists", "</filelists>\n", &lists}} {
		packed, opened := one.xml.end(one.end)
		name := fmt.Sprintf("%x-%s.xml.gz", sha256.Sum256(packed), one.kind)
		files[name] = packed
		md = fmt.Appendf(md, `  <data type="%s">
    <checksum type="sha256">%s</checksum>
    <open-checksum type="sha256">%s</open-checksum>
    <location href="repodata/%s"/>
    <timestamp>%d</timestamp>
    <size>%d</size>
    <open-size>%d</open-size>
  </data>
`, one.kind, name[:64], opened, name, r.created.Unix(), len(packed), one.xml.size)
	}
	files["repomd.xml"] = append(md, "</repomd>\n"...)
	return files
}

// packedXML is a file of packages, packed as it is written.
type packedXML struct {
	out  bytes.Buffer
	zip  *gzip.Writer
	sum  hash.Hash // of what is packed
	size int
	one  bytes.Buffer
}

func (x *packedXML) begin(root string, packages int) {
	x.zip, x.sum = gzip.NewWriter(&x.out), sha256.New()
	x.write(func(b *bytes.Buffer) { fmt.Fprintf(b, "%s<%s packages=\"%d\">\n", xml.Header, root, packages) })
}

func (x *packedXML) write(part func(*bytes.Buffer)) {
	part(&x.one)
	x.zip.Write(x.one.Bytes())
	x.sum.Write(x.one.Bytes())
	x.size += x.one.Len()
	x.one.Reset()
}

func (x *packedXML) end(tag string) (packed []byte, opened string) {
	x.write(func(b *bytes.Buffer) { b.WriteString(tag) })
	x.zip.Close()
	return x.out.Bytes(), hex.EncodeToString(x.sum.Sum(nil))
}

func xmlText(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s))
	return b.String()
}

// writeFiles writes a package as filelists.xml has it.
func writeFiles(b *bytes.Buffer, p *rpmRow, id string, held []record) {
	epoch, _ := asInt(p.epoch)
	fmt.Fprintf(b, "<package pkgid=\"%s\" name=\"%s\" arch=\"%s\">\n  <version epoch=\"%d\" ver=\"%s\" rel=\"%s\"/>\n",
		id, xmlText(p.name), xmlText(p.arch), epoch, xmlText(p.version), xmlText(p.release))
	for _, f := range held {
		writeFile(b, f)
	}
	b.WriteString("</package>\n")
}

func writeFile(b *bytes.Buffer, f record) {
	kind := ""
	if mode, _ := f["mode"].(int); mode&0o170000 == 0o040000 {
		kind = ` type="dir"`
	}
	fmt.Fprintf(b, "  <file%s>%s</file>\n", kind, xmlText(pyText(f["name"])))
}

// writePackage writes a package as primary.xml has it.
func writePackage(b *bytes.Buffer, p *rpmRow, id string, h rpmHeader, held []record) {
	epoch, _ := asInt(p.epoch)
	dir := fmt.Sprintf("toplink/packages/%s/%s/%s/%s/", p.build.pkg.name, p.build.version, p.build.release, p.arch)
	fmt.Fprintf(b, `<package type="rpm">
  <name>%s</name>
  <arch>%s</arch>
  <version epoch="%d" ver="%s" rel="%s"/>
  <checksum type="sha256" pkgid="YES">%s</checksum>
  <summary>%s</summary>
  <description>%s</description>
  <packager/>
  <url/>
  <time file="%d" build="%d"/>
  <size package="%d" installed="%d" archive="%d"/>
  <location href="%s"/>
  <format>
    <rpm:license>%s</rpm:license>
    <rpm:sourcerpm>%s</rpm:sourcerpm>
`, xmlText(p.name), xmlText(p.arch), epoch, xmlText(p.version), xmlText(p.release), id, xmlText(h.text(tagSummary)), xmlText(h.text(tagDescription)),
		p.buildtime, p.buildtime, p.size, p.size, p.size, xmlText(dir+p.nvra()+".rpm"), xmlText(h.text(1014)), xmlText(h.text(tagSourceRPM)))
	for _, kind := range []struct {
		word                 string
		name, version, flags int
	}{
		{"provides", 1047, 1113, 1112}, {"requires", 1049, 1050, 1048}, {"conflicts", 1054, 1055, 1053}, {"obsoletes", 1090, 1115, 1114},
		{"suggests", 5049, 5050, 5051}, {"enhances", 5055, 5056, 5057}, {"supplements", 5052, 5053, 5054}, {"recommends", 5046, 5047, 5048},
	} {
		names, _ := h[kind.name].([]string)
		versions, _ := h[kind.version].([]string)
		flags, _ := h[kind.flags].([]int)
		first := true
		for i, name := range names {
			if i >= len(versions) || i >= len(flags) || strings.HasPrefix(name, "rpmlib(") {
				continue
			}
			if first {
				fmt.Fprintf(b, "    <rpm:%s>\n", kind.word)
				first = false
			}
			fmt.Fprintf(b, "      <rpm:entry name=\"%s\"", xmlText(name))
			if op := []string{"", "LT", "GT", "", "EQ", "LE", "GE", ""}[flags[i]>>1&7]; op != "" {
				e, v, release := splitEVR(versions[i])
				fmt.Fprintf(b, ` flags="%s" epoch="%s" ver="%s"`, op, xmlText(e), xmlText(v))
				if release != "" {
					fmt.Fprintf(b, ` rel="%s"`, xmlText(release))
				}
			}
			b.WriteString("/>\n")
		}
		if !first {
			fmt.Fprintf(b, "    </rpm:%s>\n", kind.word)
		}
	}
	for _, f := range held {
		if name := pyText(f["name"]); strings.HasPrefix(name, "/etc/") || strings.Contains(name, "bin/") || name == "/usr/lib/sendmail" {
			writeFile(b, f)
		}
	}
	b.WriteString("  </format>\n</package>\n")
}

// splitEVR cuts "epoch:version-release".
func splitEVR(s string) (epoch, version, release string) {
	epoch, version, ok := strings.Cut(s, ":")
	if !ok {
		epoch, version = "0", s
	}
	if i := strings.LastIndexByte(version, '-'); i >= 0 {
		version, release = version[:i], version[i+1:]
	}
	return epoch, version, release
}
