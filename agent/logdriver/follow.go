package logdriver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// gather is how long output is gathered before it is shipped.
	gather = 20 * time.Millisecond
	// recheck bounds how long a lost notification can delay anything.
	recheck = 5 * time.Second
	// chunk is how much of a file is read at a time.
	chunk = 512 << 10
	// maxEvent is the longest event; a longer line becomes several.
	// Source: CloudWatch Logs quotas and Docker's awslogs driver.
	maxEvent = 256<<10 - 26
	// firstPause and lastPause bound the wait after a failure.
	firstPause, lastPause = 100 * time.Millisecond, 10 * time.Second
)

// sink is where a container's output goes.
type sink interface {
	// prepare makes sure that the sink can take output.
	prepare(ctx context.Context) error
	// ship takes whole lines, without their ends. It has them durably when it
	// returns nil.
	ship(ctx context.Context, lines []line) error
	// consumed says up to where the file was shipped.
	consumed(f *os.File, place int64) error
}

type line struct {
	at   time.Time
	text string
}

// follower ships one container's file.
type follower struct {
	path, placePath string
	sink            sink
	options         Options
	place           int64 // everything before it was shipped
	woken           chan struct{}
	finishing       chan struct{} // closed when no more will be written
	done            chan struct{} // closed when everything was shipped after that
	asked           bool
	last            time.Time
}

func newFollower(path, placePath string, s sink, o Options) (*follower, error) {
	f := &follower{path: path, placePath: placePath, sink: s, options: o,
		woken: make(chan struct{}, 1), finishing: make(chan struct{}), done: make(chan struct{})}
	text, err := os.ReadFile(placePath)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		f.place, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	if err != nil {
		return nil, fmt.Errorf("place in log %s: %w", path, err)
	}
	return f, nil
}

func (f *follower) poke() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}

// finish waits until everything was shipped, given that no more is written.
// It is called by one goroutine at a time.
func (f *follower) finish(ctx context.Context) error {
	if !f.asked {
		f.asked = true
		close(f.finishing)
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("not everything is shipped yet: %w", ctx.Err())
	}
}

// run ships until the container has finished or ctx ends.
func (f *follower) run(ctx context.Context) {
	pause := firstPause
	for {
		ending := false
		select {
		case <-f.finishing:
			ending = true
		default:
		}
		more, err := f.once(ctx, ending)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			f.options.Logger.Warn("log not shipped; trying again", "log", f.path, "error", err)
			if !sleep(ctx, pause) {
				return
			}
			pause = min(2*pause, lastPause)
			continue
		case more:
			pause = firstPause
			continue
		case ending:
			close(f.done)
			return
		}
		pause = firstPause
		if !f.wait(ctx) {
			return
		}
	}
}

// wait returns when there may be more to ship; false when ctx ended.
func (f *follower) wait(ctx context.Context) bool {
	check := time.NewTimer(recheck)
	defer check.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-f.finishing:
		return true
	case <-check.C:
		return true
	case <-f.woken:
		return sleep(ctx, gather)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// once ships one chunk; more says that there may be another. At the end, a
// last line without an end is shipped too.
func (f *follower) once(ctx context.Context, ending bool) (more bool, err error) {
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	buffer := make([]byte, max(0, min(chunk, info.Size()-f.place)))
	n, err := file.ReadAt(buffer, f.place)
	if err != nil && err != io.EOF {
		return false, err
	}
	full := n == chunk
	lines, used := f.cut(buffer[:n], ending && !full, full)
	if used == 0 {
		return false, nil
	}
	if err := f.sink.ship(ctx, lines); err != nil {
		return false, err
	}
	place := f.place + int64(used)
	if err := f.savePlace(place); err != nil {
		return false, err
	}
	f.place = place
	return true, f.sink.consumed(file, place)
}

// cut splits what was read into lines. The rest behind the last line end is
// left for later, unless nothing will follow it or it is all there is room for.
func (f *follower) cut(b []byte, last, full bool) (lines []line, used int) {
	at := f.options.Now()
	if at.Before(f.last) {
		at = f.last // events of one stream are in order even if the clock is not
	}
	f.last = at
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		step := end + 1
		if end < 0 {
			if !last && !(full && used == 0) && len(b) < maxEvent {
				return lines, used
			}
			end, step = len(b), len(b)
		}
		if end > maxEvent {
			end, step = maxEvent, maxEvent
		}
		if text := strings.ToValidUTF8(strings.TrimSuffix(string(b[:end]), "\r"), "\uFFFD"); text != "" {
			lines = append(lines, line{at, text})
		}
		b, used = b[step:], used+step
	}
	return lines, used
}

// savePlace remembers how far was shipped. It is not synced: after a crash of
// the whole machine some lines may be shipped twice, none is lost.
func (f *follower) savePlace(place int64) error {
	next := f.placePath + ".new"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(place, 10)+"\n"), 0o600); err != nil {
		return fmt.Errorf("place in log %s: %w", f.path, err)
	}
	return os.Rename(next, f.placePath)
}

// punch gives the disk back what stands before place. A file system that
// cannot do it keeps the bytes until the container is removed.
func punch(file *os.File, place int64) error {
	place &^= 4095
	if place == 0 {
		return nil
	}
	err := unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, place)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	}
	return err
}

// tail keeps the last bytes of a file and ships nothing.
type tail struct {
	path string
	keep int64
}

func (*tail) prepare(context.Context) error      { return nil }
func (*tail) ship(context.Context, []line) error { return nil }

func (t *tail) consumed(f *os.File, place int64) error { return punch(f, max(0, place-t.keep)) }
