package acs

// ExecuteCommandMessage asks an instance to join a session of ECS Exec to a
// container (server to agent). It is ours: it is sent only to instances that
// registered the attribute ExecCapability, and Amazon's agent ignores it. The
// agent opens a stream at Endpoint, says Token, and starts what is asked for.
type ExecuteCommandMessage struct {
	MessageID string `json:"messageId"`
	SessionID string `json:"sessionId"`
	Endpoint  string `json:"endpoint"` // http or https; the agent appends /ws
	Token     string `json:"token"`    // of this one stream
	TaskARN   string `json:"taskArn"`
	Container string `json:"container"` // its name
	// Command is a program and its arguments, or a verb with them if Verb is
	// set.
	Command  []string `json:"command"`
	Verb     bool     `json:"verb,omitempty"`
	Terminal bool     `json:"terminal,omitempty"`
	User     string   `json:"user,omitempty"` // "" is the container's
	Term     string   `json:"term,omitempty"` // kind of the terminal; "" is xterm
}

// ExecCapability is the attribute of instances whose agent takes part in
// sessions of ECS Exec.
const ExecCapability = "roadstead.capability.exec"

func (*ExecuteCommandMessage) message() {}
