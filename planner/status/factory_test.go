// SPDX-License-Identifier: MIT

package status_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner/status"
)

func TestAnImageOfTheFactory(t *testing.T) {
	for name, c := range map[string]struct{ document, want string }{
		"new":                     {`{"base_image":{"id":"1","status":"NEW","percent_complete":0}}`, "base image 1: queued (NEW, 0%)"},
		"building":                {`{"target_image":{"id":"1","status":"BUILDING","percent_complete":45,"status_detail":{"activity":"a","error":null}}}`, "target image 1: building (BUILDING, 45%)"},
		"a callback":              {`{"id":"1","status":"BUILDING"}`, "image 1: building (BUILDING)"},
		"no word":                 {`{"id":"1","status":null,"percent_complete":null,"status_detail":null}`, "image 1: building"},
		"pushing":                 {`{"provider_image":{"id":"1","status":"PUSHING","percent_complete":250}}`, "provider image 1: publishing (PUSHING, 100%)"},
		"done is all of it":       {`{"target_image":{"id":"1","status":"COMPLETE","percent_complete":99}}`, "target image 1: done (COMPLETE, 100%)"},
		"done, spelled otherwise": {`{"id":"1","status":"COMPLETED"}`, "image 1: done (COMPLETED, 100%)"},
		"failed":                  {`{"id":"1","status":"FAILED","percent_complete":10,"status_detail":{"error":"no space"}}`, "image 1: failed (FAILED, 10%): no space"},
		"failed without a reason": {`{"id":"1","status":"FAILED"}`, "image 1: failed (FAILED): the service gives no reason"},
		"gone":                    {`{"id":"1","status":"DELETED"}`, "image 1: canceled (DELETED)"},
		"a new word":              {`{"id":"1","status":"DREAMING"}`, "image 1: unknown (DREAMING)"},
	} {
		t.Run(name, func(t *testing.T) {
			var i status.FactoryImage
			require.NoError(t, json.Unmarshal([]byte(c.document), &i))
			assert.Equal(t, c.want, i.Status().String())
		})
	}
	for _, bad := range []string{`{}`, `null`, `[]`, `{"target_image":7}`, `{"id":7}`, `{"id":"1","percent_complete":"half"}`, `{"id":"1","status_detail":[]}`} {
		var i status.FactoryImage
		assert.Error(t, json.Unmarshal([]byte(bad), &i), bad)
	}
}

// TestCorpusImageFactory reads the service's documents: each member is in its
// field or in Extra with its value, and the status agrees with itself.
func TestCorpusImageFactory(t *testing.T) {
	golden.Judge(t, "ecosystem/rest-imagefactory", golden.Corpus(t, "ecosystem", "rest-synthetic"), "imagefactory-*.json", func(data []byte) error {
		if why := factoryDiffers(data); why != "" {
			return errors.New(why)
		}
		return nil
	})
}

func factoryDiffers(data []byte) string {
	var i status.FactoryImage
	var outer map[string]map[string]any
	if err := json.Unmarshal(data, &i); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal(data, &outer); err != nil {
		return err.Error()
	}
	want := outer[i.Kind]
	got := map[string]any{}
	for name, raw := range i.Extra {
		var v any
		_ = json.Unmarshal(raw, &v)
		got[name] = v
	}
	detail := map[string]any{"activity": i.Activity, "error": nil}
	if i.Error != "" {
		detail["error"] = i.Error
	}
	maps.Copy(got, map[string]any{"id": i.ID, "href": i.Href, "status": i.State, "status_detail": detail, "target": i.Target, "provider": i.Provider})
	if i.Percent != nil {
		got["percent_complete"] = *i.Percent
	}
	for name, v := range got {
		if _, had := want[name]; !had && v == "" {
			delete(got, name)
		}
	}
	s := i.Status()
	words := strings.Fields(strings.ToLower(strings.TrimSuffix(fmt.Sprint(want["_type"]), "Image") + " image " + i.ID))
	switch {
	case !reflect.DeepEqual(want, got):
		return fmt.Sprintf("want %v, got %v", want, got)
	case s.State == status.Unknown:
		return "unknown status " + i.State
	case s.ID != strings.Join(words, " "):
		return "it is " + s.ID + ", not " + strings.Join(words, " ")
	case !strings.HasSuffix(i.Href, "/"+i.Kind+"s/"+i.ID):
		return "the link leads to another image"
	case i.Percent == nil || *i.Percent != *s.Percent || (*i.Percent == 100) != (s.State == status.Done):
		return fmt.Sprintf("%v percent of %s", want["percent_complete"], s)
	case (s.State == status.Failed) != (i.Error != ""):
		return "an error and a state that contradict each other: " + s.String()
	}
	return ""
}

func FuzzFactoryImage(f *testing.F) {
	f.Add([]byte(`{"target_image":{"id":"1","status":"FAILED","percent_complete":45,"status_detail":{"activity":"a","error":"e"},"x":[1]}}`))
	f.Add([]byte(`{"id":"1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var i status.FactoryImage
		if json.Unmarshal(data, &i) != nil {
			return
		}
		s := i.Status()
		require.Equal(t, s.State == status.Failed, s.Error != "")
		require.True(t, s.Percent == nil || *s.Percent >= 0 && *s.Percent <= 100)
	})
}
