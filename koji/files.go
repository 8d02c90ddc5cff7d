// SPDX-License-Identifier: MIT

package koji

import (
	"net/url"
	"path"
	"strconv"
	"strings"
)

// The functions below give paths under a hub's top URL. They need no hub.

// volume is the prefix of what is not on the usual volume.
func volume(name string) string {
	if name == "" || name == "DEFAULT" {
		return ""
	}
	return "vol/" + name
}

// BuildPath returns a build's folder: "packages/bash/5.2/1.fc41".
func BuildPath(b Build) string {
	return path.Join(volume(b.Volume), "packages", b.Name, b.Version, b.Release)
}

// RPMPath returns an rpm's file in its build's folder.
func RPMPath(b Build, r RPM) string {
	return path.Join(BuildPath(b), r.Arch, r.Parsed().String()+".rpm")
}

// SignedRPMPath returns the copy of an rpm that is signed with a key.
func SignedRPMPath(b Build, r RPM, sigKey string) string {
	return path.Join(BuildPath(b), "data/signed", strings.ToLower(sigKey), r.Arch, r.Parsed().String()+".rpm")
}

// SignaturePath returns the stored signature header of an rpm.
func SignaturePath(b Build, r RPM, sigKey string) string {
	return path.Join(BuildPath(b), "data/sigcache", strings.ToLower(sigKey), r.Arch, r.Parsed().String()+".rpm.sig")
}

// BuildLogPath returns a log of a build: by the arch of the task that wrote
// it, "noarch" for builds without arch.
func BuildLogPath(b Build, arch, name string) string {
	return path.Join(BuildPath(b), "data/logs", arch, name)
}

// MetadataPath returns the metadata that a content generator's build came
// with.
func MetadataPath(b Build) string { return path.Join(BuildPath(b), "metadata.json") }

// ArchivePath returns an archive's file. Maven archives need GroupID,
// ArtifactID and Version, Windows ones RelPath, as listings of that type have
// them.
func ArchivePath(b Build, a Archive) string {
	dir := BuildPath(b)
	switch a.BuildType {
	case "maven":
		return path.Join(dir, "maven", strings.ReplaceAll(a.GroupID, ".", "/"), a.ArtifactID, a.Version, a.Filename)
	case "win":
		return path.Join(dir, "win", a.RelPath, a.Filename)
	case "image":
		return path.Join(dir, "images", a.Filename)
	}
	return path.Join(dir, "files", a.BuildType, a.Filename)
}

// TaskPath returns the folder of a task's output.
func TaskPath(id int) string {
	return path.Join("work/tasks", strconv.Itoa(id%10000), strconv.Itoa(id))
}

// RepoPath returns a repo's folder for an arch, or of all arches for "".
func RepoPath(r Repo, arch string) string {
	base := "repos"
	if r.Dist {
		base = "repos-dist"
	}
	return path.Join(base, r.Tag, strconv.Itoa(r.ID), arch)
}

// RepoArch returns the name of the folder in a repo that has the packages of an
// arch: those of i686 are in i386, those of armv7hl in armhfp.
func RepoArch(arch string) string {
	switch {
	case len(arch) == 4 && arch[0] == 'i' && strings.HasSuffix(arch, "86"), arch == "athlon":
		return "i386"
	case arch == "ia32e":
		return "x86_64"
	case strings.HasPrefix(arch, "ppc64") && arch != "ppc64le":
		return "ppc64"
	case strings.HasPrefix(arch, "sparc64"):
		return "sparc64"
	case strings.HasPrefix(arch, "sparc"):
		return "sparc"
	case strings.HasPrefix(arch, "alpha"):
		return "alpha"
	case strings.HasPrefix(arch, "arm") && strings.Contains(arch[3:], "h"):
		return "armhfp"
	case strings.HasPrefix(arch, "arm"):
		return "arm"
	}
	return arch
}

// LatestRepoPath returns the folder that always is a tag's newest repo.
func LatestRepoPath(tag, arch string) string { return path.Join("repos", tag, "latest", arch) }

// FileURL returns the address of a path under the top URL, "" without
// [WithTopURL].
func (c *Client) FileURL(p string) string {
	if c.hub.cfg.topURL == "" {
		return ""
	}
	parts := strings.Split(strings.TrimPrefix(p, "/"), "/")
	for i, s := range parts {
		parts[i] = url.PathEscape(s)
	}
	return c.hub.cfg.topURL + "/" + strings.Join(parts, "/")
}

// checkPath refuses paths that would leave the top URL.
func checkPath(p string) error {
	if p == "" {
		return invalid("download", "no path given")
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." {
			return invalid("download", "%q leaves the file server's tree", p)
		}
	}
	return nil
}
