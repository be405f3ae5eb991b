package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/agent"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd"
)

// pulling says where a container instance gets images from, as the flags of
// `up` and `agent` have it. The zero value asks each image's own registry.
type pulling struct {
	mirrors     []string
	mirrorsOnly bool
	logins      string // file of Docker's credentials; "" is none
	behavior    string
	inactivity  time.Duration
	atOnce      int
	cleanup     agent.ImageCleanup
}

// addPullFlags adds the flags about images.
func addPullFlags(c *cobra.Command) *pulling {
	p := &pulling{}
	c.Flags().StringArrayVar(&p.mirrors, "mirror", nil, `registry that has another's images, REGISTRY=[http://]HOST[:PORT][/PREFIX], such as "docker.io=mirror.corp/hub"; REGISTRY "*" is all, and their names follow the prefix; may be given again`)
	c.Flags().BoolVar(&p.mirrorsOnly, "mirror-only", false, "ask no registry that has a mirror, even if the mirrors do not have the image")
	c.Flags().StringVar(&p.logins, "registry-auth", "", "file of registries' credentials as \"docker login\" writes it, for mirrors and for images that bring none")
	c.Flags().StringVar(&p.behavior, "image-pull-behavior", "default", `when registries are asked: "default" (for each task; what is present serves when the pull fails), "always" (and it does not), "once" or "prefer-cached" (only for what is not present; prefer-cached also keeps all images). Tasks of Fargate have "always"`)
	c.Flags().DurationVar(&p.inactivity, "image-pull-inactivity-timeout", time.Minute, "how long a registry may pause before it is asked again for the rest")
	c.Flags().IntVar(&p.atOnce, "image-pulls", 4, "how many images are downloaded at once")
	c.Flags().BoolVar(&p.cleanup.Disabled, "disable-image-cleanup", false, "never remove images")
	c.Flags().DurationVar(&p.cleanup.Interval, "image-cleanup-interval", 30*time.Minute, "how often images that no task needs are removed")
	c.Flags().DurationVar(&p.cleanup.Age, "image-minimum-cleanup-age", time.Hour, "how long after its last pull an image stays at least")
	c.Flags().IntVar(&p.cleanup.PerCycle, "images-deleted-per-cycle", 5, "how many images are removed at a time")
	c.Flags().IntVar(&p.cleanup.Disk, "image-disk-limit", 85, "percent of the disk; when more is taken, images that no task needs go at once, whatever their age")
	c.Flags().StringSliceVar(&p.cleanup.Keep, "image-cleanup-exclude", nil, "images that are never removed")
	return p
}

// node sets what an agent needs of it. The meaning is that of the stock agent's
// ECS_IMAGE_PULL_BEHAVIOR, ECS_IMAGE_CLEANUP_INTERVAL,
// ECS_IMAGE_MINIMUM_CLEANUP_AGE, ECS_NUM_IMAGES_DELETE_PER_CYCLE,
// ECS_EXCLUDE_UNTRACKED_IMAGE and ECS_DISABLE_IMAGE_CLEANUP.
func (p pulling) node(o *agent.NodeOptions) error {
	policies := map[string]runtime.PullPolicy{"": runtime.PullDefault, "default": runtime.PullDefault, "always": runtime.PullAlways,
		"once": runtime.PullPreferCached, "prefer-cached": runtime.PullPreferCached}
	policy, known := policies[p.behavior]
	if !known {
		return fmt.Errorf("--image-pull-behavior %q: want default, always, once or prefer-cached", p.behavior)
	}
	o.PullPolicy, o.Cleanup = policy, p.cleanup
	for _, limit := range []struct {
		flag        string
		given, most int64
	}{{"image-cleanup-interval", int64(p.cleanup.Interval), 0}, {"image-minimum-cleanup-age", int64(p.cleanup.Age), 0},
		{"images-deleted-per-cycle", int64(p.cleanup.PerCycle), 0}, {"image-disk-limit", int64(p.cleanup.Disk), 100}} {
		if limit.given < 0 || limit.most > 0 && limit.given > limit.most {
			return fmt.Errorf("--%s is out of range", limit.flag)
		}
	}
	o.Cleanup.Keep = nil
	for _, image := range p.cleanup.Keep {
		name, err := containerd.FullName(image)
		if err != nil {
			return fmt.Errorf("--image-cleanup-exclude: %w", err)
		}
		o.Cleanup.Keep = append(o.Cleanup.Keep, name)
	}
	if p.behavior == "prefer-cached" {
		o.Cleanup.Disabled = true
	}
	return nil
}

// apply sets what a runtime needs of it. Own is the control plane's registry,
// which takes the password that token gives, and is spoken to in plain HTTP or
// not; no mirror stands for it.
func (p pulling) apply(o *containerd.Options, own string, plainHTTP bool, token func(context.Context) (*runtime.BasicAuth, error)) error {
	for _, text := range p.mirrors {
		m, err := containerd.ParseMirror(text)
		if err != nil {
			return fmt.Errorf("--mirror %q: %w", text, err)
		}
		if m.Host == own {
			m.PlainHTTP = plainHTTP
		}
		o.Mirrors = append(o.Mirrors, m)
	}
	if p.inactivity < 0 || p.atOnce < 0 {
		return errors.New("--image-pull-inactivity-timeout and --image-pulls cannot be negative")
	}
	o.Inactivity, o.Pulls = p.inactivity, p.atOnce
	if p.mirrorsOnly && len(o.Mirrors) == 0 {
		return errors.New("--mirror-only: no --mirror is given")
	}
	if p.logins != "" {
		if _, err := readLogins(p.logins); err != nil { // now, because somebody is looking
			return fmt.Errorf("--registry-auth: %w", err)
		}
	}
	o.MirrorsOnly, o.Unmirrored = p.mirrorsOnly, append(o.Unmirrored, own)
	o.Login = func(ctx context.Context, host string) (*runtime.BasicAuth, error) {
		switch {
		case host == own:
			return token(ctx)
		case p.logins == "":
			return nil, nil
		}
		all, err := readLogins(p.logins) // again each time: passwords change
		if err != nil {
			return nil, err
		}
		return all.of(host)
	}
	return nil
}

// logins are Docker's config.json.
type logins struct {
	Auths map[string]struct {
		Auth     string `json:"auth"` // user:password in base64
		Username string `json:"username"`
		Password string `json:"password"`
	} `json:"auths"`
}

// maxLogins bounds the file of credentials, in bytes.
const maxLogins = 1 << 20

func readLogins(path string) (logins, error) {
	var out logins
	info, err := os.Stat(path)
	if err != nil {
		return out, err
	}
	if info.Size() > maxLogins {
		return out, fmt.Errorf("%s has more than %d bytes", path, maxLogins)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("read %s: %w", path, err)
	}
	for host := range out.Auths {
		if _, err := out.of(host); err != nil {
			return out, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return out, nil
}

// of gives a registry's credentials. Docker's own name is an old URL.
func (l logins) of(host string) (*runtime.BasicAuth, error) {
	for _, name := range []string{host, "https://" + host, "https://" + host + "/v1/", "https://" + host + "/v2/", "https://index." + host + "/v1/"} {
		found, ok := l.Auths[name]
		switch {
		case !ok:
			continue
		case found.Auth == "" && found.Username == "":
			return nil, fmt.Errorf("the credentials of %s are not in the file itself; credential helpers are not supported", name)
		case found.Auth == "":
			return &runtime.BasicAuth{Username: found.Username, Password: found.Password}, nil
		}
		text, err := base64.StdEncoding.DecodeString(found.Auth)
		user, password, whole := strings.Cut(string(text), ":")
		if err != nil || !whole {
			return nil, fmt.Errorf("the credentials of %s are not user:password in base64", name)
		}
		return &runtime.BasicAuth{Username: user, Password: password}, nil
	}
	return nil, nil
}
