package imds

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Instance is what the service tells of the instance. Empty fields are not
// there.
type Instance struct {
	ID           string // i-...
	Type         string
	Image        string // ami-...
	Region, Zone string
	Account      string
	Address      string // its private IPv4 address
	Hostname     string
	Architecture string // x86_64 or arm64
	// Role is the name of the role that Credentials are of.
	Role string
	// Since is when the instance began.
	Since time.Time
}

// errNotYet is the answer while an instance does not know yet what it is.
var errNotYet = errors.New("the instance is not registered yet")

// Options of a Handler; the zero value works.
type Options struct {
	Now func() time.Time
	// Optional lets clients ask without a session token, as version 1 does.
	Optional bool
	// Credentials are the instance's own; nil: it has none.
	Credentials aws.CredentialsProvider
}

// Handler is an http.Handler.
type Handler struct {
	instance func() (Instance, bool)
	options  Options
	tokens   *tokens
}

// New returns a handler that tells of the instance, as soon as it is known.
func New(instance func() (Instance, bool), o Options) *Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Handler{instance: instance, options: o, tokens: newTokens()}
}

// The headers of version 2. Source: EC2 user guide, "Use IMDSv2".
const (
	tokenHeader = "X-Aws-Ec2-Metadata-Token"
	lifeHeader  = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
)

// credentialsPatience is how long a question for credentials may take.
const credentialsPatience = 5 * time.Second

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	switch {
	case r.URL.Path == "/latest/api/token" && r.Method == http.MethodPut:
		h.token(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		refuse(w, http.StatusMethodNotAllowed)
	case !h.admitted(w, r):
		refuse(w, http.StatusUnauthorized)
	default:
		h.tell(w, r)
	}
}

// refuse answers as the service does: with the status alone.
func refuse(w http.ResponseWriter, status int) {
	http.Error(w, strconv.Itoa(status)+" - "+http.StatusText(status), status)
}

// token issues a session token. Who has come through a proxy gets none: it may
// be somebody else that asks.
func (h *Handler) token(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Forwarded-For") != "" {
		refuse(w, http.StatusForbidden)
		return
	}
	seconds, err := strconv.Atoi(r.Header.Get(lifeHeader))
	life := time.Duration(seconds) * time.Second
	if err != nil || life < leastTokenLife || life > mostTokenLife {
		refuse(w, http.StatusBadRequest)
		return
	}
	w.Header().Set(lifeHeader, strconv.Itoa(seconds))
	_, _ = w.Write([]byte(h.tokens.issue(h.options.Now(), life))) // a client that has gone needs none
}

// admitted says whether the request shows a token, or need not.
func (h *Handler) admitted(w http.ResponseWriter, r *http.Request) bool {
	token := r.Header.Get(tokenHeader)
	if token == "" {
		return h.options.Optional
	}
	left, ok := h.tokens.good(h.options.Now(), token)
	if ok {
		w.Header().Set(lifeHeader, strconv.Itoa(int(left/time.Second)))
	}
	return ok
}

// tell answers a path: with its value, or with what is below it.
func (h *Handler) tell(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/latest")
	i, known := h.instance()
	if !known {
		http.Error(w, errNotYet.Error(), http.StatusServiceUnavailable)
		return
	}
	tree := h.tree(i)
	path = strings.Trim(path, "/")
	if value, there := tree[path]; ok && there {
		text, err := value(r.Context())
		if err != nil {
			http.Error(w, "the credentials of the instance cannot be had", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(text)) // as above
		return
	}
	list := below(tree, path)
	if !ok || len(list) == 0 {
		refuse(w, http.StatusNotFound)
		return
	}
	_, _ = w.Write([]byte(strings.Join(list, "\n")))
}

// below lists the names in a folder, those of folders with a slash.
func below(tree map[string]leaf, folder string) (names []string) {
	if folder != "" {
		folder += "/"
	}
	for path := range tree {
		rest, ok := strings.CutPrefix(path, folder)
		if !ok {
			continue
		}
		name, _, isFolder := strings.Cut(rest, "/")
		if isFolder {
			name += "/"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// leaf makes a value.
type leaf func(ctx context.Context) (string, error)

// tree is everything that there is, by its path.
// Source: EC2 user guide, "Instance metadata categories".
func (h *Handler) tree(i Instance) map[string]leaf {
	tree := map[string]leaf{}
	put := func(path, value string) {
		if value != "" {
			tree[path] = func(context.Context) (string, error) { return value, nil }
		}
	}
	for path, value := range map[string]string{"ami-id": i.Image, "instance-id": i.ID, "instance-type": i.Type, "instance-life-cycle": "on-demand",
		"local-ipv4": i.Address, "local-hostname": i.Hostname, "hostname": i.Hostname, "placement/availability-zone": i.Zone, "placement/region": i.Region,
		"services/domain": "amazonaws.com", "services/partition": "aws"} {
		put("meta-data/"+path, value)
	}
	document, _ := json.MarshalIndent(identityDocument{i.Account, i.Architecture, i.Zone, i.Image, i.ID, i.Type, i.Since.UTC().Format(time.RFC3339), i.Address, i.Region, "2017-09-30"}, "", "  ") // it is made of strings
	put("dynamic/instance-identity/document", string(document))
	if h.options.Credentials == nil || i.Role == "" {
		return tree
	}
	tree["meta-data/iam/security-credentials/"+i.Role] = h.credentials
	info, _ := json.MarshalIndent(profile{"Success", i.Since.UTC().Format(time.RFC3339), "arn:aws:iam::" + i.Account + ":instance-profile/" + i.Role}, "", "  ")
	put("meta-data/iam/info", string(info))
	return tree
}

// identityDocument says who the instance is. Nobody has signed it.
// Source: EC2 user guide, "Instance identity documents".
type identityDocument struct {
	AccountID        string `json:"accountId"`
	Architecture     string `json:"architecture"`
	AvailabilityZone string `json:"availabilityZone"`
	ImageID          string `json:"imageId"`
	InstanceID       string `json:"instanceId"`
	InstanceType     string `json:"instanceType"`
	PendingTime      string `json:"pendingTime"`
	PrivateIP        string `json:"privateIp"`
	Region           string `json:"region"`
	Version          string `json:"version"`
}

type profile struct{ Code, LastUpdated, InstanceProfileArn string }

type sessionCredentials struct {
	Code            string
	LastUpdated     string
	Type            string
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	Token           string
	Expiration      string
}

// credentials are the instance's own, for as long as they are good.
func (h *Handler) credentials(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialsPatience)
	defer cancel()
	c, err := h.options.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(sessionCredentials{"Success", h.options.Now().UTC().Format(time.RFC3339), "AWS-HMAC", c.AccessKeyID, c.SecretAccessKey, c.SessionToken,
		c.Expires.UTC().Format(time.RFC3339)}, "", "  ")
	return string(text), err
}
