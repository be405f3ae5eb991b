package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func downCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "down", Short: "Stop Roadstead and remove everything that it made", Args: cobra.NoArgs,
		Long: `Stop the running process, remove every container, network, mount, control group and firewall rule,
and then the data directory with images, logs and state.`,
	}
	dir := addDataDir(c)
	verbose := c.Flags().Bool("verbose", false, "log what happens inside")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := os.Stat(*dir); errors.Is(err, os.ErrNotExist) {
			fmt.Fprintln(c.OutOrStdout(), "there is nothing to remove at", *dir)
			return nil
		}
		d, err := openDataDir(*dir)
		if err != nil {
			return err
		}
		if err := d.stopHolder(c.Context()); err != nil {
			return err
		}
		release, err := d.lock()
		if err != nil {
			return err
		}
		defer release()
		if err := removeEverything(c.Context(), d, nodeOptions{dir: d, url: "http://127.0.0.1", cluster: defaultCluster,
			log: logger(c.ErrOrStderr(), *verbose), credentials: staticCredentials("none", "none", "")}); err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), "everything of", d, "is removed")
		return nil
	}
	return c
}

// stopPatience is how long a running process may take to stop.
const stopPatience = 30 * time.Second

// stopHolder stops the process that uses the folder and waits until it has
// ended.
func (d dataDir) stopHolder(ctx context.Context) error {
	pid := d.holder()
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	for deadline := time.Now().Add(stopPatience); d.holder() == pid; time.Sleep(50 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d does not stop: end it, then try again", pid)
		}
	}
	return nil
}
