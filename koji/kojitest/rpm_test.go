// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"encoding/base64"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// importTiny uploads and imports one of the packages that rpmbuild made of
// testdata/tiny.spec.
func importTiny(c *caller, name string) map[string]any {
	c.t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(c.t, err)
	assert.Equal(c.t, true, c.must("uploadFile", "imports/1", name, len(data), nil, 0, base64.StdEncoding.EncodeToString(data)))
	return c.must("importRPM", "imports/1", name).(map[string]any)
}

// The values below are those that rpm itself prints of the packages.
func TestAnImportedRPMTellsWhatItsHeaderHolds(t *testing.T) {
	c := boss(t)
	src := importTiny(c, "tiny-1.2-3.src.rpm")
	assert.Equal(t, int64(1), src["sourcepackage"])
	bin := importTiny(c, "tiny-1.2-3.noarch.rpm")
	assert.Equal(t, "tiny-1.2-3.src.rpm", bin["sourcerpm"])
	assert.Equal(t, "fa30ff329cc18157cbb2baa417792788", bin["payloadhash"])
	assert.Equal(t, int64(4), bin["epoch"])
	assert.Equal(t, "tiny-1.2-3", bin["build"].(map[string]any)["nvr"])
	_, err := c.call("importRPM", "imports/1", "tiny-1.2-3.noarch.rpm")
	assert.ErrorContains(t, err, "duplicate key value violates unique constraint")

	deps := c.must("getRPMDeps", "tiny-1.2-3.noarch").([]any)
	assert.Equal(t, map[string]any{"name": "bash", "version": "5", "flags": int64(12), "type": int64(0)}, deps[0])
	assert.Equal(t, []any{"tiny", "small", "nano"}, column(deps[4:], "name"))
	assert.Equal(t, []any{int64(1), int64(2), int64(7)}, column(deps[4:], "type"))
	file := c.must("getRPMFile", "tiny-1.2-3.noarch", "/usr/share/tiny/hello").(map[string]any)
	assert.Equal(t, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", file["digest"])
	assert.Equal(t, int64(33188), file["mode"])
	assert.Equal(t, "sha256", file["digest_algo"])
	headers := c.must("getRPMHeaders", opts("rpmID", "tiny-1.2-3.noarch", "headers", []any{"name", "SIZE", "CHANGELOGTEXT"}))
	assert.Equal(t, map[string]any{"NAME": "tiny", "SIZE": int64(6), "CHANGELOGTEXT": []any{"- Second", "- First"}}, headers)
	log := c.must("getChangelogEntries", "tiny-1.2-3", opts("after", "2026-02-15")).([]any)
	require.Len(t, log, 1)
	assert.Equal(t, "Jane Doe <jane@example.com> - 4:1.2-3", log[0].(map[string]any)["author"])
	sums := c.must("getRPMChecksums", "tiny-1.2-3.noarch").(map[string]any)
	assert.Equal(t, "c6d70e4c62b3b9a23890f5c1a392cb81e456f3a2e4528a892087571ef32f3433", sums[""].(map[string]any)["sha256"])
}

func TestWhatIsNoRPMIsRefused(t *testing.T) {
	c := boss(t)
	c.must("uploadFile", "imports/1", "x-1-1.noarch.rpm", 4, nil, 0, base64.StdEncoding.EncodeToString([]byte("text")))
	c.fails(1000, "x-1-1.noarch.rpm: not an rpm file", "importRPM", "imports/1", "x-1-1.noarch.rpm")
	c.fails(1000, "No such file: /mnt/koji/work/imports/1/y.rpm", "importRPM", "imports/1", "y.rpm")
	c.fails(1000, "invalid format: garbage", "getRPM", "garbage")
	c.fails(1000, "Checksum_type crc isn't supported", "getRPMChecksums", 1, []any{"crc"})
}

func TestARawUploadIsCheckedChunkByChunk(t *testing.T) {
	c := boss(t)
	upload := func(query, body string) (any, error) {
		var v any
		resp := c.bare().send("/kojihub?"+query, body, "application/octet-stream")
		return v, decode(resp.Body, &v)
	}
	const at = "filepath=dir/1&filename=a&fileverify=adler32&offset="
	v, err := upload(at+"0", "hello ")
	require.NoError(t, err)
	_, err = upload(at+"0", "hello ")
	wantFault(t, err, 1000, "upload path exists: /mnt/koji/work/dir/1/a")
	_, err = upload(at+"2", "x")
	wantFault(t, err, 1000, "Incorrect upload length")
	_, err = upload(at+"0&overwrite=1", "HELLO")
	require.NoError(t, err)
	_, err = upload(at+"-1", " world")
	require.NoError(t, err)
	assert.Equal(t, int64(11), c.must("checkUpload", "dir/1", "a").(map[string]any)["size"])
	_, err = upload("filepath=../etc&filename=a&fileverify=md5", "x")
	wantFault(t, err, 1000, "Invalid upload directory: ../etc")
	_, err = upload("filepath=dir/1&filename=b&fileverify=crc32", "x")
	wantFault(t, err, 1000, "Unsupported verify type: crc32")
	alice := &caller{t: t, hub: c.hub}
	alice.login("alice", "wonder")
	resp := alice.send("/kojihub?filepath=dir/1&filename=c&fileverify=md5", "x", "application/octet-stream")
	wantFault(t, decode(resp.Body, &v), 1000, "Invalid upload directory, not owner: dir/1")
	alice.session = ""
	resp = alice.send("/kojihub?filepath=dir/1&filename=c&fileverify=md5", "x", "application/octet-stream")
	wantFault(t, decode(resp.Body, &v), 1002, "'session-id' not specified in session args")
}
