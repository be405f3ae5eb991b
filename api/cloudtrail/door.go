package cloudtrail

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/telemetry/trail"
	"github.com/roadstead/roadstead/wire"
)

// History is the record of calls.
type History interface {
	// Find returns records, the newest first, and the number to continue before,
	// 0 when there are no more. It may return fewer than asked for.
	Find(q trail.Query) (found []trail.Record, next uint64, err error)
}

// Options tunes the front door; the zero value works.
type Options struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger receives server faults; nil means none is written.
	Logger *slog.Logger
}

// frontDoor has a method for each operation, in the shape of the SDK's client.
type frontDoor struct {
	history History
	opts    Options
}

// New returns the service as the router offers it.
func New(history History, opts Options) *wire.Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	d := &frontDoor{history, opts}
	return &wire.Service{
		Name:         "cloudtrail",
		SigningName:  "cloudtrail",
		TargetPrefix: "CloudTrail_20131101",
		TargetAlias:  "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", // botocore's
		Version:      "2013-11-01",
		Protocols:    []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{
			wire.Op("DescribeTrails", d.DescribeTrails).Needing(wire.OnAnything()),
			wire.Op("GetTrail", d.GetTrail).Needing(wire.OnAnything()),
			wire.Op("GetTrailStatus", d.GetTrailStatus).Needing(wire.OnAnything()),
			wire.Op("ListTrails", d.ListTrails).Needing(wire.OnAnything()),
			wire.Op("LookupEvents", d.LookupEvents).Needing(wire.OnAnything()),
		},
		Known: known(),
	}
}

// accountOf is the account of who asks. Only authentication puts a caller into
// the context.
func accountOf(ctx context.Context) (string, error) {
	who, ok := caller.From(ctx)
	if !ok {
		return "", &wire.Error{Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token", Status: http.StatusBadRequest}
	}
	return who.Account, nil
}

// DescribeTrails finds none: the event history needs no trail.
func (d *frontDoor) DescribeTrails(ctx context.Context, _ *cloudtrail.DescribeTrailsInput) (*cloudtrail.DescribeTrailsOutput, error) {
	_, err := accountOf(ctx)
	return &cloudtrail.DescribeTrailsOutput{TrailList: []types.Trail{}}, err
}

// ListTrails finds none.
func (d *frontDoor) ListTrails(ctx context.Context, _ *cloudtrail.ListTrailsInput) (*cloudtrail.ListTrailsOutput, error) {
	_, err := accountOf(ctx)
	return &cloudtrail.ListTrailsOutput{Trails: []types.TrailInfo{}}, err
}

// GetTrail finds none.
func (d *frontDoor) GetTrail(ctx context.Context, in *cloudtrail.GetTrailInput) (*cloudtrail.GetTrailOutput, error) {
	return nil, unknownTrail(ctx, in.Name)
}

// GetTrailStatus finds none.
func (d *frontDoor) GetTrailStatus(ctx context.Context, in *cloudtrail.GetTrailStatusInput) (*cloudtrail.GetTrailStatusOutput, error) {
	return nil, unknownTrail(ctx, in.Name)
}

// unknownTrail is the answer to the name of a trail. The wording is AWS's, as
// terraform-provider-aws's and Prowler's users quote it.
func unknownTrail(ctx context.Context, name *string) error {
	account, err := accountOf(ctx)
	if err != nil {
		return err
	}
	if aws.ToString(name) == "" {
		return &types.InvalidTrailNameException{Message: new("Trail name cannot be blank!")}
	}
	return &types.TrailNotFoundException{Message: new("Unknown trail: " + *name + " for the user: " + account)}
}
