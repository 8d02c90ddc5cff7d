// SPDX-License-Identifier: MIT

package trigger

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// decodeAny reads JSON with numbers as they are spelled.
func decodeAny(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// missing returns what of whole the value part does not say: for objects the
// members that differ, for all else the whole when it is not equal. ok is
// false when nothing is missing.
func missing(whole, part any) (rest any, ok bool) {
	w, isMap := whole.(map[string]any)
	p, partIsMap := part.(map[string]any)
	if !isMap || !partIsMap {
		return whole, !reflect.DeepEqual(whole, part)
	}
	var out map[string]any
	for k, v := range w {
		left := v
		if other, has := p[k]; has {
			if left, ok = missing(v, other); !ok {
				continue
			}
		}
		if out == nil {
			out = map[string]any{}
		}
		out[k] = left
	}
	return out, out != nil
}

// overlay puts what [missing] returned back onto part.
func overlay(part, rest any) any {
	p, isMap := part.(map[string]any)
	r, restIsMap := rest.(map[string]any)
	if !isMap || !restIsMap {
		return rest
	}
	for k, v := range r {
		if old, has := p[k]; has {
			v = overlay(old, v)
		}
		p[k] = v
	}
	return p
}
