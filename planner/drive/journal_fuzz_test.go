// SPDX-License-Identifier: MIT

package drive

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func FuzzReadJournal(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "journal-1.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("{\"format\":\"relkit-journal/1\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, events, whole, err := parse("journal", data)
		if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		// What is left after dropping a torn end reads the same.
		_, again, whole2, err := parse("journal", data[:whole])
		if err != nil || len(again) != len(events) || whole2 != whole {
			t.Fatalf("%d events in %d bytes, then %d in %d: %v", len(events), whole, len(again), whole2, err)
		}
	})
}
