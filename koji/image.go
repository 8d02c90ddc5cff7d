// SPDX-License-Identifier: MIT

package koji

import "context"

// An ImageRequest asks for an image made from a kickstart file: of type
// "livecd", "appliance" or "livemedia" (the first two are deprecated).
type ImageRequest struct {
	Type      string
	Name      string
	Version   string
	Arches    []string // exactly one unless Type is "livemedia"
	Target    Ref
	Kickstart string // path in the sources that Options names by ksurl, or an upload
	Options   Named  // scratch, ksurl, ksversion, repo, release, ...
	Priority  int    // relative to the usual
}

// StartImage submits an image build and returns its task's number. It needs
// the permission of the type's name. It calls buildImage.
func (c *Client) StartImage(ctx context.Context, r ImageRequest) (int, error) {
	if len(r.Arches) == 0 || r.Type != "livemedia" && len(r.Arches) > 1 {
		return 0, invalid("buildImage", "%d arches for an image of type %s", len(r.Arches), r.Type)
	}
	var arch any = r.Arches[0]
	if r.Type == "livemedia" {
		arch = r.Arches
	}
	args := []any{r.Name, r.Version, arch, r.Target, r.Kickstart, r.Type}
	return value[int](ctx, c, "buildImage", submission(args, r.Options, r.Priority, "")...)
}

// IsImageBuild reports whether a build holds images. It calls getImageBuild.
func (c *Client) IsImageBuild(ctx context.Context, build Ref) (bool, error) {
	m, err := value[map[string]any](ctx, c, "getImageBuild", build)
	return m != nil, err
}

// An OzImageRequest asks for an image installed from a tree by Oz.
type OzImageRequest struct {
	Name        string
	Version     string
	Arches      []string
	Target      Ref
	InstallTree string // URL of an installation tree
	Options     Named  // kickstart, ksurl, distro, disk_size, format, ...
	Priority    int    // relative to the usual
}

// StartOzImage submits an image build and returns its task's number. It needs
// the permission image. It calls buildImageOz.
func (c *Client) StartOzImage(ctx context.Context, r OzImageRequest) (int, error) {
	args := []any{r.Name, r.Version, r.Arches, r.Target, r.InstallTree}
	return value[int](ctx, c, "buildImageOz", submission(args, r.Options, r.Priority, "")...)
}

// An IndirectionRequest asks for an image made inside another.
type IndirectionRequest struct {
	Name           string
	Version        string
	Release        string
	Target         Ref
	Arches         []string
	BaseTask       int // task or build that made the base image: one of the two
	BaseBuild      Ref
	Template       string // path of the template in TemplateURL's sources
	TemplateURL    string
	ResultLocation string // path of the result inside the image
	Scratch        bool
	Options        Named // options that have no field here
	Priority       int   // relative to the usual
}

// StartIndirection submits an image build and returns its task's number. It
// needs the permission image. It calls buildImageIndirection.
func (c *Client) StartIndirection(ctx context.Context, r IndirectionRequest) (int, error) {
	opts := map[string]any{"name": r.Name, "version": r.Version, "target": r.Target, "arches": r.Arches}
	set := func(name string, on bool, v any) {
		if on {
			opts[name] = v
		}
	}
	set("release", r.Release != "", r.Release)
	set("base_image_task", r.BaseTask != 0, r.BaseTask)
	set("base_image_build", r.BaseBuild != "", r.BaseBuild)
	set("indirection_template", r.Template != "", r.Template)
	set("indirection_template_url", r.TemplateURL != "", r.TemplateURL)
	set("results_loc", r.ResultLocation != "", r.ResultLocation)
	set("scratch", r.Scratch, true)
	for k, v := range r.Options {
		opts[k] = v
	}
	n := Named{}
	if r.Priority != 0 {
		n["priority"] = r.Priority
	}
	return value[int](ctx, c, "buildImageIndirection", arguments([]any{opts}, n)...)
}

// A KiwiRequest asks for an image described for kiwi.
type KiwiRequest struct {
	Target         Ref
	Arches         []string
	DescriptionURL string // sources of the description: "git+https://host/path#commit"
	Description    string // path of the description in them

	OptionalArches  []string       `koji:"optional_arches"` // that may fail
	Profile         string         `koji:"profile"`
	Scratch         bool           `koji:"scratch"`
	Priority        int            `koji:"priority"` // relative to the usual
	MakePrep        bool           `koji:"make_prep"`
	Repos           []string       `koji:"repos"`
	Release         string         `koji:"release"`
	Type            string         `koji:"type"`
	TypeAttr        map[string]any `koji:"type_attr"`
	BundleName      string         `koji:"result_bundle_name_format"`
	Version         string         `koji:"version"`
	RepoReleasever  string         `koji:"repo_releasever"`
	NoBuildrootRepo bool           // don't install from the target's own repo
	Options         Named          `koji:"..."` // options that have no field here
}

// StartKiwi submits an image build and returns its task's number. It needs
// the permission image. It calls kiwiBuild of the kiwi plugin.
func (c *Client) StartKiwi(ctx context.Context, r KiwiRequest) (int, error) {
	n := named(r)
	if r.NoBuildrootRepo {
		n["use_buildroot_repo"] = false
	}
	args := []any{r.Target, r.Arches, r.DescriptionURL, r.Description}
	return value[int](ctx, c, "kiwiBuild", arguments(args, n)...)
}

// An OSBuildRequest asks for images made by osbuild's composer.
type OSBuildRequest struct {
	Name       string
	Version    string
	Distro     string // of osbuild: "fedora-41"
	ImageTypes []string
	Target     Ref
	Arches     []string
	Options    Named // release, repo, compose_url, ...
	Priority   int   // relative to the usual
}

// StartOSBuild submits an image build and returns its task's number. It calls
// osbuildImage of the osbuild plugin.
func (c *Client) StartOSBuild(ctx context.Context, r OSBuildRequest) (int, error) {
	args := []any{r.Name, r.Version, r.Distro, r.ImageTypes, r.Target, r.Arches}
	return value[int](ctx, c, "osbuildImage", submission(args, r.Options, r.Priority, "")...)
}

// A ContainerRequest asks for a container image.
type ContainerRequest struct {
	Source   string // "git+https://host/path#commit"
	Target   Ref
	Options  Named // scratch, isolated, release, git_branch, ...
	Priority int   // relative to the usual
	Channel  string
}

// StartContainer submits a container build and returns its task's number. It
// calls buildContainer of the containerbuild plugin.
func (c *Client) StartContainer(ctx context.Context, r ContainerRequest) (int, error) {
	return value[int](ctx, c, "buildContainer", submission([]any{r.Source, r.Target}, r.Options, r.Priority, r.Channel)...)
}

// A RunRootRequest asks for a command to be run in a buildroot of a tag.
type RunRootRequest struct {
	Tag     Ref
	Arch    string
	Command []string // run as it stands
	Shell   string   // run by a shell, instead of Command

	Channel     string   `koji:"channel"`
	Packages    []string `koji:"packages"` // installed in addition
	Mounts      []string `koji:"mounts"`
	RepoID      int      `koji:"repo_id"`
	Weight      float64  `koji:"weight"`
	UploadLogs  []string `koji:"upload_logs"` // files that become the task's output
	Keep        bool     `koji:"keep"`        // don't remove the buildroot
	SkipSetarch bool     `koji:"skip_setarch"`
	NewChroot   *bool    `koji:"new_chroot"`
}

// StartRunRoot submits a command and returns its task's number. It needs the
// permission runroot. It calls runroot of the runroot plugin.
func (c *Client) StartRunRoot(ctx context.Context, r RunRootRequest) (int, error) {
	var command any = r.Command
	switch {
	case r.Shell != "" && len(r.Command) > 0:
		return 0, invalid("runroot", "Command and Shell exclude each other")
	case r.Shell != "":
		command = r.Shell
	case len(r.Command) == 0:
		return 0, invalid("runroot", "no command given")
	}
	return value[int](ctx, c, "runroot", arguments([]any{r.Tag, r.Arch, command}, named(r))...)
}

// A DistRepoRequest asks for a repo for distribution, of signed rpms.
type DistRepoRequest struct {
	Tag  Ref
	Keys []string // signing keys, the preferred first

	Arches         []string
	Comps          string // path of an uploaded comps file
	Multilib       string // path of an uploaded multilib configuration
	DeltaRepos     []int  // repos that deltas are made against
	Event          int    // 0 is now
	Own            bool   // not what the tag inherits
	AllBuilds      bool   // all builds, not only the latest
	AllowUnsigned  bool   // take unsigned rpms where a signature is missing
	SkipUnsigned   bool   // leave out rpms without a signature
	SplitDebuginfo bool   // debuginfo packages in a repo of their own
	Zchunk         bool   // make zchunk metadata
	ZchunkDictDir  string // where its dictionaries are
	WriteSigned    bool   // write signed copies that are missing
	Volume         string // that the repo goes to
	Options        Named  // options that have no field here
}

// StartDistRepo submits a distribution repo and returns its task's number; the
// repo's number is in the task's request. It needs the permission dist-repo. It
// calls distRepo.
func (c *Client) StartDistRepo(ctx context.Context, r DistRepoRequest) (int, error) {
	n := Named{
		"arch": r.Arches, "comp": nil, "delta": r.DeltaRepos, "event": nil, "inherit": !r.Own, "latest": !r.AllBuilds,
		"multilib": false, "split_debuginfo": r.SplitDebuginfo, "zck": r.Zchunk,
		"allow_missing_signatures": r.AllowUnsigned, "skip_missing_signatures": r.SkipUnsigned,
	}
	set := func(name string, on bool, v any) {
		if on {
			n[name] = v
		}
	}
	set("comp", r.Comps != "", r.Comps)
	set("event", r.Event != 0, r.Event)
	set("multilib", r.Multilib != "", r.Multilib)
	set("zck_dict_dir", r.ZchunkDictDir != "", r.ZchunkDictDir)
	set("write_signed_rpms", r.WriteSigned, true)
	set("volume", r.Volume != "", r.Volume)
	for k, v := range r.Options {
		n[k] = v
	}
	keys := r.Keys
	if keys == nil {
		keys = []string{}
	}
	return value[int](ctx, c, "distRepo", r.Tag, keys, n)
}
