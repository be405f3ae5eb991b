package agent

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// An instance whose GPUs have changed registers again with what is there, until that is accepted, and not otherwise.
func TestGPUsChange(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		var there atomic.Pointer[[]string]
		there.Store(&[]string{"0", "1"})
		h.options.Instance.GPUs = func() []string { return *there.Load() }
		h.begin()
		want := func(registrations int, ids ...string) {
			t.Helper()
			h.plane.mu.Lock()
			defer h.plane.mu.Unlock()
			all := h.plane.registers
			var got []string
			for _, d := range all[len(all)-1].PlatformDevices {
				got = append(got, *d.Id)
			}
			if len(all) != registrations || !slices.Equal(got, ids) || registrations > 1 && aws.ToString(all[len(all)-1].ContainerInstanceArn) != instanceARN {
				t.Errorf("%d registrations, %v; want %d, %v", len(all), got, registrations, ids)
			}
		}
		pass(10 * gpuLook)
		want(1, "0", "1")
		there.Store(&[]string{"1"})
		pass(2 * gpuLook)
		want(2, "1")
		h.plane.mu.Lock()
		h.plane.register = func(*ecs.RegisterContainerInstanceInput) error { return errors.New("away") }
		h.plane.mu.Unlock()
		there.Store(&[]string{"1", "2"})
		pass(3 * gpuLook)
		want(2, "1")
		h.plane.mu.Lock()
		h.plane.register = nil
		h.plane.mu.Unlock()
		pass(2 * gpuLook)
		want(3, "1", "2")
		pass(10 * gpuLook)
		want(3, "1", "2")
	})
}
