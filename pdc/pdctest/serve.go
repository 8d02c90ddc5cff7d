// SPDX-License-Identifier: MIT

package pdctest

import (
	"net/http"
	"strconv"
	"strings"
)

// collection serves a resource without a key.
func (p *PDC) collection(c *call, r *resource, body []byte) reply {
	return p.serve(c, r, allowed(r, false), func() reply { return r.list(c) }, func() reply { return p.writeCollection(c, r, body) })
}

// item serves one row.
func (p *PDC) item(c *call, r *resource, key []string, body []byte) reply {
	return p.serve(c, r, allowed(r, true), func() reply { return r.detail(c, key) }, func() reply { return p.writeItem(c, r, key, body) })
}

// serve answers what every address of a resource answers alike, and leaves the
// rest to read and write.
func (p *PDC) serve(c *call, r *resource, allow string, read, write func() reply) reply {
	header := map[string]string{"Allow": allow}
	var rep reply
	switch prob := p.admit(c, r, c.r.Method); {
	case prob != nil:
		rep = prob.reply()
	case c.r.Method == http.MethodOptions:
		rep = reply{status: 200, body: r.describe(c)}
	case !strings.Contains(", "+allow+",", ", "+c.r.Method+","):
		rep = methodNotAllowed(c.r.Method, allow).reply()
	default:
		if prob := r.unknownParams(c); prob != nil {
			rep = prob.reply()
			break
		}
		if !reading(c.r.Method) {
			rep = write()
			break
		}
		if modified, ok := p.unchanged(c, r); ok {
			rep = reply{status: 304, header: map[string]string{"Last-Modified": modified}}
			break
		}
		rep = read()
	}
	return p.headers(c, r, rep, header)
}

func reading(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func (r *resource) detail(c *call, key []string) reply {
	sel, prob := choose(c, r)
	if prob != nil {
		return prob.reply()
	}
	x := r.lookup(c, key)
	if x == nil {
		return notFound.reply()
	}
	return reply{status: 200, raw: r.render(nil, c, x, sel)}
}

// lookup finds a row by its key.
func (r *resource) lookup(c *call, key []string) *row {
	if r.dotless && strings.Contains(key[0], ".") {
		return nil
	}
	var found *row
	if r.numbered {
		id, err := strconv.Atoi(key[0])
		if err != nil {
			return nil
		}
		if r.rows != nil {
			for _, x := range r.rows(c.p) {
				if x.id == id {
					found = x
				}
			}
		} else {
			found = r.table.get(id)
		}
	} else {
		for _, x := range r.all(c.p) {
			ok := true
			for i, path := range r.key {
				ok = ok && text(first(values(x, dots(path), nil))) == key[i]
			}
			if ok {
				found = x
				break
			}
		}
	}
	if found != nil && r.visible != nil && !r.visible(c, found) {
		return nil
	}
	return found
}

func allowed(r *resource, one bool) string {
	var out []string
	put := func(verb byte, method string) {
		if r.can(verb) {
			out = append(out, method)
		}
	}
	if one {
		put('G', "GET")
	} else {
		put('L', "GET")
		put('C', "POST")
	}
	put('P', "PUT")
	put('U', "PATCH")
	put('D', "DELETE")
	if len(out) > 0 && out[0] == "GET" {
		out = append(out, "HEAD")
	}
	return strings.Join(append(out, "OPTIONS"), ", ")
}

// headers completes those that every answer of a resource has.
func (p *PDC) headers(c *call, r *resource, rep reply, header map[string]string) reply {
	for k, v := range rep.header {
		header[k] = v
	}
	if len(r.modified) > 0 {
		header["Last-Modified"] = p.lastChange(r).Format(http.TimeFormat)
	}
	if reading(c.r.Method) && rep.status == 200 {
		header["Expires"] = p.now.Add(p.options.Cache).Format(http.TimeFormat)
		header["Cache-Control"] = "max-age=" + strconv.Itoa(int(p.options.Cache.Seconds()))
	}
	rep.header = header
	return rep
}

// unchanged reports whether the resource is as it was at the time that the
// request names.
func (p *PDC) unchanged(c *call, r *resource) (string, bool) {
	since, err := http.ParseTime(c.r.Header.Get("If-Modified-Since"))
	if err != nil || len(r.modified) == 0 {
		return "", false
	}
	last := p.lastChange(r)
	return last.Format(http.TimeFormat), !last.After(since)
}
