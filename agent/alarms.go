package agent

import (
	"container/heap"
	"time"
)

// idle is how long the loop waits when no task wants to be woken.
const idle = time.Hour

// alarm is when a task wants to be woken, and where it stands in the heap.
type alarm struct {
	at    time.Time
	index int // in alarms, from 1; 0 when it is not there
}

// alarms are the tasks that want to be woken, as a heap: the earliest first.
type alarms []*live

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].alarm.at.Before(a[j].alarm.at) }
func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].alarm.index, a[j].alarm.index = i+1, j+1
}

// Push and Pop implement heap.Interface.
func (a *alarms) Push(x any) {
	l := x.(*live)
	*a = append(*a, l)
	l.alarm.index = len(*a)
}

func (a *alarms) Pop() any {
	last := len(*a) - 1
	l := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	l.alarm.index = 0
	return l
}

// set wakes l at a time, or not at all when it is zero.
func (a *alarms) set(l *live, at time.Time) {
	l.alarm.at = at
	switch queued := l.alarm.index > 0; {
	case at.IsZero() && queued:
		heap.Remove(a, l.alarm.index-1)
	case at.IsZero():
	case queued:
		heap.Fix(a, l.alarm.index-1)
	default:
		heap.Push(a, l)
	}
}

// wait returns how long it is until the first alarm.
func (a alarms) wait(now time.Time) time.Duration {
	if len(a) == 0 {
		return idle
	}
	return max(0, a[0].alarm.at.Sub(now))
}

// due takes the tasks whose time has come.
func (a *alarms) due(now time.Time) (out []*live) {
	for len(*a) > 0 && !now.Before((*a)[0].alarm.at) {
		out = append(out, heap.Pop(a).(*live))
	}
	return out
}
