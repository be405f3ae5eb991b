package agent

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// proof makes the ids by which containers in the host's network ask about
// themselves. All of them, and everybody else on the machine, have the machine's
// addresses, so the id has to be one that only the container was told.
type proof struct{ key []byte }

const (
	// proofMark stands between a container's id and what proves it; no
	// container's id has it.
	proofMark = "."
	// proofBytes is the length of the key, and of the proof before it is
	// written in hexadecimal digits.
	proofBytes = 16
)

// openProof reads the key of the folder, or makes it. It must outlive the
// agent: containers keep the environment that they were started with.
func openProof(dir string) (proof, error) {
	path := filepath.Join(dir, "endpoint.key")
	key, err := os.ReadFile(path)
	if err == nil && len(key) == proofBytes {
		return proof{key}, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return proof{}, fmt.Errorf("key of the tasks' endpoint: %w", err)
	}
	key = make([]byte, proofBytes)
	_, _ = rand.Read(key) // it never fails
	if err := writeDurably(path, key, 0o600); err != nil {
		return proof{}, fmt.Errorf("key of the tasks' endpoint: %w", err)
	}
	return proof{key}, nil
}

// of returns the id by which a container in the host's network asks.
func (p proof) of(container string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(container))
	return container + proofMark + hex.EncodeToString(mac.Sum(nil)[:proofBytes])
}

// holds returns the container whose id this is, if it is one of ours.
func (p proof) holds(id string) (container string, ok bool) {
	container, _, _ = strings.Cut(id, proofMark)
	return container, hmac.Equal([]byte(p.of(container)), []byte(id))
}

// onHostNetwork says whether a container shares the host's network.
func onHostNetwork(t acs.Task, spec acs.Container) bool {
	config, _ := configOf(spec) // what cannot be read was refused when the task came
	return t.NetworkMode == "host" && !config.NetworkDisabled
}

// Neighbours are the instances of one process on one machine. Tasks in the
// host's network reach one of them, whichever it is, which answers for all. The
// zero value is empty and ready; nil is nobody.
type Neighbours struct {
	mu     sync.Mutex
	agents []*Agent
}

// join adds an agent, and leave removes it.
func (n *Neighbours) join(a *Agent) {
	if n != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.agents = append(n.agents, a)
	}
}

func (n *Neighbours) leave(a *Agent) {
	if n != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.agents = slices.DeleteFunc(n.agents, func(other *Agent) bool { return other == a })
	}
}

// with returns all of them, and a first.
func (n *Neighbours) with(a *Agent) []*Agent {
	all := []*Agent{a}
	if n == nil {
		return all
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, other := range n.agents {
		if other != a {
			all = append(all, other)
		}
	}
	return all
}

// hostTask returns the task in the host's network one of whose containers asks
// by the id.
func (a *Agent) hostTask(ctx context.Context, id string) (task askedTask, known bool, err error) {
	container, ok := a.node.proof.holds(id)
	if !ok {
		return askedTask{}, false, nil
	}
	return a.node.taskInHost(ctx, func(l *live) bool { return strings.HasPrefix(container, taskID(l.payload.ARN)+"-") })
}

// credentialsTask returns the task in the host's network whose role's
// credentials have the id.
func (a *Agent) credentialsTask(ctx context.Context, id string) (task askedTask, known bool, err error) {
	return a.node.taskInHost(ctx, func(l *live) bool {
		return l.payload.RoleCredentials != nil && l.payload.RoleCredentials.CredentialsID == id
	})
}

// taskInHost returns the task in the host's network that is meant.
func (n *Node) taskInHost(ctx context.Context, meant func(*live) bool) (task askedTask, known bool, err error) {
	err = n.do(ctx, func(time.Time) {
		for _, l := range n.live {
			if l.payload.NetworkMode == "host" && meant(l) {
				task, known = l.asked(), true
			}
		}
	})
	return task, known, err
}
