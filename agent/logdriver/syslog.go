package logdriver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// syslog ships to a syslog server.
// Source: Docker's reference, Syslog logging driver; RFC 3164, RFC 5424, RFC 5425.
type syslog struct {
	connection
	tag      string
	facility int
	format   string // of Docker's option; "" is that of a local server
	host     string
	options  Options
}

// facilities are in the order of their numbers.
var facilities = strings.Fields(`kern user mail daemon auth syslog lpr news uucp cron authpriv ftp
	12 13 14 15 local0 local1 local2 local3 local4 local5 local6 local7`)

// The severities of the two streams, as Docker has them.
const (
	severityError = 3
	severityInfo  = 6
)

// localSockets are where a local server may listen, in this order.
var localSockets = []string{"/dev/log", "/var/run/syslog", "/var/run/log"}

// newSyslog returns the server that a configuration names.
func newSyslog(d *Driver, c config) (*syslog, error) {
	where, err := syslogAddress(c.Options["syslog-address"])
	s := &syslog{connection: connection{address: where}, tag: c.Tag, format: c.Options["syslog-format"], options: d.options}
	if err == nil {
		s.facility, err = facilityOf(c.Options["syslog-facility"])
	}
	if err == nil && !slices.Contains([]string{"", "rfc3164", "rfc5424", "rfc5424micro"}, s.format) {
		err = errors.New("invalid syslog format")
	}
	if err == nil && where.secure != nil {
		err = secure(where.secure, c.Options)
	}
	if err == nil {
		s.host, err = os.Hostname()
	}
	if err != nil {
		return nil, fmt.Errorf("failed to initialize logging driver: %w", err)
	}
	return s, nil
}

func facilityOf(text string) (int, error) {
	if text == "" {
		text = "daemon"
	}
	if at := slices.Index(facilities, text); at >= 0 {
		return at, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n >= len(facilities) {
		return 0, errors.New("invalid syslog facility")
	}
	return n, nil
}

// syslogAddress reads an address as Docker does; an empty one is the local
// server's.
func syslogAddress(text string) (address, error) {
	if text == "" {
		return address{network: "unixgram"}, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return address{}, err
	}
	a := address{network: u.Scheme, where: u.Path}
	switch u.Scheme {
	case "unix", "unixgram":
		if _, err := os.Stat(u.Path); err != nil {
			return address{}, err
		}
		return a, nil
	case "udp", "tcp":
	case "tcp+tls":
		a.network, a.secure = "tcp", &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	case "":
		return address{}, fmt.Errorf("syslog-address should be in form proto://address, got %s", text)
	default:
		return address{}, fmt.Errorf("unsupported scheme: '%s'", u.Scheme)
	}
	port := u.Port()
	if port == "" {
		port = "514"
	}
	a.where = net.JoinHostPort(u.Hostname(), port)
	return a, nil
}

// secure reads the certificates of this machine that the options name.
func secure(out *tls.Config, options map[string]string) error {
	if text := options["syslog-tls-skip-verify"]; text != "" {
		out.InsecureSkipVerify = true // as Docker: any text
	}
	if path := options["syslog-tls-ca-cert"]; path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("could not read CA certificate %q: %w", path, err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("failed to append certificates from PEM file: %q", path)
		}
	}
	if options["syslog-tls-cert"] == "" && options["syslog-tls-key"] == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(options["syslog-tls-cert"], options["syslog-tls-key"])
	if err != nil {
		return fmt.Errorf("could not load X509 key pair: %w", err)
	}
	out.Certificates = []tls.Certificate{pair}
	return nil
}

// connect opens the connection; the local server is looked for.
func (s *syslog) connect(ctx context.Context) (net.Conn, error) {
	if s.address.where != "" {
		return s.open(ctx)
	}
	var failed error
	for _, s.address.where = range localSockets {
		for _, s.address.network = range []string{"unixgram", "unix"} {
			conn, err := s.open(ctx)
			if err == nil {
				return conn, nil
			}
			failed = errors.Join(failed, err)
		}
	}
	s.address.where = ""
	return nil, fmt.Errorf("Unix syslog delivery error: %w", failed)
}

// prepare implements sink: a server that cannot be reached fails the start.
func (s *syslog) prepare(ctx context.Context) error {
	if _, err := s.connect(ctx); err != nil {
		return fmt.Errorf("failed to initialize logging driver: %w", err)
	}
	s.close() // the follower makes its own
	return nil
}

// patience implements sink.
func (s *syslog) patience() time.Duration { return collectorPatience }

// pause implements sink.
func (s *syslog) pause() time.Duration { return firstPause }

// ship implements sink. A datagram is sent once, whether or not somebody is
// there; on a connection a batch that failed is sent again.
func (s *syslog) ship(ctx context.Context, lines []line) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // which fails what is under way
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	datagrams := s.address.network == "udp" || s.address.network == "unixgram"
	var batch []byte
	for _, l := range lines {
		message := s.message(l)
		if !datagrams {
			batch = append(batch, message...)
			continue
		}
		if _, err := conn.Write(message); err != nil && s.address.network == "unixgram" {
			s.close()
			return err
		}
	}
	if datagrams {
		return nil
	}
	if _, err := conn.Write(batch); err != nil {
		s.close()
		return err
	}
	return nil
}

// message words one line.
func (s *syslog) message(l line) []byte {
	severity := severityInfo
	if l.stderr {
		severity = severityError
	}
	priority, pid := s.facility<<3|severity, os.Getpid()
	var b []byte
	switch s.format {
	case "rfc5424", "rfc5424micro":
		at := time.RFC3339
		if s.format == "rfc5424micro" {
			at = "2006-01-02T15:04:05.000000Z07:00"
		}
		b = fmt.Appendf(nil, "<%d>1 %s %s %s %d %s - %s\n", priority, l.at.Format(at), s.host, s.tag, pid, s.tag, l.text)
		if s.address.secure != nil {
			b = append(fmt.Appendf(nil, "%d ", len(b)), b...)
		}
	case "rfc3164":
		b = fmt.Appendf(nil, "<%d>%s %s %s[%d]: %s\n", priority, l.at.Format(time.Stamp), s.host, s.tag, pid, l.text)
	default:
		b = fmt.Appendf(nil, "<%d>%s %s[%d]: %s\n", priority, l.at.Format(time.Stamp), s.tag, pid, l.text)
	}
	return b
}
