package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/auth/keyring"
)

func envCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "env", Short: "Print the environment that points AWS clients at this Roadstead", Args: cobra.NoArgs,
		Example: `  eval "$(roadstead env)"`,
	}
	dir := addDataDir(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		d, err := openDataDir(*dir)
		if err != nil {
			return err
		}
		url, err := d.endpoint()
		if err != nil {
			return err
		}
		key, err := keyring.Load(string(d))
		if err != nil {
			return err
		}
		printEnvironment(c.OutOrStdout(), d, url, key)
		return nil
	}
	return c
}

// printEnvironment prints what points AWS clients at a server with a key.
func printEnvironment(out io.Writer, d dataDir, url string, key keyring.Bootstrap) {
	for _, v := range [][2]string{
		{"AWS_ENDPOINT_URL", url},
		{"AWS_ACCESS_KEY_ID", key.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", key.SecretAccessKey},
		{"AWS_REGION", region},
		{"AWS_DEFAULT_REGION", region}, // version 1 of the aws CLI knows only this one
	} {
		fmt.Fprintf(out, "export %s=%s\n", v[0], v[1])
	}
	if strings.HasPrefix(url, "https:") && d.readBundle() != nil {
		fmt.Fprintf(out, "export AWS_CA_BUNDLE=%s\n", d.bundle())
		// Exported, it would be all that other programs trust.
		fmt.Fprintln(out, "# aws ecs execute-command: its plugin knows only SSL_CERT_FILE=$AWS_CA_BUNDLE, set it for that command")
	}
	fmt.Fprintln(out, "unset AWS_SESSION_TOKEN AWS_PROFILE")
}
