package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/dispatch/datachannel"
)

// pluginName is the program that AWS's CLI starts for a session.
const pluginName = "session-manager-plugin"

// TestMain makes this program the plugin when it is called so. The tests know
// nothing of what their starter's clients of AWS are told, nor of proxies.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == pluginName {
		os.Exit(plugin(os.Args, os.Stdin, os.Stdout))
	}
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToLower(name), "_proxy") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// plugin does what AWS's plugin does with its arguments: session, region,
// operation, profile, parameters of the request, endpoint.
// Source: session-manager-plugin, ValidateInputAndStartSession.
func plugin(args []string, in io.Reader, out io.Writer) int {
	if len(args) == 1 {
		fmt.Fprint(out, "\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n\n")
		return 0
	}
	if len(args) != 7 || args[3] != "StartSession" {
		fmt.Fprintf(out, "Invalid Operation: %q\n", args)
		return 1
	}
	var session struct{ SessionID, StreamURL, TokenValue string }
	var request struct{ Target string }
	if err := json.Unmarshal([]byte(args[1]), &session); err != nil {
		fmt.Fprintf(out, "Cannot perform start session: %v\n", err)
		return 1
	}
	if err := json.Unmarshal([]byte(args[5]), &request); err != nil || request.Target == "" {
		fmt.Fprintf(out, "no target in %s: %v\n", args[5], err)
		return 1
	}
	fmt.Fprintf(out, "\nStarting session with SessionId: %s\n", session.SessionID)
	client, err := datachannel.Dial(context.Background(), session.StreamURL, session.TokenValue, datachannel.ClientOptions{})
	if err != nil {
		fmt.Fprintf(out, "Cannot perform start session: %v\n", err)
		return 1
	}
	defer client.Close()
	end, err := client.Run(context.Background(), datachannel.Streams{Stdin: in, Stdout: out, Stderr: out})
	if err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	if end.Why != "" {
		fmt.Fprintf(out, "\n\nSessionId: %s : %s\n\n", session.SessionID, end.Why)
		return 0
	}
	fmt.Fprintf(out, "\n\nExiting session with sessionId: %s.\n\n", session.SessionID)
	return 0
}

// withPlugin returns a search path on which the plugin comes first.
func withPlugin(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, pluginName)); err != nil {
		t.Fatal(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}
