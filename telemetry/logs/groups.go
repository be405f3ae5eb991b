package logs

import (
	"context"
	"strings"
)

// CreateGroup adds a log group. Errors: ErrGroupExists, ErrTooMany,
// ErrNoSpace, ErrClosed.
func (s *Store) CreateGroup(ctx context.Context, g Group) error {
	g = g.clone()
	g.Name, g.Account = strings.Clone(g.Name), strings.Clone(g.Account)
	g.StoredBytes, g.Created = 0, s.opts.Now().UnixMilli()
	return s.submit(ctx, &request{
		group: groupKey(g.Account, g.Name), exclusive: true,
		decide: func(c *catalog) (change, error) {
			if _, err := c.group(g.Account, g.Name); err == nil {
				return nil, ErrGroupExists
			}
			return &putGroup{0, g}, nil
		},
	})
}

// UpdateGroup changes a group with edit, which gets a copy of the group as it
// is when the change happens and may refuse with an error of its own, which
// is returned. Account, name, creation and stored bytes cannot be changed.
func (s *Store) UpdateGroup(ctx context.Context, account, name string, edit func(*Group) error) error {
	return s.submit(ctx, &request{
		group: groupKey(account, name), exclusive: true,
		decide: func(c *catalog) (change, error) {
			g, err := c.group(account, name)
			if err != nil {
				return nil, err
			}
			n := g.Group.clone()
			if err := edit(&n); err != nil {
				return nil, err
			}
			n.Account, n.Name, n.Created, n.StoredBytes = g.Account, g.Name, g.Created, 0
			return &putGroup{g.id, n}, nil
		},
	})
}

// DeleteGroup forgets a group, its streams and its events; their space comes
// back later. allow may refuse after a look at the group; nil allows.
func (s *Store) DeleteGroup(ctx context.Context, account, name string, allow func(Group) error) error {
	return s.submit(ctx, &request{
		group: groupKey(account, name), exclusive: true,
		decide: func(c *catalog) (change, error) {
			g, err := c.group(account, name)
			if err != nil {
				return nil, err
			}
			if allow != nil {
				if err := allow(g.Group.clone()); err != nil {
					return nil, err
				}
			}
			return &deleteGroup{g.id}, nil
		},
	})
}
