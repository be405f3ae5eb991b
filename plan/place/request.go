package place

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place/expression"
)

// Strategies and constraints, and the fields of strategies.
// Source: ECS API reference, PlacementStrategy and PlacementConstraint.
const (
	Binpack = "binpack"
	Spread  = "spread"
	Random  = "random"

	DistinctInstance = "distinctInstance"
	MemberOf         = "memberOf"

	FieldCPU        = "cpu"
	FieldMemory     = "memory"
	FieldInstance   = "instanceId"
	FieldHost       = "host"
	attributePrefix = "attribute:"
)

// Limits of a request. Source: ECS API reference, RunTask.
const (
	MaxStrategies  = 5
	MaxConstraints = 10
)

// Request is what is to be placed and how.
type Request struct {
	// Count is how many tasks are wanted.
	Count int
	// Resources is what each of them takes.
	Resources model.Resources
	// Required are the attributes that an instance must have.
	Required []model.Attribute
	// Rules are the compiled strategy and constraints.
	Rules *Rules
	// Group holds the instance of every task of the same group, by id: what
	// spread evens out.
	Group []string
	// Occupied holds the same for distinctInstance; Group where it is nil.
	Occupied []string
	// GroupAt and OccupiedAt are more of both, as indexes (Fleet.Index) for callers
	// that know those; Check and Explain do not look at them.
	GroupAt, OccupiedAt []int32
	// Only, when not nil, holds the ids of the instances that may be chosen.
	Only []string
	// External restricts the choice to external instances (launch type EXTERNAL).
	External bool
	// Fargate restricts the choice to instances that take tasks of Fargate; all
	// others never go to guests of the fleet.
	Fargate bool
	// Zones, where there are any, are the availability zones that an instance
	// must be in one of.
	Zones []string
	// Provider restricts the choice to the instances of the capacity provider
	// with this name (model.ContainerInstance.CapacityProvider); "" does not.
	Provider string
	// GroupsOf returns the groups of the tasks on an instance; needed where a
	// constraint speaks of task:group.
	GroupsOf func(instanceID string) []string
	// Address, where tasks have interfaces of their own, takes an address for one
	// on an instance of the zone, and reports false when none is free there; it is
	// not asked for that zone again then. Place calls it once for each task that
	// it places, in their order; nothing else looks at it.
	Address func(zone string) bool
}

// Within restricts the request to the availability zones that are not among
// dry, as Result.Dry has them, and reports whether any are left.
func (r *Request) Within(dry []string) bool {
	if len(dry) == 0 {
		return true
	}
	r.Zones = slices.DeleteFunc(slices.Clone(r.Zones), func(zone string) bool { return slices.Contains(dry, zone) })
	return len(r.Zones) > 0
}

// Rules are strategies and constraints that were checked and compiled once.
type Rules struct {
	strategy []model.PlacementStrategy
	chain    *chain
	distinct bool
	memberOf []*expression.Expression
}

// defaultStrategy is how tasks are spread when the caller does not say.
// Source: ECS developer guide, "Amazon ECS task placement strategies", services.
var defaultStrategy = [...]model.PlacementStrategy{
	{Type: Spread, Field: attributePrefix + ZoneAttribute},
	{Type: Spread, Field: FieldInstance},
}

// Compile checks strategies and constraints. Its error's text is for the
// caller of the API (InvalidParameterException).
func Compile(strategy []model.PlacementStrategy, constraints []model.PlacementConstraint) (*Rules, error) {
	if len(strategy) > MaxStrategies {
		return nil, fmt.Errorf("The number of placement strategies cannot exceed %d.", MaxStrategies)
	}
	if len(constraints) > MaxConstraints {
		return nil, fmt.Errorf("The number of placement constraints cannot exceed %d.", MaxConstraints)
	}
	r := &Rules{}
	for _, s := range strategy {
		n, err := normalStrategy(s)
		if err != nil {
			return nil, err
		}
		r.strategy = append(r.strategy, n)
	}
	if len(strategy) == 0 {
		r.strategy = append(r.strategy, defaultStrategy[:]...)
	}
	r.chain = newChain(r.strategy)
	for _, c := range constraints {
		if err := r.constrain(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func normalStrategy(s model.PlacementStrategy) (model.PlacementStrategy, error) {
	bad := fmt.Errorf("Invalid placement strategy: type %q, field %q.", s.Type, s.Field)
	switch s.Type {
	case Random:
		if s.Field != "" {
			return s, bad
		}
	case Binpack:
		s.Field = strings.ToLower(s.Field)
		if s.Field != FieldCPU && s.Field != FieldMemory {
			return s, bad
		}
	case Spread:
		switch {
		case strings.EqualFold(s.Field, FieldInstance), strings.EqualFold(s.Field, FieldHost):
			s.Field = FieldInstance
		case !strings.HasPrefix(s.Field, attributePrefix), s.Field == attributePrefix:
			return s, bad
		}
	default:
		return s, bad
	}
	return s, nil
}

func (r *Rules) constrain(c model.PlacementConstraint) error {
	switch c.Type {
	case DistinctInstance:
		if c.Expression != "" {
			return fmt.Errorf("Placement constraint %s does not take an expression.", DistinctInstance)
		}
		r.distinct = true
	case MemberOf:
		e, err := expression.Parse(c.Expression)
		if err != nil {
			return err
		}
		r.memberOf = append(r.memberOf, e)
	default:
		return fmt.Errorf("Invalid placement constraint: type %q.", c.Type)
	}
	return nil
}

// Distinct reports whether distinctInstance is among the constraints.
func (r *Rules) Distinct() bool { return r.distinct }

// WithDistinct returns the rules with distinctInstance added.
func (r *Rules) WithDistinct() *Rules {
	d := *r
	d.distinct = true
	return &d
}
