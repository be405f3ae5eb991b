package logs

import (
	"context"
	"strings"
)

// CreateStream adds a stream. Errors: ErrGroupNotFound, ErrStreamExists,
// ErrTooMany, ErrNoSpace, ErrClosed.
func (s *Store) CreateStream(ctx context.Context, account, groupName, name string) error {
	name = strings.Clone(name)
	created := s.opts.Now().UnixMilli()
	return s.submit(ctx, &request{
		group: groupKey(account, groupName), stream: name, exclusive: true,
		decide: func(c *catalog) (change, error) {
			g, err := c.group(account, groupName)
			if err != nil {
				return nil, err
			}
			if _, ok := g.streams.Get(name); ok {
				return nil, ErrStreamExists
			}
			return &putStream{g.id, Stream{Name: name, Created: created}}, nil
		},
	})
}

// DeleteStream forgets a stream and its events; their space comes back later.
// allow may refuse after a look at the stream's group; nil allows.
func (s *Store) DeleteStream(ctx context.Context, account, group, name string, allow func(Group) error) error {
	return s.submit(ctx, &request{
		group: groupKey(account, group), stream: name, exclusive: true,
		decide: func(c *catalog) (change, error) {
			st, err := c.stream(account, group, name)
			if err != nil {
				return nil, err
			}
			if allow != nil {
				if err := allow(st.group.Group.clone()); err != nil {
					return nil, err
				}
			}
			return &deleteStream{st.id}, nil
		},
	})
}
