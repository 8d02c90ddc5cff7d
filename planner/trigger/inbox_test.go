// SPDX-License-Identifier: MIT

package trigger_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func TestMessagesAreSetAsideWithAReasonAndTheNextIsHeard(t *testing.T) {
	in := trigger.Inbox{Trusted: []string{"org.fedoraproject.prod."}, MaxBytes: 400}
	good := `{"topic":"org.fedoraproject.prod.buildsys.tag","id":"1","body":{"tag":"f41","name":"a","version":"1","release":"1"}}`
	for _, c := range []struct{ name, key, raw, reason string }{
		{"not JSON", "", "<xml/>", "malformed"},
		{"cut off", "", good[:50], "malformed"},
		{"a number", "", "7", "malformed"},
		{"no topic", "", `{"msg":{}}`, "malformed"},
		{"two in one", "", good + good, "malformed"},
		{"a bad member", "", strings.Replace(good, `"id":"1"`, `"id":"1","i":01`, 1), "malformed"},
		{"a bad member behind", "", strings.TrimSuffix(good, "}") + `,"i":tru}`, "malformed"},
		{"a bad header", "", strings.Replace(good, `"id":"1"`, `"id":"1","headers":{"a":.5}`, 1), "malformed"},
		{"a bad body beside", "", strings.TrimSuffix(good, "}") + `,"msg":{"tag":"f41","name":"a"},"body":{1}}`, "malformed"},
		{"a bad body before", "", strings.Replace(good, `"body":`, `"body":{1},"body":`, 1), "malformed"},
		{"a bad key", "", strings.Replace(good, `"id"`, `"id\x"`, 1), "malformed"},
		{"a comma too many", "", strings.TrimSuffix(good, "}") + ",}", "malformed"},
		{"no colon", "", strings.Replace(good, `"id":`, `"id"`, 1), "malformed"},
		{"no such body", "", `{"topic":"org.fedoraproject.prod.buildsys.tag","msg":[]}`, "malformed"},
		{"a tag without a build", "", `{"topic":"org.fedoraproject.prod.buildsys.tag","msg":{"tag":"f41","name":{}}}`, "malformed"},
		{"a build without state", "", `{"topic":"org.fedoraproject.prod.buildsys.build.state.change","msg":{"name":"a","version":"1","release":"1"}}`, "malformed"},
		{"a commit that is none", "", `{"topic":"org.fedoraproject.prod.git.receive","msg":{"commit":{"repo":"a","rev":"; rm"}}}`, "malformed"},
		{"long", "", `{"topic":"` + strings.Repeat("x", 500) + `"}`, "too large"},
		{"good", "org.fedoraproject.prod.buildsys.tag", good, ""},
		{"again", "", strings.Replace(good, `"tag":"f41","name":"a"`, `"name":"a","tag":"f41"`, 1), "duplicate"},
		{"same id, other build", "", strings.Replace(good, `"a"`, `"b"`, 1), "forged"},
		{"another key", "org.fedoraproject.prod.buildsys.untag", strings.Replace(good, `"1"`, `"2"`, 1), "forged"},
		{"another publisher", "", `{"topic":"org.evil.prod.buildsys.tag","id":"3","body":{"tag":"f41","name":"a"}}`, "forged"},
		{"another message", "", strings.Replace(good, `"id":"1"`, `"id":"4"`, 1), ""},
	} {
		_, err := in.Accept(c.key, []byte(c.raw))
		assert.Equal(t, c.reason, trigger.Reason(err), "%s: %v", c.name, err)
		var aside *trigger.Error
		assert.Equal(t, c.reason != "", errors.As(err, &aside), c.name)
	}
}

func TestTheInboxForgetsTheOldest(t *testing.T) {
	in := trigger.Inbox{Remember: 2}
	hear := func(id string) string {
		_, err := in.Accept("", []byte(`{"topic":"t","id":"`+id+`","body":{}}`))
		return trigger.Reason(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		assert.Empty(t, hear(id))
	}
	assert.Equal(t, "duplicate", hear("c"))
	assert.Empty(t, hear("a"))
	assert.Equal(t, "duplicate", hear("a"))
}

func TestADeliveryIsAMessage(t *testing.T) {
	const key = "org.fedoraproject.prod.buildsys.tag"
	headers := map[string]any{
		"fedora_messaging_schema": "base.message", "fedora_messaging_severity": int32(30), "sent-at": "2024-01-05T12:00:03+00:00",
		"fedora_messaging_rpm_zlib": true, "x-death": []any{map[string]any{"count": int64(1)}}, "raw": []byte("text"),
	}
	m, err := trigger.NewMessage(key, "u-1", headers, []byte(tagBody))
	require.NoError(t, err)
	assert.Equal(t, "u-1 30 2024-01-05T12:00:03Z", fmt.Sprint(m.ID, " ", m.Severity, " ", m.Time.Format(time.RFC3339)))
	assert.Equal(t, `"text"`, string(m.Headers["raw"]))
	var in trigger.Inbox
	ev, err := in.AcceptMessage(m)
	require.NoError(t, err)
	assert.Equal(t, "zlib-1.3-2.fc41", ev.Payload.(*trigger.Tag).NVR())

	_, err = in.AcceptMessage(m)
	assert.Equal(t, "duplicate", trigger.Reason(err))
	in.Forget(m)
	_, err = in.AcceptMessage(m)
	require.NoError(t, err, "work that failed may come again")

	bare, err := trigger.NewMessage(key, "", nil, []byte(tagBody))
	require.NoError(t, err, "headers may lack")
	in.Forget(bare)
	_, err = in.AcceptMessage(bare)
	require.NoError(t, err)
	in.Forget(bare)
	_, err = in.AcceptMessage(bare)
	require.NoError(t, err)

	small := trigger.Inbox{MaxBytes: 10}
	_, err = small.AcceptMessage(m)
	assert.Equal(t, "too large", trigger.Reason(err))
	for _, c := range []struct {
		key, body string
		headers   map[string]any
	}{
		{"", "{}", nil}, {key, "", nil}, {key, "{", nil}, {key, "\xff", nil}, {strings.Repeat("x", 256), "{}", nil}, {key, "{}", map[string]any{"nan": math.NaN()}},
	} {
		_, err := trigger.NewMessage(c.key, "", c.headers, []byte(c.body))
		assert.Equal(t, "malformed", trigger.Reason(err), c)
	}
}
