package ssm_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	api "github.com/roadstead/roadstead/api/ssm"
	"github.com/roadstead/roadstead/wire/wiretest"
)

func TestTableAgainstModel(t *testing.T) {
	service := api.New(nil, nil, api.Options{})
	if names := wiretest.Names(newClient(nil)); !slices.Equal(names, service.Known) {
		t.Fatalf("known operations differ from the model's: %q", names)
	}
	service.Known = nil
	parameters := func(h wiretest.HTTPClient) any { return served{newClient(h).(*ssm.Client)} }
	if n := wiretest.RoundTrip(t, service, parameters, 3); n != len(service.Operations) {
		t.Fatalf("%d operations", n)
	}
}

// TestRequiredMembers asks the SDK what each operation requires, and leaves it
// out: the front door must say so for every one.
func TestRequiredMembers(t *testing.T) {
	e := serve(t)
	client := ssm.New(ssm.Options{Region: "us-east-1", Credentials: wiretest.Credentials()})
	methods := wiretest.Methods(e.Client)
	for _, op := range e.service.Operations {
		i := slices.IndexFunc(methods, func(m wiretest.Method) bool { return m.Name == op.Name })
		input := reflect.New(op.Input()).Interface()
		missing, err := wiretest.Required(client, op.Name, input)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = methods[i].Call(t.Context(), e.Client, input); len(missing) > 0 && err == nil {
			t.Errorf("%s: nothing is said about %q", op.Name, missing)
		}
		for _, path := range missing {
			_, member, _ := strings.Cut(path, ".")
			if want := "at '" + strings.ToLower(member[:1]) + member[1:] + "'"; !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not name %s", op.Name, err, member)
			}
		}
	}
}

func TestAnonymousCallersAreRefused(t *testing.T) {
	e := serve(t)
	for _, op := range e.service.Operations {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "AmazonSSM."+op.Name)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Test-Anonymous", "yes")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", op.Name, resp.Status)
		}
	}
}

// served is the client with the operations that are served, because wire need
// not understand unions of the others.
type served struct{ client *ssm.Client }

func (s served) AddTagsToResource(ctx context.Context, in *ssm.AddTagsToResourceInput, opts ...func(*ssm.Options)) (*ssm.AddTagsToResourceOutput, error) {
	return s.client.AddTagsToResource(ctx, in, opts...)
}

func (s served) DeleteParameter(ctx context.Context, in *ssm.DeleteParameterInput, opts ...func(*ssm.Options)) (*ssm.DeleteParameterOutput, error) {
	return s.client.DeleteParameter(ctx, in, opts...)
}

func (s served) DeleteParameters(ctx context.Context, in *ssm.DeleteParametersInput, opts ...func(*ssm.Options)) (*ssm.DeleteParametersOutput, error) {
	return s.client.DeleteParameters(ctx, in, opts...)
}

func (s served) DescribeParameters(ctx context.Context, in *ssm.DescribeParametersInput, opts ...func(*ssm.Options)) (*ssm.DescribeParametersOutput, error) {
	return s.client.DescribeParameters(ctx, in, opts...)
}

func (s served) GetParameter(ctx context.Context, in *ssm.GetParameterInput, opts ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	return s.client.GetParameter(ctx, in, opts...)
}

func (s served) GetParameterHistory(ctx context.Context, in *ssm.GetParameterHistoryInput, opts ...func(*ssm.Options)) (*ssm.GetParameterHistoryOutput, error) {
	return s.client.GetParameterHistory(ctx, in, opts...)
}

func (s served) GetParameters(ctx context.Context, in *ssm.GetParametersInput, opts ...func(*ssm.Options)) (*ssm.GetParametersOutput, error) {
	return s.client.GetParameters(ctx, in, opts...)
}

func (s served) GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput, opts ...func(*ssm.Options)) (*ssm.GetParametersByPathOutput, error) {
	return s.client.GetParametersByPath(ctx, in, opts...)
}

func (s served) LabelParameterVersion(ctx context.Context, in *ssm.LabelParameterVersionInput, opts ...func(*ssm.Options)) (*ssm.LabelParameterVersionOutput, error) {
	return s.client.LabelParameterVersion(ctx, in, opts...)
}

func (s served) ListTagsForResource(ctx context.Context, in *ssm.ListTagsForResourceInput, opts ...func(*ssm.Options)) (*ssm.ListTagsForResourceOutput, error) {
	return s.client.ListTagsForResource(ctx, in, opts...)
}

func (s served) PutParameter(ctx context.Context, in *ssm.PutParameterInput, opts ...func(*ssm.Options)) (*ssm.PutParameterOutput, error) {
	return s.client.PutParameter(ctx, in, opts...)
}

func (s served) RemoveTagsFromResource(ctx context.Context, in *ssm.RemoveTagsFromResourceInput, opts ...func(*ssm.Options)) (*ssm.RemoveTagsFromResourceOutput, error) {
	return s.client.RemoveTagsFromResource(ctx, in, opts...)
}

func (s served) UnlabelParameterVersion(ctx context.Context, in *ssm.UnlabelParameterVersionInput, opts ...func(*ssm.Options)) (*ssm.UnlabelParameterVersionOutput, error) {
	return s.client.UnlabelParameterVersion(ctx, in, opts...)
}

func (s served) ResumeSession(ctx context.Context, in *ssm.ResumeSessionInput, opts ...func(*ssm.Options)) (*ssm.ResumeSessionOutput, error) {
	return s.client.ResumeSession(ctx, in, opts...)
}

func (s served) StartSession(ctx context.Context, in *ssm.StartSessionInput, opts ...func(*ssm.Options)) (*ssm.StartSessionOutput, error) {
	return s.client.StartSession(ctx, in, opts...)
}

func (s served) TerminateSession(ctx context.Context, in *ssm.TerminateSessionInput, opts ...func(*ssm.Options)) (*ssm.TerminateSessionOutput, error) {
	return s.client.TerminateSession(ctx, in, opts...)
}
