package sim

import (
	"slices"
	"time"

	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// silence is after what time an agent gives up a connection on which it hears
// nothing.
const silence = 90 * time.Second

// conn is one ACS connection, both ends of it. The server's end does what
// dispatch.Server does with a Session.
type conn struct {
	w       *world
	plane   *plane
	agent   *agent
	link    dispatch.Link
	session *dispatch.Session
	wake    *event
	heard   time.Time // by the agent
	served  bool      // the server's end is open
	used    bool      // the agent's end is open
	down    pipe
	up      pipe
	pending bool // assignments are about to be read again
}

// pipe is one direction: nothing is lost or overtakes while both ends live.
type pipe struct {
	queue   []acs.Message
	arrived int
	last    time.Time
}

// accept opens a connection for an agent, or answers why not.
func (p *plane) accept(a *agent, hello dispatch.Hello) (*conn, error) {
	p.w.touched = true
	link, err := p.links.Connect(p.w.ctx, hello)
	if err != nil {
		return nil, err
	}
	c := &conn{w: p.w, plane: p, agent: a, link: link, served: true, used: true, heard: p.w.clock.now}
	for _, old := range slices.Clone(p.conns) {
		if old.link.ID == link.ID {
			old.hangUp("a newer connection has replaced it")
		}
	}
	c.session = dispatch.NewSession(dispatch.SessionOptions{ClusterARN: link.ClusterARN, InstanceARN: link.InstanceARN,
		Nonce: link.Nonce, SendCredentials: hello.SendCredentials})
	p.conns = append(p.conns, c)
	p.w.trace.say(a.node.name, "is connected")
	c.read()
	return c, nil
}

// read hands the instance's assignments to the session.
func (c *conn) read() {
	sequence, assignments := c.plane.links.Assignments(c.link)
	c.session.Assign(c.w.clock.now, sequence, assignments)
	c.flush()
}

// readChanges hands those that have changed to the session.
func (c *conn) readChanges() {
	sequence, changed, gone := c.plane.links.Changes(c.link)
	c.session.Update(c.w.clock.now, sequence, changed, gone)
	c.flush()
}

// reassign reads what has changed of the assignments in a moment.
func (c *conn) reassign() {
	if c.pending {
		return
	}
	c.pending = true
	c.w.clock.after(c.w.mind.between(20*time.Microsecond, time.Millisecond), func() {
		c.pending = false
		if c.served {
			c.readChanges()
		}
	})
}

// flush sends what the session wants sent, and wakes it when it wants to be.
func (c *conn) flush() {
	if c.session.Dead(c.w.clock.now) {
		c.hangUp("heartbeats are not acknowledged")
		return
	}
	messages := c.session.Outbox()
	if slices.ContainsFunc(messages, dispatch.Denies) && c.link.Confirm(c.w.ctx) != nil {
		c.hangUp("nobody knows whether this control plane leads")
		return
	}
	for _, m := range messages {
		c.carry(&c.down, c.agent.node.lag, m, func(m acs.Message) {
			if c.used && c.agent.alive() {
				c.heard = c.w.clock.now
				c.agent.receive(c, m)
			}
		})
	}
	c.w.clock.cancel(c.wake)
	c.wake = c.w.clock.at(later(c.session.Next(), c.w.clock.now.Add(time.Millisecond)), func() {
		c.plane.unlessPaused(func() {
			if c.served {
				c.session.Tick(c.w.clock.now)
				c.flush()
			}
		})
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// send is the agent's.
func (c *conn) send(m acs.Message) {
	c.carry(&c.up, 0, m, func(m acs.Message) {
		c.plane.unlessPaused(func() {
			if c.served {
				c.session.Receive(c.w.clock.now, m)
				c.flush()
			}
		})
	})
}

// carry moves a message through a pipe.
func (c *conn) carry(p *pipe, lag time.Duration, m acs.Message, deliver func(acs.Message)) {
	p.queue = append(p.queue, m)
	p.last = later(c.w.clock.now.Add(lag+c.w.travel()), p.last)
	c.w.clock.at(p.last, func() {
		p.arrived++
		c.drain(p, deliver)
	})
}

// drain delivers what has arrived. While the node is cut off nothing does: it
// is sent again and again, and comes late.
func (c *conn) drain(p *pipe, deliver func(acs.Message)) {
	if c.agent.node.cut {
		c.agent.node.stalled = append(c.agent.node.stalled, func() { c.drain(p, deliver) })
		return
	}
	for p.arrived > 0 {
		m := p.queue[0]
		p.queue, p.arrived = p.queue[1:], p.arrived-1
		deliver(m)
	}
}

// hangUp closes the server's end and notes the disconnection.
func (c *conn) hangUp(why string) {
	if !c.served {
		return
	}
	c.w.trace.say(c.agent.node.name, "is disconnected: %s", why)
	c.w.touched = true
	c.reset()
	c.plane.links.Disconnect(c.w.ctx, c.link, 0)
	c.link.Close()
}

// reset closes the server's end; the agent's closes when it hears of it.
func (c *conn) reset() {
	c.served = false
	c.w.clock.cancel(c.wake)
	c.plane.conns = slices.DeleteFunc(c.plane.conns, func(o *conn) bool { return o == c })
	c.w.clock.after(c.w.travel(), func() {
		if !c.agent.node.cut && c.agent.alive() {
			c.agent.disconnected(c)
		}
	})
}

// leave closes the agent's end; the server's closes when it hears of it.
func (c *conn) leave() {
	c.used = false
	if c.agent.node.cut || !c.agent.node.on {
		return // nobody is told: the server finds out by itself
	}
	c.w.clock.after(c.w.travel(), func() {
		c.plane.unlessPaused(func() { c.hangUp("the agent closed the connection") })
	})
}
