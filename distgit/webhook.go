// SPDX-License-Identifier: MIT

package distgit

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// ObserveWebhook reads what a webhook of Forgejo, Gitea or GitLab tells about
// branches. body is the request's body as it came, secret what the hook was
// set up with, at the time it arrived: payloads have none. Events of other
// kinds tell nothing: an empty list and no error.
//
// The error wraps [ErrUnauthorized] when the signature (with GitLab the token)
// is not that of the secret, [ErrInvalid] for a body that makes no sense. An
// empty secret is not checked at all: then anybody can write history.
func ObserveWebhook(header http.Header, body []byte, secret string, at time.Time) ([]Observation, error) {
	event := strings.ToLower(cmp.Or(header.Get("X-Forgejo-Event"), header.Get("X-Gitea-Event")))
	gitlab := header.Get("X-Gitlab-Event")
	if event == "" && gitlab == "" {
		return nil, &Error{Op: "observe webhook", Msg: "no event header of a forge that is known here", Err: ErrInvalid}
	}
	if secret != "" && !signed(header, body, secret) {
		return nil, &Error{Op: "observe webhook", Msg: "signature does not fit", Err: ErrUnauthorized}
	}
	if gitlab == "Push Hook" {
		event = "push"
	}
	obs, err := webhook(event, body)
	if err != nil {
		return nil, &Error{Op: "observe webhook", Msg: err.Error(), Err: ErrInvalid}
	}
	id := cmp.Or(header.Get("X-Forgejo-Delivery"), header.Get("X-Gitea-Delivery"), header.Get("X-Gitlab-Event-Uuid"))
	for i := range obs {
		obs[i].At, obs[i].ID = at, id
		if err := obs[i].check(); err != nil {
			return nil, err
		}
	}
	return obs, nil
}

// signed checks an HMAC over the raw body, or GitLab's token in clear.
func signed(h http.Header, body []byte, secret string) bool {
	if h.Get("X-Gitlab-Event") != "" {
		return subtle.ConstantTimeCompare([]byte(h.Get("X-Gitlab-Token")), []byte(secret)) == 1
	}
	given := cmp.Or(h.Get("X-Forgejo-Signature"), h.Get("X-Gitea-Signature"), strings.TrimPrefix(h.Get("X-Hub-Signature-256"), "sha256="))
	got, err := hex.DecodeString(given)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hmac.Equal(got, mac.Sum(nil))
}
