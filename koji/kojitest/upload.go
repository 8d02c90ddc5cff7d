// SPDX-License-Identifier: MIT

package kojitest

import (
	"net/http"
	"net/url"
)

// UploadMethod is the name under which raw uploads stand in [Call.Method] and
// in [Hub.Fail].
const UploadMethod = "upload"

const uploadMethod = UploadMethod

type upload struct {
	query url.Values
	data  []byte
}

func (h *Hub) serveFile(w http.ResponseWriter, r *http.Request, rel string) {
	http.NotFound(w, r)
}
