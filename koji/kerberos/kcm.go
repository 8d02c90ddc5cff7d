// SPDX-License-Identifier: MIT

package kerberos

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// The operations of the KCM protocol that reading a cache needs.
const (
	kcmGetPrincipal    = 8
	kcmGetCredUUIDs    = 9
	kcmGetCredByUUID   = 10
	kcmGetDefaultCache = 20
	kcmGetCredList     = 13001 // of newer daemons: all credentials at once
)

// Codes of its answers.
const (
	kcmNoCache     = -1765328189
	kcmNotFound    = -1765328243
	kcmUnsupported = -1765328188
)

// kcmError is a code that the daemon answered.
type kcmError int32

// Error returns the code in words where it is known.
func (e kcmError) Error() string {
	switch e {
	case kcmNoCache:
		return "no such cache"
	case kcmNotFound:
		return "not found"
	case kcmUnsupported:
		return "operation not supported"
	}
	return fmt.Sprintf("code %d", int32(e))
}

// kcm is a connection to the daemon that keeps the caches of a machine's
// users, which it tells apart by the peer's uid.
type kcm struct{ conn net.Conn }

func dialKCM(ctx context.Context, socket string) (*kcm, error) {
	if socket == "-" || socket == "" {
		return nil, &Error{Msg: "the cache is KCM: and krb5.conf turns KCM off (kcm_socket)"}
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, &Error{Msg: "the cache is KCM: and no KCM daemon runs: systemctl start sssd-kcm.socket", Err: err}
	}
	if err != nil {
		return nil, &Error{Msg: "the KCM daemon can't be reached", Err: err}
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Minute)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		conn.Close()
		return nil, &Error{Msg: "the KCM daemon can't be reached", Err: err}
	}
	return &kcm{conn}, nil
}

func (k *kcm) call(op uint16, args []byte) ([]byte, error) {
	msg := binary.BigEndian.AppendUint32(nil, uint32(4+len(args)))
	msg = append(msg, 2, 0) // version 2.0
	msg = binary.BigEndian.AppendUint16(msg, op)
	msg = append(msg, args...)
	if _, err := k.conn.Write(msg); err != nil {
		return nil, err
	}
	var head struct {
		N    uint32
		Code int32
	}
	if err := binary.Read(k.conn, binary.BigEndian, &head); err != nil {
		return nil, err
	}
	if head.Code != 0 {
		return nil, kcmError(head.Code)
	}
	if head.N < 4 || head.N > maxCache {
		return nil, fmt.Errorf("answer of %d bytes", head.N)
	}
	body := make([]byte, head.N)
	if _, err := io.ReadFull(k.conn, body); err != nil {
		return nil, err
	}
	if code := int32(binary.BigEndian.Uint32(body)); code != 0 {
		return nil, kcmError(code)
	}
	return body[4:], nil
}

// readKCM returns a cache of the daemon in the form of files; an empty name
// is the user's default.
func readKCM(ctx context.Context, socket, name string) ([]byte, error) {
	k, err := dialKCM(ctx, socket)
	if err != nil {
		return nil, err
	}
	defer k.conn.Close()
	fail := func(err error) ([]byte, error) {
		var code kcmError
		if errors.As(err, &code) && (code == kcmNoCache || code == kcmNotFound) {
			return nil, &Error{Msg: "there is no ticket in KCM:" + name + ": run kinit", Err: err}
		}
		return nil, &Error{Msg: "the KCM daemon did not give the cache", Err: err}
	}
	arg := []byte(name)
	if name == "" {
		if arg, err = k.call(kcmGetDefaultCache, nil); err != nil {
			return fail(err)
		}
		arg = bytes.TrimRight(arg, "\x00")
		name = string(arg)
	}
	arg = append(arg, 0)
	principal, err := k.call(kcmGetPrincipal, arg)
	if err != nil {
		return fail(err)
	}
	blob := append([]byte{5, 4, 0, 0}, principal...)
	list, err := k.call(kcmGetCredList, arg)
	if err == nil {
		creds, err := credList(list)
		if err != nil {
			return fail(err)
		}
		return append(blob, creds...), nil
	}
	var code kcmError
	if errors.As(err, &code) && code != kcmUnsupported && code != -1765328191 && code != -1765328137 {
		return fail(err)
	}
	// An older daemon: it closes the connection on what it does not know.
	old, err := dialKCM(ctx, socket)
	if err != nil {
		return nil, err
	}
	defer old.conn.Close()
	ids, err := old.call(kcmGetCredUUIDs, arg)
	if err != nil {
		return fail(err)
	}
	for ; len(ids) >= 16; ids = ids[16:] {
		cred, err := old.call(kcmGetCredByUUID, append(arg[:len(arg):len(arg)], ids[:16]...))
		if err != nil {
			return fail(err)
		}
		if blob = append(blob, cred...); len(blob) > maxCache {
			return fail(errors.New("the cache is too large"))
		}
	}
	return blob, nil
}

// credList joins the credentials of a list with lengths.
func credList(list []byte) ([]byte, error) {
	if len(list) < 4 {
		return nil, errors.New("a list without a count")
	}
	n := binary.BigEndian.Uint32(list)
	list = list[4:]
	var out []byte
	for range n {
		if len(list) < 4 {
			return nil, errors.New("the list is cut")
		}
		size := binary.BigEndian.Uint32(list)
		list = list[4:]
		if uint64(size) > uint64(len(list)) {
			return nil, errors.New("the list is cut")
		}
		out = append(out, list[:size]...)
		list = list[size:]
	}
	return out, nil
}
