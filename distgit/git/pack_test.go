// SPDX-License-Identifier: MIT

package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var wide = packLimits{bytes: 1 << 20, object: 1 << 20, objects: 4 << 20}

// entryBytes is one object of a pack: a header and a deflated stream.
func entryBytes(typ, size int, extra, content []byte) []byte {
	var b bytes.Buffer
	first := byte(typ<<4 | size&15)
	for size >>= 4; size > 0; size >>= 7 {
		b.WriteByte(first | 0x80)
		first = byte(size & 0x7f)
	}
	b.WriteByte(first)
	b.Write(extra)
	z := zlib.NewWriter(&b)
	_, _ = z.Write(content)
	_ = z.Close()
	return b.Bytes()
}

func packOf(count int, entries ...[]byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte("PACK"), 2)
	b = binary.BigEndian.AppendUint32(b, uint32(count))
	for _, e := range entries {
		b = append(b, e...)
	}
	sum := sha1.Sum(b)
	return append(b, sum[:]...)
}

func blob(content string) []byte { return entryBytes(3, len(content), nil, []byte(content)) }

func TestAPackIsRead(t *testing.T) {
	base := "hello, hello, hello\n"
	name := plumbing.ComputeHash(plumbing.BlobObject, []byte(base))
	// Copies "hello, " from the base, adds "you\n".
	delta := append(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), 11), 0x90, 7, 4, 'y', 'o', 'u', '\n')
	want := plumbing.ComputeHash(plumbing.BlobObject, []byte("hello, you\n"))
	first := blob(base)
	for kind, entries := range map[string][][]byte{
		"base by offset":         {first, entryBytes(6, len(delta), []byte{byte(len(first))}, delta)},
		"base by name":           {first, entryBytes(7, len(delta), name[:], delta)},
		"base comes after delta": {entryBytes(7, len(delta), name[:], delta), first},
	} {
		t.Run(kind, func(t *testing.T) {
			p, err := readPack(bytes.NewReader(packOf(2, entries...)), wide)
			require.NoError(t, err)
			typ, data, err := p.object(want, wide)
			require.NoError(t, err)
			assert.Equal(t, plumbing.BlobObject, typ)
			assert.Equal(t, "hello, you\n", string(data))
			_, _, err = p.object(plumbing.ZeroHash, wide)
			assert.ErrorIs(t, err, plumbing.ErrObjectNotFound)
		})
	}
}

func TestPacksThatAreWrong(t *testing.T) {
	good := packOf(1, blob("x"))
	bomb := bytes.Repeat([]byte{0}, 2<<20)
	damaged := bytes.Clone(good)
	damaged[len(damaged)-1] ^= 1
	long := func(delta ...byte) []byte {
		return packOf(2, blob("x"), entryBytes(6, len(delta), []byte{byte(len(blob("x")))}, delta))
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":                {nil, errPack},
		"an HTML page":         {[]byte("<html>" + strings.Repeat(" ", 50)), errPack},
		"cut off":              {good[:len(good)-5], errPack},
		"checksum":             {damaged, errPack},
		"fewer objects":        {packOf(2, blob("x")), errPack},
		"more objects":         {packOf(1, blob("x"), blob("y")), errPack},
		"absurd count":         {packOf(1<<31-1, blob("x")), errPack},
		"size too small":       {packOf(1, entryBytes(3, 1, nil, []byte("xx"))), errPack},
		"size too big":         {packOf(1, entryBytes(3, 3, nil, []byte("xx"))), errPack},
		"unknown type":         {packOf(1, entryBytes(5, 1, nil, []byte("x"))), errPack},
		"base missing":         {packOf(1, entryBytes(7, 3, make([]byte, 20), []byte{1, 1, 0x91})), errPack},
		"base before the pack": {packOf(1, entryBytes(6, 3, []byte{200, 200, 1}, []byte{1, 1, 0x91})), errPack},
		"wrong base size":      {long(9, 1, 0x90, 1), errPack},
		"copy beyond base":     {long(1, 9, 0x90, 9), errPack},
		"literal cut off":      {long(1, 9, 9, 'x'), errPack},
		"instruction 0":        {long(1, 1, 0), errPack},
		"result too short":     {long(1, 2, 0x90, 1), errPack},
		"delta bomb":           {long(1, 0x80, 0x80, 0x80, 0x80, 0x20, 0x90, 1), ErrTooLarge},
		"bomb":                 {packOf(1, entryBytes(3, len(bomb), nil, bomb)), ErrTooLarge},
		"size lie of a bomb":   {packOf(1, entryBytes(3, 10, nil, bomb)), errPack},
		"many middling ones":   {packOf(5, bytes.Repeat(entryBytes(3, 1<<20, nil, bomb[:1<<20]), 5)), ErrTooLarge},
		"over the wire":        {make([]byte, 1<<20+1), ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readPack(bytes.NewReader(c.data), wide)
			assert.ErrorIs(t, err, c.want)
		})
	}
}

func FuzzReadPack(f *testing.F) {
	f.Add(packOf(1, blob("x")))
	f.Add(packOf(2, blob("hello"), entryBytes(6, 4, []byte{byte(len(blob("hello")))}, []byte{5, 1, 0x90, 1})))
	f.Fuzz(func(t *testing.T, data []byte) {
		// The fuzzer cannot guess a checksum.
		if len(data) > 20 {
			sum := sha1.Sum(data[:len(data)-20])
			copy(data[len(data)-20:], sum[:])
		}
		p, err := readPack(bytes.NewReader(data), packLimits{bytes: 1 << 16, object: 1 << 16, objects: 1 << 18})
		if err != nil {
			return
		}
		for h := range p.index {
			typ, content, err := p.object(h, wide)
			if err != nil {
				t.Fatal(err)
			}
			if plumbing.ComputeHash(typ, content) != h {
				t.Fatalf("object %s has another content", h)
			}
			if typ == plumbing.TreeObject {
				_, _ = getTree(packObjects{p, wide}, h)
			}
		}
	})
}

// The diffs of random edits are applied by git itself.
func TestDiffsApply(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the git command is not installed")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(lines int) string {
		var b strings.Builder
		for range lines {
			fmt.Fprintf(&b, "line %d\n", rng.IntN(6))
		}
		s := b.String()
		if rng.IntN(3) == 0 {
			s = strings.TrimSuffix(s, "\n")
		}
		return s
	}
	for i := range 60 {
		a := text(rng.IntN(30))
		b := text(rng.IntN(30))
		if i%2 == 0 { // a small change in a long file
			a = text(40)
			l := strings.SplitAfter(a, "\n")
			at := rng.IntN(len(l))
			b = strings.Join(append(append(append([]string{}, l[:at]...), "new\n"), l[min(len(l), at+rng.IntN(3)):]...), "")
		}
		if a == b {
			continue
		}
		dir := t.TempDir()
		file := filepath.Join(dir, "f")
		require.NoError(t, os.WriteFile(file, []byte(a), 0o600))
		patch := "--- a/f\n+++ b/f\n" + unified([]byte(a), []byte(b))
		cmd := exec.Command("git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(patch)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s\nfrom %q to %q", out, patch, a, b)
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, b, string(got), patch)
	}
}

func TestReasonsAreTrailers(t *testing.T) {
	for message, want := range map[string]string{
		"Rebuilt": "Rebuilt\n\nRebuild-Reason: r1\n",
		"Rebuilt\n\nSigned-off-by: J <j@example.org>": "Rebuilt\n\nSigned-off-by: J <j@example.org>\nRebuild-Reason: r1\n",
		"Rebuilt\n\nSome more text: here.":            "Rebuilt\n\nSome more text: here.\n\nRebuild-Reason: r1\n",
		"Rebuilt\r\n\r\n- item\r\n":                   "Rebuilt\n\n- item\n\nRebuild-Reason: r1\n",
		"Rebuilt\n\nRebuild-Reason: r1":               "Rebuilt\n\nRebuild-Reason: r1\n",
	} {
		req := CommitRequest{Message: message, Reason: "r1"}
		got := req.message()
		assert.Equal(t, want, got)
		assert.Equal(t, "r1", findReason(got))
	}
	assert.Equal(t, "Rebuilt\n", (&CommitRequest{Message: "Rebuilt\n\n"}).message())
	assert.Empty(t, findReason("Rebuild-Reason: r1\n\nNot in the last paragraph\n"))
}

func TestRacesAreToldFromRefusals(t *testing.T) {
	for status, want := range map[string]bool{
		"failed to update ref": true, "fetch first": true, "non-fast-forward": true, "cannot lock ref 'refs/heads/x': is at a but expected b": true,
		"pre-receive hook declined": false, "hook declined": false, "protected branch hook declined": false, "unpacker error": false,
		"deny updating a hidden ref": false, "shallow update not allowed": false, "no report": false,
	} {
		assert.Equal(t, want, lostRace(status, ""), status)
	}
	assert.False(t, lostRace("failed to update ref", "error: unable to create file: Permission denied"))
}

func TestWrappingFollowsTheReference(t *testing.T) {
	for in, want := range map[string]string{
		"- short":                                          "- short",
		"- " + strings.Repeat("word ", 20):                 "- " + strings.TrimSpace(strings.Repeat("word ", 14)) + "\n  " + strings.TrimSpace(strings.Repeat("word ", 6)),
		"- " + strings.Repeat("x", 100):                    "- " + strings.Repeat("x", 73) + "\n  " + strings.Repeat("x", 27),
		"- " + strings.Repeat("a", 66) + " self-contained": "- " + strings.Repeat("a", 66) + " self-\n  contained",
		"- a\tb": "-       a       b"[:2] + "a     b",
	} {
		assert.Equal(t, want, wrapText(in), in)
	}
}
