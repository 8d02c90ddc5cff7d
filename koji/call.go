// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/transport"
	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// Named holds arguments by name. As the last argument of a [Client.Call] it is
// sent in the form that hubs take as named arguments.
type Named map[string]any

// starstar is the member that marks a struct as named arguments.
const starstar = "__starstar"

// FormatTime returns t as hubs take times in arguments:
// "2006-01-02 15:04:05.999999" in UTC.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999") }

// Call calls any method of the hub and decodes its answer into result, a
// pointer; nil drops it. A *any takes the answer in its generic form: nil,
// bool, int64, float64, string, []byte, []any and map[string]any. Structs are
// filled by tags, `xmlrpc:"build_id"`, and kept apart from unknown members.
//
// Arguments may be nil, numbers, strings, [Ref], []byte, slices, maps with
// string keys and structs; [Named] as the last one holds named arguments.
// Methods whose name says that they only read (get..., list...) are repeated
// after failures and may run beside others; all others are taken to change
// something.
func (c *Client) Call(ctx context.Context, method string, args []any, result any) error {
	return c.do(ctx, &call{op: method, args: args, result: result, read: readOnly(method, args)})
}

// call is one logical call: its attempts share bytes and call number.
type call struct {
	op     string
	args   []any
	result any
	rows   func(d *xmlrpc.Decoder) error // takes the result instead, row by row
	read   bool

	// set by the login and upload paths
	path    string
	header  http.Header
	query   url.Values
	attempt func(*http.Request) error
	raw     []byte // an upload's body; args are ignored
	hide    []string

	body     []byte
	numbered bool
	handed   bool // rows were given to the caller
	delivery delivery
}

// delivery counts the attempts of one call that may have reached the hub
// without an answer coming back. While there are none, nothing has been done.
type delivery struct {
	mu     sync.Mutex
	open   bool // an attempt is under way
	dialed bool // its trace works
	wrote  bool // it has put bytes on a connection
	count  int
}

func (d *delivery) begin() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end()
	d.open, d.dialed, d.wrote = true, false, false
}

func (d *delivery) end() {
	// Transports of other makes don't trace: take their attempts as sent.
	if d.open && (d.wrote || !d.dialed) {
		d.count++
	}
	d.open = false
}

func (d *delivery) mark(flag *bool) {
	d.mu.Lock()
	*flag = true
	d.mu.Unlock()
}

// answered notes that the attempt under way has its answer.
func (d *delivery) answered() {
	d.mu.Lock()
	d.open = false
	d.mu.Unlock()
}

// lost returns how many attempts are without an answer.
func (d *delivery) lost() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end()
	return d.count
}

func (r *call) encode() error {
	if r.body != nil || r.raw != nil {
		return nil
	}
	params, err := params(r.op, r.args)
	if err != nil {
		return err
	}
	body, err := xmlrpc.EncodeCall(r.op, params)
	if err != nil {
		return &Error{Op: r.op, Msg: strings.TrimPrefix(err.Error(), "xmlrpc: "), Err: fmt.Errorf("%w: %w", ErrInvalid, err)}
	}
	r.body = body
	return nil
}

// params turns the arguments into what the encoder writes.
func params(op string, args []any) ([]any, error) {
	out := make([]any, len(args))
	for i, a := range args {
		named, ok := a.(Named)
		if !ok {
			out[i] = a
			continue
		}
		if i != len(args)-1 {
			return nil, invalid(op, "named arguments must come last")
		}
		m := make(map[string]any, len(named)+1)
		for k, v := range named {
			m[k] = v
		}
		m[starstar] = true
		out[i] = m
	}
	if n := len(args); n > 0 {
		// A struct of the caller's own with this member would be misread.
		if m, ok := args[n-1].(map[string]any); ok && m[starstar] == true {
			return nil, invalid(op, "the last argument must not hold %s; use Named", starstar)
		}
	}
	return out, nil
}

// request makes the HTTP request of a call.
func (h *hub) request(r *call) transport.Request {
	address := h.url + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req := transport.Request{
		Op: r.op, Method: http.MethodPost, URL: address, Header: http.Header{}, Body: r.body,
		Idempotent: r.read || r.numbered,
		Attempt: func(req *http.Request) error {
			r.delivery.begin()
			if r.attempt != nil {
				return r.attempt(req)
			}
			return nil
		},
	}
	for k, v := range r.header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", "text/xml")
	if r.raw != nil {
		req.Body = r.raw
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	return req
}

// send sends a call with its retries and reads the answer. Faults come back
// as *Error.
func (h *hub) send(ctx context.Context, tr *transport.Client, r *call) error {
	if err := r.encode(); err != nil {
		return err
	}
	trace := &httptrace.ClientTrace{
		GetConn:      func(string) { r.delivery.mark(&r.delivery.dialed) },
		WroteHeaders: func() { r.delivery.mark(&r.delivery.wrote) },
	}
	var answer *Error
	resp, err := tr.Stream(httptrace.WithClientTrace(ctx, trace), h.request(r), func(resp *transport.Response, body io.Reader) error {
		answer = nil
		if v := resp.Header.Get(headerVersion); v != "" {
			if old := h.version.Load(); old == nil || *old != v {
				h.version.Store(&v)
			}
		}
		err := h.read(r, body)
		var f xmlrpc.FaultError
		switch {
		case err == nil:
			r.delivery.answered()
			return nil
		case errors.As(err, &f):
			r.delivery.answered()
			answer = fault(r.op, f, r.hide)
			if FaultCode(f.Code) == FaultOffline && h.cfg.offline == 0 {
				return transport.Retryable(answer)
			}
			return nil
		case r.handed:
			return err
		case (r.read || r.numbered) && cutShort(err):
			return transport.Retryable(err) // the same again
		}
		return err
	})
	if err == nil && answer == nil && resp.Status/100 == 2 {
		return nil
	}
	var e *Error
	switch {
	case err == nil && answer != nil:
		e = answer
	case err == nil:
		e = refused(r.op, resp, r.hide)
		e.negotiate = resp.Header.Get("Www-Authenticate")
		if resp.Status/100 == 4 { // refused before it was carried out
			r.delivery.answered()
		}
	case errors.As(err, &e):
	default:
		e = broken(r.op, err)
		if unreadable(err) {
			e.Msg = strings.TrimPrefix(err.Error(), "xmlrpc: ")
		}
	}
	if errors.Is(err, xmlrpc.ErrType) && !r.read { // there was a result
		r.delivery.answered()
		e.Err = fmt.Errorf("%w: %w", ErrAlreadyApplied, err)
	}
	if !r.read && r.delivery.lost() > 0 && (e.Code == 0 || forgets(e.Code)) {
		e.Err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, e.Err)
	}
	return e
}

// cutShort tells whether an answer failed to arrive, rather than to make sense.
func cutShort(err error) bool {
	var e *Error
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return true
	case errors.As(err, &e), errors.Is(err, transport.ErrTooLarge):
		return false
	}
	return !errors.Is(err, xmlrpc.ErrSyntax) && !errors.Is(err, xmlrpc.ErrType) && !errors.Is(err, xmlrpc.ErrLimit)
}

func unreadable(err error) bool {
	var x *xmlrpc.Error
	return errors.As(err, &x)
}

// forgets tells the faults that say nothing of earlier attempts: the hub
// looks at call numbers only after the session.
func forgets(c FaultCode) bool {
	switch c {
	case FaultAuthExpired, FaultAuth, FaultAuthLock, FaultSequence, FaultOffline:
		return true
	}
	return false
}

// read decodes an answer.
func (h *hub) read(r *call, body io.Reader) error {
	br := &peeker{r: body}
	if err := br.peek(); err != nil {
		return err
	}
	if html(string(br.head)) {
		return &Error{Op: r.op, Msg: "a web page where a hub's answer is due: is this a hub's address?", Err: ErrUnavailable}
	}
	o := xmlrpc.Options{MaxBytes: h.cfg.maxBytes, Lenient: h.cfg.lenient}
	if r.rows == nil {
		return xmlrpc.DecodeResponse(br, r.result, o)
	}
	d := xmlrpc.NewDecoder(br, o)
	if err := d.Response(); err != nil {
		return err
	}
	if err := r.rows(d); err != nil {
		return err
	}
	return d.End()
}

// peeker looks at the beginning of a body before it is read.
type peeker struct {
	r    io.Reader
	head []byte
	pos  int
}

func (p *peeker) peek() error {
	buf := make([]byte, 256)
	n, err := io.ReadFull(p.r, buf)
	p.head = buf[:n]
	if err == io.EOF || err == io.ErrUnexpectedEOF && n > 0 {
		return nil
	}
	return err
}

// Read implements io.Reader.
func (p *peeker) Read(b []byte) (int, error) {
	if p.pos < len(p.head) {
		n := copy(b, p.head[p.pos:])
		p.pos += n
		return n, nil
	}
	return p.r.Read(b)
}

// reply returns the token that came with a 401.
func (e *Error) reply() []byte {
	_, token, _ := strings.Cut(e.negotiate, " ")
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
	if err != nil {
		return nil
	}
	return b
}
