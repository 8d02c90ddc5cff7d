// SPDX-License-Identifier: MIT

package distgit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// historyHeader is the first line of a history file.
const historyHeader = `{"format":"relkit branch history","version":1}`

// HistoryFile is a [History] whose observations are kept in a file: JSON
// lines, only ever appended. One process at a time may have it open for
// writing. It is safe for concurrent use.
type HistoryFile struct {
	*History
	// Torn is how many bytes of an unfinished last line were cut off when the
	// file was opened.
	Torn int

	mu     sync.Mutex
	f      *os.File
	broken error // why nothing can be added any more
}

// OpenHistory opens a history file, making it if it is not there, and reads
// it. A last line that a crash left unfinished is cut off; any other line that
// does not read is an error, as is a file of another format: it names the
// line, and the file is left alone.
func OpenHistory(path string) (*HistoryFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	h := &HistoryFile{History: new(History), f: f}
	end, err := h.History.read(bufio.NewReaderSize(f, 1<<20), path)
	if err != nil {
		f.Close()
		return nil, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && size > end {
		h.Torn = int(size - end)
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err == nil && end == 0 {
		_, err = f.WriteString(historyHeader + "\n")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return h, nil
}

// ReadHistory reads what a [HistoryFile] wrote, from anywhere. An unfinished
// last line is dropped.
func ReadHistory(r io.Reader) (*History, error) {
	h := new(History)
	_, err := h.read(bufio.NewReaderSize(r, 1<<20), "history")
	return h, err
}

func (h *History) read(r *bufio.Reader, name string) (end int64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var fast fastLine
	lines := map[string]*timeline{}
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull { // beyond any line we write
			return end, lineError(name, n, errors.New("line is too long"))
		}
		if err == io.EOF { // without its newline, a line was not finished
			break
		}
		if err != nil {
			return end, err
		}
		if n == 1 {
			if !bytes.Equal(bytes.TrimSpace(line), []byte(historyHeader)) {
				return end, lineError(name, 1, errors.New("not a branch history, or of a version this program does not know"))
			}
			end += int64(len(line))
			continue
		}
		if fast.parse(line) && h.addFast(&fast, lines) {
			end += int64(len(line))
			continue
		}
		var o Observation
		if err := json.Unmarshal(line, (*observationJSON)(&o)); err != nil {
			return end, lineError(name, n, err)
		}
		if err := o.check(); err != nil {
			return end, lineError(name, n, err)
		}
		end += int64(len(line))
		h.addLocked([]Observation{o})
	}
	return end, nil
}

func lineError(name string, line int, err error) error {
	return &Error{Op: "read " + name, Msg: fmt.Sprintf("line %d: %v", line, err), Err: ErrInvalid}
}

// Add adds observations, writes those that were new to the file, syncs it, and
// returns how many they were. It adds all or, with an error that wraps
// [ErrInvalid], none. After an error of the file itself the index has what the
// file has not: every further Add returns that error, and opening the file anew
// goes on from its last whole line.
func (h *HistoryFile) Add(obs ...Observation) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken != nil {
		return 0, h.broken
	}
	checked, err := checkAll(obs)
	if err != nil {
		return 0, err
	}
	fresh := h.add(checked)
	if len(fresh) == 0 {
		return 0, nil
	}
	var b bytes.Buffer
	for _, o := range fresh {
		line, err := json.Marshal(observationJSON(o))
		if err != nil {
			h.broken = err
			return 0, err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	if _, err = h.f.Write(b.Bytes()); err == nil {
		err = h.f.Sync()
	}
	if err != nil {
		h.broken = fmt.Errorf("history file: %w", err)
		return 0, h.broken
	}
	return len(fresh), nil
}

// Close closes the file. The index stays usable.
func (h *HistoryFile) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if errors.Is(h.broken, os.ErrClosed) {
		return nil
	}
	h.broken = os.ErrClosed
	return h.f.Close()
}

// observationJSON is an observation with its names in the file.
type observationJSON struct {
	Repo      Repo      `json:"repo"`
	Ref       string    `json:"ref"`
	Old       string    `json:"old,omitempty"`
	New       string    `json:"new,omitempty"`
	Target    string    `json:"target,omitempty"`
	At        time.Time `json:"at"`
	NotBefore time.Time `json:"not_before,omitzero"`
	Evidence  Evidence  `json:"evidence"`
	Forced    bool      `json:"forced,omitempty"`
	Base      string    `json:"base,omitempty"`
	ID        string    `json:"id,omitempty"`
	Agent     string    `json:"agent,omitempty"`
}

// MarshalJSON writes the form that history files have.
func (o Observation) MarshalJSON() ([]byte, error) { return json.Marshal(observationJSON(o)) }

// UnmarshalJSON reads the form that history files have.
func (o *Observation) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, (*observationJSON)(o))
}
