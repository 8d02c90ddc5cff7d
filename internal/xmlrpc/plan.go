// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// shape says how a Go type is filled.
type shape uint8

const (
	toAny shape = iota
	toString
	toInt
	toUint
	toFloat
	toBool
	toTime
	toBytes
	toSlice
	toMap
	toStruct
	toPointer
	toSelf // an Unmarshaler
)

// plan is what is worked out once for a Go type.
type plan struct {
	shape  shape
	typ    reflect.Type
	elem   *plan // of slices, maps, pointers
	fields []field
	byName map[string]int
	extra  []int // index of the ,extra field
}

type field struct {
	name  string
	rank  int // position among the names of its tag
	index []int
	flat  int // the index when it has one step, else -1
	twin  int // the first of the tag's names, as a position in fields
	plan  *plan
}

var (
	plans     sync.Map // reflect.Type to *plan
	planning  sync.Mutex
	timeType  = reflect.TypeFor[time.Time]()
	selfType  = reflect.TypeFor[Unmarshaler]()
	extraType = reflect.TypeFor[map[string]any]()
)

const errUnfitting = "a value of type %s can't be a target"

func planOf(t reflect.Type) (*plan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(*plan), nil
	}
	planning.Lock()
	defer planning.Unlock()
	made := map[reflect.Type]*plan{}
	p, err := makePlan(t, made)
	if err != nil {
		return nil, err
	}
	for t, p := range made {
		plans.Store(t, p)
	}
	return p, nil
}

func makePlan(t reflect.Type, made map[reflect.Type]*plan) (*plan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(*plan), nil
	}
	if p, ok := made[t]; ok {
		return p, nil
	}
	p := &plan{typ: t}
	made[t] = p
	if reflect.PointerTo(t).Implements(selfType) {
		p.shape = toSelf
		return p, nil
	}
	var err error
	switch t.Kind() {
	case reflect.String:
		p.shape = toString
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.shape = toInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.shape = toUint
	case reflect.Float32, reflect.Float64:
		p.shape = toFloat
	case reflect.Bool:
		p.shape = toBool
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return nil, fmt.Errorf(errUnfitting, t)
		}
		p.shape = toAny
	case reflect.Slice:
		p.shape = toSlice
		if t.Elem().Kind() == reflect.Uint8 {
			p.shape = toBytes
			break
		}
		p.elem, err = makePlan(t.Elem(), made)
	case reflect.Pointer:
		p.shape = toPointer
		p.elem, err = makePlan(t.Elem(), made)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil, fmt.Errorf(errUnfitting, t)
		}
		p.shape = toMap
		p.elem, err = makePlan(t.Elem(), made)
	case reflect.Struct:
		if t == timeType {
			p.shape = toTime
			break
		}
		p.shape = toStruct
		p.byName = map[string]int{}
		err = p.addFields(t, nil, made)
	default:
		return nil, fmt.Errorf(errUnfitting, t)
	}
	return p, err
}

func (p *plan) addFields(t reflect.Type, prefix []int, made map[reflect.Type]*plan) error {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), prefix...), i)
		tag, tagged := f.Tag.Lookup("xmlrpc")
		if f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct && f.Type != timeType {
			if err := p.addFields(f.Type, index, made); err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		names, extra, _ := parseTag(tag, f.Name)
		if extra {
			if f.Type != extraType {
				return fmt.Errorf("field %s of %s: ,extra needs a map[string]any", f.Name, t)
			}
			// The outermost extra field takes all.
			if p.extra == nil || len(index) < len(p.extra) {
				p.extra = index
			}
			continue
		}
		fp, err := makePlan(f.Type, made)
		if err != nil {
			return fmt.Errorf("%w (field %s of %s)", err, f.Name, t)
		}
		twin := len(p.fields)
		for rank, name := range names {
			if prev, dup := p.byName[name]; dup && len(p.fields[prev].index) <= len(index) {
				continue
			}
			flat := -1
			if len(index) == 1 {
				flat = i
			}
			p.byName[name] = len(p.fields)
			p.fields = append(p.fields, field{name: name, rank: rank, index: index, flat: flat, twin: twin, plan: fp})
		}
	}
	return nil
}

// parseTag splits "a,b", "a,omitempty" and ",extra".
func parseTag(tag, fallback string) (names []string, extra, omit bool) {
	if tag == ",extra" {
		return nil, true, false
	}
	for part := range strings.SplitSeq(tag, ",") {
		switch part {
		case "":
		case "omitempty":
			omit = true
		default:
			names = append(names, part)
		}
	}
	if len(names) == 0 {
		names = []string{fallback}
	}
	return names, false, omit
}
