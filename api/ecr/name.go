package ecr

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/roadstead/roadstead/model"
)

// Limits of names. Source: ECR API reference.
const (
	minRepositoryName = 2
	maxRepositoryName = 256
)

const repositoryExpression = `(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*`

var (
	accountPattern    = regexp.MustCompile(`^[0-9]{12}$`)
	repositoryPattern = regexp.MustCompile(`^` + repositoryExpression + `$`)
	tagPattern        = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
	digestPattern     = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)
)

func checkRepositoryName(name *string) error {
	const parameter = "repositoryName"
	switch {
	case name == nil:
		return violates(parameter, "must not be null")
	case len(*name) < minRepositoryName:
		return violates(parameter, "must have length greater than or equal to %d", minRepositoryName)
	case len(*name) > maxRepositoryName:
		return violates(parameter, "must have length less than or equal to %d", maxRepositoryName)
	case !repositoryPattern.MatchString(*name):
		return violates(parameter, "must satisfy regular expression '%s'", repositoryExpression)
	}
	return nil
}

func checkTag(parameter, tag string) error {
	if !tagPattern.MatchString(tag) {
		return violates(parameter, "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'")
	}
	return nil
}

// checkDigest checks a digest that must be there.
func checkDigest(parameter string, digest *string) error {
	if digest == nil {
		return violates(parameter, "must not be null")
	}
	if !digestPattern.MatchString(*digest) {
		return violates(parameter, "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
	}
	return nil
}

// checkImageIDs checks how many images are named.
func checkImageIDs(ids []types.ImageIdentifier) error {
	return checkCount("imageIds", len(ids), 1, maxImageIDs)
}

// checkNamed is checkImageIDs where none need be named.
func checkNamed(ids []types.ImageIdentifier) error {
	if ids == nil {
		return nil
	}
	return checkImageIDs(ids)
}

// checkAccepted checks the media types that a caller takes; none may be said.
func checkAccepted(mediaTypes []string) error {
	if mediaTypes == nil {
		return nil
	}
	return checkCount("acceptedMediaTypes", len(mediaTypes), 1, maxMediaTypes)
}

// checkCount checks how many entries a list has.
func checkCount(parameter string, n, least, most int) error {
	switch {
	case n < least:
		return violates(parameter, "must have length greater than or equal to %d", least)
	case n > most:
		return violates(parameter, "must have length less than or equal to %d", most)
	}
	return nil
}

// repositoryOfARN returns the name of the repository with an ARN of the
// account's registry; ok is false for every other ARN.
func (r request) repositoryOfARN(arn string) (name string, ok bool) {
	a, ok := model.ParseARN(arn)
	if !ok || a.Partition != "aws" || a.Service != "ecr" || a.Region != r.scope.Region || a.Account != r.scope.Account {
		return "", false
	}
	return strings.CutPrefix(a.Resource, "repository/")
}
