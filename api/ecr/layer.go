package ecr

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// maxDigests bounds layerDigests. Source: ECR API reference.
const maxDigests = 100

// BatchCheckLayerAvailability says which layers the repository has.
func (d *Door) BatchCheckLayerAvailability(ctx context.Context, in *ecr.BatchCheckLayerAvailabilityInput) (*ecr.BatchCheckLayerAvailabilityOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkCount("layerDigests", len(in.LayerDigests), 1, maxDigests))
	if err != nil {
		return nil, err
	}
	out := &ecr.BatchCheckLayerAvailabilityOutput{Layers: []types.Layer{}, Failures: []types.LayerFailure{}}
	for _, digest := range in.LayerDigests {
		if !digestPattern.MatchString(digest) {
			out.Failures = append(out.Failures, layerFailure(digest))
			continue
		}
		layer := types.Layer{LayerDigest: &digest, LayerAvailability: types.LayerAvailabilityAvailable}
		size, err := d.layers.Size(ctx, d.shelved(repository), digest)
		switch {
		case errors.Is(err, ErrLayerUnknown):
			layer.LayerAvailability = types.LayerAvailabilityUnavailable
		case err != nil:
			return nil, d.failed(r, "check layers", repository.Name, err)
		default:
			layer.LayerSize = &size
		}
		out.Layers = append(out.Layers, layer)
	}
	return out, nil
}

func layerFailure(digest string) types.LayerFailure {
	f := types.LayerFailure{LayerDigest: &digest, FailureCode: types.LayerFailureCodeInvalidLayerDigest,
		FailureReason: new("Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")}
	if digest == "" {
		f.FailureCode, f.FailureReason = types.LayerFailureCodeMissingLayerDigest, new("Layer digest is missing")
	}
	return f
}

// GetDownloadUrlForLayer returns a URL that gives a layer for an hour to
// whoever has it.
func (d *Door) GetDownloadUrlForLayer(ctx context.Context, in *ecr.GetDownloadUrlForLayerInput) (*ecr.GetDownloadUrlForLayerOutput, error) {
	r, _, repository, err := d.about(ctx, in.RegistryId, in.RepositoryName, checkDigest("layerDigest", in.LayerDigest))
	if err != nil {
		return nil, err
	}
	_, err = d.layers.Size(ctx, d.shelved(repository), *in.LayerDigest)
	if errors.Is(err, ErrLayerUnknown) {
		return nil, &types.LayersNotFoundException{Message: new(fmt.Sprintf(
			"The layer with digest '%s' does not exist in %s", *in.LayerDigest, r.of(repository.Name)))}
	}
	if err != nil {
		return nil, d.failed(r, "get download URL", repository.Name, err)
	}
	address := url.URL{Scheme: d.opts.Scheme, Host: d.opts.RegistryHost, Path: "/v2/" + d.shelved(repository) + "/blobs/" + *in.LayerDigest}
	pass, err := d.sessions.Pass(r.who, downloadAudience+address.Path, r.now.Add(downloadLife))
	if err != nil {
		return nil, d.fault(r, "issue a download URL", err)
	}
	address.RawQuery = url.Values{passParameter: {pass}}.Encode()
	return &ecr.GetDownloadUrlForLayerOutput{LayerDigest: in.LayerDigest, DownloadUrl: new(address.String())}, nil
}
