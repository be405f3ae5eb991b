// Package refresh decides when a service is deployed anew because a secret that
// its containers were given has another value: when AWSCURRENT of a secret of
// Secrets Manager has moved, or a parameter of the Parameter Store has a new
// version, after the service's newest deployment was made.
//
// Only services are looked at whose tag TagMode says so. A secret that is named
// with a version or with another staging label, and a parameter that is named
// with a version or a label, stay what they are. The package may not read
// values, and may not decide how the deployment is rolled out.
package refresh

// TagMode is the key of a service's tag that says what becomes of it when
// secrets change. The only value that means something is ModeRedeploy.
const (
	TagMode      = "roadstead:secrets"
	ModeRedeploy = "redeploy"
)
