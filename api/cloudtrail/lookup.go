package cloudtrail

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/roadstead/roadstead/telemetry/trail"
	"github.com/roadstead/roadstead/wire/paging"
)

// Limits of LookupEvents.
// Source: CloudTrail API reference, LookupEvents.
const (
	maxPage      = 50
	historySpan  = 90 * 24 * time.Hour
	maxValueText = 2000
)

// LookupEvents finds what was called, the newest first. Records of calls that
// change nothing appear some tenths of a second after the call.
func (d *frontDoor) LookupEvents(ctx context.Context, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	account, err := accountOf(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := wantedBy(in)
	if err != nil {
		return nil, err
	}
	list := paging.Of("LookupEvents", account, string(wanted.key), wanted.value, moment(in.StartTime), moment(in.EndTime), string(in.EventCategory))
	place, ok := list.Place(in.NextToken)
	before, bad := strconv.ParseUint("0"+place, 10, 64)
	if !ok || bad != nil {
		return nil, &types.InvalidNextTokenException{Message: new("Invalid Token. Provided token was not valid, or was used with other parameters than those that it came with.")}
	}
	out := &cloudtrail.LookupEventsOutput{Events: []types.Event{}}
	if in.EventCategory != "" {
		return out, nil // no trail has Insights
	}
	q := trail.Query{From: d.opts.Now().Add(-historySpan), Before: before, Limit: maxPage, Contains: wanted.text(account)}
	if in.StartTime != nil && in.StartTime.After(q.From) {
		q.From = *in.StartTime
	}
	if in.EndTime != nil {
		q.To = *in.EndTime
	}
	if in.MaxResults != nil {
		q.Limit = int(*in.MaxResults)
	}
	q.Match = func(r *trail.Record) bool {
		return r.Account == account && r.Category == "Management" && wanted.matches(r)
	}
	found, next, err := d.history.Find(q)
	if err != nil {
		d.opts.Logger.Error("cloudtrail: lookup failed", "error", err)
		return nil, fmt.Errorf("look up events: %w", err)
	}
	for i := range found {
		out.Events = append(out.Events, eventOf(&found[i]))
	}
	if next > 0 {
		out.NextToken = list.Token(strconv.FormatUint(next, 10))
	}
	return out, nil
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// wantedBy checks a request. What it says of wrong ones is what the exceptions'
// documentation says.
func wantedBy(in *cloudtrail.LookupEventsInput) (attribute, error) {
	var a attribute
	switch {
	case in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > maxPage):
		return a, &types.InvalidMaxResultsException{Message: new(fmt.Sprintf("The limit specified is not valid: MaxResults must be between 1 and %d.", maxPage))}
	case in.StartTime != nil && in.EndTime != nil && in.StartTime.After(*in.EndTime):
		return a, &types.InvalidTimeRangeException{Message: new("The specified time range is not valid: the start time occurs after the end time.")}
	case in.EventCategory != "" && in.EventCategory != types.EventCategoryInsight:
		return a, &types.InvalidEventCategoryException{Message: new("The event category " + string(in.EventCategory) + " is not valid. The valid value is insight.")}
	case len(in.LookupAttributes) == 0:
		return a, nil
	case len(in.LookupAttributes) > 1:
		return a, invalidAttribute("You can specify at most one lookup attribute.")
	}
	a = attribute{in.LookupAttributes[0].AttributeKey, aws.ToString(in.LookupAttributes[0].AttributeValue)}
	return a, a.check(in.EventCategory)
}

func invalidAttribute(text string) error {
	return &types.InvalidLookupAttributesException{Message: new(text)}
}

func eventOf(r *trail.Record) types.Event {
	e := types.Event{EventId: &r.EventID, EventName: &r.EventName, EventSource: &r.EventSource, EventTime: &r.EventTime,
		ReadOnly: new(strconv.FormatBool(r.ReadOnly)), CloudTrailEvent: new(r.Event()), Resources: []types.Resource{}}
	if who := r.Who(); who != "" {
		e.Username = &who
	}
	if key := r.Identity.AccessKeyID; key != "" {
		e.AccessKeyId = &key
	}
	for _, about := range r.Resources {
		one := types.Resource{ResourceName: new(nameOf(about.ARN))}
		if about.Type != "" {
			one.ResourceType = &about.Type
		}
		e.Resources = append(e.Resources, one)
	}
	return e
}
