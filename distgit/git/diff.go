// SPDX-License-Identifier: MIT

package git

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

const diffContext = 3

// describe returns the changed paths in order and the change as git shows it.
func describe(t *Tree, changes change) ([]string, string, error) {
	var files []string
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		old, err := t.find(path)
		var before []byte
		exists := err == nil
		if exists {
			if before, err = getTyped(t.objs, old.Hash, plumbing.BlobObject); err != nil {
				return nil, "", err
			}
		}
		after := changes[path]
		if exists && after != nil && bytes.Equal(before, after) {
			continue
		}
		files = append(files, path)
		fmt.Fprintf(&b, "diff --git a/%s b/%s\n", path, path)
		from, to := "a/"+path, "b/"+path
		mode := filemode.Regular
		if exists {
			mode = old.Mode
		}
		switch {
		case !exists:
			fmt.Fprintf(&b, "new file mode %o\n", mode)
			from = "/dev/null"
		case after == nil:
			fmt.Fprintf(&b, "deleted file mode %o\n", mode)
			to = "/dev/null"
		}
		if bytes.IndexByte(before, 0) >= 0 || bytes.IndexByte(after, 0) >= 0 {
			fmt.Fprintf(&b, "Binary files %s and %s differ\n", from, to)
			continue
		}
		if hunks := unified(before, after); hunks != "" {
			fmt.Fprintf(&b, "--- %s\n+++ %s\n%s", from, to, hunks)
		}
	}
	return files, b.String(), nil
}

// unified returns the hunks that turn a into b.
func unified(a, b []byte) string {
	x, y := lines(a), lines(b)
	ops := diffLines(x, y)
	var out strings.Builder
	for i := 0; i < len(ops); {
		if ops[i].kind == ' ' {
			i++
			continue
		}
		start := max(0, i-diffContext)
		end, quiet := i, 0
		for j := i; j < len(ops) && quiet <= 2*diffContext; j++ {
			if ops[j].kind == ' ' {
				quiet++
			} else {
				quiet, end = 0, j+1
			}
		}
		end = min(len(ops), end+diffContext)
		writeHunk(&out, ops[start:end])
		i = end
	}
	return out.String()
}

type lineOp struct {
	kind byte // ' ', '-', '+'
	text string
	a, b int // lines before this one
}

func writeHunk(out *strings.Builder, ops []lineOp) {
	na, nb := 0, 0
	for _, o := range ops {
		if o.kind != '+' {
			na++
		}
		if o.kind != '-' {
			nb++
		}
	}
	place := func(before, n int) string {
		if n > 0 {
			before++
		}
		if n == 1 {
			return itoa(before)
		}
		return itoa(before) + "," + itoa(n)
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", place(ops[0].a, na), place(ops[0].b, nb))
	for _, o := range ops {
		out.WriteByte(o.kind)
		out.WriteString(o.text)
		if !strings.HasSuffix(o.text, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// lines splits after each newline.
func lines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	l := strings.SplitAfter(string(b), "\n")
	if l[len(l)-1] == "" {
		l = l[:len(l)-1]
	}
	return l
}

// diffLines finds a shortest edit by Myers' greedy algorithm between what the
// two have in common at both ends. Beyond a bound it gives up on a shortest
// one and replaces the whole middle.
func diffLines(x, y []string) []lineOp {
	pre := 0
	for pre < len(x) && pre < len(y) && x[pre] == y[pre] {
		pre++
	}
	post := 0
	for post < len(x)-pre && post < len(y)-pre && x[len(x)-1-post] == y[len(y)-1-post] {
		post++
	}
	var ops []lineOp
	a, b := 0, 0
	add := func(kind byte, text string) {
		ops = append(ops, lineOp{kind, text, a, b})
		if kind != '+' {
			a++
		}
		if kind != '-' {
			b++
		}
	}
	for _, l := range x[:pre] {
		add(' ', l)
	}
	for _, o := range middle(x[pre:len(x)-post], y[pre:len(y)-post]) {
		add(o.kind, o.text)
	}
	for _, l := range x[len(x)-post:] {
		add(' ', l)
	}
	return ops
}

const maxEdits = 1000

func middle(x, y []string) []lineOp {
	n, m := len(x), len(y)
	var trace [][]int
	v := map[int]int{1: 0}
	for d := 0; d <= min(n+m, maxEdits); d++ {
		row := make([]int, 2*d+1)
		for k := -d; k <= d; k += 2 {
			i := 0
			if k == -d || k != d && v[k-1] < v[k+1] {
				i = v[k+1]
			} else {
				i = v[k-1] + 1
			}
			for i < n && i-k < m && x[i] == y[i-k] {
				i++
			}
			v[k] = i
			row[k+d] = i
			if i >= n && i-k >= m {
				return backtrack(x, y, append(trace, row))
			}
		}
		trace = append(trace, row)
	}
	var ops []lineOp
	for _, l := range x {
		ops = append(ops, lineOp{kind: '-', text: l})
	}
	for _, l := range y {
		ops = append(ops, lineOp{kind: '+', text: l})
	}
	return ops
}

func backtrack(x, y []string, trace [][]int) []lineOp {
	i, j := len(x), len(y)
	var ops []lineOp
	for d := len(trace) - 1; d > 0; d-- {
		prev := trace[d-1]
		get := func(k int) int {
			if k < -(d-1) || k > d-1 {
				return -1
			}
			return prev[k+d-1]
		}
		k := i - j
		pk := k - 1
		if k == -d || k != d && get(k-1) < get(k+1) {
			pk = k + 1
		}
		pi := get(pk)
		pj := pi - pk
		for i > pi && j > pj {
			i, j = i-1, j-1
			if pk == k-1 && i == pi || pk == k+1 && j == pj {
				i, j = i+1, j+1
				break
			}
			ops = append(ops, lineOp{kind: ' ', text: x[i]})
		}
		if pk == k+1 {
			j--
			ops = append(ops, lineOp{kind: '+', text: y[j]})
		} else {
			i--
			ops = append(ops, lineOp{kind: '-', text: x[i]})
		}
		i, j = pi, pj
	}
	for i > 0 && j > 0 {
		i, j = i-1, j-1
		ops = append(ops, lineOp{kind: ' ', text: x[i]})
	}
	slices.Reverse(ops)
	return ops
}
