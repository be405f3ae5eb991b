package wire

import (
	"fmt"
	"reflect"
)

// catalog is every service as the router looks it up.
type catalog struct {
	services  []*offered
	bySigning map[string][]*offered
	byPrefix  map[string]*offered
}

// offered is a service with its operations by name.
type offered struct {
	*Service
	operations map[string]*served
	known      map[string]bool
}

// served is an operation with its plans.
type served struct {
	operation     *Operation
	input, output *plan // output is nil for event streams
}

func newCatalog(services []*Service) (*catalog, error) {
	c := &catalog{bySigning: map[string][]*offered{}, byPrefix: map[string]*offered{}}
	for _, s := range services {
		o, err := offer(s)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", s.Name, err)
		}
		c.services = append(c.services, o)
		c.bySigning[s.signingName()] = append(c.bySigning[s.signingName()], o)
		for _, prefix := range []string{s.TargetPrefix, s.TargetAlias} {
			if prefix == "" {
				continue
			}
			if _, twice := c.byPrefix[prefix]; twice {
				return nil, fmt.Errorf("service %s: the target prefix %s is taken", s.Name, prefix)
			}
			c.byPrefix[prefix] = o
		}
	}
	return c, nil
}

func offer(s *Service) (*offered, error) {
	if len(s.Protocols) == 0 {
		return nil, fmt.Errorf("no protocol")
	}
	o := &offered{Service: s, operations: map[string]*served{}, known: map[string]bool{}}
	for i := range s.Operations {
		op := &s.Operations[i]
		if _, twice := o.operations[op.Name]; twice {
			return nil, fmt.Errorf("operation %s is listed twice", op.Name)
		}
		bound := &served{operation: op}
		var err error
		if bound.input, err = planOf(op.input); err != nil {
			return nil, fmt.Errorf("operation %s: %w", op.Name, err)
		}
		if op.output != nil {
			if bound.output, err = planOf(op.output); err != nil {
				return nil, fmt.Errorf("operation %s: %w", op.Name, err)
			}
		}
		if err := bound.check(s); err != nil {
			return nil, fmt.Errorf("operation %s: %w", op.Name, err)
		}
		o.operations[op.Name] = bound
	}
	for _, name := range s.Known {
		o.known[name] = true
	}
	return o, nil
}

// check refuses operations that one of the service's protocols cannot carry.
func (op *served) check(s *Service) error {
	form, spoken := s.formProtocol()
	if !spoken {
		return nil
	}
	if op.operation.IsStream() {
		return fmt.Errorf("%s has no event streams", form)
	}
	for _, p := range []*plan{op.input, op.output} {
		if odd := p.find(func(q *plan) bool { return q.kind == kindUnion || q.kind == kindDocument }); odd != nil {
			return fmt.Errorf("%s cannot carry a %s", form, odd.typ)
		}
	}
	return nil
}

// find returns the operation or the protocol's error for one that is not there.
func (o *offered) find(name string, p Protocol) (*served, error) {
	if op := o.operations[name]; op != nil {
		return op, nil
	}
	if o.known[name] {
		return nil, unknownOperation(p, "The requested operation "+name+" is not supported by Roadstead yet.")
	}
	return nil, unknownAction(p, name)
}

// jsonProtocol is the JSON protocol to answer in, given the one that the request's content type names.
func (o *offered) jsonProtocol(wanted Protocol) (Protocol, bool) {
	if o.speaks(wanted) {
		return wanted, true
	}
	for _, p := range o.Protocols {
		if p.isJSON() {
			return p, true
		}
	}
	return wanted, false
}

// structOf is the struct that v points to.
func structOf(v any) reflect.Value { return reflect.ValueOf(v).Elem() }

// unknownAction is the error for an operation that the model does not have.
func unknownAction(p Protocol, name string) error {
	if p.isForm() {
		return unknownOperation(p, "The action "+clip(name)+" is not valid for this web service.")
	}
	return unknownOperation(p, "The requested operation "+clip(name)+" is not known.")
}

func unknownOperation(p Protocol, message string) error {
	if p.isForm() {
		return &Error{Code: "InvalidAction", Message: message}
	}
	return &Error{Code: "UnknownOperationException", Message: message}
}
