// SPDX-License-Identifier: MIT

package kojitest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

func signMethods(m map[string]handler) {
	m["queryRPMSigs"] = (*call).queryRPMSigs
	m["addRPMSig"] = (*call).addRPMSig
	m["deleteRPMSig"] = (*call).deleteRPMSig
	m["writeSignedRPM"] = (*call).writeSignedRPM
	m["getRPMChecksums"] = (*call).getRPMChecksums
}

func (r *rpmRow) sig(key string) *sigRow {
	for _, s := range r.sigs {
		if s.key == key {
			return s
		}
	}
	return nil
}

// content is what the package's file holds: made up, but always the same.
func (r *rpmRow) content() []byte {
	if r.data != nil {
		return r.data
	}
	line := fmt.Appendf(nil, "%s %s\n", r.nvra(), r.payload)
	return bytes.Repeat(line, r.size/len(line)+1)[:r.size]
}

func (r *rpmRow) signedContent(s *sigRow) []byte {
	return append(fmt.Appendf(nil, "signed by %s\n", s.key), r.content()...)
}

func (c *call) queryRPMSigs() (any, *fault) {
	from := c.h.rpms.rows
	if info := c.arg("rpm_id"); info != nil {
		r, f := c.h.rpm(info, false)
		if f != nil {
			return nil, f
		}
		if from = nil; r != nil {
			from = []*rpmRow{r}
		}
	}
	rows := []record{}
	key := c.arg("sigkey")
	for _, r := range from {
		for _, s := range r.sigs {
			if key == nil || key == s.key {
				rows = append(rows, record{"rpm_id": r.id, "sigkey": s.key, "sighash": s.hash})
			}
		}
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

func (c *call) addRPMSig() (any, *fault) {
	if f := c.perm("sign"); f != nil {
		return nil, f
	}
	data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(pyTextOr(c.arg("data")), "\n", ""))
	if err != nil {
		return nil, pythonError("binascii.Error", "Incorrect padding")
	}
	r, f := c.h.rpm(c.arg("an_rpm"), true)
	if f != nil {
		return nil, f
	}
	header, _, err := parseHeader(data)
	if err != nil {
		return nil, generic("Invalid signature header for %s", r.nvra())
	}
	if sum := hex.EncodeToString(header.bytes(sigTagMD5)); sum != r.payload {
		return nil, generic("wrong md5 for %s: %s", r.nvra(), sum)
	}
	key := header.signer()
	hash := digestOf("md5", data)
	if s := r.sig(key); s != nil {
		if s.hash == hash {
			return nil, nil // the same once more
		}
		return nil, generic("Signature already exists for package %s, key %s", r.nvra(), key)
	}
	push(c.tx, &r.sigs, &sigRow{key: key, hash: hash, data: data})
	return nil, nil
}

func (c *call) deleteRPMSig() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	r, f := c.h.rpm(c.arg("rpminfo"), true)
	if f != nil {
		return nil, f
	}
	key, all := c.arg("sigkey"), c.flag("all_sigs")
	if all == (key != nil) {
		return nil, generic("No signature specified")
	}
	var rest []*sigRow
	for _, s := range r.sigs {
		if !all && s.key != key {
			rest = append(rest, s)
		}
	}
	if len(rest) == len(r.sigs) {
		return nil, generic("%s has no matching signatures to delete", r.nvra())
	}
	set(c.tx, &r.sigs, rest)
	return nil, nil
}

func (c *call) writeSignedRPM() (any, *fault) {
	if f := c.perm("sign"); f != nil {
		return nil, f
	}
	return c.markSigned()
}

// markSigned writes the signed copy of a package.
func (c *call) markSigned() (any, *fault) {
	r, f := c.h.rpm(c.arg("an_rpm"), true)
	if f != nil {
		return nil, f
	}
	key := pyTextOr(c.arg("sigkey"))
	s := r.sig(key)
	if s == nil {
		return nil, generic("No cached signature for package %s, key %s", r.nvra(), key)
	}
	set(c.tx, &s.written, true)
	return nil, nil
}

func (c *call) getRPMChecksums() (any, *fault) {
	r, f := c.h.rpm(c.arg("rpm_id"), false)
	if f != nil {
		return nil, f
	}
	kinds := []string{"md5", "sha256"}
	if list, ok := c.arg("checksum_types").([]any); ok {
		kinds = nil
		for _, k := range list {
			if name := pyText(k); newDigest(name) == nil || name == "adler32" {
				return nil, generic("Checksum_type %s isn't supported", name)
			}
			kinds = append(kinds, pyText(k))
		}
	}
	if r == nil {
		return record{}, nil
	}
	out := record{}
	for _, s := range r.sigs {
		data := r.content()
		if s.key != "" {
			if !s.written {
				continue
			}
			data = r.signedContent(s)
		}
		sums := record{}
		for _, k := range slices.Clone(kinds) {
			sums[k] = digestOf(k, data)
		}
		out[s.key] = sums
	}
	return out, nil
}
