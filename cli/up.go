package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/auth/throttle"
)

// serverFlags are shared by up and server.
type serverFlags struct {
	dir, listen *string
	etcd        *[]string
	verbose     *bool
	identity    *string
	rootKey     *string
	throttle    *string
	secure      *security
	agents      *string
	scraping    *scraping
}

// plane returns the options of the control plane that the flags ask for.
func (f serverFlags) plane(d dataDir, log *slog.Logger) (planeOptions, error) {
	rates, err := throttle.ParseRates(*f.throttle)
	if err != nil {
		return planeOptions{}, fmt.Errorf("--throttle: %w", err)
	}
	key, err := orIdentity(*f.rootKey, *f.identity)
	if err != nil {
		return planeOptions{}, err
	}
	s := *f.secure
	switch *f.agents {
	case "optional", "required":
		s.required = *f.agents == "required"
		if s.life != 0 && s.life < leastCertificateLife {
			return planeOptions{}, fmt.Errorf("--agent-certificate-life %v: it is at least %v", s.life, leastCertificateLife)
		}
	default:
		return planeOptions{}, fmt.Errorf("--agent-certificates %q: it is optional or required", *f.agents)
	}
	return planeOptions{secure: s, dir: d, listen: *f.listen, etcd: *f.etcd, rates: rates, rootKey: key, scraping: *f.scraping, log: log}, nil
}

// leastCertificateLife leaves time to renew a certificate.
const leastCertificateLife = 3 * time.Second

func addServerFlags(c *cobra.Command) serverFlags {
	s := &security{}
	c.Flags().BoolVar(&s.tls, "tls", false, "serve TLS 1.3 with certificates of Roadstead's own authority (made in the data directory)")
	c.Flags().StringVar(&s.certificate, "tls-cert", "", "serve TLS 1.3 with this certificate and its chain, in PEM; it is read again when it changes")
	c.Flags().StringVar(&s.key, "tls-key", "", "key of --tls-cert, in PEM")
	c.Flags().StringVar(&s.bundle, "tls-ca", "", "certificates that clients and instances verify --tls-cert by (default: their system's)")
	c.Flags().BoolVar(&s.insecure, "insecure", false, "serve addresses other than loopback without TLS")
	c.Flags().StringVar(&s.advertise, "advertise", "", "HOST:PORT that clients and instances reach the server under (default: the address of --listen)")
	c.Flags().DurationVar(&s.life, "agent-certificate-life", 0, "how long the certificates of instances are good; they are renewed when two thirds of it are over (default 1h)")
	return serverFlags{
		dir:      addDataDir(c),
		listen:   c.Flags().String("listen", "127.0.0.1:4566", "address to serve the AWS APIs on"),
		etcd:     c.Flags().StringSlice("etcd", nil, "endpoints of an external etcd (default: an embedded one)"),
		verbose:  c.Flags().Bool("verbose", false, "log what happens inside"),
		identity: c.Flags().String("root-identity", "", "age identity file: the same as --root-key age:FILE"),
		rootKey:  c.Flags().String("root-key", "", rootKeyUsage),
		secure:   s,
		scraping: addScraping(c),
		agents:   c.Flags().String("agent-certificates", "optional", `whether agents must show the certificate of their instance, with TLS: "optional" or "required"`),
		throttle: c.Flags().String("throttle", "", `calls per second of one caller, as "read=5000,write=2000,expensive=200,refused=50" or "off"`),
	}
}

func logger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

func upCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "up", Short: "Run the control plane and a container instance on this machine", Args: cobra.NoArgs,
		Long: `Run the control plane and a container instance in this process.

It prints "roadstead is ready: URL" once API calls succeed and the instance can take tasks.
Ctrl-C stops it and leaves containers running: the next start takes them over.
With --rm, stopping removes everything that was made.

With --instances N there are N container instances on this machine, for development and tests: each lends
an Nth of its processors and memory, has containers and networks of its own, and they are in the
availability zones a, b and c by turns. Start it with as many the next time: what ran on an instance that
is missing is replaced on the others, and its containers stay until "roadstead down".

The instances take tasks of Fargate, too, from whichever cluster.`,
	}
	flags := addServerFlags(c)
	lends, pulls := addLendingFlags(c), addPullFlags(c)
	remove := c.Flags().Bool("rm", false, "remove everything when stopped")
	instances := c.Flags().Int("instances", 1, "how many container instances to run")
	provider := c.Flags().String("capacity-provider", "", capacityProviderUsage)
	fargate := c.Flags().Bool("fargate", true, "take tasks of Fargate, too")
	host := c.Flags().String("containerd", "", "address of the host's containerd (default: our own)")
	apis := c.Flags().Bool("apis-for-tasks", false, apisForTasksUsage)
	tells := addInstanceMetadata(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := checkInstanceMetadata(*tells); err != nil {
			return err
		}
		if *instances < 1 || *instances > maxInstances {
			return fmt.Errorf("--instances %d: there can be 1 to %d", *instances, maxInstances)
		}
		attributes := supplying(*provider)
		if *fargate {
			attributes = append(attributes, takesFargate())
		}
		return up(c.Context(), c.OutOrStdout(), flags, *remove, *instances,
			nodeOptions{containerd: *host, lending: *lends, pulling: *pulls, attributes: attributes, apis: *apis, instanceMetadata: *tells}, logger(c.ErrOrStderr(), *flags.verbose))
	}
	return c
}

// up runs the control plane and instances; of the instances' options those
// that the command line knows are given.
func up(ctx context.Context, out io.Writer, f serverFlags, remove bool, instances int, options nodeOptions, log *slog.Logger) error {
	d, err := openDataDir(*f.dir)
	if err != nil {
		return err
	}
	release, err := d.lock()
	if err != nil {
		return err
	}
	defer release()
	planned, err := f.plane(d, log)
	if err != nil {
		return err
	}
	p, err := openPlane(ctx, planned)
	if err != nil {
		return err
	}
	key := p.keys.Bootstrap()
	options.dir, options.url, options.cluster, options.log, options.prepared = d, p.url, defaultCluster, log, max(preparedNamespaces/instances, 1)
	options.bundle, options.issue = d.readBundle(), p.issueTo
	options.credentials = staticCredentials(key.AccessKeyID, key.SecretAccessKey, "")
	if options.runtimes, err = options.lending.ociRuntimes(ctx, log); err != nil {
		p.close()
		return err
	}
	numbers := make([]int, instances)
	for i := range numbers {
		numbers[i] = i + 1
	}
	nodes, err := openNodes(options, numbers)
	if err != nil {
		p.close()
		return err
	}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return p.run(running) })
	group.Go(func() error {
		if err := p.ensureDefaultCluster(running); err != nil {
			return err
		}
		lasting, end := p.afterSessions(running)
		defer end()
		return runNodes(lasting, nodes)
	})
	group.Go(func() error { return announce(running, out, p, instances) })
	err = group.Wait()
	p.close()
	if remove {
		err = errors.Join(quiet(err), removeEverything(context.WithoutCancel(ctx), d, options))
	}
	return quiet(err)
}

// sessionsEnd is how long instances wait for the end of sessions.
const sessionsEnd = 5 * time.Second

// afterSessions returns a context for the instances of this process, which ends
// after ctx, when sessions with containers have ended: who is in one is told
// why, if the instance has not hung up first.
func (p *plane) afterSessions(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		limit := time.AfterFunc(sessionsEnd, cancel)
		defer limit.Stop()
		p.exec.Shutdown()
		cancel()
	})
	return lasting, func() { stop(); cancel() }
}

// quiet drops the error of having been told to stop.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

const defaultCluster = "default"

// client returns an ECS client with the bootstrap key.
func (p *plane) client() *ecs.Client {
	key := p.keys.Bootstrap()
	return ecs.NewFromConfig(trusting(clientConfig(p.url, staticCredentials(key.AccessKeyID, key.SecretAccessKey, "")), p.options.dir.readBundle()))
}

// ensureDefaultCluster makes the cluster that the machine's own instance
// joins, unless it is there.
func (p *plane) ensureDefaultCluster(ctx context.Context) error {
	out, err := p.client().DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{defaultCluster}})
	if err == nil && (len(out.Clusters) == 0 || aws.ToString(out.Clusters[0].Status) != "ACTIVE") {
		_, err = p.client().CreateCluster(ctx, &ecs.CreateClusterInput{})
	}
	if err != nil {
		return fmt.Errorf("default cluster: %w", err)
	}
	return nil
}

// announce says that the server is ready once API calls succeed and as many
// instances are connected.
func announce(ctx context.Context, out io.Writer, p *plane, instances int) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		ready, err := p.answers(ctx, instances)
		if ready {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.options.log.Debug("not ready yet", "error", err)
		}
		time.Sleep(wait)
	}
	if err := p.options.dir.writeEndpoint(p.url); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "roadstead is ready: %s\n", p.url)
	if f, ok := out.(*os.File); ok {
		_ = f.Sync() // a pipe cannot be synced, and need not
	}
	return err
}

func (p *plane) answers(ctx context.Context, instances int) (bool, error) {
	out, err := p.client().ListClusters(ctx, &ecs.ListClustersInput{})
	if err != nil || instances == 0 {
		return err == nil && out != nil, err
	}
	list, err := p.client().ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{})
	if err != nil || len(list.ContainerInstanceArns) == 0 {
		return false, err
	}
	some, err := p.client().DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: list.ContainerInstanceArns})
	if err != nil {
		return false, err
	}
	connected := 0
	for _, i := range some.ContainerInstances {
		if i.AgentConnected {
			connected++
		}
	}
	return connected >= instances, nil
}
