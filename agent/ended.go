package agent

// maxEnded is how many tasks a node remembers to have ended.
const maxEnded = 2 * MaxTasks

// ended remembers which tasks are over and done with. The control plane may
// have sent a payload before it learned of the task's end; the message then
// comes after the record is gone, and must not start the task a second time.
// It need not survive the agent: such a message does not survive the
// connection. The zero value is ready for use.
type ended struct {
	known map[string]bool
	order []string // the oldest first
}

func (e *ended) add(arn string) {
	if e.known == nil {
		e.known = map[string]bool{}
	}
	if e.known[arn] {
		return
	}
	if len(e.order) >= maxEnded {
		delete(e.known, e.order[0])
		e.order = e.order[1:]
	}
	e.known[arn] = true
	e.order = append(e.order, arn)
}

func (e *ended) has(arn string) bool { return e.known[arn] }
