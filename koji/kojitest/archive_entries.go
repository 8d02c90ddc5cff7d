// SPDX-License-Identifier: MIT

package kojitest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
)

// entries lists what a zip or tar archive holds; nothing for other data.
func entries(kind string, data []byte) []record {
	var rows []record
	switch kind {
	case "zip":
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil
		}
		for _, f := range z.File {
			rows = append(rows, record{"name": f.Name, "size": int(f.UncompressedSize64), "mtime": int(f.Modified.Unix())})
		}
	case "tar":
		var r io.Reader = bytes.NewReader(data)
		switch {
		case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
			z, err := gzip.NewReader(r)
			if err != nil {
				return nil
			}
			r = z
		case bytes.HasPrefix(data, []byte("BZh")):
			r = bzip2.NewReader(r)
		}
		t := tar.NewReader(r)
		for {
			h, err := t.Next()
			if err != nil {
				return rows
			}
			if h.Typeflag == tar.TypeReg {
				rows = append(rows, record{
					"name": h.Name, "size": int(h.Size), "mtime": int(h.ModTime.Unix()), "mode": int(h.Mode),
					"user": h.Uname, "group": h.Gname,
				})
			}
		}
	}
	return rows
}
