// SPDX-License-Identifier: MIT

package koji_test

import (
	"github.com/seed-f134cc8e/relkit/koji"
)

var peopleMethods = map[string]adapter{
	"getUser": func(ctx ctxt, c *client, a *args) (any, error) {
		switch {
		case a.m["userInfo"] == nil:
			return answer(c.Myself(ctx))
		case a.yes("groups"):
			return answer(c.UserWithGroups(ctx, a.ref("userInfo")))
		}
		return answer(c.User(ctx, a.ref("userInfo")))
	},
	"listUsers": func(ctx ctxt, c *client, a *args) (any, error) {
		var q koji.UserQuery
		a.fill(&q)
		switch v := a.m["userType"].(type) {
		case []any:
			for _, n := range a.nums("userType") {
				q.Types = append(q.Types, koji.UserType(n))
			}
		case nil:
			if a.has("userType") {
				a.cannot("all types by nil")
			}
		default:
			a.cannot("userType is %T", v)
		}
		return answer(c.ListUsers(ctx, q))
	},
	"createUser": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.CreateUser(ctx, a.str("username"), a.str("krb_principal")))
	},
	"editUser": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.EditUser(ctx, a.ref("userInfo"), koji.UserEdit{Name: a.str("name")}))
	},
	"enableUser":              func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.EnableUser(ctx, a.ref("username"))) },
	"disableUser":             func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.DisableUser(ctx, a.ref("username"))) },
	"getAllPerms":             plain((*client).ListPermissions),
	"getUserPerms":            byRef("userID", (*client).UserPermissions),
	"getUserPermsInheritance": byRef("userID", (*client).UserPermissionSources),
	"getUserGroups":           byRef("user", (*client).UserGroups),
	"getGroupMembers":         byRef("group", (*client).GroupMembers),
	"grantPermission": func(ctx ctxt, c *client, a *args) (any, error) {
		if a.yes("create") {
			return nothing(c.CreatePermission(ctx, a.ref("userinfo"), a.str("permission"), a.str("description")))
		}
		return nothing(c.GrantPermission(ctx, a.ref("userinfo"), a.str("permission")))
	},
	"revokePermission": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.RevokePermission(ctx, a.ref("userinfo"), a.str("permission")))
	},
	"newGroup": func(ctx ctxt, c *client, a *args) (any, error) { return answer(c.CreateUserGroup(ctx, a.str("name"))) },
	"addGroupMember": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.AddGroupMember(ctx, a.ref("group"), a.ref("user")))
	},
	"dropGroupMember": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.RemoveGroupMember(ctx, a.ref("group"), a.ref("user")))
	},
}

var creatingMethods = map[string]adapter{
	"build": func(ctx ctxt, c *client, a *args) (any, error) {
		o := a.sub("opts")
		r := koji.BuildRequest{
			Source: a.str("src"), Target: a.str("target"), Priority: a.num("priority"), Channel: a.str("channel"),
			Scratch: o.yes("scratch"), RepoID: o.num("repo_id"), SkipTag: o.yes("skip_tag"), FailFast: o.yes("fail_fast"),
			WaitRepo: o.yes("wait_repo"), WaitBuilds: o.strs("wait_builds"), Draft: o.yes("draft"), UserMetadata: o.dict("custom_user_metadata"),
		}
		if s := o.str("arch_override"); s != "" {
			r.Arches = []string{s}
		}
		if o.has("rebuild_srpm") {
			r.RebuildSRPM = new(o.yes("rebuild_srpm"))
		}
		r.Options = o.except("scratch", "repo_id", "skip_tag", "fail_fast", "wait_repo", "wait_builds", "draft", "custom_user_metadata", "arch_override", "rebuild_srpm")
		a.why = o.why
		return answer(c.StartBuild(ctx, r))
	},
	"chainBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.ChainRequest{Target: a.str("target"), Priority: a.num("priority"), Channel: a.str("channel"), Options: a.dict("opts")}
		groups, _ := a.m["srcs"].([]any)
		for _, g := range groups {
			r.Groups = append(r.Groups, (&args{m: map[string]any{"g": g}}).strs("g"))
		}
		return answer(c.StartChainBuild(ctx, r))
	},
	"runroot": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.RunRootRequest{Tag: a.ref("tagInfo"), Arch: a.str("arch")}
		if s, one := a.m["command"].(string); one {
			r.Shell = s
		} else {
			r.Command = a.strs("command")
		}
		a.fill(&r)
		return answer(c.StartRunRoot(ctx, r))
	},
	"distRepo": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.DistRepoRequest{
			Tag: a.ref("tag"), Keys: a.strs("keys"), Arches: a.strs("arch"), Comps: a.str("comp"), DeltaRepos: a.nums("delta"),
			Event: a.num("event"), Own: a.no("inherit"), AllBuilds: a.no("latest"), AllowUnsigned: a.yes("allow_missing_signatures"),
			SkipUnsigned: a.yes("skip_missing_signatures"), SplitDebuginfo: a.yes("split_debuginfo"), Zchunk: a.yes("zck"),
			ZchunkDictDir: a.str("zck_dict_dir"), WriteSigned: a.yes("write_signed_rpms"), Volume: a.str("volume"),
		}
		if s, ok := a.m["multilib"].(string); ok {
			r.Multilib = s
		}
		r.Options = a.except("tag", "keys", "arch", "comp", "delta", "event", "inherit", "latest", "allow_missing_signatures",
			"skip_missing_signatures", "split_debuginfo", "zck", "zck_dict_dir", "write_signed_rpms", "volume", "multilib")
		return answer(c.StartDistRepo(ctx, r))
	},
	"buildImage": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.StartImage(ctx, koji.ImageRequest{
			Type: a.str("img_type"), Name: a.str("name"), Version: a.str("version"), Arches: a.strs("arch"), Target: a.ref("target"),
			Kickstart: a.str("ksfile"), Options: a.dict("opts"), Priority: a.num("priority"),
		}))
	},
	"buildImageOz": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.StartOzImage(ctx, koji.OzImageRequest{
			Name: a.str("name"), Version: a.str("version"), Arches: a.strs("arches"), Target: a.ref("target"),
			InstallTree: a.str("inst_tree"), Options: a.dict("opts"), Priority: a.num("priority"),
		}))
	},
	"buildImageIndirection": func(ctx ctxt, c *client, a *args) (any, error) {
		o := a.sub("opts")
		return answer(c.StartIndirection(ctx, koji.IndirectionRequest{
			Name: o.str("name"), Version: o.str("version"), Release: o.str("release"), Target: o.ref("target"), Arches: o.strs("arches"),
			BaseTask: o.num("base_image_task"), BaseBuild: o.ref("base_image_build"), Template: o.str("indirection_template"),
			TemplateURL: o.str("indirection_template_url"), ResultLocation: o.str("results_loc"), Scratch: o.yes("scratch"), Priority: a.num("priority"),
		}))
	},
	"kiwiBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.KiwiRequest{
			Target: a.ref("target"), Arches: a.strs("arches"), DescriptionURL: a.str("desc_url"), Description: a.str("desc_path"),
			NoBuildrootRepo: a.no("use_buildroot_repo"),
		}
		a.fill(&r)
		return answer(c.StartKiwi(ctx, r))
	},
	"multiCall": func(ctx ctxt, c *client, a *args) (any, error) {
		calls, ok := a.m["calls"].([]any)
		if !ok {
			a.cannot("calls is %T", a.m["calls"])
		}
		b := c.NewBatch()
		var futures []*koji.Future[any]
		for _, x := range calls {
			m, _ := x.(map[string]any)
			name, ok := m["methodName"].(string)
			if !ok || len(m) != 2 {
				a.cannot("a call is %v", x)
				return nil, nil
			}
			params, _ := m["params"].([]any)
			futures = append(futures, koji.Add[any](b, name, raw(params, func(n map[string]any) any { return koji.Named(n) })...))
		}
		if err := b.Do(ctx); err != nil {
			return nil, err
		}
		out := []any{}
		for _, f := range futures {
			v, err := f.Get()
			if err != nil {
				out = append(out, err)
				continue
			}
			out = append(out, []any{v})
		}
		return out, nil
	},
}

// metadata reads recorded metadata of a content generator into its typed form.
func metadata(a *args) *koji.CGMetadata {
	b := a.sub("build")
	m := &koji.CGMetadata{Version: a.num("metadata_version"), Build: koji.CGMetaBuild{
		NVR: koji.NVR{Name: b.str("name"), Version: b.str("version"), Release: b.str("release")}, ID: b.num("build_id"), TaskID: b.num("task_id"),
		Source: b.str("source"), Started: toTime(b.m["start_time"]), Ended: toTime(b.m["end_time"]), Owner: b.str("owner"),
		Draft: b.yes("draft"), Extra: b.dict("extra"),
	}}
	if b.m["epoch"] != nil {
		m.Build.NVR.Epoch = new(b.num("epoch"))
	}
	each := func(s *args, name string, f func(*args)) {
		list, _ := s.m[name].([]any)
		for _, x := range list {
			mm, _ := x.(map[string]any)
			f(&args{m: mm})
		}
	}
	parts := func(s *args) []koji.CGComponent {
		out := []koji.CGComponent{}
		each(s, "components", func(p *args) {
			c := koji.CGComponent{Type: p.str("type"), SigMD5: p.str("sigmd5"), Signature: p.str("signature"),
				NVR:      koji.NVR{Name: p.str("name"), Version: p.str("version"), Release: p.str("release"), Arch: p.str("arch")},
				Filename: p.str("filename"), Size: int64(p.num("filesize")), Checksum: p.str("checksum"), ChecksumType: p.str("checksum_type"),
				BuildNVR: p.str("nvr"), ArchiveID: p.num("archive_id")}
			if p.m["epoch"] != nil {
				c.NVR.Epoch = new(p.num("epoch"))
			}
			out = append(out, c)
		})
		return out
	}
	each(a, "buildroots", func(r *args) {
		host, gen, con := r.sub("host"), r.sub("content_generator"), r.sub("container")
		root := koji.CGBuildroot{ID: r.num("id"), HostOS: host.str("os"), HostArch: host.str("arch"), Generator: gen.str("name"), GenVersion: gen.str("version"),
			ContainerType: con.str("type"), ContainerArch: con.str("arch"), Components: parts(r), Extra: r.dict("extra")}
		each(r, "tools", func(t *args) {
			root.Tools = append(root.Tools, koji.CGTool{Name: t.str("name"), Version: t.str("version")})
		})
		m.Buildroots = append(m.Buildroots, root)
	})
	each(a, "output", func(o *args) {
		out := koji.CGOutput{BuildrootID: o.num("buildroot_id"), Filename: o.str("filename"), RelPath: o.str("relpath"), Subdir: o.str("subdir"),
			Size: int64(o.num("filesize")), Arch: o.str("arch"), ChecksumType: o.str("checksum_type"), Checksum: o.str("checksum"), Type: o.str("type"), Extra: o.dict("extra")}
		if o.has("components") {
			out.Components = parts(o)
		}
		m.Output = append(m.Output, out)
	})
	return m
}
