package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	goruntime "runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/agent/imds"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
)

// instancePort is where, on the bridge's address, the machine's own requests to
// 169.254.169.254 arrive.
const instancePort = 51681

// addInstanceMetadata adds the flag that says whether, and how, this machine is
// told of itself at 169.254.169.254. It is off by default, because it hides the
// instance metadata of a cloud that the machine may be in.
func addInstanceMetadata(c *cobra.Command) *string {
	return c.Flags().String("instance-metadata", "off", `answer the machine's own requests to 169.254.169.254 as EC2's instance metadata service does: "off", `+
		`"required" (session tokens, version 2) or "optional" (version 1, too). It hides a cloud's own, and gives the instance's credentials to every process of the machine and to tasks in network mode host`)
}

func checkInstanceMetadata(mode string) error {
	switch mode {
	case "off", "required", "optional":
		return nil
	}
	return fmt.Errorf("--instance-metadata %q: it is off, required or optional", mode)
}

// tellsOfItself says whether the node answers at 169.254.169.254.
func (o nodeOptions) tellsOfItself() bool {
	return o.instanceMetadata != "" && o.instanceMetadata != "off"
}

// serveInstance answers the machine's own requests to 169.254.169.254.
func (n *node) serveInstance(ctx context.Context) error {
	if !n.options.tellsOfItself() {
		return nil
	}
	since := time.Now()
	answer := imds.New(func() (imds.Instance, bool) { return n.describe(since) }, imds.Options{Optional: n.options.instanceMetadata == "optional",
		Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(n.ownCredentials), func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 30 * time.Minute })})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !n.network.FromHost(from.Addr().Unmap()) {
			http.Error(w, "403 - Forbidden", http.StatusForbidden)
			return
		}
		answer.ServeHTTP(w, r)
	})
	address := netip.AddrPortFrom(n.network.Gateway(), instancePort).String()
	server := &http.Server{Addr: address, Handler: handler, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return fmt.Errorf("serve instance metadata at %s: %w", address, err)
	}
	return ctx.Err()
}

// describe says what the instance is, once it is registered.
func (n *node) describe(since time.Time) (imds.Instance, bool) {
	arn, ok := model.ParseARN(n.agent.InstanceARN())
	if !ok {
		return imds.Instance{}, false
	}
	out := imds.Instance{ID: machineID(arn.Resource), Type: "roadstead", Region: region, Account: arn.Account, Since: since, Role: instanceRoleName,
		Architecture: map[string]string{"amd64": "x86_64", "arm64": "arm64"}[goruntime.GOARCH], Zone: region + zoneOf(n.options)}
	out.Hostname, _ = os.Hostname() // it is left out then
	for _, a := range machineAddresses() {
		if ip, err := netip.ParseAddr(a); err == nil && ip.Is4() && ip.IsGlobalUnicast() && ip != n.network.Gateway() {
			out.Address = a
			break
		}
	}
	return out, true
}

// machineID makes an id as EC2's of a container instance's: the same whenever
// it is asked for.
func machineID(resource string) string {
	id := resource[strings.LastIndexByte(resource, '/')+1:]
	return "i-" + id[:min(17, len(id))]
}

// ownCredentials are a session of the instance: for nothing but what an agent
// does, and not the key that the whole account is under.
func (n *node) ownCredentials(ctx context.Context) (aws.Credentials, error) {
	if n.options.issue == nil {
		return n.options.credentials.Retrieve(ctx)
	}
	return n.options.issue(n.agent.InstanceARN())
}

// issueTo issues sessions to instances in the server's own process.
func (p *plane) issueTo(instance string) (aws.Credentials, error) {
	if instance == "" {
		return aws.Credentials{}, errors.New("the instance is not registered yet")
	}
	s, err := issueInstance(p.keys, caller.Instance, instance, time.Now(), identityLife)
	if err != nil {
		return aws.Credentials{}, err
	}
	return aws.Credentials{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken, CanExpire: true, Expires: s.Expiration}, nil
}
