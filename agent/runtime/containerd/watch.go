package containerd

import (
	"context"
	"fmt"
	"strconv"
	"time"

	eventsapi "github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/runtime"
	"github.com/containerd/typeurl/v2"

	agentruntime "github.com/roadstead/roadstead/agent/runtime"
)

// topicMark is the topic of events that a watch sends to itself.
const topicMark = "/roadstead/watch"

const (
	topicContainerDelete = "/containers/delete"
	markInterval         = 20 * time.Millisecond
	leastWatchPause      = 20 * time.Millisecond
	mostWatchPause       = time.Second
	// backlogLimit bounds the events that arrive while a listing is being prepared; more, and it begins anew.
	backlogLimit = 65536
)

// Watch implements runtime.Runtime.
func (c *Client) Watch(ctx context.Context, observe func(agentruntime.Event)) error {
	pause := leastWatchPause
	for {
		followed := c.watchOnce(ctx, observe)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if followed {
			pause = leastWatchPause
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, mostWatchPause)
	}
}

// watchOnce lists and follows until the daemon goes away, and tells whether it came so far as to follow.
func (c *Client) watchOnce(ctx context.Context, observe func(agentruntime.Event)) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	envelopes, ended := c.conn.EventService().Subscribe(ctx, c.filters()...)
	backlog, err := c.waitForSubscription(ctx, envelopes, ended)
	if err != nil {
		return false
	}
	view := &view{client: c, observe: observe, present: make(map[string]bool)}
	if err := view.list(ctx); err != nil {
		return false
	}
	for _, envelope := range backlog {
		view.apply(ctx, envelope)
	}
	for {
		select {
		case envelope := <-envelopes:
			view.apply(ctx, envelope)
		case <-ended:
			return true
		case <-ctx.Done():
			return true
		}
	}
}

func (c *Client) filters() []string {
	var filters []string
	for _, topic := range []string{runtime.TaskStartEventTopic, runtime.TaskExitEventTopic, topicContainerDelete, topicMark} {
		filters = append(filters, fmt.Sprintf("namespace==%q,topic==%q", c.options.Namespace, topic))
	}
	return filters
}

// waitForSubscription returns when events are certain to arrive. containerd does not say when a subscription begins, so
// the watch sends itself an event until it gets one. Others that arrive meanwhile are returned.
func (c *Client) waitForSubscription(ctx context.Context, envelopes <-chan *events.Envelope, ended <-chan error) ([]*events.Envelope, error) {
	mark := strconv.FormatInt(time.Now().UnixNano(), 36)
	ticker := time.NewTicker(markInterval)
	defer ticker.Stop()
	var backlog []*events.Envelope
	for {
		if err := c.conn.EventService().Publish(ctx, topicMark, &eventsapi.ContainerUpdate{ID: mark}); err != nil {
			return nil, err
		}
		for waiting := true; waiting; {
			select {
			case envelope := <-envelopes:
				if envelope.Topic != topicMark {
					if backlog = append(backlog, envelope); len(backlog) > backlogLimit {
						return nil, fmt.Errorf("more than %d events before the listing", backlogLimit)
					}
					continue
				}
				event, err := typeurl.UnmarshalAny(envelope.Event)
				if err != nil {
					return nil, err
				}
				if update, ok := event.(*eventsapi.ContainerUpdate); ok && update.ID == mark {
					return backlog, nil
				}
			case <-ticker.C:
				waiting = false
			case err := <-ended:
				return nil, fmt.Errorf("subscribe to events: %w", err)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}
