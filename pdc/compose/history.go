// SPDX-License-Identifier: MIT

package compose

import (
	"context"
	"errors"
	"slices"
)

// ImageHistory is the size of one image over composes.
type ImageHistory struct {
	Image ImageRef    `json:"image"`
	Sizes []ImageSize `json:"sizes"` // composes in which it is, in the order given
}

// ImageSize is the size of an image in a compose, in bytes.
type ImageSize struct {
	Compose string `json:"compose"`
	Bytes   int64  `json:"bytes"`
}

// Sizes follows every image through composes, which should be in order of
// time. The result is sorted by image.
func Sizes(composes ...*Images) []ImageHistory {
	at := map[any]int{}
	var out []ImageHistory
	for _, x := range composes {
		for key, m := range byKey(x) {
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, ImageHistory{Image: m.ref})
			}
			out[i].Sizes = append(out[i].Sizes, ImageSize{x.Compose.ID, m.size})
		}
	}
	slices.SortFunc(out, func(a, b ImageHistory) int { return compareRefs(a.Image, b.Image) })
	return out
}

// Sizes reads images.json of composes and follows every image through them.
// Composes without that file are skipped.
func (c *Client) Sizes(ctx context.Context, ids ...string) ([]ImageHistory, error) {
	var all []*Images
	for _, id := range ids {
		x, err := c.Images(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		all = append(all, x)
	}
	return Sizes(all...), nil
}
