package caller

import (
	"strings"
	"time"
)

// Kind is the sort of principal that signed a request.
type Kind uint8

// The kinds of principal. The zero Kind is nobody, so that a forgotten field
// never reads as a privileged caller. The numbers are part of sealed passes:
// append only.
const (
	Nobody Kind = iota
	Root
	User
	AssumedRole
	FederatedUser // of GetFederationToken
)

// String returns the word that AWS uses for the kind in its principal types.
func (k Kind) String() string {
	switch k {
	case Root:
		return "Root"
	case User:
		return "User"
	case AssumedRole:
		return "AssumedRole"
	case FederatedUser:
		return "FederatedUser"
	}
	return "Nobody"
}

// Purpose says what an assumed-role session was issued for. Two sessions of
// one role may differ in it: a role that is both the task role and the
// execution role of a task still gives each session only its own rights.
type Purpose uint8

// The purposes of a session. None is what root and users have. The numbers are
// part of sealed session tokens: append only.
const (
	None          Purpose = 0
	TaskRole      Purpose = 1 // the containers of a task call as this
	ExecutionRole Purpose = 2 // the agent calls as this on behalf of one task
	Instance      Purpose = 3 // the agent calls as this for its container instance
	Assumed       Purpose = 4 // whoever assumed a role by STS
	Token         Purpose = 5 // a user, or root, with a session of its own rights
	Federation    Purpose = 6 // whoever a user lets act with some of its rights
	Operator      Purpose = 7 // who holds the server's keys, as an account's root
	Joining       Purpose = 8 // a token that a container instance joins with: good for its first identity alone
)

// String returns the purpose in words, for logs.
func (p Purpose) String() string {
	switch p {
	case None:
		return "none"
	case TaskRole:
		return "task role"
	case ExecutionRole:
		return "execution role"
	case Instance:
		return "instance"
	case Assumed:
		return "assumed role"
	case Token:
		return "session token"
	case Federation:
		return "federation token"
	case Operator:
		return "operator"
	case Joining:
		return "join token"
	}
	return "unknown purpose"
}

// Identity is the verified caller of one request.
type Identity struct {
	Account string // twelve digits
	ARN     string // as GetCallerIdentity returns it
	UserID  string // as GetCallerIdentity returns it
	// AccessKeyID is the key that signed the request, permanent or of a session.
	AccessKeyID string
	Kind        Kind

	// IssuedAt is when the session began, in whole seconds; zero for permanent
	// keys, and for sessions that do not say.
	IssuedAt time.Time
	// Passed is what the session was given; nil for nothing.
	Passed *Passed

	// The rest is set for AssumedRole only, but for RoleARN, which is the ARN of
	// the user whose rights a FederatedUser has some of.

	Purpose     Purpose
	RoleARN     string // arn:aws:iam::ACCOUNT:role/PATH/NAME
	SessionName string
	// BoundTo is the ARN of the task or container instance that the session was
	// issued for; empty when it is bound to nothing.
	BoundTo string
}

// NewRoot returns the account's root identity, which may do everything.
func NewRoot(account, accessKeyID string) Identity {
	return Identity{
		Account:     account,
		ARN:         "arn:aws:iam::" + account + ":root",
		UserID:      account,
		AccessKeyID: accessKeyID,
		Kind:        Root,
	}
}

// NewSession returns the identity of a session of a role. roleARN is the
// role's full ARN and roleID its unique id (AROA...). The ARN and user id
// follow AWS: the role's path is not part of the session's ARN.
// Source: IAM user guide, "IAM identifiers".
func NewSession(purpose Purpose, roleARN, roleID, sessionName string) Identity {
	parts := strings.SplitN(roleARN, ":", 6)
	var partition, account, name string
	if len(parts) == 6 {
		partition, account = parts[1], parts[4]
		name = parts[5][strings.LastIndexByte(parts[5], '/')+1:]
	}
	return Identity{
		Account:     account,
		ARN:         "arn:" + partition + ":sts::" + account + ":assumed-role/" + name + "/" + sessionName,
		UserID:      roleID + ":" + sessionName,
		Kind:        AssumedRole,
		Purpose:     purpose,
		RoleARN:     roleARN,
		SessionName: sessionName,
	}
}

// NewFederated returns the identity of a session that a user made by
// GetFederationToken. Source: IAM user guide, "IAM identifiers".
func NewFederated(user Identity, name string) Identity {
	return Identity{
		Account: user.Account, Kind: FederatedUser, Purpose: Federation, RoleARN: user.ARN, SessionName: name,
		ARN:    "arn:aws:sts::" + user.Account + ":federated-user/" + name,
		UserID: user.Account + ":" + name,
	}
}

// Name returns the last part of what the caller is: the user's name, or the
// role's. Names are unique whatever their paths.
func (id Identity) Name() string {
	arn := id.ARN
	if id.RoleARN != "" {
		arn = id.RoleARN
	}
	return arn[strings.LastIndexAny(arn, "/:")+1:]
}
