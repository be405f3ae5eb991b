package wire

import "strconv"

// Protocol is one of the AWS wire protocols.
type Protocol int

// The protocols that the router speaks.
const (
	AWSJSON10 Protocol = iota + 1 // application/x-amz-json-1.0
	AWSJSON11                     // application/x-amz-json-1.1
	Query                         // application/x-www-form-urlencoded in, text/xml out
)

// String returns the protocol's Smithy name.
func (p Protocol) String() string {
	switch p {
	case AWSJSON10:
		return "awsJson1_0"
	case AWSJSON11:
		return "awsJson1_1"
	case Query:
		return "awsQuery"
	}
	return "protocol(" + strconv.Itoa(int(p)) + ")"
}

// contentType is the Content-Type of responses.
func (p Protocol) contentType() string {
	switch p {
	case AWSJSON10:
		return "application/x-amz-json-1.0"
	case Query:
		return "text/xml"
	default:
		return "application/x-amz-json-1.1"
	}
}

func (p Protocol) isJSON() bool { return p == AWSJSON10 || p == AWSJSON11 }
