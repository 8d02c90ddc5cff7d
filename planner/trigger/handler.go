// SPDX-License-Identifier: MIT

package trigger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// DefaultOrder is where a [Handler] without Order stands.
const DefaultOrder = 50

// A Handler does something about events.
type Handler struct {
	// Name is unique among the handlers of a [Dispatcher].
	Name string
	// Order says who comes first; nil means [DefaultOrder]. Handlers of the
	// same order keep the order in which they were given.
	Order *int
	// Topics are patterns as [Topic.Matches] takes them; nil means every
	// topic, also unknown ones.
	Topics []string
	// Handle does it. Events that it returns are handled after this one, by
	// all handlers.
	Handle func(context.Context, Event) ([]Event, error)
}

// A Failure is the error of one handler about one event.
type Failure struct {
	Handler string
	Topic   string
	ID      string
	Err     error
}

// Error names the handler, the event and the error.
func (f Failure) Error() string {
	return fmt.Sprintf("trigger: handler %s: %s %s: %v", f.Handler, f.Topic, f.ID, f.Err)
}

// Unwrap returns the handler's error.
func (f Failure) Unwrap() error { return f.Err }

// A Dispatcher gives events to handlers, one after another.
type Dispatcher struct {
	handlers []Handler
	// MaxEvents is how many events one message may lead to by way of its
	// handlers; 0 means 1,000. It ends handlers that feed each other.
	MaxEvents int
}

// NewDispatcher orders the handlers. The error wraps [ErrInvalid]: a handler
// without name or function, or two with the same name.
func NewDispatcher(handlers ...Handler) (*Dispatcher, error) {
	names := map[string]bool{}
	for i, h := range handlers {
		switch {
		case h.Name == "" || h.Handle == nil:
			return nil, fmt.Errorf("trigger: handler %d has no name or does nothing: %w", i, ErrInvalid)
		case names[h.Name]:
			return nil, fmt.Errorf("trigger: two handlers are called %q: %w", h.Name, ErrInvalid)
		}
		names[h.Name] = true
	}
	d := &Dispatcher{handlers: slices.Clone(handlers)}
	slices.SortStableFunc(d.handlers, func(a, b Handler) int { return cmp.Compare(a.order(), b.order()) })
	return d, nil
}

func (h Handler) order() int {
	if h.Order == nil {
		return DefaultOrder
	}
	return *h.Order
}

func (h Handler) wants(t Topic) bool {
	return h.Topics == nil || slices.ContainsFunc(h.Topics, t.Matches)
}

// call keeps a panic of one handler from the others.
func (h Handler) call(ctx context.Context, ev Event) (more []Event, err error) {
	defer func() {
		if r := recover(); r != nil {
			more, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	return h.Handle(ctx, ev)
}

// Dispatch gives the event to every handler that wants it, and then the events
// that these returned. A handler's error or panic stops neither the others
// nor what it returned with the error; all are listed. It stops early only
// when ctx is done, which is the last failure then.
func (d *Dispatcher) Dispatch(ctx context.Context, ev Event) []Failure {
	limit := d.MaxEvents
	if limit <= 0 {
		limit = 1000
	}
	var failures []Failure
	queue := []Event{ev}
	for i := 0; i < len(queue); i++ {
		now := queue[i]
		topic := ParseTopic(now.Topic)
		for _, h := range d.handlers {
			if !h.wants(topic) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return append(failures, Failure{h.Name, now.Topic, now.ID, err})
			}
			more, err := h.call(ctx, now)
			if err != nil {
				failures = append(failures, Failure{h.Name, now.Topic, now.ID, err})
			}
			if room := limit - len(queue); len(more) > room {
				err := fmt.Errorf("%d events follow from one message, more than %d", len(queue)+len(more)-1, limit)
				failures = append(failures, Failure{h.Name, now.Topic, now.ID, err})
				more = more[:max(room, 0)]
			}
			queue = append(queue, more...)
		}
	}
	return failures
}
