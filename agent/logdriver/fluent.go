package logdriver

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fluent ships by the forward protocol of Fluentd and Fluent Bit.
type fluent struct {
	connection
	tag      string
	record   map[string]string // what every line says, in Docker's words
	precise  bool              // times have nanoseconds
	ack      bool              // a batch is shipped when the collector says so
	async    bool              // the collector may be away when the container starts
	write    time.Duration     // how long a batch may take; 0 is writeTimeout
	retries  int               // how often a batch is tried again
	wait     time.Duration     // before it is tried again
	enough   time.Duration     // see patience
	failures int               // in a row
	options  Options

	long [2]longLine // of standard output and standard error
}

// longLine is a line that came in parts.
type longLine struct {
	id      string // "": there is none
	ordinal int    // of the part that came last
}

// Docker's own defaults. Source: Docker's reference, Fluentd logging driver.
const (
	fluentAddress = "tcp://127.0.0.1:24224"
	fluentEvents  = 1 << 20
	fluentWait    = time.Second
)

// newFluent returns the collector that a valid configuration names.
func newFluent(d *Driver, c config) (*fluent, error) {
	where, err := fluentdAddress(c.Options["fluentd-address"])
	f := &fluent{connection: connection{address: where}, tag: c.Tag, options: d.options, enough: collectorPatience,
		retries: math.MaxInt32, wait: fluentWait}
	f.record = map[string]string{"container_id": c.ID, "container_name": c.Name}
	maps.Copy(f.record, c.Attributes)
	if c.Driver == driverRouter {
		// The router is a container of the task: when it has ended, nobody takes
		// what is left.
		f.address.given, f.enough, f.wait = true, time.Second, firstPause
	}
	for _, o := range []struct {
		name  string
		value *bool
	}{{"fluentd-async", &f.async}, {"fluentd-async-connect", &f.async}, {"fluentd-request-ack", &f.ack}, {"fluentd-sub-second-precision", &f.precise}} {
		if text := c.Options[o.name]; text != "" && err == nil {
			*o.value, err = strconv.ParseBool(text)
		}
	}
	if text := c.Options["fluentd-max-retries"]; text != "" && err == nil {
		var n uint64
		n, err = strconv.ParseUint(text, 10, 31)
		f.retries = int(n)
	}
	for _, o := range []struct {
		name  string
		value *time.Duration
	}{{"fluentd-retry-wait", &f.wait}, {"fluentd-write-timeout", &f.write}} {
		if text := c.Options[o.name]; text != "" && err == nil {
			*o.value, err = time.ParseDuration(text)
			if err == nil && *o.value < 0 {
				err = fmt.Errorf("%s must not be negative: %s", o.name, text)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("failed to initialize logging driver: %w", err)
	}
	return f, nil
}

// fluentdAddress reads an address as Docker does.
func fluentdAddress(text string) (address, error) {
	if text == "" {
		text = fluentAddress
	}
	if !strings.Contains(text, "://") {
		text = "tcp://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return address{}, fmt.Errorf("invalid fluentd-address (%s): %w", text, err)
	case u.Scheme == "unix" && strings.TrimLeft(u.Path, "/") == "":
		return address{}, fmt.Errorf("invalid fluentd-address (%s): path is empty", text)
	case u.Scheme == "unix":
		return address{network: "unix", where: u.Path}, nil
	case u.Scheme != "tcp" && u.Scheme != "tls":
		return address{}, fmt.Errorf("invalid fluentd-address (%s): unsupported scheme: '%s'", text, u.Scheme)
	case u.Path != "":
		return address{}, fmt.Errorf("invalid fluentd-address (%s): should not contain a path element", text)
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "24224"
	}
	a := address{network: "tcp", where: net.JoinHostPort(host, port)}
	if u.Scheme == "tls" {
		a.secure = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return a, nil
}

// events is how many lines may wait to be shipped. Docker holds as many in
// memory and refuses new ones; here they wait on the disk, and of more the
// oldest are dropped.
func (c config) events() (int, error) {
	text := c.Options["fluentd-buffer-limit"]
	if text == "0" { // which means Docker's default, there, too
		text = ""
	}
	n, err := size(text, fluentEvents)
	if err != nil {
		return 0, fmt.Errorf("failed to initialize logging driver: %w", err)
	}
	return int(n), nil
}

// prepare implements sink: a collector that is away fails the start, unless the
// connection may be made later.
func (f *fluent) prepare(ctx context.Context) error {
	if f.async || f.address.given {
		return nil
	}
	if _, err := f.open(ctx); err != nil {
		return fmt.Errorf("failed to initialize logging driver: %w", err)
	}
	f.close() // the follower makes its own, in its own time
	return nil
}

// patience implements sink.
func (f *fluent) patience() time.Duration { return f.enough }

// pause implements sink.
func (f *fluent) pause() time.Duration { return f.wait }

// ship implements sink.
func (f *fluent) ship(ctx context.Context, lines []line) error {
	err := f.send(ctx, lines)
	switch {
	case err == nil:
		f.failures = 0
		return nil
	case ctx.Err() != nil:
		return err
	}
	f.close()
	if f.failures++; f.failures > f.retries {
		f.options.Logger.Error("output is dropped: the collector did not take it", "tag", f.tag, "retries", f.retries, "error", err)
		f.failures = 0
		return nil
	}
	return err
}

func (f *fluent) send(ctx context.Context, lines []line) error {
	chunk := ""
	if f.ack {
		chunk = rand.Text()
	}
	long := f.long
	batch := f.encode(lines, chunk)
	conn, err := f.open(ctx)
	if err == nil {
		stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // which fails what is under way
		defer stop()
		limit := f.write
		if limit == 0 {
			limit = writeTimeout
		}
		if err = conn.SetDeadline(time.Now().Add(limit)); err == nil {
			_, err = conn.Write(batch)
		}
		if err == nil && f.address.given {
			waiting, enough := context.WithTimeout(ctx, limit)
			err = untilRead(waiting, conn)
			enough()
		}
	}
	if err == nil && f.ack {
		answer := make([]byte, 256)
		n := 0
		if n, err = conn.Read(answer); err == nil {
			var got string
			if got, err = ackOf(answer[:n]); err == nil && got != chunk {
				err = errors.New("the collector acknowledged another chunk")
			}
		}
	}
	if err != nil {
		f.long = long
	}
	return err
}

// encode writes one message of the forward protocol: [tag, [[time, record]...], option].
func (f *fluent) encode(lines []line, chunk string) []byte {
	b := appendString(appendArray(nil, 3), f.tag)
	b = appendArray(b, len(lines))
	for _, l := range lines {
		b = appendTime(appendArray(b, 2), l.at, f.precise)
		b = f.appendRecord(b, l)
	}
	if chunk == "" {
		return appendInt(appendString(appendMap(b, 1), "size"), int64(len(lines)))
	}
	b = appendInt(appendString(appendMap(b, 2), "size"), int64(len(lines)))
	return appendString(appendString(b, "chunk"), chunk)
}

// appendRecord writes one line as Docker's driver does. The parts of a long
// line say that they belong together.
func (f *fluent) appendRecord(b []byte, l line) []byte {
	own := []string{"log", l.text, "source", "stdout"}
	long := &f.long[0]
	if l.stderr {
		own[3], long = "stderr", &f.long[1]
	}
	if long.id == "" && l.goes {
		*long = longLine{id: rand.Text()}
	}
	if long.id != "" {
		long.ordinal++
		own = append(own, "partial_message", "true", "partial_id", long.id, "partial_ordinal", strconv.Itoa(long.ordinal), "partial_last", strconv.FormatBool(!l.goes))
	}
	if !l.goes {
		long.id = ""
	}
	var common []string
	for _, name := range slices.Sorted(maps.Keys(f.record)) {
		if !slices.Contains([]string{"log", "source"}, name) {
			common = append(common, name)
		}
	}
	b = appendMap(b, len(common)+len(own)/2)
	for _, name := range common {
		b = appendString(appendString(b, name), f.record[name])
	}
	for _, text := range own {
		b = appendString(b, text)
	}
	return b
}
