package sts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/wire"
)

// assuming is what AssumeRole needs: the role, and what the session brings.
// Source: Service Authorization Reference, AWS Security Token Service.
func assuming(_ context.Context, in *sts.AssumeRoleInput) []wire.Need {
	keys := sessionKeys(in.RoleSessionName, in.SourceIdentity, given(in.Tags), in.TransitiveTagKeys)
	if in.ExternalId != nil {
		keys["sts:ExternalId"] = []string{*in.ExternalId}
	}
	return sessionNeeds("sts:AssumeRole", aws.ToString(in.RoleArn), keys, in.SourceIdentity, len(in.Tags) > 0)
}

// sessionNeeds are the permissions on a role for a session of it.
func sessionNeeds(action, role string, keys map[string][]string, source *string, tagged bool) []wire.Need {
	needs := []wire.Need{{Action: action, Resources: []string{role}, Keys: keys}}
	if tagged {
		needs = append(needs, wire.Need{Action: "sts:TagSession", Resources: []string{role}, Keys: keys})
	}
	if source != nil {
		needs = append(needs, wire.Need{Action: "sts:SetSourceIdentity", Resources: []string{role}, Keys: keys})
	}
	return needs
}

// sessionKeys are the condition keys of what a session is to have.
func sessionKeys(name, source *string, tags []caller.Tag, transitive []string) map[string][]string {
	keys := map[string][]string{}
	for key, value := range map[string]*string{"sts:RoleSessionName": name, "sts:SourceIdentity": source} {
		if value != nil {
			keys[key] = []string{*value}
		}
	}
	for _, t := range tags {
		keys["aws:RequestTag/"+t.Key] = []string{t.Value}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], t.Key)
	}
	if len(transitive) > 0 {
		keys["sts:TransitiveTagKeys"] = transitive
	}
	return keys
}

// federating is what GetFederationToken needs.
func federating(ctx context.Context, in *sts.GetFederationTokenInput) []wire.Need {
	who, _ := caller.From(ctx)
	arn := "arn:aws:sts::" + who.Account + ":federated-user/" + aws.ToString(in.Name)
	keys := sessionKeys(nil, nil, given(in.Tags), nil)
	return sessionNeeds("sts:GetFederationToken", arn, keys, nil, len(in.Tags) > 0)
}

func given(tags []types.Tag) (out []caller.Tag) {
	for _, t := range tags {
		out = append(out, tagText(t.Key, t.Value))
	}
	return out
}
