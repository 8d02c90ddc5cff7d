// SPDX-License-Identifier: MIT

package compose_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"testing/iotest"

	"github.com/seed-f134cc8e/relkit/pdc/compose"
)

// FuzzParse: what is read is written back as an equal JSON value, and the
// stream reader accepts only what encoding/json does.
func FuzzParse(f *testing.F) {
	for _, s := range samples {
		f.Add(s.name, []byte(s.text))
	}
	f.Add("rpms.json", []byte(`{"payload":{"rpms":{"V":{"x":{"a-0:1-1.src":{"a-0:1-1.x":{"path":"\u0061","sigkey" : null,"x":[{"y":"\"}"}]}}}}}},"header":{"version":"1.2","type":"productmd.rpms"},"é":1}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		_, streamErr := compose.ReadPackages(iotest.OneByteReader(bytes.NewReader(data)))
		if streamErr == nil && !json.Valid(data) {
			t.Fatal("the stream reader accepts what is not JSON")
		}
		doc, err := compose.Parse(name, data)
		if err != nil {
			return
		}
		_ = doc.Validate()
		var b bytes.Buffer
		if err := compose.Write(&b, doc); err != nil {
			t.Fatal(err)
		}
		again, err := compose.Parse(name, b.Bytes())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		var c bytes.Buffer
		if err := compose.Write(&c, again); err != nil || !bytes.Equal(b.Bytes(), c.Bytes()) {
			t.Fatalf("not a fixed point: %v", err)
		}
	})
}

func FuzzTreeInfo(f *testing.F) {
	f.Add([]byte("[general]\n; c\nfamily = F\nversion=1\narch: x\n  more\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if d, err := compose.ParseDiscInfo(data); err == nil {
			_ = d.Validate()
		}
		a, err := compose.ParseTreeInfo(data)
		if err != nil {
			return
		}
		_ = a.Validate()
		b, err := compose.ParseTreeInfo(a.Bytes())
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("not a fixed point: %v\n%q", err, a.Bytes())
		}
	})
}
