package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/dispatch/datachannel"
)

func execCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "exec TASK [-c CONTAINER] [-t] -- COMMAND [ARGUMENT...]", Short: "Run a command in a container of a task",
		Long: `Run a command in a container of a task that was started with enableExecuteCommand, without a plugin.
Standard input, output and error are the command's, and so is the exit code. With -t the command gets a terminal.` + personHelp,
		Example: "  roadstead exec 8f3a... -t -- /bin/sh\n  tar c . | roadstead exec 8f3a... -c web -- tar x -C /tmp",
		Args:    cobra.MinimumNArgs(2),
	}
	flags := addPersonFlags(c)
	container := c.Flags().StringP("container", "c", "", "name of the container (needed if the task has several)")
	terminal := c.Flags().BoolP("tty", "t", false, "give the command a terminal")
	c.Flags().BoolP("interactive", "i", true, "give the command the standard input")
	user := c.Flags().StringP("user", "u", "", "user to run as (default: root, as with ECS Exec)")
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := flags.person()
		if err != nil {
			return err
		}
		if at := c.ArgsLenAtDash(); at >= 0 && at != 1 {
			return fmt.Errorf("one task comes before --, not %d", at)
		}
		var streams = datachannel.Streams{Stdout: c.OutOrStdout(), Stderr: c.ErrOrStderr()}
		if interactive, err := c.Flags().GetBool("interactive"); err == nil && interactive {
			streams.Stdin = c.InOrStdin()
		} else {
			streams.Stdin = strings.NewReader("")
		}
		session, err := p.open(c.Context(), args[0], *container, quoted(args[1:]),
			datachannel.Extension{Terminal: *terminal, User: *user, Term: os.Getenv("TERM")})
		if err != nil {
			return err
		}
		defer session.Close()
		if *terminal {
			restore, err := rawTerminal(os.Stdin)
			if err != nil {
				return err
			}
			defer restore()
			sizes, stop := terminalSizes(c.Context(), os.Stdout)
			defer stop()
			streams.Sizes = sizes
		}
		return ended(session.Run(c.Context(), streams))
	}
	return c
}

// quoted joins words so that they are split in the same places again.
func quoted(words []string) string {
	var all []string
	for _, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\r\n'\"\\\\") {
			w = "'" + strings.ReplaceAll(w, "'", `'"'"'`) + "'"
		}
		all = append(all, w)
	}
	return strings.Join(all, " ")
}

// rawTerminal hands every key to the command, also those that would stop this
// program, until restore is called. What is no terminal stays as it is.
func rawTerminal(f *os.File) (restore func(), err error) {
	fd := int(f.Fd())
	old, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return func() {}, nil
	}
	raw := *old
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Oflag &^= unix.OPOST
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, old) }, nil
}

// terminalSizes tells the size of a terminal now and after each change. What is
// no terminal has none.
func terminalSizes(ctx context.Context, f *os.File) (<-chan datachannel.TerminalSize, func()) {
	ctx, cancel := context.WithCancel(ctx)
	sizes, ended := make(chan datachannel.TerminalSize, 1), make(chan struct{})
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	go func() {
		defer close(ended)
		for {
			if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
				select {
				case sizes <- datachannel.TerminalSize{Cols: uint32(size.Col), Rows: uint32(size.Row)}:
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sizes, func() { signal.Stop(changed); cancel(); <-ended }
}
