// SPDX-License-Identifier: MIT

package compose

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// DiscInfo is a .discinfo file, by which installers recognise a disc.
type DiscInfo struct {
	Timestamp string // seconds since 1970 as written: 1227147467.285093
	Release   string // Fedora 10
	Arch      string
	Discs     string // ALL or numbers with commas; "" if the line is missing
	// Folders are the lines after that, in files of the first Fedoras.
	Folders []string
}

// ParseDiscInfo reads a .discinfo file. The error is ErrInvalid.
func ParseDiscInfo(data []byte) (*DiscInfo, error) {
	lines := strings.Split(strings.TrimRight(string(data), "\r\n\t "), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if len(lines) < 3 {
		return nil, invalid("discinfo", "", "%d lines, want at least 3", len(lines))
	}
	d := &DiscInfo{Timestamp: lines[0], Release: lines[1], Arch: lines[2]}
	if len(lines) > 3 {
		d.Discs, d.Folders = lines[3], lines[4:]
	}
	return d, nil
}

// Bytes writes the file, one line each, without spaces around them.
func (d *DiscInfo) Bytes() []byte {
	lines := []string{d.Timestamp, d.Release, d.Arch}
	if d.Discs != "" || len(d.Folders) > 0 {
		lines = append(append(lines, d.Discs), d.Folders...)
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// Time returns Timestamp in UTC, zero if it can't be read.
func (d *DiscInfo) Time() time.Time {
	f, err := strconv.ParseFloat(d.Timestamp, 64)
	if err != nil || f <= 0 || f > 1e11 {
		return time.Time{}
	}
	return time.UnixMicro(int64(f * 1e6)).UTC()
}

// Numbers returns the disc numbers, nil if it is ALL or not said.
func (d *DiscInfo) Numbers() []int {
	var out []int
	for s := range strings.SplitSeq(d.Discs, ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// Validate checks that time, release and architecture are there and that
// Discs is ALL or numbers. Errors are ErrInvalid.
func (d *DiscInfo) Validate() error {
	var errs []error
	if d.Time().IsZero() {
		errs = append(errs, invalid("discinfo", "line 1", "%q is not a time", d.Timestamp))
	}
	if d.Release == "" || d.Arch == "" {
		errs = append(errs, invalid("discinfo", "", "release or architecture is empty"))
	}
	if d.Discs != "" && d.Discs != "ALL" && len(d.Numbers()) != strings.Count(d.Discs, ",")+1 {
		errs = append(errs, invalid("discinfo", "line 4", "%q is neither ALL nor numbers", d.Discs))
	}
	return errors.Join(errs...)
}
