package logdriver

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent"
)

func TestLinesAreShippedAsTheyCome(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	path := r.start("c")
	write(t, path, "one\ntwo\r\n\nthr")
	r.expect("c", "one\ntwo")
	write(t, path, "ee\nwithout an end")
	r.expect("c", "one\ntwo\nthree")
	r.finish("c")
	r.expect("c", "one\ntwo\nthree\nwithout an end")
	r.finish("c") // it is idempotent
	r.finish("unknown")
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	path := r.start("c")
	write(t, path, "one\ntwo\nhal")
	r.expect("c", "one\ntwo")
	r.close()
	write(t, path, "f\nthree\n")
	r.open()
	r.expect("c", "one\ntwo\nhalf\nthree") // by itself: nobody need say what the container was
	if again := r.start("c"); again != path {
		t.Errorf("log moved from %s to %s", path, again)
	}
	r.close()
	write(t, path, "last words")
	r.open()
	r.finish("c")
	r.expect("c", "one\ntwo\nhalf\nthree\nlast words")
}

// A batch that was taken just before the agent is killed is shipped again, and
// nothing after it is lost.
func TestKilledBetweenShippingAndRemembering(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	path := r.start("c")
	write(t, path, "one\n")
	r.expect("c", "one")
	r.close()
	if err := writePlace(r.driver.placePath("c"), 0); err != nil {
		t.Fatal(err)
	}
	write(t, path, "two\n")
	r.open()
	r.expect("c", "one\none\ntwo")
}

// A place that cannot be read is the beginning; what was given back to the disk
// is not shipped as zeros.
func TestUnreadablePlaceAndHoles(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	path := r.start("c")
	long := strings.Repeat("x", 1023) + "\n"
	write(t, path, strings.Repeat(long, 2050))
	eventually(t, "shipped", func() bool { return strings.Count(r.service.text("g/c"), "x") == 2050*1023 })
	r.close()
	if err := os.WriteFile(r.driver.placePath("c"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, path, "new\n")
	r.service.set(func() { r.service.streams["g/c"] = nil })
	r.open()
	eventually(t, "shipped again", func() bool { return strings.HasSuffix(r.service.text("g/c"), "\nnew") })
	text := r.service.text("g/c")
	if strings.Contains(text, "\x00") {
		t.Error("holes were shipped")
	}
	if n := strings.Count(text, "x"); n > 2*(punchStep+chunk) {
		t.Errorf("%d bytes were shipped twice", n)
	}
}

// The service is away and comes back: everything arrives, once, in order, and
// Finish does not claim otherwise meanwhile.
func TestServiceDownThenUp(t *testing.T) {
	s := newService("g")
	r := newRig(t, s, Options{})
	path := r.start("c")
	s.set(func() { s.down = true })
	var want []string
	for i := range 30_000 { // three batches
		want = append(want, fmt.Sprint("line ", i))
	}
	write(t, path, strings.Join(want, "\n")+"\n")
	eventually(t, "it was tried", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.puts > 1 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.driver.Finish(ctx, "c"); err == nil {
		t.Error("finished while the service was away")
	}
	s.set(func() { s.down = false })
	r.finish("c")
	r.expect("c", strings.Join(want, "\n"))
}

func TestPartOfAChunkFails(t *testing.T) {
	s := newService("g")
	r := newRig(t, s, Options{})
	path := r.start("c")
	calls := 0
	s.set(func() {
		s.putting = func() {
			calls++
			s.set(func() { s.down = calls == 2 })
		}
	})
	var want []string
	for i := range 25_000 {
		want = append(want, fmt.Sprint(i))
	}
	write(t, path, strings.Join(want, "\n")+"\n")
	r.expect("c", strings.Join(want, "\n"))
}

// Output that will never be taken is dropped, so that the container can go.
func TestDeletedGroupAndInvalidEvents(t *testing.T) {
	for _, refuse := range []error{nil, &types.InvalidParameterException{Message: aws.String("no")}} {
		s := newService("g")
		r := newRig(t, s, Options{})
		path := r.start("c")
		write(t, path, "one\n")
		r.expect("c", "one")
		s.set(func() { s.groups["g"], s.refuse = refuse != nil, refuse })
		write(t, path, "two\n")
		r.finish("c")
	}
}

func TestTooFarBehind(t *testing.T) {
	s := newService("g")
	r := newRig(t, s, Options{MaxBehind: 4 << 20})
	path := r.start("c")
	s.set(func() { s.down = true })
	line := strings.Repeat("x", 1023) + "\n"
	for range 16 {
		write(t, path, strings.Repeat(line, 1024))
	}
	eventually(t, "space is given back", func() bool { r.driver.wake("c"); return onDisk(t, path) <= 6<<20 })
	s.set(func() { s.down = false })
	write(t, path, "last\n")
	eventually(t, "shipped", func() bool { return strings.HasSuffix(s.text("g/c"), "\nlast") })
	text := s.text("g/c")
	if !strings.HasPrefix(text, "[") || !strings.Contains(text, "bytes of this log were dropped") {
		t.Errorf("nothing is said of what was dropped: %.100s", text)
	}
	for _, l := range strings.Split(text, "\n")[1:] {
		if l != line[:1023] && l != "last" {
			t.Fatalf("half a line was shipped: %.100s", l)
		}
	}
}

func onDisk(t *testing.T, path string) int64 {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		t.Fatal(err)
	}
	return s.Blocks * 512
}

// What was shipped is given back to the disk, while the writer goes on.
func TestSpaceIsGivenBack(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	path := r.start("c")
	for i := range 64 {
		write(t, path, strings.Repeat(fmt.Sprintf("%0127d\n", i), 1024))
	}
	eventually(t, "shipped", func() bool {
		r.service.mu.Lock()
		defer r.service.mu.Unlock()
		return len(r.service.streams["g/c"]) == 64*1024
	})
	eventually(t, "given back", func() bool { return onDisk(t, path) <= 2*punchStep })
	write(t, path, "more\n")
	eventually(t, "more", func() bool { return strings.HasSuffix(r.service.text("g/c"), "\nmore") })
}

// A json-file log is kept to its size, before and after a restart.
func TestJSONFileIsBounded(t *testing.T) {
	r := newRig(t, newService(), Options{})
	file, err := r.driver.Open(t.Context(), agent.Log{Container: "c", Driver: "json-file", Options: map[string]string{"max-size": "512k", "max-file": "2"}})
	if err != nil || file.Limit != 1<<20 {
		t.Fatal(file, err)
	}
	path := file.Path
	fill := func() {
		for range 8 {
			write(t, path, strings.Repeat("0123456789abcde\n", 64<<10))
		}
		eventually(t, "bounded", func() bool { n := onDisk(t, path); return n >= 1<<20 && n <= 1<<20+punchStep+8192 })
	}
	fill()
	r.close()
	r.open()
	fill()
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(string(text), strings.Repeat("0123456789abcde\n", 64<<10)) {
		t.Errorf("the end is gone: %v", err)
	}
	r.finish("c")
}

func TestGroupIsMadeWhenAskedFor(t *testing.T) {
	r := newRig(t, newService(), Options{})
	path := r.start("c", "awslogs-create-group", "true")
	write(t, path, "one\n")
	r.expect("c", "one")
	r.start("d", "awslogs-create-group", "TRUE") // the group is there already
}

// Configurations that cannot work fail the start, in Docker's words.
func TestRefusedConfigurations(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	for _, c := range []struct {
		driver  string
		options map[string]string
		want    string
	}{
		{"awslogs", nil, "failed to initialize logging driver: must specify a value for log opt 'awslogs-group'"},
		{"awslogs", map[string]string{"awslogs-group": "absent"}, "failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist."},
		{"awslogs", map[string]string{"awslogs-group": "g", "awslogs-create-group": "perhaps"}, `failed to initialize logging driver: must specify valid value for log opt 'awslogs-create-group': strconv.ParseBool: parsing "perhaps": invalid syntax`},
		{"awslogs", map[string]string{"awslogs-group": "g", "awslogs-format": "json/emf"}, "failed to initialize logging driver: unknown log opt 'awslogs-format' for awslogs log driver"},
		{"awslogs", map[string]string{"awslogs-group": "g", "awslogs-multiline-pattern": "("}, `failed to initialize logging driver: awslogs could not parse multiline pattern key "awslogs-multiline-pattern": error parsing regexp: missing closing ): ` + "`(`"},
		{"awslogs", map[string]string{"awslogs-group": "g", "awslogs-datetime-format": "%Y%Q"}, `failed to initialize logging driver: awslogs could not parse awslogs-datetime-format "%Y%Q": unknown directive %Q`},
		{"awslogs", map[string]string{"awslogs-group": "g", "awslogs-datetime-format": "%Y", "awslogs-multiline-pattern": "x"}, "failed to initialize logging driver: you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time"},
		{"awslogs", map[string]string{"awslogs-group": "g", "mode": "fast"}, "failed to initialize logging driver: logger: logging mode not supported: fast"},
		{"awslogs", map[string]string{"awslogs-group": "g", "max-buffer-size": "1m"}, "failed to initialize logging driver: logger: max-buffer-size option is only supported with 'mode=non-blocking'"},
		{"awslogs", map[string]string{"awslogs-group": "g", "mode": "non-blocking", "max-buffer-size": "1q"}, "failed to initialize logging driver: error parsing option max-buffer-size: invalid size: '1q'"},
		{"journald", nil, "failed to initialize logging driver: logger: no log driver named 'journald' is registered"},
		{"json-file", map[string]string{"max-size": "big"}, "failed to initialize logging driver: max-size: invalid size: 'big'"},
		{"json-file", map[string]string{"max-size": "1k", "max-file": "0"}, `failed to initialize logging driver: max-file cannot be "0"`},
		{"json-file", map[string]string{"max-file": "2"}, "failed to initialize logging driver: max-file cannot be used without max-size"},
	} {
		_, err := r.driver.Open(t.Context(), agent.Log{Container: "c", Driver: c.driver, Options: c.options})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %v: %v", c.driver, c.options, err)
		}
	}
	if left, err := os.ReadDir(r.driver.stateDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if file, err := r.driver.Open(t.Context(), agent.Log{Container: "c", Driver: "none"}); err != nil || file != (agent.LogFile{}) {
		t.Errorf("none: %v, %v", file, err)
	}
}

// An adopted container is followed even when nothing is remembered of it and
// the service is away.
func TestAdoptionAsksNobody(t *testing.T) {
	s := newService("g")
	s.streams["g/c"] = nil
	s.down = true
	r := newRig(t, s, Options{})
	write(t, r.driver.logPath("c"), "one\n")
	if _, err := r.driver.Open(t.Context(), agent.Log{Container: "c", Driver: "awslogs", Adopted: true,
		Options: map[string]string{"awslogs-group": "g", "awslogs-stream": "c"}}); err != nil {
		t.Fatal(err)
	}
	s.set(func() { s.down = false })
	r.expect("c", "one")
}

// Finish before Run does not throw away what was not shipped.
func TestFinishWaitsForRun(t *testing.T) {
	s := newService("g")
	r := newRig(t, s, Options{})
	path := r.start("c")
	r.close()
	write(t, path, "last words\n")
	d, err := New(s, r.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	finished := make(chan error)
	go func() { finished <- d.Finish(t.Context(), "c") }()
	ran := make(chan error)
	go func() { ran <- d.Run(ctx) }()
	if err := <-finished; err != nil {
		t.Error(err)
	}
	r.expect("c", "last words")
	cancel()
	<-ran
}

func TestManyContainers(t *testing.T) {
	s := newService("g")
	r := newRig(t, s, Options{})
	const containers, lines = 200, 100
	for i := range containers {
		path := r.start(fmt.Sprint("c", i))
		go func() {
			for n := range lines {
				write(t, path, fmt.Sprintln("line", n))
			}
		}()
	}
	var want []string
	for n := range lines {
		want = append(want, fmt.Sprint("line ", n))
	}
	for i := range containers {
		r.expect(fmt.Sprint("c", i), strings.Join(want, "\n"))
		r.finish(fmt.Sprint("c", i))
	}
}

// Notifications that were lost are made up for.
func TestLostNotifications(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	path := r.start("c")
	write(t, path, "one\n")
	r.expect("c", "one")
	r.driver.wakeAll()
	r.driver.wake("unknown")
	write(t, path, "two\n")
	r.expect("c", "one\ntwo")
}

// What a shim has dropped while the agent was away, as a hole at the beginning, is told, and lines are whole after it.
func TestDroppedWhileAway(t *testing.T) {
	for name, shipped := range map[string]bool{"after something was shipped": true, "before anything was": false} {
		t.Run(name, func(t *testing.T) {
			s := newService("g")
			r := newRig(t, s, Options{})
			path := r.start("c")
			before := 0
			if shipped {
				write(t, path, "first\n")
				r.expect("c", "first")
				before = len("first\n")
			}
			r.close()
			line := strings.Repeat("x", 999) + "\n"
			write(t, path, strings.Repeat(line, 2000)+"last\n")
			file, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			const hole = 1 << 20
			if err := unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, hole); err == unix.EOPNOTSUPP {
				t.Skip("skips holes in files: the file system has none")
			} else if err != nil {
				t.Fatal(err)
			}
			file.Close()
			r.open()
			eventually(t, "shipped", func() bool { return strings.HasSuffix(s.text("g/c"), "\nlast") })
			left := 2000 - (hole-before+999)/1000
			want := fmt.Sprintf("[%d bytes of this log were dropped: the agent was away for too long]\n", (2000-left)*1000) + strings.Repeat(line, left) + "last"
			if shipped {
				want = "first\n" + want
			}
			if text := s.text("g/c"); text != want {
				t.Errorf("%d bytes, want %d: %.100q", len(text), len(want), text)
			}
			r.finish("c")
		})
	}
}
