package wire

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// route is what a request turned out to name.
type route struct {
	protocol Protocol // always set, so that errors can be answered
	service  *offered // nil if none was found
	action   string   // the operation's name as given
	op       *served  // nil if not found
	form     *formNode
}

// find tells which operation a request names: the service by the scope that signed the request, else by target prefix
// or by API version; the operation by target or Action. The route is usable for answering even beside an error.
func (c *catalog) find(r *http.Request, body []byte) (route, error) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return c.findTarget(r, target)
	}
	if isForm(r) || strings.Contains(r.URL.RawQuery, "Action=") {
		return c.findAction(r, body)
	}
	return c.findNothing(r)
}

func (c *catalog) findTarget(r *http.Request, target string) (route, error) {
	prefix, action := "", target
	if dot := strings.LastIndexByte(target, '.'); dot >= 0 {
		prefix, action = target[:dot], target[dot+1:]
	}
	to := route{protocol: jsonProtocolOf(r), action: action}
	for _, candidate := range c.bySigning[credentialScope(r)] {
		if to.service == nil || candidate.answersTo(prefix) {
			to.service = candidate
		}
	}
	if to.service == nil {
		to.service = c.byPrefix[prefix]
	}
	if r.Method != http.MethodPost {
		return to, &Error{
			Code: "UnknownOperationException", Message: "The operation must be called by POST.", Status: http.StatusMethodNotAllowed,
		}
	}
	if to.service == nil {
		return to, unknownAction(to.protocol, target)
	}
	spoken, ok := to.service.jsonProtocol(to.protocol)
	to.protocol = spoken
	if !ok || !to.service.answersTo(prefix) {
		return to, unknownAction(to.protocol, target)
	}
	var err error
	to.op, err = to.service.find(action, to.protocol)
	return to, err
}

// findAction routes a query request, whose parameters may be in the URL, in the body, or both.
func (c *catalog) findAction(r *http.Request, body []byte) (route, error) {
	to := route{protocol: Query, form: &formNode{}}
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return to, &Error{
			Code: "InvalidAction", Message: "The action must be called by GET or POST.", Status: http.StatusMethodNotAllowed,
		}
	}
	err := parseForm(to.form, r.URL.RawQuery)
	if err == nil && isForm(r) {
		err = parseForm(to.form, string(body))
	}
	version := to.form.child("Version").value
	to.action = to.form.child("Action").value
	to.service = c.byQuery(credentialScope(r), version, to.action)
	if to.service != nil {
		to.protocol, _ = to.service.formProtocol()
	}
	if err != nil {
		return to, err
	}
	if to.action == "" {
		return to, &Error{Code: "MissingAction", Message: "The request is missing an action or a required parameter."}
	}
	if to.service == nil {
		return to, unknownAction(Query, to.action)
	}
	spoken, ok := to.service.formProtocol()
	if to.protocol = spoken; !ok {
		return to, unknownAction(Query, to.action)
	}
	if version != "" && to.service.Version != "" && version != to.service.Version {
		return to, unknownOperation(Query, "Could not find operation "+clip(to.action)+" for version "+clip(version))
	}
	to.op, err = to.service.find(to.action, to.protocol)
	return to, err
}

// byQuery finds the service of a query request by who signed it; several services that sign alike are told apart by
// their versions. An unsigned request is told by its version and action.
func (c *catalog) byQuery(scope, version, action string) *offered {
	var found *offered
	for _, candidate := range c.bySigning[scope] {
		if found == nil || candidate.Version == version {
			found = candidate
		}
	}
	if found != nil {
		return found
	}
	for _, candidate := range c.services {
		if _, speaks := candidate.formProtocol(); !speaks || version != "" && candidate.Version != version {
			continue
		}
		if candidate.operations[action] != nil || candidate.known[action] {
			return candidate
		}
	}
	return nil
}

// findNothing answers requests that name no operation in the first protocol of whoever signed them.
func (c *catalog) findNothing(r *http.Request) (route, error) {
	to := route{protocol: jsonProtocolOf(r)}
	if signed := c.bySigning[credentialScope(r)]; len(signed) > 0 {
		to.service = signed[0]
		to.protocol = signed[0].Protocols[0]
		return to, unknownOperation(to.protocol, "The request names no operation.")
	}
	return to, &Error{
		Code: "UnknownOperationException", Message: "The request names no operation.", Status: http.StatusNotFound,
	}
}

// jsonProtocolOf is the JSON version that the content type names, 1.1 if none.
func jsonProtocolOf(r *http.Request) Protocol {
	if mediaType(r) == AWSJSON10.contentType() {
		return AWSJSON10
	}
	return AWSJSON11
}

func isForm(r *http.Request) bool { return mediaType(r) == "application/x-www-form-urlencoded" }

func mediaType(r *http.Request) string {
	given := r.Header.Get("Content-Type")
	parsed, _, err := mime.ParseMediaType(given)
	if err != nil {
		return strings.ToLower(strings.TrimSpace(given))
	}
	return parsed
}

// credentialScope is the service in the SigV4 credential of the Authorization header or a presigned URL, "" if the
// request is not signed. It is only believed for routing.
func credentialScope(r *http.Request) string {
	credential := ""
	if _, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential, _, _ = strings.Cut(rest, ",")
	} else if strings.Contains(r.URL.RawQuery, "X-Amz-Credential=") {
		_, rest, _ := strings.Cut(r.URL.RawQuery, "X-Amz-Credential=")
		escaped, _, _ := strings.Cut(rest, "&")
		credential, _ = url.QueryUnescape(escaped)
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) < 5 { // key id, date, region, service, aws4_request; key ids may hold slashes
		return ""
	}
	return parts[len(parts)-2]
}
