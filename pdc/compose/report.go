// SPDX-License-Identifier: MIT

package compose

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Text writes the comparison for people, in the sections that Fedora's
// compose reports have.
func (d *Diff) Text(w io.Writer) error {
	var b strings.Builder
	p, im, m := d.Packages, d.Images, d.Modules
	fmt.Fprintf(&b, "OLD: %s\nNEW: %s\n\n===== SUMMARY =====\n", d.Old, d.New)
	var grown int64
	for _, c := range im.Resized {
		grown += c.Delta
	}
	for _, l := range []struct {
		title string
		n     int
	}{{"Added images", len(im.Added)}, {"Dropped images", len(im.Dropped)},
		{"Added packages", len(p.Added)}, {"Dropped packages", len(p.Dropped)},
		{"Upgraded packages", len(p.Upgraded)}, {"Downgraded packages", len(p.Downgraded)},
		{"Unchanged packages", p.Unchanged}, {"Added modules", len(m.Added)},
		{"Dropped modules", len(m.Dropped)}, {"Updated modules", len(m.Updated)}} {
		fmt.Fprintf(&b, "%-22s%d\n", l.title+":", l.n)
	}
	fmt.Fprintf(&b, "%-22s%s\n", "Size of kept images:", Signed(grown))
	section := func(title string, lines ...string) {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n===== %s =====\n%s\n", title, strings.Join(lines, "\n"))
		}
	}
	section("ADDED ARCHITECTURES", d.Arches.Added...)
	section("DROPPED ARCHITECTURES", d.Arches.Dropped...)
	section("ADDED IMAGES", texts(im.Added)...)
	section("DROPPED IMAGES", texts(im.Dropped)...)
	var resized []string
	for _, c := range im.Resized {
		resized = append(resized, fmt.Sprintf("%s: %d -> %d (%s)", c.Image, c.Old, c.New, Signed(c.Delta)))
	}
	section("RESIZED IMAGES", resized...)
	section("ADDED PACKAGES", p.Added...)
	section("DROPPED PACKAGES", p.Dropped...)
	section("UPGRADED PACKAGES", changes(p.Upgraded)...)
	section("DOWNGRADED PACKAGES", changes(p.Downgraded)...)
	section("ADDED MODULES", m.Added...)
	section("DROPPED MODULES", m.Dropped...)
	var updated []string
	for _, c := range m.Updated {
		updated = append(updated, c.Old+" -> "+c.New)
	}
	section("UPDATED MODULES", updated...)
	_, err := io.WriteString(w, b.String())
	return err
}

func texts(refs []ImageRef) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.String())
	}
	return out
}

func changes(list []PackageChange) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Old+" -> "+c.New)
		if len(c.AddedRPMs) > 0 {
			out = append(out, "  added: "+strings.Join(c.AddedRPMs, ", "))
		}
		if len(c.DroppedRPMs) > 0 {
			out = append(out, "  dropped: "+strings.Join(c.DroppedRPMs, ", "))
		}
	}
	return out
}

// Signed returns a number of bytes for people, always with a sign: "+1.5 MiB".
func Signed(n int64) string {
	sign, f := "+", float64(n)
	if n < 0 {
		sign, f = "-", -f
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%s%.0f B", sign, f)
	}
	return fmt.Sprintf("%s%.1f %s", sign, f, units[i])
}
