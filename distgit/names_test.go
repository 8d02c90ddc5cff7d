// SPDX-License-Identifier: MIT

package distgit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
)

func TestParseRepo(t *testing.T) {
	for in, want := range map[string]distgit.Repo{
		"bash":                           {Namespace: "rpms", Name: "bash"},
		"rpms/bash":                      {Namespace: "rpms", Name: "bash"},
		"/rpms/libstdc++.git/":           {Namespace: "rpms", Name: "libstdc++"},
		"container/httpd":                {Namespace: "container", Name: "httpd"},
		"forks/jane/rpms/bash":           {Namespace: "rpms", Name: "bash", Fork: "jane"},
		"fork/jane/bash":                 {Namespace: "rpms", Name: "bash", Fork: "jane"},
		"@copr/project/pkg":              {Namespace: "@copr/project", Name: "pkg"},
		"redhat/centos-stream/rpms/gtk+": {Namespace: "redhat/centos-stream/rpms", Name: "gtk+"},
		"rpms/perl-Foo_Bar.baz":          {Namespace: "rpms", Name: "perl-Foo_Bar.baz"},
	} {
		got, err := distgit.ParseRepo(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, got, in)
		again, err := distgit.ParseRepo(got.String())
		require.NoError(t, err)
		assert.Equal(t, want, again, "String is read back")
	}
	for _, bad := range []string{"", "/", "..", "rpms/..", "../bash", "rpms//bash", "rpms/.git", "rpms/a b", "rpms/a\x00", "rpms/-x", "rpms/a..b",
		"rpms/ä", "rpms/a%2fb", "rpms/a\\b", "rpms/x.lock", "rpms/" + strings.Repeat("x", 300)} {
		_, err := distgit.ParseRepo(bad)
		assert.ErrorIs(t, err, distgit.ErrInvalid, "%q", bad)
	}
}

func TestRepo(t *testing.T) {
	assert.Equal(t, "rpms/bash", distgit.Repo{Name: "bash"}.String())
	assert.Equal(t, "", distgit.Repo{}.String())
	assert.Equal(t, distgit.Repo{Namespace: "container", Name: "x"}, distgit.Repo{Namespace: "containers", Name: "x"}.Normal())
	assert.True(t, distgit.Repo{Name: "bash"}.BumpsSpec())
	assert.True(t, distgit.Repo{Namespace: "redhat/centos-stream/rpms", Name: "bash"}.BumpsSpec())
	for _, ns := range []string{"modules", "container", "containers", "flatpaks", "CentOS/sig/modules"} {
		assert.False(t, distgit.Repo{Namespace: ns, Name: "x"}.BumpsSpec(), ns)
	}
	data, err := json.Marshal(map[distgit.Repo]int{{Name: "bash"}: 1})
	require.NoError(t, err)
	assert.Equal(t, `{"rpms/bash":1}`, string(data))
	var back map[distgit.Repo]int
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, map[distgit.Repo]int{bashRepo: 1}, back)
}

func TestParseBranch(t *testing.T) {
	for in, want := range map[string]struct {
		kind                  distgit.BranchKind
		version, stream, dist string
		target                string
	}{
		"rawhide":                     {distgit.BranchRawhide, "", "", ".fc44", "rawhide"},
		"main":                        {distgit.BranchRawhide, "", "", ".fc44", "rawhide"},
		"refs/heads/f41":              {distgit.BranchFedora, "41", "", ".fc41", "f41-candidate"},
		"f100":                        {distgit.BranchFedora, "100", "", ".fc100", "f100-candidate"},
		"el6":                         {distgit.BranchEPEL, "6", "", ".el6", "el6-candidate"},
		"epel9":                       {distgit.BranchEPEL, "9", "", ".el9", "epel9-candidate"},
		"epel9-next":                  {distgit.BranchEPELNext, "9", "", ".el9.next", "epel9-next-candidate"},
		"epel10.1":                    {distgit.BranchEPELMinor, "10.1", "", ".el10_1", "epel10.1-candidate"},
		"epel8-playground":            {distgit.BranchEPELPlayground, "8", "", ".el8.playground", "epel8-playground-candidate"},
		"c10s":                        {distgit.BranchCentOS, "10", "", ".el10", ""},
		"c9-beta":                     {distgit.BranchCentOS, "9", "", ".el9", ""},
		"c8-stream-1.14":              {distgit.BranchModular, "8", "1.14", "", ""},
		"stream-nodejs-18-rhel-8.7.0": {distgit.BranchModular, "8.7.0", "nodejs-18", "", ""},
		"rhel-9.4.0":                  {distgit.BranchRHEL, "9.4.0", "", ".el9", ""},
		"olpc3":                       {distgit.BranchOLPC, "3", "", ".olpc3", ""},
		"private-jane-x":              {distgit.BranchPrivate, "", "", "", ""},
		"2.4":                         {distgit.BranchStream, "", "2.4", "", ""},
		"latest":                      {distgit.BranchStream, "", "latest", "", ""},
		"f41x":                        {distgit.BranchStream, "", "f41x", "", ""},
		"F-13/master":                 {distgit.BranchStream, "", "F-13/master", "", ""},
		"":                            {distgit.BranchStream, "", "", "", ""},
	} {
		b := distgit.ParseBranch(in)
		assert.Equal(t, want.kind, b.Kind, in)
		assert.Equal(t, want.version, b.Version, in)
		assert.Equal(t, want.stream, b.Stream, in)
		dist, known := b.Dist(44)
		assert.Equal(t, want.dist, dist, in)
		assert.Equal(t, want.dist != "", known, in)
		target, known := b.Target()
		assert.Equal(t, want.target, target, in)
		assert.Equal(t, want.target != "", known, in)
	}
	_, known := distgit.ParseBranch("rawhide").Dist(0)
	assert.False(t, known, "nobody said what rawhide is to become")
	assert.Equal(t, map[string]string{"dist": ".el10_1", "rhel": "10"}, distgit.ParseBranch("epel10.1").Macros(0))
	assert.Nil(t, distgit.ParseBranch("2.4").Macros(0))
	var k distgit.BranchKind
	for i := distgit.BranchStream; i <= distgit.BranchPrivate; i++ {
		text, err := i.MarshalText()
		require.NoError(t, err)
		require.NoError(t, k.UnmarshalText(text))
		assert.Equal(t, i, k)
	}
	assert.Error(t, k.UnmarshalText([]byte("x")))
	assert.Equal(t, "BranchKind(99)", distgit.BranchKind(99).String())
}

func TestParseURL(t *testing.T) {
	const hash = "6d0077e9be64c0a7ff70519a9c05eff40d8979e7"
	for in, want := range map[string]distgit.Source{
		"https://src.example.org/rpms/bash.git":             {URL: "https://src.example.org/rpms/bash.git", Repo: bashRepo, Host: "src.example.org"},
		"https://src.example.org/rpms/bash":                 {URL: "https://src.example.org/rpms/bash", Repo: bashRepo, Host: "src.example.org"},
		"git+https://src.example.org/rpms/bash.git#" + hash: {URL: "https://src.example.org/rpms/bash.git", Repo: bashRepo, Host: "src.example.org", Ref: hash},
		"git://pkgs.example.org/rpms/bash?#" + hash:         {URL: "git://pkgs.example.org/rpms/bash", Repo: bashRepo, Host: "pkgs.example.org", Ref: hash},
		"git://pkgs.example.org/bash?devel#" + hash:         {URL: "git://pkgs.example.org/bash", Repo: bashRepo, Host: "pkgs.example.org", Ref: hash, Subdir: "devel"},
		"ssh://jane@pkgs.example.org/rpms/bash":             {URL: "ssh://jane@pkgs.example.org/rpms/bash", Repo: bashRepo, Host: "pkgs.example.org", User: "jane"},
		"https://jane:secret@src.example.org/rpms/bash":     {URL: "https://src.example.org/rpms/bash", Repo: bashRepo, Host: "src.example.org", User: "jane"},
		"https://src.example.org/forks/jane/rpms/bash.git":  {URL: "https://src.example.org/forks/jane/rpms/bash.git", Repo: distgit.Repo{Namespace: "rpms", Name: "bash", Fork: "jane"}, Host: "src.example.org"},
		"git@example.org:rpms/bash.git":                     {URL: "git@example.org:rpms/bash.git", Repo: bashRepo, Host: "example.org", User: "git"},
		"https://copr.example.org/git/@grp/proj/pkg":        {URL: "https://copr.example.org/git/@grp/proj/pkg", Repo: distgit.Repo{Namespace: "@grp/proj", Name: "pkg"}, Host: "copr.example.org"},
		"https://gitlab.example.org/redhat/centos-stream/rpms/bash.git": {URL: "https://gitlab.example.org/redhat/centos-stream/rpms/bash.git",
			Repo: distgit.Repo{Namespace: "redhat/centos-stream/rpms", Name: "bash"}, Host: "gitlab.example.org"},
		"/srv/git/rpms/bash.git":        {URL: "/srv/git/rpms/bash.git", Repo: bashRepo},
		"file:///srv/git/rpms/bash.git": {URL: "file:///srv/git/rpms/bash.git", Repo: bashRepo},
	} {
		got, err := distgit.ParseURL(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, got, in)
	}
	for _, bad := range []string{"", "bash", "rpms/bash", "https://", "https://src.example.org/", "https://src.example.org/rpms/..", "ftp://x/rpms/bash",
		"ext::sh -c id", "https://x/rpms/bash\n#x", "git://x/rpms/bash?../../etc#" + hash, "-oProxyCommand=x", "javascript:alert(1)"} {
		_, err := distgit.ParseURL(bad)
		assert.ErrorIs(t, err, distgit.ErrInvalid, "%q", bad)
	}
	for _, form := range []string{"git+https://src.example.org/rpms/bash.git#" + hash, "git://pkgs.example.org/rpms/bash?#" + hash, "git://pkgs.example.org/bash?devel#" + hash} {
		s, err := distgit.ParseURL(form)
		require.NoError(t, err)
		assert.Equal(t, form, s.KojiSource())
	}
}

func TestSites(t *testing.T) {
	f := distgit.Fedora()
	fork := distgit.Repo{Namespace: "rpms", Name: "gtk+", Fork: "jane"}
	assert.Equal(t, "https://src.fedoraproject.org/rpms/bash.git", f.CloneURL(bashRepo))
	assert.Equal(t, "ssh://jane@pkgs.fedoraproject.org/rpms/bash", f.PushURL(bashRepo, "jane"))
	assert.Equal(t, "https://src.fedoraproject.org/forks/jane/rpms/gtk+.git", f.CloneURL(fork))
	assert.Equal(t, "https://src.fedoraproject.org/fork/jane/rpms/gtk+", f.WebURL(fork))
	assert.Equal(t, "git+https://src.fedoraproject.org/rpms/bash.git#abc", f.SourceURL(bashRepo, "abc"))
	assert.Equal(t, "https://src.fedoraproject.org/rpms/bash/c/abc", f.CommitURL(bashRepo, "abc"))
	c := distgit.CentOSStream()
	assert.Equal(t, "https://gitlab.com/redhat/centos-stream/rpms/bash.git", c.CloneURL(bashRepo))
	assert.Equal(t, "https://gitlab.com/redhat/centos-stream/rpms/bash/-/commit/abc", c.CommitURL(bashRepo, "abc"))
	g := distgit.Site{Root: "https://forge.example.org/", Forge: distgit.Forgejo}
	assert.Equal(t, "https://forge.example.org/jane/gtk+.git", g.CloneURL(fork))
	assert.Equal(t, "https://forge.example.org/rpms/bash.git", g.PushURL(bashRepo, "jane"), "no ssh is known")
}

func TestObserveOldMessages(t *testing.T) {
	const rev = "6d0077e9be64c0a7ff70519a9c05eff40d8979e7"
	for name, c := range map[string]struct {
		topic, body string
		want        []distgit.Observation
	}{
		"fedmsg": {
			"org.fedoraproject.prod.git.receive", `{"commit":{"repo":"bash","branch":"f20","rev":"` + rev + `","username":"jane"}}`,
			[]distgit.Observation{{Repo: bashRepo, Ref: "f20", New: rev, At: zero, ID: "m1", Agent: "jane"}},
		},
		"the oldest have the repository in the topic": {
			"org.fedoraproject.prod.git.receive.python-foo.bar.master", `{"commit":{"rev":"` + rev + `"}}`,
			[]distgit.Observation{{Repo: distgit.Repo{Namespace: "rpms", Name: "python-foo.bar"}, Ref: "master", New: rev, At: zero, ID: "m1"}},
		},
		"full branch names": {
			"io.pagure.prod.pagure.git.receive", `{"repo":{"fullname":"rpms/bash"},"branch":"refs/heads/f41","old_commit":"` + rev + `","end_commit":"` + strings.Repeat("a", 40) + `","forced":false}`,
			[]distgit.Observation{{Repo: bashRepo, Ref: "f41", Old: rev, New: strings.Repeat("a", 40), At: zero, ID: "m1"}},
		},
		"a fork is not the package": {
			"x.pagure.git.receive", `{"repo":{"fullname":"forks/jane/rpms/bash"},"branch":"f41","old_commit":"` + rev + `","end_commit":"` + strings.Repeat("a", 40) + `","forced":true}`,
			[]distgit.Observation{{Repo: distgit.Repo{Namespace: "rpms", Name: "bash", Fork: "jane"}, Ref: "f41", Base: rev, New: strings.Repeat("a", 40), Forced: true, At: zero, ID: "m1"}},
		},
		"tags":           {"x.pagure.git.tag.creation", `{"repo":{"fullname":"rpms/bash"},"tag":"v1","rev":"` + rev + `"}`, nil},
		"something else": {"x.buildsys.build.state.change", `{}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := distgit.Observe(distgit.Message{ID: "m1", Topic: c.topic, Sent: zero, Body: json.RawMessage(c.body)})
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
	for name, m := range map[string]distgit.Message{
		"no JSON":       {Topic: "x.pagure.git.receive", Sent: zero, Body: json.RawMessage(`<html>`)},
		"no hash":       {Topic: "x.pagure.git.receive", Sent: zero, Body: json.RawMessage(`{"repo":{"fullname":"rpms/bash"},"branch":"f41","end_commit":"x"}`)},
		"traversal":     {Topic: "x.pagure.git.receive", Sent: zero, Body: json.RawMessage(`{"repo":{"fullname":"../../x"},"branch":"f41","end_commit":"` + rev + `"}`)},
		"no time":       {Topic: "x.git.receive", Body: json.RawMessage(`{"commit":{"repo":"bash","branch":"f20","rev":"` + rev + `"}}`)},
		"no repository": {Topic: "x.forgejo.push", Sent: zero, Body: json.RawMessage(`{"body":{"ref":"refs/heads/x"}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := distgit.Observe(m)
			assert.ErrorIs(t, err, distgit.ErrInvalid)
		})
	}
}

func TestGuessHistoryTakesBackClocksThatWereAhead(t *testing.T) {
	commit := func(s string, at int) distgit.DatedCommit {
		return distgit.DatedCommit{Hash: commitNamed(s), When: minute(at)}
	}
	chain := []distgit.DatedCommit{commit("3", 30), commit("2", 99999), commit("1", 10)} // the tip first
	var h distgit.History
	_, err := h.Add(distgit.GuessHistory(bashRepo, "f41", chain, distgit.DatingRunningMax, minute(40))...)
	require.NoError(t, err)
	assert.Equal(t, commitNamed("1"), h.At(bashRepo, "f41", minute(29)).Commit)
	assert.Equal(t, commitNamed("3"), h.At(bashRepo, "f41", minute(30)).Commit)
	assert.Equal(t, distgit.Guess, h.At(bashRepo, "f41", time.Now()).Confidence)
	assert.Empty(t, distgit.GuessHistory(bashRepo, "f41", nil, distgit.DatingRunningMin, time.Time{}))
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"https://src.example.org/rpms/bash.git", "git://x/rpms/y?sub#abc", "git@x:rpms/y", "/srv/git/x", "ssh://a:b@c/d", "://", "@:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		src, err := distgit.ParseURL(s)
		if err != nil {
			return
		}
		if strings.Contains(src.Repo.String(), "..") || strings.Contains(src.Subdir, "..") {
			t.Fatalf("%q leaves the repository: %+v", s, src)
		}
	})
}

func FuzzObserve(f *testing.F) {
	f.Add("x.pagure.git.receive", `{"repo":{"fullname":"rpms/bash"},"branch":"f41","old_commit":"^0","end_commit":"abc"}`)
	f.Add("x.forgejo.push", `{"body":{"ref":"refs/heads/x","before":"a","after":"b","repository":{"owner":{"login":"rpms"},"name":"x"}}}`)
	f.Add("org.git.receive.a.b", `{"commit":{"rev":"x"}}`)
	f.Fuzz(func(t *testing.T, topic, body string) {
		obs, err := distgit.Observe(distgit.Message{Topic: topic, Sent: zero, Body: json.RawMessage(body)})
		if err != nil {
			return
		}
		var h distgit.History
		if _, err := h.Add(obs...); err != nil {
			t.Fatalf("what was observed is refused: %v", err)
		}
	})
}

func FuzzReadHistory(f *testing.F) {
	f.Add(`{"repo":"rpms/bash","ref":"f41","new":"` + strings.Repeat("a", 40) + `","at":"2026-03-01T12:00:00Z","evidence":"log"}`)
	f.Add(`{"repo":"rpms/bash","ref":"f41","target":"x","at":"2026-03-01T12:00:00Z","not_before":"2026-03-01T11:00:00Z","forced":true}`)
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") {
			return
		}
		h, err := distgit.ReadHistory(strings.NewReader(`{"format":"relkit branch history","version":1}` + "\n" + line + "\n"))
		if err != nil {
			return
		}
		for _, r := range h.Repos() {
			for _, ref := range h.Refs(r) {
				for o := range h.Observations(r, ref) {
					if _, err := new(distgit.History).Add(o); err != nil {
						t.Fatalf("read, but refused: %v", err)
					}
				}
				h.At(r, ref, zero)
			}
		}
	})
}
