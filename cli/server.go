package cli

import (
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func serverCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "server", Short: "Run the control plane alone", Args: cobra.NoArgs,
		Long: "Run the control plane without a container instance. Instances join with `roadstead agent`, or with the Amazon ECS agent.",
	}
	flags := addServerFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		log := logger(c.ErrOrStderr(), *flags.verbose)
		d, err := openDataDir(*flags.dir)
		if err != nil {
			return err
		}
		release, err := d.lock()
		if err != nil {
			return err
		}
		defer release()
		planned, err := flags.plane(d, log)
		if err != nil {
			return err
		}
		p, err := openPlane(c.Context(), planned)
		if err != nil {
			return err
		}
		defer p.close()
		group, ctx := errgroup.WithContext(c.Context())
		group.Go(func() error { return p.run(ctx) })
		group.Go(func() error {
			if err := p.ensureDefaultCluster(ctx); err != nil {
				return err
			}
			return announce(ctx, c.OutOrStdout(), p, 0)
		})
		return quiet(group.Wait())
	}
	return c
}
