package wire

import "strconv"

// Protocol is one of the AWS wire protocols.
type Protocol int

// The protocols that the router speaks.
const (
	AWSJSON10 Protocol = iota + 1 // application/x-amz-json-1.0
	AWSJSON11                     // application/x-amz-json-1.1
	Query                         // application/x-www-form-urlencoded in, text/xml out
	EC2Query                      // the same in EC2's way: lists are flattened in requests and items in answers
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
	case EC2Query:
		return "ec2Query"
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
	case EC2Query:
		return "text/xml;charset=UTF-8"
	default:
		return "application/x-amz-json-1.1"
	}
}

func (p Protocol) isJSON() bool { return p == AWSJSON10 || p == AWSJSON11 }

// isForm tells the protocols whose requests are forms and whose answers XML.
func (p Protocol) isForm() bool { return p == Query || p == EC2Query }
