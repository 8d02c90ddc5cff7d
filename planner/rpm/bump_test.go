// SPDX-License-Identifier: MIT

package rpm_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

const bumpWorld = `
	foo-1-1.x86_64 foo
	p: libfoo.so.1()(64bit)
	p: libfoo-util.so.1()(64bit)
	foo-devel-1-1.x86_64 foo
	p: pkgconfig(foo) = 1
	r: libfoo.so.1()(64bit)
	app-1-1.x86_64 app
	r: libfoo.so.1()(64bit)
	lib-1-1.x86_64 lib
	p: liblib.so.3()(64bit)
	r: libfoo.so.1()(64bit)
	lib-devel-1-1.x86_64 lib
	r: lib = 1-1
	tool-1-1.x86_64 tool
	r: libfoo-util.so.1()(64bit)
	far-1-1.x86_64 far
	r: liblib.so.3()(64bit)
	pin-1-1.x86_64 pin
	r: foo = 1-1
	app-1-1.src
	r: pkgconfig(foo)
	r: lib-devel
	lib-1-1.src
	r: foo-devel
	late-1-1.src
	r: pkgconfig(foo) < 2
	foo-1-1.src
`

func TestBump(t *testing.T) {
	u := universe(t, bumpWorld, rpm.Policy{})
	b := u.Bump(world(t, `
		foo-2-1.x86_64 foo
		p: libfoo.so.2()(64bit)
		p: libfoo-util.so.1()(64bit)
		foo-devel-2-1.x86_64 foo
		p: pkgconfig(foo) = 2`))
	assert.Equal(t, []planner.ID{"rpms/foo"}, b.Sources)
	assert.Equal(t, []string{"foo = 1-1", "libfoo.so.1()(64bit)", "pkgconfig(foo) < 2"}, b.Lost)
	var who []string
	for _, x := range b.Broken {
		who = append(who, string(x.ID)+" of "+string(x.Source))
	}
	assert.Equal(t, []string{"binary/app of rpms/app", "binary/lib of rpms/lib", "binary/pin of rpms/pin", "rpms/late of rpms/late"}, who)

	p, err := u.Graph.Plan(b.Request())
	require.NoError(t, err)
	assert.Equal(t, []planner.ID{"rpms/app", "rpms/foo", "rpms/late", "rpms/lib", "rpms/pin"}, p.Rebuild,
		"far and tool need nothing that was lost")
	var tiers []string
	for _, tier := range p.Tiers {
		tiers = append(tiers, fmt.Sprint(tier.Members()))
	}
	assert.Equal(t, []string{"[rpms/foo rpms/pin]", "[rpms/late rpms/lib]", "[rpms/app]"}, tiers)

	same := u.Bump(world(t, `
		foo-1-2.x86_64 foo
		p: libfoo.so.1()(64bit)
		p: libfoo-util.so.1()(64bit)
		foo-devel-1-2.x86_64 foo
		p: pkgconfig(foo) = 1`))
	assert.Equal(t, []string{"foo = 1-1"}, same.Lost)
	none := u.Bump(nil)
	assert.Empty(t, none.Lost)
	assert.NotNil(t, none.Request().ABI, "nothing lost spreads nothing")
}

func TestBumpTellsWhoElseProvides(t *testing.T) {
	u := universe(t, bumpWorld+"\ncompat-foo-1-1.x86_64 compat-foo\np: libfoo.so.1()(64bit)", rpm.Policy{})
	b := u.Bump(world(t, "foo-2-1.x86_64 foo\np: libfoo-util.so.1()(64bit)"))
	for _, x := range b.Broken {
		if x.ID == "binary/app" {
			assert.Equal(t, []planner.ID{"binary/compat-foo"}, x.Elsewhere)
		}
	}
}

// The new packages may come as a repository of everything: builds that are not
// new break nothing and hide nothing that breaks.
func TestAWholeRepositoryBumpsOnlyWhatIsNewInIt(t *testing.T) {
	const fresh = `
		foo-2-1.x86_64 foo
		p: libfoo.so.2()(64bit)
		p: libfoo-util.so.1()(64bit)
		foo-devel-2-1.x86_64 foo
		p: pkgconfig(foo) = 2`
	u := universe(t, bumpWorld, rpm.Policy{})
	everything := world(t, fresh)
	for _, p := range world(t, bumpWorld) {
		if p.Source != "foo-1-1.src.rpm" {
			everything = append(everything, p)
		}
	}
	assert.Equal(t, u.Bump(world(t, fresh)), u.Bump(everything))
	assert.Empty(t, u.Bump(world(t, bumpWorld)).Sources, "nothing is new")
}
