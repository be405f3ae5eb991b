package sampleimage

import (
	"context"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// WebPort is where a container of the Web image listens.
const WebPort = "8080/tcp"

// serve is the sample's program. Every answer says which container gave it,
// and on SIGTERM it stops at once, as an orderly service does.
const serve = `#!/bin/sh
set -e
mkdir -p /tmp/www
{
  echo "Hello from Roadstead."
  echo "host: $(hostname)"
  echo "message: ${MESSAGE}"
} > /tmp/www/index.html
echo "serving on port 8080 as $(hostname)"
httpd -f -v -p 8080 -h /tmp/www &
trap 'kill $!; exit 0' TERM INT
wait $!
`

// Web returns the sample web service: busybox's httpd on port 8080, answering
// with the container's host name and the text in its variable MESSAGE. Its
// requests appear in its log.
func Web(ctx context.Context, busybox string, format Format) (v1.Image, error) {
	system, err := Busybox(ctx, busybox)
	if err != nil {
		return nil, err
	}
	return Build(Spec{
		Layers:       [][]File{system, {{Path: "/usr/local/bin/serve", Mode: 0o755, Content: []byte(serve)}}},
		Entrypoint:   []string{"/usr/local/bin/serve"},
		Env:          []string{"PATH=/usr/local/bin:/bin:/usr/bin", "MESSAGE=all is well"},
		ExposedPorts: []string{WebPort},
		User:         "nobody",
		WorkingDir:   "/",
		StopSignal:   "SIGTERM",
		Healthcheck: &Healthcheck{Test: []string{"CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:8080/"},
			Interval: 5 * time.Second, Timeout: 2 * time.Second, Retries: 3},
		Format: format,
	})
}
