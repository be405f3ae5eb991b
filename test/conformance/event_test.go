package conformance

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// event is a log event of now.
func event(message string) types.InputLogEvent {
	return types.InputLogEvent{Message: &message, Timestamp: aws.Int64(time.Now().UnixMilli())}
}
