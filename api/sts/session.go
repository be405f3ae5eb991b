package sts

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/auth/session"
	"github.com/roadstead/roadstead/model"
)

// Limits of sessions. Source: STS API reference, AssumeRole,
// GetFederationToken, GetSessionToken; IAM user guide, "Role chaining".
const (
	minSession     = 15 * time.Minute
	defaultSession = time.Hour
	chainedSession = time.Hour
	rootSession    = time.Hour
	defaultToken   = 12 * time.Hour
	maxToken       = 36 * time.Hour
	maxPolicy      = 2048 // characters
	maxPolicyARNs  = 10
	minName        = 2  // characters, of the names of sessions and source identities
	maxName        = 64 // characters
	maxTags        = 50
	maxTagKey      = 128 // characters
	maxTagValue    = 256 // characters
	packedSize     = session.MaxToken * 3 / 4
)

var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]*$`)
	roleARN     = regexp.MustCompile(`^arn:aws:iam::\d{12}:role/[\x21-\x7e]+$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
	tagWords    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) // of keys and values alike
)

// lasts returns how long a session is to last, from the least to the most.
func lasts(seconds *int32, unless, most time.Duration) (time.Duration, error) {
	if seconds == nil {
		return min(unless, most), nil
	}
	d := time.Duration(*seconds) * time.Second
	text := strconv.Itoa(int(*seconds))
	switch {
	case d < minSession:
		return 0, invalid(text, "durationSeconds", "Member must have value greater than or equal to 900")
	case d > most:
		return 0, invalid(text, "durationSeconds", fmt.Sprintf("Member must have value less than or equal to %d", most/time.Second))
	}
	return d, nil
}

// lastsOfRole is lasts for a role's session.
func lastsOfRole(seconds *int32, r *model.Role, chained bool) (time.Duration, error) {
	most := max(r.MaxSession, defaultSession)
	d, err := lasts(seconds, defaultSession, 12*time.Hour)
	switch {
	case err != nil:
		return 0, err
	case chained && d > chainedSession:
		return 0, refused("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case d > most:
		return 0, refused("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return d, nil
}

// limits reads session policies.
func limits(p *caller.Passed, document *string, arns []types.PolicyDescriptorType) error {
	if document != nil {
		if n := utf8.RuneCountInString(*document); n < 1 || n > maxPolicy {
			return invalid(*document, "policy", "Member must have length less than or equal to 2048")
		}
		if _, err := policy.Parse(*document, policy.Identity); err != nil {
			return &types.MalformedPolicyDocumentException{Message: new(err.Error())}
		}
		p.Policies = []string{*document}
	}
	if len(arns) > maxPolicyARNs {
		return refused("The number of session policy ARNs can be at most %d.", maxPolicyARNs)
	}
	for _, a := range arns {
		arn := aws.ToString(a.Arn)
		if parsed, ok := model.ParseARN(arn); !ok || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "policy/") {
			return refused("The specified value for policyArns is invalid: %s", arn)
		}
		p.PolicyARNs = append(p.PolicyARNs, arn)
	}
	return nil
}

// tags reads session tags, behind those that the caller's own session hands
// on. Source: IAM user guide, "Pass session tags in AWS STS".
func tags(p *caller.Passed, from *caller.Passed, brought []caller.Tag, transitive []string) error {
	if from != nil {
		for _, t := range from.Tags {
			if slices.Contains(from.Transitive, t.Key) {
				p.Tags, p.Transitive = append(p.Tags, t), append(p.Transitive, t.Key)
			}
		}
	}
	handed := len(p.Tags)
	for _, t := range brought {
		same := func(o caller.Tag) bool { return strings.EqualFold(o.Key, t.Key) }
		switch {
		case t.Key == "" || utf8.RuneCountInString(t.Key) > maxTagKey:
			return invalid(t.Key, "tags.member.key", "Member must have length between 1 and 128, inclusive")
		case utf8.RuneCountInString(t.Value) > maxTagValue:
			return invalid(t.Value, "tags.member.value", "Member must have length less than or equal to 256")
		case !tagWords.MatchString(t.Key):
			return invalid(t.Key, "tags.member.key", `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
		case !tagWords.MatchString(t.Value):
			return invalid(t.Value, "tags.member.value", `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return parameter("Tag keys cannot start with aws:")
		case slices.ContainsFunc(p.Tags[:handed], same):
			return parameter("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		case slices.ContainsFunc(p.Tags, same):
			return parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		p.Tags = append(p.Tags, t)
	}
	if len(brought) > maxTags {
		return refused("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags)
	}
	for _, key := range transitive {
		at := slices.IndexFunc(brought, func(t caller.Tag) bool { return strings.EqualFold(t.Key, key) })
		if at < 0 {
			return parameter("The specified transitive tag key must be included in the requested tags.")
		}
		p.Transitive = append(p.Transitive, brought[at].Key)
	}
	return nil
}

// checkSessionName checks the name of a session, or a source identity, which
// the model gives the same form.
func checkSessionName(member, name string) error {
	switch {
	case !sessionName.MatchString(name):
		return invalid(name, member, `Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	case len(name) < minName:
		return invalid(name, member, "Member must have length greater than or equal to 2")
	case len(name) > maxName:
		return invalid(name, member, "Member must have length less than or equal to 64")
	}
	return nil
}

// source reads the source identity: once said, it cannot be changed.
func source(p *caller.Passed, from *caller.Passed, identity *string) error {
	if from != nil {
		p.SourceIdentity = from.SourceIdentity
	}
	if identity == nil {
		return nil
	}
	if err := checkSessionName("sourceIdentity", *identity); err != nil {
		return err
	}
	if p.SourceIdentity != "" && p.SourceIdentity != *identity {
		return denied("The source identity of a session cannot be changed")
	}
	p.SourceIdentity = *identity
	return nil
}

// issued is a session as the answers show it.
type issued struct {
	credentials *types.Credentials
	packed      *int32 // percent; nil when nothing was passed
}

// issue makes a session of id.
func (d *frontDoor) issue(_ context.Context, id caller.Identity, p *caller.Passed, lasts time.Duration) (issued, error) {
	now := d.now()
	id.IssuedAt = now
	size := 0
	if p != nil {
		for _, text := range slices.Concat(p.Policies, p.PolicyARNs) {
			size += len(text)
		}
		for _, t := range slices.Concat(p.Tags, p.Claims) {
			size += len(t.Key) + len(t.Value)
		}
		if size+len(p.SourceIdentity)+len(p.Provider) > 0 {
			id.Passed = p
		}
	}
	c, err := d.sessions.Issue(id, now.Add(lasts))
	if errors.Is(err, session.ErrTooLarge) {
		return issued{}, &types.PackedPolicyTooLargeException{Message: new(fmt.Sprintf(
			"Packed size of session tags and policies consumes %d%% of allotted space, please use smaller policy.", max(101, 100*size/packedSize)))}
	}
	if err != nil {
		return issued{}, fmt.Errorf("issue a session of %s: %w", id.ARN, err)
	}
	out := issued{credentials: &types.Credentials{AccessKeyId: &c.AccessKeyID, SecretAccessKey: &c.SecretAccessKey, SessionToken: &c.SessionToken, Expiration: &c.Expiration}}
	if size > 0 {
		out.packed = aws.Int32(int32(max(1, min(100, 100*size/packedSize))))
	}
	return out, nil
}
