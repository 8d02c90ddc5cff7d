// SPDX-License-Identifier: MIT

// Package recorded reads requests and answers of a real PDC as they were seen,
// for the tests that hold the client and the fake server against them.
package recorded

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Exchange is a request and its answer.
type Exchange struct {
	Seq     int    `json:"seq"` // all are of one database, in this order
	Name    string `json:"name"`
	Setup   bool   `json:"setup"` // it is there because later ones need it
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		User    string            `json:"user"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    any               `json:"body"`
	} `json:"response"`
}

// ID names the exchange.
func (e Exchange) ID() string { return fmt.Sprintf("%03d-%s", e.Seq, e.Name) }

// Load reads all exchanges of a folder, in their order. None is an error.
func Load(dir string) ([]Exchange, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no exchanges in %s: %w", dir, cmp.Or(err, os.ErrNotExist))
	}
	var all []Exchange
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var e Exchange
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Exchange) int { return cmp.Compare(a.Seq, b.Seq) })
	return all, nil
}
