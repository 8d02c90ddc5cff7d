// SPDX-License-Identifier: MIT

package bodhitest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
)

// page cuts a list as the service does.
func page[T any](list []T, q url.Values) (rows []T, number, pages, size int, no *refusal) {
	number, size = 1, 20
	for key, p := range map[string]struct {
		into *int
		max  int
	}{"page": {&number, 1 << 30}, "rows_per_page": {&size, 1000}} {
		v := q.Get(key)
		if v == "" {
			continue
		}
		n, err := strconv.Atoi(v)
		switch {
		case err != nil:
			return nil, 0, 0, 0, &refusal{400, "querystring", key, fmt.Sprintf("%q is not a number", v)}
		case n < 1:
			return nil, 0, 0, 0, &refusal{400, "querystring", key, fmt.Sprintf("%d is less than minimum value 1", n)}
		case n > p.max:
			return nil, 0, 0, 0, &refusal{400, "querystring", key, fmt.Sprintf("%d is greater than maximum value %d", n, p.max)}
		}
		*p.into = n
	}
	start := min((number-1)*size, len(list))
	rows = append([]T{}, list[start:min(start+size, len(list))]...)
	return rows, number, (len(list) + size - 1) / size, size, nil
}

func (b *Bodhi) releases(r *http.Request) (int, any, *refusal) {
	q := r.URL.Query()
	var found []bodhi.Release
	for _, x := range b.seed.Releases {
		if v := q.Get("name"); v != "" && v != x.Name {
			continue
		}
		if v := q["state"]; len(v) > 0 && !slices.Contains(v, x.State) {
			continue
		}
		found = append(found, x)
	}
	rows, number, pages, size, no := page(found, q)
	if no != nil {
		return 0, nil, no
	}
	return 200, map[string]any{"releases": rows, "page": number, "pages": pages, "rows_per_page": size, "total": len(found)}, nil
}

// list answers GET /updates/: the matching updates, newest first.
func (b *Bodhi) list(r *http.Request) (int, any, *refusal) {
	q := r.URL.Query()
	for _, v := range words(q, "status") {
		if !slices.Contains(statuses, v) {
			return 0, nil, oneOf("querystring", "status", v, statuses)
		}
	}
	for _, v := range words(q, "releases") {
		if !slices.ContainsFunc(b.seed.Releases, func(x bodhi.Release) bool { return strings.EqualFold(x.Name, v) || x.Version == v }) {
			return 0, nil, &refusal{400, "querystring", "releases", "Invalid releases specified: " + v}
		}
	}
	var found []*update
	for i := len(b.updates) - 1; i >= 0; i-- {
		if b.updates[i].matches(q) {
			found = append(found, b.updates[i])
		}
	}
	rows, number, pages, size, no := page(found, q)
	if no != nil {
		return 0, nil, no
	}
	return 200, map[string]any{
		"updates": rows, "page": number, "pages": pages, "rows_per_page": size, "total": len(found),
		"chrome": true, "display_user": true, "display_request": true, "package": nil,
	}, nil
}

// words are the values of a parameter, given once or more, with commas or not.
func words(q url.Values, key string) []string {
	var out []string
	for _, v := range q[key] {
		out = append(out, split(v)...)
	}
	return out
}

// matches judges an update by the parameters of a query; others than these
// are ignored, as the service does.
func (u *update) matches(q url.Values) bool {
	any := func(key string, fits func(string) bool) bool {
		list := words(q, key)
		return len(list) == 0 || slices.ContainsFunc(list, fits)
	}
	is := func(key, have string) bool { return any(key, func(v string) bool { return v == have }) }
	flag := func(key string, have bool) bool {
		return any(key, func(v string) bool { return (v == "true" || v == "1") == have })
	}
	since := func(key string, at *stamp) bool {
		return any(key+"_since", func(v string) bool { return at != nil && string(*at) >= strings.Replace(v, "T", " ", 1) }) &&
			any(key+"_before", func(v string) bool { return at != nil && string(*at) < strings.Replace(v, "T", " ", 1) })
	}
	builds := func(fits func(nvr string) bool) bool {
		return slices.ContainsFunc(u.Builds, func(x bodhi.Build) bool { return fits(x.NVR) })
	}
	request, gating := "", ""
	if u.Request != nil {
		request = *u.Request
	}
	if u.Gating != nil {
		gating = string(*u.Gating)
	}
	return is("alias", u.Alias) && is("updateid", u.Alias) && is("status", string(u.Status)) && is("request", request) &&
		is("type", u.Type) && is("severity", u.Severity) && is("suggest", u.Suggest) && is("content_type", u.ContentType) &&
		is("user", u.User.Name) && is("gating", gating) &&
		flag("from_side_tag", u.FromTag != nil) && flag("locked", u.Locked) && flag("pushed", u.Pushed) && flag("critpath", u.Critpath) &&
		since("submitted", u.DateSubmit) && since("modified", u.DateModified) && since("pushed", u.DatePushed) && since("approved", u.DateApproved) &&
		any("releases", func(v string) bool { return strings.EqualFold(v, u.Release.Name) || v == u.Release.Version }) &&
		any("release", func(v string) bool { return strings.EqualFold(v, u.Release.Name) || v == u.Release.Version }) &&
		any("builds", func(v string) bool { return builds(func(nvr string) bool { return nvr == v }) }) &&
		any("packages", func(v string) bool {
			return builds(func(nvr string) bool { name, _ := packageOf(nvr); return name == v })
		}) &&
		any("bugs", func(v string) bool {
			return slices.ContainsFunc(u.Bugs, func(x wireBug) bool { return strconv.Itoa(x.ID) == v })
		}) &&
		any("search", func(v string) bool {
			return strings.Contains(strings.ToLower(u.Alias), strings.ToLower(v)) ||
				builds(func(nvr string) bool { return strings.Contains(strings.ToLower(nvr), strings.ToLower(v)) })
		})
}
