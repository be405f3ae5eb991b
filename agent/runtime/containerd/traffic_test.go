package containerd

import (
	"os"
	"reflect"
	"strconv"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
)

func TestTraffic(t *testing.T) {
	const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth1:       7       6    5    4    0     0          0         0        3       2    1    0    0     0       0          0
  eth0:12345678      90    1    2    0     0          0         3     4321      21    3    4    0     0       0          0
`
	want := []runtime.InterfaceStats{
		{Name: "eth0", Rx: runtime.TrafficStats{Bytes: 12345678, Packets: 90, Errors: 1, Dropped: 2}, Tx: runtime.TrafficStats{Bytes: 4321, Packets: 21, Errors: 3, Dropped: 4}},
		{Name: "eth1", Rx: runtime.TrafficStats{Bytes: 7, Packets: 6, Errors: 5, Dropped: 4}, Tx: runtime.TrafficStats{Bytes: 3, Packets: 2, Errors: 1}},
	}
	if got := parseTraffic(text); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	self := networkOf(strconv.Itoa(os.Getpid()))
	if got := traffic(os.Getpid(), self); got != nil {
		t.Errorf("of the host's own namespace: %+v", got)
	}
	if got := traffic(0, self); got != nil {
		t.Errorf("of no process: %+v", got)
	}
}
