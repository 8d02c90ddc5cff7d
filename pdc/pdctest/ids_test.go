// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// nested is which resource the ids of a member belong to.
var nested = map[string]string{
	"from_component": "release-components/", "to_component": "release-components/", "component": "release-components/",
	"components": "release-components/", "bugzilla_component": "bugzilla-components/", "branch": "component-branches/",
	"slas": "component-branch-slas/", "contact": "contacts/", "repo": "content-delivery-repos/",
	"origin_repo": "content-delivery-repos/", "destination_repo": "content-delivery-repos/", "packages": "rpms/", "labels": "labels/",
}

func kindOf(kind, member string) string {
	if k, ok := nested[member]; ok {
		return k
	}
	if strings.HasPrefix(kind, "contacts/") {
		return "contacts/"
	}
	return kind
}

var idURL = regexp.MustCompile(`^(.*/rest_api/v1/)(labels|build-images|auth/groups)/(\d+)/$`)

// eachID calls f for each id in a value, with the resource it belongs to and
// what stands in the same place of another value.
func eachID(kind string, v, other any, f func(kind string, id int, other any)) {
	switch v := v.(type) {
	case map[string]any:
		o, _ := other.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			x := v[k]
			switch id, isID := x.(float64); {
			case k == "id" && isID:
				f(kindOf(kind, ""), int(id), o[k])
			case k == "url":
				u := idURL.FindStringSubmatch(fmt.Sprint(x))
				if u == nil {
					continue
				}
				n, _ := strconv.Atoi(u[3])
				var there any
				if u := idURL.FindStringSubmatch(fmt.Sprint(o[k])); u != nil {
					m, _ := strconv.Atoi(u[3])
					there = float64(m)
				}
				f(u[2]+"/", n, there)
			default:
				eachID(kindOf(kind, k), x, o[k], f)
			}
		}
	case []any:
		o, _ := other.([]any)
		for i, x := range v {
			var there any
			if i < len(o) {
				there = o[i]
			}
			eachID(kind, x, there, f)
		}
	}
}

// risingIDs are the ids that answers to creations show for the first time,
// as far as they rise: one that doesn't is not the database's.
func risingIDs(all []exchange) map[string]map[int]bool {
	seq := map[string][]int{}
	for _, e := range all {
		if e.Response.Status == http.StatusCreated {
			eachID(resourceOf(e.Request.Path), e.Response.Body, nil, func(kind string, id int, _ any) {
				if !slices.Contains(seq[kind], id) {
					seq[kind] = append(seq[kind], id)
				}
			})
		}
	}
	out := map[string]map[int]bool{}
	for kind, ids := range seq {
		out[kind] = map[int]bool{}
		for _, id := range longestRise(ids) {
			out[kind][id] = true
		}
	}
	return out
}

func longestRise(a []int) []int {
	best := make([]int, len(a)) // length of the longest rise that ends here
	from := make([]int, len(a))
	end := -1
	for i := range a {
		best[i], from[i] = 1, -1
		for j := range i {
			if a[j] < a[i] && best[j]+1 > best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if end < 0 || best[i] > best[end] {
			end = i
		}
	}
	var out []int
	for i := end; i >= 0; i = from[i] {
		out = append(out, a[i])
	}
	return out
}

// learn notes which id stands for which when rows are made.
func (r *replay) learn(e exchange, got any) {
	if e.Response.Status != http.StatusCreated {
		return
	}
	eachID(resourceOf(e.Request.Path), e.Response.Body, got, func(kind string, want int, there any) {
		id, ok := there.(float64)
		if !ok || !r.trust[kind][want] {
			return
		}
		if r.ids[kind] == nil {
			r.ids[kind] = map[int]int{}
		}
		if _, known := r.ids[kind][want]; !known {
			r.ids[kind][want] = int(id)
		}
	})
}

func (m ids) ours(kind string, id int) int {
	if g, ok := m[kindOf(kind, "")][id]; ok {
		return g
	}
	return id
}

// translate puts our ids into a recorded value.
func (m ids) translate(kind string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			id, isID := x.(float64)
			switch {
			case k == "id" && isID:
				out[k] = float64(m.ours(kind, int(id)))
			case k == "parent_pk" && isID:
				out[k] = float64(m.ours("bugzilla-components/", int(id)))
			case k == "file_primary_key" && isID:
				out[k] = float64(m.ours("rpms/", int(id)))
			case k == "url":
				out[k] = x
				if u := idURL.FindStringSubmatch(fmt.Sprint(x)); u != nil {
					n, _ := strconv.Atoi(u[3])
					out[k] = fmt.Sprintf("%s%s/%d/", u[1], u[2], m.ours(u[2]+"/", n))
				}
			default:
				if n, err := strconv.Atoi(k); err == nil { // bulk answers have keys for members
					k = strconv.Itoa(m.ours(kind, n))
				}
				out[k] = m.translate(kindOf(kind, k), x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = m.translate(kind, x)
		}
		return out
	}
	return v
}

// inRequest puts our ids into a request's body; others are left as they are,
// to the byte.
func (m ids) inRequest(kind string, data []byte) []byte {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return data
	}
	t := m.translate(kind, v)
	if list, ok := t.([]any); ok { // keys to delete
		for i, x := range list {
			switch x := x.(type) {
			case float64:
				list[i] = float64(m.ours(kind, int(x)))
			case string:
				if n, err := strconv.Atoi(x); err == nil {
					list[i] = strconv.Itoa(m.ours(kind, n))
				}
			}
		}
	}
	was, _ := json.Marshal(v)
	now, _ := json.Marshal(t)
	if bytes.Equal(was, now) {
		return data
	}
	return now
}

// inPath puts our id into a path that ends with one.
func (m ids) inPath(kind, path string) string {
	path, query, has := strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	if n := len(parts); n > 2 {
		if id, err := strconv.Atoi(parts[n-2]); err == nil && strings.Contains(path, "/"+kind) {
			parts[n-2] = strconv.Itoa(m.ours(kind, id))
		}
	}
	path = strings.Join(parts, "/")
	if has {
		path += "?" + query
	}
	return path
}
