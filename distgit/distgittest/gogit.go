// SPDX-License-Identifier: MIT

package distgittest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/server"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// fixedLoader serves one storage.
type fixedLoader struct{ s storer.Storer }

func (l fixedLoader) Load(*transport.Endpoint) (storer.Storer, error) { return l.s, nil }

// goGit answers ref lists and fetches without the git command.
func (h *Host) goGit(w http.ResponseWriter, q request, body []byte) {
	st := storage(h.path(q.repo))
	srv := server.NewServer(fixedLoader{st})
	w.Header().Set("Cache-Control", "no-cache")
	if q.op == OpFetch {
		h.goGitFetch(w, srv, q, body)
		return
	}
	service, adv := "git-upload-pack", (*packp.AdvRefs)(nil)
	var err error
	if q.op == OpRefs {
		var s transport.UploadPackSession
		if s, err = srv.NewUploadPackSession(nil, nil); err == nil {
			adv, err = s.AdvertisedReferencesContext(q.Context())
		}
	} else {
		service = "git-receive-pack"
		var s transport.ReceivePackSession
		if s, err = srv.NewReceivePackSession(nil, nil); err == nil {
			adv, err = s.AdvertisedReferencesContext(q.Context())
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	adv.Prefix = [][]byte{[]byte("# service=" + service), pktline.Flush}
	w.Header().Set("Content-Type", "application/x-"+service+"-advertisement")
	_ = adv.Encode(w)
}

func (h *Host) goGitFetch(w http.ResponseWriter, srv transport.Transport, q request, body []byte) {
	var in io.Reader = bytes.NewReader(body)
	if q.Header.Get("Content-Encoding") == "gzip" {
		gz, err := gzip.NewReader(in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in = gz
	}
	req := packp.NewUploadPackRequest()
	if err := req.UploadRequest.Decode(in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s, err := srv.NewUploadPackSession(nil, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	resp, err := s.UploadPack(q.Context(), req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	_ = resp.Encode(w)
}

// goGitReceive does what receive-pack does: store the pack, then move each
// ref whose old value still holds.
func (h *Host) goGitReceive(w http.ResponseWriter, st *filesystem.Storage, req *packp.ReferenceUpdateRequest, refuse string) {
	report := packp.NewReportStatus()
	report.UnpackStatus = "ok"
	var packErr error
	if refuse == "" && req.Packfile != nil && hasPack(req) {
		packErr = packfile.UpdateObjectStorage(st, req.Packfile)
	}
	if packErr != nil {
		report.UnpackStatus = packErr.Error()
	}
	for _, c := range req.Commands {
		status := "ok"
		switch {
		case refuse != "":
			status = "pre-receive hook declined"
		case packErr != nil:
			status = "unpacker error"
		default:
			if err := moveRef(st, c); err != "" {
				status = err
			}
		}
		report.CommandStatuses = append(report.CommandStatuses, &packp.CommandStatus{ReferenceName: c.Name, Status: status})
	}
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	if req.Capabilities.Supports(capability.ReportStatus) {
		_ = report.Encode(w)
	}
}

func hasPack(req *packp.ReferenceUpdateRequest) bool {
	for _, c := range req.Commands {
		if c.Action() != packp.Delete {
			return true
		}
	}
	return false
}

func moveRef(st *filesystem.Storage, c *packp.Command) string {
	now := plumbing.ZeroHash
	if ref, err := st.Reference(c.Name); err == nil {
		now = ref.Hash()
	}
	if now != c.Old {
		return "failed to update ref"
	}
	if c.New.IsZero() {
		if err := st.RemoveReference(c.Name); err != nil {
			return err.Error()
		}
		return ""
	}
	if _, err := object.GetCommit(st, c.New); err != nil {
		return "missing necessary objects"
	}
	if err := st.SetReference(plumbing.NewHashReference(c.Name, c.New)); err != nil {
		return err.Error()
	}
	return ""
}
