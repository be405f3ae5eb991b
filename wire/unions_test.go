package wire_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

// A new SDK may bring a union that only Inputs contain; it must then be added to inputUnions.
func TestEveryUnionIsKnown(t *testing.T) {
	found := map[reflect.Type][]reflect.Type{}
	for _, m := range modules() {
		for _, op := range wiretest.Methods(m.client(nil)) {
			for _, shape := range []reflect.Type{op.Input, op.Output} {
				unions, err := wire.Unions(shape)
				if err != nil {
					t.Errorf("%s: %v", shape, err)
				}
				for union, members := range unions {
					found[union] = members
				}
			}
		}
	}
	for union, members := range found {
		for _, member := range members {
			if !reflect.PointerTo(member).Implements(union) || !strings.HasPrefix(member.Name(), union.Name()+"Member") {
				t.Errorf("%s is no member of %s", member, union)
			}
		}
	}
	if len(found) < 10 {
		t.Errorf("found only %d unions", len(found))
	}
	sharing := found[reflect.TypeFor[types.SharingStrategy]()]
	if len(sharing) == 0 {
		t.Errorf("SharingStrategy has the members %v", sharing)
	}
}

func TestPlansAreMadeOnceForAll(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			var in ecs.UpdateServiceInput
			body := `{"service":"web","deploymentConfiguration":{"lifecycleHooks":[{"hookDetails":{"a":1}}]}}`
			if err := wire.Unmarshal(wire.AWSJSON11, []byte(body), &in); err != nil {
				t.Error(err)
			}
			out, err := wire.Marshal(wire.AWSJSON11, &in)
			if err != nil || !strings.Contains(string(out), `"hookDetails":{"a":1}`) {
				t.Errorf("%s: %v", out, err)
			}
		})
	}
	group.Wait()
}
