package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// inside is a shell in a container: it runs what is written to a directory
// that it shares with the test.
type inside struct {
	t       testing.TB
	p       *platform
	dir     string
	task    types.Task
	address string // its own, on the bridge
	gateway string
	asked   int
}

// shell is the command of a container that is an inside. It also serves its
// task's id on port 80.
const shell = `mkdir /www; echo $HOSTNAME > /www/index.html; httpd -p 80 -h /www
while :; do for f in /w/*.sh; do [ -f "$f" ] || continue; sh "$f" > "${f%.sh}.out" 2>&1; echo $? > "${f%.sh}.new"; rm "$f"; mv "${f%.sh}.new" "${f%.sh}.code"; done; usleep 10000; done`

// enter starts a task with a role and returns the inside of its container.
func (p *platform) enter(name, image string, change func(*types.ContainerDefinition)) *inside {
	p.t.Helper()
	in := p.enterMode(name, image, "", change)
	_, out := in.do("ip -4 -o addr show eth0; ip route")
	fields := strings.Fields(out)
	if i := slices.Index(fields, "inet"); i >= 0 {
		in.address, _, _ = strings.Cut(fields[i+1], "/")
	}
	if i := slices.Index(fields, "via"); i >= 0 {
		in.gateway = fields[i+1]
	}
	if in.address == "" || in.gateway == "" {
		p.t.Fatalf("the container has no network: %s", out)
	}
	return in
}

// enterMode is enter for a task with a network mode, whose addresses are not
// looked for.
func (p *platform) enterMode(name, image string, mode types.NetworkMode, change func(*types.ContainerDefinition)) *inside {
	p.t.Helper()
	return p.enterPlaced(name, image, mode, "", change)
}

// enterPlaced is enterMode for a task on an instance that the expression
// matches; "" is any.
func (p *platform) enterPlaced(name, image string, mode types.NetworkMode, expression string, change func(*types.ContainerDefinition)) *inside {
	p.t.Helper()
	dir := p.t.TempDir()
	definition := p.register(name, image, shell, func(in *ecs.RegisterTaskDefinitionInput) {
		in.TaskRoleArn, in.NetworkMode = aws.String("arn:aws:iam::000000000000:role/"+name), mode
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
		if expression != "" {
			in.PlacementConstraints = []types.TaskDefinitionPlacementConstraint{{Type: types.TaskDefinitionPlacementConstraintTypeMemberOf, Expression: aws.String(expression)}}
		}
		c := &in.ContainerDefinitions[0]
		c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
		if mode == "" {
			c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
		}
		if change != nil {
			change(c)
		}
	})
	in := &inside{t: p.t, p: p, dir: dir}
	in.task = p.untilTask(p.run(definition), "RUNNING")
	return in
}

// do runs a shell script inside and returns its exit code and output.
func (in *inside) do(script string) (code, out string) {
	in.t.Helper()
	in.asked++
	path := filepath.Join(in.dir, fmt.Sprintf("%04d", in.asked))
	if err := os.WriteFile(path+".tmp", []byte(script), 0o644); err != nil {
		in.t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path+".sh"); err != nil {
		in.t.Fatal(err)
	}
	until(in.t, 30*time.Second, "the container to do "+script, func() bool {
		text, err := os.ReadFile(path + ".code")
		code = strings.TrimSpace(string(text))
		return err == nil
	})
	text, err := os.ReadFile(path + ".out")
	if err != nil {
		in.t.Fatal(err)
	}
	return code, string(text)
}

// get fetches a URL from inside; ok means that there was an answer of 200. It
// does so with nc, because busybox's wget does not work everywhere without
// the C library's files.
func (in *inside) get(address string) (body string, ok bool) {
	in.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		in.t.Fatal(err)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	_, out := in.do(fmt.Sprintf(`printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' | nc -w 3 %s %s`,
		strings.ReplaceAll(u.RequestURI(), "%", "%%"), u.Host, u.Hostname(), port))
	head, body, _ := strings.Cut(out, "\r\n\r\n")
	return body, strings.HasPrefix(head, "HTTP/1.") && strings.Contains(strings.SplitN(head, "\r\n", 2)[0], " 200 ")
}

// port returns the host port of the task's port 80.
func (in *inside) port() int32 { return aws.ToInt32(in.task.Containers[0].NetworkBindings[0].HostPort) }

// credentialsPath is what the container's environment names.
func (in *inside) credentialsPath() string {
	_, out := in.do("echo $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
	return strings.TrimSpace(out)
}

// TestEnemyInAContainer tries from inside a task what a task may not.
func TestEnemyInAContainer(t *testing.T) {
	p, other := start(t), start(t)
	image := p.image()
	enemy, peer := p.enter("enemy", image, nil), p.enter("peer", image, nil)
	stranger := other.enter("stranger", other.image(), nil)
	_, plane, _ := net.SplitHostPort(p.listen)

	// A server of the host's that nobody published.
	private, err := net.Listen("tcp", net.JoinHostPort(enemy.gateway, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(private) }() // it ends with Close
	defer server.Close()

	for what, address := range map[string]string{
		"the control plane at the gateway":             "http://" + enemy.gateway + ":" + plane,
		"the control plane at loopback":                "http://127.0.0.1:" + plane,
		"a private server of the host":                 "http://" + private.Addr().String(),
		"the machine's metadata":                       "http://169.254.169.254/latest/meta-data/",
		"the stock agent's introspection":              "http://" + enemy.gateway + ":51678/v1/metadata",
		"another instance's container":                 "http://" + stranger.address,
		"another task's credentials":                   "http://169.254.170.2" + peer.credentialsPath(),
		"another task's credentials at the gateway":    "http://" + enemy.gateway + ":51679" + peer.credentialsPath(),
		"another instance's task's credentials":        "http://169.254.170.2" + stranger.credentialsPath(),
		"another instance's credentials at its server": "http://" + stranger.gateway + ":51679" + stranger.credentialsPath(),
		"a list of all credentials":                    "http://169.254.170.2/v2/credentials/",
		"no credentials' id":                           "http://169.254.170.2/v2/credentials/%2e%2e",
	} {
		if body, ok := enemy.get(address); ok || strings.Contains(body, "SecretAccessKey") {
			t.Errorf("reaches %s at %s: %q", what, address, body)
		}
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && ip.To4() != nil {
			if code, out := enemy.do(fmt.Sprintf("nc -w 2 %s %s </dev/null", ip, plane)); code == "0" {
				t.Errorf("reaches the control plane at %s: %q", ip, out)
			}
		}
	}
	if _, out := enemy.do(`find / -xdev -type s 2>/dev/null; ls -d /run/roadstead /var/lib/roadstead ` + p.dir + ` 2>/dev/null; cat /proc/net/unix | grep -c @`); strings.Contains(out, "/") {
		t.Errorf("sees sockets or folders of the platform: %q", out)
	}

	for what, address := range map[string]string{
		"its peer on the bridge":                "http://" + peer.address,
		"its own published port at the gateway": fmt.Sprintf("http://%s:%d", enemy.gateway, enemy.port()),
		"its peer's published port":             fmt.Sprintf("http://%s:%d", enemy.gateway, peer.port()),
		"another instance's published port":     fmt.Sprintf("http://%s:%d", enemy.gateway, stranger.port()),
		"its own credentials":                   "http://169.254.170.2" + enemy.credentialsPath(),
	} {
		if body, ok := enemy.get(address); !ok {
			t.Errorf("does not reach %s at %s: %q", what, address, body)
		}
	}
	checkCredentials(t, p, enemy)
	checkListeners(t, p)
}

// checkCredentials uses a task's credentials: they say who the task is, and
// allow nothing else.
func checkCredentials(t *testing.T, p *platform, in *inside) {
	t.Helper()
	body, _ := in.get("http://169.254.170.2" + in.credentialsPath())
	var given struct{ RoleArn, AccessKeyId, SecretAccessKey, Token, Expiration string }
	if err := json.Unmarshal([]byte(body), &given); err != nil {
		t.Fatalf("credentials %q: %v", body, err)
	}
	config := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(p.env["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(given.AccessKeyId, given.SecretAccessKey, given.Token)}
	ctx := context.Background()
	who, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "arn:aws:sts::000000000000:assumed-role/enemy/" + idOf(in.task); aws.ToString(who.Arn) != want {
		t.Errorf("the task is %s, want %s", aws.ToString(who.Arn), want)
	}
	var denied smithy.APIError
	if _, err := ecs.NewFromConfig(config).ListTasks(ctx, nil); !errors.As(err, &denied) || denied.ErrorCode() != "AccessDeniedException" {
		t.Errorf("ListTasks by a task: %v, want AccessDeniedException", err)
	}
	config.Credentials = credentials.NewStaticCredentialsProvider(given.AccessKeyId, given.SecretAccessKey, given.Token+"A")
	if _, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, nil); err == nil {
		t.Error("a changed session token is accepted")
	}
}

// checkListeners wants the process to listen where it must and nowhere else.
func checkListeners(t *testing.T, p *platform) {
	t.Helper()
	found := listeners(p.process.Process.Pid)
	if len(found) != 2 { // the APIs, and the tasks' endpoint on the bridge
		t.Errorf("the process listens at %v", found)
	}
}

// TestEnemyWithNetworkCapabilities lets a container that may change its own
// network pretend to be its peer.
func TestEnemyWithNetworkCapabilities(t *testing.T) {
	p := start(t)
	image := p.image()
	enemy := p.enter("enemy", image, func(c *types.ContainerDefinition) {
		c.LinuxParameters = &types.LinuxParameters{Capabilities: &types.KernelCapabilities{Add: []string{"NET_ADMIN", "NET_RAW"}}}
	})
	peer := p.enter("peer", image, nil)
	address := "http://169.254.170.2" + peer.credentialsPath()
	own := enemy.credentialsPath()
	hardware := func(in *inside) string {
		_, out := in.do("cat /sys/class/net/eth0/address")
		return strings.TrimSpace(out)
	}
	for what, disguise := range map[string]string{
		"address":                      "ip addr flush dev eth0; ip addr add " + peer.address + "/20 dev eth0; ip route add default via " + enemy.gateway,
		"address and hardware address": "ip link set eth0 down; ip link set eth0 address " + hardware(peer) + "; ip link set eth0 up; ip addr flush dev eth0; ip addr add " + peer.address + "/20 dev eth0; ip route add default via " + enemy.gateway,
	} {
		if code, out := enemy.do(disguise); code != "0" {
			t.Fatalf("disguise with its peer's %s: %s", what, out)
		}
		if body, ok := enemy.get(address); ok || strings.Contains(body, "SecretAccessKey") {
			t.Errorf("with its peer's %s it gets its peer's credentials: %q", what, body)
		}
	}
	if body, ok := peer.get("http://169.254.170.2" + own); ok {
		t.Errorf("the peer gets the enemy's credentials: %q", body)
	}
	until(t, 30*time.Second, "the peer to get its own credentials again", func() bool { _, ok := peer.get(address); return ok })
}
