// SPDX-License-Identifier: MIT

package trigger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// A Rule is one rule of an allow list: a set of patterns by key, or "any" or
// "all" of other rules. The zero value matches nothing. Rules are written as
// JSON: {"name": "python-.*", "branch": ["f41", "f42"]}, ["any", [rule, …]],
// ["all", [rule, …]].
type Rule struct {
	keys map[string][]*regexp.Regexp
	op   string
	subs []Rule
}

// UnmarshalJSON reads a rule. The error wraps [ErrInvalid] and names the bad
// pattern, the list without operator or the value that is none.
func (r *Rule) UnmarshalJSON(data []byte) error {
	*r = Rule{}
	if isObject(data) {
		return r.readKeys(data)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil || list == nil {
		return fmt.Errorf("trigger: a rule is an object or a list, not %s: %w", short(data), ErrInvalid)
	}
	if len(list) == 0 {
		return nil
	}
	var op string
	if err := json.Unmarshal(list[0], &op); err != nil || op != "any" && op != "all" || len(list) != 2 {
		return fmt.Errorf("trigger: a list of rules without \"any\" or \"all\": %s: %w", short(data), ErrInvalid)
	}
	r.op = op
	return json.Unmarshal(list[1], &r.subs)
}

func (r *Rule) readKeys(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	r.keys = make(map[string][]*regexp.Regexp, len(raw))
	for key, value := range raw {
		var patterns []string
		if bytes.HasPrefix(value, []byte(`"`)) {
			patterns = make([]string, 1)
			if err := json.Unmarshal(value, &patterns[0]); err != nil {
				return err
			}
		} else if err := json.Unmarshal(value, &patterns); err != nil || patterns == nil {
			return fmt.Errorf("trigger: the patterns of %q are neither a string nor a list of them: %s: %w", key, short(value), ErrInvalid)
		}
		r.keys[key] = []*regexp.Regexp{}
		for _, p := range patterns {
			if _, err := regexp.Compile(p); err != nil {
				return fmt.Errorf("trigger: pattern of %q: %w: %w", key, ErrInvalid, err)
			}
			r.keys[key] = append(r.keys[key], regexp.MustCompile(`\A(?:`+p+`)`))
		}
	}
	return nil
}

// Match reports whether the criteria satisfy the rule. A set of patterns needs
// a key in common with them, and one pattern to match the beginning of the
// value of each key that both have; keys that only one side has do not count.
// No pattern, and no rule under "any" or "all", match nothing.
func (r Rule) Match(criteria Criteria) bool {
	if r.op != "" {
		for _, s := range r.subs {
			if s.Match(criteria) == (r.op == "any") {
				return r.op == "any"
			}
		}
		return r.op == "all" && len(r.subs) > 0
	}
	shared := false
	for key, patterns := range r.keys {
		value, ok := criteria[key]
		if !ok {
			continue
		}
		shared = true
		if !matchesOne(patterns, value) {
			return false
		}
	}
	return shared
}

func matchesOne(patterns []*regexp.Regexp, value any) bool {
	text := pythonText(value)
	for _, p := range patterns {
		if p.MatchString(text) {
			return true
		}
	}
	return false
}

// pythonText spells a value as the services that made the lists do.
func pythonText(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// Criteria are what is known of a rebuild: name, branch, advisory state. A
// boolean is compared as "True" or "False", nil as "None", everything else as
// it prints.
type Criteria map[string]any

// A List is an allow list or a block list: by handler or "global", by artifact
// type in lower case ("rpm", "image", "module"), a rule. A handler's section
// stands in for the global one, type by type.
type List map[string]map[string]Rule

// ParseList reads a list. The error wraps [ErrInvalid] for a bad rule.
func ParseList(data []byte) (List, error) {
	var l List
	if err := json.Unmarshal(data, &l); err != nil {
		return nil, fmt.Errorf("trigger: list: %w: %w", ErrInvalid, err)
	}
	return l, nil
}

// Has reports whether the list's rule for the handler and type matches; no
// rule matches nothing.
func (l List) Has(handler, artifactType string, criteria Criteria) bool {
	artifactType = strings.ToLower(artifactType)
	rule, ok := l[handler][artifactType]
	if !ok {
		rule = l["global"][artifactType]
	}
	return rule.Match(criteria)
}

// A Policy is an allow list with its exceptions. The zero value allows nothing.
type Policy struct {
	Allow List `json:"allow"`
	Block List `json:"block"`
}

// Allows reports whether a handler may rebuild: what the allow list does not
// have is denied, and so is what the block list has.
func (p Policy) Allows(handler, artifactType string, criteria Criteria) bool {
	return p.Allow.Has(handler, artifactType, criteria) && !p.Block.Has(handler, artifactType, criteria)
}

func short(data []byte) string {
	if len(data) > 60 {
		return string(data[:60]) + "…"
	}
	return string(data)
}
