package control

import (
	"container/heap"
	"time"
)

// queue holds each key once, with the earliest time at which it is wanted.
type queue struct {
	items []*queued
	byKey map[string]*queued
	added uint64
}

type queued struct {
	key string
	due time.Time
	seq uint64 // keys that are due at the same time come in the order of asking
	at  int
}

func newQueue() *queue { return &queue{byKey: map[string]*queued{}} }

// add wants key at due, or earlier if it is wanted earlier already.
func (q *queue) add(key string, due time.Time) {
	if it := q.byKey[key]; it != nil {
		if due.Before(it.due) {
			it.due = due
			heap.Fix(q, it.at)
		}
		return
	}
	q.added++
	it := &queued{key: key, due: due, seq: q.added}
	q.byKey[key] = it
	heap.Push(q, it)
}

// take removes and returns the key that has been due for longest.
func (q *queue) take(now time.Time) (key string, ok bool) {
	if len(q.items) == 0 || now.Before(q.items[0].due) {
		return "", false
	}
	it := heap.Pop(q).(*queued)
	delete(q.byKey, it.key)
	return it.key, true
}

// next returns when the first key is due; false when the queue is empty.
func (q *queue) next() (time.Time, bool) {
	if len(q.items) == 0 {
		return time.Time{}, false
	}
	return q.items[0].due, true
}

// Len implements heap.Interface, as do the methods below.
func (q *queue) Len() int { return len(q.items) }

func (q *queue) Less(i, j int) bool {
	a, b := q.items[i], q.items[j]
	if !a.due.Equal(b.due) {
		return a.due.Before(b.due)
	}
	return a.seq < b.seq
}

func (q *queue) Swap(i, j int) {
	q.items[i], q.items[j] = q.items[j], q.items[i]
	q.items[i].at, q.items[j].at = i, j
}

func (q *queue) Push(x any) {
	it := x.(*queued)
	it.at = len(q.items)
	q.items = append(q.items, it)
}

func (q *queue) Pop() any {
	last := len(q.items) - 1
	it := q.items[last]
	q.items[last] = nil
	q.items = q.items[:last]
	return it
}
