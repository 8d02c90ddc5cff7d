// SPDX-License-Identifier: MIT

package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Judge gives each file that matches a pattern in a folder of the corpus to
// judge, whose error is a difference. The counts are logged under the title.
func Judge(t testing.TB, title, dir, pattern string, judge func(data []byte) error) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = judge(data)
		}
		if err != nil {
			differ++
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	t.Logf("corpus %s: %d cases, %d differ", title, len(files), differ)
}

// JSON is a JSON value with its numbers as they are written, for comparison.
func JSON(t testing.TB, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Held returns nil if a value, written as JSON, holds all members of a JSON
// document, and the first one lost otherwise. A null may have become absent,
// and there may be more members than there were; lists are as long as they
// were.
func Held(doc []byte, value any) error {
	again, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var was, now any
	if err := json.Unmarshal(doc, &was); err != nil {
		return err
	}
	if err := json.Unmarshal(again, &now); err != nil {
		return err
	}
	return held("", was, now)
}

func held(path string, was, now any) error {
	switch w := was.(type) {
	case map[string]any:
		n, _ := now.(map[string]any)
		for k, v := range w {
			if err := held(path+"."+k, v, n[k]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		n, _ := now.([]any)
		if len(n) != len(w) {
			return fmt.Errorf("%s: %d elements of %d are left", path, len(n), len(w))
		}
		for i := range w {
			if err := held(fmt.Sprintf("%s[%d]", path, i), w[i], n[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if !reflect.DeepEqual(was, now) {
		return fmt.Errorf("%s: %v became %v", path, was, now)
	}
	return nil
}
