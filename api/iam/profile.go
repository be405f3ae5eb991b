package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxProfiles is how many instance profiles an account has. Source: IAM quotas.
const maxProfiles = 1000

func (c *call) profile(v store.View, name string) (*model.InstanceProfile, error) {
	p, ok := store.Get[*model.InstanceProfile](v, model.InstanceProfileID(c.Account, name))
	if !ok {
		return nil, noProfile(name)
	}
	return p, nil
}

// profilesOf returns the instance profiles that hold a role.
func (c *call) profilesOf(v store.View, role string) (profiles []*model.InstanceProfile) {
	for p := range all[*model.InstanceProfile](c, v) {
		if strings.EqualFold(p.Role, role) {
			profiles = append(profiles, p)
		}
	}
	return profiles
}

func (c *call) showProfile(v store.View, p *model.InstanceProfile) *types.InstanceProfile {
	out := &types.InstanceProfile{
		Arn: new(c.InstanceProfileARN(p.Path, p.Name)), CreateDate: &p.CreatedAt, InstanceProfileId: &p.ID,
		InstanceProfileName: &p.Name, Path: &p.Path, Roles: []types.Role{}, Tags: shown(p.Tags),
	}
	if p.Role != "" {
		if r, err := c.role(v, p.Role); err == nil {
			out.Roles = append(out.Roles, c.listedRole(r))
		}
	}
	return out
}

// listedProfile is an instance profile as lists have it: without tags.
func (c *call) listedProfile(v store.View, p *model.InstanceProfile) types.InstanceProfile {
	s := c.showProfile(v, p)
	s.Tags = nil
	return *s
}

// CreateInstanceProfile adds an instance profile without a role.
func (c *call) CreateInstanceProfile(in *iam.CreateInstanceProfileInput) (*iam.CreateInstanceProfileOutput, error) {
	tags, err := merged(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	id, err := c.id(prefixProfile)
	if err != nil {
		return nil, err
	}
	p := model.InstanceProfile{Account: c.Account, Name: *in.InstanceProfileName, Path: orRoot(in.Path), ID: id, CreatedAt: c.now, Tags: tags}
	err = c.commit(func(v store.View, change *model.Change) error {
		if _, taken := store.Get[*model.InstanceProfile](v, p.Key().ID); taken {
			return exists("Instance Profile %s already exists.", p.Name)
		}
		if store.Count[*model.InstanceProfile](v, c.Account+"/") >= maxProfiles {
			return quota("InstanceProfilesPerAccount", maxProfiles)
		}
		change.Put(p.Clone())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateInstanceProfileOutput{InstanceProfile: c.showProfile(c.db.View(), &p)}, nil
}

// GetInstanceProfile describes an instance profile and its role.
func (c *call) GetInstanceProfile(in *iam.GetInstanceProfileInput) (*iam.GetInstanceProfileOutput, error) {
	v := c.db.View()
	p, err := c.profile(v, *in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &iam.GetInstanceProfileOutput{InstanceProfile: c.showProfile(v, p)}, nil
}

// ListInstanceProfiles lists instance profiles by name.
func (c *call) ListInstanceProfiles(in *iam.ListInstanceProfilesInput) (*iam.ListInstanceProfilesOutput, error) {
	v := c.db.View()
	var profiles []*model.InstanceProfile
	for p := range all[*model.InstanceProfile](c, v) {
		if strings.HasPrefix(p.Path, aws.ToString(in.PathPrefix)) {
			profiles = append(profiles, p)
		}
	}
	page, more, next, err := take(profiles, idOf[*model.InstanceProfile], in.MaxItems, in.Marker, "ListInstanceProfiles", aws.ToString(in.PathPrefix))
	return &iam.ListInstanceProfilesOutput{InstanceProfiles: c.listedProfiles(v, page), IsTruncated: more, Marker: next}, err
}

func (c *call) listedProfiles(v store.View, page []*model.InstanceProfile) []types.InstanceProfile {
	out := []types.InstanceProfile{}
	for _, p := range page {
		out = append(out, c.listedProfile(v, p))
	}
	return out
}

// ListInstanceProfilesForRole lists the instance profiles that hold a role.
func (c *call) ListInstanceProfilesForRole(in *iam.ListInstanceProfilesForRoleInput) (*iam.ListInstanceProfilesForRoleOutput, error) {
	v := c.db.View()
	r, err := c.role(v, *in.RoleName)
	if err != nil {
		return nil, err
	}
	page, more, next, err := take(c.profilesOf(v, r.Name), idOf[*model.InstanceProfile], in.MaxItems, in.Marker, "ListInstanceProfilesForRole", r.Name)
	return &iam.ListInstanceProfilesForRoleOutput{InstanceProfiles: c.listedProfiles(v, page), IsTruncated: more, Marker: next}, err
}

// AddRoleToInstanceProfile gives an instance profile its one role.
func (c *call) AddRoleToInstanceProfile(in *iam.AddRoleToInstanceProfileInput) (*iam.AddRoleToInstanceProfileOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		p, err := c.profile(v, *in.InstanceProfileName)
		if err != nil {
			return err
		}
		r, err := c.ownRole(v, *in.RoleName)
		if err != nil {
			return err
		}
		if p.Role != "" {
			return quota("InstanceSessionsPerInstanceProfile", 1)
		}
		p = p.Clone()
		p.Role = r.Name
		change.Put(p)
		change.Put(r) // so that it is not deleted meanwhile
		return nil
	})
}

// RemoveRoleFromInstanceProfile takes its role from an instance profile.
func (c *call) RemoveRoleFromInstanceProfile(in *iam.RemoveRoleFromInstanceProfileInput) (*iam.RemoveRoleFromInstanceProfileOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		p, err := c.profile(v, *in.InstanceProfileName)
		if err != nil {
			return err
		}
		if !strings.EqualFold(p.Role, *in.RoleName) {
			return noRole(*in.RoleName)
		}
		p = p.Clone()
		p.Role = ""
		change.Put(p)
		return nil
	})
}

// DeleteInstanceProfile removes an instance profile without a role.
func (c *call) DeleteInstanceProfile(in *iam.DeleteInstanceProfileInput) (*iam.DeleteInstanceProfileOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		p, err := c.profile(v, *in.InstanceProfileName)
		if err != nil {
			return err
		}
		if p.Role != "" {
			return conflict("remove roles from instance profile")
		}
		change.Delete(p)
		return nil
	})
}
