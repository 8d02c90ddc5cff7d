// SPDX-License-Identifier: MIT

package ci

import "time"

// serverTime is the services' form of a time: ISO without a zone, read as UTC.
const serverTime = "2006-01-02T15:04:05.999999"

// parseTime reads a time of any of the forms that the services have used. The
// empty text is the zero time.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(serverTime, s)
	if err == nil {
		return t, nil
	}
	if z, zerr := time.Parse(time.RFC3339Nano, s); zerr == nil {
		return z.UTC(), nil
	}
	return time.Time{}, err
}

// formatTime writes a time as the services do: always six decimals.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000")
}

// orNull returns nil for the empty string: the services write null there.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
