package conformance

import "testing"

// TestConformance tries each client against one platform. What changes the
// state of its one container instance or counts what is on it goes first and
// alone; the rest waits most of its time, so it goes side by side.
func TestConformance(t *testing.T) {
	p := startPlatform(t)
	for _, script := range []string{"oddities", "ecr", "image", "logs", "ecs", "tasks", "trail", "accounts"} {
		t.Run("boto3/"+script, func(t *testing.T) { p.boto3(t, script) })
	}
	t.Run("beside", func(t *testing.T) {
		for _, script := range []string{"parameters", "services", "effects", "rollouts"} {
			t.Run("boto3/"+script, func(t *testing.T) { t.Parallel(); p.boto3(t, script) })
		}
		for _, client := range []string{"boto3", "cli"} {
			t.Run("operations/"+client, func(t *testing.T) { t.Parallel(); p.operations(t, client) })
		}
		t.Run("terraform", func(t *testing.T) { t.Parallel(); p.terraform(t, "terraform") })
		t.Run("terraform-identity", func(t *testing.T) { t.Parallel(); p.terraform(t, "terraform/identity") })
		t.Run("operations/go", func(t *testing.T) { t.Parallel(); p.tour(t) })
		t.Run("sdk", func(t *testing.T) { t.Parallel(); p.sdk(t) })
		t.Run("cli", func(t *testing.T) { t.Parallel(); p.cli(t) })
		t.Run("skopeo", func(t *testing.T) { t.Parallel(); p.skopeo(t) })
		t.Run("docker", func(t *testing.T) { t.Parallel(); p.docker(t) })
	})
}
