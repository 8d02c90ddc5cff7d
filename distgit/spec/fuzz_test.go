// SPDX-License-Identifier: MIT

package spec_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

func seeds(f *testing.F) {
	f.Add(readDemo(f))
	for _, r := range rules {
		f.Add([]byte("Name: demo\nVersion: 1.0\nRelease: 1\nLicense: MIT\n" + r.lines + "\nSummary: " + r.summary + "\n%description\n"))
	}
	for _, text := range []string{"", "%", "%{", "Release: 1\r\n%changelog", "\xff\xfe%global rel \\\n3\nRelease: %{rel}", "%if\n%elif\n%else\n%endif",
		"%{?a:%global rel 1}\nRelease: 0.%{rel}", "Release: %release_func 3", "* Mon Dec 02 2024 x - 1\n", "%changelog\n* Mon Dec 02 2024 x - 1\n- y"} {
		f.Add([]byte(text))
	}
}

func FuzzSpec(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := spec.Parse("f.spec", data)
		if err != nil {
			requireTyped(t, err)
			return
		}
		require.Equal(t, string(data), string(s.Bytes()), "reading loses nothing")
		for _, it := range s.Items {
			require.True(t, bytes.HasPrefix(data[it.Pos.Offset:], []byte(it.Raw)))
			if it.Tag != nil {
				require.True(t, bytes.HasPrefix(data[it.Tag.ValuePos.Offset:], []byte(it.Tag.Value)))
			}
			if it.Macro != nil {
				require.True(t, bytes.HasPrefix(data[it.Macro.BodyPos.Offset:], []byte(it.Macro.Body)))
			}
		}
		if _, err := s.Changelog(); err != nil {
			requireTyped(t, err)
		}
		ev, err := s.Evaluate(spec.Options{Macros: map[string]string{"fedora": "41", "dist": ".fc41"}, Autorelease: 1})
		if err != nil {
			requireTyped(t, err)
			assert.NotContains(t, err.Error(), "\x00")
			return
		}
		for _, p := range ev.Packages.List {
			for _, text := range []string{p.Name.Text, p.Version.Text, p.Release.Text, p.Summary.Text} {
				assert.NotContains(t, text, "\x00", "marks stay inside")
			}
		}
	})
}

func FuzzBump(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, mode := range []spec.BumpMode{spec.BumpSmart, spec.BumpCompat} {
			opts := options()
			opts.Mode = mode
			before := bytes.Clone(data)
			r, err := spec.Bump(data, opts)
			require.Equal(t, before, data, "the input is left alone")
			if err != nil {
				requireTyped(t, err)
				require.Zero(t, r)
				continue
			}
			require.Equal(t, r.Changed, !bytes.Equal(data, r.Data))
			if mode == spec.BumpCompat {
				continue
			}
			if _, err := spec.Parse("f.spec", r.Data); err != nil {
				t.Fatalf("the bumped file is no spec any more: %v", err)
			}
			again, err := spec.Bump(r.Data, opts)
			if err != nil {
				requireTyped(t, err)
			} else if r.Verified && again.Verified && !r.Autorelease {
				require.Positive(t, again.After.Compare(r.After), "a bump of a bump is higher")
			}
		}
	})
}

func requireTyped(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*spec.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	require.Error(t, e.Err, "it wraps a sentinel")
}
