// SPDX-License-Identifier: MIT

package koji_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
)

func TestParseNVR(t *testing.T) {
	for text, want := range map[string]koji.NVR{
		"bash-5.2.26-3.fc40":          {Name: "bash", Version: "5.2.26", Release: "3.fc40"},
		"python-requests-2.32.3-2":    {Name: "python-requests", Version: "2.32.3", Release: "2"},
		"1:openssl-3.2-1":             {Name: "openssl", Epoch: new(1), Version: "3.2", Release: "1"},
		"openssl-1:3.2-1":             {Name: "openssl", Epoch: new(1), Version: "3.2", Release: "1"},
		"dir/x-1~rc1-0.1^git":         {Name: "x", Version: "1~rc1", Release: "0.1^git"},
		"rust-stable-41.abcd-1,d_5":   {Name: "rust-stable", Version: "41.abcd", Release: "1,d_5"},
		"kernel-6.12.9-200.fc41.x-86": {Name: "kernel-6.12.9", Version: "200.fc41.x", Release: "86"},
	} {
		got, err := koji.ParseNVR(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, bad := range []string{"", "a", "a-b", "-a-b", "a--b", "a-b-", "a-1:-2", "x:a-1-1", "1:a-2:1-1", "a b-1-1", "a-1-1:2", "-5:a-1-1"} {
		_, err := koji.ParseNVR(bad)
		assert.ErrorIs(t, err, koji.ErrInvalid, bad)
	}
	n, err := koji.ParseNVRA("bash-doc-5.2-1.fc40.noarch.rpm")
	require.NoError(t, err)
	assert.Equal(t, koji.NVR{Name: "bash-doc", Version: "5.2", Release: "1.fc40", Arch: "noarch"}, n)
	assert.Equal(t, "bash-doc-5.2-1.fc40.noarch", n.String())
	for _, bad := range []string{"", "a-1-1", "a-1-1.", ".x", "a-1.5-1"} {
		_, err := koji.ParseNVRA(bad)
		assert.ErrorIs(t, err, koji.ErrInvalid, bad)
	}
	data, err := json.Marshal(map[string]any{"n": n})
	require.NoError(t, err)
	assert.Equal(t, `{"n":"bash-doc-5.2-1.fc40.noarch"}`, string(data))
	require.NoError(t, json.Unmarshal([]byte(`{"name":"a","version":"1","release":"2","epoch":3}`), &n))
	assert.Equal(t, 3, *n.Epoch)
}

// The order is that of rpm itself: this list is sorted by it.
func TestVersionsAreOrderedAsRPMDoes(t *testing.T) {
	sorted := []string{"~", "~~a", "", "^", "^git1", "a", "a1", "z", "0~rc1", "0", "0.0", "1~~", "1~rc1", "1~rc2", "1", "1^", "1^git1", "1^git2", "1.a", "1.0", "1.0.1", "1.1", "1.9", "1.10", "2", "10", "20260101"}
	sorted[0], sorted[1] = sorted[1], sorted[0]
	for i, a := range sorted {
		for j, b := range sorted {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			assert.Equal(t, want, koji.CompareVersions(a, b), "%q and %q", a, b)
		}
	}
	for _, p := range [][2]string{{"1.0", "1_0"}, {"1.", "1"}, {"1.05", "1.5"}, {"01", "1"}, {"a-b", "a.b"}} {
		assert.Zero(t, koji.CompareVersions(p[0], p[1]), p)
	}
	old, fresh := koji.NVR{Name: "a", Version: "2", Release: "1"}, koji.NVR{Name: "a", Epoch: new(1), Version: "1", Release: "1"}
	assert.Equal(t, -1, old.Compare(fresh))
	assert.Equal(t, 1, koji.NVR{Name: "b"}.Compare(fresh))
}

func TestRefs(t *testing.T) {
	id, ok := koji.ID(7).ID()
	assert.True(t, ok)
	assert.Equal(t, 7, id)
	_, ok = koji.Ref("7").ID()
	assert.False(t, ok, "a name of digits is a name")
	assert.Equal(t, "#7", koji.ID(7).String())
	assert.Equal(t, "a-1-2", koji.NVR{Name: "a", Version: "1", Release: "2", Epoch: new(0)}.Ref().String())
	assert.Equal(t, "{odd", koji.Ref("{odd").String())
}

func FuzzParseNVR(f *testing.F) {
	for _, s := range []string{"bash-5.2-1", "1:a-2-3", "a-1:2-3.noarch.rpm", "-", "a-b-c-d", "{}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := koji.ParseNVR(s)
		if err == nil {
			again, err := koji.ParseNVR(n.String())
			if err != nil || again.String() != n.String() {
				t.Errorf("%q gives %q, and that %q, %v", s, n, again, err)
			}
			if n.Compare(n) != 0 || n.Ref().String() != n.String() {
				t.Errorf("%q is not itself", n)
			}
		}
		_, _ = koji.ParseNVRA(s)
		_ = koji.Ref(s).String()
		if koji.CompareVersions(s, "1") != -koji.CompareVersions("1", s) {
			t.Errorf("%q has no order", s)
		}
	})
}

func TestEnumsSurviveText(t *testing.T) {
	for n := range 10 {
		text, err := koji.TaskState(n).MarshalText()
		require.NoError(t, err)
		var s koji.TaskState
		require.NoError(t, s.UnmarshalText(text))
		assert.Equal(t, koji.TaskState(n), s)
	}
	assert.Equal(t, "TaskState(9)", koji.TaskState(9).String())
	assert.Equal(t, "FAILED", koji.TaskFailed.String())
	var s koji.BuildState
	assert.Error(t, s.UnmarshalText([]byte("DONE")))
	data, err := json.Marshal(koji.Build{State: koji.BuildComplete})
	require.NoError(t, err)
	assert.Contains(t, string(data), `"State":"COMPLETE"`)
}
