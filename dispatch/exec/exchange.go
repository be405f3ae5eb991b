package exec

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/dispatch/datachannel"
)

// take deals with a message of the client.
func (r *relay) take(ctx context.Context, m datachannel.Message) {
	if m.Type == datachannel.ChannelClosed {
		r.finish("")
		return
	}
	ready, err := r.channel.Receive(r.now(), m)
	if err != nil {
		r.finish(err.Error())
		return
	}
	for _, m := range ready {
		if m.Payload == datachannel.HandshakeResponse {
			r.answered(ctx, m)
			continue
		}
		r.pending = append(r.pending, m)
		if r.bytes += len(m.Body); r.bytes > maxPending {
			r.finish("The client sends more than is read.")
			return
		}
	}
	r.deliver(ctx)
}

// answered takes the client's answer to the greeting.
func (r *relay) answered(ctx context.Context, m datachannel.Message) {
	r.channel.Ack(r.now(), m)
	if r.stage != shaking {
		return
	}
	if err := datachannel.HandshakeAnswer(m.Body); err != nil {
		r.finish(err.Error())
		return
	}
	r.channel.Send(r.now(), datachannel.HandshakeComplete, datachannel.Complete(r.now().Sub(r.began).Nanoseconds()))
	r.call(ctx)
}

// deliver gives the instance what input it has room for, and acknowledges it.
func (r *relay) deliver(ctx context.Context) {
	for len(r.pending) > 0 && r.stream != nil && r.stage == running {
		m := r.pending[0]
		if m.Payload == datachannel.Output && len(m.Body) > r.room {
			return
		}
		if err := r.pass(ctx, m); err != nil {
			r.lost(ctx)
			return
		}
		r.active = r.now()
		r.channel.Ack(r.now(), m)
		r.pending, r.bytes = r.pending[1:], r.bytes-len(m.Body)
	}
}

// send writes a frame to the instance. It has room for all that it is sent.
func (r *relay) send(ctx context.Context, kind Kind, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, streamWrite)
	defer cancel()
	return r.stream.Write(ctx, kind, body)
}

// pass gives the instance one payload. What no session knows is passed over.
func (r *relay) pass(ctx context.Context, m datachannel.Message) error {
	switch m.Payload {
	case datachannel.Output:
		r.room -= len(m.Body)
		return r.send(ctx, Input, m.Body)
	case datachannel.Size:
		var size datachannel.TerminalSize
		if json.Unmarshal(m.Body, &size) != nil {
			return nil
		}
		return r.send(ctx, Resize, dimensions(size.Cols, size.Rows))
	case datachannel.Flag:
		flag, err := datachannel.FlagOf(m.Body)
		if err != nil {
			return nil
		}
		switch flag {
		case datachannel.TerminateSession:
			r.finish("")
		case datachannel.EndOfInput:
			return r.send(ctx, End, nil)
		case datachannel.DisconnectToPort:
			return r.send(ctx, Reset, nil)
		}
	}
	return nil
}

// arrived takes the instance's stream.
func (r *relay) arrived(ctx context.Context, s *Stream) {
	r.stream = s
	if r.stage != calling {
		s.Close()
		return
	}
	go ping(ctx, s.conn)
	r.frames = r.broker.frames(ctx, s)
}

// heard deals with a frame of the instance.
func (r *relay) heard(ctx context.Context, f frame) {
	now := r.now()
	switch f.kind {
	case Connected:
		r.stage, r.deadline = running, time.Time{}
		r.active = now
		r.deliver(ctx)
	case Consumed:
		if n, err := Number(f.body); err == nil {
			r.room = min(InputWindow, r.room+n)
		}
		r.deliver(ctx)
	case Output, Errors:
		r.active = now
		if r.session.request.Port == 0 {
			r.check(r.recording.write(ctx, now, f.body))
		}
		kind := datachannel.Output
		if f.kind == Errors && r.extension != nil {
			kind = datachannel.StdErr
		}
		r.channel.Send(now, kind, f.body)
	case Exit:
		code, err := Number(f.body)
		if err == nil && r.extension != nil {
			r.channel.Send(now, datachannel.ExitCode, []byte(strconv.Itoa(code)))
		}
		r.finish("")
	case Failed:
		if r.session.request.Port > 0 && r.extension == nil {
			r.channel.Send(now, datachannel.Flag, datachannel.FlagBody(datachannel.ConnectToPortError))
		}
		r.finish(failure(string(f.body)))
	}
}

// failure words a command that could not be run.
// Source: what session-manager-plugin shows of ECS Exec for a command that the
// image does not have.
func failure(why string) string {
	return "\n----------ERROR-------\nUnable to start command: " + why
}
