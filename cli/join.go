package cli

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/model"
)

// joinToken is what an instance joins with: a session of one container
// instance, which may do what agents do, for that instance and nothing else. It
// is not rotated yet: an instance stops working when it expires.
type joinToken struct {
	AccessKeyID     string    `json:"a"`
	SecretAccessKey string    `json:"s"`
	SessionToken    string    `json:"t"`
	Expires         time.Time `json:"e"`
	// Bundle is what the server is verified by, in PEM; "" is the system's roots.
	Bundle string `json:"c,omitempty"`
}

// instanceRole is the role that instances' sessions are of.
const instanceRole = "arn:aws:iam::" + account + ":role/roadsteadInstanceRole"

func tokenCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "token", Short: "Print a token that a container instance can join with", Args: cobra.NoArgs,
		Long: `Print a token for "roadstead agent --token". It makes one container instance of one cluster: make a token for each machine.
It may do what that instance does and nothing else, and it cannot be renewed yet.`,
	}
	dir := addDataDir(c)
	cluster := c.Flags().String("cluster", defaultCluster, "cluster that the instance joins")
	env := c.Flags().Bool("env", false, "print it as AWS_... variables instead, for the Amazon ECS agent")
	life := c.Flags().Duration("ttl", 30*24*time.Hour, "how long the token is valid")
	c.RunE = func(c *cobra.Command, _ []string) error {
		d, err := openDataDir(*dir)
		if err != nil {
			return err
		}
		keys, err := keyring.Open(string(d), rand.Reader, keyring.Options{Account: account})
		if err != nil {
			return err
		}
		id := strings.ReplaceAll(uuid.NewString(), "-", "")
		who := caller.NewSession(caller.Instance, instanceRole, roleID(instanceRole), id)
		who.BoundTo = model.Scope{Region: region, Account: account}.ContainerInstanceARN(*cluster, id)
		s, err := keys.Sessions().Issue(who, time.Now().Add(*life))
		if err != nil {
			return err
		}
		if *env {
			fmt.Fprintf(c.OutOrStdout(), "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\nAWS_SESSION_TOKEN=%s\nAWS_REGION=%s\nAWS_DEFAULT_REGION=%s\n",
				s.AccessKeyID, s.SecretAccessKey, s.SessionToken, region, region)
			return nil
		}
		text, err := json.Marshal(joinToken{s.AccessKeyID, s.SecretAccessKey, s.SessionToken, s.Expiration, string(d.readBundle())})
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), base64.RawURLEncoding.EncodeToString(text))
		return nil
	}
	return c
}

func readJoinToken(text string) (t joinToken, err error) {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(text))
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	if err != nil || t.AccessKeyID == "" {
		return t, errors.New("--token is not a token of `roadstead token`")
	}
	if t.Bundle != "" && !validBundle(t.Bundle) {
		return t, errors.New("--token has certificates that cannot be read: make a new one with `roadstead token` on the server")
	}
	if time.Now().After(t.Expires) {
		return t, fmt.Errorf("the token expired at %s: make a new one with `roadstead token` on the server", t.Expires.Format(time.RFC3339))
	}
	return t, nil
}

func agentCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "agent", Short: "Run a container instance that joins a control plane", Args: cobra.NoArgs,
		Example: `  roadstead agent --server http://127.0.0.1:4566 --token "$(roadstead token)" \
    --data-dir /var/lib/roadstead-agent`,
	}
	dir := addDataDir(c)
	server := c.Flags().String("server", "", "URL of the control plane")
	token := c.Flags().String("token", "", "token that `roadstead token` printed on the server")
	cluster := c.Flags().String("cluster", defaultCluster, "cluster to join; the token must be for the same")
	attributes := c.Flags().StringToString("attribute", nil, "attributes of the instance, NAME=VALUE")
	provider := c.Flags().String("capacity-provider", "", capacityProviderUsage)
	host := c.Flags().String("containerd", "", "address of the host's containerd (default: our own)")
	verbose := c.Flags().Bool("verbose", false, "log what happens inside")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *server == "" || *token == "" {
			return errors.New("--server and --token are needed: see `roadstead agent --help`")
		}
		t, err := readJoinToken(*token)
		if err != nil {
			return err
		}
		d, err := openDataDir(*dir)
		if err != nil {
			return err
		}
		release, err := d.lock()
		if err != nil {
			return err
		}
		defer release()
		n, err := openNode(nodeOptions{dir: d, bundle: []byte(t.Bundle), url: strings.TrimSuffix(*server, "/"), cluster: *cluster, containerd: *host,
			log: logger(c.ErrOrStderr(), *verbose), prepared: preparedNamespaces, attributes: append(custom(*attributes), supplying(*provider)...),
			credentials: staticCredentials(t.AccessKeyID, t.SecretAccessKey, t.SessionToken)})
		if err != nil {
			return err
		}
		return quiet(n.run(c.Context()))
	}
	return c
}

const capacityProviderUsage = "name of the capacity provider that the instance belongs to; it must be there"

// supplying is the attribute of an instance that belongs to the capacity
// provider; none for "".
func supplying(provider string) []types.Attribute {
	if provider == "" {
		return nil
	}
	return []types.Attribute{{Name: aws.String(model.AttributeCapacityProvider), Value: aws.String(provider)}}
}

func custom(attributes map[string]string) (out []types.Attribute) {
	for name, value := range attributes {
		out = append(out, types.Attribute{Name: aws.String(name), Value: aws.String(value)})
	}
	return out
}
