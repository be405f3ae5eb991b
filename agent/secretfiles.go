package agent

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// SecretFiles keeps files that are never on a disk.
type SecretFiles interface {
	// Write gives a container its files and returns their folder.
	Write(container string, files map[string]string) (dir string, err error)
	// Rewrite replaces those that have changed, and reports whether any has; a
	// container without files is left without.
	Rewrite(container string, files map[string]string) (changed bool, err error)
	// Remove removes a container's files.
	Remove(container string) error
}

// filing is how a container wants its secrets: as files in a folder, rewritten
// every so often. The zero value is as its environment.
type filing struct {
	path    string
	refresh time.Duration // 0: never
}

// filingOf reads a container's labels.
func filingOf(c acs.Container) (f filing, err error) {
	config, err := configOf(c)
	if err != nil || len(c.Secrets) == 0 {
		return f, err
	}
	if f.path = config.Labels[model.LabelSecretFiles]; f.path == "" {
		return f, nil
	}
	if !path.IsAbs(f.path) || path.Clean(f.path) == "/" {
		return f, fmt.Errorf("label %s: %q is no absolute path of a folder", model.LabelSecretFiles, f.path)
	}
	if text := config.Labels[model.LabelSecretRefresh]; text != "" {
		if f.refresh, err = time.ParseDuration(text); err != nil || f.refresh < model.MinSecretRefresh {
			return f, fmt.Errorf("label %s: %q is no duration of at least %v", model.LabelSecretRefresh, text, model.MinSecretRefresh)
		}
	}
	return f, nil
}

// fileSecrets writes a container's secrets to files, if it wants them so, and
// shows it their folder.
func (n *Node) fileSecrets(out *runtime.Container, c acs.Container, given secrets) error {
	f, err := filingOf(c)
	if err != nil || f.path == "" {
		return err
	}
	if n.edges.SecretFiles == nil {
		return fmt.Errorf("this container instance cannot keep secrets in files")
	}
	dir, err := n.edges.SecretFiles.Write(out.ID, given.environment(c))
	if err != nil {
		return err
	}
	out.Mounts = append(out.Mounts, runtime.Mount{Source: dir, Destination: f.path, ReadOnly: true, Given: true})
	return nil
}

const (
	// lookEvery is how often the node looks whose secret files are due.
	lookEvery = time.Second
	// refreshesAtOnce is how many tasks' secrets are read again at once.
	refreshesAtOnce = 4
)

// dueFiles is one container whose secrets are to be read again.
type dueFiles struct {
	task      acs.Task
	container acs.Container
	id        string
}

// refreshSecrets reads the secrets of containers again that want it, and
// rewrites their files. What cannot be read stays as it is, and is tried again.
func (n *Node) refreshSecrets(ctx context.Context) {
	last := map[string]time.Time{} // by container: when its turn was
	slots := make(chan struct{}, refreshesAtOnce)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var due []dueFiles
		if err := n.do(ctx, func(now time.Time) { due = n.filesDue(now, last) }); err != nil {
			return
		}
		for _, d := range due {
			n.wg.Go(func() { within(ctx, slots, func() { n.refresh(ctx, d) }) })
		}
	}
}

// filesDue returns the running containers whose turn it is, and notes it. What
// has ended is forgotten.
func (n *Node) filesDue(now time.Time, last map[string]time.Time) (due []dueFiles) {
	seen := map[string]bool{}
	for _, l := range n.live {
		for name, r := range l.runs {
			c := containerOf(l.payload, name)
			f, err := filingOf(c)
			if err != nil || f.refresh == 0 {
				continue
			}
			seen[r.id] = true
			switch was, known := last[r.id]; {
			case !known: // it has just begun, or the agent has: its files are as old as that
				last[r.id] = now
			case now.Sub(was) >= f.refresh:
				last[r.id] = now
				due = append(due, dueFiles{l.payload, c, r.id})
			}
		}
	}
	for id := range last {
		if !seen[id] {
			delete(last, id)
		}
	}
	return due
}

func (n *Node) refresh(ctx context.Context, d dueFiles) {
	fetched, err := n.fetchSecrets(ctx, d.task)
	changed := false
	if err == nil {
		changed, err = n.edges.SecretFiles.Rewrite(d.id, fetched.environment(d.container))
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		n.options.Logger.Warn("secret files are not refreshed", "task", d.task.ARN, "container", d.container.Name, "error", err)
	case changed:
		n.options.Logger.Info("secret files were rewritten", "task", d.task.ARN, "container", d.container.Name)
	}
}
