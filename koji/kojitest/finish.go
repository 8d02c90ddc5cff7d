// SPDX-License-Identifier: MIT

package kojitest

import (
	"fmt"

	"github.com/seed-f134cc8e/relkit/koji"
)

// FinishTask ends a task that is not finished yet: TaskClosed with a nil
// result, TaskFailed with fault 1005 and this text, TaskCanceled together
// with its children, or TaskOpen to only start it. A parent that waits goes
// on. A build task that is ended by hand leaves its build as it is when
// closed, failed or canceled with it otherwise.
func (h *Hub) FinishTask(id int, state koji.TaskState, text string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.finishTask(id, int(state), codeBuild, text); err != nil {
		return err
	}
	h.note(entry{Do: "finish", ID: id, State: int(state), Code: codeBuild, Name: text})
	return nil
}

// finishTask ends a task by hand.
func (h *Hub) finishTask(id, state, code int, text string) error {
	t := h.tasks.get(id)
	if t == nil {
		return fmt.Errorf("kojitest: no task %d", id)
	}
	if finished(t.state) {
		return fmt.Errorf("kojitest: task %d is %s already", id, taskStates[t.state])
	}
	c := h.system(h.users.get(h.builderID))
	if t.started.IsZero() && state != taskCanceled {
		c.begin(t, h.hosts.rows[0].id)
	}
	switch state {
	case taskOpen:
	case taskClosed:
		c.close(t, nil)
	case taskFailed:
		c.fail(t, &fault{code: code, text: text})
	case taskCanceled:
		c.cancel(t, true)
	default:
		return fmt.Errorf("kojitest: a task can't be made %s by hand", taskStates[state])
	}
	return nil
}
