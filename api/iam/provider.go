package iam

import (
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of OpenID Connect providers. Source: IAM quotas.
const (
	maxProviders   = 100
	maxClients     = 100
	maxThumbprints = 5
)

// provider returns an OpenID Connect provider by ARN.
func (c *call) provider(v store.View, arn string) (*model.OIDCProvider, error) {
	host, ok := strings.CutPrefix(arn, c.OIDCProviderARN(""))
	if ok {
		if p, found := store.Get[*model.OIDCProvider](v, model.OIDCProviderID(c.Account, host)); found {
			return p, nil
		}
	}
	if a, ok := model.ParseARN(arn); !ok || a.Service != "iam" || !strings.HasPrefix(a.Resource, "oidc-provider/") {
		return nil, invalid("Invalid ARN: %s", arn)
	}
	return nil, noSuch("OpenIDConnect Provider not found for arn %s", arn)
}

func checkThumbprints(list []string) error {
	if len(list) > maxThumbprints {
		return invalid("Thumbprint list must contain fewer than %d entries.", maxThumbprints)
	}
	return nil
}

// CreateOpenIDConnectProvider trusts an identity provider. Thumbprints are
// kept; none are looked up where none are given.
func (c *call) CreateOpenIDConnectProvider(in *iam.CreateOpenIDConnectProviderInput) (*iam.CreateOpenIDConnectProviderOutput, error) {
	u, err := url.Parse(*in.Url)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, validation("Invalid Open ID Connect Provider URL")
	}
	tags, err := merged(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	if len(in.ClientIDList) > maxClients {
		return nil, quota("ClientIdsPerOpenIdConnectProvider", maxClients)
	}
	p := model.OIDCProvider{Account: c.Account, Host: strings.TrimSuffix(strings.TrimPrefix(*in.Url, "https://"), "/"), ClientIDs: in.ClientIDList,
		Thumbprints: in.ThumbprintList, Tags: tags, CreatedAt: c.now}
	err = c.commit(func(v store.View, change *model.Change) error {
		if _, taken := store.Get[*model.OIDCProvider](v, p.Key().ID); taken {
			return exists("Provider with url %s already exists.", *in.Url)
		}
		if store.Count[*model.OIDCProvider](v, c.Account+"/") >= maxProviders {
			return quota("OpenIdConnectProvidersPerAccount", maxProviders)
		}
		change.Put(p.Clone())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: new(c.OIDCProviderARN(p.Host)), Tags: shown(tags)}, nil
}

// GetOpenIDConnectProvider describes an identity provider.
func (c *call) GetOpenIDConnectProvider(in *iam.GetOpenIDConnectProviderInput) (*iam.GetOpenIDConnectProviderOutput, error) {
	p, err := c.provider(c.db.View(), *in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetOpenIDConnectProviderOutput{Url: &p.Host, CreateDate: &p.CreatedAt, Tags: shown(p.Tags),
		ClientIDList: append([]string{}, p.ClientIDs...), ThumbprintList: append([]string{}, p.Thumbprints...)}, nil
}

// ListOpenIDConnectProviders lists the identity providers of the account.
func (c *call) ListOpenIDConnectProviders(*iam.ListOpenIDConnectProvidersInput) (*iam.ListOpenIDConnectProvidersOutput, error) {
	out := &iam.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []types.OpenIDConnectProviderListEntry{}}
	for p := range all[*model.OIDCProvider](c, c.db.View()) {
		out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, types.OpenIDConnectProviderListEntry{Arn: new(c.OIDCProviderARN(p.Host))})
	}
	return out, nil
}

func (c *call) editProvider(arn string, edit func(*model.OIDCProvider) error) error {
	return c.commit(func(v store.View, change *model.Change) error {
		p, err := c.provider(v, arn)
		if err != nil {
			return err
		}
		p = p.Clone()
		if err := edit(p); err != nil {
			return err
		}
		change.Put(p)
		return nil
	})
}

// AddClientIDToOpenIDConnectProvider takes tokens for one more audience.
func (c *call) AddClientIDToOpenIDConnectProvider(in *iam.AddClientIDToOpenIDConnectProviderInput) (*iam.AddClientIDToOpenIDConnectProviderOutput, error) {
	return nil, c.editProvider(*in.OpenIDConnectProviderArn, func(p *model.OIDCProvider) error {
		if slices.Contains(p.ClientIDs, *in.ClientID) {
			return nil
		}
		if len(p.ClientIDs) >= maxClients {
			return quota("ClientIdsPerOpenIdConnectProvider", maxClients)
		}
		p.ClientIDs = append(slices.Clone(p.ClientIDs), *in.ClientID)
		return nil
	})
}

// RemoveClientIDFromOpenIDConnectProvider takes an audience back. One that is
// not there is gone already.
func (c *call) RemoveClientIDFromOpenIDConnectProvider(in *iam.RemoveClientIDFromOpenIDConnectProviderInput) (*iam.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return nil, c.editProvider(*in.OpenIDConnectProviderArn, func(p *model.OIDCProvider) error {
		p.ClientIDs = slices.DeleteFunc(slices.Clone(p.ClientIDs), func(id string) bool { return id == *in.ClientID })
		return nil
	})
}

// UpdateOpenIDConnectProviderThumbprint replaces the thumbprints.
func (c *call) UpdateOpenIDConnectProviderThumbprint(in *iam.UpdateOpenIDConnectProviderThumbprintInput) (*iam.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	return nil, c.editProvider(*in.OpenIDConnectProviderArn, func(p *model.OIDCProvider) error { p.Thumbprints = in.ThumbprintList; return nil })
}

// DeleteOpenIDConnectProvider ends the trust in an identity provider. It
// answers alike for one that is not there.
func (c *call) DeleteOpenIDConnectProvider(in *iam.DeleteOpenIDConnectProviderInput) (*iam.DeleteOpenIDConnectProviderOutput, error) {
	return nil, c.commit(func(v store.View, change *model.Change) error {
		p, err := c.provider(v, *in.OpenIDConnectProviderArn)
		if _, gone := err.(*types.NoSuchEntityException); gone {
			return nil // Source: IAM API reference: the operation is idempotent
		}
		if err != nil {
			return err
		}
		change.Delete(p)
		return nil
	})
}
