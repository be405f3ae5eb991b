package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/dispatch/datachannel"
)

// exitError ends the program with an exit code of somebody else's, and says
// nothing more.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// person is a user of the public API at a terminal.
type person struct {
	ecs     *ecs.Client
	logs    *cloudwatchlogs.Client
	http    *http.Client // for sessions; nil is the default
	cluster string
}

// personFlags are those of every command that speaks to a server.
type personFlags struct{ dir, cluster *string }

const personHelp = `
The endpoint and the credentials are those of AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they are set, else
those of the data directory.`

func addPersonFlags(c *cobra.Command) personFlags {
	return personFlags{c.Flags().String("data-dir", defaultDataDir(), "folder for everything that Roadstead keeps"),
		c.Flags().String("cluster", defaultCluster, "name or ARN of the cluster")}
}

func (f personFlags) person() (*person, error) {
	config, bundle, err := publicConfig(*f.dir)
	if err != nil {
		return nil, err
	}
	p := &person{ecs: ecs.NewFromConfig(config), logs: cloudwatchlogs.NewFromConfig(config), cluster: *f.cluster}
	if bundle != nil {
		p.http = &http.Client{Transport: trustingTransport(bundle)}
	}
	return p, nil
}

// publicConfig says how to reach the server that the environment or the data
// directory names.
func publicConfig(dir string) (aws.Config, []byte, error) {
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
		if id == "" || secret == "" {
			return aws.Config{}, nil, errors.New("AWS_ENDPOINT_URL is set, but AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not")
		}
		bundle, err := os.ReadFile(os.Getenv("AWS_CA_BUNDLE"))
		if err != nil && os.Getenv("AWS_CA_BUNDLE") != "" {
			return aws.Config{}, nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
		}
		return trusting(clientConfig(url, staticCredentials(id, secret, os.Getenv("AWS_SESSION_TOKEN"))), bundle), bundle, nil
	}
	d, err := openDataDir(dir)
	if err != nil {
		return aws.Config{}, nil, err
	}
	url, err := d.endpoint()
	if err != nil {
		return aws.Config{}, nil, err
	}
	key, err := keyring.Load(string(d))
	if err != nil {
		return aws.Config{}, nil, err
	}
	bundle := d.readBundle()
	return trusting(clientConfig(url, staticCredentials(key.AccessKeyID, key.SecretAccessKey, "")), bundle), bundle, nil
}

// open opens a session in a container of a task.
func (p *person) open(ctx context.Context, task, container, command string, e datachannel.Extension) (*datachannel.Client, error) {
	in := &ecs.ExecuteCommandInput{Cluster: &p.cluster, Task: &task, Command: &command, Interactive: true}
	if container != "" {
		in.Container = &container
	}
	out, err := p.ecs.ExecuteCommand(ctx, in)
	if err != nil {
		return nil, err
	}
	return datachannel.Dial(ctx, aws.ToString(out.Session.StreamUrl), aws.ToString(out.Session.TokenValue), datachannel.ClientOptions{HTTP: p.http, Extension: &e})
}

// ended is the error of a session that did not end as its command did.
func ended(end datachannel.Ending, err error) error {
	switch {
	case err != nil:
		return err
	case end.Why != "":
		return errors.New(end.Why)
	case end.ExitCode > 0:
		return exitError(end.ExitCode)
	case end.ExitCode < 0:
		return errors.New("the session ended before the command did")
	}
	return nil
}
