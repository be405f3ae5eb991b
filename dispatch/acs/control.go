package acs

// AckRequest says that every task of a message was accepted and saved.
type AckRequest struct {
	Cluster   string `json:"cluster"`
	Instance  string `json:"containerInstance"`
	MessageID string `json:"messageId"`
}

// NackRequest refuses a message.
type NackRequest struct {
	Cluster   string `json:"cluster"`
	Instance  string `json:"containerInstance"`
	MessageID string `json:"messageId"`
	Reason    string `json:"reason"`
}

// HeartbeatMessage shows the agent that the server is there.
type HeartbeatMessage struct {
	MessageID string `json:"messageId"`
	Healthy   bool   `json:"healthy"`
}

// HeartbeatAckRequest answers a heartbeat.
type HeartbeatAckRequest struct {
	MessageID string `json:"messageId"`
}

// The roleType of an IAMRoleCredentialsMessage.
const (
	RoleTaskApplication = "TaskApplication"
	RoleTaskExecution   = "TaskExecution"
)

// IAMRoleCredentialsMessage gives or renews a task's credentials. Its
// CredentialsID stays the same for the task's whole life, because the URL in
// the containers' environment contains it.
type IAMRoleCredentialsMessage struct {
	MessageID   string       `json:"messageId"`
	TaskARN     string       `json:"taskArn"`
	ClusterARN  string       `json:"taskClusterArn,omitempty"`
	RoleType    string       `json:"roleType"`
	Credentials *Credentials `json:"roleCredentials"`
}

// IAMRoleCredentialsAckRequest says that credentials were taken over.
type IAMRoleCredentialsAckRequest struct {
	MessageID     string `json:"messageId"`
	CredentialsID string `json:"credentialsId"`
	Expiration    string `json:"expiration"`
}

// TaskManifestMessage lists all that an instance should be running. It starts
// nothing; what runs and is not listed is offered for stopping.
type TaskManifestMessage struct {
	MessageID   string         `json:"messageId"`
	ClusterARN  string         `json:"clusterArn"`
	InstanceARN string         `json:"containerInstanceArn"`
	GeneratedAt int64          `json:"generatedAt"`
	Timeline    int64          `json:"timeline"`
	Tasks       []ManifestTask `json:"tasks"`
}

// ManifestTask is a task in a manifest or a stop verification.
type ManifestTask struct {
	ARN           string `json:"taskArn"`
	ClusterARN    string `json:"taskClusterArn"`
	DesiredStatus string `json:"desiredStatus"`
	// LastStatus is RUNNING, in a manifest, of a task that the agent reported as
	// such: an agent that does not know it has lost it. It is ours, and other
	// agents pass over it.
	LastStatus string `json:"lastStatus,omitempty"`
}

// TaskStopVerificationMessage asks whether the candidates are really to be
// stopped (agent to server). It carries the manifest's message id.
type TaskStopVerificationMessage struct {
	MessageID      string         `json:"messageId"`
	StopCandidates []ManifestTask `json:"stopCandidates"`
}

// TaskStopVerificationAck names those that are.
type TaskStopVerificationAck struct {
	MessageID   string         `json:"messageId"`
	GeneratedAt int64          `json:"generatedAt"`
	StopTasks   []ManifestTask `json:"stopTasks"`
}

// CloseMessage says that the server is about to close; informational.
type CloseMessage struct {
	Message string `json:"message"`
}

// ErrorMessage says that the server did not accept something; informational.
type ErrorMessage struct {
	Message string `json:"message"`
}
