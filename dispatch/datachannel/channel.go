package datachannel

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Timing of retransmission.
// Source: session-manager-plugin, src/config.
const (
	firstTimeout     = 200 * time.Millisecond
	lastTimeout      = time.Second
	firstRoundTrip   = 100 * time.Millisecond
	clockGranularity = 10 * time.Millisecond
	roundTripWeight  = 1.0 / 8.0
	variationWeight  = 1.0 / 4.0
	// resendAttempts is how often a message is sent again before the channel
	// counts as dead: five minutes at least.
	resendAttempts = 3000
)

// Limits of a channel, in messages.
const (
	// Window is how many messages our ends leave unacknowledged.
	Window = 128
	// maxEarly is how many messages may wait for one that comes before them.
	maxEarly = 256
)

// Channel is one end of a data channel: a machine without I/O. Send numbers a
// message, Receive takes one from the other end, Tick sends again what is not
// acknowledged; Outbox hands out the frames to write. Times are arguments.
type Channel struct {
	sends string // the type of what this end sends
	ids   func() uuid.UUID

	next    int64 // number of the message that is sent next
	waiting []sent
	trip    float64 // nanoseconds
	vary    float64
	timeout time.Duration

	expected int64 // number of the message that is handed out next
	acked    int64 // all before it are acknowledged
	early    map[int64]Message
	outbox   [][]byte
}

type sent struct {
	number   int64
	frame    []byte
	at       time.Time
	attempts int
}

// NewChannel returns the end that sends messages of a type, InputStreamData or
// OutputStreamData. Ids makes the messages' ids.
func NewChannel(sends string, ids func() uuid.UUID) *Channel {
	return &Channel{sends: sends, ids: ids, trip: float64(firstRoundTrip), timeout: firstTimeout, early: map[int64]Message{}}
}

// Send sends a payload.
func (c *Channel) Send(now time.Time, kind PayloadType, body []byte) {
	m := Message{Type: c.sends, Created: now, Sequence: c.next, ID: c.ids(), Payload: kind, Body: body}
	if c.next == 0 {
		m.Flags = synFlag
	}
	frame := m.Encode()
	c.waiting = append(c.waiting, sent{number: c.next, frame: frame, at: now})
	c.next++
	c.outbox = append(c.outbox, frame)
}

// Room is how many messages may be sent before some are acknowledged.
func (c *Channel) Room() int { return Window - len(c.waiting) }

// Drained reports whether all that was sent is acknowledged.
func (c *Channel) Drained() bool { return len(c.waiting) == 0 }

// Receive takes a message of the other end's stream, or an acknowledgement, and
// returns the payloads that can be had in order now. Each is to be given to Ack
// once it was dealt with: a sender whose payloads nobody deals with stops. What
// comes too early to be kept is dropped and will be sent again.
func (c *Channel) Receive(now time.Time, m Message) ([]Message, error) {
	switch m.Type {
	case Acknowledge:
		var a acknowledgement
		if err := json.Unmarshal(m.Body, &a); err != nil {
			return nil, fmt.Errorf("data channel: acknowledgement: %w", err)
		}
		c.acknowledged(now, a.Sequence)
		return nil, nil
	case InputStreamData, OutputStreamData:
		if m.Type == c.sends {
			return nil, fmt.Errorf("data channel: %s is this end's to send", m.Type)
		}
	default:
		return nil, nil // publication starts and pauses where there are several publishers
	}
	switch {
	case m.Sequence < c.acked:
		c.ack(now, m) // its acknowledgement was lost
		return nil, nil
	case m.Sequence < c.expected:
		return nil, nil // it is being dealt with
	case m.Sequence > c.expected:
		if len(c.early) < maxEarly {
			m.Body = slices.Clone(m.Body)
			c.early[m.Sequence] = m
		}
		return nil, nil
	}
	ready := []Message{m}
	c.expected++
	for {
		next, ok := c.early[c.expected]
		if !ok {
			return ready, nil
		}
		delete(c.early, c.expected)
		ready = append(ready, next)
		c.expected++
	}
}

// Ack acknowledges a message that Receive returned. They are given in order.
func (c *Channel) Ack(now time.Time, m Message) {
	c.acked = max(c.acked, m.Sequence+1)
	c.ack(now, m)
}

func (c *Channel) ack(now time.Time, m Message) {
	c.outbox = append(c.outbox, Message{Type: Acknowledge, Created: now, Flags: synFlag | finFlag, ID: c.ids(),
		Body: mustEncode(acknowledgement{m.Type, m.ID.String(), m.Sequence, true})}.Encode())
}

func (c *Channel) acknowledged(now time.Time, number int64) {
	at := slices.IndexFunc(c.waiting, func(s sent) bool { return s.number == number })
	if at < 0 {
		return
	}
	c.measure(now.Sub(c.waiting[at].at))
	c.waiting = slices.Delete(c.waiting, at, at+1)
}

// measure takes a round trip into the timeout of retransmission.
// Source: session-manager-plugin, CalculateRetransmissionTimeout.
func (c *Channel) measure(trip time.Duration) {
	c.vary = (1-variationWeight)*c.vary + variationWeight*math.Abs(c.trip-float64(trip))
	c.trip = (1-roundTripWeight)*c.trip + roundTripWeight*float64(trip)
	c.timeout = min(lastTimeout, time.Duration(c.trip+math.Max(float64(clockGranularity), 4*c.vary)))
}

// Tick sends the oldest message again if it has waited for too long. The error
// is that it was sent too often.
func (c *Channel) Tick(now time.Time) error {
	if len(c.waiting) == 0 || now.Sub(c.waiting[0].at) < c.timeout {
		return nil
	}
	oldest := &c.waiting[0]
	if oldest.attempts++; oldest.attempts > resendAttempts {
		return fmt.Errorf("data channel: message %d was sent %d times and is not acknowledged", oldest.number, resendAttempts)
	}
	oldest.at = now
	c.outbox = append(c.outbox, oldest.frame)
	return nil
}

// Next is when Tick has something to do; false while it has not.
func (c *Channel) Next() (time.Time, bool) {
	if len(c.waiting) == 0 {
		return time.Time{}, false
	}
	return c.waiting[0].at.Add(max(c.timeout, clockGranularity)), true
}

// Close tells the other end that the session is over, and why; "" is the
// ordinary end. What was sent before should be Drained.
func (c *Channel) Close(now time.Time, session, why string) {
	id := c.ids()
	c.outbox = append(c.outbox, Message{Type: ChannelClosed, Created: now, Flags: synFlag | finFlag, ID: id, Body: mustEncode(Closed{
		MessageID: id.String(), CreatedDate: strconv.FormatInt(now.UnixMilli(), 10), SessionID: session,
		MessageType: ChannelClosed, SchemaVersion: 1, Output: why,
	})}.Encode())
}

// Outbox returns the frames that are to be written, in order, and forgets them.
func (c *Channel) Outbox() [][]byte {
	out := c.outbox
	c.outbox = nil
	return out
}
