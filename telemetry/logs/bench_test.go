package logs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// message is what a web server writes: 200 bytes, partly alike.
func message(rnd *rand.Rand) string {
	s := fmt.Sprintf(`10.0.%d.%d - - [02/Jan/2026:03:04:05 +0000] "GET /api/v1/orders/%08x HTTP/1.1" 200 %d "-" "Mozilla/5.0 (X11; Linux x86_64)" request_id=%016x duration_ms=%d`,
		rnd.IntN(4), rnd.IntN(256), rnd.Uint32(), rnd.IntN(100_000), rnd.Uint64(), rnd.IntN(1000))
	for len(s) < 200 {
		s += "."
	}
	return s[:200]
}

func batches(n int) [][]logs.InputEvent {
	rnd := rand.New(rand.NewPCG(1, 2))
	all := make([][]logs.InputEvent, n)
	for i := range all {
		for k := range 100 {
			all[i] = append(all[i], logs.InputEvent{Timestamp: begin.UnixMilli() + int64(i*100+k), Message: message(rnd)})
		}
	}
	return all
}

// cpu is the processor time that this process used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			d, err := disk.Open(b.TempDir())
			check(b, err)
			defer d.Close()
			s := start(b, d, logs.Options{})
			s.group(b, "g")
			for w := range writers {
				s.stream(b, "g", fmt.Sprint(w))
			}
			puts := batches(min(b.N, 4000)) // distinct, or they would compress too well
			b.ResetTimer()
			used, begun := cpu(), time.Now()
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for i := w; i < b.N; i += writers {
						check(b, s.Append(context.Background(), account, "g", fmt.Sprint(w), puts[i%len(puts)]))
					}
				})
			}
			wg.Wait()
			took := time.Since(begun)
			check(b, s.Maintain(context.Background()))
			used = cpu() - used
			b.StopTimer()
			events := float64(b.N) * 100
			b.ReportMetric(events/took.Seconds(), "events/s")
			b.ReportMetric(used.Seconds()/events*1e6, "cpu-s/Mevent")
			b.ReportMetric(float64(s.Usage().Bytes)/events, "disk-B/event")
			s.stop()
		})
	}
}

func BenchmarkRead(b *testing.B) {
	d, err := disk.Open(b.TempDir())
	check(b, err)
	defer d.Close()
	s := start(b, d, logs.Options{})
	defer s.stop()
	s.group(b, "g")
	const streams = 20
	for w := range streams {
		s.stream(b, "g", fmt.Sprint(w))
	}
	for i, put := range batches(3000) {
		check(b, s.Append(context.Background(), account, "g", fmt.Sprint(i%streams), put))
	}
	for _, x := range []struct {
		name string
		q    logs.Query
	}{
		{"group", logs.Query{}},
		{"stream", logs.Query{Streams: []string{"7"}}},
		{"streamBackward", logs.Query{Streams: []string{"7"}, Backward: true}},
	} {
		b.Run(x.name, func(b *testing.B) {
			x.q.Account, x.q.Group = account, "g"
			total := 0
			for b.Loop() {
				for e, err := range s.Read(context.Background(), x.q) {
					check(b, err)
					total += len(e.Message)
				}
			}
			b.SetBytes(int64(total / b.N))
		})
	}
	b.Run("lastPage", func(b *testing.B) {
		q := logs.Query{Account: account, Group: "g", Streams: []string{"7"}, Backward: true}
		for b.Loop() {
			n := 0
			for _, err := range s.Read(context.Background(), q) {
				check(b, err)
				if n++; n == 100 {
					break
				}
			}
		}
	})
}
