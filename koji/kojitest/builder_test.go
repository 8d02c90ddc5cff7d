// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

func stateOf(t *testing.T, c *koji.Client, task int) koji.TaskState {
	t.Helper()
	got, err := c.Task(t.Context(), task)
	require.NoError(t, err)
	return got.State
}

func TestABuildHasTheTaskTreeOfARealOne(t *testing.T) {
	hub, c := start(t, small())
	id := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	hub.Advance(time.Hour)
	tree, err := c.TaskTree(t.Context(), id)
	require.NoError(t, err)
	var labels []string
	for _, child := range tree.Children {
		assert.Equal(t, koji.TaskClosed, child.State)
		assert.Equal(t, tree.Priority-1, child.Priority)
		labels = append(labels, child.Method+" "+child.Label)
	}
	assert.Equal(t, []string{"buildSRPMFromSCM srpm", "buildArch x86_64", "tagBuild tag"}, labels)
	names, err := c.TaskOutput(t.Context(), tree.Children[1].ID)
	require.NoError(t, err)
	assert.Contains(t, names, "build.log")
	assert.Contains(t, names, "zlib-1.3.2-1.fc42.x86_64.rpm")
	rpms, err := c.BuildRPMs(t.Context(), "zlib-1.3.2-1.fc42")
	require.NoError(t, err)
	require.Len(t, rpms, 2)
	assert.Equal(t, "src", rpms[0].Arch)
}

func TestAFailureIsTheFaultOfTheChildAndOfTheBuild(t *testing.T) {
	hub, c := start(t, small())
	hub.FailBuild(kojitest.Failure{Package: "zlib", Log: "cc1: out of memory\n"})
	id := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskFailed, stateOf(t, c, id))
	err := c.TaskResult(t.Context(), id, nil)
	assert.ErrorContains(t, err, "BuildError: error building package (arch x86_64), mock exited with status 1; see build.log for more information")
	b, err := c.Build(t.Context(), "zlib-1.3.2-1.fc42")
	require.NoError(t, err)
	assert.Equal(t, koji.BuildFailed, b.State)
	tree, err := c.TaskTree(t.Context(), id)
	require.NoError(t, err)
	log, err := c.TaskOutputPart(t.Context(), tree.Children[1].ID, "build.log", -20, -1)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(log), "out of memory\n"), string(log))

	again := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, again), "the failure was told for one build")
	assert.Equal(t, 2, hub.BuildAttempts()["zlib-1.3.2-1.fc42"])
}

func TestABrokenCommitFailsUntilAnotherIsBuilt(t *testing.T) {
	seed := small()
	seed.Builder.Failures = []kojitest.Failure{{NVR: "zlib-1.3.2-1.fc42", Times: -1}}
	hub, c := start(t, seed)
	for range 2 {
		id := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
		hub.Advance(time.Hour)
		assert.Equal(t, koji.TaskFailed, stateOf(t, c, id))
	}
	fixed := submit(t, c, "zlib", "zlib-1.3.2-2.fc42")
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, fixed))
	hub.RepairBuilds("zlib")
	id := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, id))
}

func TestTheSameBuildTwiceFailsTheSecondTask(t *testing.T) {
	hub, c := start(t, small())
	first := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	second := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, first))
	assert.Equal(t, koji.TaskFailed, stateOf(t, c, second))
	assert.ErrorContains(t, c.TaskResult(t.Context(), second, nil), "Build already exists (id=4, state=")
	assert.Equal(t, 2, hub.BuildAttempts()["zlib-1.3.2-1.fc42"])
}

func TestWhatIsWrongWithASourceShowsWhenItIsBuilt(t *testing.T) {
	hub, c := start(t, small())
	ctx := t.Context()
	noCommit, err := c.StartBuild(ctx, koji.BuildRequest{Source: "git+https://x/zlib", Target: "f42"})
	require.NoError(t, err)
	noTarget, err := c.StartBuild(ctx, koji.BuildRequest{Source: "git+https://x/zlib#zlib-2-1", Target: "f99"})
	require.NoError(t, err)
	notListed, err := c.StartBuild(ctx, koji.BuildRequest{Source: "git+https://x/new#new-1-1", Target: "f42"})
	require.NoError(t, err)
	hub.Advance(time.Hour)
	assert.ErrorContains(t, c.TaskResult(ctx, noCommit, nil), "see checkout.log")
	assert.ErrorContains(t, c.TaskResult(ctx, noTarget, nil), "unknown build target: f99")
	assert.ErrorContains(t, c.TaskResult(ctx, notListed, nil), "package new not in list for tag f42")
}

func TestSlotsLimitWhatIsBuiltAtTheSameTime(t *testing.T) {
	seed := small()
	seed.Builder.Slots = 1
	hub, c := start(t, seed)
	first := submit(t, c, "zlib", "zlib-2-1")
	second := submit(t, c, "bash", "bash-6-1")
	urgent, err := clientOf(t, hub, "admin", "secret").StartBuild(t.Context(),
		koji.BuildRequest{Source: "git+https://x/emacs#emacs-31-1", Target: "f42", Priority: -5})
	require.NoError(t, err)
	hub.Advance(2 * time.Minute)
	assert.Equal(t, koji.TaskOpen, stateOf(t, c, first))
	assert.Equal(t, koji.TaskFree, stateOf(t, c, second))
	hub.Advance(11 * time.Minute)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, first))
	assert.Equal(t, koji.TaskOpen, stateOf(t, c, urgent), "the more urgent one comes first")
	assert.Equal(t, koji.TaskFree, stateOf(t, c, second))
	require.NoError(t, clientOf(t, hub, "admin", "secret").CancelTask(t.Context(), urgent))
	hub.Advance(time.Second)
	assert.Equal(t, koji.TaskOpen, stateOf(t, c, second), "a canceled task gives its slot away")
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, second))
}

func TestAChainWaitsForTheRepoBetweenItsGroups(t *testing.T) {
	seed := small()
	seed.Needs = func(pkg string) []kojitest.Need {
		if pkg == "bash" {
			return []kojitest.Need{{Package: "zlib", NVR: "zlib-2-1"}}
		}
		return nil
	}
	hub, c := start(t, seed)
	id, err := c.StartChainBuild(t.Context(), koji.ChainRequest{
		Groups: [][]string{{"git+https://x/zlib#zlib-2-1"}, {"git+https://x/bash#bash-6-1"}}, Target: "f42",
	})
	require.NoError(t, err)
	hub.Advance(20 * time.Minute)
	assert.Equal(t, koji.TaskOpen, stateOf(t, c, id))
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, id))
}

func TestWaitBuildsHoldsABuildUntilTheRepoHasThem(t *testing.T) {
	seed := small()
	seed.Needs = func(pkg string) []kojitest.Need {
		if pkg == "bash" {
			return []kojitest.Need{{Package: "zlib", NVR: "zlib-2-1"}}
		}
		return nil
	}
	hub, c := start(t, seed)
	submit(t, c, "zlib", "zlib-2-1")
	id, err := c.StartBuild(t.Context(), koji.BuildRequest{
		Source: "git+https://x/bash#bash-6-1", Target: "f42", WaitBuilds: []string{"zlib-2-1"},
	})
	require.NoError(t, err)
	hub.Advance(10 * time.Minute)
	tree, err := c.TaskTree(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, tree.Children, 1)
	assert.Equal(t, "waitrepo", tree.Children[0].Method)
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, id))
}

func TestASideTagHasItsOwnRepoAndKeepsTheBaseClean(t *testing.T) {
	hub, c := start(t, small())
	ctx := t.Context()
	side, err := c.CreateSideTag(ctx, koji.SideTagRequest{BaseTag: "f42-build"})
	require.NoError(t, err)
	_, err = c.Repo(ctx, koji.RepoQuery{Tag: koji.Ref(side.Name)})
	assert.ErrorIs(t, err, koji.ErrNotFound)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			hub.Advance(time.Minute)
			time.Sleep(time.Millisecond)
		}
	}()
	repo, err := c.WaitRepo(ctx, koji.RepoWait{Tag: koji.Ref(side.Name), Interval: time.Millisecond, MaxInterval: time.Millisecond})
	require.NoError(t, err)
	assert.Equal(t, side.Name, repo.Tag)

	id, err := c.StartBuild(ctx, koji.BuildRequest{Source: "git+https://x/zlib#zlib-2-1", Target: side.Name})
	require.NoError(t, err)
	task, err := c.WaitTask(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, koji.TaskClosed, task.State)
	_, err = c.WaitRepo(ctx, koji.RepoWait{
		Tag: koji.Ref(side.Name), Builds: []string{"zlib-2-1"}, Interval: time.Millisecond, MaxInterval: time.Millisecond,
	})
	require.NoError(t, err)
	<-done

	inBase, err := c.LatestBuild(ctx, "f42-build", "zlib")
	require.NoError(t, err)
	assert.Equal(t, "zlib-1.3.1-4.fc42", inBase.NVR)
	inSide, err := c.LatestBuild(ctx, koji.Ref(side.Name), "zlib")
	require.NoError(t, err)
	assert.Equal(t, "zlib-2-1", inSide.NVR)

	move, err := c.MoveBuild(ctx, koji.Ref(side.Name), "f42", "zlib-2-1", false)
	require.NoError(t, err)
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, move))
	require.NoError(t, c.RemoveSideTag(ctx, koji.Ref(side.Name)))
	inBase, err = c.LatestBuild(ctx, "f42-build", "zlib")
	require.NoError(t, err)
	assert.Equal(t, "zlib-2-1", inBase.NVR)
}

func TestManualTasksMoveOnlyByHand(t *testing.T) {
	seed := small()
	seed.Builder.Manual = true
	hub, c := start(t, seed)
	id := submit(t, c, "zlib", "zlib-2-1")
	hub.Advance(24 * time.Hour)
	c = clientOf(t, hub, "alice", "wonder")
	assert.Equal(t, koji.TaskFree, stateOf(t, c, id))
	require.NoError(t, hub.FinishTask(id, koji.TaskOpen, ""))
	assert.Equal(t, koji.TaskOpen, stateOf(t, c, id))
	require.NoError(t, hub.FinishTask(id, koji.TaskFailed, "no space left"))
	assert.ErrorContains(t, c.TaskResult(t.Context(), id, nil), "no space left")
	assert.ErrorContains(t, hub.FinishTask(id, koji.TaskClosed, ""), "FAILED already")
	assert.ErrorContains(t, hub.FinishTask(99, koji.TaskClosed, ""), "no task 99")
}

func TestAnUploadedSRPMIsBuilt(t *testing.T) {
	hub, c := start(t, small())
	ctx := t.Context()
	me := &caller{t: t, hub: hub}
	me.login("alice", "wonder")
	chunk := func(offset, data string) map[string]any {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost,
			"http://hub/kojihub?filename=zlib-2-1.src.rpm&filepath=cli-build/1&fileverify=adler32&offset="+offset, strings.NewReader(data))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/octet-stream")
		r.Header.Set("Koji-Session-Id", me.session)
		r.Header.Set("Koji-Session-Key", me.key)
		resp, err := hub.Transport().RoundTrip(r)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		var v any
		require.NoError(t, decode(bytes.NewReader(text), &v))
		return v.(map[string]any)
	}
	assert.Equal(t, "062c0215", chunk("0", "hello")["hexdigest"])
	chunk("5", " world")
	v, err := me.call("checkUpload", "cli-build/1", "zlib-2-1.src.rpm", "sha256")
	require.NoError(t, err)
	assert.Equal(t, int64(11), v.(map[string]any)["size"])
	data, ok := hub.File("work/cli-build/1/zlib-2-1.src.rpm")
	assert.True(t, ok)
	assert.Equal(t, "hello world", string(data))

	id, err := c.StartBuild(ctx, koji.BuildRequest{Source: "cli-build/1/zlib-2-1.src.rpm", Target: "f42", Scratch: true})
	require.NoError(t, err)
	hub.Advance(time.Hour)
	assert.Equal(t, koji.TaskClosed, stateOf(t, c, id))
	_, err = c.Build(ctx, "zlib-2-1")
	assert.ErrorIs(t, err, koji.ErrNotFound, "a scratch build leaves no build")
}

func TestFilesAreServedInRanges(t *testing.T) {
	hub, _ := start(t, small())
	get := func(path, span string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://hub"+kojitest.FilesPath+path, nil)
		require.NoError(t, err)
		if span != "" {
			r.Header.Set("Range", span)
		}
		resp, err := hub.Transport().RoundTrip(r)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	const rpm = "/packages/zlib/1.3.1/4.fc42/x86_64/zlib-1.3.1-4.fc42.x86_64.rpm"
	code, whole := get(rpm, "")
	assert.Equal(t, http.StatusOK, code)
	code, part := get(rpm, "bytes=10-19")
	assert.Equal(t, http.StatusPartialContent, code)
	assert.Equal(t, whole[10:20], part)
	code, _ = get("/packages/zlib/1.3.1/4.fc42/x86_64/no.rpm", "")
	assert.Equal(t, http.StatusNotFound, code)
	_, list := get("/packages/zlib/1.3.1/4.fc42/x86_64", "")
	assert.Contains(t, list, `<a href="zlib-1.3.1-4.fc42.x86_64.rpm">`)
	code, _ = get("/../../etc/passwd", "")
	assert.Equal(t, http.StatusNotFound, code)
	hub.PutFile("repos/f42-build/1/x86_64/repodata/repomd.xml", []byte("<repomd/>"))
	_, text := get("/repos/f42-build/1/x86_64/repodata/repomd.xml", "")
	assert.Equal(t, "<repomd/>", text)

	c := &caller{t: t, hub: hub}
	v, err := c.call("getRPMChecksums", "zlib-1.3.1-4.fc42.x86_64")
	require.NoError(t, err)
	assert.Equal(t, sha256Hex(whole), v.(map[string]any)[""].(map[string]any)["sha256"])
}

func TestAContentGeneratorImportsAModule(t *testing.T) {
	hub, _ := start(t, small())
	admin := &caller{t: t, hub: hub}
	admin.login("admin", "secret")
	must := func(method string, params ...any) any {
		t.Helper()
		v, err := admin.call(method, params...)
		require.NoError(t, err)
		return v
	}
	must("addBType", "module")
	must("grantCGAccess", "admin", "mbs", true)
	res := must("CGInitBuild", "mbs", map[string]any{"name": "rust", "version": "stable", "release": "1.c0ffee"}).(map[string]any)
	text := "document: modulemd\n"
	must("uploadFile", "cg/rust", "modulemd.txt", len(text), nil, 0, base64.StdEncoding.EncodeToString([]byte(text)))
	meta := func(sum string) map[string]any {
		return map[string]any{
			"metadata_version": 0,
			"build": map[string]any{
				"build_id": res["build_id"], "name": "rust", "version": "stable", "release": "1.c0ffee", "source": nil,
				"start_time": 1750000000, "end_time": 1750000300.5, "owner": "alice",
				"extra": map[string]any{"typeinfo": map[string]any{"module": map[string]any{"name": "rust", "stream": "stable"}}},
			},
			"buildroots": []any{map[string]any{
				"id": 1, "host": map[string]any{"os": "Fedora", "arch": "x86_64"},
				"content_generator": map[string]any{"name": "mbs", "version": "3"},
				"container":         map[string]any{"type": "none", "arch": "x86_64"}, "tools": []any{},
				"components": []any{map[string]any{"type": "rpm", "name": "zlib", "version": "1.3.1", "release": "4.fc42", "arch": "x86_64"}},
			}},
			"output": []any{map[string]any{
				"buildroot_id": 1, "filename": "modulemd.txt", "filesize": len(text), "arch": "noarch", "checksum_type": "sha256",
				"checksum": sum, "type": "file", "extra": map[string]any{"typeinfo": map[string]any{"module": map[string]any{}}},
				"components": []any{map[string]any{"type": "rpm", "name": "zlib", "version": "1.3.1", "release": "4.fc42", "arch": "x86_64"}},
			}},
		}
	}
	_, err := admin.call("CGImport", meta(sha256Hex(text)), "cg/rust", "wrong")
	wantFault(t, err, 1000, "Token doesn't match build ID 4")
	_, err = admin.call("CGImport", meta("00"), "cg/rust", res["token"])
	wantFault(t, err, 1000, "File checksum mismatch for modulemd.txt: 00 != "+sha256Hex(text))
	b := must("CGImport", meta(sha256Hex(text)), "cg/rust", res["token"]).(map[string]any)
	assert.Equal(t, int64(1), b["state"])
	assert.Equal(t, "mbs", b["cg_name"])
	assert.Equal(t, "2025-06-15 15:11:40.500000+00:00", b["completion_time"])
	assert.Equal(t, map[string]any{"module": map[string]any{"name": "rust", "stream": "stable"}}, must("getBuildType", "rust-stable-1.c0ffee"))
	list := must("listArchives", b["id"]).([]any)
	require.Len(t, list, 1)
	assert.Equal(t, "txt", list[0].(map[string]any)["type_name"])
	inside := must("listRPMs", nil, nil, list[0].(map[string]any)["id"]).([]any)
	require.Len(t, inside, 1)
	assert.Equal(t, "zlib", inside[0].(map[string]any)["name"])
	assert.Empty(t, must("listRPMs", nil, nil, 99), "no such image holds nothing")
	_, err = admin.call("CGImport", meta(sha256Hex(text)), "cg/rust", res["token"])
	wantFault(t, err, 1000, "Build ID 4 is not in BUILDING state")
}
