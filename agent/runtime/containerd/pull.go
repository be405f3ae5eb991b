package containerd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/images"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/containerd/errdefs"
	"github.com/containerd/log"
	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sirupsen/logrus"

	"github.com/roadstead/roadstead/agent/runtime"
)

// layersAtOnce is how many layers of one image are downloaded at the same time.
const layersAtOnce = 3

// quiet is for what containerd's client would log on our behalf: its errors are returned to us.
func quiet() *log.Entry {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	return logrus.NewEntry(logger)
}

// Pull implements runtime.Runtime. Each image has two records in containerd: one under the name that was asked for,
// which moves with its tag, and one under the digest, by which containers are started.
func (c *Client) Pull(ctx context.Context, request runtime.PullRequest) (runtime.Image, error) {
	name, err := reference.ParseDockerRef(request.Image)
	if err != nil {
		return runtime.Image{}, pullFailure(request.Image, fmt.Errorf("invalid reference format: %w: %w", err, errInvalid))
	}
	key := flightKey{name: name.String(), plainHTTP: request.PlainHTTP, insecure: request.Insecure, policy: request.Policy}
	if request.Auth != nil {
		key.auth = *request.Auth
	}
	image, err := c.pulls.join(ctx, key, func(ctx context.Context) (runtime.Image, error) {
		return c.pull(log.WithLogger(ctx, quiet()), name, request)
	})
	return image, pullFailure(request.Image, err)
}

func (c *Client) pull(ctx context.Context, name reference.Named, request runtime.PullRequest) (runtime.Image, error) {
	if request.Policy == runtime.PullPreferCached {
		if image, err := c.cached(ctx, name); err == nil {
			return image, nil
		} else if !errdefs.IsNotFound(err) {
			return runtime.Image{}, err
		}
	}
	sources, err := c.sourcesOf(ctx, name, request)
	if err != nil {
		return runtime.Image{}, err
	}
	image, err := c.pullFresh(ctx, name, c.newResolver(sources))
	err = asked(sources, err)
	if err != nil && request.Policy == runtime.PullDefault && pullKind(err) != runtime.KindAuthDenied && ctx.Err() == nil {
		if image, absent := c.cached(ctx, name); absent == nil {
			return image, nil
		}
	}
	return image, err
}

// cached gives the image that the name stood for when it was last pulled.
func (c *Client) cached(ctx context.Context, name reference.Named) (runtime.Image, error) {
	record, err := c.conn.ImageService().Get(ctx, name.String())
	if err != nil {
		return runtime.Image{}, err
	}
	found, err := c.images.get(ctx, refOf(name, record.Target))
	if err != nil {
		return runtime.Image{}, err
	}
	return found.describe(name.String(), true), nil
}

func (c *Client) pullFresh(ctx context.Context, name reference.Named, resolver remoteResolver) (runtime.Image, error) {
	_, target, err := resolver.Resolve(ctx, name.String())
	if err != nil {
		return runtime.Image{}, &unresolved{err}
	}
	ref := refOf(name, target)
	// What is there is held by its records, and needs nothing written down.
	found, err := c.images.get(ctx, ref)
	if errdefs.IsNotFound(err) {
		return c.fetch(ctx, name, target, resolver)
	}
	if err != nil {
		return runtime.Image{}, err
	}
	if err := c.point(ctx, name.String(), target); err != nil {
		return runtime.Image{}, err
	}
	return found.describe(name.String(), false), nil
}

// fetch downloads an image that is not there.
func (c *Client) fetch(ctx context.Context, name reference.Named, target ocispec.Descriptor, resolver remoteResolver) (runtime.Image, error) {
	// Nothing that arrives may be collected as garbage before the records hold it.
	ctx, done, err := c.conn.WithLease(ctx)
	if err != nil {
		return runtime.Image{}, err
	}
	defer func() { _ = done(context.WithoutCancel(ctx)) }() // it also expires by itself

	ref := refOf(name, target)
	if err := c.images.slots.Acquire(ctx, 1); err != nil {
		return runtime.Image{}, err
	}
	err = c.download(ctx, ref, resolver)
	c.images.slots.Release(1)
	if err != nil {
		return runtime.Image{}, err
	}
	found, err := c.images.get(ctx, ref)
	if err != nil {
		return runtime.Image{}, err
	}
	if err := c.point(ctx, name.String(), target); err != nil {
		return runtime.Image{}, err
	}
	return found.describe(name.String(), false), nil
}

// download fetches and unpacks an image. What an earlier pull has left of a layer is gone on with; if that is what fails,
// it is tried once more from the beginning.
func (c *Client) download(ctx context.Context, ref string, resolver remoteResolver) error {
	err := c.downloadOnce(ctx, ref, resolver)
	if c.discard(ctx, err) {
		err = c.downloadOnce(ctx, ref, resolver)
		c.discard(ctx, err)
	}
	if err != nil && errdefs.IsNotFound(err) && ctx.Err() == nil {
		// The manifest was there a moment ago, so what is missing is a part of the image or the platform in its index.
		return fmt.Errorf("%w: %w", err, errBadImage)
	}
	return err
}

func (c *Client) downloadOnce(ctx context.Context, ref string, resolver remoteResolver) error {
	_, err := c.conn.Pull(ctx, ref,
		containerd.WithResolver(resolver),
		containerd.WithPullUnpack,
		containerd.WithPullSnapshotter(c.options.Snapshotter),
		containerd.WithMaxConcurrentDownloads(layersAtOnce),
		// Layers are not needed once unpacked: a node pushes nothing.
		containerd.WithChildLabelMap(images.ChildGCLabelsFilterLayers),
		containerd.WithImageHandlerWrapper(func(next images.Handler) images.Handler {
			return smallDocuments(c.conn.ContentStore(), fromRegistryAlone(next))
		}),
	)
	return err
}

// fromRegistryAlone drops the addresses that a manifest has for its layers. They are for parts of Windows; whoever writes
// a manifest could have this machine ask whatever it reaches, and pass by its mirrors.
func fromRegistryAlone(next images.Handler) images.Handler {
	return images.HandlerFunc(func(ctx context.Context, of ocispec.Descriptor) ([]ocispec.Descriptor, error) {
		parts, err := next.Handle(ctx, of)
		for at := range parts {
			parts[at].URLs = nil
		}
		return parts, err
	})
}

// discard drops the parts of images that a failed download complains of: what arrived is not what was asked for, or
// the registry cannot go on where the last attempt ended. containerd would go on with them for a day. It reports
// whether another attempt begins anew.
func (c *Client) discard(ctx context.Context, err error) bool {
	var status remoteerrors.ErrUnexpectedStatus
	unusable := errors.As(err, &status) && status.StatusCode == http.StatusRequestedRangeNotSatisfiable
	if err == nil || ctx.Err() != nil || !unusable && pullKind(err) != runtime.KindBadImage {
		return false
	}
	named := digestWords.FindAllString(err.Error(), -1)
	store := c.conn.ContentStore()
	parts, err := store.ListStatuses(ctx)
	if err != nil {
		return false // the failure of the download is told already
	}
	dropped := unusable // if it is not there any more, it went with the lease of the attempt that left it
	for _, part := range parts {
		if slices.ContainsFunc(named, func(digest string) bool { return strings.HasSuffix(part.Ref, digest) }) {
			err := store.Abort(ctx, part.Ref)
			dropped = err == nil || errdefs.IsNotFound(err) || dropped
		}
	}
	return dropped
}

var digestWords = regexp.MustCompile("sha256:[0-9a-f]{64}")

// point makes the name's record stand for the target.
func (c *Client) point(ctx context.Context, name string, target ocispec.Descriptor) error {
	store := c.conn.ImageService()
	record := images.Image{Name: name, Target: target}
	current, err := store.Get(ctx, name)
	switch {
	case err == nil && current.Target.Digest == target.Digest:
		return nil
	case err == nil:
		record.Labels = maps.Clone(current.Labels)
		_, err = store.Update(ctx, record)
		return err
	case !errdefs.IsNotFound(err):
		return err
	}
	if _, err = store.Create(ctx, record); errdefs.IsAlreadyExists(err) {
		_, err = store.Update(ctx, record)
	}
	return err
}

// refOf is the name of the record under the digest: the repository without the tag.
func refOf(name reference.Named, target ocispec.Descriptor) string {
	return reference.TrimNamed(name).Name() + "@" + target.Digest.String()
}
