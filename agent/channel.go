package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch"
	"github.com/roadstead/roadstead/dispatch/acs"
)

const (
	// silence is how long a channel may stay silent before it counts as dead;
	// the server says something at least every 30 s.
	silence = 90 * time.Second
	// pongPatience is how long a ping may stay unanswered.
	pongPatience = 10 * time.Second
	// dialTimeout and writeTimeout bound one connection attempt and one frame.
	dialTimeout  = 10 * time.Second
	writeTimeout = 20 * time.Second
)

const (
	// stableAfter is how long a connection must have lasted for the next
	// attempt to come soon. A server that accepts and hangs up, and two agents
	// that share one identity, are met with longer and longer waits.
	stableAfter = 5 * time.Second
	// inactiveWait is how long an instance that was deregistered waits before
	// it asks again. Its containers go on.
	// Source: specs/agent-protocol.md section 2.
	inactiveWait = time.Hour
)

// refusal is an answer to the upgrade that the protocol has a name for.
type refusal struct{ name, message string }

func (r *refusal) Error() string { return r.name + ": " + r.message }

// serve keeps a channel open until ctx ends.
func (a *Agent) serve(ctx context.Context, name string, once func(ctx context.Context, opened func()) error) {
	var again backoff
	for {
		var since time.Time
		err := once(ctx, func() { since = a.options.Node.Now() })
		if ctx.Err() != nil {
			return
		}
		var refused *refusal
		if errors.As(err, &refused) && refused.name == "InactiveInstanceException" {
			a.options.Logger.Error("the instance was deregistered: its containers go on, and nothing new is started; "+
				"to join the cluster anew, start the agent again", "channel", name, "containerInstance", a.InstanceARN(), "error", err)
			if !sleep(ctx, inactiveWait) {
				return
			}
			continue
		}
		if !since.IsZero() && a.options.Node.Now().Sub(since) >= stableAfter {
			again.reset()
		}
		a.options.Logger.Debug(name+" closed; connecting again", "error", err)
		if !again.wait(ctx) {
			return
		}
	}
}

// endpoints asks where the channels are.
func (a *Agent) endpoints(ctx context.Context) (control, telemetry string, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	out, err := a.api.DiscoverPollEndpoint(ctx, &ecs.DiscoverPollEndpointInput{
		Cluster: aws.String(a.options.Instance.Cluster), ContainerInstance: aws.String(a.InstanceARN())})
	if err != nil {
		return "", "", fmt.Errorf("discover the poll endpoint: %w", err)
	}
	return aws.ToString(out.Endpoint), aws.ToString(out.TelemetryEndpoint), nil
}

// dial opens a websocket at endpoint/ws with a signed upgrade.
// Source: specs/agent-protocol.md section 2.
func (a *Agent) dial(ctx context.Context, endpoint string, query url.Values) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	target := strings.TrimSuffix(endpoint, "/") + "/ws?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	credentials, err := a.options.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials of the instance: %w", err)
	}
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(empty[:]), "ecs", a.options.Region, a.options.Node.Now()); err != nil {
		return nil, fmt.Errorf("sign the upgrade: %w", err)
	}
	conn, answer, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPHeader: request.Header, HTTPClient: a.options.HTTP})
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", endpoint, refusalOf(answer, err))
	}
	conn.SetReadLimit(acs.MaxFrame)
	return conn, nil
}

// refusalOf returns what the server said instead of opening a websocket: an
// object with one key, the name of the exception. Without it, err.
func refusalOf(answer *http.Response, err error) error {
	if answer == nil || answer.Body == nil {
		return err
	}
	var said map[string]string
	text, rerr := io.ReadAll(io.LimitReader(answer.Body, 1024))
	if rerr != nil || json.Unmarshal(text, &said) != nil || len(said) != 1 {
		return err
	}
	for name, message := range said {
		return &refusal{name, message}
	}
	return err
}

// receive reads messages until the connection ends or falls silent.
func receive(ctx context.Context, conn *websocket.Conn, handle func(acs.Message) error) error {
	for {
		reading, cancel := context.WithTimeout(ctx, silence)
		_, frame, err := conn.Read(reading)
		cancel()
		if err != nil {
			return err
		}
		m, err := acs.Decode(frame)
		if err != nil {
			return err
		}
		if err := handle(m); err != nil {
			return err
		}
	}
}

// ping shows the server that the agent is there, until the connection ends. A
// server that does not answer is left, because it may be this machine that
// nobody hears: another way, or another server, may be better.
func ping(ctx context.Context, conn *websocket.Conn) error {
	every := time.NewTicker(dispatch.PingEvery)
	defer every.Stop()
	for {
		answered, cancel := context.WithTimeout(ctx, pongPatience)
		err := conn.Ping(answered)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			conn.CloseNow()
			return fmt.Errorf("ping: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-every.C:
		}
	}
}

func send(ctx context.Context, conn *websocket.Conn, m acs.Message) error {
	frame, err := acs.Encode(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, frame)
}
