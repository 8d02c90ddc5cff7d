// SPDX-License-Identifier: MIT

package pdc_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// moduleRows are builds of a few streams, as older servers know them.
func moduleRows() []any {
	build := func(name, stream, version, context string, active bool, component, branch string, deps ...pdc.ModuleDependency) any {
		rpm := pdc.RPMLink{Name: component, Version: "1", Release: version, Arch: "src", SRPMName: component, SRPMCommitBranch: branch}
		return pdc.FieldsOf(pdc.UnreleasedVariant{VariantID: name, VariantUID: name + ":" + stream + ":" + version + ":" + context,
			VariantName: name, VariantType: "module", VariantVersion: stream, VariantRelease: version, VariantContext: context,
			KojiTag: "t", Modulemd: "document: modulemd", Active: active, BuildDeps: deps, RPMs: []pdc.RPMLink{rpm}})
	}
	perl, platform := pdc.ModuleDependency{Dependency: "perl", Stream: "5.26"}, pdc.ModuleDependency{Dependency: "platform", Stream: "f28"}
	return []any{
		build("httpd", "2.4", "9", "aa", true, "httpd", "2.4", platform),
		build("httpd", "2.4", "10", "aa", true, "httpd", "2.4", platform, perl),
		build("httpd", "2.4", "10", "bb", true, "httpd", "2.4", platform),
		build("httpd", "2.6", "5", "aa", true, "httpd", "2.6", platform),
		build("bundle", "1", "7", "aa", true, "httpd", "2.4", perl),
		build("bundle", "1", "8", "aa", true, "nginx", "1.14"), // it dropped httpd
		build("old", "1", "7", "aa", false, "httpd", "2.4"),
	}
}

func TestLatestModules(t *testing.T) {
	for name, old := range map[string]bool{"servers of 2018": false, "older servers": true} {
		t.Run(name, func(t *testing.T) {
			p, err := pdctest.New(pdctest.Seed{Rows: []pdctest.Rows{{Resource: "unreleasedvariants/", Rows: moduleRows()}}}, pdctest.Options{Old: old})
			require.NoError(t, err)
			c, err := pdc.NewClient("http://pdc.example.com", pdc.WithHTTPClient(&http.Client{Transport: p.Transport()}))
			require.NoError(t, err)
			ask := func(q pdc.ModuleQuery) []string {
				list, err := c.LatestModules(t.Context(), q)
				require.NoError(t, err)
				out := []string{}
				for _, m := range list {
					out = append(out, m.UID)
					assert.Empty(t, m.Modulemd, "documents are not asked for")
				}
				return out
			}
			assert.Equal(t, []string{"httpd:2.4:10:aa", "httpd:2.4:10:bb"}, ask(pdc.ModuleQuery{Component: "httpd", Branch: "2.4"}),
				"versions are numbers, contexts are kept, dropped components don't count")
			assert.Equal(t, []string{"httpd:2.4:10:aa"}, ask(pdc.ModuleQuery{BuildDep: pdc.ModuleDependency{Dependency: "perl", Stream: "5.26"}}))
			assert.Equal(t, []string{}, ask(pdc.ModuleQuery{BuildDep: pdc.ModuleDependency{Dependency: "platform", Stream: "5.26"}}),
				"name and stream belong to one dependency")
			assert.Equal(t, []string{"httpd:2.4:10:aa", "httpd:2.4:10:bb", "old:1:7:aa"},
				ask(pdc.ModuleQuery{Component: "httpd", Branch: "2.4", Inactive: true}))
			assert.Equal(t, []string{"httpd:2.6:5:aa"}, ask(pdc.ModuleQuery{Name: "httpd", Stream: "2.6"}))
			p.Fail("", "", pdctest.Status(502))
			_, err = c.LatestModules(t.Context(), pdc.ModuleQuery{})
			require.ErrorIs(t, err, pdc.ErrUnavailable)
		})
	}
}

func TestRPMLinksAreReadAndWrittenInTwoForms(t *testing.T) {
	var l pdc.RPMLink
	require.NoError(t, json.Unmarshal([]byte(`"perl-App-cpanminus-1:1.7044-4.module_1503+67eff7c7.noarch.rpm"`), &l))
	assert.Equal(t, pdc.RPMLink{Name: "perl-App-cpanminus", Epoch: 1, Version: "1.7044", Release: "4.module_1503+67eff7c7", Arch: "noarch"}, l)
	data, err := json.Marshal(l)
	require.NoError(t, err)
	assert.Equal(t, `"perl-App-cpanminus-1:1.7044-4.module_1503+67eff7c7.noarch.rpm"`, string(data))
	require.NoError(t, json.Unmarshal([]byte(`{"name":"a","epoch":2,"srpm_name":"b"}`), &l))
	assert.Equal(t, "b", l.SRPMName)
	for _, bad := range []string{`"a"`, `"a.rpm"`, `"a-1.x.rpm"`, `"a-1-1.x.rpm"`, `"a-x:1-1.x.rpm"`, `1`} {
		assert.Error(t, json.Unmarshal([]byte(bad), &l), bad)
	}
}

func TestWhatDependsOnWhat(t *testing.T) {
	p, err := pdctest.New(pdctest.Seed{
		Rows: []pdctest.Rows{{Resource: "releases/", Rows: []any{pdc.Release{Short: "f", Version: "1", Name: "F", ReleaseType: "ga"},
			pdc.Release{Short: "f", Version: "2", Name: "F", ReleaseType: "ga"}}}},
		Graphs: []pdctest.Graph{
			{Release: "f-1", Packages: []pdctest.Package{{Name: "bash"}, {Name: "c++-libs", Source: "gcc"}, {Name: "gcc"}},
				Edges: []pdctest.Edge{{From: "bash", To: "c++-libs", Type: pdc.RPMRequires}, {From: "bash", To: "gcc", Type: pdc.RPMBuildRequires}}},
			{Release: "f-2", Packages: []pdctest.Package{{Name: "bash", Version: "2"}, {Name: "gcc", Version: "2"}},
				Edges: []pdctest.Edge{{From: "bash", To: "gcc", Type: pdc.RPMBuildRequires}}},
		}}, pdctest.Options{})
	require.NoError(t, err)
	c, err := pdc.NewClient("http://pdc.example.com", pdc.WithHTTPClient(&http.Client{Transport: p.Transport()}))
	require.NoError(t, err)
	collect := func(seq func(func(pdc.Relationship, error) bool)) []string {
		out := []string{}
		for e, err := range seq {
			require.NoError(t, err)
			out = append(out, e.From.Release+" "+e.From.Name+" "+e.Type+" "+e.To.Name)
		}
		return out
	}
	ctx := t.Context()
	assert.Equal(t, []string{"f-1 bash RPMRequires c++-libs", "f-1 bash RPMBuildRequires gcc"},
		collect(c.Dependencies(ctx, pdc.DependencyQuery{Release: "f-1"})))
	assert.Equal(t, []string{"f-1 bash RPMBuildRequires gcc", "f-2 bash RPMBuildRequires gcc"},
		collect(c.Dependents(ctx, pdc.DependencyQuery{Names: []string{"gcc"}, Types: []string{pdc.RPMBuildRequires}})))
	assert.Equal(t, []string{}, collect(c.Dependents(ctx, pdc.DependencyQuery{Names: []string{"gcc"}, Types: []string{pdc.RPMRequires}})))
	m, err := c.Sources(ctx, "f-1", []string{"c++-libs", "bash", "nothing"})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"c++-libs": "gcc", "bash": "bash"}, m)
}

func TestConfigurationOfThePythonClient(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	f := pdc.ConfigFiles{
		User: write("user.json", `{"prod":{"host":"https://mine.example.com/rest_api/v1/","token":"t"},"broken":{"token":"x"},
			"nossl":{"host":"https://a","ssl-verify":false},"ca":{"host":"https://a","ssl-verify":"/nowhere.pem"},
			"dev":{"host":"https://a","develop":true,"token":"t","insecure":true,"plugins":["x.py"]}}`),
		System: []string{filepath.Join(dir, "pdc.d"), filepath.Join(dir, "absent.json")},
	}
	write("pdc.d/a.json", `{"prod":{"host":"https://theirs.example.com"},"stage":{"host":"https://stage.example.com"}}`)
	write("pdc.d/ignored.txt", `nonsense`)

	s, err := f.Server("prod")
	require.NoError(t, err)
	assert.Equal(t, pdc.Server{Host: "https://mine.example.com/rest_api/v1/", Token: "t"}, s, "the user's entry, whole")
	s, err = f.Server("dev")
	require.NoError(t, err)
	assert.True(t, s.Insecure && s.Develop)
	c, err := f.NewClient("stage")
	require.NoError(t, err)
	assert.Equal(t, "https://stage.example.com/rest_api/v1/", c.URL())
	c, err = f.NewClient("https://direct.example.com")
	require.NoError(t, err)
	assert.Equal(t, "https://direct.example.com/rest_api/v1/", c.URL())
	_, err = f.NewClient("nossl")
	require.NoError(t, err)
	_, err = f.NewClient("ca")
	require.ErrorContains(t, err, "/nowhere.pem")
	_, err = f.NewClient("absent")
	require.ErrorIs(t, err, pdc.ErrNotFound)
	require.ErrorContains(t, err, "broken, ca, dev, nossl, prod, stage")
	_, err = f.NewClient("broken")
	require.ErrorIs(t, err, pdc.ErrInvalid)

	write("pdc.d/b.json", `{"stage":{"host":"https://other.example.com"}}`)
	_, err = f.NewClient("stage")
	require.ErrorContains(t, err, "b.json")
	write("pdc.d/b.json", `{`)
	_, err = f.NewClient("stage")
	require.ErrorIs(t, err, pdc.ErrInvalid)
	write("user.json", `{"x":{"host":"https://a","ssl-verify":5}}`)
	_, err = f.NewClient("x")
	require.ErrorIs(t, err, pdc.ErrInvalid)
	assert.NotEmpty(t, pdc.DefaultConfigFiles().System)
}
