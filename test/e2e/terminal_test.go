package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// console is a program at a terminal of its own.
type console struct {
	t      testing.TB
	master *os.File
	said   *tail
	ended  chan error
}

// atTerminal starts a program with a controlling terminal.
func atTerminal(t testing.TB, c *exec.Cmd, rows, cols uint16) *console {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatalf("open a terminal: %v", err)
	}
	term := &console{t: t, master: master, said: &tail{}, ended: make(chan error, 1)}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	term.resize(rows, cols)
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() }) // it has ended, unless the test failed
	go func() {
		piece := make([]byte, 4096)
		for {
			n, err := master.Read(piece)
			_, _ = term.said.Write(piece[:n]) // it keeps everything
			if err != nil {
				break
			}
		}
		term.ended <- c.Wait()
	}()
	return term
}

func (term *console) resize(rows, cols uint16) {
	term.t.Helper()
	if err := unix.IoctlSetWinsize(int(term.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols}); err != nil {
		term.t.Fatal(err)
	}
}

// types types a line and waits until something is said.
func (term *console) types(line, until string) {
	term.t.Helper()
	if _, err := term.master.WriteString(line + "\n"); err != nil {
		term.t.Fatal(err)
	}
	term.hears(until)
}

func (term *console) hears(text string) {
	term.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(term.said.String(), text) {
		if time.Now().After(deadline) {
			term.t.Fatalf("%q is not said:\n%s", text, term.said)
		}
		pause(20 * time.Millisecond)
	}
}

// end waits until the program has ended, and returns its exit code.
func (term *console) end(c *exec.Cmd) int {
	term.t.Helper()
	select {
	case <-term.ended:
		return c.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		term.t.Fatalf("it does not end:\n%s", term.said)
		return -1
	}
}

// realPlugin builds AWS's own plugin and returns a search path on which it
// comes first.
func realPlugin(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	c := exec.Command("go", "build", "-C", "sessionplugin", "-o", filepath.Join(dir, pluginName), ".")
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("AWS's session-manager-plugin cannot be built from its source here: %v\n%s", err, out)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

// realSession holds a session at a terminal with AWS's CLI and its plugin.
func (p *platform) realSession(t *testing.T, task string) {
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	c := exec.Command(path, "ecs", "execute-command", "--cluster", "default", "--task", task, "--container", "main", "--interactive", "--command", "/bin/sh")
	c.Env = append(p.environ(), "PATH="+realPlugin(t), "HOME="+t.TempDir())
	term := atTerminal(t, c, 30, 100)
	term.hears("Starting session with SessionId: ecs-execute-command-")
	term.hears("/tmp #")
	term.types("echo $((6 * 7)) in $(id -u)", "42 in 0")
	until(t, 20*time.Second, "the terminal's size", func() bool { // the plugin looks twice a second
		_, err := term.master.WriteString("stty size\n")
		return err == nil && strings.Contains(term.said.String(), "30 100")
	})
	term.resize(31, 111)
	until(t, 20*time.Second, "the terminal's new size", func() bool {
		_, err := term.master.WriteString("stty size\n")
		return err == nil && strings.Contains(term.said.String(), "31 111")
	})
	term.types("seq 30000; echo all $((1 + 1))", "all 2")
	term.types("sleep 4005", "sleep 4005")
	until(t, 20*time.Second, "the command in the session", func() bool { return runs("sleep 4005") == 1 })
	if _, err := term.master.WriteString("\x03"); err != nil { // Ctrl-C is the command's
		t.Fatal(err)
	}
	// The plugin numbers signals and keys apart from each other, without a lock:
	// what is typed at the same moment can take the same number and is lost.
	until(t, 20*time.Second, "the end of the command", func() bool { return runs("sleep 4005") == 0 })
	term.types("echo still $((1 + 2))", "still 3")
	if _, err := term.master.WriteString("exit\n"); err != nil {
		t.Fatal(err)
	}
	term.hears("Exiting session with sessionId: ecs-execute-command-")
	if code := term.end(c); code != 0 {
		t.Errorf("exit code %d\n%s", code, term.said)
	}
}

// ownTerminal holds a session at a terminal with roadstead exec.
func (p *platform) ownTerminal(t *testing.T, task string) {
	c := exec.Command(p.bin, "exec", task, "-t", "--", "/bin/sh")
	c.Env = append(p.environ(), "TERM=vt100")
	term := atTerminal(t, c, 30, 100)
	term.hears("#")
	term.types("stty size; echo $TERM", "30 100\r\nvt100")
	term.resize(41, 121)
	until(t, 20*time.Second, "the terminal's new size", func() bool {
		_, err := term.master.WriteString("stty size\n")
		return err == nil && strings.Contains(term.said.String(), "41 121")
	})
	term.types("trap 'echo got $((1 + 1))' INT; echo rea''dy", "ready")
	term.types("\x03", "got 2")
	if _, err := term.master.WriteString("exit 9\n"); err != nil {
		t.Fatal(err)
	}
	if code := term.end(c); code != 9 {
		t.Errorf("exit code %d\n%s", code, term.said)
	}
}

// pluginForwards reaches the port with AWS's CLI and its plugin, on one
// connection after the other.
func (p *platform) pluginForwards(t *testing.T, task string) {
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Log("the AWS CLI is not installed")
		return
	}
	described := p.task(task)
	target := fmt.Sprintf("ecs:default_%s_%s", (*described.TaskArn)[strings.LastIndexByte(*described.TaskArn, '/')+1:], *described.Containers[0].RuntimeId)
	c := exec.Command(path, "ssm", "start-session", "--target", target, "--document-name", "AWS-StartPortForwardingSession",
		"--parameters", "portNumber=8080,localPortNumber=0")
	c.Env = append(p.environ(), "PATH="+realPlugin(t), "HOME="+t.TempDir())
	term := atTerminal(t, c, 30, 100)
	term.hears(" opened for sessionId")
	_, rest, _ := strings.Cut(term.said.String(), "Port ")
	port, _, _ := strings.Cut(rest, " ")
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	term.hears("Connection accepted for session")
	conn.Close() // the client may hang up and call again
	if body := get(t, "http://127.0.0.1:"+port+"/"); body != "hello\n" {
		t.Errorf("it answers %q", body)
	}
	// When the container hangs up, which the plugin cannot be told alone, the session ends.
	term.hears("Exiting session")
	term.end(c)
}
