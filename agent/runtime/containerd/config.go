package containerd

import (
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/roadstead/roadstead/agent/runtime"
)

// imageConfiguration is an OCI image configuration with Docker's health check, which OCI left out.
type imageConfiguration struct {
	ocispec.Platform
	Config struct {
		ocispec.ImageConfig
		Healthcheck *struct {
			Test        []string      `json:"Test"`
			Interval    time.Duration `json:"Interval"`
			Timeout     time.Duration `json:"Timeout"`
			StartPeriod time.Duration `json:"StartPeriod"`
			Retries     int           `json:"Retries"`
		} `json:"Healthcheck"`
	} `json:"config"`
	RootFS ocispec.RootFS `json:"rootfs"`
}

func (i imageConfiguration) describe() runtime.ImageConfig {
	c := i.Config
	described := runtime.ImageConfig{
		Entrypoint:   c.Entrypoint,
		Cmd:          c.Cmd,
		Env:          c.Env,
		User:         c.User,
		WorkingDir:   c.WorkingDir,
		StopSignal:   c.StopSignal,
		Labels:       c.Labels,
		ExposedPorts: sortedKeys(c.ExposedPorts),
		Volumes:      sortedKeys(c.Volumes),
	}
	if check := c.Healthcheck; check != nil {
		described.Healthcheck = &runtime.Healthcheck{
			Test: check.Test, Interval: check.Interval, Timeout: check.Timeout, StartPeriod: check.StartPeriod, Retries: check.Retries,
		}
	}
	return described
}
