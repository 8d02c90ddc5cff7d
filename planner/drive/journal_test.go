// SPDX-License-Identifier: MIT

package drive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

func TestASecondDriverFindsTheLockAndItsHolder(t *testing.T) {
	g := graphOf(t, "a:\n")
	p, dir := planOf(t, g, "a"), t.TempDir()
	d, err := drive.Open(p, dir, newWorld(g), drive.Options{})
	require.NoError(t, err)
	_, err = drive.Open(p, dir, newWorld(g), drive.Options{})
	require.ErrorIs(t, err, drive.ErrLocked)
	var locked *drive.LockedError
	require.ErrorAs(t, err, &locked)
	assert.Equal(t, os.Getpid(), locked.PID)
	host, _ := os.Hostname()
	assert.Equal(t, host, locked.Host)
	assert.ErrorContains(t, err, fmt.Sprintf("process %d on %s", os.Getpid(), host))
	require.NoError(t, d.Close())
	d, err = drive.Open(p, dir, newWorld(g), drive.Options{})
	require.NoError(t, err)
	require.NoError(t, d.Close())
	require.NoError(t, d.Close(), "closing twice is harmless")
}

// A lock must end with its process, however that dies.
func TestADeadProcessHoldsNoLock(t *testing.T) {
	dir := os.Getenv("DRIVE_TEST_HOLD")
	g := graphOf(t, "a:\n")
	p := planOf(t, g, "a")
	if dir != "" {
		_, err := drive.Open(p, dir, newWorld(g), drive.Options{})
		require.NoError(t, err)
		fmt.Println("holding")
		select {}
	}
	dir = t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestADeadProcessHoldsNoLock$")
	cmd.Env = append(os.Environ(), "DRIVE_TEST_HOLD="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	buf := make([]byte, len("holding"))
	_, err = out.Read(buf)
	require.NoError(t, err)
	_, err = drive.Open(p, dir, newWorld(g), drive.Options{})
	var locked *drive.LockedError
	require.ErrorAs(t, err, &locked)
	assert.Equal(t, cmd.Process.Pid, locked.PID)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	d, err := drive.Open(p, dir, newWorld(g), drive.Options{})
	require.NoError(t, err)
	require.NoError(t, d.Close())
}

// journalOf drives a plan to its end and returns the folder.
func journalOf(t *testing.T, p *planner.Plan, w *world, opts drive.Options) string {
	t.Helper()
	dir := t.TempDir()
	_, err := drive.Run(t.Context(), p, dir, w, opts)
	require.NoError(t, err)
	return dir
}

func TestForeignAndDamagedJournalsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, "a:\nb: a\n")
		p := planOf(t, g, "a")
		dir := journalOf(t, p, newWorld(g), drive.Options{Run: planner.RunOptions{MaxBuilding: 3}})
		path := filepath.Join(dir, "journal.jsonl")
		good, err := os.ReadFile(path)
		require.NoError(t, err)
		open := func(p *planner.Plan, opts drive.Options) error {
			d, err := drive.Open(p, dir, newWorld(g), opts)
			if err == nil {
				require.NoError(t, d.Close())
			}
			return err
		}

		require.NoError(t, open(p, drive.Options{}), "no options take the journal's")
		require.NoError(t, open(p, drive.Options{Run: planner.RunOptions{MaxBuilding: 3}}))
		err = open(p, drive.Options{Run: planner.RunOptions{MaxBuilding: 4}})
		require.ErrorIs(t, err, drive.ErrOtherPlan)
		assert.ErrorContains(t, err, "other options")

		err = open(planOf(t, g, "b"), drive.Options{})
		require.ErrorIs(t, err, drive.ErrOtherPlan)
		assert.ErrorContains(t, err, path)

		lines := bytes.SplitAfter(good, []byte("\n"))
		damage := func(line int, f func([]byte) []byte) []byte {
			var out []byte
			for i, l := range lines {
				if i == line {
					l = f(bytes.Clone(l))
				}
				out = append(out, l...)
			}
			return out
		}
		flip := func(l []byte) []byte { l[len(l)/2] ^= 1; return l }
		for name, c := range map[string]struct {
			data []byte
			is   error
			text string
		}{
			"a newer format":       {bytes.Replace(good, []byte("relkit-journal/1"), []byte("relkit-journal/2"), 1), drive.ErrFormat, `"relkit-journal/2"`},
			"something else":       {[]byte("{}\n"), drive.ErrFormat, `""`},
			"not JSON":             {[]byte("hello\nworld\n"), drive.ErrCorrupt, ":1:"},
			"an empty file":        {nil, drive.ErrCorrupt, "no header"},
			"a flipped bit":        {damage(3, flip), drive.ErrCorrupt, ":4:"},
			"a lost line":          {damage(2, func([]byte) []byte { return nil }), drive.ErrCorrupt, ":3:"},
			"a flipped header bit": {damage(0, flip), drive.ErrCorrupt, ":1:"},
		} {
			require.NoError(t, os.WriteFile(path, c.data, 0o644))
			err := open(p, drive.Options{})
			require.ErrorIs(t, err, c.is, name)
			assert.ErrorContains(t, err, c.text, name)
			left, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(c.data), string(left), "%s: a refused journal is left alone", name)
		}

		// A last line that the file system tore is dropped, even with its
		// line break.
		require.NoError(t, os.WriteFile(path, damage(len(lines)-2, flip), 0o644))
		require.NoError(t, open(p, drive.Options{}))
		_, events, err := drive.Read(dir)
		require.NoError(t, err)
		assert.Len(t, events, len(lines)-3)

		_, _, err = drive.Read(t.TempDir())
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestAJournalKeepsWhatTheEmbedderWrote(t *testing.T) {
	g := graphOf(t, "a:\n")
	dir := t.TempDir()
	d, err := drive.Open(planOf(t, g, "a"), dir, newWorld(g), drive.Options{Meta: map[string]string{"changed": "a"}})
	require.NoError(t, err)
	require.NoError(t, d.Close())
	h, events, err := drive.Read(dir)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"changed": "a"}, h.Meta)
	assert.Equal(t, drive.Format, h.Format)
	assert.Empty(t, events)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 2, "a journal and a lock, nothing half-made")
}

// Journals of this format must stay readable for good.
func TestAnOldJournalIsStillRead(t *testing.T) {
	g := graphOf(t, "a:\n=a: a\nb: =a\nc: b\n")
	data, err := os.ReadFile(filepath.Join("testdata", "journal-1.jsonl"))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), data, 0o644))
	d, err := drive.Open(planOf(t, g, "a"), dir, newWorld(g), drive.Options{})
	require.NoError(t, err)
	defer d.Close()
	d.View(func(r *planner.Run) {
		assert.Equal(t, "3 nodes: 1 done, 1 failed, 1 blocked; fix b first (blocks 1)", r.Summary().String())
	})
}

// TestWriteOldJournal made testdata/journal-1.jsonl; it runs only on request,
// since that file must not change any more.
func TestWriteOldJournal(t *testing.T) {
	if os.Getenv("DRIVE_TEST_WRITE") == "" {
		t.Skip("writes a journal that tests compare with")
	}
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, "a:\n=a: a\nb: =a\nc: b\n")
		w := newWorld(g)
		w.fails["b"] = 1
		dir := t.TempDir()
		_, err := drive.Run(t.Context(), planOf(t, g, "a"), dir, w, drive.Options{Meta: map[string]string{"changed": "a"}})
		require.ErrorIs(t, err, drive.ErrStuck)
		data, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "journal-1.jsonl"), data, 0o644))
	})
}

func TestAnOutsideThatIsAwayIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, "a:\nb: a\n")
		w := newWorld(g)
		w.offline = 6
		var said []string
		s, err := drive.Run(t.Context(), planOf(t, g, "a"), t.TempDir(), w, drive.Options{
			Dispatch: 1,
			Backoff:  time.Second, MaxBackoff: 4 * time.Second,
			Observe: func(n drive.Notice) {
				if n.Kind != drive.NoticeEvent {
					said = append(said, fmt.Sprintf("%v %v %v", n.At.Truncate(time.Second), n.Kind, n.Until.Truncate(time.Second)))
				}
			},
		})
		require.NoError(t, err)
		assert.Equal(t, 2, s.States[planner.StateDone])
		text := strings.Join(said, "\n")
		assert.Contains(t, text, "waiting")
		assert.Contains(t, text, "back")
		assert.Equal(t, 6, strings.Count(text, "waiting"), text)
		assert.Len(t, w.order, 4, "nothing was done twice")
	})
}

func TestARequestWhoseAnswerIsLostIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, fifteen)
		w := newWorld(g)
		lost := map[planner.Key]bool{}
		w.loseAnswer = func(a planner.Action) bool {
			was := lost[a.Key]
			lost[a.Key] = true
			return !was
		}
		recovered := 0
		s, err := drive.Run(t.Context(), planOf(t, g, "n00"), t.TempDir(), w, drive.Options{
			Observe: func(n drive.Notice) {
				if n.Kind == drive.NoticeRecovered {
					recovered++
				}
			},
		})
		require.NoError(t, err)
		assert.Equal(t, 15, s.States[planner.StateDone])
		assert.Equal(t, len(w.order), recovered)
	})
}

func TestAFinalAnswerEndsTheAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, "a:\nb: a\n")
		w := newWorld(g)
		w.deny = map[planner.ID]error{"b": drive.Failed(planner.FailureBuild, errors.New("package b is blocked in tag f41"))}
		var detail string
		_, err := drive.Run(t.Context(), planOf(t, g, "a"), t.TempDir(), w, drive.Options{Observe: func(n drive.Notice) {
			if n.Event != nil && n.Event.Kind == planner.EventFailed {
				detail = n.Event.Detail
			}
		}})
		require.ErrorIs(t, err, drive.ErrStuck)
		assert.ErrorContains(t, err, "fix b first")
		assert.Contains(t, detail, "package b is blocked in tag f41")
	})
}

func TestAnEndedContextLeavesAJournalToGoOnFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, fifteen)
		w := newWorld(g)
		p, dir := planOf(t, g, "n00"), t.TempDir()
		d, err := drive.Open(p, dir, w, drive.Options{})
		require.NoError(t, err)
		done := make(chan error)
		ctx, stop := contextWithStop(t)
		go func() { done <- d.Run(ctx) }()
		time.Sleep(3 * time.Minute)
		require.Error(t, d.Close(), "a running driver is not closed")
		stop()
		require.ErrorIs(t, <-done, ctx.Err())
		require.NoError(t, d.Run(t.Context()), "the same driver goes on")
		require.NoError(t, d.Close())
		assert.Len(t, w.done, 15)
		require.Error(t, d.Tell(planner.Event{Kind: planner.EventTick}))
	})
}

func TestWhatOthersTellJoinsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, "a:\nb: a\nc: b\nx:\ny: x\n")
		w := newWorld(g)
		d, err := drive.Open(planOf(t, g, "a"), t.TempDir(), w, drive.Options{})
		require.NoError(t, err)
		done := make(chan error)
		go func() { done <- d.Run(t.Context()) }()
		time.Sleep(time.Minute)
		require.NoError(t, d.Tell(planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{"x"}, Ref: "commit 1"}))
		require.NoError(t, d.Tell(planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{"x"}, Ref: "commit 1"}))
		require.ErrorIs(t, d.Tell(planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{"nosuch"}}), planner.ErrNotFound)
		require.NoError(t, <-done)
		assert.Len(t, w.done, 5)
		assert.Equal(t, 10, len(w.order), "each built once and waited for once")
		require.NoError(t, d.Close())
	})
}

// A build that a fix makes pointless is canceled, also when the answer to its
// submission was lost.
func TestABuildMadePointlessIsCanceled(t *testing.T) {
	for _, lose := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := graphOf(t, "a:\nb: a\n")
			w := newWorld(g)
			w.loseAnswer = func(a planner.Action) bool { return lose && a.Key == "build/a/1/1" }
			d, err := drive.Open(planOf(t, g, "a"), t.TempDir(), w, drive.Options{Backoff: time.Hour, MaxBackoff: time.Hour})
			require.NoError(t, err)
			done := make(chan error)
			go func() { done <- d.Run(t.Context()) }()
			time.Sleep(time.Second)
			require.NoError(t, d.Tell(planner.Event{Kind: planner.EventFixArrived, ID: "a", Artifact: "a-fix"}))
			require.NoError(t, <-done)
			assert.Equal(t, []string{"build/a/1/1"}, w.cancels)
			assert.Equal(t, "a-fix", w.done["a"])
			require.NoError(t, d.Close())
		})
	}
}

// A driver does not give up on a person while it cannot see whether the person
// has come.
func TestAnAbsentHubDoesNotEndPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, "a:\nb: a\n")
		w := newWorld(g)
		w.fails["a"] = 1
		w.fixes["a"] = "a-fix"
		polls := 0
		_, err := drive.Run(t.Context(), planOf(t, g, "a"), t.TempDir(), w, drive.Options{Observe: func(n drive.Notice) {
			if n.Kind == drive.NoticeStuck && polls == 0 {
				polls++
				go func() {
					w.mu.Lock()
					w.offline = 3
					w.mu.Unlock()
				}()
			}
		}})
		require.NoError(t, err)
		assert.Equal(t, "a-fix", w.done["a"])
	})
}

func TestNothingOfATornEndIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, "a:\nb: a\n")
		p, dir := planOf(t, g, "a"), t.TempDir()
		w := newWorld(g)
		d, err := drive.Open(p, dir, w, drive.Options{})
		require.NoError(t, err)
		require.NoError(t, d.Tell(planner.Event{Kind: planner.EventHold}))
		require.NoError(t, d.Close())
		path := filepath.Join(dir, "journal.jsonl")
		good, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(good, bytes.Repeat([]byte("x"), 10000)...), 0o644))
		d, err = drive.Open(p, dir, w, drive.Options{})
		require.NoError(t, err)
		require.NoError(t, d.Tell(planner.Event{Kind: planner.EventRelease}))
		require.NoError(t, d.Close())
		_, events, err := drive.Read(dir)
		require.NoError(t, err)
		assert.Len(t, events, 2)
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.NotContains(t, string(now), "xxx")
	})
}
