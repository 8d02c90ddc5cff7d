// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// settle is how old messages are when they are asked for: the archive may take
// a moment to have those that were just sent.
const settle = 30 * time.Second

const positionFormat = "pdcupdater-replay/1"

// position is how far the archive was read: everything before Start; and of
// the window from Start to End, when there is an End, the pages before Page.
// Bounds are fixed while pages are read, so that messages stay on theirs.
type position struct {
	Format string    `json:"format"`
	URL    string    `json:"url"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end,omitzero"`
	Page   int       `json:"page,omitzero"`
}

// hearReplay reads the archive from where it was left to now, and with -every
// again and again.
func (l *listener) hearReplay(ctx context.Context) error {
	at, err := l.position()
	if err != nil {
		return err
	}
	for {
		if err := l.hearWindow(ctx, &at); err != nil {
			if l.every == 0 || !errors.Is(err, errUnavailable) {
				return err
			}
			fmt.Fprintln(l.errs, "pdcupdater:", err) // the next round goes on there
		}
		if l.every == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(l.every):
		}
		if err := l.drain(ctx); err != nil {
			return err
		}
	}
}

func (l *listener) position() (position, error) {
	start, err := startOf(l.start, l.now())
	at := position{Format: positionFormat, URL: l.replay, Start: start}
	if err != nil || l.since == "" {
		return at, err
	}
	var kept position
	ok, err := readState(l.since, positionFormat, &kept)
	switch {
	case err != nil:
		return at, err
	case !ok:
		return at, nil
	case kept.URL != l.replay:
		return at, fmt.Errorf("%s: %w: it is of %s", l.since, errDamaged, kept.URL)
	case kept.Start.IsZero() || !kept.End.IsZero() && kept.Page < 1:
		return at, fmt.Errorf("%s: %w: it names no place", l.since, errDamaged)
	}
	return kept, nil
}

// hearWindow reads the pages of one window. A page counts as read when all its
// messages are dealt with, or wait on the disk.
func (l *listener) hearWindow(ctx context.Context, at *position) error {
	if at.End.IsZero() {
		if at.End = l.now().Add(-settle).UTC(); !at.End.After(at.Start) {
			at.End = time.Time{}
			return nil
		}
		at.Page = 1
		if err := l.keep(*at); err != nil {
			return err
		}
	}
	q := trigger.Replay{Start: at.Start, End: at.End, Topics: l.topics()}
	for at.Page > 0 {
		data, err := get(ctx, l.replay+"?"+q.Query(at.Page).Encode(), 64<<20, l.retries)
		if err != nil {
			return err
		}
		page, err := trigger.ParsePage(data)
		if err != nil {
			return err
		}
		for _, raw := range page.Messages {
			if err := l.hear(ctx, raw); err != nil {
				return err
			}
		}
		// Not every archive says which page it is.
		if at.Page++; at.Page > page.Pages || len(page.Messages) == 0 {
			*at = position{Format: positionFormat, URL: at.URL, Start: at.End}
		}
		if err := l.keep(*at); err != nil {
			return err
		}
	}
	return nil
}

func (l *listener) keep(at position) error {
	if l.since == "" {
		return nil
	}
	return writeState(l.since, at)
}

// topics are those that the archive is asked for; nil is all.
func (l *listener) topics() []string {
	if l.prefix == "" {
		return nil
	}
	var out []string
	for _, k := range l.updater.Kinds {
		out = append(out, k.Topics(l.prefix, l.env)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	errUnavailable = errors.New("unavailable")
	errNotFound    = errors.New("not found")
)

// get reads a document, up to a limit of bytes. A server that fails is asked
// again some times, with a pause; then it is [errUnavailable].
func get(ctx context.Context, address string, limit int64, retries int) ([]byte, error) {
	for n := 0; ; n++ {
		data, err := getOnce(ctx, address, limit)
		if n >= retries || !errors.Is(err, errUnavailable) || ctx.Err() != nil {
			return data, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second << min(n, 5)):
		}
	}
}

// longestRead bounds one request: a manifest of a compose takes its time.
const longestRead = 10 * time.Minute

func getOnce(ctx context.Context, address string, limit int64) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, longestRead)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	where, _, _ := strings.Cut(address, "?")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "pdcupdater")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // without the whole query
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", where, ctx.Err())
		}
		return nil, fmt.Errorf("%s: %w: %w", where, errUnavailable, err)
	}
	defer resp.Body.Close()
	switch s := resp.StatusCode; {
	case s == http.StatusNotFound || s == http.StatusGone:
		return nil, fmt.Errorf("%s: %w", where, errNotFound)
	case s >= 500 || s == http.StatusTooManyRequests:
		return nil, fmt.Errorf("%s: %w: %s", where, errUnavailable, resp.Status)
	case s != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", where, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %w", where, errUnavailable, err)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("%s: over %d bytes", where, limit)
	}
	return data, nil
}
