// SPDX-License-Identifier: MIT

package updater_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

func TestAQueueKeepsMessagesUntilTheyAreTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	q, err := updater.OpenQueue(path)
	require.NoError(t, err)
	for i := range 5 {
		require.NoError(t, q.Add(fmt.Appendf(nil, `{"n": %d}`, i), errors.New("down")))
	}
	require.NoError(t, q.Close())

	// A crash in the middle of a line, and a start anew.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"message": {"n"`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	q, err = updater.OpenQueue(path)
	require.NoError(t, err)
	assert.Equal(t, 5, q.Len())
	var told []string
	stop := errors.New("down again")
	n, err := q.Drain(t.Context(), func(_ context.Context, m []byte) error {
		if len(told) == 3 {
			return stop
		}
		told = append(told, string(m))
		return nil
	})
	assert.Equal(t, 3, n)
	require.ErrorIs(t, err, stop)
	require.NoError(t, q.Add([]byte(`{"n": 5}`), nil))
	require.NoError(t, q.Close())

	q, err = updater.OpenQueue(path)
	require.NoError(t, err)
	assert.Equal(t, 3, q.Len())
	_, err = q.Drain(t.Context(), func(_ context.Context, m []byte) error { told = append(told, string(m)); return nil })
	require.NoError(t, err)
	assert.Equal(t, []string{`{"n":0}`, `{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`, `{"n":5}`}, told)
	require.NoError(t, q.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Zero(t, info.Size(), "nothing waits, nothing is kept")
	left, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	assert.Len(t, left, 1, "no files are left behind")
}

func TestADamagedQueueIsNotReadAsAnEmptyOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	for _, text := range []string{"{}\n", "nonsense\n", "{\"done\": 1}\n", "{\"message\": 1}\n{\"done\": 2}\n", "{\"message\": 1, \"done\": 1}\n", "{\"done\": -1}\n"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := updater.OpenQueue(path)
		assert.ErrorIs(t, err, updater.ErrCorrupt, text)
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(now), "what is damaged is left for a person to see")
	}
	_, err := updater.OpenQueue(filepath.Join(path, "below", "a file"))
	assert.Error(t, err)
	_, err = updater.OpenQueue(filepath.Join(t.TempDir(), "none", "queue"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
	q, err := updater.OpenQueue(filepath.Join(t.TempDir(), "queue"))
	require.NoError(t, err)
	assert.Error(t, q.Add([]byte("no JSON"), nil))
	assert.Zero(t, q.Len())
}

func FuzzOpenQueue(f *testing.F) {
	f.Add([]byte("{\"message\":{\"n\":1},\"reason\":\"down\"}\n{\"done\":1}\n"))
	f.Add([]byte("{\"message\":{\"n\":1}}\n{\"message\":"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "queue")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		q, err := updater.OpenQueue(path)
		if err != nil {
			require.ErrorIs(t, err, updater.ErrCorrupt)
			return
		}
		n := q.Len()
		require.NoError(t, q.Close())
		q, err = updater.OpenQueue(path)
		require.NoError(t, err)
		require.Equal(t, n, q.Len())
		require.NoError(t, q.Close())
	})
}
