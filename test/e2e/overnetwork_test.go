package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// The two ends of the wire between the server and the other machine.
const (
	serverEnd = "10.203.77.1"
	agentEnd  = "10.203.77.2"
)

// otherMachine makes a network namespace that reaches this one over a wire, and
// nothing else, and returns its path. Everything is removed when the test ends.
func otherMachine(t *testing.T) (path string) {
	t.Helper()
	own := fmt.Sprintf("rs%d", os.Getpid())
	ip := func(arguments ...string) {
		t.Helper()
		if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v %s", strings.Join(arguments, " "), err, out)
		}
	}
	if _, err := exec.LookPath("nsenter"); err != nil {
		t.Skip("nsenter is not installed: no other machine can be made")
	}
	ip("netns", "add", own)
	t.Cleanup(func() {
		if out, err := exec.Command("ip", "netns", "del", own).CombinedOutput(); err != nil {
			t.Errorf("ip netns del: %v %s", err, out)
		}
	})
	ip("link", "add", own+"a", "type", "veth", "peer", "name", own+"b")
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", own+"a").Run() }) // it goes with the namespace, sooner or later
	ip("link", "set", own+"b", "netns", own)
	ip("addr", "add", serverEnd+"/30", "dev", own+"a")
	ip("link", "set", own+"a", "up")
	ip("-n", own, "addr", "add", agentEnd+"/30", "dev", own+"b")
	ip("-n", own, "link", "set", own+"b", "up")
	ip("-n", own, "link", "set", "lo", "up")
	return "/run/netns/" + own
}

// secureServer is `roadstead server` with TLS, which wants certificates of
// instances.
type secureServer struct {
	*platform
	t *testing.T
}

func (s *secureServer) start() {
	s.t.Helper()
	s.output = &tail{}
	s.process = exec.Command(s.bin, "server", "--data-dir", s.dir, "--listen", s.listen, "--tls", "--agent-certificates", "required", "--agent-certificate-life", certificateLife.String())
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.process.Stderr = s.output
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "roadstead is ready: https://") {
				close(ready)
				return
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(60 * time.Second):
		s.t.Fatalf("roadstead server is not ready:\n%s", s.output)
	}
}

// certificateLife is how long the certificates of this test's instances live.
const certificateLife = 8 * time.Second

// trusted is a client that knows the server's authority.
func (s *secureServer) trusted() *http.Transport {
	s.t.Helper()
	bundle, err := os.ReadFile(filepath.Join(s.dir, "ca-bundle.pem"))
	if err != nil {
		s.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bundle)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
}

// TestAnotherMachineJoinsOverTLS runs an agent behind a wire: it trusts the
// server for the certificate in its token, is trusted for its own, and goes on
// with the next one when that has ended.
func TestAnotherMachineJoinsOverTLS(t *testing.T) {
	bin := binary(t)
	before := machine(t)
	namespace := otherMachine(t)
	l, err := net.Listen("tcp", serverEnd+":0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	s := &secureServer{&platform{t: t, bin: bin, dir: filepath.Join(t.TempDir(), "server"), listen: l.Addr().String()}, t}
	s.start()
	t.Cleanup(func() {
		s.interrupt()
		if out, err := exec.Command(bin, "down", "--data-dir", s.dir).CombinedOutput(); err != nil {
			t.Errorf("roadstead down: %v %s", err, out)
		}
	})
	s.readEnvironment()
	transport := s.trusted()
	config := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(s.env["AWS_ENDPOINT_URL"]), HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(s.env["AWS_ACCESS_KEY_ID"], s.env["AWS_SECRET_ACCESS_KEY"], "")}
	s.ecs, s.ecr = ecs.NewFromConfig(config), ecr.NewFromConfig(config)
	s.strangers(t, transport)
	token, err := exec.Command(bin, "token", "--data-dir", s.dir).Output()
	if err != nil {
		t.Fatalf("roadstead token: %v", err)
	}

	dir, output := filepath.Join(t.TempDir(), "agent"), &tail{}
	there := func(arguments ...string) *exec.Cmd {
		c := exec.Command("nsenter", append([]string{"--net=" + namespace, bin}, arguments...)...)
		c.Stdout, c.Stderr = output, output
		return c
	}
	agent := there("agent", "--data-dir", dir, "--server", s.env["AWS_ENDPOINT_URL"], "--token", strings.TrimSpace(string(token)))
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("output of roadstead agent:\n%s\nof the server:\n%s", output, s.output)
		}
		_ = agent.Process.Signal(syscall.SIGINT)
		if err := agent.Wait(); err != nil {
			t.Errorf("roadstead agent: %v\n%s", err, output)
		}
		if err := there("down", "--data-dir", dir).Run(); err != nil {
			t.Errorf("roadstead down: %v\n%s", err, output)
		}
		before.compare(t, machine(t), marks(dir)...)
	})
	connected := func() bool {
		list, err := s.ecs.ListContainerInstances(t.Context(), &ecs.ListContainerInstancesInput{})
		if err != nil || len(list.ContainerInstanceArns) == 0 {
			return false
		}
		all := s.instances()
		return len(all) == 1 && all[0].AgentConnected
	}
	until(t, 60*time.Second, "the other machine", connected)
	began := time.Now()

	// The token was good for one machine.
	late, err := exec.Command(bin, "agent", "--data-dir", filepath.Join(t.TempDir(), "late"), "--server", s.env["AWS_ENDPOINT_URL"], "--token", strings.TrimSpace(string(token))).CombinedOutput()
	if err == nil || !strings.Contains(string(late), "was used already") {
		t.Errorf("a second machine with the same token: %v %s", err, late)
	}

	// An image over TLS, and a task of it.
	definition := s.register("over", s.pushed(t, transport), "sleep 600", nil)
	out, err := s.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: &definition, EnableExecuteCommand: true})
	if err != nil || len(out.Tasks) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	task := *out.Tasks[0].TaskArn
	s.untilTask(task, "RUNNING")
	s.commands(t, task)

	// The first certificate has ended: only with another the agent comes back.
	pause(time.Until(began.Add(certificateLife + time.Second)))
	if err := s.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.process.Wait() // it was killed
	s.start()
	until(t, 60*time.Second, "the other machine to come back with a certificate that was renewed", connected)
	if now := s.task(task); aws.ToString(now.LastStatus) != "RUNNING" {
		t.Errorf("the task is %s", aws.ToString(now.LastStatus))
	}
	if _, err := s.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: &task}); err != nil {
		t.Fatal(err)
	}
	s.untilTask(task, "STOPPED")
}

// commands runs a command with roadstead exec, and holds a session with AWS's
// CLI, whose plugin learns of the authority by a variable of its own.
func (s *secureServer) commands(t *testing.T, task string) {
	t.Helper()
	c := exec.Command(s.bin, "exec", task, "--", "sh", "-c", "cat; exit 3")
	c.Env, c.Stdin = s.environ(), strings.NewReader("over TLS\n")
	if out, err := c.Output(); string(out) != "over TLS\n" || c.ProcessState.ExitCode() != 3 {
		t.Errorf("roadstead exec: %q, %v", out, err)
	}
	s.env["SSL_CERT_FILE"] = s.env["AWS_CA_BUNDLE"]
	defer delete(s.env, "SSL_CERT_FILE")
	t.Run("the AWS CLI", func(t *testing.T) { s.cliSession(t, task) })
}

// strangers are those who do not know the server, and those whom it does not
// know.
func (s *secureServer) strangers(t *testing.T, transport *http.Transport) {
	t.Helper()
	url := s.env["AWS_ENDPOINT_URL"]
	if _, err := (&http.Client{Transport: &http.Transport{}}).Get(url); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("whoever does not know the authority: %v", err)
	}
	old := transport.Clone()
	old.TLSClientConfig.MaxVersion = tls.VersionTLS12
	if _, err := (&http.Client{Transport: old}).Get(url); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	plain, err := http.Get("http" + strings.TrimPrefix(url, "https"))
	if err == nil {
		plain.Body.Close()
		if plain.StatusCode != http.StatusBadRequest {
			t.Errorf("in the clear: %s", plain.Status)
		}
	}
	// Signed by the very root, and without an instance's certificate.
	arn := "arn:aws:ecs:us-east-1:000000000000:container-instance/default/" + strings.Repeat("1", 32)
	answer, err := (&http.Client{Transport: transport}).Get(url + "/acs/ws?clusterArn=default&containerInstanceArn=" + arn)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a channel without a certificate: %s", answer.Status)
	}
}

// pushed pushes busybox over TLS and returns its reference.
func (s *secureServer) pushed(t *testing.T, transport *http.Transport) string {
	t.Helper()
	program, err := sampleimage.FindBusybox()
	if err != nil {
		t.Fatalf("%v: install busybox-static", err)
	}
	files, err := sampleimage.Busybox(t.Context(), program)
	if err != nil {
		t.Fatal(err)
	}
	image, err := sampleimage.Build(sampleimage.Spec{Layers: [][]sampleimage.File{files}, Env: []string{"PATH=/bin:/usr/bin:/sbin"}, Cmd: []string{"/bin/sh"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ecr.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String("over")}); err != nil {
		t.Fatal(err)
	}
	reference, err := name.ParseReference(s.listen + "/over:latest")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(reference, image, remote.WithTransport(transport), remote.WithAuth(&authn.Basic{Username: "AWS", Password: s.password()})); err != nil {
		t.Fatal(err)
	}
	return reference.Name()
}
