package sim

// Check is one of the checks that every run has to pass.
type Check struct {
	Name string
	Kind string // safety, liveness or quiet
	What string
}

// Checks returns all checks.
func Checks() []Check {
	return []Check{
		{"revision", "safety", "revisions grow with every commit"},
		{"durability", "safety", "what was acknowledged is in the log, and what is in the log was to be seen"},
		{"promise", "safety", "a call that was answered with success has had its effect"},
		{"idempotency", "safety", "a client token has one outcome"},
		{"fault", "safety", "the front door answers with a server fault only where there is a trouble"},
		{"status", "safety", "a task's status only moves forward, and it stays on its instance"},
		{"draining", "safety", "a task is placed on ACTIVE instances alone"},
		{"truth", "safety", "none of a STOPPED task's containers runs"},
		{"story", "safety", "a task whose containers all ran did not fail to start"},
		{"room", "safety", "an instance's tasks fit on it, host ports included"},
		{"address", "safety", "no two tasks that have not STOPPED have one address, and a task keeps its interface; once settled no network of an ended one is left"},
		{"once", "safety", "a container starts once in its life"},
		{"order", "safety", "a container starts after those that it depends on"},
		{"payload", "safety", "agents accept what they are sent and what they have saved"},
		{"node", "safety", "a node can list and remove what is on it"},
		{"minimum", "safety", "a plan leaves minimumHealthyPercent of a service's tasks, rounded up"},
		{"maximum", "safety", "a plan exceeds maximumPercent of a service's tasks, rounded down, by none"},
		{"distinct", "safety", "distinctInstance is kept"},
		{"protected", "safety", "a service does not stop a task that serves and is protected"},
		{"breaker", "safety", "the circuit breaker opens at its threshold and counts each failed task once"},
		{"rollback", "safety", "a rollback goes to what was completed last, and keeps what is left of it"},
		{"versions", "safety", "tasks of a deployment run the images that its first task had, and are started when it has told them"},
		{"alarms", "safety", "a deployment fails, goes back and is completed for alarms, failed tasks and requests that are there"},
		{"provider", "safety", "a task is on an instance of its capacity provider"},
		{"strategy", "safety", "base and weights hold for tasks that are made at once"},
		{"waiting", "safety", "a task waits for an instance for its time, and not while there is room"},
		{"fargate", "safety", "tasks of Fargate are on instances that take them"},
		{"reclaim", "safety", "tasks of FARGATE_SPOT alone are interrupted, those that were asked for and none whose room is not needed"},
		{"warning", "safety", "a container is killed when it has had its time to stop, and not before"},
		{"gpu", "safety", "a task has as many GPUs as it asks for, of those that its instance has, and none that another has"},
		{"volume", "safety", "a container starts with its task's volume; once settled those of ended tasks are gone, or kept where that was asked for"},
		{"daemon", "safety", "an instance has at most one task of a daemon; once settled one of each, and none of a deleted one"},
		{"fenced", "safety", "a control plane whose term has ended commits nothing"},
		{"bounded", "safety", "a plan has at most 100 writes"},
		{"kept", "safety", "a stopped task can be asked for during an hour"},
		{"loops", "safety", "a loop ends with its leader alone"},
		{"panic", "safety", "nothing panics"},
		{"same", "safety", "two runs of a seed are the same, line by line"},
		{"livelock", "liveness", "no plan is refused for ever, and a world has its number of events"},
		{"awake", "liveness", "who has something to do does it without waiting for the next look at everything"},
		{"liveness", "liveness", "once all has healed every service, task, instance and container is as it is to be, or says rightly why not"},
		{"sets", "liveness", "once settled every task set has its share of the tasks, and a deleted one has ended"},
		{"zones", "liveness", "once settled zones differ by at most one task, where there is room"},
		{"memory", "liveness", "what has stopped is forgotten in the end"},
		{"quiet", "quiet", "a settled world writes nothing"},
	}
}
