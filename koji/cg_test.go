// SPDX-License-Identifier: MIT

package koji_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

func imageMetadata(n koji.NVR, content []byte) koji.CGMetadata {
	sum := md5.Sum(content)
	return koji.CGMetadata{
		Build: koji.CGMetaBuild{NVR: n, Source: "git+https://src.example.com/images/cloud#abc", Started: time.Unix(1750000000, 0), Ended: time.Unix(1750000300, 500000000), Extra: map[string]any{"typeinfo": map[string]any{"image": map[string]any{}}}},
		Buildroots: []koji.CGBuildroot{{ID: 1, HostOS: "Fedora 42", HostArch: "x86_64", Generator: "osbuild", GenVersion: "3.9", ContainerType: "none", ContainerArch: "x86_64",
			Tools: []koji.CGTool{{Name: "osbuild", Version: "120"}}}},
		Output: []koji.CGOutput{{BuildrootID: 1, Filename: "disk.qcow2", Size: int64(len(content)), Arch: "x86_64", ChecksumType: "md5", Checksum: hex.EncodeToString(sum[:]), Type: "image",
			Components: []koji.CGComponent{{Type: "rpm", NVR: koji.NVR{Name: "bash", Version: "5.2", Release: "1.fc42", Arch: "x86_64"}, SigMD5: "b10e0ad8eb68d506ab7e24965a9e083c"}}, Extra: map[string]any{"image": map[string]any{"arch": "x86_64"}}}},
	}
}

func TestImportingABuildOfAContentGenerator(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	ctx := t.Context()
	require.NoError(t, c.GrantCGAccess(ctx, "alice", "osbuild", true))
	n := koji.NVR{Name: "cloud-image", Version: "42", Release: "20260101.0"}
	content := []byte("an image")
	_, err := c.Upload(ctx, bytes.NewReader(content), int64(len(content)), koji.UploadRequest{Dir: "cg/1", Name: "disk.qcow2"})
	require.NoError(t, err)

	r, err := c.ReserveCGBuild(ctx, "osbuild", koji.CGBuild{NVR: n})
	require.NoError(t, err)
	b, err := c.Build(ctx, koji.ID(r.BuildID))
	require.NoError(t, err)
	assert.Equal(t, koji.BuildBuilding, b.State)

	m := imageMetadata(n, content)
	m.Build.ID = r.BuildID
	_, err = c.ImportCG(ctx, koji.CGImport{Dir: "cg/1", Metadata: &m, Token: "wrong"})
	assert.ErrorContains(t, err, "Token doesn't match")
	hub.ForgetCalls()
	hub.Fail("CGImport", kojitest.Fault(1000, "File size 3 for disk.qcow2 (expected 8) doesn't match. Corrupted upload?"), kojitest.Times(2))
	b, err = c.ImportCG(ctx, koji.CGImport{Dir: "cg/1", Metadata: &m, Token: r.Token})
	require.NoError(t, err)
	assert.Equal(t, koji.BuildComplete, b.State)
	assert.Len(t, callsOf(hub, "CGImport"), 3, "a file server that lags is waited for")
	is, err := c.IsImageBuild(ctx, b.Ref())
	require.NoError(t, err)
	assert.True(t, is)

	r, err = c.ReserveCGBuild(ctx, "osbuild", koji.CGBuild{NVR: koji.NVR{Name: "cloud-image", Version: "42", Release: "2"}})
	require.NoError(t, err)
	require.NoError(t, c.RefundCGBuild(ctx, "osbuild", r, koji.BuildCanceled))
	b, err = c.Build(ctx, koji.ID(r.BuildID))
	require.NoError(t, err)
	assert.Equal(t, koji.BuildCanceled, b.State)

	_, err = c.ImportCG(ctx, koji.CGImport{})
	assert.ErrorIs(t, err, koji.ErrInvalid)
	_, err = c.ImportCG(ctx, koji.CGImport{Dir: "d", File: "m.json", Metadata: &m})
	assert.ErrorIs(t, err, koji.ErrInvalid)
}

func TestMetadataAsAFileIsWhatIsSent(t *testing.T) {
	m := imageMetadata(koji.NVR{Name: "a", Version: "1", Release: "2", Epoch: new(1)}, nil)
	data, err := json.Marshal(m)
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(data, &doc))
	build := doc["build"].(map[string]any)
	assert.EqualValues(t, 1, build["epoch"])
	assert.EqualValues(t, 1750000000, build["start_time"])
	assert.EqualValues(t, 1750000300.5, build["end_time"])
	assert.NotContains(t, build, "build_id")
	part := doc["output"].([]any)[0].(map[string]any)["components"].([]any)[0].(map[string]any)
	assert.Nil(t, part["signature"])
	assert.Contains(t, part, "signature")
}
