package trail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// eventVersion is the version of CloudTrail's event format that records follow.
// Source: CloudTrail user guide, "CloudTrail record contents".
const eventVersion = "1.11"

// Event is one call. Its members are those of CloudTrail's records.
type Event struct {
	Time      time.Time // of the call's beginning
	Identity  Identity
	Source    string // SERVICE.amazonaws.com
	Name      string
	Region    string
	Address   string // of the caller
	UserAgent string
	// Request and Response are JSON objects; nil is null.
	Request, Response       []byte
	ErrorCode, ErrorMessage string
	RequestID, ID           string
	ReadOnly                bool
	Data                    bool   // of the category Data rather than Management
	Account                 string // the recipient's
	TLS                     string // version of TLS, "" without
	// Suppressed is how many calls like this one were not recorded before it.
	Suppressed int
	// Resources are what the call was about; beyond maxResources they are left
	// out.
	Resources []Resource
	// Kind is CloudTrail's eventType; "": AwsApiCall.
	Kind string
}

// Resource is one thing that a call was about.
type Resource struct {
	ARN     string `json:"ARN"`
	Account string `json:"accountId,omitempty"`
	Type    string `json:"type,omitempty"` // as AWS::ECS::Cluster; "" where there is none
}

// Identity is who called.
type Identity struct {
	Type        string // Root, IAMUser, AssumedRole, ...; "" for nobody
	PrincipalID string
	ARN         string
	AccountID   string
	AccessKeyID string
	UserName    string
	// IssuerARN, IssuerID and IssuerName are those of the role of a session.
	IssuerARN, IssuerID, IssuerName string
}

// limits of texts that callers choose, in bytes.
const (
	maxText      = 1024
	maxResources = 50        // a number
	maxArguments = 100 << 10 // of Request and Response each, as in CloudTrail
)

// append encodes the event as a JSON object without its closing brace.
func (e *Event) append(dst []byte) []byte {
	w := writer{dst}
	w.buf = append(w.buf, `{"eventVersion":"`+eventVersion+`","userIdentity":{`...)
	w.identity(&e.Identity)
	w.buf = append(w.buf, `},"eventTime":"`...)
	w.buf = e.Time.UTC().AppendFormat(w.buf, time.RFC3339)
	w.buf = append(w.buf, '"')
	w.text("eventSource", e.Source, true)
	w.text("eventName", e.Name, true)
	w.text("awsRegion", e.Region, true)
	w.text("sourceIPAddress", e.Address, true)
	w.text("userAgent", e.UserAgent, false)
	w.text("errorCode", e.ErrorCode, false)
	w.text("errorMessage", e.ErrorMessage, false)
	w.arguments("requestParameters", e.Request)
	w.arguments("responseElements", e.Response)
	if e.Suppressed > 0 {
		w.buf = append(w.buf, `,"additionalEventData":{"suppressed":`...)
		w.buf = append(strconv.AppendInt(w.buf, int64(e.Suppressed), 10), '}')
	}
	w.text("requestID", e.RequestID, false)
	w.text("eventID", e.ID, true)
	category := "Management"
	if e.Data {
		category = "Data"
	}
	w.flag("readOnly", e.ReadOnly)
	w.text("eventType", cmp.Or(e.Kind, "AwsApiCall"), true)
	w.resources(e.Resources)
	w.flag("managementEvent", !e.Data)
	w.text("recipientAccountId", e.Account, true)
	w.text("eventCategory", category, true)
	if e.TLS != "" {
		w.buf = append(w.buf, `,"tlsDetails":{"tlsVersion":"`+e.TLS+`"}`...)
	}
	return w.buf
}

// writer appends JSON members.
type writer struct{ buf []byte }

func (w *writer) identity(i *Identity) {
	kind := i.Type
	if kind == "" {
		kind = "Unknown"
	}
	w.buf = append(w.buf, `"type":"`+kind+`"`...)
	w.text("principalId", i.PrincipalID, false)
	w.text("arn", i.ARN, false)
	w.text("accountId", i.AccountID, false)
	w.text("accessKeyId", i.AccessKeyID, false)
	w.text("userName", i.UserName, false)
	if i.IssuerARN != "" {
		w.buf = append(w.buf, `,"sessionContext":{"sessionIssuer":{"type":"Role"`...)
		w.text("principalId", i.IssuerID, false)
		w.text("arn", i.IssuerARN, false)
		w.text("accountId", i.AccountID, false)
		w.text("userName", i.IssuerName, false)
		w.buf = append(w.buf, `}}`...)
	}
}

// text appends a member; an empty one only if always is set.
func (w *writer) text(name, value string, always bool) {
	if value == "" && !always {
		return
	}
	w.buf = append(w.buf, `,"`+name+`":`...)
	w.buf = appendText(w.buf, value)
}

func (w *writer) resources(all []Resource) {
	for i, r := range all[:min(len(all), maxResources)] {
		if i == 0 {
			w.buf = append(w.buf, `,"resources":[{`...)
		} else {
			w.buf = append(w.buf, `,{`...)
		}
		w.buf = append(w.buf, `"ARN":`...)
		w.buf = appendText(w.buf, r.ARN)
		w.text("accountId", r.Account, false)
		w.text("type", r.Type, false)
		w.buf = append(w.buf, '}')
	}
	if len(all) > 0 {
		w.buf = append(w.buf, ']')
	}
}

func (w *writer) flag(name string, value bool) {
	w.buf = append(w.buf, `,"`+name+`":`...)
	w.buf = strconv.AppendBool(w.buf, value)
}

func (w *writer) arguments(name string, value []byte) {
	w.buf = append(w.buf, `,"`+name+`":`...)
	switch {
	case value == nil:
		w.buf = append(w.buf, "null"...)
	case len(value) > maxArguments:
		w.buf = append(w.buf, `{"omitted":true,"originalSize":`...)
		w.buf = append(strconv.AppendInt(w.buf, int64(len(value)), 10), '}')
	default:
		w.buf = append(w.buf, value...)
	}
}

// appendText appends a JSON string of what fits.
func appendText(dst []byte, s string) []byte {
	if len(s) > maxText {
		s = s[:maxText-3] + "..."
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string always has a form
			}
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// Record is one record as it is stored.
type Record struct {
	EventTime   time.Time  `json:"eventTime"`
	EventSource string     `json:"eventSource"`
	EventName   string     `json:"eventName"`
	EventID     string     `json:"eventID"`
	ReadOnly    bool       `json:"readOnly"`
	ErrorCode   string     `json:"errorCode"`
	Address     string     `json:"sourceIPAddress"`
	Account     string     `json:"recipientAccountId"`
	Category    string     `json:"eventCategory"`
	Resources   []Resource `json:"resources"`
	Identity    struct {
		Type        string `json:"type"`
		PrincipalID string `json:"principalId"`
		ARN         string `json:"arn"`
		AccessKeyID string `json:"accessKeyId"`
		UserName    string `json:"userName"`
	} `json:"userIdentity"`
	Chain link `json:"chain"`
	// Line is the whole record.
	Line []byte `json:"-"`
}

// link is what holds a record to the one before it.
type link struct {
	Sequence uint64 `json:"sequence"`
	Previous string `json:"previous"`
}

// Event is the record without its link: the event as CloudTrail has it.
func (r *Record) Event() string {
	if i := bytes.LastIndex(r.Line, []byte(`,"chain":{`)); i > 0 {
		return string(r.Line[:i]) + "}"
	}
	return string(r.Line)
}

// Who is the name that the caller is looked up by: of a user its name, of a
// session its name, of root "root".
func (r *Record) Who() string {
	switch {
	case r.Identity.UserName != "":
		return r.Identity.UserName
	case r.Identity.Type == "Root":
		return "root"
	}
	for i := len(r.Identity.PrincipalID) - 1; i >= 0; i-- {
		if r.Identity.PrincipalID[i] == ':' {
			return r.Identity.PrincipalID[i+1:]
		}
	}
	return ""
}
