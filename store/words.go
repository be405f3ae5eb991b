package store

// words are texts, or beginnings of texts, that stored nouns hold often and
// that are written as one byte. They are part of the encoding: add at the
// end, up to codec.MaxWords, and never change or remove one.
func words() []string {
	return []string{
		"RUNNING", "PENDING", "STOPPED", "PROVISIONING", "ACTIVATING", "DEACTIVATING", "STOPPING", "DEPROVISIONING",
		"HEALTHY", "UNHEALTHY", "UNKNOWN", "ACTIVE", "INACTIVE", "DRAINING", "PRIMARY",
		"COMPLETED", "IN_PROGRESS", "FAILED", "REPLICA", "DAEMON", "ROLLING", "ECS",
		"EC2", "EXTERNAL", "FARGATE", "tcp", "udp", "0.0.0.0", "default",
		"000000000000/default/", "000000000000/", "000000000000",
		"sha256:", "ecs-svc/", "service:", "family:",
		"ServiceSchedulerInitiated", "EssentialContainerExited", "Essential container in task exited",
		"UserInitiated", "TaskFailedToStart",
		"application/vnd.oci.image.", "application/vnd.docker.",
		"subnet-0", "sg-0",
	}
}
