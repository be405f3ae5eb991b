// Package cli is the composition root: it reads flags, constructs the rooms,
// introduces them to each other, and handles signals. It decides nothing that
// a room could decide.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/agent/mount"
	"github.com/roadstead/roadstead/agent/runtime/containerd"
)

// Version is the version of this build; the Makefile sets it.
var Version = "dev" //law:allow set by the linker

// Main runs the program and returns its exit code. The same binary is also
// containerd, its shim, and the helper that mounts, when it was started as one
// of them.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if code, mine := containerd.Main(args, stderr); mine {
		return code
	}
	if code, mine := mount.Main(args, stderr); mine {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := command()
	root.SetArgs(args[1:])
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return 0
	}
	var code exitError
	if errors.As(err, &code) {
		return int(code)
	}
	fmt.Fprintln(stderr, "roadstead:", err)
	return 1
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "roadstead",
		Short: "The AWS container services on your own machines",
		Long: `Roadstead speaks the AWS APIs (ECS, ECR, CloudWatch Logs, STS) and runs real containers.

  roadstead up                    start everything on this machine
  eval "$(roadstead env)"         point the aws CLI, SDKs and Terraform at it
  aws ecs list-clusters           ... and use them as usual
  roadstead down                  remove everything again`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       Version,
	}
	root.AddCommand(upCommand(), serverCommand(), agentCommand(), downCommand(), envCommand(), explainCommand(), execCommand(), logsCommand(), portForwardCommand(), copyCommand(), tokenCommand(), accountCommand(), rootKeyCommand(), auditCommand(), secretsCommand(), spotCommand(), runtimeCommand(), demoCommand(), versionCommand())
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "roadstead", Version) },
	}
}
