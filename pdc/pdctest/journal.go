// SPDX-License-Identifier: MIT

package pdctest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// journal keeps accepted writes on disk. Since answers depend on nothing but
// the seed and the writes before, doing them again makes the same state.
type journal struct {
	f *os.File
}

const (
	journalName   = "pdc.jsonl"
	journalFormat = 1
)

// header is the first line of a journal.
type header struct {
	Format int    `json:"pdctest"`
	Seed   string `json:"seed"` // what the tables were like at the start
}

// entry is an accepted write, or something that the program told the server.
type entry struct {
	At      time.Time  `json:"at"`
	Method  string     `json:"method,omitempty"`
	URI     string     `json:"uri,omitempty"`
	Host    string     `json:"host,omitempty"`
	User    string     `json:"user,omitempty"`
	Type    string     `json:"type,omitempty"`
	Comment string     `json:"comment,omitempty"`
	Body    string     `json:"body,omitempty"`
	Account *User      `json:"account,omitempty"`
	Admin   *[2]string `json:"admin,omitempty"` // table and name
	Grant   *[3]string `json:"grant,omitempty"` // group, resource, permission
}

// Persist keeps the server's state in a folder from now on. If the folder has
// state of a server with the same seed, it is taken up: this is to be called
// before the first request. Each accepted write is on disk before it is
// answered. Faults, calls and the time of [PDC.SetNow] are not kept.
func (p *PDC) Persist(dir string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.journal != nil {
		return errors.New("pdctest: state is kept in a folder already")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, journalName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	end, err := p.takeUp(f)
	if err == nil {
		err = f.Truncate(end) // a torn last line
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	j := &journal{f}
	if err == nil && end == 0 {
		err = j.write(header{journalFormat, p.digest()})
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("pdctest: %s: %w", filepath.Join(dir, journalName), err)
	}
	p.journal = j
	return nil
}

// Close ends keeping state in a folder. It is safe to leave out.
func (p *PDC) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.journal == nil {
		return nil
	}
	j := p.journal
	p.journal = nil
	return j.f.Close()
}

// digest tells seeds apart.
func (p *PDC) digest() string {
	h := uint64(14695981039346656037)
	for _, name := range sorted(p.tables) {
		t := p.tables[name]
		for _, ch := range []byte(fmt.Sprintf("%s %d %d;", name, len(t.rows), t.nextID)) {
			h = (h ^ uint64(ch)) * 1099511628211
		}
	}
	return fmt.Sprintf("%016x", h)
}

// takeUp repeats the writes of a journal and returns where it ends.
func (p *PDC) takeUp(f *os.File) (end int64, err error) {
	r := bufio.NewReader(f)
	for n := 0; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return end, nil
		}
		if err != nil {
			return 0, err
		}
		if n == 0 {
			var h header
			if err := json.Unmarshal(line, &h); err != nil || h.Format != journalFormat {
				return 0, errors.New("not a journal of this format")
			}
			if h.Seed != p.digest() {
				return 0, errors.New("journal of another seed")
			}
		} else if err := p.repeat(line); err != nil {
			return 0, fmt.Errorf("line %d: %w", n+1, err)
		}
		end += int64(len(line))
	}
}

func (p *PDC) repeat(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	p.now = e.At
	switch {
	case e.Account != nil:
		p.addUser(*e.Account)
		return nil
	case e.Admin != nil:
		return p.adminAdd(e.Admin[0], e.Admin[1])
	case e.Grant != nil:
		return p.grant(e.Grant[0], e.Grant[1], e.Grant[2])
	}
	u, err := url.ParseRequestURI(e.URI)
	if err != nil {
		return err
	}
	h := http.Header{}
	if e.Type != "" {
		h.Set("Content-Type", e.Type)
	}
	if e.Comment != "" {
		h.Set("PDC-Change-Comment", e.Comment)
	}
	req := &http.Request{Method: e.Method, URL: u, Host: e.Host, Header: h, Body: io.NopCloser(bytes.NewReader(nil))}
	c := &call{p: p, r: req, base: "http://" + e.Host, user: p.account(e.User)}
	if c.user == nil && e.User != "" {
		p.users = append(p.users, &user{User: User{Name: e.User}})
		c.user = p.account(e.User)
	}
	if rep := p.answer(c, []byte(e.Body)); rep.status >= 400 {
		return fmt.Errorf("%s %s was accepted once and is refused now: %d", e.Method, e.URI, rep.status)
	}
	return nil
}

// remember puts an accepted write on disk.
func (p *PDC) remember(c *call, body []byte) {
	e := entry{Method: c.r.Method, URI: c.r.URL.RequestURI(), Host: c.r.Host, Type: c.r.Header.Get("Content-Type"),
		Comment: c.r.Header.Get("PDC-Change-Comment"), Body: string(body)}
	if c.user != nil {
		e.User = c.user.Name
	}
	p.keep(e)
}

func (p *PDC) keep(e entry) {
	if p.journal == nil {
		return
	}
	e.At = p.now
	if err := p.journal.write(e); err != nil {
		panic("pdctest: keeping state: " + err.Error())
	}
}

func (j *journal) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(append(line, '\n')); err != nil {
		return err
	}
	return j.f.Sync()
}
