// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func modulemdWith(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

func TestAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		code int
	}{
		"validate.txt":  {[]string{"validate"}, exitFault},
		"validate.json": {[]string{"-json", "validate", "demo/broken.yaml", "demo/modules.yaml"}, exitFault},
		"good.txt":      {[]string{"validate", "demo/modules.yaml", "demo/packager.yaml", "demo/site.yaml"}, exitGood},
		"dump.yaml":     {[]string{"dump"}, exitGood},
		"merge.yaml":    {[]string{"merge"}, exitGood},
		"upgrade.yaml":  {[]string{"upgrade"}, exitGood},
		"list.txt":      {[]string{"list"}, exitGood},
		"list.json":     {[]string{"-json", "-contains", "openssl", "list"}, exitGood},
		"active.txt":    {[]string{"-active", "-platform", "el8", "list"}, exitGood},
		"rpm.txt":       {[]string{"-rpm", "perl-core-*", "list"}, exitGood},
		"diff.txt":      {[]string{"diff"}, exitFault},
		"diff.json":     {[]string{"-json", "diff"}, exitFault},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := modulemdWith(t, "", tt.args...)
			assert.Equal(t, tt.code, code)
			assert.Empty(t, errs)
			golden.Compare(t, filepath.Join("testdata", name), []byte(out))
			if strings.HasSuffix(name, ".json") {
				assert.True(t, json.Valid([]byte(out)))
			}
		})
	}
}

func TestADumpIsAFixedPoint(t *testing.T) {
	once, _, code := modulemdWith(t, "", "dump", "demo/modules.yaml")
	require.Equal(t, exitGood, code)
	twice, _, code := modulemdWith(t, once, "dump", "-")
	require.Equal(t, exitGood, code)
	assert.Equal(t, once, twice)
	out, _, code := modulemdWith(t, once, "diff", "demo/modules.yaml", "-")
	assert.Equal(t, exitGood, code, out)
}

func TestDumpWritesWhatIsGood(t *testing.T) {
	good, _, _ := modulemdWith(t, "", "dump", "demo/site.yaml")
	out, errs, code := modulemdWith(t, good+"---\ndocument: toys\nversion: 1\ndata: {}\n", "dump", "-")
	assert.Equal(t, exitFault, code)
	assert.Equal(t, good, out)
	assert.Equal(t, "-:9:11: document: \"toys\" is no kind of document\n", errs)
}

func TestUpgradeNamesWhatHasNoName(t *testing.T) {
	doc := "document: modulemd\nversion: 1\ndata:\n  summary: s\n  description: d\n  license: {module: [MIT]}\n  dependencies: {requires: {platform: f28}}\n"
	out, errs, code := modulemdWith(t, doc, "-name", "foo", "-stream", "1.10", "upgrade", "-")
	assert.Equal(t, exitGood, code, errs)
	assert.Contains(t, out, "version: 2\ndata:\n  name: foo\n  stream: \"1.10\"\n")
	assert.Contains(t, out, "  - requires:\n      platform: [f28]\n")
	_, errs, code = modulemdWith(t, doc, "upgrade", "-")
	assert.Equal(t, exitFault, code)
	assert.Contains(t, errs, "a name and a stream")
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"boil"}, {"-x"}, {"dump", "a", "b"}, {"diff", "a"}, {"merge", "x=demo/site.yaml"}, {"validate", "no/such/file"}, {"list", "no/such/file"}} {
		_, errs, code := modulemdWith(t, "", args...)
		assert.Equal(t, exitUsage, code, args)
		assert.NotEmpty(t, errs, args)
	}
	_, errs, code := modulemdWith(t, "", "-h")
	assert.Equal(t, exitGood, code)
	assert.Contains(t, errs, "usage: modulemd")
}
