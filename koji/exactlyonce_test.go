// SPDX-License-Identifier: MIT

package koji_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// Ten thousand writes with connections cut before and after the hub commits,
// answers cut short, proxies in the way, the hub offline and sessions that
// expire: by the hub's own log none is done twice, and none is lost of which
// the client says that it was done, or done that it says was not.
func TestEveryWriteIsDoneOnceOrTheClientSaysSo(t *testing.T) {
	writes := 10000
	if testing.Short() {
		writes = 1000
	}
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	require.NoError(t, c.Login(t.Context()))
	r := rand.New(rand.NewPCG(1, 2))
	disturb := []func(){
		func() { hub.Fail("addBType", kojitest.CutBefore(), kojitest.Times(1+r.IntN(5))) },
		func() { hub.Fail("addBType", kojitest.CutAfter(), kojitest.Times(1+r.IntN(5))) },
		func() { hub.Fail("addBType", kojitest.Truncate(1+r.IntN(150))) },
		func() { hub.Fail("addBType", kojitest.HTTP(502), kojitest.Times(1+r.IntN(5))) },
		func() { hub.Fail("addBType", kojitest.Offline(), kojitest.Times(1+r.IntN(5))) },
		func() { hub.ExpireSessions() },
		func() { hub.Fail("addBType", kojitest.CutAfter()); hub.Fail("addBType", kojitest.Expire()) },
		func() { hub.Fail("addBType", kojitest.CutBefore()); hub.Fail("addBType", kojitest.Expire()) },
		func() { hub.Fail("addBType", kojitest.Expire()); hub.Fail("login", kojitest.CutAfter()) },
		func() { hub.Fail("addBType", kojitest.Expire()); hub.Fail("addBType", kojitest.CutAfter()) },
	}
	const done, applied, unknown, not = "done", "applied, answer lost", "unknown", "not done"
	counts, outcome := map[string]int{}, map[string]string{}
	for i := range writes {
		if r.IntN(3) == 0 {
			disturb[r.IntN(len(disturb))]()
		}
		name := fmt.Sprintf("type%d", i)
		err := c.AddBuildType(t.Context(), name)
		switch {
		case err == nil:
			outcome[name] = done
		case errors.Is(err, koji.ErrAlreadyApplied):
			outcome[name] = applied
		case errors.Is(err, koji.ErrOutcomeUnknown):
			outcome[name] = unknown
		default:
			outcome[name] = not
		}
		counts[outcome[name]]++
	}
	committed := map[string]int{}
	for _, call := range callsOf(hub, "addBType") {
		if call.Committed {
			committed[call.Args[0].(string)]++
		}
	}
	for name, o := range outcome {
		n := committed[name]
		if n > 1 || n == 0 && (o == done || o == applied) || n == 1 && o == not {
			t.Errorf("%s: the client says %q, the hub did it %d times", name, o, n)
		}
	}
	t.Logf("%d writes: %v", writes, counts)
	assert.Greater(t, counts[done], writes/2)
	for _, o := range []string{applied, unknown} {
		assert.NotZero(t, counts[o], o)
	}
}
