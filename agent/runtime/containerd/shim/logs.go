package shim

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

// A log file gets both streams of a container, whole lines each, as the process writes them. containerd's shim can
// append to a file too, but it mixes the streams within lines, loses what one stream says after the other has ended,
// and when the disk is full it closes the container's streams, of which the container dies. So it is given named pipes
// in the bundle, and what comes out of them is appended here.

// lineLimit is how many bytes of a line are held until its end comes; Docker splits lines of the same length.
const lineLimit = 16 << 10

// logs is the log of one container on its way to the file.
type logs struct {
	drained chan struct{} // closed when all has been written
	writers []*os.File    // keep the pipes from ending before the container has them
}

// openLogs replaces a log file in the request by pipes. It gives nil when the request has none.
func openLogs(request *taskapi.CreateTaskRequest) (*logs, error) {
	target, err := url.Parse(request.Stdout)
	if err != nil || target.Scheme != "file" {
		return nil, nil
	}
	limit, err := logLimit(target.Query())
	if err != nil {
		return nil, fmt.Errorf("open container log: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(target.Path), 0o755); err != nil {
		return nil, fmt.Errorf("open container log: %w", err)
	}
	file, err := os.OpenFile(target.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open container log: %w", err)
	}
	l := &logs{drained: make(chan struct{})}
	var copying sync.WaitGroup
	names := map[string]*string{"stdout": &request.Stdout, "stderr": &request.Stderr}
	if request.Terminal { // a terminal has one stream
		names = map[string]*string{"stdout": &request.Stdout}
	}
	for name, field := range names {
		reader, err := l.pipe(filepath.Join(request.Bundle, "log-"+name), field)
		if err != nil {
			l.begun()
			copying.Wait()
			file.Close()
			return nil, err
		}
		format := plain
		if target.Query().Has("frames") {
			format = framed(name == "stderr", time.Now)
		}
		copying.Go(func() {
			defer reader.Close()
			copyLines(&boundedLog{file: file, limit: limit}, reader, format)
		})
	}
	go func() {
		copying.Wait()
		file.Close()
		close(l.drained)
	}()
	return l, nil
}

// pipe makes a named pipe and opens both ends of it.
func (l *logs) pipe(path string, field *string) (*os.File, error) {
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("make log pipe: %w", err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open log pipe: %w", err)
	}
	writer, err := os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		reader.Close()
		return nil, fmt.Errorf("open log pipe: %w", err)
	}
	l.writers = append(l.writers, writer)
	*field = path
	return reader, nil
}

// begun is called when the container has the pipes or will never have them: from then on they end with the container.
func (l *logs) begun() {
	for _, writer := range l.writers {
		writer.Close()
	}
	l.writers = nil
}

// format is how lines stand in the file; the last one may go on.
type format func(text []byte, goes bool) []byte

func plain(text []byte, _ bool) []byte { return text }

// framed writes each line as a frame of its stream.
func framed(stderr bool, now func() time.Time) format {
	var out []byte
	return func(text []byte, goes bool) []byte {
		out = out[:0]
		for f := (runtime.Frame{At: now(), Stderr: stderr}); len(text) > 0; {
			line, rest, ended := bytes.Cut(text, []byte("\n"))
			f.Text, f.Goes = line, goes && !ended
			out, text = runtime.AppendFrame(out, f), rest
		}
		return out
	}
}

// copyLines appends what it reads, as whole lines where they are not too long. What cannot be written is left out, and
// the place is marked when writing works again: a full disk must not keep the container from going on.
func copyLines(file io.Writer, stream io.Reader, in format) {
	held := make([]byte, 0, 2*lineLimit)
	lost := 0
	write := func(text []byte, goes bool) {
		if len(text) == 0 {
			return
		}
		if lost > 0 {
			text = append(fmt.Appendf(nil, "[%d bytes of this log could not be written]\n", lost), text...)
		}
		text = in(text, goes)
		n, err := file.Write(text)
		switch {
		case err == nil:
			lost = 0
		case n == 0:
			lost += len(text)
		default:
			lost = len(text) - n
		}
	}
	for {
		n, err := stream.Read(held[len(held) : len(held)+lineLimit])
		held = held[:len(held)+n]
		end := bytes.LastIndexByte(held, '\n') + 1
		if end == 0 && len(held) >= lineLimit || err != nil {
			end = len(held)
		}
		write(held[:end], err == nil)
		held = held[:copy(held, held[end:])]
		if err != nil {
			return
		}
	}
}
