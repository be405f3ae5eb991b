package containerd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	continuity "github.com/containerd/continuity/fs"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"github.com/opencontainers/image-spec/identity"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

// imageCache remembers what starting a container needs of an image, so that a start reads nothing of it again.
type imageCache struct {
	conn        *containerd.Client
	snapshotter string
	slots       *semaphore.Weighted // downloads at once
	looks       string              // folder where images are mounted while somebody looks at them

	mu     sync.Mutex
	loaded map[string]*unpacked // by ref; an image of a digest never changes
}

// imageCacheLimit bounds the cache; when it is full it starts anew.
const imageCacheLimit = 1024

type unpacked struct {
	ref      string
	digest   string
	size     int64
	snapshot string // of the topmost layer
	config   runtime.ImageConfig

	mu       sync.Mutex
	accounts *accounts       // nil until read
	absent   map[string]bool // folders that volumes were to be filled from
}

func newImages(conn *containerd.Client, options Options, looks string) *imageCache {
	return &imageCache{
		conn: conn, looks: looks, snapshotter: options.Snapshotter, slots: semaphore.NewWeighted(int64(options.Pulls)), loaded: make(map[string]*unpacked),
	}
}

// get finds an image that has been pulled and unpacked; else errdefs.ErrNotFound.
func (i *imageCache) get(ctx context.Context, ref string) (*unpacked, error) {
	i.mu.Lock()
	found, ok := i.loaded[ref]
	i.mu.Unlock()
	if ok {
		return found, nil
	}
	found, err := i.load(ctx, ref)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.loaded) >= imageCacheLimit {
		clear(i.loaded)
	}
	i.loaded[ref] = found
	return found, nil
}

func (i *imageCache) load(ctx context.Context, ref string) (*unpacked, error) {
	record, err := i.conn.ImageService().Get(ctx, ref)
	if err != nil {
		return nil, err
	}
	store := documents{i.conn.ContentStore()}
	manifest, err := images.Manifest(ctx, store, record.Target, platforms.Default())
	if err != nil {
		return nil, err
	}
	encoded, err := content.ReadBlob(ctx, store, manifest.Config)
	if err != nil {
		return nil, err
	}
	var config imageConfiguration
	if err := json.Unmarshal(encoded, &config); err != nil {
		return nil, fmt.Errorf("read image configuration: %w: %w", err, errBadImage)
	}
	if !platforms.Default().Match(config.Platform) {
		return nil, fmt.Errorf("image is for %s, the machine is %s: %w", platforms.Format(config.Platform), platforms.DefaultString(), errBadImage)
	}
	snapshot := ""
	if len(config.RootFS.DiffIDs) > 0 { // an image may be empty
		snapshot = identity.ChainID(config.RootFS.DiffIDs).String()
		if _, err := i.conn.SnapshotService(i.snapshotter).Stat(ctx, snapshot); err != nil {
			return nil, err
		}
	}
	size := manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return &unpacked{
		ref: ref, digest: record.Target.Digest.String(), size: size, snapshot: snapshot, config: config.describe(),
	}, nil
}

func (u *unpacked) describe(name string, cached bool) runtime.Image {
	return runtime.Image{Ref: u.ref, Name: name, Digest: u.digest, Size: u.size, Cached: cached, Config: u.config}
}

// accountsOf reads the image's users and groups, once.
func (i *imageCache) accountsOf(ctx context.Context, u *unpacked) (accounts, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.accounts != nil {
		return *u.accounts, nil
	}
	var passwd, groups []byte
	err := i.inside(ctx, u, func(directory string) error {
		passwd, groups = readLimited(directory, "etc/passwd"), readLimited(directory, "etc/group")
		return nil
	})
	if err != nil {
		return accounts{}, fmt.Errorf("read users of image: %w", err)
	}
	parsed := parseAccounts(passwd, groups)
	u.accounts = &parsed
	return parsed, nil
}

// readLimited gives nothing for a file that is absent or odd: many images have no users. Links lead where they do for a
// container of the image; nobody changes them meanwhile.
func readLimited(root, name string) []byte {
	path, err := continuity.RootPath(root, name)
	if err != nil {
		return nil
	}
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(file, accountsLimit))
	if err != nil {
		return nil
	}
	return content
}

// listRefs names all images.
func (i *imageCache) listRefs(ctx context.Context) ([]string, error) {
	records, err := i.conn.ImageService().List(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(records))
	for _, record := range records {
		names = append(names, record.Name)
	}
	slices.Sort(names)
	return names, nil
}

// removeAll removes every image and what only they needed.
func (i *imageCache) removeAll(ctx context.Context) error {
	names, err := i.listRefs(ctx)
	if err != nil {
		return err
	}
	for at, name := range names {
		var options []images.DeleteOpt
		if at == len(names)-1 {
			options = append(options, images.SynchronousDelete())
		}
		if err := i.conn.ImageService().Delete(ctx, name, options...); err != nil && !errdefs.IsNotFound(err) {
			return err
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.loaded)
	return nil
}

func sortedKeys(set map[string]struct{}) []string { return slices.Sorted(maps.Keys(set)) }
