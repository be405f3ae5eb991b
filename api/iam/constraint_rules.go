package iam

import "regexp"

// rule bounds a string's characters, a number, or a list's length.
type rule struct {
	min, max int // max 0: no bound
	pattern  *regexp.Regexp
	written  string // the pattern as messages have it
	words    string // IAM's own sentence for a mismatch, with the member's name for %s
	each     *rule  // of a list of strings
}

func match(written string) (*regexp.Regexp, string) {
	return regexp.MustCompile(`^(?:` + written + `)$`), written
}

func matching(min, max int, written string) rule {
	p, w := match(written)
	return rule{min: min, max: max, pattern: p, written: w}
}

func (r rule) said(words string) rule { r.words = words; return r }

func listOf(max int, each rule) rule { return rule{max: max, each: &each} }

// The patterns are the service model's.
const (
	nameWords = "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
	pathWords = "The specified value for %s is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
)

func name(max int) rule { return matching(1, max, `[\w+=,.@-]+`).said(nameWords) }

var (
	text      = matching(1, 131072, `[\x{0009}\x{000A}\x{000D}\x{0020}-\x{00FF}]+`)
	words     = matching(0, 1000, `[\x{0009}\x{000A}\x{000D}\x{0020}-\x{007E}\x{00A1}-\x{00FF}]*`)
	path      = matching(1, 512, `(\x{002F})|(\x{002F}[\x{0021}-\x{007E}]+\x{002F})`).said(pathWords)
	policyDir = matching(1, 512, `((/[A-Za-z0-9\.,\+@=_-]+)*)/`).said(pathWords)
	arn       = rule{min: 20, max: 2048}
	tagKey    = matching(1, 128, `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
	tagValue  = matching(0, 256, `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
	short     = name(64)
)

// rules are the constraints of members by their names, which mean the same in
// nearly all operations.
var rules = map[string]rule{
	"AWSServiceName":                     name(128),
	"AccessKeyId":                        matching(16, 128, `[\w]+`),
	"AccountAlias":                       {min: 3, max: 63, pattern: regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`), written: `^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`},
	"ActionNames":                        listOf(0, rule{min: 3, max: 128}),
	"AssumeRolePolicyDocument":           text,
	"CallerArn":                          {min: 1, max: 2048},
	"ClientID":                           {min: 1, max: 255},
	"ClientIDList":                       listOf(0, rule{min: 1, max: 255}),
	"CustomSuffix":                       short,
	"DeletionTaskId":                     {min: 1, max: 1000},
	"Description":                        words,
	"GroupName":                          name(128),
	"InstanceProfileName":                name(128),
	"Marker":                             matching(1, 320, `[\x{0020}-\x{00FF}]+`),
	"MaxItems":                           {min: 1, max: 1000},
	"MaxPasswordAge":                     {min: 1, max: 1095},
	"MaxSessionDuration":                 {min: 3600, max: 43200},
	"MinimumPasswordLength":              {min: 6, max: 128},
	"NewGroupName":                       name(128),
	"NewPath":                            path,
	"NewUserName":                        short,
	"OpenIDConnectProviderArn":           arn,
	"PasswordReusePrevention":            {min: 1, max: 24},
	"Path":                               path,
	"PathPrefix":                         matching(1, 512, `\x{002F}[\x{0021}-\x{007F}]*`),
	"PermissionsBoundary":                arn,
	"PermissionsBoundaryPolicyInputList": listOf(0, text),
	"PolicyArn":                          arn,
	"PolicyDocument":                     text,
	"PolicyInputList":                    listOf(0, text),
	"PolicyName":                         name(128),
	"PolicySourceArn":                    arn,
	"ResourceArns":                       listOf(0, rule{min: 1, max: 2048}),
	"ResourceHandlingOption":             {min: 1, max: 64},
	"ResourceOwner":                      {min: 1, max: 2048},
	"ResourcePolicy":                     text,
	"RoleName":                           short,
	"TagKeys":                            listOf(maxTags, tagKey),
	"ThumbprintList":                     listOf(0, rule{min: 40, max: 40}),
	"Url":                                {min: 1, max: 255},
	"UserName":                           name(128),
	"VersionId":                          matching(0, 0, `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`),
}

// exceptions are members that mean something else in one operation.
var exceptions = map[string]rule{
	"AttachUserPolicy.UserName":              short,
	"CreatePolicy.Description":               {max: 1000},
	"CreatePolicy.Path":                      policyDir,
	"CreateUser.UserName":                    short,
	"DeleteUserPermissionsBoundary.UserName": short,
	"DetachUserPolicy.UserName":              short,
	"ListAttachedGroupPolicies.PathPrefix":   policyDir,
	"ListAttachedRolePolicies.PathPrefix":    policyDir,
	"ListAttachedUserPolicies.PathPrefix":    policyDir,
	"ListAttachedUserPolicies.UserName":      short,
	"ListEntitiesForPolicy.PathPrefix":       path,
	"ListPolicies.PathPrefix":                policyDir,
	"PutUserPermissionsBoundary.UserName":    short,
}
