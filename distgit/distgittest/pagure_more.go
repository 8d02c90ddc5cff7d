// SPDX-License-Identifier: MIT

package distgittest

import (
	"net/http"
)

func (h *Host) pagurePulls(w http.ResponseWriter, q request, s []string) { http.NotFound(w, q.Request) }
func (h *Host) pagureFork(w http.ResponseWriter, q *request)             { http.NotFound(w, q.Request) }
func (h *Host) pagurePlugin(q *request, s []string) http.HandlerFunc     { return nil }
func (h *Host) pagureExtras(q *request, name string) http.HandlerFunc    { return nil }
func (h *Host) forgejo(q *request, s []string) http.HandlerFunc          { return nil }
