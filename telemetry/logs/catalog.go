package logs

import (
	"maps"

	"github.com/tidwall/btree"
)

// Group is a log group as the outside sees it. Times are milliseconds since
// the epoch.
type Group struct {
	Account           string
	Name              string
	Created           int64
	RetentionDays     int32 // 0: for ever
	Class             string
	DeletionProtected bool
	Tags              map[string]string
	// StoredBytes is what the group's stored events count for. The store
	// writes it; in an update it is ignored.
	StoredBytes int64
}

func (g Group) clone() Group {
	g.Tags = maps.Clone(g.Tags)
	return g
}

// Stream is a log stream as the outside sees it. Times are milliseconds since
// the epoch; the event fields are meaningful when HasEvents is set.
type Stream struct {
	Name          string
	Created       int64
	HasEvents     bool
	FirstEvent    int64 // smallest timestamp ever put
	LastEvent     int64 // largest timestamp ever put
	LastIngestion int64
	LastSeq       uint64 // of the event that was accepted last
}

// group and stream are the catalog's own; the committer alone changes them,
// under the store's lock.
type group struct {
	Group
	id      uint64
	streams btree.Map[string, *stream]
}

type stream struct {
	Stream
	id    uint64
	group *group
}

// catalog is every group and stream. It is changed by applying changes in
// order of seq and by nothing else.
type catalog struct {
	seq     uint64 // the last one used
	groups  btree.Map[string, *group]
	byID    map[uint64]*group
	streams map[uint64]*stream
}

func newCatalog() *catalog {
	return &catalog{byID: map[uint64]*group{}, streams: map[uint64]*stream{}}
}

// groupKey orders groups by account, then name. Accounts hold no NUL.
func groupKey(account, name string) string { return account + "\x00" + name }

func (c *catalog) group(account, name string) (*group, error) {
	g, ok := c.groups.Get(groupKey(account, name))
	if !ok {
		return nil, ErrGroupNotFound
	}
	return g, nil
}

func (c *catalog) stream(account, groupName, name string) (*stream, error) {
	g, err := c.group(account, groupName)
	if err != nil {
		return nil, err
	}
	st, ok := g.streams.Get(name)
	if !ok {
		return nil, ErrStreamNotFound
	}
	return st, nil
}

func (c *catalog) putGroup(id uint64, g Group) {
	old, ok := c.byID[id]
	if ok {
		g.StoredBytes = old.StoredBytes
		old.Group = g
		return
	}
	n := &group{Group: g, id: id}
	c.byID[id] = n
	if prev, replaced := c.groups.Set(groupKey(g.Account, g.Name), n); replaced {
		c.forget(prev) // an unacknowledged creation that reached the disk all the same
	}
}

func (c *catalog) deleteGroup(id uint64) {
	g, ok := c.byID[id]
	if !ok {
		return
	}
	c.groups.Delete(groupKey(g.Account, g.Name))
	c.forget(g)
}

func (c *catalog) forget(g *group) {
	delete(c.byID, g.id)
	g.streams.Scan(func(_ string, st *stream) bool {
		delete(c.streams, st.id)
		return true
	})
}

func (c *catalog) putStream(groupID, id uint64, st Stream) {
	g, ok := c.byID[groupID]
	if !ok {
		return
	}
	n := &stream{Stream: st, id: id, group: g}
	c.streams[id] = n
	if prev, replaced := g.streams.Set(st.Name, n); replaced {
		delete(c.streams, prev.id)
	}
}

func (c *catalog) deleteStream(id uint64) {
	st, ok := c.streams[id]
	if !ok {
		return
	}
	delete(c.streams, id)
	st.group.streams.Delete(st.Name)
}
