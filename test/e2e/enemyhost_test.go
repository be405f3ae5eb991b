package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestEnemyInTheHostsNetwork tries from a task that shares the host's network
// what a task may not: the network is the host's, and nothing else is.
func TestEnemyInTheHostsNetwork(t *testing.T) {
	p := start(t)
	image := p.image()
	peer := p.enter("peer", image, nil)
	quiet := strings.ReplaceAll(shell, "httpd -p 80 -h /www", "true")
	enemy := p.enterMode("enemy", image, types.NetworkModeHost, func(c *types.ContainerDefinition) { c.Command = []string{"sh", "-c", quiet} })
	_, plane, _ := net.SplitHostPort(p.listen)

	// The doors are in reach, and shut without a signature or a token.
	for what, path := range map[string]string{
		"the registry's version":             "/v2/",
		"an image of the registry":           "/v2/busybox/manifests/latest",
		"the registry's catalog":             "/v2/_catalog",
		"a channel of an agent":              "/acs/ws?clusterArn=default&containerInstanceArn=arn:aws:ecs:us-east-1:000000000000:container-instance/default/" + strings.Repeat("0", 32),
		"telemetry of an agent":              "/tcs/ws?cluster=default&containerInstance=arn:aws:ecs:us-east-1:000000000000:container-instance/default/" + strings.Repeat("0", 32),
		"an identity of an instance":         "/agent/identity",
		"a certificate of an instance":       "/agent/certificate",
		"an operation without a signature":   "/?Action=ListUsers&Version=2010-05-08",
		"what Go programs tell of their own": "/debug/pprof/",
		"metrics":                            "/metrics",
	} {
		if body, ok := enemy.get("http://127.0.0.1:" + plane + path); ok {
			t.Errorf("gets %s without credentials: %.200q", what, body)
		}
	}
	for _, body := range []string{"Action=ListUsers&Version=2010-05-08", "Action=CreateAccessKey&Version=2010-05-08"} {
		_, out := enemy.do(fmt.Sprintf(`printf 'POST / HTTP/1.0\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s' | nc -w 3 127.0.0.1 %s`, len(body), body, plane))
		if strings.Contains(out, " 200 ") || !strings.Contains(out, "MissingAuthenticationToken") {
			t.Errorf("%s without a signature: %.300q", body, out)
		}
	}

	// Another task's credentials, by every address that its endpoint has.
	for what, address := range map[string]string{
		"where tasks ask":     "http://169.254.170.2" + peer.credentialsPath(),
		"where it listens":    "http://" + peer.gateway + ":51679" + peer.credentialsPath(),
		"a list of them":      "http://" + peer.gateway + ":51679/v2/credentials/",
		"the peer's metadata": "http://" + peer.gateway + ":51679/v4/" + idOf(peer.task),
		"the machine's":       "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
	} {
		if body, ok := enemy.get(address); ok || strings.Contains(body, "SecretAccessKey") {
			t.Errorf("gets credentials %s: %.200q", what, body)
		}
	}

	// Sockets: those without a name in the file system are in a network, and
	// none of containerd's or its shims' may be in the host's.
	_, out := enemy.do("cat /proc/net/unix")
	for line := range strings.Lines(out) {
		if _, name, abstract := strings.Cut(line, " @"); abstract && (strings.Contains(name, "containerd") || strings.Contains(name, "roadstead") || strings.Contains(name, p.name())) {
			t.Errorf("a socket of the platform is in reach: %s", line)
		}
	}
	paths := strings.Join([]string{p.runDir(), p.dir, "/run/containerd", "/run/roadstead", "/var/run/docker.sock", filepath.Join(p.dir, "etcd")}, " ")
	if _, out := enemy.do("ls -d " + paths + " 2>/dev/null; find / -xdev -type s 2>/dev/null"); strings.Contains(out, "/") {
		t.Errorf("sees sockets or folders of the platform: %q", out)
	}
	// The host's network is not the host: neither its processes nor its kernel's
	// settings nor other tasks' folders are the enemy's.
	for what, script := range map[string]string{
		"processes of the host":       `ls /proc | grep -c '^[0-9]*$' | { read n; [ "$n" -gt 40 ]; }`,
		"a setting of the kernel":     ": >> /proc/sys/kernel/core_pattern",
		"the host's firewall":         "ip link add enemy0 type dummy && { ip link del enemy0; true; }",
		"the host's disks":            "mknod /tmp/disk b 8 0 && head -c 1 /tmp/disk",
		"the host's control groups":   `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -e $d/cgroup.procs ] && mkdir $d/enemy && { rmdir $d/enemy; exit 0; }; done; exit 1`,
		"the host's name":             `hostname "$(hostname)"`,
		"a root of its own":           "mount -t tmpfs none /mnt || mount -o bind / /mnt",
		"the namespaces of the first": "nsenter -t 1 -m ls /",
	} {
		if code, out := enemy.do(script); code == "0" {
			t.Errorf("reaches %s: %.200q", what, out)
		}
	}
}
