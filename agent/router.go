package agent

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/agent/firelens"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// routerDriver is the log driver of containers whose output goes to the log
// router of their task (FireLens).
const routerDriver = "awsfirelens"

// What a router and its users find, and where.
// Source: ECS developer guide, "Send Amazon ECS logs to an AWS service or AWS Partner",
// and amazon-ecs-agent, agent/api/task and agent/engine.
const (
	routerSocketDir   = "/var/run/"
	routerSocket      = "fluent.sock"
	routerSocketsName = ".router" // no volume has such a name
	routerPort        = "24224"
	fluentdConfig     = "/fluentd/etc/fluent.conf"
	fluentBitConfig   = "/fluent-bit/etc/fluent-bit.conf"
	routerBufferLimit = "log-driver-buffer-limit"
	// drainPatience is how long a router is kept from stopping for what its
	// users wrote last.
	drainPatience = 5 * time.Second
)

// routerOf returns a task's log router.
func routerOf(t acs.Task) (acs.Container, bool) {
	for _, c := range t.Containers {
		if c.FirelensConfiguration != nil {
			return c, true
		}
	}
	return acs.Container{}, false
}

// routed returns the options of a container whose output goes to its task's
// router.
func routed(c acs.Container) (options map[string]string, ok bool) {
	driver, options := logConfig(c)
	return options, driver == routerDriver
}

// routerDir is where a router's configuration and socket are, and where they go.
func (n *Node) routerDir(t acs.Task, router string) string {
	for i, c := range t.Containers {
		if c.Name == router {
			return filepath.Join(n.filesDir(fmt.Sprintf("%s-%d", taskID(t.ARN), i)), "router")
		}
	}
	return ""
}

// routerSockets is the folder of a router's socket, in which it writes what it
// likes: on the task's own disk, if it has one.
func (n *Node) routerSockets(t acs.Task, router string) string {
	if n.ownDisk(t) {
		return filepath.Join(n.volumesDir(taskID(t.ARN)), routerSocketsName)
	}
	return filepath.Join(n.routerDir(t, router), "socket")
}

// routerLog lets a container log to the router of its task, as Docker's fluentd
// driver does.
func (n *Node) routerLog(t acs.Task, out *Log, name string) {
	router, ok := routerOf(t)
	if out.Driver != routerDriver || !ok {
		return
	}
	limit := out.Options[routerBufferLimit]
	out.Options = map[string]string{"tag": name + "-firelens-" + taskID(t.ARN), "fluentd-sub-second-precision": "true",
		"fluentd-address": "unix://" + filepath.Join(n.routerSockets(t, router.Name), routerSocket)}
	if limit != "" {
		out.Options["fluentd-buffer-limit"] = limit
	}
}

// prepareRouter gives a router its configuration and the folder of its socket.
func (n *Node) prepareRouter(out *runtime.Container, t acs.Task, spec acs.Container) error {
	if spec.FirelensConfiguration == nil {
		return nil
	}
	config, err := n.routerConfig(t, spec)
	if err != nil {
		return fmt.Errorf("unable to generate firelens config file: %w", err)
	}
	dir := n.routerDir(t, spec.Name)
	sockets, file := n.routerSockets(t, spec.Name), filepath.Join(dir, "fluent.conf")
	for _, made := range []string{dir, sockets} {
		if err := os.MkdirAll(made, 0o755); err != nil {
			return fmt.Errorf("unable to initialize resource directory: %w", err)
		}
	}
	// The socket of an earlier run of the router is nobody's.
	if err := os.RemoveAll(filepath.Join(sockets, routerSocket)); err != nil {
		return fmt.Errorf("unable to initialize resource directory: %w", err)
	}
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return fmt.Errorf("unable to generate firelens config file: %w", err)
	}
	shown := fluentdConfig
	if spec.FirelensConfiguration.Type == firelens.FluentBit {
		shown = fluentBitConfig
	}
	out.Mounts = append(out.Mounts, runtime.Mount{Source: file, Destination: shown},
		runtime.Mount{Source: sockets, Destination: routerSocketDir, Given: true})
	return nil
}

// routerConfig words the configuration of a task's router.
func (n *Node) routerConfig(t acs.Task, spec acs.Container) (string, error) {
	host, err := hostConfigOf(spec)
	if err != nil {
		return "", err
	}
	r := firelens.Router{Type: spec.FirelensConfiguration.Type, Options: spec.FirelensConfiguration.Options, NetworkMode: t.NetworkMode,
		Cluster: path.Base(t.ClusterARN), TaskARN: t.ARN, TaskDefinition: t.Family + ":" + t.Version,
		Memory: max(host.MemoryReservation>>20, 0)}
	if r.NetworkMode == "" {
		r.NetworkMode = "bridge"
	}
	if r.Memory == 0 {
		r.Memory = spec.Memory
	}
	for i, c := range t.Containers {
		options, ok := routed(c)
		if !ok {
			continue
		}
		u := firelens.User{Container: c.Name, Options: maps.Clone(options)}
		if u.Options == nil {
			u.Options = map[string]string{}
		}
		delete(u.Options, routerBufferLimit)
		for _, s := range c.Secrets {
			if s.Target == acs.SecretForLogDriver {
				u.Options[s.Name] = firelens.Variable(r.Type, secretVariable(s, i))
			}
		}
		r.Users = append(r.Users, u)
	}
	return firelens.Config(r)
}

// secretVariable is the name under which a router finds a secret of the
// container at index i in its environment.
func secretVariable(s acs.Secret, i int) string { return s.Name + "_" + strconv.Itoa(i) }

// routerEnvironment is what a router, or a user of it, finds in its
// environment beside what its definition says.
func routerEnvironment(t acs.Task, spec acs.Container, r run, given secrets) map[string]string {
	out := map[string]string{}
	if _, ok := routed(spec); ok {
		switch {
		case t.NetworkMode == "awsvpc":
			out["FLUENT_HOST"], out["FLUENT_PORT"] = "127.0.0.1", routerPort
		case r.router.IsValid():
			out["FLUENT_HOST"], out["FLUENT_PORT"] = r.router.String(), routerPort
		}
	}
	if spec.FirelensConfiguration == nil {
		return out
	}
	if spec.FirelensConfiguration.Type == firelens.Fluentd {
		out["FLUENT_UID"] = "0" // the image's way to let it make the socket
	}
	for i, c := range t.Containers {
		for _, s := range c.Secrets {
			if _, ok := routed(c); ok && s.Target == acs.SecretForLogDriver {
				out[secretVariable(s, i)] = given.values[from(s)]
			}
		}
	}
	return out
}

// drainUsers keeps a router from being stopped before it has what its users
// wrote last: they have ended.
func (n *Node) drainUsers(ctx context.Context, t acs.Task, runs map[string]string, name string) {
	if containerOf(t, name).FirelensConfiguration == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	for _, user := range slices.Sorted(maps.Keys(runs)) {
		if _, ok := routed(containerOf(t, user)); !ok || user == name {
			continue
		}
		if err := n.edges.Logs.Drain(ctx, runs[user]); err != nil {
			n.options.Logger.Warn("a log router is stopped before it has everything", "container", runs[user], "error", err)
		}
	}
}
