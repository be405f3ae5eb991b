// Package logdriver takes containers' output from the files that the runtime
// appends it to and ships it to CloudWatch Logs, to a collector that speaks
// Fluentd's forward protocol, which may be the router of the container's own
// task, or to a syslog server, or keeps a bounded tail of it.
//
// The runtime writes the files without the agent, so nothing is lost while the
// agent is away: a Driver that is opened again goes on behind what was
// accepted last. Lines are shipped at least once: what was accepted just
// before a crash may be shipped again. What was shipped is given back to the
// disk by punching holes, which a writer that appends never notices. It may
// not decide whether a container runs.
package logdriver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/fsnotify/fsnotify"

	"github.com/roadstead/roadstead/agent"
)

// API is the part of CloudWatch Logs that shipping needs; the SDK's client has
// it.
type API interface {
	CreateLogGroup(context.Context, *cloudwatchlogs.CreateLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogGroupOutput, error)
	CreateLogStream(context.Context, *cloudwatchlogs.CreateLogStreamInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error)
	PutLogEvents(context.Context, *cloudwatchlogs.PutLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error)
}

// finishPatience is how long Finish waits for the last events to be accepted
// before it is to be called again.
const finishPatience = 20 * time.Second

// Options tunes a Driver; the zero value works.
type Options struct {
	Now    func() time.Time
	Logger *slog.Logger
	// MaxBehind is how much output of one container waits to be shipped, in
	// bytes. Of more, the oldest is dropped, and the log says so: a logs service
	// that is away must not fill the disk. 0 is 1 GiB.
	MaxBehind int64
}

// Driver is the agent's LogDriver.
type Driver struct {
	api     API
	dir     string
	options Options
	puts    chan struct{} // slots for calls of PutLogEvents
	started chan struct{} // closed by Run

	mu   sync.Mutex
	open map[string]*follower // by container id
	ctx  context.Context      // of Run; nil before
	wg   sync.WaitGroup
}

// putsAtOnce is how many batches are under way at once.
const putsAtOnce = 32

// New returns a driver that keeps its files in dir and knows the containers of
// its earlier life. Run must be called for anything to be shipped.
func New(api API, dir string, o Options) (*Driver, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBehind <= 0 {
		o.MaxBehind = 1 << 30
	}
	d := &Driver{api: api, dir: dir, options: o, puts: make(chan struct{}, putsAtOnce),
		started: make(chan struct{}), open: map[string]*follower{}}
	if err := os.MkdirAll(d.stateDir(), 0o700); err != nil {
		return nil, fmt.Errorf("logs of containers: %w", err)
	}
	return d, d.resume()
}

// resume takes over the containers of an earlier life.
func (d *Driver) resume() error {
	entries, err := os.ReadDir(d.stateDir())
	if err != nil {
		return fmt.Errorf("logs of containers: %w", err)
	}
	for _, e := range entries {
		container, ok := strings.CutSuffix(e.Name(), configSuffix)
		if !ok {
			continue
		}
		c, err := d.readConfig(container)
		var f *follower
		if err == nil {
			f, err = d.newFollower(container, c)
		}
		if err != nil { // whoever adopts the container says how to go on
			d.options.Logger.Error("log of a container is not resumed", "container", container, "error", err)
			continue
		}
		d.open[container] = f
	}
	return nil
}

// Run follows the files of all containers until ctx ends. Containers that are
// opened before Run are followed once it runs. It is called once.
func (d *Driver) Run(ctx context.Context) error {
	defer d.wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the logs of containers: %w", err)
	}
	defer notify.Close()
	if err := notify.Add(d.dir); err != nil {
		return fmt.Errorf("watch the logs of containers: %w", err)
	}
	d.mu.Lock()
	d.ctx = ctx
	for _, f := range d.open {
		d.follow(f)
	}
	d.mu.Unlock()
	close(d.started)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err, ok := <-notify.Errors:
			if !ok {
				return errors.New("watch the logs of containers: the watch has ended")
			}
			// Notifications were dropped: look at every file.
			d.options.Logger.Debug("log notifications were lost", "error", err)
			d.wakeAll()
		case e, ok := <-notify.Events:
			if !ok {
				return errors.New("watch the logs of containers: the watch has ended")
			}
			if container, isLog := strings.CutSuffix(filepath.Base(e.Name), logSuffix); isLog && e.Has(fsnotify.Write|fsnotify.Create) {
				d.wake(container)
			}
		}
	}
}

func (d *Driver) follow(f *follower) {
	ctx := d.ctx
	d.wg.Go(func() { f.run(ctx) })
}

func (d *Driver) wake(container string) {
	d.mu.Lock()
	f := d.open[container]
	d.mu.Unlock()
	if f != nil {
		f.poke()
	}
}

func (d *Driver) wakeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.open {
		f.poke()
	}
}

// Open implements agent.LogDriver. A stream that cannot be made fails it,
// unless the container runs already.
func (d *Driver) Open(ctx context.Context, l agent.Log) (file agent.LogFile, err error) {
	c, err := newConfig(l)
	if err != nil {
		return file, err
	}
	if c.Driver == "none" {
		return file, nil
	}
	d.mu.Lock()
	f := d.open[l.Container]
	d.mu.Unlock()
	if f != nil {
		if s, ok := f.sink.(*stream); ok {
			s.follow(l.As)
		}
		return f.file(), nil
	}
	if f, err = d.newFollower(l.Container, c); err != nil {
		return file, err
	}
	if s, ok := f.sink.(*stream); ok {
		s.follow(l.As)
	}
	if f.sink != nil && !l.Adopted {
		if err := f.sink.prepare(ctx); err != nil {
			return file, err
		}
	}
	if err := d.writeConfig(l.Container, c); err != nil {
		return file, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.open[l.Container]; known != nil {
		return known.file(), nil
	}
	d.open[l.Container] = f
	if d.ctx != nil {
		d.follow(f)
	}
	return f.file(), nil
}

// Drain implements agent.LogDriver.
func (d *Driver) Drain(ctx context.Context, container string) error {
	d.mu.Lock()
	f := d.open[container]
	d.mu.Unlock()
	if f == nil {
		return nil
	}
	if err := f.drain(ctx); err != nil {
		return fmt.Errorf("logs of container %s: %w", container, err)
	}
	return nil
}

// Finish implements agent.LogDriver: it returns once everything that the
// container wrote was accepted, and its files are gone.
func (d *Driver) Finish(ctx context.Context, container string) error {
	d.mu.Lock()
	f := d.open[container]
	d.mu.Unlock()
	if f != nil {
		ctx, cancel := context.WithTimeout(ctx, finishPatience)
		defer cancel()
		select {
		case <-d.started:
		case <-ctx.Done():
			return fmt.Errorf("logs of container %s: they are not shipped yet: %w", container, ctx.Err())
		}
		if err := f.finish(ctx); err != nil {
			return fmt.Errorf("logs of container %s: %w", container, err)
		}
	}
	d.mu.Lock()
	delete(d.open, container)
	d.mu.Unlock()
	for _, path := range []string{d.logPath(container), d.placePath(container), d.configPath(container)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("logs of container %s: %w", container, err)
		}
	}
	return nil
}
