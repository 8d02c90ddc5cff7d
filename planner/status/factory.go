// SPDX-License-Identifier: MIT

package status

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A FactoryImage is an image of Image Factory, which makes images for clouds:
// a base image, a target image for each kind of provider, and a provider image
// for each account that a target image is pushed to. Its REST answers and the
// documents that it sends to callbacks have one form.
type FactoryImage struct {
	// Kind is "base_image", "target_image" or "provider_image"; "" in a
	// document without that outer member.
	Kind string
	ID   string
	Href string // "" in callbacks
	// State is the service's word: NEW, PENDING, BUILDING, PUSHING, COMPLETE,
	// FAILED, DELETING, DELETED, DELETEFAILED, IMPORTED; "" when absent.
	State string
	// Percent is 0 to 100, nil when absent.
	Percent  *float64
	Activity string // what it does at the moment, one line
	Error    string // "" when there is none; may have several lines
	Target   string // kind of provider ("rhevm"), "" for base images
	Provider string // of provider images
	// Extra holds the members without a field: template, icicle, parameters,
	// properties, parents and children. Members that are null with a field
	// are not in it.
	Extra map[string]json.RawMessage
}

// factoryKinds are the outer members of a document.
var factoryKinds = []string{"base_image", "target_image", "provider_image"}

// UnmarshalJSON reads a document with or without its outer member. It fails
// for one without id, and for members of a wrong type.
func (i *FactoryImage) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return fmt.Errorf("status: image: %w", err)
	}
	n := FactoryImage{}
	for outer, raw := range members {
		if len(members) == 1 && slices.Contains(factoryKinds, outer) {
			n.Kind, members = outer, nil
			if err := json.Unmarshal(raw, &members); err != nil {
				return fmt.Errorf("status: %s: %w", outer, err)
			}
			break
		}
	}
	var detail struct {
		Activity *string `json:"activity"`
		Error    *string `json:"error"`
	}
	for name, into := range map[string]any{
		"id": &n.ID, "href": &n.Href, "status": &n.State, "percent_complete": &n.Percent, "status_detail": &detail,
		"target": &n.Target, "provider": &n.Provider,
	} {
		if raw, ok := members[name]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				return fmt.Errorf("status: image: %s: %w", name, err)
			}
			delete(members, name)
		}
	}
	if n.ID == "" {
		return fmt.Errorf("status: image without id")
	}
	if detail.Activity != nil {
		n.Activity = *detail.Activity
	}
	if detail.Error != nil {
		n.Error = *detail.Error
	}
	if len(members) > 0 {
		n.Extra = members
	}
	*i = n
	return nil
}

// factoryStates are the service's words. An image without a word is being
// made; one that is gone was called off.
var factoryStates = map[string]State{
	"": Building, "NEW": Queued, "PENDING": Queued, "BUILDING": Building, "PUSHING": Publishing,
	"COMPLETE": Done, "COMPLETED": Done, "IMPORTED": Done, "FAILED": Failed,
	"DELETING": Canceled, "DELETED": Canceled, "DELETEFAILED": Failed,
}

// Status says it in relkit's words. What is done is at 100 percent and has no
// error; what failed has one, whether the service told it or not.
func (i FactoryImage) Status() Status {
	s := Status{ID: strings.TrimSpace(strings.ReplaceAll(i.Kind, "_", " ") + " " + i.ID), State: factoryStates[strings.ToUpper(i.State)], Detail: i.State}
	if i.Kind == "" {
		s.ID = "image " + i.ID
	}
	if i.Percent != nil {
		p := min(max(*i.Percent, 0), 100)
		s.Percent = &p
	}
	switch s.State {
	case Done:
		s.Percent = new(100.0)
	case Failed:
		if s.Error = i.Error; s.Error == "" {
			s.Error = "the service gives no reason"
		}
	}
	if i.Href != "" {
		s.Links = []Link{{Title: "image", URL: i.Href}}
	}
	return s
}
