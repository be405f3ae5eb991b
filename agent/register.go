package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// registerTimeout is how long one attempt to register may take.
const registerTimeout = 20 * time.Second

// identity is what the instance remembers of its registration.
type identity struct {
	Cluster string `json:"cluster"`
	ARN     string `json:"containerInstanceArn"`
}

func (a *Agent) identityPath() string {
	return filepath.Join(a.options.Node.Dir, "instance.json")
}

func (a *Agent) loadIdentity() (id identity, err error) {
	text, err := os.ReadFile(a.identityPath())
	if errors.Is(err, fs.ErrNotExist) {
		return id, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &id)
	}
	if err != nil {
		return id, fmt.Errorf("identity of the container instance: %w", err)
	}
	if id.Cluster != a.options.Instance.Cluster {
		return id, fmt.Errorf("the instance is registered in cluster %q and was started for cluster %q: use another data directory",
			id.Cluster, a.options.Instance.Cluster)
	}
	return id, nil
}

// register registers the instance, again under the ARN that it has if it has
// one, until the control plane accepts it and the ARN is saved. An instance
// that was deregistered joins anew: somebody started the agent again.
func (a *Agent) register(ctx context.Context) error {
	id, err := a.loadIdentity()
	if err != nil {
		return err
	}
	saved := id.ARN
	var again backoff
	for {
		arn, err := a.registerOnce(ctx, id.ARN)
		switch {
		case inactive(err) && id.ARN != "":
			a.options.Logger.Warn("the instance was deregistered and joins anew", "containerInstance", id.ARN, "error", err)
			id.ARN = ""
			continue
		case terminal(err):
			return fmt.Errorf("register the container instance: %w", err)
		case err == nil && arn != saved:
			id.ARN = arn // if it cannot be saved, the next attempt is for the same instance
			if err = a.saveIdentity(arn); err == nil {
				saved = arn
			}
		}
		if err == nil {
			a.mu.Lock()
			a.arn = arn
			a.mu.Unlock()
			return nil
		}
		a.options.Logger.Warn("registration failed; trying again", "error", err)
		if !again.wait(ctx) {
			return ctx.Err()
		}
	}
}

func (a *Agent) saveIdentity(arn string) error {
	text, err := json.Marshal(identity{a.options.Instance.Cluster, arn})
	if err == nil {
		err = writeDurably(a.identityPath(), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("identity of the container instance: %w", err)
	}
	return nil
}

func (a *Agent) registerOnce(ctx context.Context, arn string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	gpus := a.lookForGPUs()
	in := &ecs.RegisterContainerInstanceInput{
		Cluster:        aws.String(a.options.Instance.Cluster),
		TotalResources: a.options.Instance.Resources,
		Attributes:     a.options.Instance.Attributes, PlatformDevices: platformDevices(gpus),
		Tags: a.options.Instance.Tags,
		VersionInfo: &types.VersionInfo{AgentVersion: aws.String(a.options.Instance.Version),
			AgentHash: aws.String(a.options.Instance.Hash)},
		InstanceIdentityDocument: aws.String(""), InstanceIdentityDocumentSignature: aws.String(""),
	}
	if arn != "" {
		in.ContainerInstanceArn = aws.String(arn)
	}
	out, err := a.api.RegisterContainerInstance(ctx, in)
	if err != nil {
		return "", err
	}
	if out.ContainerInstance == nil || aws.ToString(out.ContainerInstance.ContainerInstanceArn) == "" {
		return "", errors.New("the registration's answer has no containerInstanceArn")
	}
	a.gpus = gpus
	return *out.ContainerInstance.ContainerInstanceArn, nil
}

// terminal reports whether an error of the API will not go away by itself.
// Source: specs/agent-protocol.md section 1.
func terminal(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "InvalidParameterException", "ClientException", "ClusterNotFoundException":
		return true
	}
	return false
}

func inactive(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && terminal(err) && api.ErrorCode() != "ClusterNotFoundException"
}
