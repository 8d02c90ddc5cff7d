// SPDX-License-Identifier: MIT

package koji_test

import (
	"context"

	"github.com/seed-f134cc8e/relkit/koji"
)

type (
	client = koji.Client
	ctxt   = context.Context
)

// adapters say which typed method stands for which upstream method.
var adapters = func() map[string]adapter {
	all := map[string]adapter{}
	for _, m := range []map[string]adapter{sessionMethods, buildMethods, tagMethods, taskMethods, contentMethods, repoMethods, peopleMethods, creatingMethods} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}()

var sessionMethods = map[string]adapter{
	"getLoggedInUser": plain((*client).LoggedInUser),
	"getSessionInfo":  plain((*client).SessionInfo),
	"showSession":     plain((*client).SessionText),
	"getKojiVersion":  plain((*client).KojiVersion),
	"getAPIVersion":   plain((*client).APIVersion),
	"getPerms":        plain((*client).MyPermissions),
	"logout":          func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.Logout(ctx)) },
	"logoutChild": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.LogoutChild(ctx, a.num("session_id")))
	},
	"exclusiveSession": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.ExclusiveSession(ctx, a.yes("force")))
	},
	"sharedSession": func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.SharedSession(ctx)) },
	"hasPerm":       func(ctx ctxt, c *client, a *args) (any, error) { return answer(c.HasPermission(ctx, a.str("perm"))) },
}

var buildMethods = map[string]adapter{
	"getBuild":      byRef("buildInfo", (*client).Build),
	"findBuildID":   byRef("X", (*client).FindBuildID),
	"getBuildType":  byRef("buildInfo", (*client).BuildTypes),
	"getBuildLogs":  byRef("build", (*client).BuildLogs),
	"listBuildRPMs": byRef("build", (*client).BuildRPMs),
	"getImageBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		is, err := c.IsImageBuild(ctx, a.ref("buildInfo"))
		if is {
			b, err := c.Build(ctx, a.ref("buildInfo"))
			return map[string]any{"build_id": b.ID}, err
		}
		return nil, err
	},
	"cancelBuild": byRef("buildID", (*client).CancelBuild),
	"listBTypes":  plain((*client).ListBuildTypes),
	"listBuilds": func(ctx ctxt, c *client, a *args) (any, error) {
		var q koji.BuildQuery
		a.fill(&q)
		if countOnly(a) {
			return answer(c.CountBuilds(ctx, q))
		}
		return answer(c.ListBuilds(ctx, q))
	},
	"getAverageBuildDuration": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.AverageBuildDuration(ctx, a.ref("package"), a.num("age")))
	},
	"getNextRelease": func(ctx ctxt, c *client, a *args) (any, error) {
		info := a.sub("build_info")
		return answer(c.NextRelease(ctx, info.str("name"), info.str("version")))
	},
	"buildReferences": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.BuildReferences(ctx, a.ref("build"), a.num("limit")))
	},
	"getChangelogEntries": query((*client).Changelog),
	"untaggedBuilds":      func(ctx ctxt, c *client, a *args) (any, error) { return answer(c.UntaggedBuilds(ctx, a.str("name"))) },
	"promoteBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.PromoteBuild(ctx, a.ref("build"), a.yes("force")))
	},
	"deleteBuild": func(ctx ctxt, c *client, a *args) (any, error) { return deleted(c.DeleteBuild(ctx, a.ref("build"))) },
	"resetBuild":  func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.ResetBuild(ctx, a.ref("build"))) },
	"setBuildOwner": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.SetBuildOwner(ctx, a.ref("build"), a.ref("user")))
	},
	"setBuildTimestamp": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.SetBuildTimestamp(ctx, a.ref("build"), toTime(a.m["ts"])))
	},
	"createEmptyBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		n := koji.NVR{Name: a.str("name"), Version: a.str("version"), Release: a.str("release")}
		if a.m["epoch"] != nil {
			n.Epoch = new(a.num("epoch"))
		}
		return answer(c.CreateEmptyBuild(ctx, n, a.yes("draft")))
	},
	"addBType": func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.AddBuildType(ctx, a.str("name"))) },
	"search": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.SearchQuery{Terms: a.str("terms"), Type: a.str("type"), Match: a.str("matchType")}
		a.fill(&q)
		return answer(c.Search(ctx, q))
	},
}

// deleted: the method reports no more than success, which the hub says by true.
func deleted(err error) (any, error) { return err == nil, err }

var tagMethods = map[string]adapter{
	"getTag": func(ctx ctxt, c *client, a *args) (any, error) {
		if a.yes("blocked") {
			return answer(c.TagWithBlocked(ctx, a.ref("tagInfo")))
		}
		return answer(c.TagAt(ctx, a.ref("tagInfo"), a.num("event")))
	},
	"getTagID": byRef("info", (*client).FindTagID),
	"getBuildConfig": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.BuildConfig(ctx, a.ref("tag"), a.num("event")))
	},
	"listTags": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.TagsQuery{OmitPerms: a.no("perms")}
		a.fill(&q)
		return answer(c.ListTags(ctx, q))
	},
	"getInheritanceData": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.Inheritance(ctx, a.ref("tag"), a.num("event")))
	},
	"getFullInheritance": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.FullInheritance(ctx, a.ref("tag"), a.num("event"), a.yes("reverse")))
	},
	"setInheritanceData": func(ctx ctxt, c *client, a *args) (any, error) {
		links, _ := a.m["data"].([]any)
		var out []koji.InheritanceLink
		for _, l := range links {
			m, ok := l.(map[string]any)
			if !ok {
				a.cannot("a link is %T", l)
			}
			s := &args{m: m}
			link := koji.InheritanceLink{
				ParentID: s.num("parent_id"), Priority: s.num("priority"), Intransitive: s.yes("intransitive"),
				NoConfig: s.yes("noconfig"), PkgFilter: s.str("pkg_filter"), Delete: s.yes("delete link"),
			}
			if m["maxdepth"] != nil {
				link.MaxDepth = new(s.num("maxdepth"))
			}
			out = append(out, link)
		}
		return nothing(c.SetInheritance(ctx, a.ref("tag"), out, a.yes("clear")))
	},
	"listTagged": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.TaggedQuery{Tag: a.ref("tag"), Latest: a.latest(), Missing: a.no("strict")}
		a.fill(&q)
		return answer(c.ListTagged(ctx, q))
	},
	"getLatestBuilds": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.LatestQuery{Tag: a.ref("tag")}
		a.fill(&q)
		return answer(c.ListLatestBuilds(ctx, q))
	},
	"listTaggedRPMS": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.TaggedRPMQuery{Tag: a.ref("tag"), Latest: a.latest(), Arches: a.strs("arch"), OmitExtra: a.no("extra")}
		a.fill(&q)
		rpms, builds, err := c.ListTaggedRPMs(ctx, q)
		return []any{rpms, builds}, err
	},
	"getLatestRPMS": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.TaggedRPMQuery{Tag: a.ref("tag"), Arches: a.strs("arch")}
		a.fill(&q)
		rpms, builds, err := c.ListLatestRPMs(ctx, q)
		return []any{rpms, builds}, err
	},
	"listTaggedArchives": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.TaggedArchiveQuery{Tag: a.ref("tag"), Latest: a.latest()}
		a.fill(&q)
		archives, builds, err := c.ListTaggedArchives(ctx, q)
		return []any{archives, builds}, err
	},
	"listPackages": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.PackageQuery{OmitOwners: a.no("with_owners"), OmitBlocked: a.no("with_blocked")}
		a.fill(&q)
		return answer(c.ListPackages(ctx, q))
	},
	"listPackagesSimple": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.ListPackageNames(ctx, a.str("prefix")))
	},
	"getPackage":   byRef("info", (*client).Package),
	"getPackageID": func(ctx ctxt, c *client, a *args) (any, error) { return answer(c.FindPackageID(ctx, a.str("name"))) },
	"getPackageConfig": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.PackageConfig(ctx, a.ref("tag"), a.ref("pkg"), a.num("event")))
	},
	"checkTagPackage": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.CheckTagPackage(ctx, a.ref("tag"), a.ref("pkg")))
	},
	"packageListAdd": func(ctx ctxt, c *client, a *args) (any, error) {
		p := koji.PackageListing{Tag: a.ref("taginfo"), Package: a.ref("pkginfo")}
		a.fill(&p)
		return nothing(c.AddPackage(ctx, p))
	},
	"packageListRemove": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.RemovePackage(ctx, a.ref("taginfo"), a.ref("pkginfo"), a.yes("force")))
	},
	"packageListBlock": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.BlockPackage(ctx, a.ref("taginfo"), a.ref("pkginfo"), a.yes("force")))
	},
	"packageListUnblock": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.UnblockPackage(ctx, a.ref("taginfo"), a.ref("pkginfo"), a.yes("force")))
	},
	"packageListSetOwner": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.SetPackageOwner(ctx, a.ref("taginfo"), a.ref("pkginfo"), a.ref("owner"), a.yes("force")))
	},
	"createTag": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.TagRequest{Name: a.str("name")}
		arches := a.str("arches")
		a.fill(&r)
		if arches != "" {
			r.Arches = []string{arches}
		}
		return answer(c.CreateTag(ctx, r))
	},
	"editTag2": func(ctx ctxt, c *client, a *args) (any, error) {
		var e koji.TagEdit
		a.fill(&e)
		return nothing(c.EditTag(ctx, a.ref("tagInfo"), e))
	},
	"deleteTag": func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.DeleteTag(ctx, a.ref("tagInfo"))) },
	"checkTagAccess": func(ctx ctxt, c *client, a *args) (any, error) {
		got, err := c.CheckTagAccess(ctx, a.ref("tag_id"), a.ref("user_id"))
		return []any{got.Allowed, got.Force, got.Reason}, err
	},
	"tagBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.TagBuild(ctx, a.ref("tag"), a.ref("build"), a.yes("force")))
	},
	"tagBuildBypass": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.TagBuildDirectly(ctx, a.ref("tag"), a.ref("build"), a.yes("force")))
	},
	"massTag": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.TagBuilds(ctx, a.ref("tag"), a.refs("builds")))
	},
	"untagBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		if a.no("strict") {
			return nothing(c.EnsureUntagged(ctx, a.ref("tag"), a.ref("build"), a.yes("force")))
		}
		return nothing(c.UntagBuild(ctx, a.ref("tag"), a.ref("build"), a.yes("force")))
	},
	"moveBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.MoveBuild(ctx, a.ref("tag1"), a.ref("tag2"), a.ref("build"), a.yes("force")))
	},
	"moveAllBuilds": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.MoveAllBuilds(ctx, a.ref("tag1"), a.ref("tag2"), a.ref("package"), a.yes("force")))
	},
	"createSideTag": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.SideTagRequest{BaseTag: a.ref("basetag")}
		a.fill(&r)
		return answer(c.CreateSideTag(ctx, r))
	},
	"removeSideTag": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.RemoveSideTag(ctx, a.ref("sidetag")))
	},
	"listSideTags": query((*client).ListSideTags),
	"editSideTag": func(ctx ctxt, c *client, a *args) (any, error) {
		var e koji.SideTagEdit
		a.fill(&e)
		return nothing(c.EditSideTag(ctx, a.ref("sidetag"), e))
	},
	"getTagGroups": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.GroupQuery{Tag: a.ref("tag"), Own: a.no("inherit"), OmitPackages: a.no("incl_pkgs"), OmitGroups: a.no("incl_reqs")}
		a.fill(&q)
		return answer(c.ListGroups(ctx, q))
	},
	"groupListAdd": func(ctx ctxt, c *client, a *args) (any, error) {
		g := koji.GroupListing{Tag: a.ref("taginfo"), Group: a.ref("grpinfo")}
		a.fill(&g)
		return nothing(c.AddGroup(ctx, g))
	},
	"groupListRemove": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.RemoveGroup(ctx, a.ref("taginfo"), a.ref("grpinfo"), a.yes("force")))
	},
	"groupPackageListAdd": func(ctx ctxt, c *client, a *args) (any, error) {
		p := koji.GroupPackageListing{Tag: a.ref("taginfo"), Group: a.ref("grpinfo"), Package: a.str("pkg_name")}
		a.fill(&p)
		return nothing(c.AddGroupPackage(ctx, p))
	},
	"groupReqListAdd": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.GroupReqListing{Tag: a.ref("taginfo"), Group: a.ref("grpinfo"), Req: a.ref("reqinfo")}
		a.fill(&r)
		return nothing(c.AddGroupReq(ctx, r))
	},
	"tagFirstChangeEvent": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.TagFirstChange(ctx, a.ref("tag"), a.num("after")))
	},
	"tagLastChangeEvent": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.TagLastChange(ctx, a.ref("tag"), a.num("before")))
	},
	"tagChangedSinceEvent": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.TagsChangedSince(ctx, a.num("event"), a.refs("taglist")...))
	},
	"getLastEvent": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.LastEvent(ctx, toTime(a.m["before"])))
	},
	"getEvent":     byNumber("id", (*client).Event),
	"queryHistory": query((*client).History),
}
