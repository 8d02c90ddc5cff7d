// SPDX-License-Identifier: MIT

package trigger_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// mixed makes messages of several services and generations.
func mixed(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		switch i % 4 {
		case 0:
			out[i] = fmt.Appendf(nil, `{"topic":"org.fedoraproject.prod.buildsys.tag","id":"%d","queue":null,"severity":20,"headers":{"fedora_messaging_severity":20,"sent-at":"2024-01-05T12:00:03+00:00"},"body":{"tag":"f41-updates","tag_id":7,"name":"package%d","version":"1.3.1","release":"2.fc41","build_id":%d,"user":"bodhi","owner":"someone","instance":"primary","base_url":"https://koji.example.org"}}`, i, i, i)
		case 1:
			out[i] = fmt.Appendf(nil, `{"topic":"org.fedoraproject.prod.git.receive","msg_id":"2017-%d","timestamp":1500000000.0,"i":1,"username":"apache","msg":{"commit":{"name":"Some One","email":"one@example.org","username":"one","summary":"Update to %d","message":"Update to %d\n\nwith a body of some length\n","rev":"0123456789012345678901234567890123456789","repo":"package%d","namespace":"rpms","branch":"f41","stats":{"files":{"sources":{"additions":1,"deletions":1,"lines":2},"package.spec":{"additions":4,"deletions":2,"lines":6}},"total":{"additions":5,"deletions":3,"lines":8,"files":2}}}}}`, i, i, i, i)
		case 2:
			out[i] = fmt.Appendf(nil, `{"topic":"org.fedoraproject.prod.buildsys.build.state.change","id":"%d","headers":{},"body":{"name":"package%d","version":"1.3.1","release":"2.fc41","epoch":null,"attribute":"state","old":0,"new":1,"build_id":%d,"task_id":%d,"owner":"someone","instance":"primary","request":["git+https://src.example.org/rpms/package.git#0123456789","f41-candidate",{}],"creation_time":"2024-01-05T12:00:03.512345+00:00","completion_time":"2024-01-05T12:10:03.512345+00:00","url":"https://koji.example.org/buildinfo?buildID=1"}}`, i, i, i, i)
		default:
			out[i] = fmt.Appendf(nil, `{"topic":"org.example.prod.weather.report","msg_id":"2017-%d","timestamp":1500000000.0,"msg":{"sky":"blue","readings":[1,2,3,4,5,6,7,8],"station":{"name":"north","id":%d}}}`, i, i)
		}
	}
	return out
}

// BenchmarkDecode10000 decodes 10,000 mixed messages into events.
func BenchmarkDecode10000(b *testing.B) {
	all := mixed(10_000)
	b.ReportAllocs()
	for b.Loop() {
		for _, m := range all {
			if _, err := trigger.Decode(m); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkEncodingJSON10000 decodes the same messages into JSON values.
func BenchmarkEncodingJSON10000(b *testing.B) {
	all := mixed(10_000)
	b.ReportAllocs()
	for b.Loop() {
		for _, m := range all {
			var v map[string]any
			if err := json.Unmarshal(m, &v); err != nil {
				b.Fatal(err)
			}
		}
	}
}
