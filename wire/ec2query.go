package wire

import "net/http"

// EC2's protocol differs from the query protocol in three ways: requests have
// lists flattened, answers have them as elements called item, without an
// element for the result, and errors have a form of their own. The names of
// members differ between requests and answers, too, so the structs that it is
// spoken with name them by tags: `wire:"vpcSet"`, and `wire:"VpcId,flat"` for a
// list of a request.
// Source: Smithy, "AWS EC2 query protocol".

// encodeEC2Result appends the answer of an operation.
func encodeEC2Result(buf []byte, s *Service, op *served, out any, requestID string) ([]byte, error) {
	e := xmlEncoder{buf: buf}
	name := op.operation.Name + "Response"
	e.buf = append(e.buf, '<')
	e.buf = append(e.buf, name...)
	e.namespace(s.XMLNamespace)
	e.buf = append(e.buf, '>')
	e.text("requestId", requestID)
	e.members(op.output, structOf(out))
	e.end(name)
	return e.buf, e.err
}

func encodeEC2Error(a answer, requestID string) []byte {
	var e xmlEncoder
	e.buf = append(e.buf, `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error>`...)
	e.text("Code", a.code)
	e.text("Message", a.message)
	e.buf = append(e.buf, "</Error></Errors>"...)
	e.text("RequestID", requestID)
	e.end("Response")
	return e.buf
}

// inEC2Words gives an error that all services share the code and status that
// EC2 has for it. Source: EC2 API reference, "Error codes".
func (a *answer) inEC2Words() {
	switch a.code {
	case "AccessDenied", "AccessDeniedException":
		a.code, a.status = "UnauthorizedOperation", http.StatusForbidden
		a.message = "You are not authorized to perform this operation. " + a.message
	case "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature":
		a.code, a.status = "AuthFailure", http.StatusUnauthorized
		a.message = "AWS was not able to validate the provided access credentials"
	case "Throttling", "ThrottlingException":
		a.code, a.status = "RequestLimitExceeded", http.StatusServiceUnavailable
		a.message = "Request limit exceeded."
	case "InternalFailure":
		a.code = "InternalError"
	}
}
