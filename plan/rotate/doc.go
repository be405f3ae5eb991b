// Package rotate decides how secrets are rotated: when a rotation begins, which
// step's task runs next, what becomes of one that failed, and when the next is
// due. A rotation has the four steps that AWS's rotation functions have; each
// is one task of the secret's task definition, which is told the secret, the
// version and the step by its environment:
//
//	SECRET_ARN            the secret
//	CLIENT_REQUEST_TOKEN  the id of the version that is to become AWSCURRENT
//	STEP                  createSecret, setSecret, testSecret or finishSecret
//
// A step is done when the task's essential containers have ended with 0. A
// failed step fails the attempt; after a pause the next begins with
// createSecret and the same version, so steps have to bear being repeated. The
// rotation is complete when finishSecret is done and AWSCURRENT is at the
// version.
//
// The task and what the secret says of it are written in one transaction that
// is guarded by the secret, so that no step's task is made twice. The package
// may not read or write values, and may not place tasks: its tasks wait for an
// instance as those of plan/provision do.
// Source: Secrets Manager user guide, "Lambda rotation functions".
package rotate

import "time"

// The steps of a rotation, in order.
const (
	StepCreate = "createSecret"
	StepSet    = "setSecret"
	StepTest   = "testSecret"
	StepFinish = "finishSecret"
)

// next returns the step that follows, "" behind the last.
func next(step string) string {
	switch step {
	case StepCreate:
		return StepSet
	case StepSet:
		return StepTest
	case StepTest:
		return StepFinish
	}
	return ""
}

// TagCluster is the key of a secret's tag that names the cluster its rotation
// runs in; without it that is the cluster "default".
const TagCluster = "roadstead:rotation-cluster"

// DefaultCluster is where a rotation runs unless the secret's tag says
// otherwise.
const DefaultCluster = "default"

// The codes of Reasons. They are the names of the events that CloudTrail has of
// rotations. Source: Secrets Manager user guide, "Log with CloudTrail".
const (
	Started   = "RotationStarted"
	Succeeded = "RotationSucceeded"
	Failed    = "RotationFailed"
	Abandoned = "RotationAbandoned"
)

// Timing holds the waits of a plan; zero values mean the defaults.
type Timing struct {
	// Step is how long a step's task may take, from when it was made.
	Step time.Duration
	// Retry is the pause after the first failed attempt; it doubles.
	Retry time.Duration
	// Attempts is how often a rotation is tried before it waits for the next
	// time that the schedule says.
	Attempts int
}

// The defaults of Timing.
const (
	DefaultStep     = 15 * time.Minute
	DefaultRetry    = 15 * time.Second
	DefaultAttempts = 6
	maxRetry        = time.Hour
)
