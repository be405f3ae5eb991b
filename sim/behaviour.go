package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
)

// What an image is like is in its name: sim/KIND:N. Programs whose failing is
// a trouble work once the world has healed.
const (
	imageFine     = "fine"     // runs until it is asked to stop
	imageStubborn = "stubborn" // has to be killed
	imageCrashing = "crashing" // ends soon with an error
	imageFlaky    = "flaky"    // sometimes ends with an error
	imageJob      = "job"      // ends by itself
	imageMissing  = "missing"  // cannot be pulled
	imageSlow     = "slow"     // takes long to pull
	imageHeavy    = "heavy"    // sometimes cannot be started
	imageSick     = "sick"     // its health check says now this and now that
)

func kindOfImage(image string) string {
	_, rest, _ := strings.Cut(image, "/")
	kind, _, _ := strings.Cut(rest, ":")
	kind, _, _ = strings.Cut(kind, "@")
	return kind
}

// moved is how often, of all pulls by a tag, the tag names another image than at
// the last.
const moved = 0.05

// named returns what a pull brings that succeeds: what a tag names now, or the
// image of a digest.
func (n *node) named(r runtime.PullRequest) fake.Pulled {
	if _, digest, pinned := strings.Cut(r.Image, "@"); pinned {
		p := fake.PullAny(r)
		p.Image.Digest = digest
		return p
	}
	if n.dice.chance(moved) {
		n.w.happen(TagMoved)
		n.w.pushes[r.Image]++
	}
	tag := r.Image
	r.Image = fmt.Sprintf("%s+%d", tag, n.w.pushes[tag])
	return fake.PullAny(r)
}

// pull says what a pull comes to.
func (n *node) pull(r runtime.PullRequest) fake.Pulled {
	p := n.named(r)
	p.Takes = n.dice.skewed(time.Millisecond, 2*time.Second)
	switch kind := kindOfImage(r.Image); {
	case kind == imageMissing && n.w.troubled:
		n.w.happen(ImageMissing)
		p.Err = &runtime.Error{Kind: runtime.KindImageNotFound, Op: "pull", Subject: r.Image, Err: errors.New("not found")}
	case kind == imageSlow:
		n.w.happen(PullSlow)
		p.Takes = n.dice.between(5*time.Second, 50*time.Second)
	case n.w.troubled && !n.w.shape.calm && n.dice.chance(0.02):
		n.w.happen(PullFailed)
		p.Err = &runtime.Error{Kind: runtime.KindUnreachable, Op: "pull", Subject: r.Image, Err: errors.New("connection reset")}
	}
	return p
}

// behave says what a container does.
func (n *node) behave(c runtime.Container) fake.Behaviour {
	b := fake.Behaviour{StartTakes: n.dice.between(time.Millisecond, 40*time.Millisecond),
		StopTakes: n.dice.skewed(time.Millisecond, 3*time.Second), ExecTakes: n.dice.skewed(time.Millisecond, time.Second)}
	switch kind := kindOfImage(c.Image); {
	case kind == imageStubborn:
		b.StopTakes = -1
	case kind == imageJob && n.w.troubled:
		b.Runs, b.ExitCode = n.dice.skewed(10*time.Millisecond, 90*time.Second), pick(n.dice, 0, 0, 1)
	case !n.w.troubled:
	case kind == imageCrashing:
		n.w.happen(ProgramCrashed)
		b.Runs, b.ExitCode = n.dice.between(time.Millisecond, 8*time.Second), 1
	case kind == imageFlaky && n.dice.chance(0.5):
		n.w.happen(ProgramCrashed)
		b.Runs, b.ExitCode = n.dice.between(time.Millisecond, time.Minute), 1
		b.OOMKilled = n.dice.chance(0.2)
	case kind == imageHeavy && n.dice.chance(0.5):
		n.w.happen(StartFailed)
		b.StartErr = &runtime.Error{Kind: runtime.KindCannotCreate, Op: "start", Subject: c.ID, Err: errors.New("no such user")}
	case kind == imageSick:
		b.Exec = func([]string, bool) (runtime.ExecResult, error) {
			if n.w.troubled && n.dice.chance(0.5) {
				n.w.happen(HealthFlapping)
				return runtime.ExecResult{ExitCode: 1}, nil
			}
			return runtime.ExecResult{}, nil
		}
	}
	return b
}
