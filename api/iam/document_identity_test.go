package iam

import (
	"strings"
	"testing"

	"github.com/roadstead/roadstead/auth/policy"
)

func TestIdentityPolicies(t *testing.T) {
	about := func(resource string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List","Resource":"` + resource + `"}}`
	}
	when := func(date string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:List","Resource":"*","Condition":{"ForAnyValue:DateLessThanIfExists":{"a":"` + date + `"}}}}`
	}
	for document, want := range map[string]string{
		about("arn:aws:s3:::bucket"):                             "",
		about("arn:aws:s3:*:*:*"):                                "",
		about("arn:aws:ecs:*"):                                   "",
		about("arn:aws:ecs"):                                     "",
		about("arn:aws:iam::*:user/${aws:x}"):                    "",
		about("arn:aws:iam::000000000000:*"):                     "",
		about("arn:aws:ec2:us-east-1::image/x"):                  "",
		about("arn:aws:s3:us-east-1:000000000000:accesspoint/x"): "",
		about("arn:aws"):                                         "Resource vendor must be fully qualified and cannot contain regexes.",
		about("arn:aws:s3::bucket"):                              legacyParsing,
		about("arn:aws::fdsasf"):                                 legacyParsing,
		about("arn:aws::::bucket"):                               legacyParsing,
		about("arn:aws:s3:us-east-1::bucket"):                    "Resource arn:aws:s3:us-east-1::bucket can not contain region information.",
		about("arn:aws:iam:us-east-1::user/x"):                   "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
		about("arn:aws:iam:::bucket"): `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, ` +
			`policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`,
		when("2019-07-01T13:20:15Z"):                "",
		when("2016-12-13T21:20:37.593194+00:00"):    "",
		when("2016-12-13t2:00:00.593194+23"):        "",
		when("01T"):                                 "",
		when("-292275054"):                          "",
		when("1732147200"):                          "",
		when("${aws:CurrentTime}"):                  "",
		when("soon"):                                legacyParsing,
		when("234-13"):                              legacyParsing,
		when("2016-12-13t2:00:00.593194+1"):         legacyParsing,
		when("2016-12-13t2:00:00.1999999999+10:59"): legacyParsing,
		when("9223372036854775808"):                 legacyParsing,
		when("2016-12-32"):                          legacyParsing,
	} {
		d, err := policy.Parse(document, policy.Identity)
		if err == nil {
			err = checkIdentity(d)
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+want)) {
			t.Errorf("%s: %v, want %q", document, err, want)
		}
	}
}
