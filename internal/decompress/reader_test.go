// SPDX-License-Identifier: MIT

package decompress_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"

	"github.com/seed-f134cc8e/relkit/internal/decompress"
)

// helloBzip2 is "hello relkit\n" packed by bzip2; the standard library cannot
// write the format.
const helloBzip2 = "" +
	"\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x99\x44\x28\xe4\x00\x00\x02\x51\x80\x00" +
	"\x10\x40\x00\x02\x6c\x94\x00\x20\x00\x31\x00\x30\x20\x03\x6a\x08\xdb\x42\x68\x64" +
	"\x78\xbb\x92\x29\xc2\x84\x84\xca\x21\x47\x20"

func pack(t testing.TB, f decompress.Format, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch f {
	case decompress.Plain:
		return data
	case decompress.Gzip:
		w = gzip.NewWriter(&b)
	case decompress.XZ:
		w, err = xz.NewWriter(&b)
	case decompress.Zstd:
		w, err = zstd.NewWriter(&b)
	default:
		t.Fatalf("no writer for %v", f)
	}
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

var written = []decompress.Format{decompress.Plain, decompress.Gzip, decompress.XZ, decompress.Zstd}

func text(n int) []byte {
	return bytes.Repeat([]byte("name: nodejs, stream: \"18\", version: 8060020220523134421\n"), n/57+1)[:n]
}

func TestEveryFormatIsToldByItsFirstBytes(t *testing.T) {
	for _, f := range written {
		for _, size := range []int{0, 1, 5, 6, 100, 70_000, 3_000_000} {
			want := text(size)
			for _, name := range []string{"", "lies.yaml.bz2", "right." + f.String()} {
				if f == decompress.Plain && name == "lies.yaml.bz2" && size < 3 {
					continue // judged as truncated, see below
				}
				d, err := decompress.NewReader(bytes.NewReader(pack(t, f, want)), decompress.Options{Name: name})
				require.NoError(t, err, "%v %d %q", f, size, name)
				assert.Equal(t, f, d.Format())
				got, err := io.ReadAll(iotest.OneByteReader(d))
				if size > 100_000 {
					continue
				}
				require.NoError(t, err)
				assert.True(t, bytes.Equal(want, got), "%v %d", f, size)
				require.NoError(t, d.Close())
				require.NoError(t, d.Close())
				_, err = d.Read(make([]byte, 1))
				assert.ErrorIs(t, err, os.ErrClosed)
			}
		}
	}
	got, err := decompress.ReadAll(strings.NewReader(helloBzip2), decompress.Options{})
	require.NoError(t, err)
	assert.Equal(t, "hello relkit\n", string(got))
}

func TestPartsBehindOneAnotherAreOneFile(t *testing.T) {
	for _, f := range written[1:] {
		both := append(pack(t, f, []byte("one ")), pack(t, f, []byte("two"))...)
		got, err := decompress.ReadAll(bytes.NewReader(both), decompress.Options{})
		require.NoError(t, err, f)
		assert.Equal(t, "one two", string(got))
	}
	padded := append(pack(t, decompress.XZ, []byte("one ")), make([]byte, 8)...)
	padded = append(padded, pack(t, decompress.XZ, []byte("two"))...)
	got, err := decompress.ReadAll(bytes.NewReader(padded), decompress.Options{})
	require.NoError(t, err)
	assert.Equal(t, "one two", string(got))
}

func TestACutAnywhereIsAnError(t *testing.T) {
	for _, f := range written[1:] {
		packed := pack(t, f, text(2000))
		for n := range len(packed) {
			if n < 6 && decompress.Detect(packed[:n]) == decompress.Plain {
				_, err := decompress.ReadAll(bytes.NewReader(packed[:n]), decompress.Options{Name: "x." + f.String()})
				assert.ErrorIs(t, err, decompress.ErrTruncated, "%v cut at %d", f, n)
				continue
			}
			_, err := decompress.ReadAll(bytes.NewReader(packed[:n]), decompress.Options{Name: "cut"})
			require.ErrorIs(t, err, decompress.ErrTruncated, "%v cut at %d of %d", f, n, len(packed))
			assert.Contains(t, err.Error(), "cut: "+f.String()+": truncated after ")
		}
	}
	for n := 4; n < len(helloBzip2); n++ {
		_, err := decompress.ReadAll(strings.NewReader(helloBzip2[:n]), decompress.Options{})
		require.ErrorIs(t, err, decompress.ErrTruncated, "bzip2 cut at %d", n)
	}
}

func TestAnEmptyFileIsTruncatedOnlyWhereItsNameSaysPacked(t *testing.T) {
	for name, want := range map[string]error{
		"": nil, "x.yaml": nil, "x.yaml.gz": decompress.ErrTruncated, "X.GZ": decompress.ErrTruncated,
		"x.bz2": decompress.ErrTruncated, "x.xz": decompress.ErrTruncated, "x.zst": decompress.ErrTruncated,
	} {
		_, err := decompress.ReadAll(strings.NewReader(""), decompress.Options{Name: name})
		assert.ErrorIs(t, err, want, name)
	}
}

func TestAFlippedBitIsAnErrorOrTheSameBytes(t *testing.T) {
	want := text(1000)
	for _, f := range written[1:] {
		packed := pack(t, f, want)
		for n := sniff(f); n < len(packed); n++ {
			bad := bytes.Clone(packed)
			bad[n] ^= 0x10
			got, err := decompress.ReadAll(bytes.NewReader(bad), decompress.Options{})
			if err == nil {
				require.True(t, bytes.Equal(want, got), "%v bit at %d", f, n)
				continue
			}
			var e *decompress.Error
			require.ErrorAs(t, err, &e, "%v bit at %d", f, n)
			require.Equal(t, f, e.Format)
		}
	}
}

func sniff(f decompress.Format) int {
	return map[decompress.Format]int{decompress.Gzip: 2, decompress.XZ: 6, decompress.Zstd: 4}[f]
}

func TestWhatFollowsAPackedPartIsNotIgnored(t *testing.T) {
	for _, f := range written[1:] {
		_, err := decompress.ReadAll(bytes.NewReader(append(pack(t, f, []byte("x")), "trailing text"...)), decompress.Options{})
		assert.ErrorIs(t, err, decompress.ErrCorrupt, f)
	}
}

func TestOutputIsLimited(t *testing.T) {
	bomb := make([]byte, 3<<20)
	for _, f := range written {
		packed := pack(t, f, bomb)
		for _, limit := range []int64{1, 4096, 2_000_001} {
			d, err := decompress.NewReader(bytes.NewReader(packed), decompress.Options{Name: "bomb", MaxSize: limit})
			require.NoError(t, err)
			n, err := io.Copy(io.Discard, d)
			assert.ErrorIs(t, err, decompress.ErrTooLarge, f)
			assert.Equal(t, limit, n, "exactly the limit is delivered")
			assert.ErrorContains(t, err, "limit of ")
			require.NoError(t, d.Close())
		}
		got, err := decompress.ReadAll(bytes.NewReader(packed), decompress.Options{MaxSize: int64(len(bomb))})
		require.NoError(t, err, "a file of exactly the limit is whole")
		assert.Len(t, got, len(bomb))
		_, err = decompress.ReadAll(bytes.NewReader(packed), decompress.Options{MaxSize: -1})
		require.NoError(t, err)
	}
}

func TestAPackedFileMayNotAskForMoreWindowThanAllowed(t *testing.T) {
	data := make([]byte, 3<<20)
	for _, f := range []decompress.Format{decompress.XZ, decompress.Zstd} {
		_, err := decompress.ReadAll(bytes.NewReader(pack(t, f, data)), decompress.Options{MaxWindow: 1 << 20})
		assert.ErrorIs(t, err, decompress.ErrTooLarge, f)
	}
}

func TestKnownButUnreadFormatsAreRefusedByName(t *testing.T) {
	for magic, name := range map[string]string{
		"\x00ZCK1......": "zchunk", "\x04\x22\x4d\x18..": "lz4", "PK\x03\x04....": "zip", "\x5d\x00\x00\x80\x00": "lzma",
	} {
		_, err := decompress.NewReader(strings.NewReader(magic), decompress.Options{Name: "f"})
		assert.ErrorIs(t, err, decompress.ErrUnsupported)
		assert.ErrorContains(t, err, name)
	}
}

func TestTheSourcesOwnErrorKeepsItsIdentity(t *testing.T) {
	lost := errors.New("connection lost")
	for _, f := range written {
		packed := pack(t, f, text(300_000))
		r := io.MultiReader(bytes.NewReader(packed[:len(packed)/2]), iotest.ErrReader(lost))
		_, err := decompress.ReadAll(r, decompress.Options{Name: "x"})
		assert.ErrorIs(t, err, lost, f)
		assert.NotErrorIs(t, err, decompress.ErrTruncated)
		_, err = decompress.ReadAll(iotest.ErrReader(lost), decompress.Options{})
		assert.ErrorIs(t, err, lost)
	}
}

func TestOpenReadsAFileAndNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "modules.yaml.gz")
	packed := pack(t, decompress.Gzip, []byte("hello"))
	require.NoError(t, os.WriteFile(path, packed, 0o600))
	d, err := decompress.Open(path, decompress.Options{})
	require.NoError(t, err)
	got, err := io.ReadAll(d)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(got))
	require.NoError(t, d.Close())
	require.NoError(t, os.WriteFile(path, packed[:9], 0o600))
	_, err = decompress.Open(path, decompress.Options{})
	assert.ErrorIs(t, err, decompress.ErrTruncated)
	assert.ErrorContains(t, err, path)
	_, err = decompress.Open(path+".none", decompress.Options{})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestFormatNames(t *testing.T) {
	assert.Equal(t, "zstd", decompress.Zstd.String())
	assert.Equal(t, "Format(7)", decompress.Format(7).String())
}

func FuzzReader(f *testing.F) {
	for _, format := range written {
		f.Add(pack(f, format, []byte("hello relkit\n")))
	}
	f.Add([]byte(helloBzip2))
	f.Add([]byte("\x50\x2a\x4d\x18\x01\x00\x00\x00x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := decompress.NewReader(bytes.NewReader(data), decompress.Options{MaxSize: 1 << 20, MaxWindow: 8 << 20})
		if err != nil {
			return
		}
		defer d.Close()
		n, err := io.Copy(io.Discard, d)
		if n > 1<<20 {
			t.Fatalf("%d bytes", n)
		}
		if err == nil && d.Format() == decompress.Plain && n != int64(len(data)) {
			t.Fatalf("plain: %d of %d bytes", n, len(data))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data := text(16 << 20)
	for _, f := range written {
		packed := pack(b, f, data)
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				d, err := decompress.NewReader(bytes.NewReader(packed), decompress.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, d); err != nil {
					b.Fatal(err)
				}
				d.Close()
			}
		})
	}
}
