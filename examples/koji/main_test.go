// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

func start(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestTheDemoShowsEveryCommand(t *testing.T) {
	code, out, errs := start(t)
	require.Equal(t, exitDone, code, "%s%s", out, errs)
	for _, want := range []string{
		`"name": "f43-build"`, "bash-5.3-1.fc43", "task 1: failed (FAILED)", "Bad exit status from %check",
		"tagBuild          task 7: built (CLOSED)", "repo 2 of f43-build", "bash-5.3-2.fc43.x86_64.rpm",
	} {
		assert.Contains(t, out, want)
	}
}

func TestCommandsAgainstAHub(t *testing.T) {
	hub := kojitest.NewHub(kojitest.Seed{
		Users:  []kojitest.User{{Name: "alice", Password: "demo", Permissions: []string{"admin"}}},
		Tags:   []kojitest.Tag{{Name: "f43", Arches: "x86_64"}, {Name: "f43-build", Arches: "x86_64", Parents: []string{"f43"}}},
		Builds: []kojitest.Build{{NVR: "bash-5.3-1.fc43", Tags: []string{"f43"}}},
	})
	srv := kojitest.NewServer(hub)
	defer srv.Close()
	t.Setenv("KOJI_PASSWORD", "demo")

	code, out, errs := start(t, "-hub", srv.URL, "-json", "list-tag", "f43-build", "bash")
	require.Equal(t, exitDone, code, errs)
	var row map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &row))
	assert.Equal(t, "bash-5.3-1.fc43", row["NVR"])

	code, out, errs = start(t, "-hub", srv.URL, "call", "getBuild", "bash-5.3-1.fc43", "strict=true")
	require.Equal(t, exitDone, code, errs)
	assert.Contains(t, out, `"nvr": "bash-5.3-1.fc43"`)

	code, out, errs = start(t, "-hub", srv.URL, "-user", "alice", "call", "getLoggedInUser")
	require.Equal(t, exitDone, code, errs)
	assert.Contains(t, out, `"name": "alice"`)

	code, _, errs = start(t, "-hub", srv.URL, "list-tag", "f99")
	assert.Equal(t, exitNotFound, code, errs)
	code, _, errs = start(t, "-hub", srv.URL, "call", "noSuchMethod")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "Invalid method: noSuchMethod")

	dir := t.TempDir()
	code, out, errs = start(t, "-hub", srv.URL, "-topurl", srv.TopURL, "-dir", dir, "download", "bash-5.3-1.fc43")
	require.Equal(t, exitDone, code, errs)
	for name := range strings.Lines(out) {
		name = strings.TrimSpace(name)
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		_, err := os.Stat(name)
		assert.NoError(t, err)
	}
}

func TestAHubThatIsAwayIsTold(t *testing.T) {
	srv := kojitest.NewServer(kojitest.NewHub(kojitest.Seed{}))
	srv.Hub.Fail("getTag", kojitest.HTTP(502), kojitest.Times(-1))
	defer srv.Close()
	if testing.Short() {
		t.Skip("waits for the client's retries")
	}
	code, _, errs := start(t, "-hub", srv.URL, "call", "getTag", "f43")
	assert.Equal(t, exitUnavailable, code, errs)
	assert.Contains(t, errs, "502")
}

func TestTheCommandLineIsChecked(t *testing.T) {
	for args, want := range map[string]string{
		"call getBuild":                        "say which hub",
		"-hub http://x -profile y call a":      "not both",
		"-hub http://x":                        "no command",
		"-hub http://x nonsense":               `no command "nonsense"`,
		"-hub http://x build f43":              "build TARGET SOURCE",
		"-hub ftp://x call a":                  "want http or https",
		"-hub http://x watch abc":              `"abc" is no task`,
		"-bad":                                 "flag provided but not defined",
		"-profile no-such-profile-anywhere ls": "no-such-profile-anywhere",
	} {
		code, _, errs := start(t, strings.Fields(args)...)
		assert.Equal(t, exitUsage, code, args)
		assert.Contains(t, errs, want, args)
	}
	code, _, errs := start(t, "-h")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, errs, "wait-repo TAG")
}
