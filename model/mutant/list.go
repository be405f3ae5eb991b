package mutant

// The defects, by the room that they are planted in; List says what each is.
const (
	IgnoredMinimum     Name = "ignored-minimum"
	IgnoredMaximum     Name = "ignored-maximum"
	MinimumRoundedDown Name = "minimum-rounded-down"
	MaximumRoundedUp   Name = "maximum-rounded-up"
	BreakerTooSoon     Name = "breaker-too-soon"
	BreakerNever       Name = "breaker-never"
	RollbackToFailed   Name = "rollback-to-failed"
	KeptReplaced       Name = "kept-replaced"
	ProtectionIgnored  Name = "protection-ignored"
	FailuresRecounted  Name = "failures-recounted"
	DrainingIgnored    Name = "draining-ignored"
	LostIgnored        Name = "lost-ignored"
	ForgottenTimer     Name = "forgotten-timer"
	Restless           Name = "restless"
	GuardsForgotten    Name = "guards-forgotten"
	PlacedOnDraining   Name = "placed-on-draining"
	DistinctIgnored    Name = "distinct-ignored"
	RoomIgnored        Name = "room-ignored"
	PortsUncounted     Name = "ports-uncounted"
	GoneKept           Name = "gone-kept"
	ReapedTooSoon      Name = "reaped-too-soon"
	GuardsUnchecked    Name = "guards-unchecked"
	RoomUnchecked      Name = "room-unchecked"
	WriteUnsaved       Name = "write-unsaved"
	OutcomeMisjudged   Name = "outcome-misjudged"
	DeposedUnnoticed   Name = "deposed-unnoticed"
	UsageKept          Name = "usage-kept"
	AbandonedBatch     Name = "abandoned-batch"
	EndUnheard         Name = "end-unheard"
	RoomUnheard        Name = "room-unheard"
	RetryForgotten     Name = "retry-forgotten"
	LateHangUp         Name = "late-hang-up"
	CarelessEnd        Name = "careless-end"
	MapOrdered         Name = "map-ordered"
	ManifestLost       Name = "manifest-lost"
	DeafSession        Name = "deaf-session"
	StatusBack         Name = "status-back"
	TokenForgotten     Name = "token-forgotten"
	ConflictSwallowed  Name = "conflict-swallowed"
	ReportOnce         Name = "report-once"
	RunningLeftOut     Name = "running-left-out"
	AdoptedTwice       Name = "adopted-twice"
	EssentialIgnored   Name = "essential-ignored"
	DependencyIgnored  Name = "dependency-ignored"
	KillForgotten      Name = "kill-forgotten"
	DoubleStart        Name = "double-start"
	LatePayload        Name = "late-payload"
	ForgottenEnd       Name = "forgotten-end"
	FenceOpen          Name = "fence-open"
	Unconfirmed        Name = "unconfirmed"
	UnevenScale        Name = "scale-rounded-down"
	SetKept            Name = "set-kept"
	AlarmsUnseen       Name = "alarms-unseen"
	AlarmMisread       Name = "alarm-misread"
	AlarmUnheard       Name = "alarm-unheard"
	ProviderIgnored    Name = "provider-ignored"
	WeightsIgnored     Name = "weights-ignored"
	WaitCutShort       Name = "wait-cut-short"
	WaitsForEver       Name = "waits-for-ever"
	RoomUngiven        Name = "room-ungiven"
	WaitingUnheard     Name = "waiting-unheard"
	DaemonTwice        Name = "daemon-twice"
	DaemonLeft         Name = "daemon-left"
	ZonesUneven        Name = "zones-uneven"
	PioneerUnawaited   Name = "pioneer-unawaited"
	Unpinned           Name = "unpinned"
	AddressKept        Name = "address-kept"
	NetworkKept        Name = "network-kept"
	AddressUnawaited   Name = "address-unawaited"
	NeedlessReclaim    Name = "needless-reclaim"
	FargateAnywhere    Name = "fargate-anywhere"
	KilledEarly        Name = "killed-early"
	GPULentTwice       Name = "gpu-lent-twice"
	GPUKept            Name = "gpu-kept"
	VolumeUnawaited    Name = "volume-unawaited"
	VolumeLost         Name = "volume-lost"
)

// List returns all defects.
func List() []Defect {
	return []Defect{
		{IgnoredMinimum, "plan/deploy", "minimumHealthyPercent is not looked at"},
		{IgnoredMaximum, "plan/deploy", "maximumPercent is not looked at"},
		{MinimumRoundedDown, "plan/deploy", "minimumHealthyPercent is rounded down"},
		{MaximumRoundedUp, "plan/deploy", "maximumPercent is rounded up"},
		{BreakerTooSoon, "plan/deploy", "the circuit breaker opens one failed task too early"},
		{BreakerNever, "plan/deploy", "the circuit breaker never opens"},
		{RollbackToFailed, "plan/deploy", "a rollback goes to the deployment before, completed or not"},
		{KeptReplaced, "plan/deploy", "a rollback replaces the tasks of what it brings back"},
		{ProtectionIgnored, "plan/deploy", "protected tasks are scaled in as others are"},
		{FailuresRecounted, "plan/deploy", "a failed task is counted each time that it is seen"},
		{DrainingIgnored, "plan/deploy", "tasks on a DRAINING instance stay there"},
		{LostIgnored, "plan/deploy", "tasks of a lost instance are not replaced"},
		{ForgottenTimer, "plan/deploy", "a plan that waits for a lost instance does not ask to be woken"},
		{Restless, "plan/deploy", "a deployment is written again now and then although it has not changed"},
		{GuardsForgotten, "plan/deploy", "a plan does not say what it depends on"},
		{PlacedOnDraining, "plan/place", "DRAINING instances are taken for ACTIVE"},
		{DistinctIgnored, "plan/place", "distinctInstance is not looked at"},
		{RoomIgnored, "plan/place", "instances are taken for empty"},
		{PortsUncounted, "plan/place", "host ports are not counted"},
		{GoneKept, "plan/reap", "tasks of a deregistered instance are never given up"},
		{ReapedTooSoon, "plan/reap", "stopped tasks are forgotten at once"},
		{GuardsUnchecked, "store", "a commit's guards are not checked"},
		{RoomUnchecked, "store", "a commit may put more on an instance than fits"},
		{WriteUnsaved, "store", "some commits are acknowledged and never written"},
		{OutcomeMisjudged, "store", "a commit whose outcome was unknown counts as failed although it is written"},
		{DeposedUnnoticed, "store", "a leader that was deposed goes on"},
		{UsageKept, "store", "what a task held is not given back"},
		{AbandonedBatch, "store", "a batch whose outcome was unknown is never asked for again"},
		{EndUnheard, "control", "the end of a task does not wake its service"},
		{RoomUnheard, "control", "room that comes up does not wake the services that wait for it"},
		{RetryForgotten, "control", "a plan that could not be committed is not made again"},
		{LateHangUp, "control", "the end of an old connection counts for the new one"},
		{CarelessEnd, "control", "the end of a connection that could not be written is never written"},
		{MapOrdered, "dispatch", "tasks are sent in the order of a map"},
		{ManifestLost, "dispatch", "a new connection does not begin with what is to run"},
		{DeafSession, "dispatch", "unanswered heartbeats do not end a connection"},
		{StatusBack, "model", "a late report moves a task's status back"},
		{TokenForgotten, "api/ecs", "a client token is not remembered"},
		{ConflictSwallowed, "api/ecs", "a call that met with a conflict is answered as if it had been carried out"},
		{ReportOnce, "agent/step", "a report that did not arrive is not repeated"},
		{RunningLeftOut, "agent/step", "a task that ended soon is reported STOPPED without having been RUNNING"},
		{AdoptedTwice, "agent/step", "containers that an earlier life started are started again"},
		{EssentialIgnored, "agent/step", "the end of an essential container does not end its task"},
		{DependencyIgnored, "agent/step", "containers do not wait for those that they depend on"},
		{KillForgotten, "agent/step", "a container that does not stop is never killed"},
		{DoubleStart, "agent", "an agent that restarts starts again what has ended"},
		{LatePayload, "agent", "an agent forgets which tasks it has ended, and takes late payloads for new tasks"},
		{ForgottenEnd, "agent", "an agent does not record that a task has ended that never quite began"},
		{FenceOpen, "store", "the log takes what a leader appends whose term has ended"},
		{Unconfirmed, "store", "a control plane whose term has ended refuses and acknowledges from its old tables"},
		{UnevenScale, "plan/deploy", "a task set's share of the tasks is rounded down"},
		{SetKept, "plan/deploy", "a deleted task set stays"},
		{AlarmsUnseen, "plan/deploy", "alarms do not fail a deployment"},
		{AlarmMisread, "plan/deploy", "an alarm without data counts as one that rings"},
		{AlarmUnheard, "control", "an alarm does not wake the services that name it"},
		{ProviderIgnored, "plan/place", "capacity providers are not looked at"},
		{WeightsIgnored, "plan/place", "all providers of a strategy have the same weight"},
		{WaitCutShort, "plan/provision", "tasks wait for an instance for a minute"},
		{WaitsForEver, "plan/provision", "tasks wait for an instance for ever"},
		{RoomUngiven, "plan/provision", "the task that has waited longest gets no instance"},
		{WaitingUnheard, "control", "an instance that comes up does not wake the tasks that wait for one"},
		{DaemonTwice, "plan/daemon", "a daemon's new task does not wait for the end of the old one"},
		{DaemonLeft, "plan/daemon", "a deleted daemon leaves its tasks"},
		{ZonesUneven, "plan/deploy", "tasks are not moved between zones"},
		{AddressKept, "plan/address", "the address of a task that has ended is never given again"},
		{NetworkKept, "agent/step", "the network of a task that has ended stays"},
		{AddressUnawaited, "agent/step", "a task does not wait until the network that had its address has gone"},
		{FargateAnywhere, "plan/place", "tasks of Fargate are placed on any instance"},
		{NeedlessReclaim, "plan/reclaim", "all tasks of FARGATE_SPOT on an instance are interrupted for one that waits, needed or not"},
		{KilledEarly, "agent/step", "a container that is asked to stop has a second to do it"},
		{GPULentTwice, "store", "GPUs that tasks have are lent again"},
		{GPUKept, "store", "the GPUs of tasks that have ended are not lent again"},
		{VolumeUnawaited, "agent/step", "containers do not wait for their task's volume"},
		{VolumeLost, "dispatch", "volumes that are to be kept go with their tasks"},
		{Unpinned, "dispatch", "a task is sent with the tags of its images although their digests are known"},
		{PioneerUnawaited, "plan/deploy", "all tasks of a deployment are started before the first has told the digests of its images"},
	}
}
