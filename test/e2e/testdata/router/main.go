// Command router is a log router as a customer's image has it, for tests: it
// listens where its configuration says, and prints what it is sent.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/logdriver/forwardtest"
)

// printed is a line of what it prints.
type printed struct {
	Tag    string         `json:"tag"`
	At     int64          `json:"at"`
	Record map[string]any `json:"record"`
}

func main() {
	if err := run(); err != nil {
		fmt.Println("router:", err)
		os.Exit(1)
	}
}

func run() error {
	text, err := os.ReadFile("/fluent-bit/etc/fluent-bit.conf")
	if err != nil {
		if text, err = os.ReadFile("/fluentd/etc/fluent.conf"); err != nil {
			return err
		}
	}
	var where []string
	for _, line := range strings.Split(string(text), "\n") {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if key == "unix_path" || key == "path" {
			where = append(where, value)
		}
		fmt.Println("configuration:", strings.TrimSpace(line))
	}
	fmt.Printf("Header_0=%s FLUENT_UID=%s uid=%d\n", os.Getenv("Header_0"), os.Getenv("FLUENT_UID"), os.Getuid())
	var wg sync.WaitGroup
	out := json.NewEncoder(os.Stdout)
	var mu sync.Mutex // of out, open and stopping
	var open []net.Conn
	stopping := false
	serve := func(l net.Listener) {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			if stopping {
				mu.Unlock()
				return
			}
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					m, err := forwardtest.Read(r)
					if err != nil {
						return
					}
					mu.Lock()
					for _, e := range m.Entries {
						_ = out.Encode(printed{m.Tag, e.At.UnixNano(), e.Record}) // to whoever reads it
					}
					mu.Unlock()
				}
			})
		}
	}
	for _, path := range where {
		l, err := net.Listen("unix", path)
		if err != nil {
			return err
		}
		go serve(l)
	}
	l, err := net.Listen("tcp", "0.0.0.0:24224")
	if err != nil {
		return err
	}
	go serve(l)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	mu.Lock()
	stopping = true
	for _, c := range open {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // one that is closed has nothing more
	}
	mu.Unlock()
	wg.Wait() // what was read is printed
	fmt.Println("router: stopped")
	return nil
}
