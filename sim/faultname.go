package sim

// FaultName names something that goes wrong.
type FaultName string

// Fault is something that goes wrong, and what it means.
type Fault struct {
	Name FaultName
	What string
}

// The faults; Faults says what each is.
const (
	AgentKilled      FaultName = "agent-killed"
	AgentKilledAt    FaultName = "agent-killed-in-step"
	NodeCut          FaultName = "node-cut"
	PowerLost        FaultName = "power-lost"
	NodeLost         FaultName = "node-lost"
	LeaderKilled     FaultName = "leader-killed"
	LeaderDeposed    FaultName = "leader-deposed"
	LeaderPaused     FaultName = "leader-paused"
	DiskFull         FaultName = "disk-full"
	ConnectionReset  FaultName = "connection-reset"
	OutOfMemory      FaultName = "out-of-memory"
	RequestLost      FaultName = "request-lost"
	AnswerLost       FaultName = "answer-lost"
	CallRepeated     FaultName = "call-repeated"
	CallBetween      FaultName = "call-between"
	CommitLost       FaultName = "commit-lost"
	CommitUnanswered FaultName = "commit-unanswered"
	CommitConflict   FaultName = "commit-conflict"
	CommitRefused    FaultName = "commit-refused"
	SettleFailed     FaultName = "settle-failed"
	ConfirmFailed    FaultName = "confirm-failed"
	LoadFailed       FaultName = "load-failed"
	ImageMissing     FaultName = "image-missing"
	TagMoved         FaultName = "tag-moved"
	DeviceLost       FaultName = "device-lost"
	SpotReclaimed    FaultName = "spot-reclaimed"
	PullFailed       FaultName = "pull-failed"
	PullSlow         FaultName = "pull-slow"
	StartFailed      FaultName = "start-failed"
	ProgramCrashed   FaultName = "program-crashed"
	HealthFlapping   FaultName = "health-flapping"
	CleanUpFailed    FaultName = "clean-up-failed"
	ClockSkewed      FaultName = "clock-skewed"
	ReportLate       FaultName = "report-late"
	ReportTwice      FaultName = "report-twice"
	ReportDisordered FaultName = "report-disordered"
	CallsRace        FaultName = "calls-race"
	InstanceArrives  FaultName = "instance-arrives"
	InstanceDrained  FaultName = "instance-drained"
	InstanceBack     FaultName = "instance-back"
	InstanceDropped  FaultName = "instance-deregistered"
)

// Faults returns all faults.
func Faults() []Fault {
	return []Fault{
		{AgentKilled, "an agent is killed, and starts again up to 30 s later"},
		{AgentKilledAt, "an agent is killed before, after or while it does something"},
		{NodeCut, "a machine hears nobody and is not heard for up to 3 minutes; what was sent comes late"},
		{PowerLost, "a machine loses its power, and all its containers"},
		{NodeLost, "and never comes back"},
		{LeaderKilled, "the control plane is killed, and starts again up to 40 s later"},
		{LeaderDeposed, "the leader's term ends while it commits"},
		{LeaderPaused, "the control plane stands still for up to 40 s, another leads meanwhile, and the old one goes on without knowing it"},
		{DiskFull, "nothing can be committed for up to 20 s"},
		{ConnectionReset, "an agent's connection ends"},
		{OutOfMemory, "the kernel kills a container"},
		{RequestLost, "a call does not arrive"},
		{AnswerLost, "a call is carried out and its answer does not arrive"},
		{CallRepeated, "a call arrives twice, or for the first time when it is sent again"},
		{CallBetween, "a call arrives between a plan and its commit"},
		{CommitLost, "a commit is not done and its outcome unknown"},
		{CommitUnanswered, "a commit is done and its outcome unknown"},
		{CommitConflict, "the log refuses a commit for a conflict"},
		{CommitRefused, "the log refuses a commit for want of room"},
		{SettleFailed, "the outcome of a commit cannot be found out yet"},
		{ConfirmFailed, "nobody can say whether the control plane still leads"},
		{LoadFailed, "the log cannot be read or led"},
		{ImageMissing, "an image cannot be pulled while there is trouble"},
		{DeviceLost, "an instance comes back with fewer GPUs"},
		{SpotReclaimed, "an operator asks to interrupt a task of FARGATE_SPOT"},
		{TagMoved, "a tag names another image than at the last pull"},
		{PullFailed, "a pull fails now and then"},
		{PullSlow, "a pull takes up to 50 s"},
		{StartFailed, "a container cannot be started now and then"},
		{ProgramCrashed, "a program ends soon with an error"},
		{HealthFlapping, "a health check says now this and now that"},
		{CleanUpFailed, "a record or container cannot be removed now and then"},
		{ClockSkewed, "a machine's clock is up to 30 s wrong"},
		{ReportLate, "a report comes once more, up to 90 s late"},
		{ReportTwice, "a report is sent twice at once, and travels differently"},
		{ReportDisordered, "a report comes after one that was made later"},
		{CallsRace, "two calls about the same are made at once: update and update, update and delete, drain and deploy, stop and scale"},
		{InstanceArrives, "a new machine joins"},
		{InstanceDrained, "an instance is drained"},
		{InstanceBack, "an instance is made ACTIVE again"},
		{InstanceDropped, "an instance is deregistered by force; its agent joins anew"},
	}
}

// happen counts a fault.
func (w *world) happen(f FaultName) {
	if w.counts.Faults == nil {
		w.counts.Faults = map[FaultName]int{}
	}
	w.counts.Faults[f]++
}
