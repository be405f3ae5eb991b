package wire

// encodeQueryResult appends the answer of an operation.
func encodeQueryResult(buf []byte, s *Service, op *served, out any, requestID string) ([]byte, error) {
	e := xmlEncoder{buf: buf}
	name := op.operation.Name
	e.buf = append(e.buf, '<')
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, "Response"...)
	e.namespace(s.XMLNamespace)
	e.buf = append(e.buf, '>')
	e.start(name + "Result")
	e.members(op.output, structOf(out))
	e.end(name + "Result")
	e.start("ResponseMetadata")
	e.text("RequestId", requestID)
	e.end("ResponseMetadata")
	e.end(name + "Response")
	return e.buf, e.err
}

func (e *xmlEncoder) namespace(uri string) {
	if uri == "" {
		return
	}
	e.buf = append(e.buf, ` xmlns="`...)
	e.buf = appendXMLText(e.buf, uri)
	e.buf = append(e.buf, '"')
}
