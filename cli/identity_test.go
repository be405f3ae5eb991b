package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func (w *world) join(dir, token string) (*instanceIdentity, error) {
	w.t.Helper()
	d, err := openDataDir(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	i, err := openInstanceIdentity(d, w.url, token, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return i, i.begin(w.t.Context())
}

func registration() *ecs.RegisterContainerInstanceInput {
	number := func(name string, n int32) types.Resource {
		return types.Resource{Name: &name, Type: aws.String("INTEGER"), IntegerValue: n}
	}
	return &ecs.RegisterContainerInstanceInput{Cluster: aws.String("default"), TotalResources: []types.Resource{number("CPU", 1024), number("MEMORY", 512)}}
}

func TestATokenMakesOneInstanceWithAnIdentityOfItsOwn(t *testing.T) {
	w := serveWorld(t)
	if _, err := ecs.NewFromConfig(w.root()).CreateCluster(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	token, first := strings.TrimSpace(w.roadstead("token")), t.TempDir()
	own, err := w.join(first, token)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(own.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the identity's file: %v %v", info, err)
	}
	given := own.current()
	if left := time.Until(given.Expires); left > identityLife || left < identityLife-time.Minute {
		t.Errorf("the identity lives for %v", left)
	}

	// The token itself opens nothing.
	asToken := ecs.NewFromConfig(w.as(own.token.AccessKeyID, own.token.SecretAccessKey, own.token.SessionToken))
	if _, err := asToken.RegisterContainerInstance(t.Context(), registration()); code(err) != "AccessDeniedException" {
		t.Errorf("the token registers an instance: %v", err)
	}
	registered, err := ecs.NewFromConfig(clientConfig(w.url, own)).RegisterContainerInstance(t.Context(), registration())
	if err != nil {
		t.Fatal(err)
	}

	// Neither another machine nor another directory has an identity for it; the
	// same one has, also when it lost the answer.
	if _, err := w.join(t.TempDir(), token); err == nil || !strings.Contains(err.Error(), "was used already") {
		t.Errorf("the token a second time: %v", err)
	}
	if err := os.Remove(own.path); err != nil {
		t.Fatal(err)
	}
	own.kept.Current = joinToken{}
	if err := own.save(); err != nil {
		t.Fatal(err)
	}
	again, err := w.join(first, token)
	if err != nil || again.current().AccessKeyID == given.AccessKeyID {
		t.Fatalf("the answer was lost: %v", err)
	}

	// A restart takes no token; a renewal takes the identity.
	restarted, err := w.join(first, "")
	if err != nil {
		t.Fatal(err)
	}
	before := restarted.current()
	if err := restarted.renew(t.Context()); err != nil || restarted.current() == before {
		t.Errorf("renewal: %v", err)
	}
	id, err := sts.NewFromConfig(clientConfig(w.url, restarted)).GetCallerIdentity(t.Context(), nil)
	if err != nil || !strings.HasSuffix(*registered.ContainerInstance.ContainerInstanceArn, "/"+after(*id.Arn)) {
		t.Errorf("the renewed identity is %v %v", id, err)
	}
	other := registration()
	other.ContainerInstanceArn = aws.String(one)
	if _, err := ecs.NewFromConfig(clientConfig(w.url, restarted)).RegisterContainerInstance(t.Context(), other); err == nil {
		t.Error("the identity registers another instance")
	}

	if _, err := ecs.NewFromConfig(w.root()).DeregisterContainerInstance(t.Context(), &ecs.DeregisterContainerInstanceInput{
		ContainerInstance: registered.ContainerInstance.ContainerInstanceArn, Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	var refused refusedError
	if err := restarted.renew(t.Context()); !errors.As(err, &refused) || !strings.Contains(err.Error(), "deregistered") {
		t.Errorf("a deregistered instance: %v", err)
	}
}

func after(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func TestAnIdentityOutlivesItsToken(t *testing.T) {
	w := serveWorld(t)
	dir, token := t.TempDir(), strings.TrimSpace(w.roadstead("token", "--ttl", "1h"))
	own, err := w.join(dir, token)
	if err != nil {
		t.Fatal(err)
	}
	late, err := openInstanceIdentity(dataDir(dir), w.url, token, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	late.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if err := late.begin(t.Context()); err != nil || late.current() != own.current() {
		t.Errorf("an identity whose token has expired: %v", err)
	}
	late.now = func() time.Time { return time.Now().Add(identityLife) }
	if err := late.begin(t.Context()); err == nil || !strings.Contains(err.Error(), "new token") {
		t.Errorf("both have expired: %v", err)
	}
	if _, errs, code := run(t, "token", "--ttl", "1000h", "--data-dir", string(w.options.dir)); code == 0 {
		t.Errorf("a token for ever: %s", errs)
	}
	// An instance that waits for a server that is not there can be told to stop.
	nobody, err := openInstanceIdentity(dataDir(t.TempDir()), "http://127.0.0.1:1", token, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := nobody.begin(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while waiting: %v", err)
	}
}
