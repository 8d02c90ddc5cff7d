package planner_test

import ("fmt";"math/rand/v2";"testing";"os";"strconv"
"github.com/seed-f134cc8e/relkit/planner")

func TestDbg(t *testing.T) {
	seed, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	rng := rand.New(rand.NewPCG(seed, 1))
	g := randomGraph(rng, seed%2 == 0)
	p := randomPlan(rng, g)
	fmt.Println(p.Request.Changed, p.Cycles, p.Tiers, p.Request.Passes, p.Request.Cycles)
	for n := range g.Nodes() { for e := range g.Needs(n.ID) { fmt.Println(e.From, e.To, n.Conduit, e.Bootstrap) } }
	if len(p.Cycles)>0 { c, _ := p.Cycle(0); fmt.Printf("%+v\n", c) }
	r, _ := planner.NewRun(p, randomOptions(rng))
	fmt.Println(finish(t, r))
}
