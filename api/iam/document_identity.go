package iam

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/auth/policy"
)

// What IAM says of policies of users, groups and roles that read well and
// still cannot be meant. They come after the errors of the language itself,
// and are for documents that somebody brings: what is stored already is
// evaluated as it is.
const legacyParsing = "The policy failed legacy parsing"

// iamPaths is what the resource part of an ARN of IAM begins with.
var iamPaths = []string{"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/", "sms-mfa/",
	"saml-provider/", "oidc-provider/", "report/", "access-report/"}

// checkIdentity refuses resources that no ARN can have and dates that are none.
func checkIdentity(d *policy.Document) error {
	for _, s := range d.Statements {
		for _, c := range s.Conditions {
			if isDate(c.Operator) && slices.ContainsFunc(c.Values, func(v string) bool { return !dateLike(v) }) {
				return malformed(legacyParsing)
			}
		}
	}
	for _, s := range d.Statements {
		if slices.ContainsFunc(s.Resources, cutShort) {
			return malformed(legacyParsing)
		}
	}
	for _, s := range d.Statements {
		for _, r := range s.Resources {
			if err := checkResource(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// cutShort reports whether an ARN lacks its service, or a part behind an
// empty one. One that ends early is otherwise completed with wildcards.
func cutShort(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return parts[0] == "arn" && (len(parts) < 6 && strings.Contains(arn, "::") || len(parts) > 2 && parts[2] == "")
}

// checkResource checks what IAM knows of ARNs of its own and of S3's. Parts
// with wildcards or variables may become anything.
func checkResource(arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	if parts[0] != "arn" {
		return nil
	}
	if len(parts) < 3 {
		return malformed("Resource vendor must be fully qualified and cannot contain regexes.")
	}
	if len(parts) < 6 {
		return nil
	}
	service, region, account, path := parts[2], parts[3], parts[4], parts[5]
	switch {
	case service == "iam" && region != "" && !open(region):
		return malformed("IAM resource %s cannot contain region information.", arn)
	case service == "s3" && region != "" && account == "" && !open(region): // access points have both
		return malformed("Resource %s can not contain region information.", arn)
	case service == "iam" && !open(path) && !slices.ContainsFunc(iamPaths, func(p string) bool { return strings.HasPrefix(path, p) }):
		return malformed(`IAM resource path must either be "*" or start with %s.`, strings.Join(iamPaths, ", "))
	}
	return nil
}

// open reports whether a part of an ARN stands for others.
func open(part string) bool { return strings.ContainsAny(part, "*?$") }

func isDate(operator string) bool {
	_, plain, ok := strings.Cut(operator, ":")
	if !ok {
		plain = operator
	}
	return strings.HasPrefix(strings.ToLower(plain), "date")
}

// isoDate is ISO 8601 as IAM reads it: year, month and day, hour, minute and
// second are said as far as somebody likes.
var isoDate = regexp.MustCompile(`^(-?\d+)(?:-(\d+)(?:-(\d+))?)?(?:[tT](?:(\d+)(?::(\d+)(?::(\d+)(?:\.\d{1,9})?)?)?)?(?:[zZ]|[+-]\d\d(?::?\d\d)?)?)?$`)

// dateBounds is the least and the most of isoDate's groups. Source of the
// years: milliseconds since 1970 in 64 bits.
var dateBounds = [][2]int{{-292275054, 292278993}, {1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 59}}

// dateLike reports whether a condition's value is a date or seconds since 1970.
func dateLike(value string) bool {
	if strings.Contains(value, "${") {
		return true
	}
	if !strings.ContainsAny(value, "tT-") {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && n >= 0
	}
	groups := isoDate.FindStringSubmatch(value)
	if groups == nil {
		return false
	}
	for i, text := range groups[1:] {
		n, err := strconv.Atoi(text)
		if text != "" && (err != nil || n < dateBounds[i][0] || n > dateBounds[i][1]) {
			return false
		}
	}
	return true
}
