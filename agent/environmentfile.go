package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// ObjectReader reads objects of S3, as whoever the credentials are of.
type ObjectReader interface {
	// Object reads an object of at most limit bytes; a larger one is an error.
	Object(ctx context.Context, as acs.Credentials, bucket, key string, limit int64) ([]byte, error)
}

// maxEnvironmentFile is how large an environment file may be, in bytes.
const maxEnvironmentFile = 1 << 20

// fileError is an environment file that is not to be had.
type fileError struct{ err error }

func (e *fileError) Error() string { return e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// files fetches the environment files of a task, each once.
func (r *reader) files(ctx context.Context, t acs.Task) error {
	for _, c := range t.Containers {
		for _, f := range c.EnvironmentFiles {
			if _, known := r.out.files[f.Value]; known {
				continue
			}
			variables, err := r.file(ctx, f)
			if err != nil {
				return &fileError{err}
			}
			r.out.files[f.Value] = variables
		}
	}
	return nil
}

func (r *reader) file(ctx context.Context, f acs.EnvironmentFile) (map[string]string, error) {
	if r.objects == nil {
		return nil, errors.New("this container instance has no way to read objects of S3")
	}
	name, err := arn.Parse(f.Value)
	bucket, key, ok := strings.Cut(name.Resource, "/")
	if err != nil || !ok || f.Type != "s3" {
		return nil, fmt.Errorf("%q of type %q is not the ARN of an object of S3", f.Value, f.Type)
	}
	text, err := r.objects.Object(ctx, r.as, bucket, key, maxEnvironmentFile)
	if err != nil {
		return nil, fmt.Errorf("unable to download env file with key %s from bucket %s: %w", key, bucket, err)
	}
	return parseEnvironment(text), nil
}

// parseEnvironment reads VARIABLE=VALUE lines. Lines that begin with '#', and
// those that say nothing of the kind, are passed over; blanks and quotation
// marks belong to the value.
// Source: ECS developer guide, "Pass environment variables to an Amazon ECS container".
func parseEnvironment(text []byte) map[string]string {
	out := map[string]string{}
	for line := range bytes.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), "=")
		if ok && name != "" && name[0] != '#' {
			out[name] = value
		}
	}
	return out
}

// fromFiles returns what a container's files say: of two that say something of
// one variable the first wins, as with Amazon's agent.
func (s secrets) fromFiles(c acs.Container) map[string]string {
	out := map[string]string{}
	for _, f := range c.EnvironmentFiles {
		for name, value := range s.files[f.Value] {
			if _, known := out[name]; !known {
				out[name] = value
			}
		}
	}
	return out
}
