package sigv4

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm   = "AWS4-HMAC-SHA256"
	terminator  = "aws4_request"
	stampFormat = "20060102T150405Z"

	queryAlgorithm     = "X-Amz-Algorithm"
	queryCredential    = "X-Amz-Credential"
	queryDate          = "X-Amz-Date"
	queryExpires       = "X-Amz-Expires"
	querySignature     = "X-Amz-Signature"
	querySignedHeaders = "X-Amz-SignedHeaders"
	querySecurityToken = "X-Amz-Security-Token"
)

// Limits of what a request may ask to be canonicalised. No client comes near
// them; they keep the work for an unsigned request small.
const (
	maxParameters    = 1000
	maxSignedHeaders = 128
	maxQuoted        = 512                // bytes of a request repeated in an error
	maxExpires       = 7 * 24 * time.Hour // source: S3 user guide, "Authenticating requests: query parameters"
)

// claim is what a request says of itself, not yet believed.
type claim struct {
	accessKeyID, token    string
	date, region, service string // of the credential scope
	scope                 string // date/region/service/aws4_request
	signedHeaders         string // names separated by semicolons
	signature             string // hexadecimal
	signedAt              time.Time
	stamp                 string // signedAt in stampFormat
	presigned             bool
	expires               time.Duration // presigned only; 0 when not given
	query                 []parameter
}

// readClaim reads the claim of a request from its header or its query.
func readClaim(r *http.Request) (*claim, error) {
	if strings.Count(r.URL.RawQuery, "&") >= maxParameters {
		return nil, incomplete("The request has more than " + strconv.Itoa(maxParameters) + " query-string parameters.")
	}
	c := &claim{query: parseQuery(r.URL.RawQuery)}
	for _, p := range c.query {
		if p.name == queryAlgorithm || p.name == querySignature {
			c.presigned = true
		}
	}
	authorization := r.Header["Authorization"]
	var err error
	switch {
	case len(authorization) > 0 && c.presigned:
		err = invalid(messageBothForms)
	case len(authorization) > 1:
		err = incomplete("Found more than one 'Authorization' HTTP header.")
	case c.presigned:
		err = c.readQuery()
	case len(authorization) == 1 && strings.TrimSpace(authorization[0]) != "":
		err = c.readHeader(authorization[0], r.Header)
	default:
		err = &Error{Reason: MissingToken, Message: messageMissing}
	}
	if err != nil {
		return nil, err
	}
	return c, c.checkSignedHeaders(r)
}

// readHeader reads "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=...,
// Signature=..." and the date beside it. It names all that is missing at once,
// as AWS does.
func (c *claim) readHeader(authorization string, header http.Header) error {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	if strings.HasPrefix(scheme, "AWS4-") && scheme != algorithm {
		return incomplete("Unsupported AWS 'algorithm': '" + quoted(scheme) + "'. ")
	}
	var credential string
	if scheme == algorithm {
		for field := range strings.SplitSeq(rest, ",") {
			field = strings.TrimSpace(field)
			name, value, found := strings.Cut(field, "=")
			var into *string
			switch name {
			case "Credential":
				into = &credential
			case "SignedHeaders":
				into = &c.signedHeaders
			case "Signature":
				into = &c.signature
			}
			if !found || into == nil || *into != "" {
				return incomplete("'" + quoted(field) + "' not a valid key=value pair (missing equal-sign) in Authorization header: '" + quoted(authorization) + "'.")
			}
			*into = value
		}
	}
	stamp, dated := dateHeader(header)
	var missing strings.Builder
	for _, field := range []struct {
		have bool
		text string
	}{
		{credential != "", "Authorization header requires 'Credential' parameter. "},
		{c.signature != "", "Authorization header requires 'Signature' parameter. "},
		{c.signedHeaders != "", "Authorization header requires 'SignedHeaders' parameter. "},
		{dated, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "},
	} {
		if !field.have {
			missing.WriteString(field.text)
		}
	}
	if missing.Len() > 0 {
		return incomplete(missing.String() + "Authorization=" + quoted(authorization))
	}
	c.token = header.Get(querySecurityToken)
	return c.readScope(credential, stamp)
}

// readQuery reads the claim of a presigned request.
func (c *claim) readQuery() error {
	var algorithmName, credential, stamp, expires string
	for _, p := range c.query {
		var into *string
		switch p.name {
		case queryAlgorithm:
			into = &algorithmName
		case queryCredential:
			into = &credential
		case queryDate:
			into = &stamp
		case queryExpires:
			into = &expires
		case querySignature:
			into = &c.signature
		case querySignedHeaders:
			into = &c.signedHeaders
		case querySecurityToken:
			into = &c.token
		default:
			continue
		}
		if *into != "" {
			return incomplete("AWS query-string parameters must include '" + p.name + "' only once. Re-examine the query-string parameters.")
		}
		*into = p.value
	}
	var missing strings.Builder
	for _, p := range []parameter{
		{queryAlgorithm, algorithmName}, {queryCredential, credential}, {querySignature, c.signature},
		{querySignedHeaders, c.signedHeaders}, {queryDate, stamp},
	} {
		if p.value == "" {
			missing.WriteString("AWS query-string parameters must include '" + p.name + "'. ")
		}
	}
	if missing.Len() > 0 {
		return incomplete(missing.String() + "Re-examine the query-string parameters.")
	}
	if algorithmName != algorithm {
		return incomplete("Unsupported AWS 'algorithm': '" + quoted(algorithmName) + "'. ")
	}
	if expires != "" {
		seconds, err := strconv.ParseUint(expires, 10, 31)
		switch {
		case err != nil || seconds == 0:
			return incomplete("X-Amz-Expires should be a number of seconds greater than zero.")
		case time.Duration(seconds)*time.Second > maxExpires:
			return incomplete("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
		}
		c.expires = time.Duration(seconds) * time.Second
	}
	return c.readScope(credential, stamp)
}

// readScope takes the credential and the date apart and holds them together.
func (c *claim) readScope(credential, stamp string) error {
	if strings.Count(credential, "/") != 4 {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + quoted(credential) + "'")
	}
	c.accessKeyID, c.scope, _ = strings.Cut(credential, "/")
	part := strings.Split(c.scope, "/")
	c.date, c.region, c.service = part[0], part[1], part[2]
	at, err := time.Parse(stampFormat, stamp)
	if err != nil {
		return incomplete("Date must be in ISO-8601 'basic format'. Got '" + quoted(stamp) + "'. See http://en.wikipedia.org/wiki/ISO_8601")
	}
	c.signedAt, c.stamp = at, stamp
	var wrong strings.Builder
	if c.region == "" {
		wrong.WriteString("Credential should be scoped to a valid region. ")
	}
	if c.service == "" {
		wrong.WriteString("Credential should be scoped to a valid service. ")
	}
	if part[3] != terminator {
		wrong.WriteString("Credential should be scoped with a valid terminator: '" + terminator + "', not '" + quoted(part[3]) + "'. ")
	}
	if c.date != stamp[:8] {
		wrong.WriteString("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
			quoted(c.date) + "' != '" + stamp[:8] + "', from '" + stamp + "'. ")
	}
	if wrong.Len() > 0 {
		return invalid(wrong.String())
	}
	return nil
}

// checkSignedHeaders insists on a canonical list of names, on the host, and on
// the headers that choose what a request does: unsigned, anybody on the way
// could redirect a signed body to another operation. A name without its header
// is refused too: absent and empty would otherwise be signed alike.
func (c *claim) checkSignedHeaders(r *http.Request) error {
	if strings.Count(c.signedHeaders, ";") >= maxSignedHeaders {
		return incomplete("The request has more than " + strconv.Itoa(maxSignedHeaders) + " signed headers.")
	}
	previous := ""
	host, date, target := false, false, false
	for name := range strings.SplitSeq(c.signedHeaders, ";") {
		// AWS sorts and lowers the names, so it would calculate another signature.
		if name <= previous || strings.ToLower(name) != name || !carries(r, name) {
			return invalid(messageMismatch)
		}
		previous = name
		host = host || name == "host"
		date = date || name == "x-amz-date" || name == "date"
		target = target || name == "x-amz-target"
	}
	switch {
	case !host:
		return invalid(messageHostUnsigned)
	case !date && !c.presigned:
		return invalid("'X-Amz-Date' or 'Date' must be a 'SignedHeader' in the AWS Authorization.")
	case !target && len(r.Header["X-Amz-Target"]) > 0:
		return invalid("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

// carries reports whether r has the header of this name, which net/http keeps
// elsewhere for some.
func carries(r *http.Request, name string) bool {
	switch name {
	case "host":
		return true
	case "content-length":
		return r.ContentLength >= 0
	case "transfer-encoding":
		return len(r.TransferEncoding) > 0
	}
	return len(r.Header[http.CanonicalHeaderKey(name)]) > 0
}

// dateHeader returns the signing time of a header-signed request in
// stampFormat, whichever header has it. The result is the raw text when it is
// no date, to be quoted in the error.
func dateHeader(header http.Header) (stamp string, present bool) {
	if stamp := strings.TrimSpace(header.Get("X-Amz-Date")); stamp != "" {
		return stamp, true
	}
	date := strings.TrimSpace(header.Get("Date"))
	if at, err := http.ParseTime(date); err == nil {
		return at.UTC().Format(stampFormat), true
	}
	return date, date != ""
}

// quoted shortens what an error repeats of a request.
func quoted(s string) string {
	if len(s) > maxQuoted {
		return s[:maxQuoted] + "..."
	}
	return s
}
