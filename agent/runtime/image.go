package runtime

import "time"

// PullPolicy says when the registry is asked. The names follow the stock agent's ECS_IMAGE_PULL_BEHAVIOR.
type PullPolicy int

const (
	// PullDefault asks the registry and falls back to what is present when the pull fails, unless the registry refuses
	// the credentials: what a task may not pull it may not run either, because another task's pull made it present.
	PullDefault PullPolicy = iota
	// PullAlways asks the registry and fails when the pull fails.
	PullAlways
	// PullPreferCached asks the registry only when the image is not present ("once" and "prefer-cached" are the same
	// here, because everything present was pulled).
	PullPreferCached
)

// PullRequest names an image and how to get it.
type PullRequest struct {
	Image     string     // as the task definition names it: "nginx", "host:port/repository:tag", "...@sha256:..."
	Auth      *BasicAuth // nil is anonymous
	PlainHTTP bool       // speak HTTP to the image's registry; loopback registries of ours do
	Insecure  bool       // do not verify the registry's certificate
	Policy    PullPolicy
}

// BasicAuth is a user and a password; for ECR the user is "AWS" and the password the authorization token.
type BasicAuth struct {
	Username string
	Password string
}

// Image is an image that is present and unpacked.
type Image struct {
	Ref    string // what Container.Image takes: the repository with the digest, so a tag that moves does not matter
	Name   string // the full name that was pulled, with registry and tag
	Digest string // "sha256:...", of the manifest or index that the name stands for
	Size   int64  // bytes compressed, of this machine's platform
	Cached bool   // the registry was not asked, or could not be reached
	Config ImageConfig
}

// ImageConfig is the part of an image's configuration that a container inherits.
type ImageConfig struct {
	Entrypoint   []string
	Cmd          []string
	Env          []string
	User         string
	WorkingDir   string
	StopSignal   string
	Labels       map[string]string
	ExposedPorts []string // "80/tcp", sorted
	Volumes      []string // sorted
	Healthcheck  *Healthcheck
}

// Healthcheck is Docker's HEALTHCHECK instruction. Zero durations and retries mean Docker's defaults.
type Healthcheck struct {
	Test        []string // "NONE" | "CMD", ... | "CMD-SHELL", one string
	Interval    time.Duration
	Timeout     time.Duration
	StartPeriod time.Duration
	Retries     int
}
