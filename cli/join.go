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
	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/auth/session"
	"github.com/roadstead/roadstead/model"
)

// joinToken is what an instance joins with: a session that is good for the first
// identity of one container instance, once, and for nothing else.
type joinToken struct {
	AccessKeyID     string    `json:"a"`
	SecretAccessKey string    `json:"s"`
	SessionToken    string    `json:"t"`
	Expires         time.Time `json:"e"`
	// Bundle is what the server is verified by, in PEM; "" is the system's roots.
	Bundle string `json:"c,omitempty"`
}

// instanceRole is the role that sessions of an account's instances are of.
func instanceRole(account string) string {
	return model.Scope{Account: account}.RoleARN("/", instanceRoleName)
}

const instanceRoleName = "roadsteadInstanceRole"

// How long join tokens are valid.
const (
	defaultTokenLife = 24 * time.Hour
	maxTokenLife     = 30 * 24 * time.Hour
)

func tokenLife(asked time.Duration, env bool) (time.Duration, error) {
	switch {
	case asked < 0 || asked > maxTokenLife:
		return 0, fmt.Errorf("--ttl %v: it is at most %v", asked, maxTokenLife)
	case asked == 0 && env:
		return maxTokenLife, nil
	case asked == 0:
		return defaultTokenLife, nil
	}
	return asked, nil
}

// issueInstance issues a session of a container instance.
func issueInstance(keys *keyring.Keyring, purpose caller.Purpose, instance string, now time.Time, lasts time.Duration) (session.Credentials, error) {
	a, ok := model.ParseARN(instance)
	if !ok {
		return session.Credentials{}, fmt.Errorf("%q is not the ARN of a container instance", instance)
	}
	role := instanceRole(a.Account)
	who := caller.NewSession(purpose, role, roleID(role), instance[strings.LastIndexByte(instance, '/')+1:])
	who.BoundTo, who.IssuedAt = instance, now
	return keys.Sessions().Issue(who, now.Add(lasts))
}

func tokenCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "token", Short: "Print a token that a container instance can join with", Args: cobra.NoArgs,
		Long: `Print a token for "roadstead agent --token". It makes one container instance of one cluster: make a token for each machine.
It works once: the agent gets an identity of its own for it, which lives for hours and is renewed as long as the agent runs.
With --env it is such an identity itself, and lives as long as --ttl says: the Amazon ECS agent cannot renew it.`,
	}
	dir := addDataDir(c)
	cluster := c.Flags().String("cluster", defaultCluster, "cluster that the instance joins")
	pool := c.Flags().Bool("fargate", false, "the instance takes tasks of Fargate and no others, and is shown in no cluster")
	env := c.Flags().Bool("env", false, "print it as AWS_... variables instead, for the Amazon ECS agent")
	life := c.Flags().Duration("ttl", 0, "how long the token is valid (default 24h, with --env 720h, which is the most)")
	of := c.Flags().String("account", account, "account that the instance belongs to")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *pool {
			*cluster = model.FargateCluster
		}
		d, err := openDataDir(*dir)
		if err != nil {
			return err
		}
		keys, err := keyring.Open(string(d), rand.Reader, keyring.Options{Account: account})
		if err != nil {
			return err
		}
		purpose := caller.Joining
		if *env {
			purpose = caller.Instance
		}
		lasts, err := tokenLife(*life, *env)
		if err != nil {
			return err
		}
		id := strings.ReplaceAll(uuid.NewString(), "-", "")
		s, err := issueInstance(keys, purpose, model.Scope{Region: region, Account: *of}.ContainerInstanceARN(*cluster, id), time.Now(), lasts)
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
	token := c.Flags().String("token", "", "token that `roadstead token` printed on the server; needed once")
	cluster := c.Flags().String("cluster", defaultCluster, "cluster to join; the token must be for the same")
	pool := c.Flags().Bool("fargate", false, "take tasks of Fargate and no others, and be shown in no cluster; the token must be for the same")
	lends, pulls := addLendingFlags(c), addPullFlags(c)
	provider := c.Flags().String("capacity-provider", "", capacityProviderUsage)
	host := c.Flags().String("containerd", "", "address of the host's containerd (default: our own)")
	apis := c.Flags().Bool("apis-for-tasks", false, apisForTasksUsage)
	tells := addInstanceMetadata(c)
	verbose := c.Flags().Bool("verbose", false, "log what happens inside")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := checkInstanceMetadata(*tells); err != nil {
			return err
		}
		if *server == "" {
			return errors.New("--server and --token are needed: see `roadstead agent --help`")
		}
		if *pool {
			*cluster = model.FargateCluster
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
		log := logger(c.ErrOrStderr(), *verbose)
		own, err := openInstanceIdentity(d, strings.TrimSuffix(*server, "/"), *token, log)
		if err != nil {
			return err
		}
		if err := own.begin(c.Context()); err != nil {
			return err
		}
		runtimes, err := lends.ociRuntimes(c.Context(), log)
		if err != nil {
			return err
		}
		n, err := openNode(nodeOptions{dir: d, runtimes: runtimes, bundle: []byte(own.kept.Bundle), url: own.url, cluster: *cluster, containerd: *host, apis: *apis, instanceMetadata: *tells,
			log: log, prepared: preparedNamespaces, lending: *lends, pulling: *pulls, attributes: supplying(*provider), credentials: own})
		if err != nil {
			return err
		}
		group, ctx := errgroup.WithContext(c.Context())
		group.Go(func() error { own.run(ctx); return nil })
		group.Go(func() error { return n.run(ctx) })
		return quiet(group.Wait())
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
