package iam

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// holder is a user, group or role as something that policies are attached to:
// a clone, and where its policies are.
type holder struct {
	noun     model.Noun
	kind     string // user, group or role, as messages have it
	name     string
	attached *[]string
	inline   *[]model.InlinePolicy
	boundary *string // nil for groups
	// most is how large all inline policies together may be.
	most int
}

// hold reads a holder.
type hold func(v store.View) (*holder, error)

func userHolder(u *model.User) *holder {
	return &holder{u, "user", u.Name, &u.Attached, &u.Inline, &u.Boundary, maxUserInline}
}

func groupHolder(g *model.Group) *holder {
	return &holder{g, "group", g.Name, &g.Attached, &g.Inline, nil, maxGroupInline}
}

func roleHolder(r *model.Role) *holder {
	return &holder{r, "role", r.Name, &r.Attached, &r.Inline, &r.Boundary, maxRoleInline}
}

func (c *call) ofUser(name *string) hold {
	return func(v store.View) (*holder, error) {
		u, err := c.user(v, *name)
		if err != nil {
			return nil, err
		}
		return userHolder(u.Clone()), nil
	}
}

func (c *call) ofGroup(name *string) hold {
	return func(v store.View) (*holder, error) {
		g, err := c.group(v, *name)
		if err != nil {
			return nil, err
		}
		return groupHolder(g.Clone()), nil
	}
}

// ofRole reads a role; toChange refuses those of services.
func (c *call) ofRole(name *string, toChange bool) hold {
	return func(v store.View) (*holder, error) {
		r, err := c.role(v, *name)
		if err == nil && toChange {
			r, err = c.ownRole(v, *name)
		}
		if err != nil {
			return nil, err
		}
		return roleHolder(r.Clone()), nil
	}
}

// holders returns all users, groups and roles of the account, in this order.
// They are not clones: they are to be read.
func (c *call) holders(v store.View) (found []*holder) {
	for u := range all[*model.User](c, v) {
		found = append(found, userHolder(u))
	}
	for g := range all[*model.Group](c, v) {
		found = append(found, groupHolder(g))
	}
	for r := range all[*model.Role](c, v) {
		found = append(found, roleHolder(r))
	}
	return found
}

// usage is how often policies are used in an account, by ARN.
type usage struct {
	attached, boundaries map[string]int
	inUse                int // how many different policies are
}

func (c *call) usage(v store.View) usage {
	u := usage{map[string]int{}, map[string]int{}, 0}
	for _, h := range c.holders(v) {
		for _, arn := range *h.attached {
			u.attached[arn]++
		}
		if h.boundary != nil && *h.boundary != "" {
			u.boundaries[*h.boundary]++
		}
	}
	u.inUse = len(u.attached)
	for arn := range u.boundaries {
		if u.attached[arn] == 0 {
			u.inUse++
		}
	}
	return u
}
