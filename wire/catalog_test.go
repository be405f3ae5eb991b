package wire_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/roadstead/roadstead/wire"
)

// Services may sign alike, as the generations of Elastic Load Balancing do; then prefix and version tell them apart.
func TestServicesThatSignAlikeAreToldApart(t *testing.T) {
	service := func(name, version string) *wire.Service {
		return &wire.Service{
			Name: name, SigningName: "dock", TargetPrefix: name, Version: version, Protocols: []wire.Protocol{wire.AWSJSON11, wire.Query},
			Operations: []wire.Operation{wire.Op("Load", func(context.Context, *cargo) (*cargo, error) { return &cargo{Kind: cargoKind(name)}, nil })},
		}
	}
	router := wire.NewRouter(wire.Options{}, service("Old", "2000-01-01"), service("New", "2020-01-01"), service("Middle", "2010-01-01"))
	for version, name := range map[string]string{"2000-01-01": "Old", "2020-01-01": "New", "2010-01-01": "Middle"} {
		w := askOf(router, "POST", "/", "Action=Load&Version="+version, "Content-Type", formType, "Authorization", signed("dock"))
		if !strings.Contains(w.Body.String(), "<Kind>"+name+"</Kind>") {
			t.Errorf("version %s: %s", version, w.Body)
		}
		w = askOf(router, "POST", "/", "{}", "X-Amz-Target", name+".Load", "Authorization", signed("dock"))
		if !strings.Contains(w.Body.String(), name) || w.Code != http.StatusOK {
			t.Errorf("prefix %s: %s", name, w.Body)
		}
	}
}

func TestAbortedRequestsStayAborted(t *testing.T) {
	var h harbour
	h.describe = func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
		panic(http.ErrAbortHandler)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("the panic became %v", p)
		}
	}()
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{}`))
	r.Header.Set("X-Amz-Target", "ECS.DescribeTasks")
	h.router().ServeHTTP(httptest.NewRecorder(), r)
}

func TestWrongTablesPanic(t *testing.T) {
	nothing := func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) { return nil, nil }
	op := wire.Op("DescribeTasks", nothing)
	protocols := []wire.Protocol{wire.AWSJSON11}
	for name, services := range map[string][]*wire.Service{
		"twice the operation": {{Name: "a", Protocols: protocols, Operations: []wire.Operation{op, op}}},
		"twice the prefix":    {{Name: "a", TargetPrefix: "A", Protocols: protocols}, {Name: "b", TargetPrefix: "A", Protocols: protocols}},
		"no protocol":         {{Name: "a"}},
		"a stream in a form": {{Name: "a", Protocols: []wire.Protocol{wire.Query}, Operations: []wire.Operation{
			wire.StreamOp("Tail", func(context.Context, *sts.GetCallerIdentityInput, func(any) error) error { return nil }),
		}}},
		"a union in a form": {{Name: "a", Protocols: []wire.Protocol{wire.Query}, Operations: []wire.Operation{
			wire.Op("CreateGateway", func(context.Context, *ecs.CreateGatewayInput) (*ecs.CreateGatewayOutput, error) { return nil, nil }),
		}}},
		"no AWS shape": {{Name: "a", Protocols: protocols, Operations: []wire.Operation{
			wire.Op("Odd", func(context.Context, *struct{ C chan int }) (*struct{}, error) { return nil, nil }),
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the table was accepted")
				}
			}()
			wire.NewRouter(wire.Options{}, services...)
		})
	}
}
