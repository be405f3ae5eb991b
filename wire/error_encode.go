package wire

import (
	"encoding/json"
	"sort"
)

// encodeError writes a's body in the protocol p.
func encodeError(a answer, p Protocol, s *Service, requestID string) []byte {
	switch p {
	case Query:
		return encodeQueryError(a, s, requestID)
	case EC2Query:
		return encodeEC2Error(a, requestID)
	}
	return encodeJSONError(a)
}

func encodeJSONError(a answer) []byte {
	buf := append([]byte(nil), `{"__type":`...)
	buf = appendJSONString(buf, a.code)
	if a.plan != nil {
		if members, err := encodeJSON(nil, a.plan, a.body); err == nil {
			if len(members) > len("{}") {
				buf = append(buf, ',')
			}
			return append(buf, members[1:]...)
		}
	}
	buf = append(buf, `,"message":`...)
	buf = appendJSONString(buf, a.message)
	names := make([]string, 0, len(a.fields))
	for name := range a.fields {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		value, err := json.Marshal(a.fields[name])
		if err != nil {
			continue // a field that cannot be told must not hide the error
		}
		buf = append(buf, ',')
		buf = appendJSONString(buf, name)
		buf = append(buf, ':')
		buf = append(buf, value...)
	}
	return append(buf, '}')
}

func encodeQueryError(a answer, s *Service, requestID string) []byte {
	var e xmlEncoder
	e.buf = append(e.buf, "<ErrorResponse"...)
	if s != nil {
		e.namespace(s.XMLNamespace)
	}
	e.buf = append(e.buf, "><Error>"...)
	e.text("Type", a.fault())
	e.text("Code", a.code)
	e.text("Message", a.message)
	e.end("Error")
	e.text("RequestId", requestID)
	e.end("ErrorResponse")
	return e.buf
}
