package policy

// Versions of the policy language. Variables are replaced in Version2012 only.
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17"
)

// Document is a parsed policy. It is not changed once parsed, so that many
// requests may be evaluated against it at once.
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a document.
type Statement struct {
	Sid  string
	Deny bool
	// Principals is nil in policies that are attached to a principal.
	Principals   *Principals
	NotPrincipal bool
	// Actions are patterns such as "ecs:Run*"; NotAction turns them round.
	Actions   []string
	NotAction bool
	// Resources are patterns of ARNs, or "*"; NotResource turns them round. None
	// in trust policies: they speak of the role that they belong to.
	Resources   []string
	NotResource bool
	Conditions  []Condition

	actions   []pattern
	resources []resource
}

// Principals are who a statement is about.
type Principals struct {
	// Everybody is "*", or "*" among the AWS principals.
	Everybody bool
	AWS       []string // account ids and ARNs
	Service   []string // such as ecs-tasks.amazonaws.com
	Federated []string // ARNs of identity providers
	Canonical []string // canonical user ids
}

// Condition is one operator with one key.
type Condition struct {
	Operator string // as written, such as "ForAnyValue:StringLikeIfExists"
	Key      string
	Values   []string

	test     test
	set      setOperator
	ifExists bool
	key      string // in lower case
	values   []operand
}

// Kind says where a document is to be used: what it must and must not hold
// differs.
type Kind int

// The kinds of documents.
const (
	// Identity policies are attached to users, groups and roles; boundaries and
	// session policies have the same form.
	Identity Kind = iota
	// Resource policies belong to a resource and name principals.
	Resource
	// Trust policies say who may assume a role: principals, but no resources.
	Trust
	// Own policies are of one resource alone, ECR's repositories: statements
	// may leave it out, and may share their ids, as AWS lets them.
	Own
)
