// SPDX-License-Identifier: MIT

package drive

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

const lockName = "lock"

// holder is what the lock file says of who holds it.
type holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// takeLock makes this process the only driver of a folder's journal, until the
// returned file is closed or the process ends.
func takeLock(dir string, now time.Time) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, &JournalError{Path: path, Err: err}
	}
	locked, err := tryLock(f)
	if err != nil {
		f.Close()
		return nil, &JournalError{Path: path, Err: err}
	}
	if !locked {
		f.Close()
		e := &LockedError{Dir: dir}
		// The holder may be writing its name just now; then it stays unknown.
		if data, err := os.ReadFile(path); err == nil {
			var h holder
			if json.Unmarshal(data, &h) == nil {
				e.PID, e.Host, e.Since = h.PID, h.Host, h.Since
			}
		}
		return nil, e
	}
	h := holder{PID: os.Getpid(), Since: now.UTC()}
	h.Host, _ = os.Hostname()
	data, err := json.Marshal(h)
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(append(data, '\n'), 0)
	}
	if err != nil {
		f.Close()
		return nil, &JournalError{Path: path, Err: err}
	}
	return f, nil
}
