// SPDX-License-Identifier: MIT

package trigger_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func Example() {
	routes := trigger.Routes{
		{Pattern: "rawhide", Release: "fedora-42"},
		{Place: trigger.PlaceTag, Pattern: "f41-updates", Release: "fedora-41"},
		{Place: trigger.PlaceDist, Pattern: "fc41", Release: "fedora-41"},
	}
	var in trigger.Inbox
	for raw, err := range trigger.Split([]byte(`
{"topic": "org.fedoraproject.prod.git.receive", "msg_id": "2017-1", "timestamp": 1700000000.5, "msg": {"commit": {"repo": "zlib", "rev": "4dd7", "branch": "rawhide"}}}
{"topic": "org.fedoraproject.prod.buildsys.tag", "id": "b2", "headers": {}, "body": {"tag": "f41-updates", "name": "zlib", "version": "1.3", "release": "2.fc41", "instance": "primary"}}
{"topic": "org.fedoraproject.prod.buildsys.tag", "id": "b2", "headers": {}, "body": {"tag": "f41-updates", "name": "zlib", "version": "1.3", "release": "2.fc41", "instance": "primary"}}
{"topic": "org.fedoraproject.prod.buildsys.tag", "id": "b3", "bo
{"topic": "/topic/VirtualTopic.eng.ci.koji-build.test.complete", "headers": {"message-id": "m4"}, "body": {"msg": {"artifact": {"type": "koji-build", "nvr": "curl-8.9-1.fc41"}, "test": {"namespace": "fedora-ci", "type": "tier0", "category": "functional", "result": "failed"}}}}
{"topic": "org.example.weather", "sky": "blue"}
`)) {
		if err == nil {
			var ev trigger.Event
			if ev, err = in.Accept("", raw); err == nil {
				if ev.Payload == nil {
					fmt.Println("passed through:", ev.Topic, string(ev.Body))
				}
				for _, c := range routes.Changes(ev) {
					fmt.Println(c.Release, c.Effect, c.IDs, "by", c.Artifact)
				}
			}
		}
		var aside *trigger.Error
		if errors.As(err, &aside) {
			fmt.Println("set aside:", trigger.Reason(aside))
		}
	}
	// Output:
	// fedora-42 source [rpms/zlib] by rpms/zlib#4dd7
	// fedora-41 available [rpms/zlib] by zlib-1.3-2.fc41
	// set aside: duplicate
	// set aside: malformed
	// fedora-41 refused [rpms/curl] by curl-8.9-1.fc41
	// passed through: org.example.weather {"sky":"blue"}
}

// The last push of updates into a repository, out of its messages.
func ExamplePushes() {
	var pushes trigger.Pushes
	for raw := range trigger.Split([]byte(`
{"topic": "org.fedoraproject.prod.bodhi.compose.composing", "id": "1", "headers": {"sent-at": "2024-01-04T00:15:04+00:00"}, "body": {"repo": "f41-updates", "updates": ["bash-5.2.21-2.fc41"]}}
{"topic": "org.fedoraproject.prod.bodhi.compose.complete", "id": "2", "headers": {"sent-at": "2024-01-04T01:20:31+00:00"}, "body": {"repo": "f41-updates", "success": true}}
`)) {
		if ev, err := trigger.Decode(raw); err == nil {
			pushes = pushes.Add(ev)
		}
	}
	for _, p := range pushes {
		fmt.Println(p)
	}
	// Output: f41 stable: succeeded 2024-01-04T01:20:31Z, updates: 1
}

// The releases that Bodhi has, and where an event belongs.
func ExampleActiveReleases() {
	type row struct{ Name, Branch, State, EOL string } // such as bodhi.Release
	rows := func(yield func(row, error) bool) {
		_ = yield(row{"F40", "f40", "current", "2025-05-13"}, nil) && yield(row{"F41", "f41", "current", ""}, nil)
	}
	now := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	active, err := trigger.ActiveReleases(rows, now, func(r row) (trigger.Release, bool) {
		eol, _ := time.Parse(time.DateOnly, r.EOL)
		at := map[trigger.Place][]string{trigger.PlaceBranch: {r.Branch}, trigger.PlaceUpdate: {r.Name}}
		return trigger.Release{Label: "fedora-" + r.Branch, At: at, EOL: eol, Off: r.State == "archived"}, true
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	routes := trigger.RoutesTo(active...)
	fmt.Println(routes.Releases(trigger.PlaceBranch, "f41"), routes.Releases(trigger.PlaceBranch, "f40"))
	// Output: [fedora-f41] []
}
