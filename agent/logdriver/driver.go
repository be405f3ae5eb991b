// Package logdriver takes containers' output from the files that the runtime
// appends it to and ships it to CloudWatch Logs, or keeps a bounded tail of
// it.
//
// The runtime writes the files without the agent, so nothing is lost while the
// agent is away: a Driver that is opened again goes on behind what was
// accepted last. What was shipped is given back to the disk by punching holes,
// which a writer that appends never notices. It may not decide whether a
// container runs.
package logdriver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
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

const (
	// defaultKept is how much of a json-file log is kept, in bytes, unless
	// its max-size says otherwise.
	defaultKept = 64 << 20
	// finishPatience is how long Finish waits for the last events to be
	// accepted before it is to be called again.
	finishPatience = 20 * time.Second
)

// Options tunes a Driver.
type Options struct {
	Now    func() time.Time
	Logger *slog.Logger
}

// Driver is the agent's LogDriver.
type Driver struct {
	api     API
	dir     string
	options Options
	notify  *fsnotify.Watcher

	mu   sync.Mutex
	open map[string]*follower // by container id
	ctx  context.Context
	wg   sync.WaitGroup
}

// New returns a driver that keeps its files in dir. Run must be called for
// anything to be shipped.
func New(api API, dir string, o Options) (*Driver, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("logs of containers: %w", err)
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("logs of containers: %w", err)
	}
	if err := notify.Add(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("logs of containers: watch %s: %w", dir, err), notify.Close())
	}
	return &Driver{api: api, dir: dir, options: o, notify: notify, open: map[string]*follower{}}, nil
}

// Run follows the files of all containers until ctx ends. Containers that are
// opened before Run are followed once it runs.
func (d *Driver) Run(ctx context.Context) error {
	defer d.wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	d.ctx = ctx
	for _, f := range d.open {
		d.follow(f)
	}
	d.mu.Unlock()
	defer d.notify.Close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-d.notify.Errors:
			// Events were dropped: look at every file.
			d.options.Logger.Debug("log notifications overflowed", "error", err)
			d.wakeAll()
		case e := <-d.notify.Events:
			if e.Has(fsnotify.Write) {
				d.wake(strings.TrimSuffix(filepath.Base(e.Name), logSuffix))
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

const (
	logSuffix   = ".log"
	placeSuffix = ".place"
)

func (d *Driver) logPath(container string) string { return filepath.Join(d.dir, container+logSuffix) }

// Open implements agent.LogDriver.
func (d *Driver) Open(ctx context.Context, l agent.Log) (string, error) {
	sink, err := d.sink(l)
	if err != nil || sink == nil {
		return "", err
	}
	d.mu.Lock()
	_, known := d.open[l.Container]
	d.mu.Unlock()
	path := d.logPath(l.Container)
	if known {
		return path, nil
	}
	f, err := newFollower(path, strings.TrimSuffix(path, logSuffix)+placeSuffix, sink, d.options)
	if err != nil {
		return "", err
	}
	if f.place == 0 { // not adopted: what cannot be shipped to fails the start
		if err := sink.prepare(ctx); err != nil {
			return "", err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.open[l.Container]; known {
		return path, nil
	}
	d.open[l.Container] = f
	if d.ctx != nil {
		d.follow(f)
	}
	return path, nil
}

// sink returns where a container's output goes; nil for nowhere.
func (d *Driver) sink(l agent.Log) (sink, error) {
	switch l.Driver {
	case "none":
		return nil, nil
	case "awslogs":
		return newStream(d.api, l.Container, l.Options, d.options)
	case "json-file", "":
		kept, err := size(l.Options["max-size"], defaultKept)
		return &tail{path: d.logPath(l.Container), keep: kept}, err
	}
	return nil, fmt.Errorf("log driver %q is not supported", l.Driver)
}

// size reads Docker's form of a size: a number with k, m or g.
func size(text string, otherwise int64) (int64, error) {
	if text == "" {
		return otherwise, nil
	}
	digits := strings.TrimRight(strings.ToLower(text), "kmgb")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("max-size %q is not a size", text)
	}
	switch unit := strings.ToLower(text)[len(digits):]; strings.TrimSuffix(unit, "b") {
	case "k":
		n <<= 10
	case "m":
		n <<= 20
	case "g":
		n <<= 30
	}
	return n, nil
}

// Finish implements agent.LogDriver: it returns once everything that the
// container wrote was accepted, and its files are gone.
func (d *Driver) Finish(ctx context.Context, container string) error {
	d.mu.Lock()
	f, running := d.open[container], d.ctx != nil
	d.mu.Unlock()
	if f != nil && running {
		ctx, cancel := context.WithTimeout(ctx, finishPatience)
		defer cancel()
		if err := f.finish(ctx); err != nil {
			return fmt.Errorf("logs of container %s: %w", container, err)
		}
	}
	d.mu.Lock()
	delete(d.open, container)
	d.mu.Unlock()
	for _, suffix := range []string{logSuffix, placeSuffix} {
		err := os.Remove(filepath.Join(d.dir, container+suffix))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("logs of container %s: %w", container, err)
		}
	}
	return nil
}
