// SPDX-License-Identifier: MIT

package comps_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/modulemd/comps"
)

const sample = `<?xml version="1.0"?>
<comps>
  <group arch="x86_64, aarch64">
    <id>web</id>
    <name>Web &amp; more</name>
    <name xml:lang="de">Netz</name>
    <description>Two
lines</description>
    <default>true</default>
    <packagelist>
      <packagereq>httpd</packagereq>
      <packagereq type="conditional" requires="php" arch="x86_64">mod_php</packagereq>
      <packagereq type="optional" variant="Server" basearchonly="true">nginx</packagereq>
    </packagelist>
  </group>
  <group variant="Client">
    <id>games</id>
    <_name>Games</_name>
    <_description/>
    <langonly>en</langonly>
    <biarchonly>false</biarchonly>
    <packagelist><packagereq arch="s390x">chess</packagereq></packagelist>
  </group>
  <category><id>apps</id><name>Apps</name><display_order>7</display_order><grouplist><groupid>games</groupid></grouplist></category>
  <environment arch="x86_64">
    <id>server</id><name>Server</name>
    <grouplist><groupid>web</groupid></grouplist>
    <optionlist><groupid default="true" arch="s390x">games</groupid></optionlist>
  </environment>
  <langpacks><match name="a" install="a-%s"/></langpacks>
  <blacklist><package name="dev" arch="s390x"/></blacklist>
  <whiteout><ignoredep requires="x" package="y"/></whiteout>
</comps>`

func parse(t testing.TB, text string) *comps.Comps {
	t.Helper()
	c, err := comps.Read(strings.NewReader(text))
	require.NoError(t, err)
	return c
}

func TestReadAndWrite(t *testing.T) {
	c := parse(t, sample)
	web := c.Group("web")
	require.NotNil(t, web)
	assert.Equal(t, []string{"x86_64", "aarch64"}, web.Scope.Arches)
	assert.Equal(t, "Web & more", web.Name.Text)
	assert.Equal(t, "Netz", web.Name.In("de_AT"))
	assert.Equal(t, "Two\nlines", web.Description.Text)
	assert.Equal(t, comps.Package{Name: "mod_php", Type: comps.Conditional, Requires: "php", Scope: comps.Scope{Arches: []string{"x86_64"}}}, *web.Package("mod_php"))
	assert.True(t, c.Group("games").Name.Template)
	assert.Nil(t, c.Group("games").Default)
	assert.Equal(t, []string{"web"}, c.GroupsWith("nginx"))
	text, err := c.Format()
	require.NoError(t, err)
	assert.Equal(t, c, parse(t, string(text)))
	again, err := parse(t, string(text)).Format()
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again))

	c.Group("web").Name.Text = "a\x01b"
	_, err = c.Format()
	assert.Error(t, err, "a character without a form is not written")
}

func TestFaults(t *testing.T) {
	for _, x := range []struct {
		rule, text, want string
	}{
		{"an unknown element", "<comps>\n<group>\n<id>a</id><name>a</name><packagelist>\n<packageFOO/>\n</packagelist></group></comps>",
			"comps: line 4: group[1]/packagelist[1]/packageFOO[1]: unknown element packageFOO"},
		{"an unknown type", "<comps><group><id>a</id><name>a</name><packagelist>\n<packagereq type='mndatory'>p</packagereq></packagelist></group></comps>",
			`comps: line 2: group[1]/packagelist[1]/packagereq[1]: package p of group a has the unknown type "mndatory"`},
		{"an id twice", "<comps><group><id>a</id><name>a</name></group>\n<group><id>a</id><name>b</name></group></comps>", "comps: line 2: group[2]: a second group has the id a"},
		{"no id and no name", "<comps>\n<environment/></comps>", "comps: line 2: environment[1]: the id is missing\ncomps: line 2: environment[1]: environment  has no name"},
		{"an order in words", "<comps><category><id>a</id><name>a</name>\n<display_order>ten</display_order></category></comps>",
			`comps: line 2: category[1]/display_order[1]: "ten" is no number`},
		{"a flag in words", "<comps><group><id>a</id><name>a</name><default>maybe</default></group></comps>", `comps: line 1: group[1]/default[1]: "maybe" is neither true nor false`},
		{"another root", "<variants/>", "comps: line 1: the root element is variants, not comps"},
		{"broken XML", "<comps>\n<group>\n</comps>", "comps: line 3: element <group> closed by </comps>"},
		{"an entity", "<!DOCTYPE comps [<!ENTITY a 'b'>]><comps>&a;</comps>", "comps: line 1: invalid character entity &a;"},
		{"an empty file", "", "comps: line 1: there is no comps element"},
		{"text between elements", "<comps>text<group/></comps>", "comps: line 1: there is text between the elements of comps"},
		{"a name twice", "<comps><group><id>a</id><name>a</name>\n<name>b</name></group></comps>", "comps: line 2: group[1]/name[2]: there are two of it without a language"},
		{"an unknown attribute", "<comps><group color='red'><id>a</id><name>a</name></group></comps>", "comps: line 1: group[1]: unknown attribute color"},
	} {
		t.Run(x.rule, func(t *testing.T) {
			c, err := comps.Read(strings.NewReader(x.text))
			require.ErrorIs(t, err, comps.ErrInvalid)
			assert.Nil(t, c)
			assert.Equal(t, x.want, err.Error())
		})
	}
	_, err := comps.Read(strings.NewReader(strings.Repeat("<comps>", 100)))
	assert.ErrorIs(t, err, comps.ErrInvalid, "nesting is limited")
	assert.ErrorIs(t, (&comps.Comps{Groups: make([]comps.Group, 1)}).Validate(), comps.ErrInvalid)
	assert.NoError(t, parse(t, sample).Validate())
}

func TestLenientReadingKeepsWhatItDoesNotKnow(t *testing.T) {
	text := "<comps><new a='1'><b>c</b></new><group color='red'><id>a</id><name>a</name><packagelist><packagereq x='y' type='odd'>p</packagereq><odd>q</odd></packagelist></group></comps>"
	c, err := comps.ReadLax(strings.NewReader(text))
	require.NoError(t, err)
	out, err := c.Format()
	require.NoError(t, err)
	for _, part := range []string{`<new a="1">`, "<b>c</b>", `<group color="red">`, `<packagereq type="odd" x="y">p<`, "      <odd>q</odd>"} {
		assert.Contains(t, string(out), part)
	}
	again, err := comps.ReadLax(bytes.NewReader(out))
	require.NoError(t, err)
	assert.Equal(t, c, again)
}

func ids(c *comps.Comps) string {
	var out []string
	for _, g := range c.Groups {
		s := g.ID
		for _, p := range g.Packages {
			s += " " + p.Name
		}
		out = append(out, s)
	}
	for _, e := range c.Environments {
		out = append(out, fmt.Sprintf("%s %d+%d", e.ID, len(e.Groups), len(e.Options)))
	}
	for _, e := range c.Categories {
		out = append(out, fmt.Sprintf("%s %d", e.ID, len(e.Groups)))
	}
	return strings.Join(out, ", ")
}

func TestFilter(t *testing.T) {
	for _, x := range []struct{ arch, variant, want string }{
		{"x86_64", "Server", "web httpd mod_php nginx, server 1+0"},
		{"aarch64", "Client", "web httpd"},
		{"s390x", "Client", "games chess, apps 1"},
		{"", "", "web httpd mod_php nginx, games chess, server 1+1, apps 1"},
	} {
		c := parse(t, sample)
		c.Filter(x.arch, x.variant)
		assert.Equal(t, x.want, ids(c), x.arch+" "+x.variant)
	}
	c := parse(t, sample)
	v := comps.Variant{ID: "Server", Groups: []comps.VariantGroup{{ID: "w*", Glob: true, UserVisible: new(false)}, {ID: "none"}},
		Environments: []comps.VariantEnvironment{{ID: "server", DisplayOrder: new(3)}}}
	out, unmatched := c.ForVariant(v, "x86_64")
	assert.Equal(t, []string{"none"}, unmatched)
	assert.Equal(t, "web httpd mod_php nginx, server 1+0", ids(out))
	assert.False(t, *out.Group("web").UserVisible)
	assert.True(t, *out.Group("web").Default, "a flag that the variant does not set stays")
	assert.Equal(t, 3, *out.Environment("server").DisplayOrder)
	assert.Equal(t, parse(t, sample), c, "the source is left alone")
}

func TestApply(t *testing.T) {
	c := parse(t, sample)
	before := c.Clone()
	log, err := c.Apply(
		comps.Edit{Op: comps.Add, Package: "caddy", Group: "web", Type: comps.Optional},
		comps.Edit{Op: comps.Move, Package: "httpd", Group: "web", To: "games"},
		comps.Edit{Op: comps.Remove, Package: "nginx", Group: "web"},
		comps.Edit{Op: comps.Add, Group: "games", Environment: "server"},
	)
	assert.ErrorIs(t, err, comps.ErrExist, "it is an option already")
	assert.EqualError(t, err, "comps: edit 4: add group games to environment server: group games: already there")
	assert.Nil(t, log)
	assert.Equal(t, before, c, "all or none")

	log, err = c.Apply(
		comps.Edit{Op: comps.Add, Package: "caddy", Group: "web", Type: comps.Optional},
		comps.Edit{Op: comps.Move, Package: "httpd", Group: "web", To: "games"},
		comps.Edit{Op: comps.Remove, Package: "nginx", Group: "web"},
		comps.Edit{Op: comps.Add, Group: "new", Name: "New"},
		comps.Edit{Op: comps.Add, Category: "more"},
		comps.Edit{Op: comps.Move, Group: "games", Category: "apps", To: "more"},
		comps.Edit{Op: comps.Move, Group: "games", To: "fun"},
		comps.Edit{Op: comps.Remove, Environment: "server"},
	)
	require.NoError(t, err)
	assert.Equal(t, "web mod_php caddy, fun chess httpd, new, apps 0, more 1", ids(c))
	assert.Equal(t, "fun", c.Category("more").Groups[0].ID, "a new id holds everywhere")
	require.Len(t, log, 8)
	assert.Equal(t, "move package httpd from group web to games", log[1].Text)

	for i := len(log) - 1; i >= 0; i-- {
		_, err := c.Apply(log[i].Undo...)
		require.NoError(t, err, log[i].Text)
	}
	assert.Equal(t, "web mod_php nginx httpd, games chess, server 1+1, apps 1", ids(c), "what was taken back comes last in its list")

	log, err = c.Apply(comps.Edit{Op: comps.Remove, Group: "games"})
	require.NoError(t, err)
	assert.Equal(t, "web mod_php nginx httpd, server 1+0, apps 0", ids(c))
	_, err = c.Apply(log[0].Undo...)
	require.NoError(t, err)
	assert.Equal(t, "web mod_php nginx httpd, games chess, server 1+1, apps 1", ids(c))

	for _, x := range []struct {
		edit comps.Edit
		want error
	}{
		{comps.Edit{Op: comps.Remove, Package: "none", Group: "web"}, comps.ErrNotFound},
		{comps.Edit{Op: comps.Add, Package: "p", Group: "none"}, comps.ErrNotFound},
		{comps.Edit{Op: comps.Move, Package: "httpd", Group: "web", To: "web"}, comps.ErrExist},
		{comps.Edit{Op: comps.Move, Package: "httpd", Group: "web"}, comps.ErrInvalid},
		{comps.Edit{Op: comps.Add, Package: "p", Group: "web", Type: "odd"}, comps.ErrInvalid},
		{comps.Edit{Op: "turn", Package: "p", Group: "web"}, comps.ErrInvalid},
		{comps.Edit{Op: comps.Add}, comps.ErrInvalid},
		{comps.Edit{Op: comps.Add, Package: "p"}, comps.ErrInvalid},
		{comps.Edit{Op: comps.Add, Group: "web"}, comps.ErrExist},
		{comps.Edit{Op: comps.Add, Group: "web", Category: "apps", Optional: true}, comps.ErrInvalid},
		{comps.Edit{Op: comps.Remove, Group: "none", Category: "apps"}, comps.ErrNotFound},
		{comps.Edit{Op: comps.Move, Category: "apps", To: "apps"}, comps.ErrExist},
	} {
		_, err := c.Apply(x.edit)
		assert.ErrorIs(t, err, x.want, x.edit.String())
	}
}

func module(name, stream string, profiles map[string]modulemd.Profile) *modulemd.Stream {
	return &modulemd.Stream{Name: name, Stream: stream, Version: 1, Context: "c", Summary: name + " module", Profiles: profiles}
}

func TestGenerate(t *testing.T) {
	node := module("nodejs", "18", map[string]modulemd.Profile{
		"common": {RPMs: []string{"npm", "nodejs", "gone"}, Default: true}, "devel": {Description: "Headers", RPMs: []string{"nodejs-devel", "hidden"}},
		"empty": {RPMs: []string{"hidden"}},
	})
	node.Filter = []string{"hidden"}
	node.Artifacts = []string{"nodejs-1:18.1-1.x86_64", "npm-1:9-1.noarch", "nodejs-devel-1:18.1-1.aarch64", "nodejs-devel-1:18.1-1.x86_64", "hidden-0:1-1.x86_64", "gone-0:1-1.src"}
	php := module("php", "8.2", map[string]modulemd.Profile{"minimal": {RPMs: []string{"php-cli"}}})
	src := comps.Source{Variant: "AppStream", Name: "Application Stream", Arch: "x86_64", Streams: []*modulemd.Stream{php, node, node},
		Defaults: map[string]*modulemd.Defaults{"php": {Module: "php", Profiles: map[string][]string{"8.2": {"minimal"}}}}}
	c, err := comps.Generate(src)
	require.NoError(t, err)
	require.NoError(t, c.Validate())
	assert.Equal(t, "nodejs-common nodejs npm, nodejs-devel nodejs-devel, php-minimal php-cli, AppStream-modules 2+1, AppStream-modules 3", ids(c))
	assert.True(t, *c.Group("php-minimal").UserVisible)
	assert.False(t, *c.Group("nodejs-devel").UserVisible)
	assert.Equal(t, "Headers", c.Group("nodejs-devel").Description.Text)
	assert.Equal(t, "nodejs module", c.Group("nodejs-common").Description.Text)

	all := src
	all.Arch = ""
	marked, err := comps.Generate(all)
	require.NoError(t, err)
	assert.Equal(t, []string{"aarch64", "x86_64"}, marked.Group("nodejs-devel").Packages[0].Scope.Arches)
	assert.Empty(t, marked.Group("nodejs-common").Package("npm").Scope.Arches, "noarch is for all")
	marked.Filter("x86_64", "")
	assert.Equal(t, c, marked, "marked and filtered is the same as generated for the architecture")

	v := comps.Variants{Variants: []comps.Variant{comps.ModuleVariant(src, c, "x86_64")}}
	require.NoError(t, v.Validate())
	assert.Equal(t, []comps.VariantModule{{Name: "nodejs:18"}, {Name: "php:8.2"}}, v.Variants[0].Modules)
	out, unmatched := c.ForVariant(v.Variants[0], "x86_64")
	assert.Empty(t, unmatched)
	assert.Equal(t, c, out, "the variant selects just what was generated")

	src.Streams = append(src.Streams, module("nodejs", "20", map[string]modulemd.Profile{"common": {RPMs: []string{"nodejs"}}}))
	c, err = comps.Generate(src)
	require.NoError(t, err)
	assert.NotNil(t, c.Group("nodejs-20-common"))

	_, err = comps.Generate(comps.Source{Variant: "V", Streams: []*modulemd.Stream{
		module("a", "1", map[string]modulemd.Profile{"b-c": {RPMs: []string{"p"}}}), module("a-b", "1", map[string]modulemd.Profile{"c": {RPMs: []string{"p"}}}),
	}})
	assert.ErrorIs(t, err, comps.ErrInvalid, "two profiles, one id")
	_, err = comps.Generate(comps.Source{})
	assert.ErrorIs(t, err, comps.ErrInvalid)

	base := parse(t, sample)
	base.Merge(c)
	assert.NotNil(t, base.Group("web"))
	assert.NotNil(t, base.Group("php-minimal"))
	n := len(base.Groups)
	base.Merge(c)
	assert.Len(t, base.Groups, n)
}

const variantsSample = `<variants>
  <variant id="Server" name="Server" type="variant" has_optional="true">
    <arches><arch>x86_64</arch></arches>
    <groups><group default="true">core</group><group glob="true">web*</group></groups>
    <modules><module glob="true">node*:*</module><kojitag>tag</kojitag></modules>
    <environments><environment display_order="3">minimal</environment></environments>
    <buildinstallpackages><package>lorax</package></buildinstallpackages>
    <variants><ref id="HA"/><variant id="optional" name="optional" type="optional"><arches><arch>x86_64</arch></arches></variant></variants>
  </variant>
  <variant id="HA" name="High" type="addon" is_empty="true"><arches><arch>x86_64</arch></arches></variant>
  <variant id="L" name="Layered" type="layered-product"><release name="L" short="L" version="1"/></variant>
</variants>`

func TestVariants(t *testing.T) {
	v, err := comps.ReadVariants(strings.NewReader(variantsSample))
	require.NoError(t, err)
	text, err := v.Format()
	require.NoError(t, err)
	again, err := comps.ReadVariants(bytes.NewReader(text))
	require.NoError(t, err)
	assert.Equal(t, v, again)
	var uids []string
	for uid := range v.All() {
		uids = append(uids, uid)
	}
	assert.ElementsMatch(t, []string{"Server", "Server-HA", "Server-optional", "L"}, uids)

	for rule, x := range map[string][2]string{
		"an unknown type":         {`type="addon"`, `type="extra"`},
		"an unknown element":      {"<kojitag>tag</kojitag>", "<brew>tag</brew>"},
		"a missing reference":     {`<ref id="HA"/>`, `<ref id="HB"/>`},
		"a child with its id":     {`<variant id="optional"`, `<variant id="Server"`},
		"no architecture shared":  {`type="optional"><arches><arch>x86_64`, `type="optional"><arches><arch>s390x`},
		"an addon with children":  {`has_optional="true"`, ``},
		"an id twice":             {`<variant id="L"`, `<variant id="HA"`},
		"a missing name":          {`name="High"`, ``},
		"an order in words":       {`display_order="3"`, `display_order="x"`},
		"a release of no product": {`type="layered-product"`, `type="variant"`},
	} {
		text := strings.Replace(variantsSample, x[0], x[1], 1)
		if rule == "an addon with children" {
			text = strings.Replace(text, `name="Server" type="variant"`, `name="Server" type="addon"`, 1)
		}
		_, err := comps.ReadVariants(strings.NewReader(text))
		var e *comps.Error
		if assert.ErrorAs(t, err, &e, rule) {
			assert.NotZero(t, e.Line, rule)
			assert.NotEmpty(t, e.Path, rule)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("<comps><group><id> a </id><name xml:lang='de'>a\r\n</name></group></comps>"))
	f.Add([]byte("<comps><x:y xmlns:x='z'/></comps>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := comps.ReadLax(bytes.NewReader(data))
		if err != nil {
			return
		}
		text, err := c.Format()
		if err != nil {
			return // a name that is valid XML and is not written
		}
		again, err := comps.ReadLax(bytes.NewReader(text))
		require.NoError(t, err, string(text))
		b, err := again.Format()
		require.NoError(t, err)
		assert.Equal(t, string(text), string(b))
		c.Filter("x86_64", "Server")
		_, _ = comps.Read(bytes.NewReader(data))
	})
}

func FuzzReadVariants(f *testing.F) {
	f.Add([]byte(variantsSample))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := comps.ReadVariants(bytes.NewReader(data))
		if err != nil {
			return
		}
		text, err := v.Format()
		require.NoError(t, err)
		again, err := comps.ReadVariants(bytes.NewReader(text))
		require.NoError(t, err, string(text))
		assert.Equal(t, v, again)
		v.All()
	})
}
