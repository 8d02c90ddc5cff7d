// SPDX-License-Identifier: MIT

package koji_test

import (
	"encoding/base64"

	"github.com/seed-f134cc8e/relkit/koji"
)

var taskMethods = map[string]adapter{
	"getTaskInfo": func(ctx ctxt, c *client, a *args) (any, error) {
		if _, many := a.m["task_id"].([]any); many {
			if !a.yes("request") {
				a.cannot("many tasks without requests")
			}
			return answer(c.TasksByID(ctx, a.nums("task_id")))
		}
		if a.yes("request") {
			return answer(c.Task(ctx, a.num("task_id")))
		}
		return answer(c.TaskState(ctx, a.num("task_id")))
	},
	"getTaskChildren": byNumber("task_id", (*client).TaskChildren),
	"getTaskRequest":  byNumber("taskId", (*client).TaskRequest),
	"taskFinished":    byNumber("taskId", (*client).TaskFinished),
	"resubmitTask":    byNumber("taskID", (*client).ResubmitTask),
	"getTaskResult": func(ctx ctxt, c *client, a *args) (any, error) {
		if !a.no("raise_fault") {
			a.cannot("the typed method never has the fault raised")
		}
		var v any
		err := c.TaskResult(ctx, a.num("taskId"), &v)
		return v, err
	},
	"listTasks": func(ctx ctxt, c *client, a *args) (any, error) {
		var q koji.TaskQuery
		opts := a.sub("opts")
		if m, one := opts.m["method"].(string); one {
			q.Method = m
		}
		a.fill(&q)
		if countOnly(a) {
			return answer(c.CountTasks(ctx, q))
		}
		return answer(c.ListTasks(ctx, q))
	},
	"cancelTask": func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.CancelTask(ctx, a.num("task_id"))) },
	"cancelTaskFull": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.CancelTaskGroup(ctx, a.num("task_id")))
	},
	"cancelTaskChildren": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.CancelTaskChildren(ctx, a.num("task_id")))
	},
	"freeTask": func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.FreeTask(ctx, a.num("task_id"))) },
	"assignTask": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.AssignTask(ctx, a.num("task_id"), a.ref("host"), a.yes("force")))
	},
	"setTaskPriority": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.SetTaskPriority(ctx, a.num("task_id"), a.num("priority"), !a.no("recurse")))
	},
	"makeTask": func(ctx ctxt, c *client, a *args) (any, error) {
		list, _ := a.m["arglist"].([]any)
		return answer(c.MakeTask(ctx, a.str("method"), list, a.except("method", "arglist")))
	},
	"listTaskOutput": func(ctx ctxt, c *client, a *args) (any, error) {
		switch {
		case a.yes("stat"):
			a.cannot("sizes come without volumes")
			return nil, nil
		case a.yes("all_volumes"):
			return answer(c.TaskOutputVolumes(ctx, a.num("taskID")))
		}
		return answer(c.TaskOutput(ctx, a.num("taskID")))
	},
	"downloadTaskOutput": func(ctx ctxt, c *client, a *args) (any, error) {
		size := -1
		if a.has("size") {
			size = a.num("size")
		}
		data, err := c.TaskOutputPart(ctx, a.num("taskID"), a.str("fileName"), int64(a.num("offset")), size)
		return base64.StdEncoding.EncodeToString(data), err
	},
}

var contentMethods = map[string]adapter{
	"getRPM": func(ctx ctxt, c *client, a *args) (any, error) {
		if a.yes("multi") {
			return answer(c.RPMsNamed(ctx, a.ref("rpminfo")))
		}
		return answer(c.RPM(ctx, a.ref("rpminfo")))
	},
	"listRPMs": query((*client).ListRPMs),
	"getRPMDeps": func(ctx ctxt, c *client, a *args) (any, error) {
		if a.m["depType"] != nil {
			return answer(c.RPMDepsOf(ctx, a.ref("rpmID"), koji.RPMDepType(a.num("depType"))))
		}
		return answer(c.RPMDeps(ctx, a.ref("rpmID")))
	},
	"listRPMFiles": byRef("rpmID", (*client).RPMFiles),
	"getRPMFile": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.RPMFile(ctx, a.ref("rpmID"), a.str("filename")))
	},
	"getRPMHeaders": query((*client).RPMHeaders),
	"queryRPMSigs": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.RPMSignatures(ctx, a.ref("rpm_id"), a.str("sigkey")))
	},
	"writeSignedRPM": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.WriteSignedRPM(ctx, a.ref("an_rpm"), a.str("sigkey"), a.yes("force")))
	},
	"importRPM": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.ImportRPM(ctx, a.str("path"), a.str("basename")))
	},
	"getRPMChecksums": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.RPMChecksums(ctx, a.ref("rpm_id"), a.strs("checksum_types")...))
	},
	"addRPMSig": func(ctx ctxt, c *client, a *args) (any, error) {
		header, err := base64.StdEncoding.DecodeString(a.str("data"))
		if err != nil {
			a.cannot("data is not base64")
		}
		return nothing(c.AddRPMSignature(ctx, a.ref("an_rpm"), header))
	},
	"getArchive":       byNumber("archive_id", (*client).Archive),
	"getImageArchive":  byNumber("archive_id", (*client).ImageArchive),
	"listArchives":     query((*client).ListArchives),
	"listArchiveFiles": byNumber("archive_id", (*client).ListArchiveFiles),
	"getArchiveFile": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.ArchiveFile(ctx, a.num("archive_id"), a.str("filename")))
	},
	"getArchiveTypes": plain((*client).ListArchiveTypes),
	"getArchiveType": func(ctx ctxt, c *client, a *args) (any, error) {
		if a.has("type_name") {
			return answer(c.ArchiveTypeNamed(ctx, a.str("type_name")))
		}
		return answer(c.ArchiveTypeOf(ctx, a.str("filename")))
	},
	"importArchive": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.ImportArchive(ctx, a.str("filepath"), a.dict("buildinfo"), a.str("type"), a.dict("typeInfo")))
	},
	"getBuildroot":        byNumber("buildrootID", (*client).Buildroot),
	"getBuildrootListing": byNumber("id", (*client).BuildrootRPMs),
	"listBuildroots":      query((*client).ListBuildroots),
	"checkUpload": func(ctx ctxt, c *client, a *args) (any, error) {
		u := koji.UploadCheck{Dir: a.str("path"), Name: a.str("name")}
		a.fill(&u)
		return answer(c.CheckUpload(ctx, u))
	},
	"listCGs": plain((*client).ListCGs),
	"grantCGAccess": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.GrantCGAccess(ctx, a.ref("user"), a.str("cg"), a.yes("create")))
	},
	"revokeCGAccess": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.RevokeCGAccess(ctx, a.ref("user"), a.str("cg")))
	},
	"CGInitBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		d := a.sub("data")
		b := koji.CGBuild{NVR: koji.NVR{Name: d.str("name"), Version: d.str("version"), Release: d.str("release")}, Owner: d.str("owner"), TaskID: d.num("task_id"), Draft: d.yes("draft")}
		if d.m["epoch"] != nil {
			b.NVR.Epoch = new(d.num("epoch"))
		}
		return answer(c.ReserveCGBuild(ctx, a.str("cg"), b))
	},
	"CGRefundBuild": func(ctx ctxt, c *client, a *args) (any, error) {
		state := koji.BuildFailed
		if a.has("state") {
			state = koji.BuildState(a.num("state"))
		}
		return nothing(c.RefundCGBuild(ctx, a.str("cg"), koji.CGReservation{BuildID: a.num("build_id"), Token: a.str("token")}, state))
	},
	"CGImport": func(ctx ctxt, c *client, a *args) (any, error) {
		i := koji.CGImport{Dir: a.str("directory"), Token: a.str("token")}
		if m, ok := a.m["metadata"].(map[string]any); ok {
			i.Metadata = metadata(&args{m: m})
		} else {
			i.File = a.str("metadata")
		}
		return answer(c.ImportCG(ctx, i))
	},
}

var repoMethods = map[string]adapter{
	"getRepo": func(ctx ctxt, c *client, a *args) (any, error) {
		q := koji.RepoQuery{Tag: a.ref("tag")}
		a.fill(&q)
		return answer(c.Repo(ctx, q))
	},
	"repoInfo":       byNumber("repo_id", (*client).RepoByID),
	"getActiveRepos": plain((*client).ListActiveRepos),
	"repo.get": func(ctx ctxt, c *client, a *args) (any, error) {
		m := koji.RepoMatch{Tag: a.ref("tag")}
		a.fill(&m)
		return answer(c.MatchingRepo(ctx, m))
	},
	"repo.query": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.QueryRepos(ctx, clauses(a), a.strs("fields"), koji.Named(a.dict("opts"))))
	},
	"repo.queryQueue": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.ListRepoRequests(ctx, clauses(a), a.strs("fields"), koji.Named(a.dict("opts"))))
	},
	"repo.request": func(ctx ctxt, c *client, a *args) (any, error) {
		r := koji.RepoRequest{Tag: a.ref("tag"), Last: a.m["min_event"] == "last"}
		if !r.Last {
			r.MinEvent = a.num("min_event")
		}
		a.fill(&r)
		return answer(c.RequestRepo(ctx, r))
	},
	"repo.checkRequest": byNumber("req_id", (*client).CheckRepoRequest),
	"repo.references":   byNumber("repo_id", (*client).RepoReferences),
	"repoExpire":        func(ctx ctxt, c *client, a *args) (any, error) { return nothing(c.ExpireRepo(ctx, a.num("repo_id"))) },
	"repoProblem": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.MarkRepoProblem(ctx, a.num("repo_id")))
	},
	"repoDelete": byNumber("repo_id", (*client).DeleteRepo),
	"newRepo": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.StartRepo(ctx, koji.NewRepoRequest{Tag: a.ref("tag"), Event: a.num("event"), Source: a.yes("src"), Debuginfo: a.yes("debuginfo"), SeparateSrc: a.yes("separate_src")}))
	},
	"getBuildTarget":  byRef("info", (*client).Target),
	"getBuildTargets": query((*client).ListTargets),
	"createBuildTarget": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.CreateTarget(ctx, a.str("name"), a.ref("build_tag"), a.ref("dest_tag")))
	},
	"editBuildTarget": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.EditTarget(ctx, a.ref("buildTargetInfo"), a.str("name"), a.ref("build_tag"), a.ref("dest_tag")))
	},
	"deleteBuildTarget": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.DeleteTarget(ctx, a.ref("buildTargetInfo")))
	},
	"getExternalRepo":   byRef("info", (*client).ExternalRepo),
	"listExternalRepos": query((*client).ListExternalRepos),
	"getExternalRepoList": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.ListBuildExternalRepos(ctx, a.ref("tag_info"), a.num("event")))
	},
	"getTagExternalRepos": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.ListTagExternalRepos(ctx, a.ref("tag_info"), a.ref("repo_info"), a.num("event")))
	},
	"createExternalRepo": func(ctx ctxt, c *client, a *args) (any, error) {
		return answer(c.CreateExternalRepo(ctx, a.str("name"), a.str("url")))
	},
	"editExternalRepo": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.EditExternalRepo(ctx, a.ref("info"), a.str("name"), a.str("url")))
	},
	"deleteExternalRepo": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.DeleteExternalRepo(ctx, a.ref("info")))
	},
	"addExternalRepoToTag": func(ctx ctxt, c *client, a *args) (any, error) {
		e := koji.TagExternalRepoEdit{Tag: a.ref("tag_info"), Repo: a.ref("repo_info")}
		a.fill(&e)
		return nothing(c.AddExternalRepoToTag(ctx, e))
	},
	"editTagExternalRepo": func(ctx ctxt, c *client, a *args) (any, error) {
		e := koji.TagExternalRepoEdit{Tag: a.ref("tag_info"), Repo: a.ref("repo_info")}
		a.fill(&e)
		return answer(c.EditTagExternalRepo(ctx, e))
	},
	"removeExternalRepoFromTag": func(ctx ctxt, c *client, a *args) (any, error) {
		return nothing(c.RemoveExternalRepoFromTag(ctx, a.ref("tag_info"), a.ref("repo_info")))
	},
}

func clauses(a *args) []koji.Clause {
	list, _ := a.m["clauses"].([]any)
	var out []koji.Clause
	for _, x := range list {
		c, ok := x.([]any)
		if !ok || len(c) != 3 {
			a.cannot("a clause is %v", x)
			return nil
		}
		field, _ := c[0].(string)
		op, _ := c[1].(string)
		out = append(out, koji.Clause{Field: field, Op: op, Value: c[2]})
	}
	return out
}
