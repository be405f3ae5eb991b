package sigv4

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestAcceptsASignedWebsocketUpgrade signs as the ECS agent does: the upgrade's
// host with its port, the date and the token, and no body. The client adds the
// headers of the handshake after that.
func TestAcceptsASignedWebsocketUpgrade(t *testing.T) {
	v := verifierAt(testNow, "TOKEN")
	verified := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, err := v.Verify(r, nil)
		if err == nil {
			err = result.For("ecs")
		}
		verified <- err
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		if c, err := websocket.Accept(w, r, nil); err == nil {
			c.CloseNow()
		}
	}))
	defer server.Close()
	url := server.URL + "/ws?agentHash=ab12&agentVersion=1.105.0&clusterArn=default&containerInstanceArn=arn%3Aaws%3Aecs%3Aus-east-1%3A000000000000%3Acontainer-instance%2Fdefault%2F0abc" +
		"&dockerVersion=DockerVersion%3A+20.10.24&protocolVersion=2&sendCredentials=true&seqNum=1"
	r := newRequest(t, "GET", url, nil)
	sign(t, r, nil, "TOKEN", testNow)
	dial := func(change func(http.Header)) error {
		header := r.Header.Clone()
		change(header)
		c, _, err := websocket.Dial(t.Context(), strings.Replace(r.URL.String(), "http:", "ws:", 1), &websocket.DialOptions{HTTPHeader: header})
		if err == nil {
			c.CloseNow()
		}
		return err
	}
	if err := dial(func(http.Header) {}); err != nil {
		t.Fatalf("dial: %v; verify: %v", err, <-verified)
	}
	<-verified
	if err := dial(func(h http.Header) { h.Del("Authorization") }); err == nil {
		t.Fatal("an unsigned upgrade was accepted")
	}
}
