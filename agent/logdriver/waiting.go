package logdriver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// waiting counts the lines that a sink did not take.
type waiting struct {
	counts bool  // the sink has failed since it took something last
	lines  int   // from the follower's place on
	until  int64 // the place up to which they were counted; 0: none yet
}

// tooMany returns the place where shipping goes on: the follower's own, unless
// more lines wait than the sink's buffer may hold.
func (f *follower) tooMany(file *os.File, size int64) (int64, error) {
	w := &f.waiting
	if f.events == 0 || !w.counts {
		return f.place, nil
	}
	w.until = max(w.until, f.place)
	buffer := make([]byte, min(chunk, max(0, size-w.until)))
	for w.until < size && w.lines <= f.events {
		n, err := file.ReadAt(buffer[:min(int64(len(buffer)), size-w.until)], w.until)
		if err != nil && err != io.EOF || n == 0 {
			return f.place, err
		}
		w.lines += bytes.Count(buffer[:n], []byte{'\n'})
		w.until += int64(n)
	}
	if w.lines <= f.events {
		return f.place, nil
	}
	f.overflowed.Store(true)
	// A quarter is dropped at once, as of too many bytes.
	return skipLines(file, f.place, size, w.lines-f.events*3/4)
}

// skipLines returns the place behind so many line ends.
func skipLines(file *os.File, place, size int64, lines int) (int64, error) {
	buffer := make([]byte, min(chunk, size-place))
	for lines > 0 && place < size {
		n, err := file.ReadAt(buffer[:min(int64(len(buffer)), size-place)], place)
		if err != nil && err != io.EOF || n == 0 {
			return place, err
		}
		used := 0
		for ; lines > 0; lines-- {
			end := bytes.IndexByte(buffer[used:n], '\n')
			if end < 0 {
				used = n
				break
			}
			used += end + 1
		}
		place += int64(used)
	}
	return place, nil
}

// drain waits until all was shipped that is in the file by now.
func (f *follower) drain(ctx context.Context) error {
	info, err := os.Stat(f.path)
	if os.IsNotExist(err) || f.sink == nil {
		return nil
	}
	if err != nil {
		return err
	}
	look := time.NewTicker(gather)
	defer look.Stop()
	for f.poke(); f.shipped.Load() < info.Size(); {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not everything is shipped yet: %w", ctx.Err())
		case <-f.done:
			return nil
		case <-look.C:
		}
	}
	return nil
}
