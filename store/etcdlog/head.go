package etcdlog

import (
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/roadstead/roadstead/model"
)

// What the last transaction was.
const (
	wasLead   = 'l' // the beginning of a term
	wasAppend = 'a'
	wasFence  = 'f' // made by Settle, so that a lost request cannot land later
)

// head is the content of the head key. A term is named by the revision that
// the head had before it began: only one term can begin after it.
type head struct {
	was  byte
	term model.Revision
}

func (h head) String() string { return fmt.Sprintf("%c %d", h.was, h.term) }

func parseHead(value []byte) (h head, err error) {
	if _, err := fmt.Sscanf(string(value), "%c %d", &h.was, &h.term); err != nil {
		return head{}, fmt.Errorf("etcdlog: head %q: %w", value, err)
	}
	return h, nil
}

// headIs compares that the head is at rev; 0 means that there is none yet.
func headIs(rev model.Revision) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(headKey), "=", int64(rev))
}

func putHead(was byte, term model.Revision) clientv3.Op {
	return clientv3.OpPut(headKey, head{was, term}.String())
}
