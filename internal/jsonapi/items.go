// SPDX-License-Identifier: MIT

package jsonapi

import (
	"iter"
	"net/url"
	"strconv"
)

// Items yields the items of a list that is paged from 1 and tells the address
// of its next page under "meta". get reads one page. An error is yielded once
// and ends the list.
func Items[T any](query url.Values, get func(url.Values, any) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page := 1; ; page++ {
			query.Set("page", strconv.Itoa(page))
			var out struct {
				Items []T `json:"items"`
				Meta  struct {
					Next *string `json:"next"`
				} `json:"meta"`
			}
			if err := get(query, &out); err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, x := range out.Items {
				if !yield(x, nil) {
					return
				}
			}
			if out.Meta.Next == nil || len(out.Items) == 0 {
				return
			}
		}
	}
}
